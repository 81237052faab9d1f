from __future__ import annotations

import io
import json
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.logs import logging_config
from service.settings import read_settings
from tests.service.conftest import make_client
from tests.service.memory_engine import MemoryEngine

Configure = Callable[..., io.StringIO]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Log as the service would, into what is returned."""

    def with_settings(**settings: object) -> io.StringIO:
        stream = io.StringIO()
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setattr("sys.stderr", stream)
        logging.config.dictConfig(logging_config(read_settings(settings, {})))
        return stream

    yield with_settings
    for name in ("dateline", "dateline.requests", "service.app", "gunicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)
    logging.getLogger().handlers = []


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_without_its_query(archive: MemoryEngine, configure: Configure) -> None:
    stream = configure()
    client = make_client(archive)
    with client.get("/api/search?q=secret", headers={"X-Request-ID": "from-the-proxy:1"}) as answer:
        assert answer.headers["X-Request-ID"] == "from-the-proxy:1"
    (line,) = lines(stream)
    assert "secret" not in stream.getvalue()
    assert {name: line[name] for name in ("level", "request_id", "method", "path", "route", "status", "bytes")} == {
        "level": "INFO",
        "request_id": "from-the-proxy:1",
        "method": "GET",
        "path": "/api/search",
        "route": "/api/search",
        "status": 200,
        "bytes": answer.content_length,
    }
    assert 0 < line["ms"] < 60_000
    assert line["time"].startswith("20")


def test_queries_are_logged_where_a_setting_says_so(archive: MemoryEngine, configure: Configure) -> None:
    stream = configure()
    client = make_client(archive, DATELINE_LOG_QUERIES="on")
    client.get("/search?q=tillerson&sort=newest").close()
    assert lines(stream)[0]["query"] == "q=tillerson&sort=newest"


def test_a_person_reads_text(archive: MemoryEngine, configure: Configure) -> None:
    stream = configure(DATELINE_LOG_FORMAT="text")
    make_client(archive).get("/healthz").close()
    assert "INFO 200 GET /healthz " in stream.getvalue()


@pytest.mark.parametrize("unusable", ["", "two words", "x" * 129, "id\u2028", '{"level":"ERROR"}'])
def test_an_id_that_cannot_be_used_is_replaced(archive_client: FlaskClient, unusable: str) -> None:
    answer = archive_client.get("/healthz", headers={"X-Request-ID": unusable.encode().decode("latin-1")})
    assert len(answer.headers["X-Request-ID"]) == 32
    assert answer.headers["X-Request-ID"] != archive_client.get("/healthz").headers["X-Request-ID"]


def test_an_error_has_the_id_of_its_request(configure: Configure) -> None:
    stream = configure()
    client = make_client(MemoryEngine(failure=ZeroDivisionError()), TESTING=False)
    with client.get("/api/stats") as answer:
        assert answer.status_code == 500
    of_error, of_request = lines(stream)
    assert of_error["level"] == "ERROR"
    assert "ZeroDivisionError" in of_error["exc_info"]
    assert of_error["request_id"] == of_request["request_id"] == answer.headers["X-Request-ID"]
