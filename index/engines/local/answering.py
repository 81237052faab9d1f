"""What a request finds: its query read, its patterns expanded, its words relaxed where no article has them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from index.clauses import Everything, Leaf, Query
from index.compounds import loosen
from index.engine import Match, SearchRequest
from index.engines.local.expanding import expand
from index.engines.local.finding import Found, find
from index.engines.local.snapshot import Snapshot
from index.engines.relaxing import can_relax
from index.query_language import parse


class Answer(NamedTuple):
    """The query as it was run, the words that its patterns stand for, what its words meant then, and what it found."""

    query: Query
    expanded: Mapping[Leaf, Sequence[str]]
    match: Match
    found: Found
    relaxed: bool


def answer(snapshot: Snapshot, request: SearchRequest, start: int = 0, max_cost: int | None = None) -> Answer:
    """Find what a request asks for, and give its results from a rank on; raises `QueryTooCostlyError`."""
    # An empty query is a wish to browse, not one for nothing.
    query = parse(request.query) if request.query.strip() else Query(Everything())
    query, expanded = expand(query, snapshot)
    match = request.match
    if match == "any":
        query = loosen(query)
    found = find(snapshot, query, match, request, start, max_cost)
    relaxed = not found.total and match == "all" and can_relax(query)
    if relaxed:
        match = "any"
        found = find(snapshot, query, match, request, start, max_cost)
        relaxed = found.total > 0
    return Answer(query, expanded, match, found, relaxed)
