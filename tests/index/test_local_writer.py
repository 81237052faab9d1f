"""The embedded engine's writer: segments that are made while others wait, and what happens when that fails."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index import Article, SearchRequest, open_engine, schema
from index.bundle import Bundle
from index.codec import stored
from index.codec.commit import SegmentSet
from index.codec.format import SegmentFile
from index.engines import open_writer
from index.engines.local import writer as local_writer
from index.errors import DatelineError


def articles(first: int, end: int, word: str = "moscow") -> Iterator[Article]:
    for number in range(first, end):
        yield Article(id=f"a{number}", title=f"Article {number}", body=f"{word} number{number}")


def found(index: Path, query: str) -> int:
    with open_engine(str(index)) as engine:
        return engine.search(SearchRequest(query=query)).total


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of thirty articles."""
    with open_writer(str(tmp_path / "index")) as writer:
        for article in articles(0, 30):
            writer.put(article)
        writer.commit()
    return tmp_path / "index"


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_writer, "MAX_DOCS", 20)


def segment_sizes(index: Path) -> list[int]:
    return [SegmentFile.open(path).num_docs for path in index.rglob("*.segment")]


@pytest.mark.usefixtures("small_segments")
def test_a_segment_has_no_more_documents_than_it_may(tmp_path: Path) -> None:
    index = tmp_path / "index"
    with open_writer(str(index)) as writer:
        for article in articles(0, 90):
            writer.put(article)
        writer.commit()
    assert sorted(segment_sizes(index)) == [10, 20, 20, 20, 20]
    assert found(index, "moscow") == 90


@pytest.mark.usefixtures("small_segments")
def test_a_bundle_is_put_as_its_articles_are(index: Path) -> None:
    with open_writer(str(index)) as writer:
        writer.put_all(Bundle.of(articles(20, 25, "berlin")))
        writer.put_all(Bundle.of(articles(25, 80, "berlin")).take(range(1, 55)))
        writer.put_all(Bundle())
        writer.commit()
    assert sorted(segment_sizes(index)) == [1, 19, 20, 20, 20]
    assert (found(index, "moscow"), found(index, "berlin"), found(index, "number25")) == (21, 59, 1)
    with open_engine(str(index)) as engine:
        assert [engine.article(f"a{number}") for number in (20, 79)] == [
            *articles(20, 21, "berlin"),
            *articles(79, 80, "berlin"),
        ]


def test_no_article_is_put_twice(index: Path) -> None:
    with open_writer(str(index)) as writer:
        writer.put_all(Bundle.of(articles(30, 40)))
        for bundle in (Bundle.of(articles(39, 41)), Bundle.of([*articles(41, 43), *articles(42, 43)])):
            with pytest.raises(ValueError, match="twice"):
                writer.put_all(bundle)
        writer.commit()
    assert found(index, "moscow") == 40


def test_little_memory_makes_small_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_writer, "choose_merge", lambda sizes: [])
    index = tmp_path / "index"
    with open_writer(str(index), memory_mb=1) as writer:
        for number in range(60):
            writer.put(Article(id=f"a{number}", title="Long", body=f"number{number} " + "moscow " * 20_000))
        writer.commit()
    assert found(index, "moscow") == 60
    assert len(segment_sizes(index)) > 1


def test_what_waits_in_a_merge_does_so_beside_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    monkeypatch.setattr(stored, "SPOOL_SIZE", 0)
    monkeypatch.setattr(local_writer, "choose_merge", lambda sizes: [0, 1] if len(sizes) > 1 else [])
    index, chance = tmp_path / "index", random.Random(7)
    # Enough for each segment to have a dictionary of its own, so that merging compresses anew.
    for first in (0, 20):
        words = [f"{chance.getrandbits(32):x}" for _ in range(500)]
        with open_writer(str(index)) as writer:
            for number in range(first, first + 20):
                body = " ".join(chance.choices(words, k=stored.SMALLEST_SAMPLE // 100))
                writer.put(Article(id=f"a{number}", title="Long", body=f"moscow {body}"))
            writer.commit()
    assert (found(index, "moscow"), len(segment_sizes(index))) == (40, 1)


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("error", [MemoryError("no room"), OSError(28, "No space left on device"), RuntimeError("bug")])
def test_a_segment_that_cannot_be_made_leaves_the_index_as_it_was(
    index: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    write = SegmentSet.write
    calls = []

    def failing_once(segments: SegmentSet, how: Any) -> Any:
        calls.append(how)
        if len(calls) == 1:
            raise error
        return write(segments, how)

    monkeypatch.setattr(SegmentSet, "write", failing_once)
    writer = open_writer(str(index))

    def put_all() -> None:
        for article in articles(0, 100, "zebra"):
            writer.put(article)

    with pytest.raises(DatelineError if isinstance(error, OSError) else type(error)):
        put_all()
    with pytest.raises(ValueError, match="closed"):
        writer.commit()
    with pytest.raises(ValueError, match="closed"):
        writer.put(next(articles(200, 201)))
    assert (found(index, "moscow"), found(index, "zebra")) == (30, 0)
    with open_writer(str(index)) as following:  # nobody holds the lock
        assert following.commit() == 1
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("segment")] == []


def test_a_table_that_cannot_be_written_leaves_the_old_one(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("index.codec.contents.TOC.write", fail)
        with open_writer(str(index)) as writer:
            writer.put(Article(id="new", title="New", body="zebra"))
            with pytest.raises(DatelineError, match="No space"):
                writer.commit()
    assert (found(index, "moscow"), found(index, "zebra")) == (30, 0)


@pytest.mark.usefixtures("small_segments")
def test_cancelling_waits_for_the_segment_that_is_being_made(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = SegmentSet.write
    started = threading.Event()

    def slowly(segments: SegmentSet, how: Any) -> Any:
        started.set()
        time.sleep(0.3)
        return write(segments, how)

    monkeypatch.setattr(SegmentSet, "write", slowly)
    before = sorted(path.name for path in index.rglob("*"))
    with open_writer(str(index)) as writer:
        for article in articles(0, 25, "zebra"):
            writer.put(article)
        assert started.wait(5)
    assert sorted(path.name for path in index.rglob("*")) == before
    assert (found(index, "moscow"), found(index, "zebra")) == (30, 0)


def test_an_article_that_cannot_be_indexed_does_not_lose_the_one_that_it_replaces(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_writer(str(index)) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(schema, "to_seconds", lambda _: 1 << 64)
            with pytest.raises(ValueError, match="64 bits"):
                writer.put(Article(id="a3", title="Bad", body="zebra", published=dt.date(2017, 4, 12)))
        writer.put(Article(id="a4", title="Good", body="zebra"))
        writer.commit()
    assert (found(index, "moscow"), found(index, "zebra")) == (29, 1)


ZONES = [dt.UTC, dt.timezone(dt.timedelta(minutes=53, seconds=28)), dt.timezone(-dt.timedelta(hours=9, minutes=30))]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("author", ["Jane Doe", "broken \ud800 name"])
def test_what_is_stored_of_an_article_comes_back(zone: dt.tzinfo, author: str) -> None:
    article = Article(
        id="a",
        title="Café \u2028 ",
        body="x\x00y" * 3,
        authors=(author, ""),
        published=dt.datetime(1880, 1, 1, 12, 30, 15, 250, tzinfo=zone),
    )
    assert schema.from_stored(schema.to_stored(article)) == article
    assert schema.from_stored(schema.to_stored(Article(id="", title="", body=""))) == Article(id="", title="", body="")


def test_an_id_is_put_once_between_commits(tmp_path: Path) -> None:
    article = Article(id="a", title="t", body="b")
    with open_writer(str(tmp_path / "index")) as writer:
        writer.put(article)
        with pytest.raises(ValueError, match="twice"):
            writer.put(article)
