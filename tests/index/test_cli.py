from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from index import SearchRequest, cli, open_engine
from index.cli import main
from index.engines import open_writer
from index.index_writer import IndexWriter
from index.job import runner
from tests.conftest import ROOT


def reindex(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)


def test_the_summary_has_every_count(seed_folder: Path, tmp_path: Path) -> None:
    (seed_folder / "empty.txt").write_text("")
    result = reindex(seed_folder, "--index", tmp_path / "index")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"Generation 1 of {tmp_path / 'index'}: 6 files in ")
    assert [line.split() for line in lines[1:6]] == [
        ["added", "5"],
        ["updated", "0"],
        ["unchanged", "0"],
        ["removed", "0"],
        ["failed", "1"],
    ]
    assert lines[6:] == [
        "Failed:",
        f"  {seed_folder / 'empty.txt'}: holds no text",
        "22 lines around the articles, menus and the like, were left out",
    ]


def test_strict_makes_a_failed_file_the_exit_status(seed_folder: Path, tmp_path: Path) -> None:
    assert reindex(seed_folder, "--index", tmp_path / "index", "--strict").exit_code == 0
    (seed_folder / "empty.txt").write_text("")
    assert reindex(seed_folder, "--index", tmp_path / "index", "--strict").exit_code == 1


def test_options_come_from_the_environment(seed_folder: Path, tmp_path: Path) -> None:
    result = reindex(env={"DATELINE_INDEX": str(tmp_path / "index"), "DATELINE_SEEDS": str(seed_folder)})
    assert result.exit_code == 0
    assert (tmp_path / "index" / "CURRENT").exists()


def test_the_path_of_the_environment_may_hold_a_colon(seed_folder: Path, tmp_path: Path) -> None:
    folder = seed_folder.rename(tmp_path / "news: all of it")
    result = reindex(env={"DATELINE_INDEX": str(tmp_path / "index"), "DATELINE_SEEDS": str(folder)})
    assert (result.exit_code, "5 files" in result.output) == (0, True)


def test_other_variables_are_no_options(seed_folder: Path, tmp_path: Path) -> None:
    strange = {"DATELINE_VERSION": "1", "DATELINE_HELP": "1", "DATELINE_WORKERS": "many", "DATELINE_PATHS": "x"}
    result = reindex(seed_folder, "--index", tmp_path / "index", env=strange)
    assert result.exit_code == 0
    assert result.output.startswith("Generation 1")


def test_every_option_is_set_by_the_variable_that_the_help_names(seed_folder: Path, tmp_path: Path) -> None:
    options = [option for option in main.params if isinstance(option, click.Option) and option.envvar]
    assert {str(option.envvar) for option in options} == {
        *(f"DATELINE_{name}" for name in ("INDEX", "REBUILD", "REINDEX_WORKERS", "MEMORY", "VERIFY")),
        *(f"DATELINE_{name}" for name in ("DRY_RUN", "STRICT", "REPORT", "MAP", "REPAIR")),
    }
    words = reindex("--help").output.split()
    assert all(any(word.strip(";]") == option.envvar for word in words) for option in options)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(option.opts[0] in readme and f"`{option.envvar}`" in readme for option in options)
    (seed_folder / "empty.txt").write_text("")
    index = {"DATELINE_INDEX": str(tmp_path / "index")}
    assert "dry run" in reindex(seed_folder, env=index | {"DATELINE_DRY_RUN": "1"}).output
    assert reindex(seed_folder, env=index | {"DATELINE_STRICT": "1"}).exit_code == 1
    assert "Generation 2" in reindex(seed_folder, env=index | {"DATELINE_REBUILD": "1"}).output
    # The paths of the environment are a default, and no contradiction.
    seeds = {"DATELINE_SEEDS": str(seed_folder)}
    assert "sound" in reindex(env=index | seeds | {"DATELINE_VERIFY": "1"}).output
    assert "nothing was changed" in reindex(env=index | seeds | {"DATELINE_REPAIR": "1"}).output
    for name in ("REINDEX_WORKERS", "MEMORY"):
        assert reindex(seed_folder, env=index | {f"DATELINE_{name}": "0"}).exit_code == 2


def test_the_memory_goes_to_the_writer(seed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []

    def open_with(index: str, *, rebuild: bool, memory_mb: int) -> IndexWriter:
        given.append(memory_mb)
        return open_writer(index, rebuild=rebuild, memory_mb=memory_mb)

    monkeypatch.setattr(runner, "open_writer", open_with)
    reindex(seed_folder, "--index", tmp_path / "index")
    reindex(seed_folder, "--index", tmp_path / "index", "--memory", "64")
    assert given == [512, 64]


def test_articles_from_other_paths_are_told(seed_folder: Path, tmp_path: Path) -> None:
    index, report = tmp_path / "index", tmp_path / "report.json"
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("A zebra was seen.")
    assert "other paths" not in reindex(seed_folder, "--index", index).output
    assert reindex(other, "--index", index, "--report", report).output.splitlines()[-1] == (
        "5 articles from other paths stay in the index; --rebuild drops them"
    )
    assert json.loads(report.read_text())["elsewhere"] == 5
    assert "1 article from other paths stays in" in reindex(seed_folder, "--index", index).output
    assert "other paths" not in reindex(seed_folder, "--index", index, "--rebuild").output


def test_strange_names_are_shown_escaped(seed_folder: Path, tmp_path: Path) -> None:
    for name in (b"caf\xe9.txt", b"two\nlines\x1b[31m.txt", "right\u202eleft.txt".encode()):
        (seed_folder / os.fsdecode(name)).write_text("")
    report = tmp_path / "report.json"
    result = reindex(seed_folder, "--index", tmp_path / "index", "--report", report)
    assert result.exit_code == 0
    shown = {line.split(": ")[0].rpartition("/")[2] for line in result.stdout.splitlines()[7:10]}
    assert shown == {"caf\\udce9.txt", "two\\nlines\\x1b[31m.txt", "right\\u202eleft.txt"}
    failed = [Path(failure["path"]).name for failure in json.loads(report.read_text())["failed"]]
    assert os.fsdecode(b"caf\xe9.txt") in failed


def test_a_terminal_without_unicode_gets_the_whole_summary(seed_folder: Path, tmp_path: Path) -> None:
    (seed_folder / "Москва.txt").write_text("")
    command = [sys.executable, "-m", "index.cli", str(seed_folder), "--index", str(tmp_path / "index")]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert (done.returncode, b"Error" in done.stderr) == (0, False)
    assert b"\\u041c\\u043e\\u0441\\u043a\\u0432\\u0430.txt: holds no text" in done.stdout


@pytest.mark.parametrize("others", [["seeds"], ["--rebuild"], ["--dry-run"]])
@pytest.mark.parametrize("option", ["--verify", "--repair"])
def test_the_doctor_goes_with_nothing_else(tmp_path: Path, option: str, others: list[str]) -> None:
    result = reindex(option, "--index", tmp_path / "index", *others)
    assert result.exit_code == 2
    assert f"they go without {others[0] if others[0].startswith('-') else 'paths'}" in result.output


def test_a_report_that_cannot_be_written_is_told_before_the_work(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    result = reindex(seed_folder, "--index", index, "--report", tmp_path / "no" / "report.json")
    assert result.exit_code == 1
    assert "report.json: No such file or directory" in result.output
    assert not index.exists()
    # And a run that fails leaves none behind.
    assert reindex("/no/such/place", "--index", index, "--report", tmp_path / "report.json").exit_code == 1
    assert not (tmp_path / "report.json").exists()


def test_a_log_is_told_of_the_commit_where_the_run_is_long(
    seed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_LOG_INTERVAL", 0.0)
    (tmp_path / "empty").mkdir()
    lines = reindex(seed_folder, "--index", tmp_path / "index").stderr.splitlines()
    assert lines[-2].startswith("100%: 5 of 5 files, 5 articles, ")
    assert lines[-1] == "Writing the index…"
    assert "%" not in reindex(tmp_path / "empty", "--index", tmp_path / "index").stderr


def test_the_report_is_written(seed_folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert reindex(seed_folder, "--index", tmp_path / "index", "--report", report).exit_code == 0
    assert json.loads(report.read_text())["added"] == 5


def test_a_dry_run_says_so(seed_folder: Path, tmp_path: Path) -> None:
    result = reindex(seed_folder, "--index", tmp_path / "index", "--dry-run")
    assert result.output.startswith("Nothing written (dry run): 5 files")
    assert not (tmp_path / "index").exists()


def test_verify_tells_sound_from_damaged(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    reindex(seed_folder, "--index", index)
    result = reindex("--verify", "--index", index)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "The index is sound.")
    min(seed_folder.iterdir()).unlink()
    result = reindex("--verify", "--index", index)
    assert result.exit_code == 0
    assert "Gone since they were indexed" in result.output


def test_a_damaged_index_is_told_without_a_traceback(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    reindex(seed_folder, "--index", index)
    (segment,) = (index / "build-0001").glob("*.segment")
    segment.write_bytes(segment.read_bytes()[:100])
    command = [sys.executable, "-m", "index.cli", str(seed_folder), "--index", str(index)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {segment} is cut off")
    assert "Mend the index with: reindex --repair, or make it anew with: reindex --rebuild" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["/no/such/place"], "/no/such/place: there is no such file or folder"),
        (["--index", "opensearch://host/articles"], "No engine serves opensearch:// indexes"),
        (["--index", ""], "The index has no name"),
        (["--index", "/proc/nowhere/index"], "The index at /proc/nowhere/index can't be written"),
        (["--verify", "--index", "/no/such/index"], "There is no index at /no/such/index"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: list[str], says: str, seed_folder: Path) -> None:
    if arguments[0] == "--index":
        arguments = [str(seed_folder), *arguments]
    result = reindex(*arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert says in result.output
    assert len(result.output.splitlines()) == 1


def test_a_wrong_option_ends_with_status_2() -> None:
    assert reindex("--workers", "0").exit_code == 2
    assert reindex("--no-such-option").exit_code == 2


def test_a_folder_without_articles_says_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = reindex(tmp_path / "empty", "--index", tmp_path / "index")
    assert result.exit_code == 0
    assert "Dateline reads .txt, .html" in result.stderr


def run_in_terminal(*arguments: str | Path) -> str:
    """Run `reindex` with a terminal for its standard error; returns what it shows there."""
    controller, terminal = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "index.cli", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=terminal,
            check=True,
            env=os.environ | {"COLUMNS": "100"},
        )
        return os.read(controller, 1 << 16).decode()
    finally:
        os.close(terminal)
        os.close(controller)


def test_a_terminal_gets_a_progress_bar(seed_folder: Path, tmp_path: Path) -> None:
    shown = run_in_terminal(seed_folder, "--index", tmp_path / "index")
    assert "Indexing" in shown
    assert "100%  5 of 5 files, 5 articles" in shown


def test_a_log_gets_no_progress_bar(seed_folder: Path, tmp_path: Path) -> None:
    assert reindex(seed_folder, "--index", tmp_path / "index").stderr == ""


def test_a_run_of_which_nobody_reads_the_log_is_done(seed_folder: Path, tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m index.cli "{seed_folder}" --index "{tmp_path / "index"}" 2>&-'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "added             5" in done.stdout


def test_fields_are_mapped(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"title": "T", "text": "B", "meta": {"when": 1492041600}, "id": "a b"}')
    arguments = (tmp_path / "a.jsonl", "--index", tmp_path / "index", "--rebuild")
    for given, env in (
        (("--map", "published=meta.when", "--map", "source=title"), None),
        ((), {"DATELINE_MAP": "published=meta.when source=title"}),
    ):
        assert reindex(*arguments, *given, env=env).exit_code == 0
        with open_engine(str(tmp_path / "index")) as engine:
            (result,) = engine.search(SearchRequest(query="")).results
        assert (str(result.published), result.source) == ("2017-04-13 00:00:00+00:00", "T")
    for wrong in ("published", "when=meta.when", "=x"):
        refused = reindex(*arguments, "--map", wrong)
        assert (refused.exit_code, "FIELD is one of id, title, body" in refused.stderr) == (2, True)
