"""What is shown of the articles that were found: stored fields, marked titles, snippets, duplicates."""

from __future__ import annotations

from index import snippets
from index.article import Article
from index.clauses import Query, leaves
from index.engine import MAX_DUPLICATES, Duplicate, SearchRequest, SearchResult
from index.engines.local.explaining import explain
from index.engines.local.finding import Found
from index.engines.local.snapshot import Snapshot
from index.snippets import Marker


def make_results(snapshot: Snapshot, query: Query, request: SearchRequest, found: Found) -> tuple[SearchResult, ...]:
    """Return the articles of a page as they are shown."""
    in_title, in_body = markers(query)
    explained = explain(snapshot, found) if request.explain and request.sort == "relevance" else {}
    results = []
    for found_id, found_score in found.page:
        story = found.fold.story_of(found_id) if found.fold else None
        (doc_id, *others), best_score = story or ((found_id,), found_score)
        # By relevance it is the best that was found, with what the nearness of words adds.
        score = found_score if request.sort == "relevance" else best_score
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
                explanation=explained.get(found_id, ()),
            )
        )
    return tuple(results)


def markers(query: Query) -> tuple[Marker, Marker]:
    """Return what to mark in titles and in bodies."""
    wanted = list(leaves(query.root))
    return Marker.of(wanted, "title"), Marker.of(wanted, "body")


def _duplicate(article: Article) -> Duplicate:
    return Duplicate(
        id=article.id, title=article.title, source=article.source, published=article.published, url=article.url
    )
