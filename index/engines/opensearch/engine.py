"""The engine on an OpenSearch cluster: from a request to an answer."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from index.article import Article
from index.clauses import Everything, Leaf, Query
from index.codec.warm import warm
from index.compounds import loosen
from index.cursors import check_cursor, next_cursor, read_cursor
from index.engine import (
    MarkedArticle,
    Match,
    SearchEngine,
    SearchRequest,
    SearchResponse,
    SearchResult,
    Stats,
    Suggestions,
)
from index.engines.interpreting import interpret
from index.engines.opensearch.address import Address
from index.engines.opensearch.cluster import Cluster
from index.engines.opensearch.commit import Commit
from index.engines.opensearch.figures import make_stats
from index.engines.opensearch.finding import Found, find
from index.engines.opensearch.ledgers import read_ledger
from index.engines.opensearch.patterns import tell_patterns
from index.engines.opensearch.related import related
from index.engines.opensearch.results import make_results
from index.engines.opensearch.state import read_state
from index.engines.opensearch.writer import require_version
from index.engines.relaxing import can_relax
from index.engines.showing import mark_article
from index.errors import IndexUnavailableError
from index.ledger import Ledger
from index.query_language import parse
from index.schema import from_stored


class OpenSearchEngine(SearchEngine):
    """Searches an index on a cluster. Nothing is connected before the first question."""

    is_elsewhere = True

    def __init__(self, address: Address) -> None:
        self._address = address
        self._opening = threading.Lock()
        self._cluster: Cluster | None = None
        self._known: Commit | None = None
        # Every answer over HTTP is tagged by them.
        self._stats: tuple[Commit, Stats] | None = None

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer one request."""
        return _search(self._commit(), request)

    def walk(self, request: SearchRequest) -> Iterator[tuple[SearchResponse, tuple[Article, ...]]]:
        """Yield all that a request finds, `size` results at a time, each with its article."""
        with self._commit().fixed() as commit:
            while True:
                response = _search(commit, request)
                yield response, tuple(from_stored(commit.article(result.id)) for result in response.results)
                if response.cursor is None:
                    return
                request = dataclasses.replace(request, page=1, cursor=response.cursor)

    def article(self, article_id: str) -> Article:
        """Return one article; raises `ArticleNotFoundError`."""
        return from_stored(self._commit().article(article_id))

    def suggest(self, text: str, size: int = 8) -> Suggestions:
        """Return nothing: the cluster keeps no list of its words by how frequent they are."""
        return Suggestions()

    def related(self, article_id: str, size: int = 5) -> tuple[SearchResult, ...]:
        """Return the articles most like another, without it and its near-duplicates; raises `ArticleNotFoundError`."""
        return related(self._commit(), article_id, size)

    def mark(self, article: Article, query: str) -> MarkedArticle:
        """Return the article as HTML with the words of `query` marked; an empty query marks nothing."""
        return mark_article(article, query)

    def stats(self) -> Stats:
        """Return what is in the index."""
        commit, known = self._commit(), self._stats
        if known is None or known[0] is not commit:
            known = self._stats = commit, make_stats(commit)
        return known[1]

    def trouble(self) -> IndexUnavailableError | None:
        """Return nothing, or raise what keeps any part of the index from being asked: there is no older one."""
        self._commit().count({"match_all": {}})
        return None

    def ledger(self) -> Ledger:
        """Return what the index remembers of the files that it was made from, to be asked and closed."""
        commit = self._commit()
        with tempfile.TemporaryDirectory(prefix="dateline-") as folder:
            path = Path(folder) / "ledger.sqlite"
            read_ledger(commit.cluster, commit.state, path)
            return Ledger.rehearse(path)

    def verify(self) -> None:
        """Ask every shard. Whether its files are as they were written is what the cluster checks by itself."""
        make_stats(self._commit())

    def warm(self) -> None:
        """Have every kernel compiled, or loaded from the cache; texts are cut and marked here."""
        warm()

    def close(self) -> None:
        """Let go of all connections."""
        if self._cluster is not None:
            self._cluster.close()

    def _commit(self) -> Commit:
        """Return what is committed now."""
        with self._opening:
            if self._cluster is None:
                self._cluster = Cluster(self._address)
        state, known = read_state(self._cluster, local=True), self._known
        if known is not None and known.state == state:
            return known
        if known is None or known.state.build != state.build:
            require_version(self._cluster, state.build)
        self._known = known = Commit(self._cluster, state)
        return known


def _search(commit: Commit, request: SearchRequest) -> SearchResponse:
    started = time.perf_counter()
    cursor = read_cursor(request)
    start = cursor.rank if cursor else (request.page - 1) * request.size
    # An empty query is a wish to browse, not one for nothing.
    query = parse(request.query) if request.query.strip() else Query(Everything())
    match: Match = request.match
    if match == "any":
        query = loosen(query)
    found = find(commit, query, match, request, start, cursor)
    relaxed = not found.total and match == "all" and can_relax(query)
    if relaxed:
        match = "any"
        found = find(commit, query, match, request, start, cursor)
        relaxed = found.total > 0
    check_cursor(cursor, commit.generation, found.total)
    expanded: dict[Leaf, list[str]] = tell_patterns(commit, query)
    return SearchResponse(
        query=request.query,
        interpreted=interpret(query, match, commit.languages, expanded),
        total=found.total,
        total_is_exact=found.fold.is_exact,
        took_ms=round((time.perf_counter() - started) * 1000, 3),
        page=start // request.size + 1 if cursor and request.size else request.page,
        size=request.size,
        relaxed=relaxed,
        suggestion=None,
        generation=commit.generation,
        folded=len(found.fold.left_out),
        cursor=_cursor(commit, request, start + request.size, found),
        results=make_results(commit, query, request, found),
        facets=found.facets,
    )


def _cursor(commit: Commit, request: SearchRequest, rank: int, found: Found) -> str | None:
    return next_cursor(request, rank, commit.generation, found.total, found.after)
