"""What is shown of the articles that were found: stored fields, marked titles, snippets, duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from index import analysis, snippets
from index.clauses import Clause, Query, leaves
from index.engine import MAX_DUPLICATES, Duplicate, SearchRequest, SearchResult
from index.engines.local.explaining import explain
from index.engines.local.finding import Found
from index.engines.local.snapshot import Snapshot
from index.spotting import Marker


def make_results(snapshot: Snapshot, query: Query, request: SearchRequest, found: Found) -> tuple[SearchResult, ...]:
    """Return the articles of a page as they are shown."""
    explained = explain(snapshot, found) if request.explain and request.sort == "relevance" else {}
    stories = [_story(found, doc_id, score, request) for doc_id, score in found.page]
    articles = snapshot.fields_at([doc_ids[0] for doc_ids, _ in stories])
    shown = _show(articles, query, with_snippets=request.snippets)
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
            duplicates=tuple(map(_duplicate, snapshot.fields_at(others[:MAX_DUPLICATES]))) if others else (),
            num_duplicates=len(others),
            explanation=explained.get(found_id, ()),
        )
        for (found_id, _), article, ((_, *others), score), (title_marked, of_body) in zip(
            found.page, articles, stories, shown, strict=True
        )
    )


def _story(found: Found, doc_id: int, score: float, request: SearchRequest) -> tuple[list[int], float]:
    """Return the articles that are one result, the one that is shown first, and its score."""
    story = found.fold.story_of(doc_id) if found.fold else None
    if story is None:
        return [doc_id], score
    # By relevance it is the best that was found, with what the nearness of words adds.
    return (story[0], score) if request.sort == "relevance" else story


def _show(
    articles: Sequence[Mapping[str, Any]], query: Query, *, with_snippets: bool
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the marked titles and the snippets of articles; those that are stemmed alike are looked at together."""
    in_title, in_body = markers(query)
    alike: dict[str, list[int]] = {}
    for place, article in enumerate(articles):
        alike.setdefault(analysis.stemmer_of(article.get("language")), []).append(place)
    shown: list[tuple[str, tuple[str, ...]]] = [("", ())] * len(articles)
    for places in alike.values():
        titles = [articles[place]["title"] for place in places]
        bodies = [articles[place]["body"] for place in places] if with_snippets else []
        of_articles = snippets.show(titles, bodies, in_title, in_body, articles[places[0]].get("language"))
        for place, each in zip(places, of_articles, strict=True):
            shown[place] = each
    return shown


def markers(query: Query) -> tuple[Marker, Marker]:
    """Return what to mark in titles and in bodies."""
    return _markers_of(query.root)


# Who leafs through results, or reads one, asks for the same words again; to make ready for them takes 30 microseconds.
@lru_cache(maxsize=256)
def _markers_of(root: Clause | None) -> tuple[Marker, Marker]:
    wanted = list(leaves(root))
    return Marker.of(wanted, "title"), Marker.of(wanted, "body")


def _duplicate(article: Mapping[str, Any]) -> Duplicate:
    return Duplicate(
        id=article["id"],
        title=article["title"],
        source=article.get("source"),
        published=article.get("published"),
        url=article.get("url"),
    )
