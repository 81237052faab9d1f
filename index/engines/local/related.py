"""Articles like another: those that have most of its telling words, which are frequent in it and rare elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from index.article import Article
from index.clauses import Query
from index.engine import SearchRequest, SearchResult
from index.engines.local.finding import Found, find
from index.engines.local.results import make_results
from index.engines.local.snapshot import Snapshot
from index.engines.telling import telling_words


def related(snapshot: Snapshot, article: Article, size: int) -> tuple[SearchResult, ...]:
    """Return the articles that are most like another, without it and its near-duplicates."""
    query = Query(telling_words(article, partial(_doc_freqs, snapshot), snapshot.num_docs))
    if query.root is None:
        return ()
    # Its near-duplicates are folded into one result with it, or it is one by itself.
    request = SearchRequest(size=size + 1, snippets=False)
    found = find(snapshot, query, "any", request, 0)
    page = [hit for hit in found.page if not _is_of(snapshot, found, hit[0], article.id)][:size]
    return make_results(snapshot, Query(None), request, found._replace(page=page))


def _is_of(snapshot: Snapshot, found: Found, doc_id: int, article_id: str) -> bool:
    """Say whether a result is an article, or the story that it belongs to."""
    story = found.fold.story_of(doc_id) if found.fold else None
    return any(snapshot.article_at(each).id == article_id for each in (story[0] if story else (doc_id,)))


def _doc_freqs(snapshot: Snapshot, stems: Iterable[str]) -> dict[str, int]:
    return {stem: max(snapshot.doc_freq("body", stem), snapshot.doc_freq("title", stem)) for stem in stems}
