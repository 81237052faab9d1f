"""Whole requests, with filters, exclusions, facets, orders, pages and folding, held to a naive scan of the articles."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Article, SearchEngine, SearchRequest, open_engine
from index.engine import FACETS, MAX_FACET_VALUES, NO_DATE, NOT_KNOWN, FacetCount, FacetName
from index.engines import open_writer
from index.engines.local import finding
from tests.index.test_folding import text

SOURCES, AUTHORS, LANGUAGES = ("CNN", "BBC", NO_DATE), ("Ada", "Karl", "-Bo"), ("en", "de")
DAYS = tuple(map(dt.date.fromisoformat, ("2011-12-31", "2016-02-29", "2017-04-12", "2017-04-13", "2017-05-01")))
PERIODS = ("2017", "2016", "2017-04", "2017-05", "2017-04-12", NO_DATE)

facts = st.tuples(
    st.integers(0, 11),  # the story
    st.integers(0, 3),  # the take
    st.none() | st.sampled_from(SOURCES),
    st.lists(st.sampled_from(AUTHORS), unique=True, max_size=2).map(tuple),
    st.none() | st.sampled_from(LANGUAGES),
    st.none() | st.sampled_from(DAYS) | st.just(dt.datetime(2017, 4, 12, 23, 59, tzinfo=dt.UTC)),
)
Facts = tuple[int, int, str | None, tuple[str, ...], str | None, dt.date | None]


def values_of(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    some = st.lists(st.sampled_from(values), unique=True, min_size=1, max_size=2).map(tuple)
    return st.one_of(st.just(()), st.just(()), some)


requests = st.builds(
    SearchRequest,
    query=st.sampled_from(["", "zebra", "moscow", "zebra moscow", "quagga zebra", "zebra take1 take2", "nothing"]),
    match=st.sampled_from(["all", "any"]),
    sort=st.sampled_from(["relevance", "newest", "oldest"]),
    size=st.integers(1, 5),
    published_from=st.sampled_from([None, None, dt.date(2016, 1, 1)]),
    published_to=st.sampled_from([None, None, dt.date(2017, 4, 12)]),
    source=values_of(*SOURCES, NOT_KNOWN, "Nobody"),
    author=values_of(*AUTHORS, NOT_KNOWN),
    language=values_of(*LANGUAGES, NOT_KNOWN),
    published=values_of(*PERIODS),
    not_source=values_of(*SOURCES, NOT_KNOWN, "Nobody"),
    not_author=values_of(*AUTHORS, NOT_KNOWN),
    not_language=values_of(*LANGUAGES, NOT_KNOWN),
    not_published=values_of(*PERIODS),
    facets=st.just(FACETS),
    snippets=st.just(False),
    duplicates=st.sampled_from(["fold", "show"]),
)


@dataclass(frozen=True)
class Answer:
    """What an answer has to be: the ids of each result and its duplicates, and the facets."""

    stories: list[list[str]]
    facets: dict[FacetName, dict[str, int]]


class NaiveScan:
    """Looks at every article; only scores, and which of equals comes first, are asked of the engine."""

    def __init__(self, articles: dict[str, Article], engine: SearchEngine) -> None:
        self.engine = engine
        self.articles = {each.id: articles[each.id] for each in self._search(SearchRequest())}
        assert self.articles.keys() == articles.keys()
        self.numbers = {article_id: number for number, article_id in enumerate(self.articles)}

    def _search(self, request: SearchRequest) -> list[Any]:
        return [*self.engine.search(replace(request, size=1000, duplicates="show", snippets=False)).results]

    def answer(self, request: SearchRequest) -> Answer:
        found = self.stories(request)
        if not found and request.match == "all" and " " in request.query:
            return self.answer(replace(request, match="any"))
        every = SearchRequest(query=request.query, match=request.match)
        scores = {result.id: result.score for result in self._search(every)}
        facets = {}
        for name in FACETS:
            others = replace(request, **{name: (), f"not_{name}": ()})  # type: ignore[arg-type]
            facets[name] = self.count(name, self.stories(others))
        return Answer(self.order(found, request, scores), facets)

    def stories(self, request: SearchRequest) -> list[list[str]]:
        """Return the articles that match, by story, the earliest first."""
        stories: dict[str, list[str]] = {}
        for article_id, article in self.articles.items():
            if has_words(article, request) and is_let_through(article, request):
                name = article_id.split("-")[0] if request.duplicates == "fold" else article_id
                stories.setdefault(name, []).append(article_id)
        return [sorted(story, key=self.age) for story in stories.values()]

    def age(self, article_id: str, sign: int = 1) -> tuple[bool, float, int]:
        published = self.articles[article_id].published
        return published is None, sign * moment(published) if published else 0, self.numbers[article_id]

    def order(self, stories: list[list[str]], request: SearchRequest, scores: dict[str, float]) -> list[list[str]]:
        if request.sort == "relevance":
            return sorted(stories, key=lambda story: min((-scores[each], self.numbers[each]) for each in story))
        return sorted(stories, key=lambda story: self.age(story[0], -1 if request.sort == "newest" else 1))

    def count(self, name: FacetName, stories: list[list[str]]) -> dict[str, int]:
        of_stories = [[self.articles[each] for each in story] for story in stories]
        days = [article.published.toordinal() for story in of_stories for article in story if article.published]
        span = max(days) - min(days) + 1 if days else 0
        length = 10 if span <= 62 else 7 if span <= 5 * 366 else 4
        counted = ({value for article in story for value in values(article, name, length)} for story in of_stories)
        return dict(Counter(value for each in counted for value in each))


def has_words(article: Article, request: SearchRequest) -> bool:
    words = request.query.split()
    return not words or (all if request.match == "all" else any)(word in article.body.split() for word in words)


def is_let_through(article: Article, request: SearchRequest) -> bool:
    published = article.published
    day = dt.date.fromordinal(published.toordinal()) if published else None
    if request.published_from and not (day and day >= request.published_from):
        return False
    if request.published_to and not (day and day <= request.published_to):
        return False
    for name in FACETS:
        having = {value for length in (4, 7, 10) for value in values(article, name, length)}
        if request.wanted(name) and not having & {*request.wanted(name)}:
            return False
        if having & {*request.unwanted(name)}:
            return False
    return True


def values(article: Article, name: FacetName, length: int) -> set[str]:
    if name == "author":
        return {*article.authors} or {NOT_KNOWN}
    if name == "published":
        return {article.published.isoformat()[:length] if article.published else NO_DATE}
    return {(article.source if name == "source" else article.language) or NOT_KNOWN}


def moment(published: dt.date) -> float:
    if not isinstance(published, dt.datetime):
        published = dt.datetime(published.year, published.month, published.day, tzinfo=dt.UTC)
    return published.timestamp()


@pytest.fixture(params=[0, 2, finding.DEEP])
def _deep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages found in either way; the first few results are all there are, so that either way has to be right."""
    monkeypatch.setattr(finding, "DEEP", request.param)


@pytest.mark.usefixtures("_deep")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(facts, max_size=12), min_size=1, max_size=3),
    asked=st.lists(requests, min_size=10, max_size=20),
)
def test_total_pages_and_facets_are_those_of_a_naive_scan(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Facts]], asked: list[SearchRequest]
) -> None:
    index = str(tmp_path_factory.mktemp("requests") / "index")
    articles: dict[str, Article] = {}
    for number, batch in enumerate(batches):
        with open_writer(index) as writer:
            for gone in list(articles)[:number]:
                writer.delete(gone)
                del articles[gone]
            for place, (story, take, source, authors, language, published) in enumerate(batch):
                article = Article(
                    id=f"{story}-{number}-{place}",
                    title="Headline",
                    body=text(story, take),
                    source=source,
                    authors=authors,
                    language=language,
                    published=published,
                )
                articles[article.id] = article
                writer.put(article)
            writer.commit()
    with open_engine(index) as engine:
        scan = NaiveScan(articles, engine)
        for request in asked:
            check(engine, request, scan.answer(request))


def check(engine: SearchEngine, request: SearchRequest, expected: Answer) -> None:
    whole = engine.search(replace(request, size=1000))
    assert [[result.id, *(each.id for each in result.duplicates)] for result in whole.results] == expected.stories
    assert (whole.total, whole.folded) == (len(expected.stories), sum(map(len, expected.stories)) - whole.total)
    for name, counts in whole.facets.items():
        assert {count.value: count.count for count in counts} == expected.facets[name], name
        assert counts == in_order(name, counts)
    pages = [engine.search(replace(request, page=page + 1)) for page in range(whole.total // request.size + 2)]
    assert [result for page in pages for result in page.results] == [*whole.results]
    assert {page.total for page in pages} == {whole.total}
    walked = [engine.search(request)]
    while cursor := walked[-1].cursor:
        walked.append(engine.search(replace(request, cursor=cursor)))
    assert [result for part in walked for result in part.results] == [*whole.results]
    assert [part.page for part in walked] == list(range(1, len(walked) + 1))


def in_order(name: FacetName, counts: tuple[FacetCount, ...]) -> tuple[FacetCount, ...]:
    if name == "published":
        return tuple(sorted(counts, key=lambda count: (count.value == NO_DATE, count.value)))
    return tuple(sorted(counts, key=lambda count: (count.value == NOT_KNOWN, -count.count, count.value)))


def test_of_many_values_the_most_frequent_are_told_and_those_that_are_filtered_by(tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    with open_writer(index) as writer:
        for number in range(3 * MAX_FACET_VALUES):
            # Every third author has two articles, and most articles have no other.
            names = (f"A{number:03}", f"A{number // 3 * 3:03}") if number % 3 == 1 else (f"A{number:03}",)
            writer.put(Article(id=str(number), title="Headline", body="zebra", authors=names))
        writer.put(Article(id="none", title="Headline", body="zebra"))
        writer.commit()
    with open_engine(index) as engine:

        def count(**filters: Any) -> tuple[FacetCount, ...]:
            return engine.search(SearchRequest(facets=("author",), duplicates="show", **filters)).facets["author"]

        frequent = tuple(FacetCount(f"A{number:03}", 2) for number in range(0, 3 * MAX_FACET_VALUES, 3))
        none = (FacetCount(NOT_KNOWN, 1),)
        assert count() == frequent + none
        assert count(author=("A001", "Nobody"), not_author=("A002",)) == (
            *frequent, FacetCount("A001", 1), FacetCount("A002", 1), *none
        )  # fmt: skip
