"""One commit of an index on a cluster, to be asked: what is known of it besides its articles, and how to search it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from index.clauses import Query
from index.engine import NOT_KNOWN, FacetCount, Match, SearchRequest
from index.engines.opensearch.cluster import Cluster, Json
from index.engines.opensearch.documents import join
from index.engines.opensearch.queries import narrow
from index.engines.opensearch.scanning import count
from index.engines.opensearch.state import State
from index.errors import ArticleNotFoundError, ClusterUnavailableError, CursorExpiredError, IndexMissingError
from index.query_tree import Reading, read_query, restrict
from index.schema import read_stored

# Values of a facet that are counted, and languages; of authors the cluster counts no more.
MAX_VALUES = 10_000
# How long a walk may wait between two of its pieces.
_KEEP_ALIVE = "5m"


class Commit:
    """A commit that never changes; `pit` names a point in time at which it is asked, or None."""

    def __init__(self, cluster: Cluster, state: State, pit: str | None = None) -> None:
        self.cluster = cluster
        self.state = state
        self.generation = state.generation
        self._pit = pit

    def search(self, body: Json, request: SearchRequest | None = None) -> Json:
        """Run a search; the same request is answered by the same copies of the index, whose scores are the same."""
        if self._pit:
            try:
                return self.cluster.search(None, body | {"pit": {"id": self._pit, "keep_alive": _KEEP_ALIVE}})
            except IndexMissingError:
                raise CursorExpiredError from None
        preference = hashlib.blake2b(request.query.encode("utf-8", "replace"), digest_size=8) if request else None
        chosen = {"preference": preference.hexdigest()} if preference else {}
        try:
            return self.cluster.search(self.state.build, body, **chosen)
        except IndexMissingError as error:
            # A rebuild has taken its place, and the run after that has deleted it: while it was asked.
            raise ClusterUnavailableError(f"{error} It was replaced just now.") from error

    @contextmanager
    def fixed(self) -> Iterator[Commit]:
        """Give the same commit at a point in time: whatever is committed, deleted or merged, it stays as it is."""
        path = f"/{self.state.build}/_search/point_in_time"
        pit = self.cluster.ask("POST", path, keep_alive=_KEEP_ALIVE)["pit_id"]
        try:
            yield Commit(self.cluster, self.state, pit)
        finally:
            self.cluster.ask("DELETE", "/_search/point_in_time", {"pit_id": [pit]})

    def read(self, query: Query, match: Match, request: SearchRequest | None = None) -> list[Reading]:
        """Return what a query is in the languages of the articles, within the dates of a request."""
        readings = read_query(query, match, self.languages, _may_hold, surfaces_in_order=True)
        if request is not None:
            readings = [reading._replace(tree=restrict(reading.tree, request)) for reading in readings]
        return readings

    def within(self, query: Json, *filters: Json, without: Iterable[Json] = ()) -> Json:
        """Return a query as one for the articles of this commit."""
        return narrow(query, self.state.to_filter(), *filters, without=without)

    def count(self, query: Json) -> int:
        """Return how many articles a query finds."""
        return count(self.cluster, self.state.build, self.within(query))

    def article(self, article_id: str) -> bytes:
        """Return what is stored of an article; raises `ArticleNotFoundError`."""
        return self.numbered_article(article_id)[1]

    def numbered_article(self, article_id: str) -> tuple[int, bytes]:
        """Return the same with the number of its version."""
        found = self._stored({"term": {"id": article_id}}, 1)
        if not found:
            raise ArticleNotFoundError(article_id)
        return next(iter(found.items()))

    def articles(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return what is stored of some articles, by their numbers, as `schema.read_stored` gives it."""
        found = self._stored({"terms": {"number": list(numbers)}}, len(numbers)) if numbers else {}
        return {number: read_stored(encoded) for number, encoded in found.items()}

    def _stored(self, query: Json, size: int) -> dict[int, bytes]:
        body = {
            "query": self.within({"bool": {"filter": [query]}}),
            "size": size,
            "_source": ["article"],
            "docvalue_fields": ["number"],
        }
        return {hit["fields"]["number"][0]: stored_of(hit) for hit in self.search(body)["hits"]["hits"]}

    def doc_freqs(self, stems: Collection[str]) -> dict[str, int]:
        """Return how many articles have each of some stems in title or body.

        By what one shard says, and with those that are deleted: it is for weighing words. No article is looked at.
        """
        body = {
            "doc": {"text": join(stems)},
            "fields": ["text"],
            "term_statistics": True,
            "field_statistics": False,
            "positions": False,
            "offsets": False,
        }
        answer = self.cluster.ask("POST", f"/{self.state.build}/_termvectors", body)
        found = answer.get("term_vectors", {}).get("text", {}).get("terms", {})
        return {stem: found.get(stem, {}).get("doc_freq", 0) for stem in stems}

    @cached_property
    def languages(self) -> tuple[str | None, ...]:
        """Return the languages of the articles, `None` among them where that of an article is not known."""
        counts = self.count_values("language")
        known = tuple(facet.value for facet in to_facet_counts(counts))
        return known if known and NOT_KNOWN not in counts else (*known, None)

    def count_values(self, field: str) -> dict[str, int]:
        """Count how many articles have each value of a field, and which have none."""
        body = {
            "query": self.within({"match_all": {}}),
            "size": 0,
            "aggs": {"values": {"terms": {"field": field, "size": MAX_VALUES}}},
        }
        buckets = self.search(body)["aggregations"]["values"]["buckets"]
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}

    @cached_property
    def num_articles(self) -> int:
        """Return how many articles there are."""
        return self.count({"match_all": {}})

    @cached_property
    def has_stories(self) -> bool:
        """Say whether any article has a near-duplicate."""
        return self.count({"exists": {"field": "story"}}) > 0

    @cached_property
    def newest(self) -> int | None:
        """Return the time of the newest article, in seconds since 1970; None where all are undated."""
        body = {
            "query": self.within({"match_all": {}}),
            "size": 0,
            "aggs": {"newest": {"max": {"field": "seconds"}}},
        }
        newest = self.search(body)["aggregations"]["newest"]["value"]
        return None if newest is None else int(newest)


def stored_of(hit: Json) -> bytes:
    """Return what is stored of an article that was found."""
    encoded: str = hit["_source"]["article"]
    return encoded.encode()


def to_facet_counts(counts: Mapping[str, int]) -> tuple[FacetCount, ...]:
    """Return known values with their counts, the most frequent first."""
    found = [FacetCount(value, number) for value, number in counts.items() if value != NOT_KNOWN]
    return tuple(sorted(found, key=lambda facet: (-facet.count, facet.value)))


def _may_hold(languages: tuple[str | None, ...], stem: str) -> bool:
    # To ask takes as long as to search; a reading in which nothing is found does no harm.
    return True
