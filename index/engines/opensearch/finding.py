"""Which articles a query finds on a cluster, and which of them are on the page that is asked for."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from index import schema
from index.clauses import Query
from index.cursors import Cursor
from index.engine import FacetCount, FacetName, Match, SearchRequest
from index.engines.opensearch.cluster import Json
from index.engines.opensearch.commit import Commit, stored_of
from index.engines.opensearch.facets import read_facets, to_aggregations, to_filters
from index.engines.opensearch.folding import Fold, find_members
from index.engines.opensearch.mapping import WINDOW
from index.engines.opensearch.scanning import COLUMNS_ALONE
from index.engines.recency import GAIN

_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(slots=True)
class Found:
    """What a query found: the total, one page of (number, score), what is stored of those, the fold, the facets.

    `after` says where the last result of the page stands, for a cursor.
    """

    total: int
    page: list[tuple[int, float]]
    articles: dict[int, dict[str, Any]]
    fold: Fold
    facets: dict[FacetName, tuple[FacetCount, ...]]
    after: bytes


def find(
    commit: Commit, query: Query, match: Match, request: SearchRequest, start: int, cursor: Cursor | None
) -> Found:
    """Run a query, and give its results from a rank on: by score, or by time with the undated last.

    Of equals the one that was put first comes first.
    """
    scored = commit.read(query, match, request)
    if request.recency and request.sort == "relevance":
        scored = _prefer_newer(scored, commit.newest, request.recency)
    fold = find_members(commit, scored, request)
    filters = to_filters(request)
    body: Json = {
        "query": commit.within(scored, without=_numbered(fold.left_out)),
        "post_filter": {"bool": {"filter": list(filters.values())}},
        "sort": _order(request),
        "track_scores": True,
        "track_total_hits": True,
        "_source": ["article"],
        "docvalue_fields": ["number"],
        "size": request.size,
        "aggs": to_aggregations(request, filters, is_folded=bool(fold.members)),
    }
    if cursor and cursor.after:
        body["search_after"] = json.loads(cursor.after)
    elif start + request.size > WINDOW:
        body |= _walk_to(commit, body, request, start)
    else:
        body["from"] = start
    answer = commit.search(body, request)
    hits = answer["hits"]["hits"]
    return Found(
        total=answer["hits"]["total"]["value"],
        page=[(hit["fields"]["number"][0], hit["_score"]) for hit in hits],
        articles={hit["fields"]["number"][0]: schema.read_stored(stored_of(hit)) for hit in hits},
        fold=fold,
        facets=read_facets(request, answer.get("aggregations", {}), fold),
        after=json.dumps(hits[-1]["sort"]).encode() if hits else b"",
    )


def _numbered(numbers: list[int]) -> list[Json]:
    return [{"terms": {"number": numbers}}] if numbers else []


def _order(request: SearchRequest) -> list[Json]:
    if request.sort == "relevance":
        return [{"_score": "desc"}, {"place": "asc"}]
    direction = "desc" if request.sort == "newest" else "asc"
    return [{"seconds": {"order": direction, "missing": "_last"}}, {"place": "asc"}]


def _walk_to(commit: Commit, body: Json, request: SearchRequest, start: int) -> Json:
    """Return what has a search begin at a rank that is too deep to be named."""
    steps = body | {"aggs": {}, "track_total_hits": False} | COLUMNS_ALONE
    del steps["_source"], steps["docvalue_fields"]
    while start > 0:
        steps["size"] = min(start, WINDOW)
        hits = commit.search(steps, request)["hits"]["hits"]
        if len(hits) < steps["size"]:
            return {"size": 0}
        steps["search_after"] = hits[-1]["sort"]
        start -= len(hits)
    return {"search_after": steps["search_after"]} if "search_after" in steps else {}


def _prefer_newer(query: Json, newest: int | None, half_life: float) -> Json:
    """Return a query whose scores are multiplied by the prior of `index.engines.recency`."""
    if newest is None:
        return query
    today = schema.to_seconds(dt.datetime.now(dt.UTC).date()) + _SECONDS_A_DAY
    origin = min(newest, today)
    decay = {"origin": origin, "scale": half_life * _SECONDS_A_DAY, "decay": 0.5}
    functions: list[Json] = [
        {"weight": 1.0},
        {"filter": {"range": {"seconds": {"gte": origin}}}, "weight": GAIN},
        {"filter": {"range": {"seconds": {"lt": origin}}}, "exp": {"seconds": decay}, "weight": GAIN},
    ]
    return {"function_score": {"query": query, "functions": functions, "score_mode": "sum", "boost_mode": "multiply"}}
