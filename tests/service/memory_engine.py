"""An engine that holds its articles in a list: what the pages show of dates, sources and authors is tested on it.

It matches words by their letters alone, which is all that the service can tell of an engine, and takes articles with
the same body for near-duplicates.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from index import Article, SearchEngine, SearchRequest, SearchResponse, SearchResult
from index.cursors import check_cursor, next_cursor, read_cursor
from index.engine import (
    FACETS,
    MAX_DUPLICATES,
    NO_DATE,
    NOT_KNOWN,
    Completion,
    Duplicate,
    FacetCount,
    FacetName,
    Interpretation,
    MarkedArticle,
    QueryTerm,
    Stats,
    Suggestions,
    TitleMatch,
)
from index.errors import ArticleNotFoundError, IndexMissingError, IndexUnavailableError
from index.ledger import Ledger


class MemoryEngine(SearchEngine):
    """Answers from a list of articles and keeps every request; `failure` is raised instead of any answer."""

    def __init__(
        self,
        articles: Sequence[Article] = (),
        *,
        suggestion: str | None = None,
        relaxed: bool = False,
        interpreted: Interpretation | None = None,
        failure: Exception | None = None,
    ) -> None:
        self.articles = list(articles)
        self.suggestion = suggestion
        self.relaxed = relaxed
        self.interpreted = interpreted
        self.failure = failure
        self.generation = 7
        self.newer_fails: IndexUnavailableError | None = None
        self.requests: list[SearchRequest] = []

    def search(self, request: SearchRequest) -> SearchResponse:
        self._fail()
        self.requests.append(request)
        words = re.findall(r"\w+", request.query.lower())
        found = [article for article in self.articles if _matches(article, words, request)]
        stories = _to_stories(found, request)
        if request.sort != "relevance":
            stories.sort(key=lambda story: story[0].published or dt.date.min, reverse=request.sort == "newest")
        cursor = read_cursor(request)
        start = cursor.rank if cursor else (request.page - 1) * request.size
        check_cursor(cursor, self.generation, len(stories))
        terms = tuple(QueryTerm(word, (word,)) for word in words)
        return SearchResponse(
            query=request.query,
            interpreted=self.interpreted or Interpretation(query=" AND ".join(words), terms=terms),
            total=len(stories),
            folded=len(found) - len(stories),
            took_ms=0.1,
            page=request.page,
            size=request.size,
            relaxed=self.relaxed,
            suggestion=self.suggestion,
            generation=self.generation,
            cursor=next_cursor(request, start + request.size, self.generation, len(stories)),
            results=tuple(_to_result(story, words) for story in stories[start : start + request.size]),
            facets={name: self._count(name, words, request) for name in request.facets},
        )

    def _count(self, name: FacetName, words: list[str], request: SearchRequest) -> tuple[FacetCount, ...]:
        own: Mapping[str, tuple[str, ...]] = {name: (), f"not_{name}": ()}
        others = replace(request, **own)  # type: ignore[arg-type]
        return _count_stories(
            _to_stories([each for each in self.articles if _matches(each, words, others)], request), name
        )

    def walk(self, request: SearchRequest) -> Iterator[tuple[SearchResponse, tuple[Article, ...]]]:
        response = self.search(request)
        yield response, tuple(self.article(result.id) for result in response.results)
        while response.cursor:
            response = self.search(replace(request, page=1, cursor=response.cursor))
            yield response, tuple(self.article(result.id) for result in response.results)

    def article(self, article_id: str) -> Article:
        self._fail()
        for article in self.articles:
            if article.id == article_id:
                return article
        raise ArticleNotFoundError(article_id)

    def suggest(self, text: str, size: int = 8) -> Suggestions:
        self._fail()
        last = (re.findall(r"\w+$", text) or [""])[0]
        words = Counter(word for article in self.articles for word in set(re.findall(r"\w+", article.body)))
        found = [
            Completion(text=text[: len(text) - len(last)] + word, word=word, count=count)
            for word, count in words.most_common()
            if last and word.lower().startswith(last.lower())
        ]
        titles = [article for article in self.articles if text and text.strip().lower() in article.title.lower()]
        return Suggestions(
            completions=tuple(found[:size]),
            titles=tuple(TitleMatch(id=article.id, title=article.title) for article in titles[:size]),
        )

    def related(self, article_id: str, size: int = 5) -> tuple[SearchResult, ...]:
        article = self.article(article_id)
        words = {*re.findall(r"\w{4,}", article.title.lower())}
        alike = [
            other
            for other in self.articles
            if other.body != article.body and words & {*re.findall(r"\w{4,}", other.title.lower())}
        ]
        return tuple(_to_result([other], []) for other in alike[:size])

    def mark(self, article: Article, query: str) -> MarkedArticle:
        words = re.findall(r"\w+", query.lower())
        return MarkedArticle(
            title=_mark(article.title, words),
            paragraphs=tuple(_mark(paragraph, words) for paragraph in article.body.split("\n\n")),
        )

    def stats(self) -> Stats:
        self._fail()
        dates = [article.published for article in self.articles if article.published]
        return Stats(
            articles=len(self.articles),
            generation=self.generation,
            size_bytes=1024,
            committed_at=dt.datetime(2026, 11, 20, 9, 5, 7, 123456, tzinfo=dt.UTC),
            earliest=min(dates, default=None),
            latest=max(dates, default=None),
            undated=len(self.articles) - len(dates),
            sources=_count([article for article in self.articles if article.source], "source"),
            languages=_count([article for article in self.articles if article.language], "language"),
        )

    def trouble(self) -> IndexUnavailableError | None:
        return self.newer_fails

    def ledger(self) -> Ledger:
        raise IndexMissingError

    def verify(self) -> None:
        self._fail()

    def warm(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


def _matches(article: Article, words: list[str], request: SearchRequest) -> bool:
    text = f"{article.title} {article.body}".lower()
    has_words = (all if request.match == "all" else any)(word in text for word in words) or not words
    return (
        has_words
        and all(_has(article, name, request.wanted(name)) for name in FACETS if request.wanted(name))
        and not any(_has(article, name, request.unwanted(name)) for name in FACETS)
        and (not request.published_from or (article.published or dt.date.min) >= request.published_from)
        and (not request.published_to or (article.published or dt.date.max) <= request.published_to)
    )


def _has(article: Article, name: FacetName, wanted: Sequence[str]) -> bool:
    # What a day is called begins with what its month and its year are called.
    values = _values(article, name, 10)
    if name == "published":
        return any(value.startswith(each) for each in wanted for value in values)
    return any(value in wanted for value in values)


def _to_stories(found: Sequence[Article], request: SearchRequest) -> list[list[Article]]:
    """Return the articles of each story, the earliest first."""
    stories: dict[str, list[Article]] = {}
    for article in found:
        stories.setdefault((request.duplicates == "fold" and article.body) or article.id, []).append(article)
    return [sorted(story, key=lambda article: article.published or dt.date.max) for story in stories.values()]


def _to_result(story: Sequence[Article], words: list[str]) -> SearchResult:
    article, *others = story
    return SearchResult(
        id=article.id,
        title=article.title,
        title_marked=_mark(article.title, words),
        url=article.url,
        source=article.source,
        authors=article.authors,
        published=article.published,
        language=article.language,
        score=1.0,
        snippets=(_mark(article.body[:80], words),),
        duplicates=tuple(
            Duplicate(id=other.id, title=other.title, source=other.source, published=other.published, url=other.url)
            for other in others[:MAX_DUPLICATES]
        ),
        num_duplicates=len(others),
    )


def _mark(text: str, words: list[str]) -> str:
    if not words:
        return html.escape(text)
    pieces = re.split("(" + "|".join(map(re.escape, words)) + ")", text, flags=re.IGNORECASE)
    return "".join(
        f"<mark>{html.escape(piece)}</mark>" if piece.lower() in words else html.escape(piece) for piece in pieces
    )


def _count(articles: Sequence[Article], name: FacetName) -> tuple[FacetCount, ...]:
    return _count_stories([[article] for article in articles], name)


def _count_stories(stories: Sequence[Sequence[Article]], name: FacetName) -> tuple[FacetCount, ...]:
    counter: Counter[str] = Counter()
    days = [article.published.toordinal() for story in stories for article in story if article.published]
    span = max(days) - min(days) if days else 0
    length = 10 if span < 62 else 7 if span < 5 * 366 else 4
    for story in stories:
        counter.update({value for article in story for value in _values(article, name, length)})
    none = NO_DATE if name == "published" else NOT_KNOWN
    counts = [FacetCount(value, count) for value, count in counter.most_common()]
    return tuple(sorted(counts, key=lambda count: count.value == none))


def _values(article: Article, name: FacetName, length: int) -> tuple[str, ...]:
    if name == "author":
        return article.authors or (NOT_KNOWN,)
    if name == "published":
        return (article.published.isoformat()[:length] if article.published else NO_DATE,)
    return ((article.source if name == "source" else article.language) or NOT_KNOWN,)
