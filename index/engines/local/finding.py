"""Which articles a query finds, and which of them are on the page that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.clauses import Bag, Boosted, Leaf, Not, Query, is_narrowing
from index.engine import Match, SearchRequest
from index.engines.local.folding import DocIds, Fold, Scores
from index.engines.local.snapshot import Snapshot
from index.query_tree import Reading, read_query, restrict


class Found(NamedTuple):
    """What a query found: the exact total, one page of (doc id, score), all doc ids where they are needed, the fold."""

    total: int
    page: list[tuple[int, float]]
    doc_ids: DocIds
    fold: Fold | None


_NO_DOC_IDS: DocIds = np.empty(0, np.int64)


def find(snapshot: Snapshot, query: Query, match: Match, request: SearchRequest) -> Found:
    """Run a query: relevance by score, dates by time with the undated last; ties by doc id, lowest first."""
    readings = [
        reading._replace(tree=restrict(reading.tree, request))
        for reading in read_query(query, match, snapshot.languages)
    ]
    start, end = (request.page - 1) * request.size, request.page * request.size
    is_by_score = request.sort == "relevance"
    matching = snapshot.match(readings) if request.facets or not is_by_score else None
    prior = snapshot.prior(request.recency) if is_by_score and request.recency else None
    fold = _fold(snapshot, readings, matching, prior) if request.duplicates == "fold" else None
    left_out = fold.left_out(by_score=is_by_score) if fold else None
    if is_by_score:
        hits = snapshot.search(readings, end, left_out, prior)
        page = list(zip(hits.doc_ids[start:].tolist(), hits.scores[start:].tolist(), strict=True))
        return Found(hits.total, page, matching[0] if matching else _NO_DOC_IDS, fold)
    doc_ids, scores = all_doc_ids, _ = matching or snapshot.match(readings)
    if left_out is not None:
        is_kept = np.ones(snapshot.num_docs, np.bool_)
        is_kept[left_out] = False
        doc_ids, scores = doc_ids[is_kept[doc_ids]], scores[is_kept[doc_ids]]
    order = _order_by_time(snapshot.published[doc_ids], newest_first=request.sort == "newest")[start:end]
    page = list(zip(doc_ids[order].tolist(), scores[order].tolist(), strict=True))
    return Found(len(doc_ids), page, all_doc_ids, fold)


def _fold(
    snapshot: Snapshot, readings: Sequence[Reading], matching: tuple[DocIds, Scores] | None, prior: Scores | None
) -> Fold | None:
    """Return what becomes of near-duplicates among the articles that match, which may be known; None for nothing."""
    stories = snapshot.stories
    if stories is None:
        return None
    if matching is None:
        places, scores = snapshot.match_stories(readings, stories)
    else:
        doc_ids, scores = matching
        places = stories.place_of[doc_ids]
        places, scores = places[places >= 0], scores[places >= 0]
    return stories.fold(places, scores if prior is None else scores * prior[stories.doc_ids[places]])


def _order_by_time(seconds: NDArray[np.int64], *, newest_first: bool) -> NDArray[np.int64]:
    """Return the order of articles by their times; the undated come last, and of equals the first comes first."""
    is_undated = seconds == schema.UNDATED
    return np.lexsort((np.negative(seconds) if newest_first else seconds, is_undated))


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
