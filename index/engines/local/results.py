"""What is shown of the articles that were found: stored fields, marked titles, snippets, duplicates."""

from __future__ import annotations

from index.clauses import Query
from index.engine import MAX_DUPLICATES, SearchRequest, SearchResult
from index.engines.local.explaining import explain
from index.engines.local.finding import Found
from index.engines.local.snapshot import Snapshot
from index.engines.showing import Story, to_results


def make_results(snapshot: Snapshot, query: Query, request: SearchRequest, found: Found) -> tuple[SearchResult, ...]:
    """Return the articles of a page as they are shown."""
    explained = explain(snapshot, found) if request.explain and request.sort == "relevance" else {}
    stories = [_story(found, doc_id, score, request) for doc_id, score in found.page]
    articles = snapshot.fields_at([doc_ids[0] for doc_ids, _ in stories])
    return to_results(
        [
            Story(
                article,
                score,
                snapshot.fields_at(others[:MAX_DUPLICATES]) if others else (),
                len(others),
                explained.get(found_id, ()),
            )
            for (found_id, _), article, ((_, *others), score) in zip(found.page, articles, stories, strict=True)
        ],
        query,
        request,
    )


def _story(found: Found, doc_id: int, score: float, request: SearchRequest) -> tuple[list[int], float]:
    """Return the articles that are one result, the one that is shown first, and its score."""
    story = found.fold.story_of(doc_id) if found.fold else None
    if story is None:
        return [doc_id], score
    # By relevance it is the best that was found, with what the nearness of words adds.
    return (story[0], score) if request.sort == "relevance" else story
