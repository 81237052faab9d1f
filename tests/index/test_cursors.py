"""Cursors: a walk through all results, and what becomes of it when something is not as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index import Article, SearchEngine, SearchRequest, open_engine
from index.engines import open_writer
from index.errors import CursorExpiredError, RequestError

ASKED = SearchRequest(query="zebra", size=4, snippets=False, source=("CNN",))


def put(index: Path, *numbers: int) -> None:
    with open_writer(str(index)) as writer:
        for number in numbers:
            writer.put(Article(id=str(number), title="Zebra", body="zebra " * (number % 5), source="CNN"))
        writer.commit()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    put(tmp_path / "index", *range(10))
    return tmp_path / "index"


@pytest.fixture
def engine(index: Path) -> Iterator[SearchEngine]:
    with open_engine(str(index)) as opened:
        yield opened


def test_a_walk_comes_to_all_results_once_and_ends(engine: SearchEngine) -> None:
    parts = [engine.search(ASKED)]
    while parts[-1].cursor:
        # How many and how much of each may change on the way.
        changed = replace(ASKED, cursor=parts[-1].cursor, size=len(parts), facets=("source",), snippets=True)
        parts.append(engine.search(changed))
    assert [len(part.results) for part in parts] == [4, 1, 2, 3]
    whole = engine.search(replace(ASKED, size=100))
    assert [result.id for part in parts for result in part.results] == [result.id for result in whole.results]
    assert whole.cursor is None
    assert engine.search(replace(ASKED, page=9)).cursor is None
    assert engine.search(replace(ASKED, size=0)).cursor is None


@pytest.mark.parametrize(
    "change",
    [{"query": "zebr"}, {"sort": "newest"}, {"match": "any"}, {"not_author": ("Ada",)}, {"duplicates": "show"}],
    ids=str,
)
def test_the_cursor_of_another_search_is_refused(engine: SearchEngine, change: dict[str, Any]) -> None:
    cursor = engine.search(ASKED).cursor
    with pytest.raises(RequestError, match="no answer to this search gave it") as error:
        engine.search(replace(ASKED, cursor=cursor, **change))
    assert error.value.parameter == "cursor"


def test_a_cursor_that_was_tampered_with_is_refused(engine: SearchEngine) -> None:
    cursor = engine.search(ASKED).cursor
    assert cursor
    others = [cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(44)]
    for other in (*others, "", "x", cursor[:-4], cursor + "AAAA", "ü", "====", "\udcff", cursor + "\n"):
        with pytest.raises(RequestError, match="cursor"):
            engine.search(replace(ASKED, cursor=other))
    with pytest.raises(RequestError, match="leave out page"):
        replace(ASKED, cursor=cursor, page=2)


def test_a_cursor_expires_with_a_change_of_the_index(engine: SearchEngine, index: Path) -> None:
    asked = replace(ASKED, cursor=engine.search(ASKED).cursor)
    put(index, 11)
    with pytest.raises(CursorExpiredError, match="Begin again without"):
        engine.search(asked)
    assert engine.search(replace(ASKED, cursor=engine.search(ASKED).cursor)).results


def test_a_whole_walk_is_of_one_state_of_the_index(index: Path, engine: SearchEngine) -> None:
    whole = engine.search(replace(ASKED, size=100))
    parts = []
    for number, (response, articles) in enumerate(engine.walk(ASKED)):
        assert [article.id for article in articles] == [result.id for result in response.results]
        parts.append(response)
        put(index, number, 100 + number)
    assert {part.generation for part in parts} == {whole.generation}
    assert [result for part in parts for result in part.results] == list(whole.results)
    assert engine.search(ASKED).total == whole.total + len(parts)
