"""Sending documents to a cluster: many at a time, no faster than it takes them, and again what it could not take.

While a request is under way the next documents are made; a third waits until one of two is done. What a node refuses
because it has too much to do, and what a lost one did not answer, is sent again after a while that doubles. Documents
carry their ids, so that one that arrives twice is there once.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from index.engines.opensearch.cluster import Cluster, Json
from index.errors import ClusterUnavailableError, DatelineError

# Documents of a request, and characters: what some ten milliseconds of a node's work are worth its overhead.
_MAX_DOCUMENTS, _MAX_CHARACTERS = 1_000, 6 << 20
_MAX_UNDER_WAY = 2
# The last of these waits makes half a minute; together they bridge a node's death and another's taking over.
_FIRST_WAIT, _MAX_TRIES = 0.5, 8
_PASSING = (429, 502, 503, 504)

_log = logging.getLogger("dateline.index")


class BulkSender:
    """Sends documents into a build, in no order; not safe to share between threads."""

    def __init__(self, cluster: Cluster, build: str) -> None:
        self._cluster = cluster
        self._build = build
        self._waiting: list[tuple[str, Json]] = []
        self._size = 0
        self._threads = ThreadPoolExecutor(_MAX_UNDER_WAY, thread_name_prefix="bulk")
        self._under_way: deque[Future[None]] = deque()

    def add(self, key: str, document: Json) -> None:
        """Send a document sooner or later, in place of one of the same key; raises what went wrong with others."""
        self._waiting.append((key, document))
        self._size += len(document["body"]) * 3 + len(document["article"])
        if len(self._waiting) >= _MAX_DOCUMENTS or self._size >= _MAX_CHARACTERS:
            self._send()

    def _send(self) -> None:
        while len(self._under_way) >= _MAX_UNDER_WAY:
            self._under_way.popleft().result()
        waiting, self._waiting, self._size = self._waiting, [], 0
        self._under_way.append(self._threads.submit(send_all, self._cluster, self._build, waiting))

    def flush(self) -> None:
        """Wait until all is there; raises what went wrong."""
        if self._waiting:
            self._send()
        while self._under_way:
            self._under_way.popleft().result()

    def close(self) -> None:
        """Send nothing more, and wait for what is under way."""
        self._waiting = []
        self._threads.shutdown(cancel_futures=True)


def send_all(cluster: Cluster, index: str, documents: Sequence[tuple[str, Json]]) -> None:
    """Send documents, and again those that were not taken; raises `DatelineError` for one that can't be."""
    wait = _FIRST_WAIT
    for tries_left in reversed(range(_MAX_TRIES)):
        try:
            documents = _send_once(cluster, index, documents)
            why = f"{len(documents)} documents were not taken yet"
        except ClusterUnavailableError as error:
            why = str(error)
            if not tries_left:
                raise
        if not documents:
            return
        if tries_left:
            _log.warning("%s goes on in %.1f s: %s", cluster.address, wait, why)
            time.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 -- no secret
            wait *= 2
    raise ClusterUnavailableError(f"The cluster of {cluster.address} takes no more documents; it has too much to do.")


def _send_once(cluster: Cluster, index: str, documents: Sequence[tuple[str, Json]]) -> list[tuple[str, Json]]:
    """Send documents, and return those that may be taken another time."""
    lines: list[Json] = []
    for key, document in documents:
        lines += [{"index": {"_index": index, "_id": key}}, document]
    refused = []
    for pair, item in zip(documents, cluster.bulk(lines), strict=True):
        if item["status"] in _PASSING:
            refused.append(pair)
        elif "error" in item:
            raise DatelineError(f"{cluster.address} does not take the document {pair[0]}: {item['error']}")
    return refused
