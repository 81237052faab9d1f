"""Articles like another on a cluster, by the words that tell it from others (`index.engines.telling`)."""

from __future__ import annotations

from index.clauses import Query
from index.engine import SearchRequest, SearchResult
from index.engines.opensearch.commit import Commit
from index.engines.opensearch.finding import find
from index.engines.opensearch.results import make_results
from index.engines.telling import telling_words
from index.schema import from_stored


def related(commit: Commit, article_id: str, size: int) -> tuple[SearchResult, ...]:
    """Return the articles that are most like another, without it and its near-duplicates."""
    number, encoded = commit.numbered_article(article_id)
    query = Query(telling_words(from_stored(encoded), commit.doc_freqs, commit.num_articles))
    if query.root is None:
        return ()
    # Its near-duplicates are folded into one result with it, or it is one by itself.
    request = SearchRequest(size=size + 1, snippets=False)
    found = find(commit, query, "any", request, 0, None)
    page = [hit for hit in found.page if number not in (hit[0], *(found.fold.story_of(hit[0]) or [[]])[0])]
    found.page = page[:size]
    return make_results(commit, Query(None), request, found)
