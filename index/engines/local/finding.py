"""Which articles a query finds, and which of them are on the page that is asked for."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.clauses import Bag, Boosted, Leaf, Not, Query, is_narrowing
from index.codec.kernels.ranks import select_ranks
from index.codec.searching.view import Words
from index.engine import FacetCount, FacetName, Match, SearchRequest
from index.engines.local.folding import Fold
from index.engines.local.snapshot import Snapshot, unite
from index.query_tree import Reading, read_query, restrict

# From this rank on all that matches is scored and the page is looked for, which takes the same time on any page; up to
# it the best are kept while scoring, which takes less.
DEEP = 1000


class Found(NamedTuple):
    """What a query found: the exact total, one page of (doc id, score), the fold, the readings and filters."""

    total: int
    page: list[tuple[int, float]]
    fold: Fold | None
    readings: list[Reading]
    filters: dict[FacetName, list[Words]]


def find(snapshot: Snapshot, query: Query, match: Match, request: SearchRequest, start: int) -> Found:
    """Run a query, and give its results from a rank on: by score, or by time with the undated last.

    Of equals the one with the lowest doc id comes first.
    """
    readings = [
        reading._replace(tree=restrict(reading.tree, request))
        for reading in read_query(query, match, snapshot.languages)
    ]
    filters = snapshot.filters(request)
    left_out = _left_out_by(filters)
    is_by_score = request.sort == "relevance"
    fold = None
    if request.duplicates == "fold" and (stories := snapshot.stories) is not None:
        fold = stories.fold(*snapshot.match_stories(readings, stories, left_out))
    if fold is not None:
        left_out = unite(snapshot.to_bitmaps(fold.left_out(by_score=is_by_score)), left_out)
    end = start + request.size
    if is_by_score and start < DEEP:
        hits = snapshot.search(readings, end, left_out)
        page = zip(hits.doc_ids[start:].tolist(), hits.scores[start:].tolist(), strict=True)
        return Found(hits.total, list(page), fold, readings, filters)
    doc_ids, scores = snapshot.match(readings, left_out)
    if is_by_score:
        # The bits of a number above 0 are in its order, and inverted in the reverse one.
        keys = ~scores.view(np.uint64)
    else:
        keys = _keys_of_time(snapshot.published[doc_ids], newest_first=request.sort == "newest")
    places = select_ranks(keys, start, end)
    page = zip(doc_ids[places].tolist(), scores[places].tolist(), strict=True)
    return Found(doc_ids.size, list(page), fold, readings, filters)


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


def _keys_of_time(seconds: NDArray[np.int64], *, newest_first: bool) -> NDArray[np.uint64]:
    """Return keys of which the lowest come first: times in their order or the reverse one, the undated last."""
    ordered = np.negative(seconds) if newest_first else seconds.copy()
    ordered[seconds == schema.UNDATED] = np.iinfo(np.int64).max
    return ordered.view(np.uint64) ^ np.uint64(1 << 63)


def can_relax(query: Query) -> bool:
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
