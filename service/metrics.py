"""Figures for Prometheus: what was asked, how long it took, and what is in the index.

Under gunicorn each process counts for itself, in files of the folder that `PROMETHEUS_MULTIPROC_DIR` names, and
whichever process is asked adds them up; the counts of one that has died stay in the sum. Without that folder, as in
tests, there is one process and it keeps its counts in memory.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from index.engine import SearchEngine, SearchResponse
from index.errors import IndexUnavailableError
from service.context import current_service
from service.turns import CAME_AT

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

# From what a common word takes to what a person gives up on, in seconds.
_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

# Whoever asks may make up methods, and each new label is kept for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})

blueprint = Blueprint("metrics", __name__)


class Metrics:
    """What one application counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "dateline_requests", "Requests that were answered.", ["route", "method", "status"], registry=self._registry
        )
        self._request_seconds = Histogram(
            "dateline_request_seconds",
            "Time to answer a request, by route.",
            ["route"],
            buckets=_BOUNDS,
            registry=self._registry,
        )
        self._search_seconds = Histogram(
            "dateline_search_seconds", "The engine's own time for a search.", buckets=_BOUNDS, registry=self._registry
        )

        self._search_cost = Histogram(
            "dateline_search_cost",
            "Places of the index that a search may touch, as known before it is run.",
            buckets=[10**power for power in range(2, 10)],
            registry=self._registry,
        )

    def count_request(self, status: int, seconds: float) -> None:
        """Count the current request, which was answered."""
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count_search(self, response: SearchResponse) -> None:
        """Count a search that the engine has answered."""
        self._search_seconds.observe(response.took_ms / 1000)
        self._search_cost.observe(response.cost)

    def write(self, engine: SearchEngine) -> bytes:
        """Return all figures in Prometheus's text format."""
        registry = self._registry
        if FOLDER_VARIABLE in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        of_index = CollectorRegistry()
        of_index.register(_IndexCollector(engine))
        return generate_latest(registry) + generate_latest(of_index)


class _IndexCollector(Collector):
    """Asks the engine what it holds when it is asked itself; nothing is remembered that could be out of date."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Yield what is in the index, or that there is none to ask."""
        try:
            stats = self._engine.stats()
        except IndexUnavailableError:
            yield GaugeMetricFamily("dateline_index_available", "Whether the index can be asked.", 0)
            return
        yield GaugeMetricFamily("dateline_index_available", "Whether the index can be asked.", 1)
        is_stale = self._engine.trouble() is not None
        yield GaugeMetricFamily("dateline_index_stale", "Whether a newer generation cannot be opened.", int(is_stale))
        yield GaugeMetricFamily("dateline_index_generation", "Commits of the index so far.", stats.generation)
        yield GaugeMetricFamily("dateline_index_articles", "Articles in the index.", stats.articles)
        yield GaugeMetricFamily("dateline_index_bytes", "Size of the index on disk.", stats.size_bytes)
        committed = stats.committed_at.timestamp()
        yield GaugeMetricFamily("dateline_index_committed_timestamp_seconds", "When it was last changed.", committed)


def register(app: Flask) -> None:
    """Have every answer of the application counted."""

    @app.after_request
    def count(response: Response) -> Response:
        taken = time.perf_counter() - request.environ[CAME_AT]
        current_service().metrics.count_request(response.status_code, taken)
        return response

    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return all figures, of all processes."""
    service = current_service()
    return Response(service.metrics.write(service.engine), content_type=CONTENT_TYPE_LATEST)
