"""What is shown of the articles that were found on a cluster."""

from __future__ import annotations

from index.clauses import Query
from index.engine import MAX_DUPLICATES, SearchRequest, SearchResult
from index.engines.opensearch.commit import Commit
from index.engines.opensearch.finding import Found
from index.engines.showing import show, to_duplicate


def make_results(commit: Commit, query: Query, request: SearchRequest, found: Found) -> tuple[SearchResult, ...]:
    """Return the articles of a page as they are shown."""
    stories = [_story(found, number, score, request) for number, score in found.page]
    wanted = {number for numbers, _ in stories for number in numbers[: MAX_DUPLICATES + 1]}
    stored = found.articles | commit.articles(sorted(wanted - found.articles.keys()))
    articles = [stored[numbers[0]] for numbers, _ in stories]
    shown = show(articles, query, with_snippets=request.snippets)
    return tuple(
        SearchResult(
            id=article["id"],
            title=article["title"],
            title_marked=title_marked,
            url=article.get("url"),
            source=article.get("source"),
            authors=tuple(article.get("authors", ())),
            published=article.get("published"),
            language=article.get("language"),
            score=round(score, 4),
            snippets=of_body,
            duplicates=tuple(to_duplicate(stored[number]) for number in others[:MAX_DUPLICATES]),
            num_duplicates=len(others),
            explanation=found.explained.get(number, ()),
        )
        for (number, _), article, ((_, *others), score), (title_marked, of_body) in zip(
            found.page, articles, stories, shown, strict=True
        )
    )


def _story(found: Found, number: int, score: float, request: SearchRequest) -> tuple[list[int], float]:
    """Return the articles that are one result, the one that is shown first, and its score."""
    story = found.fold.story_of(number)
    if story is None:
        return [number], score
    return (story[0], score) if request.sort == "relevance" else story
