"""The embedded engine: from a request to an answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from index.article import Article
from index.codec.warm import warm
from index.cursors import check_cursor, next_cursor, read_cursor
from index.deadline import check_time, time_limit
from index.engine import (
    MarkedArticle,
    SearchEngine,
    SearchRequest,
    SearchResponse,
    SearchResult,
    Stats,
    Suggestions,
)
from index.engines.interpreting import interpret
from index.engines.local.answering import answer
from index.engines.local.completing import complete
from index.engines.local.finding import count_facets
from index.engines.local.folder import IndexFolder
from index.engines.local.related import related
from index.engines.local.results import make_results
from index.engines.local.snapshot import Snapshot, open_snapshot
from index.engines.local.suggesting import suggest
from index.engines.showing import mark_article
from index.errors import ArticleNotFoundError, IndexUnavailableError
from index.ledger import Ledger
from index.query_language import MAX_CHARACTERS

# How much of a folder's state says which build is live: all but what changes when a writer makes files in it.
_OF_BUILD = 3

# What could not be opened is tried again after so long, though it looks the same: it may have been mended in place, or
# the machine was short of memory or of files.
_LOOK_AGAIN_SECONDS = 0.5

_log = logging.getLogger("dateline.index")


class _Refused(NamedTuple):
    """A state of the folder that cannot be opened, why, and until when (`time.monotonic`) that is taken as it is."""

    state: tuple[int, ...]
    error: IndexUnavailableError
    until: float

    def holds(self, state: tuple[int, ...]) -> bool:
        return self.state == state and time.monotonic() < self.until


class LocalEngine(SearchEngine):
    """Searches the index in a folder; all threads share one snapshot of it, which never changes.

    A newer one that is damaged, or gone, or of another version, does not take its place: the old one has its files
    open, and answers.
    """

    def __init__(self, path: str, max_cost: int | None = None, max_seconds: float | None = None) -> None:
        self._folder = IndexFolder(path)
        self._max_cost = max_cost
        self._max_seconds = max_seconds
        self._opening = threading.Lock()
        self._known: tuple[tuple[int, ...], Snapshot] | None = None
        self._refused: _Refused | None = None

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer one request."""
        snapshot = self._snapshot()
        with time_limit(self._max_seconds):
            return self._search(snapshot, request)

    def walk(self, request: SearchRequest) -> Iterator[tuple[SearchResponse, tuple[Article, ...]]]:
        """Yield all that a request finds, `size` results at a time, each with its article."""
        snapshot = self._snapshot()
        while True:
            with time_limit(self._max_seconds):
                response = self._search(snapshot, request)
            found = (snapshot.article(result.id) for result in response.results)
            yield response, tuple(article for article in found if article is not None)
            if response.cursor is None:
                return
            request = replace(request, page=1, cursor=response.cursor)

    def _search(self, snapshot: Snapshot, request: SearchRequest) -> SearchResponse:
        started = time.perf_counter()
        cursor = read_cursor(request)
        start = cursor.rank if cursor else (request.page - 1) * request.size
        answered = answer(snapshot, request, start, self._max_cost)
        query, expanded, match, found, relaxed = answered
        check_cursor(cursor, snapshot.generation, found.total)
        check_time()
        results = make_results(snapshot, query, request, found)
        check_time()
        facets = count_facets(snapshot, request, found)
        check_time()
        return SearchResponse(
            query=request.query,
            interpreted=interpret(query, match, snapshot.languages, expanded),
            total=found.total,
            took_ms=round((time.perf_counter() - started) * 1000, 3),
            page=start // request.size + 1 if cursor and request.size else request.page,
            size=request.size,
            relaxed=relaxed,
            suggestion=suggest(snapshot, request, answered),
            generation=snapshot.generation,
            folded=found.fold.num_folded if found.fold else 0,
            cursor=next_cursor(request, start + request.size, snapshot.generation, found.total),
            results=results,
            facets=facets,
            cost=found.cost,
        )

    def article(self, article_id: str) -> Article:
        """Return one article; raises `ArticleNotFoundError`."""
        article = self._snapshot().article(article_id)
        if article is None:
            raise ArticleNotFoundError(article_id)
        return article

    def suggest(self, text: str, size: int = 8) -> Suggestions:
        """Return at most `size` completions of the last word of a text that is being typed, and as many titles."""
        return complete(self._snapshot(), text[:MAX_CHARACTERS], size)

    def related(self, article_id: str, size: int = 5) -> tuple[SearchResult, ...]:
        """Return the articles most like another, without it and its near-duplicates; raises `ArticleNotFoundError`."""
        snapshot = self._snapshot()
        article = snapshot.article(article_id)
        if article is None:
            raise ArticleNotFoundError(article_id)
        with time_limit(self._max_seconds):
            return related(snapshot, article, size)

    def mark(self, article: Article, query: str) -> MarkedArticle:
        """Return the article as HTML with the words of `query` marked; an empty query marks nothing."""
        return mark_article(article, query)

    def stats(self) -> Stats:
        """Return what is in the index."""
        return self._snapshot().stats

    def ledger(self) -> Ledger:
        """Return what the index remembers of the files that it was made from, to be asked and closed."""
        return Ledger.read(self._folder.ledger_path(self._folder.build_path(self._folder.read_current())))

    def verify(self) -> None:
        """Read the whole index and compare it with its checksums; raises `IndexCorruptError`."""
        snapshot, refused = self._snapshot(), self._refused
        if refused is not None:
            raise refused.error
        snapshot.verify()

    def warm(self) -> None:
        """Have every kernel compiled, or loaded from the cache."""
        warm()

    def close(self) -> None:
        """Let go of the snapshot; its files are closed when the last answer from it is given."""
        self._known = None

    def trouble(self) -> IndexUnavailableError | None:
        """Return why what is live now cannot be opened, so that the generation before it answers; None where it can."""
        self._snapshot()
        return self._refused.error if self._refused else None

    def _snapshot(self) -> Snapshot:
        """Return the newest generation; or the one before, where that cannot be opened."""
        try:
            state = self._folder.state()
        except IndexUnavailableError:  # a damaged CURRENT, as is told below
            state = ()
        known, refused = self._known, self._refused
        if known is not None and state and known[0] == state:
            self._refused = None
            return known[1]
        if known is not None and refused is not None and refused.holds(state):
            return known[1]
        with self._opening:
            known, refused = self._known, self._refused
            if known is not None and refused is not None and refused.holds(state):  # since another thread looked
                return known[1]
            # An index that was deleted and made anew begins with the first generation again.
            is_same_build = known is not None and known[0][:_OF_BUILD] == state[:_OF_BUILD]
            try:
                snapshot = open_snapshot(self._folder, known[1] if known is not None and is_same_build else None)
            except IndexUnavailableError as error:
                if known is None:
                    raise
                if refused is None or str(refused.error) != str(error):
                    _log.error("Generation %d goes on answering: %s", known[1].generation, error)
                self._refused = _Refused(state, error, time.monotonic() + _LOOK_AGAIN_SECONDS)
                return known[1]
            if refused is not None:
                _log.warning("Generation %d answers now.", snapshot.generation)
            # The state is older than the snapshot: a commit in between is noticed the next time.
            self._known, self._refused = (state, snapshot), None
        return snapshot
