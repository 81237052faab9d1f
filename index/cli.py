"""The `reindex` command."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from index import job
from index.errors import DatelineError

# How often a log gets a line of progress, in seconds.
_LOG_INTERVAL = 5.0
# What an operator reads at a glance; the report has them all.
_MAX_LISTED = 20


@click.command(context_settings={"auto_envvar_prefix": "DATELINE", "help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), envvar="DATELINE_SEEDS", metavar="[PATH ...]")
@click.option("--index", default="var/index", show_default=True, help="The folder of the index.", metavar="DIR")
@click.option("--rebuild", is_flag=True, help="Make the index anew, beside the live one, from these paths alone.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    envvar="DATELINE_REINDEX_WORKERS",
    metavar="N",
    help="How many files are read at a time.  [default: the number of processors]",
)
@click.option("--verify", is_flag=True, help="Change nothing; read the whole index back and compare it with its files.")
@click.option("--dry-run", is_flag=True, help="Read everything and report, but write nothing.")
@click.option("--strict", is_flag=True, help="End with status 1 if any file failed.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the report as JSON.",
)
@click.version_option(package_name="dateline", prog_name="reindex")
def main(
    paths: tuple[Path, ...],
    index: str,
    rebuild: bool,
    workers: int | None,
    verify: bool,
    dry_run: bool,
    strict: bool,
    report: Path | None,
) -> None:
    """Make the index hold the articles of the given files and folders (default: seeds/).

    A second run reads only what has changed since, and removes what is gone. A running service goes on with the
    old index until the new one is complete, and then uses that. Every option can be set from the environment, as
    DATELINE_INDEX and so on (--workers: DATELINE_REINDEX_WORKERS).

    The exit status is 0; 1 if the index could not be made, or is found damaged, or --strict and a file failed; 2
    for a wrong option.
    """
    try:
        if verify:
            _verify(index, report)
        else:
            _reindex(paths or (Path("seeds"),), index, report, rebuild, workers, dry_run, strict)
    except DatelineError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise click.ClickException("stopped; the index is as it was") from None


def _reindex(
    paths: tuple[Path, ...],
    index: str,
    report_path: Path | None,
    rebuild: bool,
    workers: int | None,
    dry_run: bool,
    strict: bool,
) -> None:
    with _Progress() as progress:
        report = job.run(paths, index, rebuild=rebuild, dry_run=dry_run, workers=workers, progress=progress.show)
    _print_summary(report, index)
    _write_report(report_path, report.to_dict())
    if strict and report.failed:
        sys.exit(1)


def _verify(index: str, report_path: Path | None) -> None:
    with _Progress() as progress:
        report = job.verify(index, progress=progress.show)
    click.echo(f"Read {report.articles:,} articles of {report.files:,} files back from {index}.")
    _print_list("Damaged", report.damage)
    _print_list("Changed since they were indexed (reindex takes them up)", report.changed)
    _print_list("Gone since they were indexed (reindex removes them)", report.vanished)
    _write_report(report_path, report.to_dict())
    if report.damage:
        raise click.ClickException(f"{index} is damaged. Make it anew with: reindex --rebuild")
    click.echo("The index is sound.")


def _print_summary(report: job.JobReport, index: str) -> None:
    rate = f", {report.files / report.seconds:,.0f} files/s" if report.seconds > 0.5 else ""
    heading = "Nothing written (dry run)" if report.dry_run else f"Generation {report.generation} of {index}"
    click.echo(f"{heading}: {report.files:,} files in {report.seconds:.1f} s{rate}")
    for name in ("added", "updated", "unchanged", "removed"):
        click.echo(f"  {name:<10}{getattr(report, name):>9,}")
    click.echo(f"  {'failed':<10}{len(report.failed):>9,}")
    _print_list("Failed", [f"{failure.path}: {failure.reason}" for failure in report.failed])
    if not report.files:
        click.echo("There is no article file there; Dateline reads .txt files.", err=True)


def _print_list(heading: str, lines: list[str]) -> None:
    if not lines:
        return
    click.echo(f"{heading}:")
    for line in lines[:_MAX_LISTED]:
        click.echo(f"  {line}")
    if len(lines) > _MAX_LISTED:
        click.echo(f"  … and {len(lines) - _MAX_LISTED:,} more; --report FILE has them all")


def _write_report(path: Path | None, report: dict[str, object]) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"The report can't be written to {path}: {error.strerror}") from error


class _Progress:
    """A bar on a terminal, a line now and then in a log; nothing for what is done at once."""

    def __init__(self) -> None:
        self._bar: Any = None  # click does not export the bar's type
        self._started = self._reported = time.monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.render_finish()

    def show(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            if self._bar is None:
                self._bar = click.progressbar(
                    length=total, label="Indexing", show_pos=True, file=sys.stderr, update_min_steps=1
                )
            self._bar.update(done - self._bar.pos)
        elif (now := time.monotonic()) - self._reported >= _LOG_INTERVAL:
            self._reported = now
            rate = done / (now - self._started)
            click.echo(f"{done:,} of {total:,} files ({done / total:.0%}), {rate:,.0f} files/s", err=True)


if __name__ == "__main__":
    main()
