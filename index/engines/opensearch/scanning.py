"""Walking through all of what a search finds, a piece at a time, in the order of a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.engines.opensearch.cluster import Cluster, Json

# What one answer holds: some bytes to some hundred each.
_PIECE = 5_000


# A document's own name and source are not read, which would take most of the time: what is asked for is in columns.
COLUMNS_ALONE: Json = {"stored_fields": "_none_"}


def scan(cluster: Cluster, build: str, query: Json, fields: Sequence[str]) -> Iterator[Json]:
    """Yield the values of some fields of all that a query finds, ascending by `number`; lists of one as the one."""
    body: Json = COLUMNS_ALONE | {
        "query": query,
        "size": _PIECE,
        "sort": [{"number": "asc"}],
        "docvalue_fields": ["number", *fields],
        "track_total_hits": False,
    }
    while True:
        hits = cluster.search(build, body)["hits"]["hits"]
        for hit in hits:
            yield {name: each[0] if len(each) == 1 else each for name, each in hit["fields"].items()}
        if len(hits) < _PIECE:
            return
        body["search_after"] = hits[-1]["sort"]


def count(cluster: Cluster, build: str, query: Json) -> int:
    """Return how many documents a query finds, exactly."""
    found = cluster.search(build, {"query": query, "size": 0, "track_total_hits": True})
    return int(found["hits"]["total"]["value"])
