"""The benchmark of the whole job runs on a few articles; its figures are for reading, and nothing here is a floor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import regex

from bench.corpus import write_lines
from bench.job import Taken, table


def test_the_command_tells_what_the_job_and_the_codec_take(tmp_path: Path) -> None:
    lines = (f'{{"id": "a{number}", "title": "One", "body": "Some words of it."}}'.encode() for number in range(120))
    write_lines(lines, tmp_path / "made.jsonl")
    command = [sys.executable, "-m", "bench", "job", "--corpus", str(tmp_path / "made.jsonl")]
    command += ["--rounds", "1", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| the codec's own build | 120 | " in done.stdout
    # What the processes take that parse, and that are loaded for half a second each, is in it.
    said = regex.search(r"\| `reindex`, start to end \| 120 \| (\S+) \| (\S+) \|", done.stdout)
    assert said
    assert float(said[2]) > 0.5


def test_the_table_has_medians_and_shares() -> None:
    codec = [Taken(1.0, 2.0, 100), Taken(9.0, 9.0, 100), Taken(1.0, 2.0, 100)]
    written = table({"codec": codec, "job": [Taken(4.0, 5.0, 100)]})
    assert "| the codec's own build | 100 | 1.00 | 2.00 | 100 | 50 |" in written
    assert "| share | | | | 25% | 40% |" in written
