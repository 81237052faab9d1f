"""The job with files that hold many articles."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index import SearchRequest, job, open_engine
from index.article import Article
from index.sources import read_file
from tests.index.sources.packed import make_tar, make_zip
from tests.index.test_job import article_ids, counts, total


def write_lines(path: Path, *records: dict[str, object] | str) -> None:
    path.parent.mkdir(exist_ok=True)
    content = "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)
    path.write_bytes(gzip.compress(content.encode(), mtime=0) if path.suffix == ".gz" else content.encode())


def article(
    number: int, text: str = "A zebra was seen in the city on Monday, and nobody knows why."
) -> dict[str, object]:
    return {"id": f"a{number}", "title": f"Article {number}", "text": text, "pub_ts": 1492041600 + number}


def test_a_file_of_many_articles_is_indexed_and_taken_up_again(tmp_path: Path) -> None:
    index, path = tmp_path / "index", tmp_path / "news" / "a.jsonl.gz"
    write_lines(path, *map(article, range(50)))
    report = job.run([path.parent], str(index))
    assert (counts(report), report.files) == ((50, 0, 0, 0, 0), 1)
    assert article_ids(index) == {f"a{number}" for number in range(50)}
    assert counts(job.run([path.parent], str(index))) == (0, 0, 50, 0, 0)
    # Only touched: read for its digest, and not parsed.
    os.utime(path, (0, 0))
    report = job.run([path.parent], str(index))
    assert (counts(report), report.generation) == ((0, 0, 50, 0, 0), 1)
    write_lines(path, *map(article, range(10, 50)), article(50), article(51, "A lion."))
    assert counts(job.run([path.parent], str(index))) == (2, 0, 40, 10, 0)
    write_lines(path, *(article(number, "A hippo.") for number in range(10, 52)))
    assert counts(job.run([path.parent], str(index))) == (0, 42, 0, 0, 0)
    assert (total(index, "hippo"), total(index)) == (42, 42)
    assert job.verify(str(index)).damage == []


def test_a_dry_run_reads_archives_and_writes_nothing(tmp_path: Path) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    write_lines(folder / "a.jsonl", article(1), "broken", article(2))
    (folder / "b.zip").write_bytes(make_zip({"c.txt": b"A lion.", "d.txt": b"", "e.jpg": b"\xff"}))
    report = job.run([folder], str(index), dry_run=True)
    assert counts(report) == (3, 0, 0, 0, 2)
    assert not index.exists()
    again = job.run([folder], str(index))
    assert (counts(again), again.failed) == (counts(report), report.failed)
    assert [Path(failure.path).name for failure in report.failed] == ["a.jsonl:2", "b.zip!d.txt"]


def test_a_bad_line_is_not_read_again_until_its_file_changes(tmp_path: Path) -> None:
    path, index = tmp_path / "news" / "a.jsonl", str(tmp_path / "index")
    write_lines(path, article(1), "broken", article(2))
    assert counts(job.run([path], index)) == (2, 0, 0, 0, 1)
    report = job.run([path], index)
    assert (counts(report), report.bytes_read) == ((0, 0, 2, 0, 0), 0)
    write_lines(path, article(1), "broken")
    assert counts(job.run([path], index)) == (0, 0, 1, 1, 1)


def test_a_file_that_is_cut_off_loses_nothing_and_is_tried_again(tmp_path: Path) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    folder.mkdir()
    whole = make_tar({f"{number}.txt": f"A zebra, the number {number}.".encode() for number in range(9)})
    (folder / "a.tar").write_bytes(whole[:3000])
    first = job.run([folder], str(index))
    assert (first.added, len(first.failed)) == (3, 1)
    assert total(index, "zebra") == 3
    # It is still arriving.
    assert counts(job.run([folder], str(index))) == (0, 0, 3, 0, 1)
    (folder / "a.tar").write_bytes(whole)
    assert counts(job.run([folder], str(index))) == (6, 0, 3, 0, 0)
    (folder / "a.tar").write_bytes(whole[:3000])
    assert counts(job.run([folder], str(index))) == (0, 0, 3, 0, 1)
    assert (total(index, "zebra"), job.verify(str(index)).damage) == (9, [])
    (folder / "a.tar").write_bytes(whole)
    assert counts(job.run([folder], str(index))) == (0, 0, 9, 0, 0)
    # What cannot be read at all keeps what is known of it.
    (folder / "a.tar").write_bytes(b"")
    assert counts(job.run([folder], str(index))) == (0, 0, 0, 0, 1)
    assert total(index, "zebra") == 9


def test_ids_that_are_taken_are_told_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    write_lines(folder / "a.jsonl", article(1), article(2), article(1, "A lion."))
    write_lines(folder / "b.jsonl", article(2, "A lion."), article(3))
    report = job.run([folder], str(index))
    assert (report.added, total(index, "lion")) == (3, 0)
    assert [failure.reason for failure in report.failed] == [
        "has two articles with the id 'a1'; the first is kept",
        f"has an article with the id 'a2', which {folder / 'a.jsonl'} has; that one is kept",
    ]
    # Ids of another field, or of what the articles say.
    assert counts(job.run([folder], str(index), rebuild=True, mapping={"id": ""}))[0] == 5
    monkeypatch.setattr(job, "_MAX_TAKEN", 1)
    write_lines(folder / "a.jsonl", *[article(1)] * 5)
    report = job.run([folder / "a.jsonl"], str(tmp_path / "third"))
    assert [failure.reason for failure in report.failed] == [
        "has two articles with the id 'a1'; the first is kept",
        "has 3 more articles whose ids are taken",
    ]


def test_fields_are_mapped(tmp_path: Path) -> None:
    path, index = tmp_path / "news" / "a.jsonl", tmp_path / "index"
    write_lines(path, article(1))
    job.run([path], str(index), mapping={"published": "pub_ts"})
    with open_engine(str(index)) as engine:
        found = engine.article("a1")
        assert found.published is not None
        assert (found.published.isoformat(), found.published_from) == ("2017-04-13T00:00:01+00:00", "metadata")
        assert engine.search(SearchRequest(query="zebra", language=("en",))).total == 1


def test_articles_are_put_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "news" / "a.jsonl"
    write_lines(path, *map(article, range(1000)))
    parsed = 0
    most_ahead = 0
    put = 0

    def count_parsed(*arguments: Any, **settings: Any) -> Iterator[Article]:
        nonlocal parsed
        for one in read_file(*arguments, **settings):
            parsed += 1
            yield one

    def count_put(*arguments: Any) -> str | None:
        nonlocal put, most_ahead
        most_ahead = max(most_ahead, parsed - put)
        put += 1
        return claim(*arguments)

    claim = job._Changes._claim
    monkeypatch.setattr(job, "read_file", count_parsed)
    monkeypatch.setattr(job._Changes, "_claim", count_put)
    assert job.run([path], str(tmp_path / "index")).added == 1000
    assert most_ahead == 1
