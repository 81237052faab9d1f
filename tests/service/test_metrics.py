from __future__ import annotations

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from index.errors import IndexCorruptError, IndexMissingError
from tests.service.conftest import make_client
from tests.service.memory_engine import MemoryEngine


def read(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Return every figure by its name and the values of its labels, in the order of their names."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_method_and_status(archive_client: FlaskClient) -> None:
    for path in ("/api/search?q=strike", "/api/search?q=harbour", "/api/search?page=0", "/no/such/path"):
        archive_client.get(path)
    archive_client.open("/healthz", method="BREW")
    figures = read(archive_client)
    assert figures["dateline_requests_total", "GET", "/api/search", "200"] == 2
    assert figures["dateline_requests_total", "GET", "/api/search", "400"] == 1
    assert figures["dateline_requests_total", "GET", "none", "404"] == 1
    assert figures["dateline_requests_total", "other", "none", "405"] == 1
    assert figures["dateline_request_seconds_count", "/api/search"] == 3
    assert figures["dateline_search_seconds_count",] == 2


def test_what_searches_cost_is_told(client: FlaskClient) -> None:
    cost = client.get("/api/search?q=moscow").get_json()["cost"]
    assert cost > 0
    client.get("/api/search?q=moscow+talks")
    figures = read(client)
    assert figures["dateline_search_cost_count",] == 2
    assert figures["dateline_search_cost_sum",] > cost


def test_the_index_is_told(archive: MemoryEngine) -> None:
    client = make_client(archive)
    figures = read(client)
    assert figures["dateline_index_available",] == 1
    assert figures["dateline_index_articles",] == len(archive.articles)
    assert figures["dateline_index_generation",] == archive.stats().generation
    assert figures["dateline_index_stale",] == 0
    archive.newer_fails = IndexCorruptError("It is damaged.")
    assert read(client)["dateline_index_stale",] == 1
    archive.failure = IndexMissingError("There is none.")
    figures = read(client)
    assert figures["dateline_index_available",] == 0
    assert ("dateline_index_articles",) not in figures
