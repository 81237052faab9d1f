"""Which articles a query finds on a cluster, and which of them are on the page that is asked for."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from index import schema
from index.clauses import Query
from index.cursors import Cursor
from index.engine import FacetCount, FacetName, Match, ScorePart, SearchRequest
from index.engines.feedback import NUM_ARTICLES, add_feedback, telling_words
from index.engines.opensearch.cluster import Json
from index.engines.opensearch.commit import Commit, stored_of
from index.engines.opensearch.explaining import explain
from index.engines.opensearch.facets import read_facets, to_aggregations, to_filters
from index.engines.opensearch.folding import Fold, find_members
from index.engines.opensearch.mapping import WINDOW
from index.engines.opensearch.queries import to_dsl
from index.engines.opensearch.scanning import COLUMNS_ALONE
from index.engines.recency import GAIN
from index.query_tree import Reading

_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(slots=True)
class Found:
    """What a query found: the total, one page of (number, score), what is stored of those, the fold, the facets.

    `after` says where the last result of the page stands, for a cursor; `explained` has the parts of scores, if asked.
    """

    total: int
    page: list[tuple[int, float]]
    articles: dict[int, dict[str, Any]]
    fold: Fold
    facets: dict[FacetName, tuple[FacetCount, ...]]
    after: bytes
    explained: dict[int, tuple[ScorePart, ...]]


def find(
    commit: Commit, query: Query, match: Match, request: SearchRequest, start: int, cursor: Cursor | None
) -> Found:
    """Run a query, and give its results from a rank on: by score, or by time with the undated last.

    Of equals the one that was put first comes first.
    """
    is_by_score = request.sort == "relevance"
    readings = commit.read(query, match, request)
    filters = to_filters(request)
    asked = None
    if is_by_score and request.feedback:
        asked = {text for reading in readings for _, text in reading.tree.iter_all_terms()}
        readings = _with_feedback(commit, readings, request)
    scored = to_dsl(readings)
    if request.recency and is_by_score:
        scored = _prefer_newer(scored, commit.newest, request.recency)
    fold = find_members(commit, scored, request)
    body: Json = {
        "query": commit.within(scored, without=_numbered(fold.left_out)),
        "post_filter": {"bool": {"filter": list(filters.values())}},
        "sort": _order(request),
        "track_scores": True,
        "track_total_hits": True,
        "_source": ["article"],
        "docvalue_fields": ["number"],
        "size": request.size,
        "explain": request.explain and is_by_score,
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
        explained={
            hit["fields"]["number"][0]: explain(hit["_explanation"], hit["_score"], asked)
            for hit in hits
            if "_explanation" in hit
        },
    )


def _with_feedback(commit: Commit, readings: list[Reading], request: SearchRequest) -> list[Reading]:
    """Return readings that find the same, and rank it by words of the best articles, too."""
    body = {
        "query": commit.within(to_dsl(readings), *to_filters(request).values()),
        "sort": [{"_score": "desc"}, {"place": "asc"}],
        "_source": ["article"],
        "size": NUM_ARTICLES,
    }
    hits = commit.search(body, request)["hits"]["hits"]
    best = [(schema.from_stored(stored_of(hit)), hit["_score"]) for hit in hits]
    telling = telling_words(best, lambda stems: {stem for stem, freq in commit.doc_freqs(stems).items() if freq > 1})
    return [add_feedback(reading, telling) for reading in readings]


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
