"""Every query of the table finds what it must, and is read as the table says."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace

import pytest
import regex

from index import SearchEngine, SearchResponse
from tests.queries.table import Row, read_articles, read_rows

ROWS = read_rows()
_MARKED = regex.compile(r"<mark>(.*?)</mark>")


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.topic}: {row.name}" for row in ROWS])
def test_the_query(row: Row, engine: SearchEngine) -> None:
    response = engine.search(row.request)
    found = [result.id for result in response.results]
    if row.finds is not None:
        assert (found if row.is_ordered else sorted(found)) == list(row.finds if row.is_ordered else sorted(row.finds))
        if "total" not in row.expected and "page" not in row.expected:
            assert response.total == len(found)
    told = {name: _CHECKS[name](response) for name in row.expected if name in _CHECKS}
    wanted = {name: value for name, value in row.expected.items() if name in _CHECKS}
    assert told == wanted
    notes = row.expected.get("notes", [])
    assert len(response.interpreted.notes) == len(notes), response.interpreted.notes
    for note, part in zip(response.interpreted.notes, notes, strict=True):
        assert part in note
    for article_id, marked in row.expected.get("marks", {}).items():
        assert _marked(response, article_id) == marked


_CHECKS: dict[str, Callable[[SearchResponse], object]] = {
    "reads": lambda response: response.interpreted.query,
    "terms": lambda response: {term.text: " ".join(term.terms) for term in response.interpreted.terms},
    "dropped": lambda response: list(response.interpreted.dropped),
    "total": lambda response: response.total,
    "folded": lambda response: response.folded,
    "relaxed": lambda response: response.relaxed,
    "duplicates_of": lambda response: {
        result.id: " ".join(each.id for each in result.duplicates) for result in response.results if result.duplicates
    },
    "counts": lambda response: {
        name: ", ".join(f"{count.value} {count.count}" for count in counts) for name, counts in response.facets.items()
    },
}


def _marked(response: SearchResponse, article_id: str) -> list[str]:
    (result,) = (result for result in response.results if result.id == article_id)
    texts = (result.title_marked, *result.snippets)
    return [html.unescape(marked) for text in texts for marked in _MARKED.findall(text)]


def test_the_table_is_whole() -> None:
    known = {"reads", "terms", "dropped", "total", "folded", "relaxed", "duplicates_of", "counts", "notes", "marks"}
    assert len(ROWS) >= 120
    assert len({(row.topic, row.name) for row in ROWS}) == len(ROWS)
    assert all(row.expected.keys() <= known | {"facets", "why"} for row in ROWS)
    asks = {row.name[:6] for row in ROWS if row.topic == "asks"}
    assert asks == {f"ask-{number:02}" for number in range(1, 13)}
    ids = {article["id"] for article in read_articles()}
    assert {each for row in ROWS for each in row.finds or ()} <= ids


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.topic}: {row.name}" for row in ROWS])
def test_what_is_told_finds_the_same(row: Row, engine: SearchEngine) -> None:
    """`interpreted.query` has every operator in it, so that it can be asked in place of what was typed."""
    response = engine.search(row.request)
    if response.interpreted.query:
        again = engine.search(replace(row.request, query=response.interpreted.query))
        assert [result.id for result in again.results] == [result.id for result in response.results]
