"""Which articles a query finds, and which of them are on the page that is asked for."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from whoosh import query as whoosh_query

from index.clauses import Query
from index.codec.kernels.pages import select_ranks
from index.codec.searching.found import count_bits
from index.codec.searching.view import Words
from index.deadline import check_time
from index.engine import FacetCount, FacetName, Match, SearchRequest
from index.engines.local.folding import DocIds, Fold, Scores
from index.engines.local.snapshot import PreparedReading, Snapshot, unite
from index.errors import QueryTooCostlyError

# From this rank on all that matches is scored and the page is looked for, which takes the same time on any page; up to
# it the best are kept while scoring, which takes less.
DEEP = 1000


class Found(NamedTuple):
    """What a query found: the exact total, one page of (doc id, score), the fold, the filters.

    `readings` and `prior` are what the scores are made of. `cost` is what it cost at most, in places of the index.
    """

    total: int
    page: list[tuple[int, float]]
    fold: Fold | None
    readings: Sequence[PreparedReading]
    filters: dict[FacetName, list[Words]]
    prior: Scores | None = None
    cost: int = 0


def find(
    snapshot: Snapshot, query: Query, match: Match, request: SearchRequest, start: int, max_cost: int | None = None
) -> Found:
    """Run a query, and give its results from a rank on: by score, or by time with the undated last.

    Of equals the one with the lowest doc id comes first. Raises `QueryTooCostlyError`.
    """
    check_time()
    readings = snapshot.read(query, match, request)
    cost = snapshot.cost(readings)
    if max_cost is not None and cost > max_cost:
        raise QueryTooCostlyError(cost, max_cost)
    filters = snapshot.filters(request)
    left_out = _left_out_by(filters)
    is_by_score = request.sort == "relevance"
    if is_by_score and request.feedback:
        readings = snapshot.add_feedback(readings, left_out)
    prior = snapshot.prior(request.recency) if is_by_score and request.recency else None
    stories = snapshot.stories if request.duplicates == "fold" else None
    fold = None
    if is_by_score and start < DEEP:
        hits, fold = snapshot.search(readings, start + request.size, left_out, prior, stories)
        total, doc_ids, scores = hits.total, hits.doc_ids[start:], hits.scores[start:]
    else:
        if stories is not None:
            fold = stories.fold(*snapshot.match_stories(readings, stories, left_out, prior))
        if fold is not None:
            left_out = unite(snapshot.to_bitmaps(fold.left_out(by_score=is_by_score)), left_out)
        if is_by_score:
            total, doc_ids, scores = _find_deep(snapshot, readings, left_out, prior, start, start + request.size)
        else:
            total, doc_ids, scores = _find_by_time(snapshot, readings, left_out, request, start)
    page = list(zip(doc_ids.tolist(), scores.tolist(), strict=True))
    return Found(total, page, fold, readings, filters, prior, cost)


_Page = tuple[int, DocIds, Scores]


def _find_deep(
    snapshot: Snapshot,
    readings: list[PreparedReading],
    left_out: Sequence[Words] | None,
    prior: Scores | None,
    start: int,
    end: int,
) -> _Page:
    """Return the total, and the articles of some ranks with their scores."""
    if prior is None and all(_is_unscored(reading.tree) for reading, _ in readings):
        # Whoever walks the whole archive asks for this; as all score the same they come by their ids.
        matching = _match(snapshot, readings, left_out)
        doc_ids = snapshot.list_articles(matching, start, end)
        return sum(map(count_bits, matching)), doc_ids, snapshot.scores(readings, doc_ids)
    doc_ids, scores = snapshot.match_as_ranked(readings, left_out, prior)
    # The bits of a number above 0 are in its order, and inverted in the reverse one.
    places = select_ranks(~scores.view(np.uint64), start, end)
    return doc_ids.size, doc_ids[places], scores[places]


def _find_by_time(
    snapshot: Snapshot,
    readings: list[PreparedReading],
    left_out: Sequence[Words] | None,
    request: SearchRequest,
    start: int,
) -> _Page:
    """Return the same in the order of time; nothing but the page is scored."""
    matching = _match(snapshot, readings, left_out)
    order = snapshot.newest_first if request.sort == "newest" else snapshot.oldest_first
    doc_ids = order.page(matching, start, start + request.size)
    return sum(map(count_bits, matching)), doc_ids, snapshot.scores(readings, doc_ids)


def _match(snapshot: Snapshot, readings: list[PreparedReading], left_out: Sequence[Words] | None) -> list[Words]:
    """Return what matches and is not left out, as bitmaps."""
    matching = snapshot.bitmaps(readings)
    return matching if left_out is None else [words & ~more for words, more in zip(matching, left_out, strict=True)]


def _is_unscored(tree: whoosh_query.Query) -> bool:
    """Say whether a tree is every article, or those of them that a filter lets through."""
    while isinstance(tree, whoosh_query.Require):
        tree = tree.a
    return isinstance(tree, whoosh_query.Every)


def count_facets(snapshot: Snapshot, request: SearchRequest, found: Found) -> dict[FacetName, tuple[FacetCount, ...]]:
    """Count what a request asks to count, over what was found."""
    if not request.facets:
        return {}
    return snapshot.facet_columns.count(request, snapshot.bitmaps(found.readings), found.filters)


def _left_out_by(filters: dict[FacetName, list[Words]]) -> Sequence[Words] | None:
    """Return the articles that not all filters let through; None if there are none."""
    if not filters:
        return None
    return [~functools.reduce(np.bitwise_and, of_segment) for of_segment in zip(*filters.values(), strict=True)]
