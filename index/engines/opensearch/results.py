"""What is shown of the articles that were found on a cluster."""

from __future__ import annotations

from index.clauses import Query
from index.engine import MAX_DUPLICATES, SearchRequest, SearchResult
from index.engines.opensearch.commit import Commit
from index.engines.opensearch.finding import Found
from index.engines.showing import Story, to_results


def make_results(commit: Commit, query: Query, request: SearchRequest, found: Found) -> tuple[SearchResult, ...]:
    """Return the articles of a page as they are shown."""
    stories = [_story(found, number, score, request) for number, score in found.page]
    wanted = {number for numbers, _ in stories for number in numbers[: MAX_DUPLICATES + 1]}
    stored = found.articles | commit.articles(sorted(wanted - found.articles.keys()))
    return to_results(
        [
            Story(
                stored[first],
                score,
                [stored[other] for other in others[:MAX_DUPLICATES]],
                len(others),
                found.explained.get(number, ()),
            )
            for (number, _), ((first, *others), score) in zip(found.page, stories, strict=True)
        ],
        query,
        request,
    )


def _story(found: Found, number: int, score: float, request: SearchRequest) -> tuple[list[int], float]:
    """Return the articles that are one result, the one that is shown first, and its score."""
    story = found.fold.story_of(number)
    if story is None:
        return [number], score
    return (story[0], score) if request.sort == "relevance" else story
