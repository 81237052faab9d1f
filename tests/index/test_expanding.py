"""Phrases that are meant as they are written, against a naive scan."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from index import Article, SearchEngine, SearchRequest, open_engine
from index.analysis import tokenize
from index.engines import open_writer
from index.engines.local import expanding
from index.stopwords import as_word

_WORDS = ("visit", "visits", "visiting", "us", "US", "aids", "AIDS", "early")
_texts = st.lists(st.sampled_from(_WORDS), max_size=6).map(" ".join)


def _has(text: str, words: list[str], slop: int) -> bool:
    """Say whether words stand in a text in order; a word in small letters may be written in capitals."""
    surfaces = [token.surface for token in tokenize(text)]
    ends = {place for place, surface in enumerate(surfaces) if words[0] in (surface, as_word(surface))}
    for word in words[1:]:
        ends = {
            place
            for place, surface in enumerate(surfaces)
            if word in (surface, as_word(surface)) and any(place - slop <= end < place for end in ends)
        }
    return bool(ends)


def _ids(engine: SearchEngine, query: str) -> set[str]:
    request = SearchRequest(query=query, size=100, duplicates="show", snippets=False)
    return {result.id for result in engine.search(request).results}


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(_texts, _texts, st.sampled_from(["en", "fr", None])), min_size=1, max_size=8),
    st.lists(st.tuples(st.lists(st.sampled_from(_WORDS), min_size=2, max_size=3), st.integers(1, 3)), min_size=6),
)
def test_phrases_as_they_are_written_are_found_as_by_a_scan(
    tmp_path: Path, articles: list[tuple[str, str, str | None]], phrases: list[tuple[list[str], int]]
) -> None:
    index = str(tmp_path / "index")
    with open_writer(index, rebuild=True) as writer:
        for number, (title, body, language) in enumerate(articles):
            writer.put(Article(id=str(number), title=title, body=body, language=language))
        writer.commit()
    with open_engine(index) as engine:
        for words, slop in phrases:
            if len({*map(str.lower, words)}) < len({*words}):  # a phrase of a word and of the acronym that spells it
                continue
            # Words in small letters beside it say that capitals mean something.
            query = f'="{" ".join(words)}"~{slop} -zebra'
            expected = {
                str(number)
                for number, (title, body, _) in enumerate(articles)
                if _has(title, words, slop) or _has(body, words, slop)
            }
            assert _ids(engine, query) == expected, (query, articles)


def test_beyond_many_articles_other_forms_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = str(tmp_path / "index")
    with open_writer(index) as writer:
        for number in range(3):
            writer.put(Article(id=str(number), title="", body=f"He visits early. Visiting early, {number}."))
        writer.put(Article(id="other", title="", body="They visit early, and one visits."))
        writer.commit()
    with open_engine(index) as engine:
        response = engine.search(SearchRequest(query='="visits early"', duplicates="show"))
        assert (response.total, response.interpreted.notes) == (3, ())
        monkeypatch.setattr(expanding, "MAX_READ", 3)
        response = engine.search(SearchRequest(query='="visits early"', duplicates="show"))
        assert response.total == 4
        assert "in other forms" in response.interpreted.notes[0]
