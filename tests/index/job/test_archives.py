"""The job with files that hold many articles."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from index import SearchRequest, job, open_engine
from index.job import changes
from tests.index.job.test_run import article_ids, counts, total
from tests.index.sources.packed import make_tar, make_zip


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
    assert (counts(report), report.bytes_read) == ((0, 0, 2, 0, 1), 0)
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


def test_a_file_that_is_cut_off_and_has_not_changed_since_is_not_told_as_changed(tmp_path: Path) -> None:
    path, index = tmp_path / "news" / "a.tar", str(tmp_path / "index")
    path.parent.mkdir()
    path.write_bytes(make_tar({f"{number}.txt": b"A zebra was seen." for number in range(9)})[:3000])
    job.run([path], index)
    assert job.verify(index).changed == []
    path.write_bytes(path.read_bytes()[:2000])
    assert job.verify(index).changed == [str(path)]


def test_ids_that_are_taken_are_told_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    write_lines(folder / "a.jsonl", article(1), article(2), article(1, "A lion."))
    write_lines(folder / "b.jsonl", article(2, "A lion."), article(3))
    report = job.run([folder], str(index))
    assert (report.added, total(index, "lion")) == (3, 0)
    assert [failure.reason for failure in report.failed] == [
        "has two articles with the id 'a1' that differ; the first is kept",
        f"has an article with the id 'a2', which {folder / 'a.jsonl'} has; that one is kept",
    ]
    # Ids of another field, or of what the articles say.
    assert counts(job.run([folder], str(index), rebuild=True, mapping={"id": ""}))[0] == 5
    monkeypatch.setattr(changes, "MAX_FAILURES", 1)
    write_lines(folder / "a.jsonl", article(1), *(article(1, f"A lion, {number}.") for number in range(4)))
    report = job.run([folder / "a.jsonl"], str(tmp_path / "third"))
    assert [failure.reason for failure in report.failed] == [
        "has two articles with the id 'a1' that differ; the first is kept",
        "has 3 more failures like these",
    ]


def test_the_same_article_again_is_counted_and_no_failure(tmp_path: Path) -> None:
    folder, index = tmp_path / "news", str(tmp_path / "index")
    write_lines(folder / "a.jsonl", article(1), article(1), article(2))
    write_lines(folder / "b.jsonl", article(2), article(3))
    report = job.run([folder], index)
    assert (counts(report), report.repeated) == ((3, 0, 0, 0, 0), 2)
    report = job.run([folder], index)
    assert (counts(report), report.bytes_read) == ((0, 0, 3, 0, 0), 0)


@pytest.mark.parametrize("gone", [[], [article(1)]], ids=["the file", "its line"])
def test_what_another_file_had_first_is_taken_from_the_file_that_is_left(
    tmp_path: Path, gone: list[dict[str, object]]
) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    write_lines(folder / "a.jsonl", article(1), article(2))
    write_lines(folder / "b.jsonl", article(2, "A lion."), article(3))
    assert counts(job.run([folder], str(index))) == (3, 0, 0, 0, 1)
    if gone:
        write_lines(folder / "a.jsonl", *gone)
    else:
        (folder / "a.jsonl").unlink()
    report = job.run([folder], str(index))
    assert counts(report) == (1, 0, 1 + len(gone), 2 - len(gone), 0)
    assert (total(index, "lion"), job.verify(str(index)).damage) == (1, [])
    # All is settled, and b.jsonl is not read again.
    assert job.run([folder], str(index)).bytes_read == 0


def test_an_article_goes_back_to_a_file_that_was_touched_when_a_copy_came_and_went(tmp_path: Path) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    write_lines(folder / "b.jsonl", article(1), article(2))
    job.run([folder], str(index))
    write_lines(folder / "a.jsonl", article(1))
    os.utime(folder / "b.jsonl", (0, 0))
    # Each article counts once, though both files have one of them.
    assert counts(job.run([folder], str(index))) == (0, 0, 2, 0, 0)
    (folder / "a.jsonl").unlink()
    assert counts(job.run([folder], str(index))) == (1, 0, 1, 1, 0)
    assert article_ids(index) == {"a1", "a2"}
    assert (total(index), job.run([folder], str(index)).bytes_read) == (2, 0)


def test_what_is_free_again_is_taken_when_its_other_path_is_given_again(tmp_path: Path) -> None:
    first, second, index = tmp_path / "first", tmp_path / "second", tmp_path / "index"
    write_lines(first / "a.jsonl", article(1), article(2))
    write_lines(second / "b.jsonl", article(2), article(3))
    job.run([first, second], str(index))
    write_lines(first / "a.jsonl", article(1))
    assert counts(job.run([first], str(index))) == (0, 0, 1, 1, 0)
    assert counts(job.run([second], str(index))) == (1, 0, 1, 0, 0)
    assert article_ids(index) == {"a1", "a2", "a3"}
    assert job.run([first, second], str(index)).bytes_read == 0


def test_an_article_that_moves_to_another_file_stays(tmp_path: Path) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    write_lines(folder / "a.jsonl", article(1))
    write_lines(folder / "b.jsonl", article(2), article(3))
    job.run([folder], str(index))
    # To a file that is read before the one that it leaves, and back to one that is read after it.
    write_lines(folder / "a.jsonl", article(3))
    write_lines(folder / "b.jsonl", article(2), article(1))
    report = job.run([folder], str(index))
    assert report.failed == []
    assert article_ids(index) == {"a1", "a2", "a3"}
    assert (total(index), job.verify(str(index)).damage) == (3, [])


def test_other_fields_are_taken_from_files_that_have_not_changed(tmp_path: Path) -> None:
    path, index = tmp_path / "news" / "a.jsonl", str(tmp_path / "index")
    write_lines(path, article(1))
    job.run([path], index)
    mapping = {"published": "pub_ts"}
    assert counts(job.run([path], index, mapping=mapping)) == (0, 1, 0, 0, 0)
    assert job.run([path], index, mapping=mapping).bytes_read == 0
    assert counts(job.run([path], index)) == (0, 1, 0, 0, 0)


def test_the_order_of_what_is_given_does_not_change_the_index(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_lines(tmp_path / name / "a.jsonl", *(article(number, f"{name} zebra") for number in range(3)))
        (tmp_path / name / "b.txt").write_text(f"A lion, {name}.")
    segments = []
    for number, order in enumerate((["one", "two"], ["two", "one"])):
        index = tmp_path / f"index-{number}"
        job.run([tmp_path / name for name in order], str(index), workers=number + 1)
        (segment,) = index.glob("build-*/*.segment")
        segments.append(segment.read_bytes())
    assert segments[0] == segments[1]


def test_fields_are_mapped(tmp_path: Path) -> None:
    path, index = tmp_path / "news" / "a.jsonl", tmp_path / "index"
    write_lines(path, article(1))
    job.run([path], str(index), mapping={"published": "pub_ts"})
    with open_engine(str(index)) as engine:
        found = engine.article("a1")
        assert found.published is not None
        assert (found.published.isoformat(), found.published_from) == ("2017-04-13T00:00:01+00:00", "metadata")
        assert engine.search(SearchRequest(query="zebra", language=("en",))).total == 1
