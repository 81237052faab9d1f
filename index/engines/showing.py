"""Articles as they are shown, whichever engine has found them: marked titles, snippets, duplicates.

They are given as what is stored of them (`index.schema.read_stored`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from index import analysis, snippets
from index.article import Article
from index.clauses import Clause, Query, leaves
from index.codec.building.batch import encode
from index.engine import Duplicate, MarkedArticle, ScorePart, SearchRequest, SearchResult
from index.query_language import parse
from index.spotting import Marker


class Story(NamedTuple):
    """A result: its article and some of its near-duplicates as they are stored, how many of these there are."""

    article: Mapping[str, Any]
    score: float
    duplicates: Sequence[Mapping[str, Any]]
    num_duplicates: int
    explanation: tuple[ScorePart, ...]


def to_results(stories: Sequence[Story], query: Query, request: SearchRequest) -> tuple[SearchResult, ...]:
    """Return the stories of a page as they are shown."""
    shown = _show([story.article for story in stories], query, with_snippets=request.snippets)
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
            duplicates=tuple(map(_to_duplicate, duplicates)),
            num_duplicates=num_duplicates,
            explanation=explanation,
        )
        for (article, score, duplicates, num_duplicates, explanation), (title_marked, of_body) in zip(
            stories, shown, strict=True
        )
    )


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


def _to_duplicate(article: Mapping[str, Any]) -> Duplicate:
    """Return an article as one that is folded into a result."""
    return Duplicate(
        id=article["id"],
        title=article["title"],
        source=article.get("source"),
        published=article.get("published"),
        url=article.get("url"),
    )


def mark_article(article: Article, query: str) -> MarkedArticle:
    """Return an article as HTML with the words of a query marked."""
    in_title, in_body = markers(parse(query))
    (title,) = snippets.mark(in_title.find([encode(article.title)], article.language))
    paragraphs = [encode(paragraph) for paragraph in article.body.split("\n\n")]
    return MarkedArticle(title=title, paragraphs=tuple(snippets.mark(in_body.find(paragraphs, article.language))))
