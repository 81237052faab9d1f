"""Every part of a score is told, and the parts add up to it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Article, SearchEngine, SearchRequest, open_engine
from index.engine import Match
from index.engines import open_writer

WORDS = ["zebra", "moscow", "quagga", "river", "zebroid"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    index, chance = str(tmp_path_factory.mktemp("explaining") / "index"), random.Random(6)
    for segment in range(2):
        with open_writer(index) as writer:
            for number in range(80):
                day = dt.date(2017, 1, 1) + dt.timedelta(days=chance.randrange(200)) if number % 4 else None
                title, body = (" ".join(chance.choices(WORDS, k=size)) for size in (3, chance.randrange(5, 300)))
                language = "de" if number % 5 == 0 else "en"
                name = f"{segment}-{number}"
                writer.put(Article(id=name, title=title, body=body, published=day, language=language))
            writer.commit()
    with open_engine(index) as opened:
        yield opened


QUERIES = st.sampled_from(
    [
        "zebra", "zebra moscow", "title:zebra river^3", "zebra zebra quagga", '"zebra moscow"', '"river zebra" quagga',
        "zebr* moscow", "(zebra OR moscow) river -quagga", "*", "zebra AND (moscow | =river)", "zebra after:2017-03",
        "zebroyd~ river", "",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    query=QUERIES,
    match=st.sampled_from(["all", "any"]),
    recency=st.sampled_from([None, 30.0]),
    feedback=st.booleans(),
    page=st.integers(1, 14),
)
def test_the_parts_add_up_to_the_score(
    engine: SearchEngine, query: str, match: Match, recency: float | None, feedback: bool, page: int
) -> None:
    request = SearchRequest(
        query=query, match=match, recency=recency, feedback=feedback, page=page, duplicates="show", explain=True
    )
    for result in engine.search(request).results:
        assert sum(round(part.score * 10_000) for part in result.explanation) == round(result.score * 10_000)
        # What the greatest takes in is what rounding leaves, and no part that was forgotten.
        assert all(part.score >= 0 for part in result.explanation)
        for part in result.explanation:
            if part.weight is not None:
                assert part.score <= part.weight + 0.001


def test_a_word_is_told_with_its_frequencies(engine: SearchEngine) -> None:
    result = engine.search(SearchRequest(query="moscow river language:en", duplicates="show", explain=True)).results[0]
    words = {part.text: part for part in result.explanation if part.part == "word"}
    article = engine.article(result.id)
    assert set(words) == {"moscow", "river"}
    for word, part in words.items():
        counts = {"title": article.title.split().count(word), "body": article.body.split().count(word)}
        assert part.frequencies == {name: count for name, count in counts.items() if count}
        assert part.rarity is not None
        assert part.weight is not None
        assert part.weight > part.score > 0.05 * part.weight
    (near,) = [part for part in result.explanation if part.part == "nearness"]
    assert 0 < near.score <= 0.08 * sum(part.weight or 0 for part in words.values())


def test_recency_and_feedback_are_parts(engine: SearchEngine) -> None:
    request = SearchRequest(query="zebra", duplicates="show", recency=50.0, feedback=True, explain=True)
    first = engine.search(request).results[0]
    parts = [part.part for part in first.explanation]
    assert parts.count("recency") == 1
    assert parts.count("word") == 1
    assert "feedback" in parts


def test_what_was_not_asked_for_is_not_in_the_answer(engine: SearchEngine) -> None:
    plain, explained = (
        engine.search(SearchRequest(query="zebra", explain=explain)).results[0].to_dict() for explain in (False, True)
    )
    assert "explanation" not in plain
    assert explained == plain | {"explanation": explained["explanation"]}
    assert engine.search(SearchRequest(query="zebra", sort="newest", explain=True)).results[0].explanation == ()
