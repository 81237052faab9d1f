"""Whatever is asked, both engines find the same, and tell it in the same way."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Article, SearchEngine, SearchRequest, open_engine
from index.engine import Duplicates, Match, SearchResponse
from index.engines import open_writer
from tests.index.test_naive_scan import (
    QUERIES,
    QUERIES_OF_LANGUAGES,
    WORDS,
    WORDS_OF_LANGUAGES,
)
from tests.opensearch.nodes import Nodes

_NUM_ARTICLES = 120
_LANGUAGES = (None, "en", "de", "fr", "es", "ru", "ar", "fa", "zh")


def make_articles() -> list[Article]:
    """Return articles of few words each, some of them the same, half of them in many languages."""
    drawing = random.Random(1)
    articles = []
    for number in range(_NUM_ARTICLES):
        words = (WORDS, [*WORDS_OF_LANGUAGES, "2008年", "北京人"])[number % 2]
        title, body = (" ".join(drawing.choices(words, k=drawing.randrange(9))) for _ in range(2))
        language = drawing.choice(_LANGUAGES if number % 2 else _LANGUAGES[:2])
        articles.append(Article(id=f"a{number}", title=title, body=body, language=language))
    return articles


@pytest.fixture(scope="module")
def both(
    opensearch_nodes: Nodes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SearchEngine, SearchEngine]]:
    """Either engine with the same articles, that came in two runs, the second of which replaced and deleted some."""
    articles = make_articles()
    with ExitStack() as stack:
        engines = []
        for name in (
            str(tmp_path_factory.mktemp("both") / "index"),
            f"{opensearch_nodes.url}/t{uuid.uuid4().hex[:8]}",
        ):
            with open_writer(name) as writer:
                for article in articles[:80]:
                    writer.put(article)
                writer.commit()
            with open_writer(name) as writer:
                for article in articles[80:]:
                    writer.put(article)
                for number in range(0, 40, 3):
                    writer.delete(f"a{number}")
                    writer.put(Article(id=f"a{number + 1}", title="", body=articles[-number].body, language="en"))
                writer.commit()
            engines.append(stack.enter_context(open_engine(name)))
        yield engines[0], engines[1]


def _told(response: SearchResponse) -> object:
    results = sorted((each.id, [other.id for other in each.duplicates]) for each in response.results)
    return response.total, response.folded, response.relaxed, response.facets, response.interpreted, results


@settings(max_examples=100)
@given(
    query=QUERIES | QUERIES_OF_LANGUAGES,
    match=st.sampled_from(["all", "any"]),
    duplicates=st.sampled_from(["fold", "show"]),
)
def test_any_query_finds_the_same(
    both: tuple[SearchEngine, SearchEngine], query: str, match: Match, duplicates: Duplicates
) -> None:
    request = SearchRequest(query=query, match=match, duplicates=duplicates, size=200, facets=("language", "source"))
    embedded, on_cluster = (engine.search(request) for engine in both)
    assert _told(on_cluster) == _told(embedded)
