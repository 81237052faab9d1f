"""The embedded engine: from a request to an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import schema, snippets
from index.article import Article
from index.clauses import (
    Bag,
    Boosted,
    Everything,
    Exact,
    Forms,
    Fuzzy,
    Language,
    Leaf,
    Not,
    Phrase,
    Prefix,
    Published,
    Query,
    Wildcard,
    Word,
    is_narrowing,
    leaves,
)
from index.codec.warm import warm
from index.compounds import loosen
from index.engine import (
    MAX_DUPLICATES,
    Duplicate,
    Interpretation,
    MarkedArticle,
    Match,
    QueryTerm,
    SearchEngine,
    SearchRequest,
    SearchResponse,
    SearchResult,
    Stats,
)
from index.engines.local.expanding import expand
from index.engines.local.folder import IndexFolder
from index.engines.local.folding import DocIds, Fold, Scores
from index.engines.local.snapshot import Snapshot, open_snapshot
from index.errors import ArticleNotFoundError
from index.ledger import Ledger
from index.query_language import parse, write
from index.query_tree import Reading, read_query, restrict, terms_of
from index.snippets import Marker


class _Found(NamedTuple):
    """What a query found: the exact total, one page of (doc id, score), all doc ids where they are needed, the fold."""

    total: int
    page: list[tuple[int, float]]
    doc_ids: DocIds
    fold: Fold | None


_NO_DOC_IDS: DocIds = np.empty(0, np.int64)


class LocalEngine(SearchEngine):
    """Searches the index in a folder; all threads share one snapshot of it, which never changes."""

    def __init__(self, path: str) -> None:
        self._folder = IndexFolder(path)
        self._opening = threading.Lock()
        self._known: tuple[tuple[int, ...], Snapshot] | None = None

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer one request."""
        started = time.perf_counter()
        snapshot = self._snapshot()
        # An empty query is a wish to browse, not one for nothing.
        query = parse(request.query) if request.query.strip() else Query(Everything())
        query, expanded = expand(query, snapshot)
        match = request.match
        if match == "any":
            query = loosen(query)
        found = _find(snapshot, query, match, request)
        relaxed = not found.total and match == "all" and _can_relax(query)
        if relaxed:
            match = "any"
            found = _find(snapshot, query, match, request)
            relaxed = found.total > 0
        results = _results(snapshot, query, request, found)
        facets = {name: snapshot.count_facet(name, found.doc_ids, found.fold) for name in request.facets}
        return SearchResponse(
            query=request.query,
            interpreted=_interpret(query, match, snapshot, expanded),
            total=found.total,
            took_ms=round((time.perf_counter() - started) * 1000, 3),
            page=request.page,
            size=request.size,
            relaxed=relaxed,
            suggestion=None,
            generation=snapshot.generation,
            folded=found.fold.num_folded if found.fold else 0,
            results=results,
            facets=facets,
        )

    def article(self, article_id: str) -> Article:
        """Return one article; raises `ArticleNotFoundError`."""
        article = self._snapshot().article(article_id)
        if article is None:
            raise ArticleNotFoundError(article_id)
        return article

    def mark(self, article: Article, query: str) -> MarkedArticle:
        """Return the article as HTML with the words of `query` marked; an empty query marks nothing."""
        in_title, in_body = _markers(parse(query))
        return MarkedArticle(
            title=snippets.mark(article.title, in_title.find(article.title, article.language)),
            paragraphs=tuple(
                snippets.mark(paragraph, in_body.find(paragraph, article.language))
                for paragraph in article.body.split("\n\n")
            ),
        )

    def stats(self) -> Stats:
        """Return what is in the index."""
        return self._snapshot().stats

    def ledger(self) -> Ledger:
        """Return what the index remembers of the files that it was made from, to be asked and closed."""
        return Ledger.read(self._folder.ledger_path(self._folder.build_path(self._folder.read_current())))

    def verify(self) -> None:
        """Read the whole index and compare it with its checksums; raises `IndexCorruptError`."""
        self._snapshot().verify()

    def warm(self) -> None:
        """Have every kernel compiled, or loaded from the cache."""
        warm()

    def close(self) -> None:
        """Let go of the snapshot; its files are closed when the last answer from it is given."""
        self._known = None

    def _snapshot(self) -> Snapshot:
        """Return the newest generation."""
        state = self._folder.state()
        known = self._known
        if known is not None and known[0] == state:
            return known[1]
        with self._opening:
            known = self._known
            if known is not None and known[1].generation == self._folder.generation(self._folder.read_current()):
                snapshot = known[1]
            else:
                snapshot = open_snapshot(self._folder)
            # The state is older than the snapshot: a commit in between is noticed the next time.
            self._known = state, snapshot
        return snapshot


def _find(snapshot: Snapshot, query: Query, match: Match, request: SearchRequest) -> _Found:
    """Run a query: relevance by score, dates by time with the undated last; ties by doc id, lowest first."""
    readings = [
        reading._replace(tree=restrict(reading.tree, request))
        for reading in read_query(query, match, snapshot.languages)
    ]
    start, end = (request.page - 1) * request.size, request.page * request.size
    is_by_score = request.sort == "relevance"
    matching = snapshot.match(readings) if request.facets or not is_by_score else None
    fold = _fold(snapshot, readings, matching) if request.duplicates == "fold" else None
    left_out = fold.left_out(by_score=is_by_score) if fold else None
    if is_by_score:
        hits = snapshot.search(readings, end, left_out)
        page = list(zip(hits.doc_ids[start:].tolist(), hits.scores[start:].tolist(), strict=True))
        return _Found(hits.total, page, matching[0] if matching else _NO_DOC_IDS, fold)
    doc_ids, scores = all_doc_ids, _ = matching or snapshot.match(readings)
    if left_out is not None:
        is_kept = np.ones(snapshot.num_docs, np.bool_)
        is_kept[left_out] = False
        doc_ids, scores = doc_ids[is_kept[doc_ids]], scores[is_kept[doc_ids]]
    order = _order_by_time(snapshot.published[doc_ids], newest_first=request.sort == "newest")[start:end]
    page = list(zip(doc_ids[order].tolist(), scores[order].tolist(), strict=True))
    return _Found(len(doc_ids), page, all_doc_ids, fold)


def _fold(snapshot: Snapshot, readings: Sequence[Reading], matching: tuple[DocIds, Scores] | None) -> Fold | None:
    """Return what becomes of near-duplicates among the articles that match, which may be known; None for nothing."""
    stories = snapshot.stories
    if stories is None:
        return None
    if matching is None:
        return stories.fold(*snapshot.match_stories(readings, stories))
    doc_ids, scores = matching
    places = stories.place_of[doc_ids]
    return stories.fold(places[places >= 0], scores[places >= 0])


def _order_by_time(seconds: NDArray[np.int64], *, newest_first: bool) -> NDArray[np.int64]:
    """Return the order of articles by their times; the undated come last, and of equals the first comes first."""
    is_undated = seconds == schema.UNDATED
    return np.lexsort((np.negative(seconds) if newest_first else seconds, is_undated))


def _can_relax(query: Query) -> bool:
    """Say whether there are words that `match` joins, so that fewer of them may do."""
    clauses = [query.root] if query.root else []
    while clauses:
        clause = clauses.pop()
        if isinstance(clause, Bag) and sum(not is_narrowing(inner) for inner in clause.clauses) > 1:
            return True
        if isinstance(clause, Boosted):
            clauses.append(clause.clause)
        elif not isinstance(clause, Leaf | Not):
            clauses += clause.clauses
    return False


def _results(snapshot: Snapshot, query: Query, request: SearchRequest, found: _Found) -> tuple[SearchResult, ...]:
    in_title, in_body = _markers(query)
    results = []
    for found_id, found_score in found.page:
        story = found.fold.story_of(found_id) if found.fold else None
        (doc_id, *others), score = story or ((found_id,), found_score)
        article = snapshot.article_at(doc_id)
        results.append(
            SearchResult(
                id=article.id,
                title=article.title,
                title_marked=snippets.mark(article.title, in_title.find(article.title, article.language)),
                url=article.url,
                source=article.source,
                authors=article.authors,
                published=article.published,
                language=article.language,
                score=round(score, 4),
                snippets=snippets.make_snippets(article.body, in_body, article.language) if request.snippets else (),
                duplicates=tuple(_duplicate(snapshot.article_at(other)) for other in others[:MAX_DUPLICATES]),
                num_duplicates=len(others),
            )
        )
    return tuple(results)


def _markers(query: Query) -> tuple[Marker, Marker]:
    """Return what to mark in titles and in bodies."""
    wanted = list(leaves(query.root))
    return Marker.of(wanted, "title"), Marker.of(wanted, "body")


def _duplicate(article: Article) -> Duplicate:
    return Duplicate(
        id=article.id, title=article.title, source=article.source, published=article.published, url=article.url
    )


def _interpret(
    query: Query, match: Match, snapshot: Snapshot, expanded: Mapping[Leaf, Sequence[str]]
) -> Interpretation:
    def describe(leaf: Leaf) -> QueryTerm:
        terms: tuple[str, ...]
        match leaf:
            case Word() | Phrase():
                terms = terms_of(leaf, snapshot.languages)
            case Exact(surface=surface):
                terms = (surface,)
            case Prefix() | Wildcard() | Fuzzy() | Forms():
                terms = (leaf.text, *expanded[leaf])
            case Everything():
                terms = ("*",)
            case Published(start, end):
                terms = (str(start or "*"), str(end or "*"))
            case Language(code):
                terms = (code,)
        return QueryTerm(write(leaf), terms)

    return Interpretation(
        query=write(query.root, "AND" if match == "all" else "OR"),
        terms=tuple(describe(leaf) for leaf in leaves(query.root)),
        excluded=tuple(describe(leaf) for leaf in leaves(query.root, excluded=True)),
        dropped=query.dropped,
        notes=query.notes,
    )
