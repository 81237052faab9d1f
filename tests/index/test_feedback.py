"""Feedback: the words of the best articles rank what is found, and find nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from index import Article, SearchEngine, SearchRequest, open_engine
from index.engine import FACETS
from index.engines import open_writer

# Those on harbours come first for "port", and talk of ships; of the others, one does too.
HARBOUR = "port port ships quay cranes and ships at the quay with cranes"
BODIES = {
    **{f"harbour-{number}": f"{HARBOUR} number{number}" for number in range(10)},
    "wine": "a port from the cellar, with cheese and with nuts, after a long dinner of many guests",
    "liner": "a port from the liner, with ships and with cranes, after a long passage of many ships",
    "no-port": "ships and cranes at the quay",
    "german": "Ein port mit ships und cranes",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    index = str(tmp_path_factory.mktemp("feedback") / "index")
    with open_writer(index) as writer:
        for name, body in BODIES.items():
            language = "de" if name == "german" else "en"
            writer.put(Article(id=name, title="Untitled", body=body, source=name[:4], language=language))
        writer.commit()
    with open_engine(index) as opened:
        yield opened


def ids(engine: SearchEngine, request: SearchRequest) -> list[str]:
    return [result.id for result in engine.search(request).results]


@pytest.mark.parametrize("query", ["port", "port -cheese", "port OR after", '"with ships" port', "port source:line"])
def test_what_is_found_is_what_was_found(engine: SearchEngine, query: str) -> None:
    request = SearchRequest(query=query, size=50, facets=FACETS, duplicates="show")
    plain, enriched = engine.search(request), engine.search(replace(request, feedback=True))
    assert (enriched.total, enriched.facets, enriched.interpreted) == (plain.total, plain.facets, plain.interpreted)
    assert {result.id for result in enriched.results} == {result.id for result in plain.results}
    assert [result.score for result in enriched.results] > [result.score for result in plain.results]


def test_what_is_like_the_best_articles_rises(engine: SearchEngine) -> None:
    request = SearchRequest(query="port", size=50, duplicates="show")
    plain, enriched = ids(engine, request), ids(engine, replace(request, feedback=True))
    assert plain.index("wine") < plain.index("liner")
    assert enriched.index("liner") < enriched.index("wine")


def test_pages_follow_each_other(engine: SearchEngine) -> None:
    request = SearchRequest(query="port", size=50, duplicates="show", feedback=True)
    pages = [ids(engine, replace(request, size=4, page=page)) for page in range(1, 5)]
    assert [name for page in pages for name in page] == ids(engine, request)


@pytest.mark.parametrize("query", ["", "*", "xyzzy", "after:2000", "port*"])
def test_what_has_no_loose_words_or_finds_nothing_is_left_as_it_is(engine: SearchEngine, query: str) -> None:
    request = SearchRequest(query=query)
    assert engine.search(request).results == engine.search(replace(request, feedback=True)).results
