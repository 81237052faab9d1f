"""Counting the values that articles have, by the cluster's aggregations.

What is in no story is counted by the cluster, and the stories here (`folding.py`), each once for every value that its
articles have. Each facet is counted over what all filters but its own let through.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping

from index.engine import MAX_FACET_VALUES, NO_DATE, NOT_KNOWN, FacetCount, FacetName, SearchRequest
from index.engines.opensearch.cluster import Json
from index.engines.opensearch.commit import MAX_VALUES
from index.engines.opensearch.folding import Fold, let_through
from index.engines.opensearch.queries import to_filter
from index.periods import MAX_DAYS, MAX_DAYS_OF_MONTHS
from index.query_tree import read_filters
from index.schema import FACET_FIELDS

_MS_A_DAY = 24 * 60 * 60 * 1000
_EPOCH = dt.date(1970, 1, 1)
# Letters of a date that name its day, month or year.
_DAY, _MONTH, _YEAR = 10, 7, 4

_HAS_STORY: Json = {"exists": {"field": "story"}}


def to_filters(request: SearchRequest) -> dict[FacetName, Json]:
    """Return what each of the request's filters lets through."""
    return {name: to_filter(tree) for name, tree in read_filters(request).items()}


def to_aggregations(request: SearchRequest, filters: Mapping[FacetName, Json], *, is_folded: bool) -> Json:
    """Return the aggregations that count the facets of a request."""
    aggregations: Json = {}
    for name in request.facets:
        rules: Json = {"filter": [each for other, each in filters.items() if other != name]}
        if is_folded:
            rules["must_not"] = [_HAS_STORY]
        inner: Json
        if name == "published":
            days = {"field": "published", "calendar_interval": "day", "min_doc_count": 1}
            inner = {"values": {"date_histogram": days}, "undated": {"missing": {"field": "published"}}}
        else:
            inner = {"values": {"terms": {"field": FACET_FIELDS[name], "size": MAX_VALUES}}}
        aggregations[name] = {"filter": {"bool": rules}, "aggs": inner}
    return aggregations


def read_facets(request: SearchRequest, counted: Json, fold: Fold) -> dict[FacetName, tuple[FacetCount, ...]]:
    """Return the facets of an answer: what the cluster counted, and the stories besides."""
    facets: dict[FacetName, tuple[FacetCount, ...]] = {}
    for name in request.facets:
        buckets = counted[name]["values"]["buckets"]
        members = list(let_through(fold.members, request, but=name))
        if name == "published":
            days: Counter[int | None] = Counter({bucket["key"] // _MS_A_DAY: bucket["doc_count"] for bucket in buckets})
            days[None] = counted[name]["undated"]["doc_count"]
            facets[name] = _to_periods(days, [(each.story, each.day) for each in members])
        else:
            counts = Counter({bucket["key"]: bucket["doc_count"] for bucket in buckets})
            counts.update(
                value for _, value in {(each.story, value) for each in members for value in each.values[name]}
            )
            chosen = (*request.wanted(name), *request.unwanted(name))
            facets[name] = _most_frequent(counts, chosen)
    return facets


def _most_frequent(counts: Mapping[str, int], chosen: Iterable[str]) -> tuple[FacetCount, ...]:
    """Return the most frequent values and those that are chosen; what is not known last."""
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    kept = {*ranked[:MAX_FACET_VALUES], *(value for value in (*chosen, NOT_KNOWN) if counts.get(value))}
    found = [FacetCount(value, counts[value]) for value in ranked if value in kept and value != NOT_KNOWN]
    return (*found, *([FacetCount(NOT_KNOWN, counts[NOT_KNOWN])] if NOT_KNOWN in kept else []))


def _to_periods(days: Counter[int | None], of_stories: list[tuple[str, int | None]]) -> tuple[FacetCount, ...]:
    """Count days, months or years, by how long a time there is to tell: in order of time, the undated last."""
    dated = [day for day in (*days, *(day for _, day in of_stories)) if day is not None]
    span = max(dated) - min(dated) + 1 if dated else 0
    letters = _DAY if span <= MAX_DAYS else _MONTH if span <= MAX_DAYS_OF_MONTHS else _YEAR

    def name_of(day: int | None) -> str:
        return NO_DATE if day is None else str(_EPOCH + dt.timedelta(days=day))[:letters]

    counts: Counter[str] = Counter()
    for day, number in days.items():
        counts[name_of(day)] += number
    counts.update(period for _, period in {(story, name_of(day)) for story, day in of_stories})
    undated = counts.pop(NO_DATE, 0)
    found = [FacetCount(period, counts[period]) for period in sorted(counts)]
    return (*found, *([FacetCount(NO_DATE, undated)] if undated else []))
