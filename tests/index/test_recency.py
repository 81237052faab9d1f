"""Recency as a prior: held to relevance without it, multiplied article by article."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from index import Article, SearchEngine, SearchRequest, open_engine, schema
from index.engine import Sort
from index.engines import open_writer
from index.engines.recency import make_prior
from index.errors import RequestError

NEWEST = dt.date(2017, 6, 30)


def seconds(*days: dt.date | None) -> np.ndarray:
    return np.array([schema.to_seconds(day) if day else schema.UNDATED for day in days], np.int64)


def test_the_gain_halves_with_each_half_life_and_the_undated_have_none() -> None:
    published = seconds(
        NEWEST, NEWEST - dt.timedelta(days=30), NEWEST - dt.timedelta(days=60), None, dt.date(1066, 1, 1)
    )
    assert make_prior(published, 30.0).tolist() == pytest.approx([2.0, 1.5, 1.25, 1.0, 1.0])
    assert make_prior(seconds(None), 30.0).tolist() == [1.0]
    assert make_prior(seconds(), 30.0).size == 0


def test_a_date_to_come_makes_no_others_old() -> None:
    today = dt.date(2020, 1, 1)
    prior = make_prior(seconds(dt.date(2999, 1, 1), today, dt.date(2019, 12, 2)), 30.0, today)
    assert prior.tolist() == pytest.approx([2.0, 1.977, 1.489], abs=0.001)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    index, chance = str(tmp_path_factory.mktemp("recency") / "index"), random.Random(8)
    for first in (0, 150):
        with open_writer(index) as writer:
            for number in range(first, first + 150):
                body = " ".join(chance.choices(["zebra", "moscow", "quagga", "river"], k=20))
                day = NEWEST - dt.timedelta(days=number and chance.randrange(300)) if number % 5 != 1 else None
                language = chance.choice(("en", "de"))
                writer.put(Article(id=f"{number:03}", title="T", body=body, published=day, language=language))
            writer.commit()
    with open_engine(index) as opened:
        yield opened


ALONE = ["zebra", "*", '"zebra moscow" river']


@pytest.mark.parametrize("query", [*ALONE, "zebra moscow", "zebra OR quagga"])
def test_scores_are_multiplied_for_all_that_match(engine: SearchEngine, query: str) -> None:
    request = SearchRequest(query=query, size=300, snippets=False, duplicates="show")
    plain, recent = engine.search(request), engine.search(replace(request, recency=50.0))
    assert recent.total == plain.total > 20
    assert {result.id for result in recent.results} == {result.id for result in plain.results}
    scores = {result.id: result.score for result in plain.results}
    assert recent.results[0].published is not None
    for result in recent.results:
        gain = 1 + 2 ** (-(NEWEST - result.published).days / 50) if result.published else 1
        # Which articles are looked at for nearness may differ.
        assert result.score == pytest.approx(scores[result.id] * gain, rel=0.002 if query in ALONE else 0.25, abs=2e-4)
    pages = [
        engine.search(replace(request, recency=50.0, size=40, page=page)).results
        for page in range(1, recent.total // 40 + 2)
    ]
    assert [result for page in pages for result in page] == list(recent.results)
    ranks = [(-result.score, result.id) for result in recent.results]
    assert [rank[0] for rank in ranks] == sorted(rank[0] for rank in ranks)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_recency_is_of_relevance_alone(engine: SearchEngine, sort: Sort) -> None:
    request = SearchRequest(query="zebra", sort=sort)
    assert engine.search(request).results == engine.search(replace(request, recency=1.0)).results


@pytest.mark.parametrize("half_life", [0.0, -1.0, float("nan"), float("inf")])
def test_a_half_life_is_a_number_of_days(half_life: float) -> None:
    with pytest.raises(RequestError, match="a number of days above 0"):
        SearchRequest(recency=half_life)


def test_a_story_is_represented_by_the_best_of_its_articles_as_recency_has_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    index = str(tmp_path_factory.mktemp("stories") / "index")
    story = " ".join(f"word{number}" for number in range(60))
    with open_writer(index) as writer:
        writer.put(Article(id="old", title="T", body=f"zebra {story}", published=dt.date(2000, 1, 1)))
        writer.put(Article(id="new", title="T", body=f"{story} zebra", published=NEWEST))
        writer.put(Article(id="other", title="T", body="zebra " + "river " * 50, published=dt.date(2000, 1, 1)))
        writer.commit()
    with open_engine(index) as opened:
        plain, recent = (opened.search(SearchRequest(query="zebra", recency=each)) for each in (None, 7.0))
    assert [result.id for result in plain.results] == [result.id for result in recent.results][::-1] == ["other", "old"]
    assert recent.results[0].score == pytest.approx(2 * plain.results[1].score, rel=0.01)
