"""What is in an index on a cluster, in figures."""

from __future__ import annotations

import datetime as dt

from index.engine import Stats
from index.engines.opensearch.commit import Commit, to_facet_counts
from index.engines.opensearch.ledgers import committed_at

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def make_stats(commit: Commit) -> Stats:
    """Count what is in the index. Its size is that of one copy of each shard."""
    body = {
        "query": commit.within({"match_all": {}}),
        "size": 0,
        "track_total_hits": True,
        "aggs": {
            "earliest": {"min": {"field": "seconds"}},
            "latest": {"max": {"field": "seconds"}},
            "undated": {"missing": {"field": "seconds"}},
        },
    }
    answer = commit.search(body)
    counted = answer["aggregations"]
    return Stats(
        articles=answer["hits"]["total"]["value"],
        generation=commit.generation,
        size_bytes=_size_of(commit),
        committed_at=committed_at(commit.cluster, commit.state),
        earliest=_to_date(counted["earliest"]["value"]),
        latest=_to_date(counted["latest"]["value"]),
        undated=counted["undated"]["doc_count"],
        sources=to_facet_counts(commit.count_values("source_exact")),
        languages=to_facet_counts(commit.count_values("language")),
    )


def _size_of(commit: Commit) -> int:
    build = commit.state.build
    answer = commit.cluster.ask("GET", f"/{build}/_stats/store", level="shards")
    # Any copy of a shard will do: while a node is lost there may be no other than replicas.
    shards = answer["indices"].get(build, {}).get("shards", {}).values()
    return sum(copies[0]["store"]["size_in_bytes"] for copies in shards)


def _to_date(seconds: float | None) -> dt.date | None:
    return None if seconds is None else (_EPOCH + dt.timedelta(seconds=int(seconds))).date()
