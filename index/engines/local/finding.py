"""Which articles a query finds, and which of them are on the page that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from index.clauses import Bag, Boosted, Leaf, Not, Query, is_narrowing
from index.engine import Match, SearchRequest
from index.engines.local.folding import DocIds, Fold, Scores
from index.engines.local.snapshot import Snapshot
from index.query_tree import Reading, read_query, restrict


class Found(NamedTuple):
    """What a query found: the exact total, one page of (doc id, score), all doc ids where they are needed, the fold.

    `readings` and `prior` are what the scores are made of.
    """

    total: int
    page: list[tuple[int, float]]
    doc_ids: DocIds
    fold: Fold | None
    readings: Sequence[Reading] = ()
    prior: Scores | None = None


_NO_DOC_IDS: DocIds = np.empty(0, np.int64)


def find(snapshot: Snapshot, query: Query, match: Match, request: SearchRequest) -> Found:
    """Run a query: relevance by score, dates by time with the undated last; ties by doc id, lowest first."""
    readings = [
        reading._replace(tree=restrict(reading.tree, request))
        for reading in read_query(query, match, snapshot.languages)
    ]
    start, end = (request.page - 1) * request.size, request.page * request.size
    is_by_score = request.sort == "relevance"
    if is_by_score and request.feedback:
        readings = snapshot.add_feedback(readings)
    matching = snapshot.match(readings) if request.facets or not is_by_score else None
    prior = snapshot.prior(request.recency) if is_by_score and request.recency else None
    fold = _fold(snapshot, readings, matching, prior) if request.duplicates == "fold" else None
    left_out = fold.left_out(by_score=is_by_score) if fold else None
    if is_by_score:
        hits = snapshot.search(readings, end, left_out, prior)
        page = list(zip(hits.doc_ids[start:].tolist(), hits.scores[start:].tolist(), strict=True))
        return Found(hits.total, page, matching[0] if matching else _NO_DOC_IDS, fold, readings, prior)
    doc_ids, scores = matching or snapshot.match(readings)
    order = snapshot.newest_first if request.sort == "newest" else snapshot.oldest_first
    chosen = order.page(doc_ids, start, request.size, left_out)
    page = list(zip(chosen.tolist(), scores[np.searchsorted(doc_ids, chosen)].tolist(), strict=True))
    return Found(doc_ids.size - (0 if left_out is None else left_out.size), page, doc_ids, fold)


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
