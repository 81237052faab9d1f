"""Did you mean: what is put right, what is left alone, and that nothing is suggested that finds no more."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import SearchEngine, SearchRequest
from index.analysis import tokenize
from index.engine import Match
from tests.index.suggested import article, make_engine

# How many articles have each text, whose numbers tell them apart.
TEXTS = {
    "The chemical weapons were destroyed by the government": 40,
    "New York has a chemical museum": 30,
    "The newspaper of the state department": 30,
    "Tillerson visits Moscow with the people of the government": 25,
    "Le café de la gare est fermé": 12,
    "Правительство России приняло решение": 12,
    "Zebra untied its rope": 2,
    "The United States of America": 400,
    "Paper is news": 6,
    "A weapon of choice": 10,
}


ARTICLES = [
    article(number, f"Report {number}", f"{text}.", authors=("Zack Beauchamp",), language=None)
    for number, text in enumerate(text for text, count in TEXTS.items() for _ in range(count))
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    with make_engine(tmp_path_factory.mktemp("suggesting") / "index", ARTICLES) as engine:
        yield engine


def suggestion(engine: SearchEngine, query: str, **arguments: object) -> str | None:
    return engine.search(SearchRequest(query=query, duplicates="show", **arguments)).suggestion  # type: ignore[arg-type]


def test_slips_are_put_right_and_the_rest_of_the_query_is_kept(engine: SearchEngine) -> None:
    for typed, meant in {
        "chemcal": "chemical",
        "chemcal wepons": "chemical weapons",
        "hcemical weapons": "chemical weapons",
        "themical weapons": "chemical weapons",
        "Mosocw": "Moscow",
        "mosocw": "moscow",
        "MOSOCW VISTIS": "MOSCOW VISITS",
        '"chemcal weapons" -zebra': '"chemical weapons" -zebra',
        "(chemcal OR museem) AND report": "(chemical OR museum) AND report",
        "body:chemcal language:en": None,
        "body:goverment^2 +moscow": "body:government^2 +moscow",
        "author:beachamp": "author:beauchamp",
        "chemcal-weapons": "chemical-weapons",
        "=goverment": "=government",
        "tillersen's visit": "Tillerson visit",
        "newyork": "new york",
        "newyork museum": "new york museum",
        "news paper department": "newspaper department",
        "caffé": "café",
        "правительтво": "правительство",
        "untied states": "united states",
    }.items():
        found = suggestion(engine, typed)
        assert (found or "").lower() == (meant or "").lower(), typed
    assert suggestion(engine, "Mosocw") == "Moscow"
    assert suggestion(engine, "MOSOCW VISTIS") == "MOSCOW VISITS"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "*",
        "chemical weapons",
        "zebra",
        "zebra rope",
        "zebra moscow",
        "-chemcal",
        "moscow -chemcal",
        "qqqqqqqq",
        "chemcl*",
        "chemcal~",
        "2017",
        "W-2",
        "USSR",
        "ab",
        "北京",
        '"',
    ],
)
def test_what_is_no_slip_is_left_alone(engine: SearchEngine, query: str) -> None:
    assert suggestion(engine, query) is None


def test_filters_hold_for_what_is_suggested(engine: SearchEngine) -> None:
    assert suggestion(engine, "chemcal", source=("CNN",)) is None
    assert suggestion(engine, "chemcal", author=("Zack Beauchamp",)) == "chemical"


def test_a_slip_among_words_of_which_any_will_do_is_put_right(engine: SearchEngine) -> None:
    assert suggestion(engine, "chemcal states", match="any") == "chemical states"
    assert suggestion(engine, "chemical states", match="any") is None


def test_where_no_article_has_all_words_more_of_them_are_wanted(engine: SearchEngine) -> None:
    response = engine.search(SearchRequest(query="chemcal zebra rope", duplicates="show"))
    assert response.relaxed
    assert response.suggestion == "chemical zebra rope"


def test_deleted_articles_make_no_words(tmp_path: Path) -> None:
    chemical = [each.id for each in ARTICLES if "chemical" in each.body]
    with make_engine(tmp_path / "index", ARTICLES, chemical) as engine:
        assert suggestion(engine, "chemcal") is None
        assert suggestion(engine, "tillersen") == "tillerson"


def test_an_index_without_articles_suggests_nothing(tmp_path: Path) -> None:
    with make_engine(tmp_path / "index", []) as engine:
        assert suggestion(engine, "chemcal wepons") is None
        assert engine.suggest("che").to_dict() == {"completions": [], "titles": []}


_words = st.sampled_from("chemical weapons government moscow zebra untied".split())
_slipped = st.tuples(_words, st.integers(0, 8), st.sampled_from(["", "x", "e", "ss"])).map(
    lambda made: made[0][: made[1]] + made[2] + made[0][made[1] + 1 :]
)
_pieces = st.sampled_from(["{}", '"{}"', "-{}", "body:{}", "title:{}", "{}*", "={}", "({}", "{} OR", "{}^3", "{}-{}"])
_queries = st.lists(
    st.tuples(_pieces, _slipped | _words, _slipped | _words).map(lambda made: made[0].format(*made[1:])), max_size=3
).map(" ".join)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(_words, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=8), st.data())
def test_what_is_suggested_finds_more_and_keeps_all_but_words(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("more") / "index"
    engine = make_engine(folder, [article(number, "", text) for number, text in enumerate(texts)])
    for query in data.draw(st.lists(_queries, min_size=1, max_size=6)):
        match: Match = data.draw(st.sampled_from(["all", "any"]))
        request = SearchRequest(query=query, match=match, snippets=False, duplicates="show")
        typed = engine.search(request)
        if typed.suggestion is not None:
            better = engine.search(dataclasses.replace(request, query=typed.suggestion))
            assert (not better.relaxed, better.total) > (not typed.relaxed and typed.total > 0, typed.total)
            assert signs(typed.suggestion) in (signs(query), signs(query).replace("-", ""))


def signs(query: str) -> str:
    """Return what is no part of a word."""
    spans = [(token.start, token.end) for token in tokenize(query)]
    return "".join(
        letter
        for place, letter in enumerate(query)
        if not letter.isspace() and not any(start <= place < end for start, end in spans)
    )
