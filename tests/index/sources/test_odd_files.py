"""What else lies in folders: pipes, sockets, links in a circle, names with line ends, files that change while read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from index.errors import SourceError
from index.sources import find_files, read_file
from tests.index.sources.conftest import read_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "news"
    made.mkdir()
    return made


def test_what_is_no_file_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe.txt")
    os.mkfifo(folder / "pipe")
    (folder / "a.txt").write_text("Text.")
    # Beside a text, too: to open one would wait for ever.
    os.mkfifo(folder / "a.json")
    (folder / "folder.txt").mkdir()
    (folder / "folder.txt" / "b.txt").write_text("Inside.")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.txt")
        reading = read_folder(folder)
    assert (sorted(reading.titles), reading.failed) == (["Inside.", "Text."], [])


def test_links_in_a_circle_come_to_an_end(folder: Path) -> None:
    (folder / "again").symlink_to(folder)
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "one.txt").symlink_to("two.txt")
    (folder / "two.txt").symlink_to("one.txt")
    (folder / "a.txt").write_text("Text.")
    reading = read_folder(folder)
    assert (reading.titles, reading.failed) == (["Text."], [])


def test_names_may_hold_anything(folder: Path) -> None:
    for name in ("line\nend.txt", "tab\t.txt", "per%cent #1?.txt", "-rf.txt", "ünï.txt", " .txt", "a!b.txt"):
        (folder / name).write_text(f"Text of {name!r}.")
    reading = read_folder(folder)
    assert reading.failed == []
    assert len({article.id for article in reading.articles}) == 7


def test_a_file_that_shrinks_while_it_is_read_gives_what_is_left(folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_text("".join(f'{{"title": "{number}", "body": "{"x" * 1000}"}}\n' for number in range(2000)))
    (file,) = find_files([folder])
    errors: list[SourceError] = []
    articles = read_file(file, on_error=errors.append)
    titles = [next(articles).title]
    os.truncate(path, 700_100)
    titles += [article.title for article in articles]
    assert titles == [str(number) for number in range(len(titles))]
    assert 500 < len(titles) < 1000
    assert [error.reason for error in errors] == ["is no JSON: unterminated string starting at"]


def test_a_file_that_is_gone_when_it_is_to_be_read_is_told(folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_text('{"title": "A"}')
    (file,) = find_files([folder])
    path.unlink()
    with pytest.raises(SourceError, match="No such file or directory"):
        list(read_file(file))


def test_folders_may_have_the_names_of_texts_and_side_cars(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    for name in ("a.json", "b.txt", "c.json"):
        (folder / name).mkdir(parents=True)
        (folder / name / "within.txt").write_text(f"A text within {name}.")
    (folder / "a.txt").write_text("The text beside a.json.")
    (folder / "b.json").write_text('{"title": "The record beside b.txt"}')
    (folder / "d.txt").symlink_to("d.txt")
    assert read_folder(folder).titles == [
        "A text within a.json.",
        "The text beside a.json.",
        "The record beside b.txt",
        "A text within b.txt.",
        "A text within c.json.",
    ]
