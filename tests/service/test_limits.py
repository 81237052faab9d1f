from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index import deadline
from service.settings import SettingError
from tests.service.conftest import make_client
from tests.service.memory_engine import MemoryEngine


def statuses(client: FlaskClient, path: str, times: int, **headers: str) -> list[int]:
    return [client.get(path, headers=headers).status_code for _ in range(times)]


@pytest.mark.parametrize("path", ["/api/search", "/search", "/healthz"])
def test_request_that_is_too_large_is_refused_unread(path: str) -> None:
    client = make_client(MemoryEngine(), DATELINE_MAX_REQUEST_SIZE=100)
    assert client.get(path, data=b"x" * 100).status_code == 200
    response = client.get(path, data=b"x" * 101)
    assert response.status_code == 413
    assert "The body of a request has at most 100 bytes." in response.text
    if path != "/search":
        assert response.get_json(force=True)["type"] == "/problems/request-too-large"


def test_who_asks_too_often_is_told_when_to_ask_again(archive: MemoryEngine) -> None:
    client = make_client(archive, DATELINE_RATE_LIMIT="3/minute")
    assert statuses(client, "/api/search", 4) == [200, 200, 200, 429]
    response = client.get("/search")
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert "One address may ask 3 per 1 minute." in response.text
    assert client.get("/api/stats").get_json(force=True)["type"] == "/problems/too-many-requests"
    # What was refused is counted and carries the headers, too, and who watches is never refused.
    assert "default-src" in response.headers["Content-Security-Policy"]
    assert statuses(client, "/healthz", 5) == statuses(client, "/readyz", 5) == [200] * 5
    assert 'route="/api/search",status="429"' in client.get("/metrics").text


def test_nobody_is_refused_by_default(archive: MemoryEngine) -> None:
    assert set(statuses(make_client(archive), "/api/stats", 100)) == {200}


def test_an_address_is_what_trusted_proxies_say(archive: MemoryEngine) -> None:
    def ask(client: FlaskClient, said: str) -> int:
        return client.get("/api/stats", headers={"X-Forwarded-For": said}).status_code

    client = make_client(archive, DATELINE_RATE_LIMIT="1/minute")
    assert [ask(client, "10.0.0.1"), ask(client, "10.0.0.2")] == [200, 429]
    client = make_client(archive, DATELINE_RATE_LIMIT="1/minute", DATELINE_TRUSTED_PROXIES=1)
    assert [ask(client, "10.0.0.1"), ask(client, "10.0.0.2"), ask(client, "10.0.0.9, 10.0.0.1")] == [200, 200, 429]


@pytest.mark.parametrize(("name", "value"), [("RATE_LIMIT", "often"), ("RATE_STORAGE", "nowhere://x")])
def test_limit_that_cannot_be_kept_ends_the_start(name: str, value: str, tmp_path: Path) -> None:
    config = {"DATELINE_RATE_LIMIT": "1/minute", f"DATELINE_{name}": value}
    with pytest.raises(SettingError, match=f"DATELINE_{name}"):
        make_client(None, DATELINE_INDEX=tmp_path, **config)


def test_a_query_past_its_time_is_a_503_that_says_when_to_try_again(
    seed_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(None, DATELINE_INDEX=seed_index, DATELINE_MAX_QUERY_SECONDS=2)
    # A second passes whenever the clock is looked at.
    monkeypatch.setattr(deadline, "_clock", itertools.count().__next__)
    for path in ("/api/search?q=moscow", "/export.csv?q=moscow", "/export.jsonl", "/feed.atom?q=moscow"):
        answer = client.get(path)
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
        assert answer.get_json()["type"] == "/problems/query-timed-out"
        assert "longer than the 2 seconds" in answer.get_json()["detail"]
        assert int(answer.headers["Retry-After"]) > 0
    assert "The query took too long" in client.get("/search?q=moscow").text
    without = make_client(None, DATELINE_INDEX=seed_index, DATELINE_MAX_QUERY_SECONDS=0)
    assert without.get("/api/search?q=moscow").status_code == 200
