from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index.job import run
from service import caching
from tests.service.conftest import make_client
from tests.service.memory_engine import MemoryEngine

BY_GENERATION = ["/", "/search?q=strike", "/articles/harbour-1", "/api/search?q=strike", "/api/articles/harbour-1",
                 "/api/stats"]  # fmt: skip


@pytest.mark.parametrize("path", BY_GENERATION)
def test_an_answer_that_is_known_is_not_made_again(archive: MemoryEngine, path: str) -> None:
    client = make_client(archive)
    first = client.get(path)
    assert first.headers["Cache-Control"] == "public, no-cache"
    asked = len(archive.requests)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(archive.requests) == asked
    assert client.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/api/search?page=0", "/api/articles/none", "/none"]
)
def test_what_is_true_now_alone_is_not_kept(archive_client: FlaskClient, path: str) -> None:
    answer = archive_client.get(path)
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_any_answer_at_all_is_no_answer_to_a_request_that_makes_no_sense(archive_client: FlaskClient) -> None:
    assert archive_client.get("/api/search?page=0", headers={"If-None-Match": "*"}).status_code == 400


def test_another_generation_another_index_another_day_and_other_settings_are_other_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    (articles / "one.txt").write_text("A first headline\n\nThe body of it is short but has an end.", encoding="utf-8")
    run([articles], str(index))
    client = make_client(None, DATELINE_INDEX=index)
    tags = [client.get("/api/stats").headers["ETag"]]
    assert client.get("/api/stats").headers["ETag"] == tags[0]
    (articles / "two.txt").write_text("A second headline\n\nThe body of it has an end as well.", encoding="utf-8")
    run([articles], str(index))
    tags.append(client.get("/api/stats").headers["ETag"])
    tags.append(make_client(None, DATELINE_INDEX=index, DATELINE_ARCHIVE_NAME="Other").get("/").headers["ETag"])

    monkeypatch.setattr(caching, "_today", lambda: dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1))
    tags.append(client.get("/api/stats").headers["ETag"])
    assert len(set(tags)) == len(tags)


def test_files_are_linked_by_their_content_and_kept_for_ever(client: FlaskClient) -> None:
    link = re.search(r'href="(/static/dateline\.css\?v=[0-9a-f]{12})"', client.get("/").text)
    assert link
    with client.get(link[1]) as linked, client.get("/static/dateline.css?v=old") as old:
        assert linked.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert old.headers["Cache-Control"] == "public, no-cache"


@pytest.mark.parametrize(("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)])
def test_text_is_compressed_as_the_client_can_read_it(
    archive_client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    answer = archive_client.get("/search?q=strike", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    tag = answer.headers["ETag"]
    again = archive_client.get("/search?q=strike", headers={"Accept-Encoding": accepted, "If-None-Match": tag})
    assert again.status_code == 304


def test_only_the_sites_that_are_named_may_ask_from_their_pages(archive: MemoryEngine) -> None:
    client = make_client(archive, DATELINE_CORS_ORIGINS="https://a.example, https://b.example/")
    for origin, allowed in [("https://b.example", "https://b.example"), ("https://c.example", None)]:
        headers = client.get("/api/search?q=strike", headers={"Origin": origin}).headers
        assert headers.get("Access-Control-Allow-Origin") == allowed
        assert client.get("/search", headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin") is None
    failed = client.get("/api/search?page=0", headers={"Origin": "https://a.example"})
    assert (failed.status_code, failed.headers["Access-Control-Allow-Origin"]) == (400, "https://a.example")
    assert "Origin" in failed.headers["Vary"]
    headers = make_client(archive).get("/api/stats", headers={"Origin": "https://a.example"}).headers
    assert "Access-Control-Allow-Origin" not in headers
