"""The `reindex` command."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import regex
from click.core import ParameterSource

# numpy starts a thread a processor for linear algebra, of which there is none here; it takes a tenth of a second in
# this process, and in the one that others are forked from.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from index import job
from index.errors import DatelineError
from index.sources import NAMES, describe_formats

# How often a log gets a line of progress, in seconds.
_LOG_INTERVAL = 5.0
# And how often a terminal.
_BAR_INTERVAL = 0.1
# What an operator reads at a glance; the report has them all.
_MAX_LISTED = 20


# Names of files may hold these: escape codes that command the terminal, new lines, marks that turn the rest of the line
# round, bytes that are not UTF-8.
_UNPRINTABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]")


_Command = TypeVar("_Command", bound=Callable[..., Any])


class _OnePath(click.Path):
    """A path that may hold a colon: what the environment says is one path, and not a list of them."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return the one path."""
        return [rv]


def _option(name: str, variable: str, **settings: Any) -> Callable[[_Command], _Command]:
    # Not click's automatic names: those would make DATELINE_VERSION=1 an option too.
    return click.option(name, envvar=variable, show_envvar=True, **settings)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, type=_OnePath(path_type=Path), envvar="DATELINE_SEEDS", metavar="[PATH ...]")
@_option(
    "--index",
    "DATELINE_INDEX",
    default="var/index",
    show_default=True,
    help="The folder of the index, or its name on a cluster: opensearch+https://user@host:9200/articles.",
    metavar="DIR",
)
@_option(
    "--rebuild",
    "DATELINE_REBUILD",
    is_flag=True,
    help="Make the index anew, beside the live one, from these paths alone.",
)
@_option(
    "--workers",
    "DATELINE_REINDEX_WORKERS",
    type=click.IntRange(min=1),
    show_default="the number of processors",
    metavar="N",
    help="How many processes read the articles.",
)
@_option(
    "--memory",
    "DATELINE_MEMORY",
    type=click.IntRange(min=64),
    default=512,
    show_default=True,
    metavar="MB",
    help="About how much memory the articles may take before they are written out.",
)
@_option(
    "--verify",
    "DATELINE_VERIFY",
    is_flag=True,
    help="Change nothing; read the whole index back and compare it with its checksums and its files.",
)
@_option(
    "--repair",
    "DATELINE_REPAIR",
    is_flag=True,
    help="Compare it as --verify does, and mend what is damaged: drop it, and read its files again.",
)
@_option(
    "--map",
    "DATELINE_MAP",
    multiple=True,
    metavar="FIELD=NAME",
    help=f"Take a field of the articles ({', '.join(NAMES)}) from what their records call it, a name or a path of "
    "names with dots between; without a name the field stays empty. Can be given several times.",
)
@_option("--dry-run", "DATELINE_DRY_RUN", is_flag=True, help="Read everything and report, but write nothing.")
@_option("--strict", "DATELINE_STRICT", is_flag=True, help="End with status 1 if any file failed.")
@_option(
    "--report",
    "DATELINE_REPORT",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the report as JSON.",
)
@click.version_option(package_name="dateline", prog_name="reindex")
@click.pass_context
def main(
    context: click.Context,
    /,
    paths: tuple[Path, ...],
    index: str,
    rebuild: bool,
    workers: int | None,
    memory: int,
    verify: bool,
    repair: bool,
    map: tuple[str, ...],  # noqa: A002 -- click names it after the option
    dry_run: bool,
    strict: bool,
    report: Path | None,
) -> None:
    """Make the index hold the articles of the given files and folders.

    The paths are those of the command line, or else the one that DATELINE_SEEDS names, or else seeds/.

    A second run reads only what has changed since, and removes what is gone from there; what the index has from other
    paths stays. A running service goes on with the old index until the new one is complete, and then uses that.

    The exit status is 0; 1 if the index could not be made, is found damaged, or lost articles for good in a repair, or
    if --strict and a file failed; 2 for a wrong option.
    """
    _print_any_name()
    try:
        if verify or repair:
            has_paths = context.get_parameter_source("paths") is ParameterSource.COMMANDLINE
            _refuse_beside_verify({"paths": has_paths, "--rebuild": rebuild, "--dry-run": dry_run})
        _require_writable(report)
        if repair:
            _repair(index, report, workers=workers, memory_mb=memory)
        elif verify:
            _verify(index, report)
        else:
            done = _reindex(
                paths or (Path("seeds"),),
                index,
                report,
                rebuild=rebuild,
                dry_run=dry_run,
                workers=workers,
                memory_mb=memory,
                mapping=_read_mapping(map),
            )
            if strict and done.failed:
                sys.exit(1)
    except DatelineError as error:
        raise click.ClickException(_printable(str(error))) from error
    except KeyboardInterrupt:
        raise click.ClickException("stopped; the index is as it was") from None


def _refuse_beside_verify(given: dict[str, bool]) -> None:
    for name, is_given in given.items():
        if is_given:
            raise click.UsageError(f"--verify and --repair look at the whole index; they go without {name}.")


def _read_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        field, equals, name = pair.partition("=")
        if field not in NAMES or not equals:
            raise click.UsageError(f"--map {pair}: it is FIELD=NAME, where FIELD is one of {', '.join(NAMES)}.")
        mapping[field] = name
    return mapping


def _print_any_name() -> None:
    """Have what the terminal's encoding lacks escaped: the summary of a long run must not end in an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def _reindex(paths: tuple[Path, ...], index: str, report_path: Path | None, **settings: Any) -> job.JobReport:
    with _Progress() as progress:
        report = job.run(paths, index, progress=progress.show, before_commit=progress.show_commit, **settings)
    _print_summary(report, index)
    _write_report(report_path, report.to_dict())
    return report


def _verify(index: str, report_path: Path | None) -> None:
    with _Progress() as progress:
        report = job.verify(index, progress=progress.show_articles)
    _print_findings(report, index)
    _write_report(report_path, report.to_dict())
    _require_no_rebuild(report, index)
    if report.damage:
        raise click.ClickException(_printable(f"{index} is damaged. Mend it with: reindex --repair --index {index}"))
    click.echo("The index is sound.")


def _repair(index: str, report_path: Path | None, **settings: Any) -> None:
    with _Progress() as progress:
        report = job.repair(index, progress=progress.show_articles, on_read=progress.show, **settings)
    _print_findings(report, index)
    _write_report(report_path, report.to_dict())
    _require_no_rebuild(report, index)
    if report.generation is None:
        click.echo("The index is sound; nothing was changed.")
        return
    click.echo(f"Mended: {report.mended:,} articles were read again, and {report.deleted:,} that no file has deleted.")
    if report.lost:
        _print_list(
            "Lost, since their files are gone or can't be read", [f"{one.id} of {one.path}" for one in report.lost]
        )
        number = len(report.lost)
        lost = "1 article is lost" if number == 1 else f"{number:,} articles are lost"
        raise click.ClickException(
            _printable(f"{lost}; {index} is sound without. If the files come back, reindex takes them up.")
        )
    click.echo(f"The index is sound; it is now generation {report.generation}.")


def _print_findings(report: job.VerifyReport, index: str) -> None:
    click.echo(_printable(f"Read {report.articles:,} articles of {report.files:,} files back from {index}."))
    _print_list("Damaged", report.damage)
    _print_list("Changed since they were indexed (reindex takes them up)", report.changed)
    _print_list("Gone since they were indexed (reindex removes them)", report.vanished)
    _print_list("Can't be read now", [f"{failure.path}: {failure.reason}" for failure in report.unreadable])
    _print_list("Left by runs that were killed (the next one deletes it)", report.leftovers)


def _require_no_rebuild(report: job.VerifyReport, index: str) -> None:
    if report.needs_rebuild:
        raise click.ClickException(
            _printable(f"{index} can't be mended, and was not changed. Make it anew with: reindex PATHS --rebuild")
        )


def _print_summary(report: job.JobReport, index: str) -> None:
    rate = f", {report.articles_per_second:,.0f} articles/s" if report.seconds > 0.5 else ""
    files = "file" if report.files == 1 else "files"
    heading = "Nothing written (dry run)" if report.dry_run else f"Generation {report.generation} of {index}"
    click.echo(_printable(heading) + f": {report.files:,} {files} in {report.seconds:.1f} s{rate}")
    for name in ("added", "updated", "unchanged", "removed"):
        click.echo(f"  {name:<10}{getattr(report, name):>9,}")
    if report.repeated:
        click.echo(f"  {'repeated':<10}{report.repeated:>9,}")
    if report.withdrawn:
        click.echo(f"  {'withdrawn':<10}{report.withdrawn:>9,}")
    click.echo(f"  {'failed':<10}{len(report.failed):>9,}")
    _print_list("Failed", [f"{failure.path}: {failure.reason}" for failure in report.failed])
    if report.cleaned_lines:
        click.echo(f"{report.cleaned_lines:,} lines around the articles, menus and the like, were left out")
    if report.elsewhere:
        articles, stay = ("article", "stays") if report.elsewhere == 1 else ("articles", "stay")
        click.echo(f"{report.elsewhere:,} {articles} from other paths {stay} in the index; --rebuild drops them")
    if not report.files and not report.failed:
        click.echo(f"There is no article file there; Dateline reads {describe_formats()}.", err=True)


def _print_list(heading: str, lines: list[str]) -> None:
    if not lines:
        return
    click.echo(f"{heading}:")
    for line in lines[:_MAX_LISTED]:
        click.echo(f"  {_printable(line)}")
    if len(lines) > _MAX_LISTED:
        click.echo(f"  … and {len(lines) - _MAX_LISTED:,} more; --report FILE has them all")


def _require_writable(path: Path | None) -> None:
    """Raise before the work is done for a report that could not be written after it."""
    if path is None:
        return
    try:
        is_new = not path.exists()
        path.open("a").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise _report_error(path, error) from error


def _write_report(path: Path | None, report: dict[str, object]) -> None:
    if path is None:
        return
    written = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    try:
        # A lone surrogate, from a name that is not UTF-8, becomes \\udc80, which is JSON's way to write it too.
        path.write_text(written, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise _report_error(path, error) from error


def _report_error(path: Path, error: OSError) -> click.ClickException:
    return click.ClickException(_printable(f"The report can't be written to {path}: {error.strerror}"))


class _Progress:
    """A bar on a terminal, a line now and then in a log; nothing for what is done at once."""

    def __init__(self) -> None:
        self._bar: Any = None  # click does not export the bar's type
        self._state = ("", 0, 0, "")
        self._started = self._reported = time.monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_bar()

    def show(self, done: job.Done) -> None:
        """Show how far the indexing is: in bytes, since a file may be one article or a million."""
        if not done.all_size:
            return
        rate = done.articles / max(time.monotonic() - self._started, 0.001)
        said = f"{done.files:,} of {done.all_files:,} files, {done.articles:,} articles, {rate:,.0f}/s"
        self._show("Indexing", done.size, done.all_size, said)

    def show_articles(self, done: int, total: int) -> None:
        """Show how many articles were read back."""
        self._show("Reading back", done, total, f"{done:,} of {total:,} articles")

    def _show(self, label: str, done: int, total: int, said: str) -> None:
        if label != self._state[0]:
            self._end_bar()
        self._state = label, done, total, said
        # It is None where whoever starts the program has closed it.
        is_terminal, now = bool(sys.stderr and sys.stderr.isatty()), time.monotonic()
        if now - self._reported < (_BAR_INTERVAL if is_terminal else _LOG_INTERVAL):
            return
        self._reported = now
        if is_terminal:
            self._draw_bar()
        else:
            click.echo(f"{done / max(total, 1):.0%}: {said}", err=True)

    def _draw_bar(self) -> None:
        label, done, total, said = self._state
        if self._bar is None:
            # Drawn at each call, also when the bar itself has not grown.
            self._bar = click.progressbar(
                length=total, label=label, file=sys.stderr, item_show_func=str, update_min_steps=0
            )
        # It grows by files that are looked at again.
        self._bar.length = total
        self._bar.update(done - self._bar.pos, current_item=said)

    def _end_bar(self) -> None:
        if self._bar:
            self._draw_bar()
            self._bar.render_finish()
            self._bar = None

    def show_commit(self) -> None:
        """Say that the files are done and the rest is writing, which can take as long again."""
        if self._bar:
            self._end_bar()
        elif time.monotonic() - self._started < _LOG_INTERVAL:
            return
        click.echo("Writing the index…", err=True)


if __name__ == "__main__":
    main()
