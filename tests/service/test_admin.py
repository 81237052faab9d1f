from __future__ import annotations

import io
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from index import job
from index.engines import open_writer
from service.app import create_app
from tests.conftest import SEEDS, fill
from tests.service.conftest import make_client

TOKEN = "a-token-of-the-tests-0123"
RECORD = {"title": "A zebra", "body": "A zebra ran through the city.", "published": "2017-04-12"}
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def index(seed_index: Path, tmp_path: Path) -> Path:
    """A copy of the index of the sample articles, to change."""
    shutil.copytree(seed_index, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def app(index: Path, seed_folder: Path) -> Flask:
    settings = {"DATELINE_INDEX": str(index), "DATELINE_SEEDS": str(seed_folder), "DATELINE_ADMIN_TOKEN": TOKEN}
    return create_app({"TESTING": True, **settings})


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def problem(response: TestResponse) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = response.get_json()
    assert document["status"] == response.status_code
    return document


CHANGES = [("PUT", "/api/articles/zebra"), ("DELETE", "/api/articles/zebra"), ("POST", "/api/reindex")]


@pytest.mark.parametrize(("method", "path"), [*CHANGES, ("GET", "/api/reindex")])
def test_without_a_token_in_the_settings_there_is_no_such_thing(seed_index: Path, method: str, path: str) -> None:
    client = make_client(None, DATELINE_INDEX=seed_index)
    answer = client.open(path, method=method, json=RECORD, headers=AUTHORIZED)
    assert answer.status_code == (405 if "articles" in path else 404)
    assert problem(answer)["type"] == "about:blank"
    assert "put" not in str(client.get("/openapi.json").get_json()["paths"])


@pytest.mark.parametrize(("method", "path"), [*CHANGES, ("GET", "/api/reindex")])
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer x", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"]
)
def test_without_the_token_nothing_is_changed(app: Flask, method: str, path: str, header: str | None) -> None:
    client = app.test_client()
    answer = client.open(path, method=method, json=RECORD, headers={} if header is None else {"Authorization": header})
    assert problem(answer)["type"] == "/problems/not-authorized"
    assert answer.status_code == 401
    is_wrong = header is not None and header.startswith("Bearer ") and header != "Bearer "
    challenge = 'Bearer realm="Dateline"' + (', error="invalid_token"' if is_wrong else "")
    assert answer.headers["WWW-Authenticate"] == challenge
    assert TOKEN not in answer.text
    assert client.get("/api/stats").get_json()["articles"] == 5
    assert client.get("/api/articles/zebra").status_code == 404


def test_an_article_is_put_found_replaced_and_withdrawn(admin: FlaskClient) -> None:
    answer = admin.put("/api/articles/zebra", json=RECORD)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/articles/zebra")
    assert answer.get_json()["title"] == "A zebra"
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    found = admin.get("/api/search?q=zebra").get_json()
    assert (found["total"], found["results"][0]["id"]) == (1, "zebra")
    assert admin.get("/api/articles/zebra").get_json() == answer.get_json()
    again = admin.put("/api/articles/zebra", json=answer.get_json() | {"title": "Two zebras"})
    assert (again.status_code, again.get_json()["title"]) == (200, "Two zebras")
    gone = admin.delete("/api/articles/zebra")
    assert (gone.status_code, gone.data) == (204, b"")
    assert admin.get("/api/articles/zebra").status_code == 404
    assert problem(admin.delete("/api/articles/zebra"))["type"] == "/problems/article-not-found"


def test_an_article_of_a_file_is_withdrawn_for_good(admin: FlaskClient, index: Path) -> None:
    article_id = admin.get("/api/search?size=1").get_json()["results"][0]["id"]
    assert admin.delete(f"/api/articles/{article_id}").status_code == 204
    assert (job.run([SEEDS], str(index), rebuild=True).added, job.verify(str(index)).damage) == (4, [])
    assert admin.get(f"/api/articles/{article_id}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "parameter"),
    [
        ("a/b", RECORD, "id"),
        ("a%20b", RECORD, "id"),
        ("x" * 300, RECORD, "id"),
        ("zebra", RECORD | {"titel": "A"}, "titel"),
        ("zebra", RECORD | {"published": "soon"}, "published"),
        ("zebra", [], None),
        ("zebra", "{", None),
        ("zebra", '{"title": "\\ud800", "body": "x"}', None),
    ],
)
def test_what_is_no_article_is_a_400(admin: FlaskClient, path: str, body: object, parameter: str | None) -> None:
    sent = body if isinstance(body, str) else json.dumps(body)
    answer = admin.put(f"/api/articles/{path}", data=sent, content_type="application/json")
    document = problem(answer)
    assert (document["status"], document["type"]) == (400, "/problems/invalid-article")
    assert document.get("parameter") == parameter


def test_what_is_not_json_is_a_415(admin: FlaskClient) -> None:
    assert problem(admin.put("/api/articles/zebra", data=json.dumps(RECORD)))["status"] == 415


@pytest.mark.parametrize("is_chunked", [False, True])
def test_what_is_too_large_is_a_413(admin: FlaskClient, is_chunked: bool) -> None:
    body = json.dumps(RECORD | {"body": "zebra " * 200_000}).encode()
    # Of what comes in pieces nobody knows the length before it is read.
    length = None if is_chunked else len(body)
    answer = admin.put(
        "/api/articles/zebra",
        input_stream=io.BytesIO(body),
        content_length=length,
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert problem(answer)["status"] == 413


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_one_writes_at_a_time(admin: FlaskClient, index: Path, method: str, path: str) -> None:
    with open_writer(str(index)):
        answer = admin.open(path, method=method, json=RECORD)
    document = problem(answer)
    assert (document["status"], document["type"]) == (503, "/problems/index-locked")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_full_disk_changes_nothing(seed_index: Path, small_disk: Path) -> None:
    index = small_disk / "index"
    shutil.copytree(seed_index, index)
    settings = {"DATELINE_SEEDS": small_disk / "nothing", "DATELINE_ADMIN_TOKEN": TOKEN}
    client = make_client(None, DATELINE_INDEX=index, **settings)
    article_id = client.get("/api/search?size=1").get_json()["results"][0]["id"]
    client.put("/api/articles/lion", json=RECORD | {"title": "A lion"}, headers=AUTHORIZED)
    for free in range(0, 1 << 16, 1 << 13):
        filler = fill(small_disk, free)
        answers = [
            client.put("/api/articles/lion", json=RECORD, headers=AUTHORIZED),
            client.delete(f"/api/articles/{article_id}", headers=AUTHORIZED),
        ]
        if any(answer.status_code < 400 for answer in answers):
            break
        for answer in answers:
            assert problem(answer)["type"] == "/problems/index-not-writable"
            assert answer.headers["Retry-After"]
        assert client.get("/api/stats").get_json()["articles"] == 6
        assert client.get("/api/articles/lion").get_json()["title"] == "A lion"
    assert free > 0
    filler.unlink()
    assert client.put("/api/articles/lion", json=RECORD, headers=AUTHORIZED).status_code == 200
    assert client.get("/api/articles/lion").get_json()["title"] == "A zebra"
    assert job.run([SEEDS], str(index)).failed == []
    assert job.verify(str(index)).damage == []


def test_an_index_that_is_no_folder_keeps_no_articles(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    client = make_client(None, DATELINE_INDEX=tmp_path / "file", DATELINE_ADMIN_TOKEN=TOKEN)
    for method, path in (CHANGES[0], CHANGES[2]):
        answer = client.open(path, method=method, json=RECORD, headers=AUTHORIZED)
        assert problem(answer)["type"] == "/problems/index-not-writable"
        assert answer.headers["Retry-After"]


def last_run(admin: FlaskClient, state: str) -> dict[str, Any]:
    for _ in range(300):
        answer: dict[str, Any] = admin.get("/api/reindex").get_json()
        if answer["state"] == state:
            return answer
        assert answer["state"] == "running"
        time.sleep(0.1)
    raise AssertionError(answer)


def test_a_run_is_begun_and_tells_how_it_went(
    admin: FlaskClient, seed_folder: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_ADMIN_TOKEN", TOKEN)
    monkeypatch.setenv("DATELINE_MEMORY", "100")
    # It is run when a Python starts.
    (tmp_path / "sitecustomize.py").write_text(
        f"import os, pathlib\npathlib.Path({str(tmp_path / 'seen')!r}).write_text(str(dict(os.environ)))"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert admin.get("/api/reindex").get_json()["state"] == "never"
    (seed_folder / "zebra.txt").write_text("A zebra\n\nA zebra ran through the city.")
    answer = admin.post("/api/reindex")
    assert (answer.status_code, answer.headers["Location"]) == (202, "/api/reindex")
    assert answer.get_json()["state"] == "running"
    assert problem(admin.post("/api/reindex"))["type"] == "/problems/index-locked"
    done = last_run(admin, "done")
    assert (done["report"]["added"], done["report"]["generation"]) == (6, 2)
    assert answer.get_json()["started"] == done["started"] < done["ended"]
    assert admin.get("/api/search?q=zebra").get_json()["total"] == 1
    # It has the settings of the service, but not the token.
    seen = (tmp_path / "seen").read_text()
    assert "'DATELINE_MEMORY': '100'" in seen
    assert TOKEN not in seen
    # Nothing of it is in the way of the next, or is an article.
    assert job.verify(str(index)).damage == []


def test_a_run_that_fails_says_why(admin: FlaskClient, seed_folder: Path) -> None:
    shutil.rmtree(seed_folder)
    assert admin.post("/api/reindex").status_code == 202
    failed = last_run(admin, "failed")
    assert failed["detail"] == f"Error: {seed_folder}: there is no such file or folder"
    assert failed["report"] is None
