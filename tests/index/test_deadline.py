from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from index import SearchRequest, deadline, job, open_engine
from index.deadline import check_time, time_limit
from index.errors import QueryTimedOutError

REQUESTS = [
    SearchRequest(query="zebra island", snippets=False),
    SearchRequest(query='"zebra island" OR isl* -lion', facets=("source", "published")),
    SearchRequest(query='="Zebra Island" zebre~ published:2017'),
    SearchRequest(query="zebra NOT (lion OR tiger)", sort="newest"),
    SearchRequest(query="nothing zebra lion"),
    SearchRequest(query="zebra", language=("en",), feedback=True),
    SearchRequest(query="", sort="oldest", page=3),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An index of three segments."""
    folder = tmp_path_factory.mktemp("deadline")
    (folder / "articles").mkdir()
    for run, number in itertools.product(range(3), range(20)):
        body = f"The zebra island number {number * run} has a {('lion', 'tiger')[number % 2]}, the {run} one of all."
        (folder / "articles" / f"{run}-{number}.txt").write_text(f"Zebra Island {number}\n\nApril 12, 2017\n\n{body}")
        if number == 19:
            job.run([folder / "articles"], str(folder / "index"))
    return str(folder / "index")


@contextmanager
def ticking(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Have the clock say 1, 2, 3 …: gives a list with how often it was looked at."""
    looked = [0]

    def tick() -> float:
        looked[0] += 1
        return looked[0]

    with monkeypatch.context() as patch:
        patch.setattr(deadline, "_clock", tick)
        yield looked


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: one.query or "all")
def test_a_query_ends_at_any_step_and_leaves_nothing_half_done(
    index: str, request_: SearchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_engine(index) as engine:
        right = engine.search(request_)
    with open_engine(index, max_seconds=1_000_000) as engine, ticking(monkeypatch) as looked:
        engine.search(request_)
        num_steps = looked[0]
    assert num_steps > 4
    for seconds in range(num_steps - 1):
        # What an engine remembers is of this one alone.
        with open_engine(index, max_seconds=seconds + 0.5) as engine:
            with ticking(monkeypatch), pytest.raises(QueryTimedOutError, match="took longer than"):
                engine.search(request_)
            with monkeypatch.context() as patch:
                patch.setattr(deadline, "_clock", lambda: 0.0)
                found = engine.search(request_)
        assert (found.total, found.results, found.facets) == (right.total, right.results, right.facets)


def test_exports_and_related_articles_end_too(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_engine(index, max_seconds=0.5) as engine, ticking(monkeypatch):
        with pytest.raises(QueryTimedOutError):
            next(engine.walk(SearchRequest(query="zebra")))
        with engine.ledger() as ledger:
            article_id = next(ledger.articles())[0]
        with pytest.raises(QueryTimedOutError):
            engine.related(article_id)


def test_each_part_of_an_export_has_its_own_time(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request_ = SearchRequest(query="zebra", size=5, snippets=False)
    with open_engine(index, max_seconds=1_000_000) as engine, ticking(monkeypatch) as looked:
        next(engine.walk(request_))
        num_steps = looked[0]
    with open_engine(index, max_seconds=num_steps + 0.5) as engine, ticking(monkeypatch) as looked:
        assert sum(len(articles) for _, articles in engine.walk(request_)) > 10
        assert looked[0] > 2 * num_steps


def test_without_a_limit_there_is_none_and_limits_are_of_a_thread() -> None:
    check_time()
    with time_limit(None):
        check_time()
    with time_limit(0):
        with pytest.raises(QueryTimedOutError):
            check_time()
        with time_limit(100):
            check_time()
        other = threading.Thread(target=check_time)
        other.start()
        other.join()
        with pytest.raises(QueryTimedOutError):
            check_time()
    check_time()
