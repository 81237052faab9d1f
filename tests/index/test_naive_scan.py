"""What a naive scan of the articles says: totals, facets and filters are held to it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh.support.levenshtein import levenshtein

from index import Article, SearchRequest, open_engine
from index.analysis import fold, stem, tokenize
from index.engine import FACETS, NO_DATE, NOT_KNOWN, FacetName, Match, SearchResponse
from index.engines import open_writer

FORMS = ["=visit", "=the", "-=visits", "v?sit", "*sit", "univers*y", "-*s*s", "zebxa~1", "vosots~2", "-visit~1"]
WORDS = ["moscow", "visit", "visits", "visiting", "the", "us", "zebra", "universe", "university"]
TEXTS = st.tuples(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), st.sampled_from([None, "en"]))
Texts = list[tuple[str, str | None]]  # each with its language


def is_near(stems: list[str], looked_for: list[str], slop: int) -> bool:
    """Say whether words are there in order, each at most `slop` places behind the one before it."""
    places = [place for place, stem in enumerate(stems) if stem == looked_for[0]]
    for wanted in looked_for[1:]:
        places = [
            place
            for place, stem in enumerate(stems)
            if stem == wanted and any(0 < place - before <= slop for before in places)
        ]
    return bool(places)


def naive_total(texts: Texts, query: str, match: Match) -> int:
    """Count by looking at every text: words by stem, a phrase by its words in a row, a prefix as written.

    What is typed has in each text the stems that it has in the language of the text.
    """

    def has(text: tuple[str, str | None], part: str) -> bool:
        words = [token.surface for token in tokenize(text[0])]
        stems = [stem(word, text[1]) for word in words]
        if part == "*":
            return True
        if "*" in part or "?" in part:
            return any(fnmatchcase(word, part) for word in words)
        if part.startswith("="):
            return fold(part[1:]) in words
        part, _, number = part.partition("~")
        if number and '"' not in part:
            return any(word[0] == part[0] and levenshtein(word, part, limit=None) <= int(number) for word in words)
        if part.strip('"').isalpha() and part.strip('"') >= "\u3000":  # of Chinese, wherever it stands
            return part.strip('"') in text[0]
        looked_for = [stem(token.surface, text[1]) for token in tokenize(part)]
        if part.endswith(("学", '学"')):
            looked_for.pop()
        if number:
            return is_near(stems, looked_for, int(number))
        return any(stems[place : place + len(looked_for)] == looked_for for place in range(len(stems)))

    parts = query.split(" ") if '"' not in query else [query]
    unwanted = [part[1:] for part in parts if part.startswith("-")]
    typed = [part for part in parts if not part.startswith("-")]
    wanted = [part for part in typed if part not in ("the", "us")] or typed
    join = all if match == "all" or not wanted else any
    return sum(
        join(has(text, part) for part in wanted) and not any(has(text, part) for part in unwanted) for text in texts
    )


QUERIES = st.one_of(
    st.lists(
        st.sampled_from([*WORDS, "visit*", "universit*", "*", "-moscow", "-zebra", *FORMS]), min_size=1, max_size=4
    ).map(" ".join),
    st.tuples(st.lists(st.sampled_from(WORDS), min_size=2, max_size=3), st.sampled_from(["", "~2", "~4"])).map(
        lambda drawn: f'"{" ".join(drawn[0])}"{drawn[1]}'
    ),
)


# What stemmers make something else of; "hauser" is there in two ways, and "nation" in three languages.
WORDS_OF_LANGUAGES = (
    "visit visits universities universidades häuser haus hauser nation nationen nationalité nationale nación naciones "
    "книги книгах مدرسة المدرسة مدرسته کتاب كتاب 2008 北京大学 大学 カメラ 学"
).split()
FORMS_OF_LANGUAGES = "=nation =häuser =книги -=universities na*n *dades h?user *er* к?иги nation~2 -hausen~1".split()
TEXTS_OF_LANGUAGES = st.tuples(
    st.lists(st.sampled_from([*WORDS_OF_LANGUAGES, "2008年", "北京人"]), max_size=8).map(" ".join),
    st.sampled_from([None, "en", "de", "fr", "es", "ru", "ar", "fa", "zh"]),
)
QUERIES_OF_LANGUAGES = st.one_of(
    st.lists(
        st.sampled_from([*WORDS_OF_LANGUAGES, "naci*", "hau*", "-haus", "-大学", *FORMS_OF_LANGUAGES]),
        min_size=1,
        max_size=3,
    ).map(" ".join),
    st.tuples(
        st.lists(st.sampled_from(WORDS_OF_LANGUAGES[:-1]), min_size=2, max_size=3), st.sampled_from(["", "~3"])
    ).map(lambda drawn: f'"{" ".join(drawn[0])}"{drawn[1]}'),
)


def batches(texts: st.SearchStrategy[tuple[str, str | None]]) -> st.SearchStrategy[list[Texts]]:
    return st.lists(st.lists(texts, max_size=4), min_size=1, max_size=3)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    archive=st.tuples(batches(TEXTS), st.lists(QUERIES, min_size=1, max_size=8))
    | st.tuples(batches(TEXTS_OF_LANGUAGES), st.lists(QUERIES_OF_LANGUAGES, min_size=1, max_size=8)),
    match=st.sampled_from(["all", "any"]),
)
def test_totals_equal_a_naive_scan(
    tmp_path_factory: pytest.TempPathFactory, archive: tuple[list[Texts], list[str]], match: Match
) -> None:
    index = str(tmp_path_factory.mktemp("naive") / "index")
    batches, queries = archive
    texts: dict[str, tuple[str, str | None]] = {}
    for number, batch in enumerate(batches):
        with open_writer(index) as writer:
            for place, text in enumerate(batch):
                # Half of the ids come again in the next batch: an update in another segment.
                article_id = f"{place % 2 and number}-{place}"
                texts[article_id] = text
                writer.put(Article(id=article_id, title="", body=text[0], language=text[1]))
            writer.commit()
    with open_engine(index) as engine:
        for query in queries:
            response: SearchResponse = engine.search(SearchRequest(query=query, match=match, size=100))
            if not response.relaxed:
                assert response.total == naive_total(list(texts.values()), query, match), query
            assert len(response.results) == response.total
            if all(part != "*" and part[0] != "-" for part in query.split()):
                assert all("<mark>" in "".join(result.snippets) for result in response.results), query
            ranks = [(-result.score, result.id) for result in response.results]
            assert [rank for rank, _ in ranks] == sorted(rank for rank, _ in ranks)


VALUES = st.none() | st.sampled_from(["CNN", "BBC", NOT_KNOWN, NO_DATE])
DATES = st.none() | st.sampled_from([dt.date(1965, 1, 1), dt.date(2017, 4, 12), dt.date(2017, 4, 30)])
FACTS = st.tuples(VALUES, st.sets(VALUES, max_size=2), st.none() | st.sampled_from(["en", "de"]), DATES)


def naive_values(article: Article, name: FacetName, length: int) -> set[str]:
    if name == "author":
        return {*article.authors} or {NOT_KNOWN}
    if name == "published":
        return {article.published.isoformat()[:length] if article.published else NO_DATE}
    return {(article.source if name == "source" else article.language) or NOT_KNOWN}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(FACTS, max_size=5), min_size=1, max_size=3))
def test_each_facet_counts_what_its_value_as_a_filter_finds(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[str, set[str | None], str, dt.date]]]
) -> None:
    index = str(tmp_path_factory.mktemp("facets") / "index")
    articles: dict[str, Article] = {}
    for number, batch in enumerate(batches):
        with open_writer(index) as writer:
            for place, (source, authors, language, published) in enumerate(batch):
                article = Article(
                    # As above, half of them are updates.
                    id=f"{place % 2 and number}-{place}",
                    title="zebra",
                    body="b",
                    source=source,
                    authors=tuple(author for author in authors if author),
                    language=language,
                    published=published,
                )
                articles[article.id] = article
                writer.put(article)
            writer.commit()
    with open_engine(index) as engine:
        response = engine.search(SearchRequest(query="zebra", facets=FACETS))
        length = 4 if len({article.published.year for article in articles.values() if article.published}) > 1 else 10
        for name, counts in response.facets.items():
            expected = {value for article in articles.values() for value in naive_values(article, name, length)}
            assert {count.value for count in counts} == expected
            for count in counts:
                wanted = {
                    key for key, article in articles.items() if count.value in naive_values(article, name, length)
                }
                request = replace(SearchRequest(query="zebra", size=100), **{name: (count.value,)})  # type: ignore[arg-type]
                assert {result.id for result in engine.search(request).results} == wanted
                assert count.count == len(wanted)
        assert engine.stats().undated == sum(article.published is None for article in articles.values())


DATES_TYPED: dict[str, Callable[[dt.date], bool]] = {
    "published:2017": lambda day: day.year == 2017,
    "published:2017-04": lambda day: (day.year, day.month) == (2017, 4),
    "published:[1965-01-01 TO 2017-04-12]": lambda day: dt.date(1965, 1, 1) <= day <= dt.date(2017, 4, 12),
    "published:[* TO *]": lambda day: True,
    "published:>1965": lambda day: day.year > 1965,
    "before:2017-04-30": lambda day: day < dt.date(2017, 4, 30),
    "after:2017-04-12": lambda day: day > dt.date(2017, 4, 12),
    "published:-7d": lambda day: False,
}


def is_published(article: Article, holds: Callable[[dt.date], bool]) -> bool:
    published = article.published
    return published is not None and holds(dt.date(published.year, published.month, published.day))


FILTERS_TYPED: dict[str, Callable[[Article], bool]] = {
    **{typed: functools.partial(is_published, holds=holds) for typed, holds in DATES_TYPED.items()},
    "language:de": lambda article: article.language in ("de", "de-AT"),
    "language:en": lambda article: article.language == "en",
    "(language:en | published:2017)": lambda article: (
        article.language == "en" or (article.published is not None and article.published.year == 2017)
    ),
}
DATED_TEXTS = st.tuples(
    st.sampled_from(["zebra", "quagga", "zebra quagga"]),
    st.none() | st.sampled_from(["en", "de", "de-AT"]),
    DATES | st.just(dt.datetime(2017, 4, 12, 23, 59, 59, tzinfo=dt.UTC)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(DATED_TEXTS, max_size=5), min_size=1, max_size=3),
    queries=st.lists(
        st.lists(st.tuples(st.booleans(), st.sampled_from(list(FILTERS_TYPED))), min_size=1, max_size=2), min_size=4
    ),
    match=st.sampled_from(["all", "any"]),
)
def test_filters_in_a_query_equal_a_naive_scan(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[tuple[str, str | None, dt.date | None]]],
    queries: list[list[tuple[bool, str]]],
    match: Match,
) -> None:
    index = str(tmp_path_factory.mktemp("filters") / "index")
    articles: list[Article] = []
    for number, batch in enumerate(batches):
        with open_writer(index) as writer:
            for place, (body, language, published) in enumerate(batch):
                name = f"{number}-{place}"
                articles.append(Article(id=name, title="", body=body, language=language, published=published))
                writer.put(articles[-1])
            writer.commit()
    with open_engine(index) as engine:
        for filters in queries:
            passing = [
                article
                for article in articles
                if all(FILTERS_TYPED[typed](article) != is_excluded for is_excluded, typed in filters)
            ]
            typed = " ".join("-" * is_excluded + typed for is_excluded, typed in filters)
            holds = all if match == "all" else any
            for words in ([], ["zebra"], ["zebra", "quagga"]):
                response = engine.search(SearchRequest(query=" ".join((*words, typed)), match=match, size=100))
                wanted = {each.id for each in passing if not words or holds(word in each.body for word in words)}
                if not response.relaxed:
                    assert {result.id for result in response.results} == wanted, response.query
