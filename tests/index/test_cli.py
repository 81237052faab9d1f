from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from index.cli import main


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
    assert lines[6:] == ["Failed:", f"  {seed_folder / 'empty.txt'}: holds no text"]


def test_strict_makes_a_failed_file_the_exit_status(seed_folder: Path, tmp_path: Path) -> None:
    assert reindex(seed_folder, "--index", tmp_path / "index", "--strict").exit_code == 0
    (seed_folder / "empty.txt").write_text("")
    assert reindex(seed_folder, "--index", tmp_path / "index", "--strict").exit_code == 1


def test_options_come_from_the_environment(seed_folder: Path, tmp_path: Path) -> None:
    result = reindex(env={"DATELINE_INDEX": str(tmp_path / "index"), "DATELINE_SEEDS": str(seed_folder)})
    assert result.exit_code == 0
    assert (tmp_path / "index" / "CURRENT").exists()


def test_the_report_is_written(seed_folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert reindex(seed_folder, "--index", tmp_path / "index", "--report", report).exit_code == 0
    assert json.loads(report.read_text())["added"] == 5
    result = reindex(seed_folder, "--index", tmp_path / "index", "--report", tmp_path / "no" / "report.json")
    assert result.exit_code == 1
    assert "can't be written" in result.output


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
    (segment,) = (index / "build-0001").glob("*.seg")
    segment.write_bytes(segment.read_bytes()[:100])
    # In a process of its own: Whoosh leaves a file open when it fails to open one.
    command = [sys.executable, "-W", "ignore", "-m", "index.cli", "--verify", "--index", str(index)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The index in")
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
    assert "Dateline reads .txt files" in result.stderr


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
    assert "5/5" in shown


def test_a_log_gets_no_progress_bar(seed_folder: Path, tmp_path: Path) -> None:
    assert reindex(seed_folder, "--index", tmp_path / "index").stderr == ""
