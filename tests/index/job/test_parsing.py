"""Documents go to processes, and come back in their order whatever happens to those."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import job
from index.errors import SourceError
from index.job import parsing
from index.job.parsing import Parser
from index.job.reading import Closed, Item
from index.sources import Document, Removed
from tests.conftest import ROOT


def text(number: int) -> Document:
    return Document("text", f"A zebra, the number {number}.".encode(), f"{number}.txt", f"{number}.txt", f"a{number}")


def slow(paragraphs: int) -> Document:
    """Return a page that takes a second for 20,000 paragraphs, of a parser in C that no exception can interrupt."""
    page = b"<html><body>" + b"<p>A zebra was seen.</p>" * paragraphs + b"</body></html>"
    return Document("html", page, "s.html", "s.html")


SLOW = slow(40_000)


def titles(parser: Parser, items: list[Item]) -> list[str]:
    said = []
    for _, outcome in parser.parse(items):
        for one in outcome:
            if isinstance(one, SourceError):
                said.append(f"{one} ({type(one).__name__})")
            elif not isinstance(one, Removed):
                said += [article.title for article in one.articles()]
    return said


@pytest.mark.parametrize("workers", [1, 3])
def test_items_come_in_their_order(workers: int) -> None:
    items: list[Item] = []
    for number in range(1000):
        items += [text(number), Closed()]
    with Parser(workers, {}) as parser:
        assert [item for item, _ in parser.parse(items)] == items
        assert titles(parser, items) == [f"A zebra, the number {number}." for number in range(1000)]


def test_documents_are_read_a_few_batches_ahead_and_no_more() -> None:
    read = 0

    def items() -> Iterator[Item]:
        nonlocal read
        for number in range(20_000):
            read += 1
            yield text(number)

    ahead = []
    with Parser(2, {}) as parser:
        for place, _ in enumerate(parser.parse(items())):
            ahead.append(read - place)
    most = (2 * (1 + parsing._AHEAD) + 1) * parsing._BATCH_WEIGHT
    assert most // 4 < max(ahead) <= most < 20_000


def test_a_document_that_takes_too_long_is_the_only_one_that_is_lost() -> None:
    with Parser(2, {}, seconds=2) as parser:
        said = titles(parser, [text(1), slow(200_000), text(2)])
    trouble = "s.html: takes longer than 2 seconds to read (PassingError)"
    assert said == ["A zebra, the number 1.", trouble, "A zebra, the number 2."]


def test_of_many_lines_the_one_that_takes_too_long_is_the_only_one_that_is_lost() -> None:
    page = '"' + "<p>A zebra was seen.</p>" * 400_000 + '"'
    lines = f'{{"title": "One"}}\n\n{{"body": {page}}}\nbroken\n{{"title": "Two"}}\n'
    with Parser(1, {}, seconds=1) as parser:
        said = titles(parser, [Document("lines", lines.encode(), "a.jsonl", "a.jsonl", first_line=7)])
    assert said[:2] == ["One", "a.jsonl:9: takes longer than 1 seconds to read (PassingError)"]
    assert said[2].startswith("a.jsonl:10: is no JSON")
    assert said[3:] == ["Two"]


def test_a_process_that_is_killed_loses_nothing() -> None:
    with Parser(1, {}) as parser:
        before = children_of_forkserver()
        killer = threading.Thread(target=kill_new, args=(before,))
        killer.start()
        said = titles(parser, [text(1), SLOW, text(2)])
        killer.join()
    assert said == ["A zebra, the number 1.", "A zebra was seen.", "A zebra, the number 2."]


def kill_new(before: set[int]) -> None:
    while not (new := children_of_forkserver() - before):
        time.sleep(0.01)
    time.sleep(0.3)
    for process in new:
        os.kill(process, signal.SIGKILL)


def children_of_forkserver() -> set[int]:
    """Return the processes whose grandparent is this one."""
    parents = {int(line.split()[0]): int(line.split()[1]) for line in ps()}
    return {process for process, parent in parents.items() if parents.get(parent) == os.getpid()}


def ps() -> list[str]:
    lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return lines.splitlines()


def test_a_document_that_kills_its_process_is_told() -> None:
    with Parser(1, {}) as parser:
        killer = threading.Thread(target=kill_new, args=(children_of_forkserver(),))
        killer.start()
        said = titles(parser, [SLOW])
        killer.join()
        assert titles(parser, [text(1)]) == ["A zebra, the number 1."]
    assert said == ["s.html: ends the process that reads it (exit code -9) (PassingError)"]


KILLED = """
import os, signal, sys
from index.job import parsing
from index.job.parsing import Parser
from tests.index.job.test_parsing import SLOW, children_of_forkserver

if __name__ == "__main__":
    with Parser(2, {}) as parser:
        future = parser._submit([SLOW] * 10)
        while not children_of_forkserver():
            pass
        print(*children_of_forkserver(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_folder_for_temporary_files_that_is_none_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    command = [sys.executable, "-m", "index.cli", str(ROOT / "seeds"), "--index", str(tmp_path / "index")]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Set TMPDIR to a folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_process_outlives_a_job_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    done = subprocess.run(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    left = {int(process) for process in done.stdout.split()}
    assert left
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and left & {int(line.split()[0]) for line in ps()}:
        time.sleep(0.2)
    assert not left & {int(line.split()[0]) for line in ps()}


def test_a_record_that_cannot_be_sent_is_told_and_the_next_one_read(tmp_path: Path) -> None:
    for depth in (90, 110, 600):
        deep = "[" * depth + "]" * depth
        path = tmp_path / "news" / f"{depth}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'[{{"title": "A", "deep": {deep}}}, {{"title": "{depth}"}}]')
    report = job.run([tmp_path / "news"], str(tmp_path / "index"))
    assert report.added == 4
    assert [(Path(one.path).name, one.reason) for one in report.failed] == [
        ("110.json[0]", "is nested too deeply"),
        ("600.json[0]", "is nested too deeply"),
    ]


def test_the_size_of_a_document_is_that_of_all_its_texts() -> None:
    nested: object = "deep"
    for _ in range(10_000):
        nested = [nested]
    content = {"body": "12", "paragraphs": ["345", {"text": "6"}], "number": 7, "none": None, "nested": nested}
    assert Document("record", content, "a.json", "a.json").size == 6 + len("deep")
