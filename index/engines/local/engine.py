"""The embedded engine: from a request to an answer, over Whoosh."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Mapping

from index import schema, snippets
from index.article import Article
from index.engine import (
    Interpretation,
    MarkedArticle,
    Match,
    QueryTerm,
    SearchEngine,
    SearchRequest,
    SearchResponse,
    SearchResult,
    SourceFile,
    Stats,
)
from index.engines.local.folder import IndexFolder
from index.engines.local.snapshot import Snapshot, open_snapshot
from index.engines.local.sources import read_source_files
from index.errors import ArticleNotFoundError
from index.query_language import Bag, Everything, Leaf, Not, Phrase, Prefix, Query, Word, leaves, parse, write
from index.query_tree import build_tree, restrict, terms_of
from index.snippets import Marker


class _Ranked:
    """What a query found: the exact total, and as many of its articles as were asked for, best first."""

    def __init__(self, total: int, hits: list[tuple[int, float]], doc_ids: list[int]) -> None:
        self.total = total
        self.hits = hits
        self.doc_ids = doc_ids


class LocalEngine(SearchEngine):
    """Searches the index in a folder.

    Each thread has a snapshot of its own: Whoosh's readers keep their place in files and are not to be shared.
    """

    def __init__(self, path: str) -> None:
        self._folder = IndexFolder(path)
        self._local = threading.local()
        self._snapshots: weakref.WeakSet[Snapshot] = weakref.WeakSet()

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer one request."""
        started = time.perf_counter()
        snapshot = self._snapshot()
        # An empty query is a wish to browse, not one for nothing.
        query = parse(request.query) if request.query.strip() else Query(Everything())
        match = request.match
        ranked = _rank(snapshot, query, match, request)
        relaxed = not ranked.total and match == "all" and _can_relax(query)
        if relaxed:
            match = "any"
            ranked = _rank(snapshot, query, match, request)
            relaxed = ranked.total > 0
        results = _results(snapshot, query, request, ranked)
        facets = {name: snapshot.count_facet(name, ranked.doc_ids) for name in request.facets}
        return SearchResponse(
            query=request.query,
            interpreted=_interpret(query, match),
            total=ranked.total,
            took_ms=round((time.perf_counter() - started) * 1000, 3),
            page=request.page,
            size=request.size,
            relaxed=relaxed,
            suggestion=None,
            generation=snapshot.generation,
            results=results,
            facets=facets,
        )

    def article(self, article_id: str) -> Article:
        """Return one article; raises `ArticleNotFoundError`."""
        fields = self._snapshot().searcher.document(id=article_id)
        if fields is None:
            raise ArticleNotFoundError(article_id)
        return schema.from_stored(fields)

    def mark(self, article: Article, query: str) -> MarkedArticle:
        """Return the article as HTML with the words of `query` marked; an empty query marks nothing."""
        wanted = list(leaves(parse(query).root))
        in_title, in_body = Marker.of(wanted, "title"), Marker.of(wanted, "body")
        return MarkedArticle(
            title=snippets.mark(article.title, in_title.find(article.title)),
            paragraphs=tuple(
                snippets.mark(paragraph, in_body.find(paragraph)) for paragraph in article.body.split("\n\n")
            ),
        )

    def stats(self) -> Stats:
        """Return what is in the index."""
        return self._snapshot().stats

    def source_files(self) -> Mapping[str, SourceFile]:
        """Return the files that the index was built from, by path."""
        current = self._folder.read_current()
        return read_source_files(self._folder.sources_path(self._folder.build_path(current)))

    def close(self) -> None:
        """Let go of the files of every thread's snapshot."""
        for snapshot in list(self._snapshots):
            snapshot.close()
        self._local = threading.local()

    def _snapshot(self) -> Snapshot:
        """Return this thread's snapshot of the newest generation."""
        state = self._folder.state()
        known: Snapshot | None = getattr(self._local, "snapshot", None)
        if known is not None and self._local.state == state:
            return known
        if known is None or known.generation != self._folder.generation(self._folder.read_current()):
            opened = open_snapshot(self._folder)
            self._snapshots.add(opened)
            if known is not None:
                known.close()
            self._local.snapshot = known = opened
        self._local.state = state
        return known


def _rank(snapshot: Snapshot, query: Query, match: Match, request: SearchRequest) -> _Ranked:
    """Run a query: relevance by score, dates by time with the undated last; ties by doc id, lowest first."""
    tree = restrict(build_tree(query, match), request)
    # All that match are scored: with a limit Whoosh skips what cannot be among the best, and then its totals are
    # wrong and a deleted article can come up.
    found = snapshot.searcher.search(tree, limit=None)
    scores = {found.docnum(place): found.score(place) or 0.0 for place in range(len(found))}
    if request.sort == "relevance":
        ranked = sorted(scores, key=lambda doc_id: (-scores[doc_id], doc_id))
    else:
        ranked = _by_time(snapshot, sorted(scores), newest_first=request.sort == "newest")
    return _Ranked(len(scores), [(doc_id, scores[doc_id]) for doc_id in ranked[: request.page * request.size]], ranked)


def _by_time(snapshot: Snapshot, doc_ids: list[int], *, newest_first: bool) -> list[int]:
    times = dict(zip(doc_ids, snapshot.published_of(doc_ids), strict=True))
    dated = [doc_id for doc_id in doc_ids if times[doc_id] != schema.UNDATED]
    dated.sort(key=lambda doc_id: -times[doc_id] if newest_first else times[doc_id])
    return dated + [doc_id for doc_id in doc_ids if times[doc_id] == schema.UNDATED]


def _can_relax(query: Query) -> bool:
    """Say whether there are words that `match` joins, so that fewer of them may do."""
    clauses = [query.root] if query.root else []
    while clauses:
        clause = clauses.pop()
        if isinstance(clause, Bag) and sum(not isinstance(inner, Not) for inner in clause.clauses) > 1:
            return True
        if not isinstance(clause, Leaf | Not):
            clauses += clause.clauses
    return False


def _results(snapshot: Snapshot, query: Query, request: SearchRequest, ranked: _Ranked) -> tuple[SearchResult, ...]:
    wanted = list(leaves(query.root))
    in_title, in_body = Marker.of(wanted, "title"), Marker.of(wanted, "body")
    results = []
    for doc_id, score in ranked.hits[(request.page - 1) * request.size :]:
        article = schema.from_stored(snapshot.searcher.stored_fields(doc_id))
        results.append(
            SearchResult(
                id=article.id,
                title=article.title,
                title_marked=snippets.mark(article.title, in_title.find(article.title)),
                url=article.url,
                source=article.source,
                authors=article.authors,
                published=article.published,
                language=article.language,
                score=round(score, 4),
                snippets=snippets.make_snippets(article.body, in_body) if request.snippets else (),
            )
        )
    return tuple(results)


def _interpret(query: Query, match: Match) -> Interpretation:
    def describe(leaf: Leaf) -> QueryTerm:
        terms: tuple[str, ...]
        match leaf:
            case Word() | Phrase():
                terms = terms_of(leaf)
            case Prefix(surface=surface):
                terms = (surface + "*",)
            case Everything():
                terms = ("*",)
        return QueryTerm(write(leaf), terms)

    return Interpretation(
        query=write(query.root, "AND" if match == "all" else "OR"),
        terms=tuple(describe(leaf) for leaf in leaves(query.root)),
        excluded=tuple(describe(leaf) for leaf in leaves(query.root, excluded=True)),
        dropped=query.dropped,
        notes=query.notes,
    )
