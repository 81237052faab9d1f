from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from index.errors import (
    ClusterUnavailableError,
    IndexCorruptError,
    IndexMissingError,
    IndexVersionError,
    RequestError,
)
from service.app import create_app
from service.errors import PROBLEM_KINDS
from tests.service.conftest import make_client
from tests.service.html_page import HtmlPage
from tests.service.memory_engine import MemoryEngine


def problem(client: FlaskClient, url: str, method: str = "GET") -> dict[str, Any]:
    response = client.open(url, method=method)
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(response.data.decode("utf-8"))
    assert document["status"] == response.status_code
    return document


def error_page(client: FlaskClient, url: str, status: int) -> HtmlPage:
    response = client.get(url)
    assert (response.status_code, response.content_type) == (status, "text/html; charset=utf-8")
    page = HtmlPage(response.text)
    assert list(page.problems()) == []
    return page


def test_wrong_parameter_is_named(client: FlaskClient) -> None:
    assert problem(client, "/api/search?q=x&size=101") == {
        "type": "/problems/invalid-parameter",
        "title": "A parameter cannot be used",
        "status": 400,
        "detail": "size: '101' is not a whole number from 0 to 100",
        "parameter": "size",
    }


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("page=" + "9" * 30, "page"),
        ("q=" + "x" * 2001, "q"),
        ("from=2017-02-30", "from"),
        ("facets=nothing", "facets"),
        ("souce=CNN", "souce"),
        ("%00=1", "\0"),
    ],
)
def test_wrong_parameter_is_a_400(client: FlaskClient, query: str, parameter: str) -> None:
    document = problem(client, f"/api/search?{query}")
    assert (document["status"], document["parameter"]) == (400, parameter)


@pytest.mark.parametrize("path", ["/api/stats", "/api/articles/x"])
def test_parameter_where_there_are_none_is_a_400(client: FlaskClient, path: str) -> None:
    assert problem(client, f"{path}?verbose=1")["parameter"] == "verbose"


def test_link_to_a_page_still_opens_with_a_parameter_added(client: FlaskClient) -> None:
    assert client.get("/search?q=moscow&utm_source=newsletter").status_code == 200


def test_what_the_engine_refuses_is_a_400_too() -> None:
    client = make_client(MemoryEngine(failure=RequestError("q", "too many words")))
    assert problem(client, "/api/search?q=x")["detail"] == "q: too many words"
    assert "The query cannot be used: too many words." in error_page(client, "/search?q=x", 400).text()


@pytest.mark.parametrize("article_id", ["nothing", "../../etc/passwd", "%00", "a%2Fb", "x" * 3000, "%F0%9F%98%80"])
def test_article_that_is_not_there(client: FlaskClient, article_id: str) -> None:
    document = problem(client, f"/api/articles/{article_id}")
    assert (document["status"], document["type"]) == (404, "/problems/article-not-found")
    assert client.get(f"/articles/{article_id}").status_code == 404


def test_error_page_says_what_the_problem_document_says(client: FlaskClient) -> None:
    in_words = "The number of the page cannot be used: '0' is not a whole number from 1 to 1,000,000,000."
    for url, status, detail in (("/articles/nothing", 404, ""), ("/search?page=0&q=%3Cb%3E", 400, in_words)):
        document = problem(client, url.replace("/search", "/api/search").replace("/articles", "/api/articles"))
        page = error_page(client, url, status)
        assert page.text(page.one("h1")) == document["title"]
        # A reader has not seen the name of a parameter.
        assert page.text(page.one("p", class_="detail")) == (detail or document["detail"])
        assert document["type"] in page.links().values()
    # What was typed is still there to be put right.
    assert page.one("input", name="q").get("value") == "<b>"


def test_every_type_of_problem_is_a_page_that_explains_it(client: FlaskClient) -> None:
    for name in PROBLEM_KINDS:
        response = client.get(f"/problems/{name}")
        assert response.status_code == 200
        page = HtmlPage(response.text)
        assert list(page.problems()) == []
        assert len(page.text(page.one("main"))) > 200
    assert client.get("/problems/nothing").status_code == 404


def test_unknown_path(client: FlaskClient) -> None:
    expected = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is nothing at /api/x."}
    assert problem(client, "/api/x") == expected
    assert problem(client, "/api")["detail"] == "There is nothing at /api."
    page = error_page(client, "/<i>nowhere</i>", 404)
    assert "There is nothing at /<i>nowhere</i>." in page.text()
    assert page.all("i") == []


@pytest.mark.parametrize("url", ["/a%00b%1F", "/search?page=0&q=a%00b%0Dc", "/articles/%00"])
def test_control_characters_are_not_carried_into_the_page(client: FlaskClient, url: str) -> None:
    response = client.get(url)
    assert response.status_code in {400, 404}
    assert set(response.text) & {"\0", "\x1f", "\r"} == set()
    assert list(HtmlPage(response.text).problems()) == []


def test_error_whose_text_is_not_utf_8_is_shown_all_the_same() -> None:
    client = make_client(MemoryEngine(failure=IndexMissingError("Nothing at /srv/\udcff.")))
    assert problem(client, "/api/stats")["detail"] == "Nothing at /srv/\udcff."
    assert "Nothing at /srv/?." in error_page(client, "/", 503).text()


@pytest.mark.parametrize("path", ["/api/search", "/healthz", "/search", "/articles/x"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_wrong_method_says_which_are_right(client: FlaskClient, path: str, method: str) -> None:
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert {name.strip() for name in response.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS"}
    assert f"{method} is not a method of {path}; there are GET, HEAD, OPTIONS." in response.text
    is_for_programs = path.startswith(("/api", "/healthz"))
    assert response.content_type == ("application/problem+json" if is_for_programs else "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "path",
    ["/api/search?q=x", "/api/articles/x", "/api/stats", "/readyz", "/export.csv?q=x", "/export.jsonl", "/feed.atom"],
)
def test_no_index_is_a_503_that_says_when_to_try_again(tmp_path: Path, path: str) -> None:
    client = make_client(None, DATELINE_INDEX=tmp_path / "none")
    document = problem(client, path)
    assert (document["status"], document["type"]) == (503, "/problems/index-missing")
    assert str(tmp_path / "none") in document["detail"]
    assert int(client.get(path).headers["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/", "/search", "/search?q=x", "/articles/x"])
def test_page_without_an_index_says_how_to_make_one(tmp_path: Path, path: str) -> None:
    client = make_client(None, DATELINE_INDEX=tmp_path / "none")
    page = error_page(client, path, 503)
    assert page.text(page.one("h1")) == "There is no index yet"
    assert "./scripts/reindex" in page.text(page.one("pre"))
    assert client.get(path).headers["Retry-After"]


@pytest.mark.parametrize("error", [IndexCorruptError("A file is cut short."), IndexVersionError("It is too new.")])
def test_index_that_cannot_be_read_is_a_503_and_in_the_log(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    client = make_client(MemoryEngine(failure=error))
    document = problem(client, "/api/stats")
    assert (document["status"], document["type"]) == (503, "/problems/index-unavailable")
    assert document["detail"] == str(error)
    assert f"{type(error).__name__}: {error}" in caplog.text
    assert "./scripts/reindex" not in error_page(client, "/", 503).text()


def test_a_cluster_that_does_not_answer_is_a_503_for_a_moment(caplog: pytest.LogCaptureFixture) -> None:
    client = make_client(MemoryEngine(failure=ClusterUnavailableError("No node answers.")))
    document = problem(client, "/api/search?q=moscow")
    assert (document["status"], document["type"]) == (503, "/problems/cluster-unavailable")
    assert document["detail"] == "No node answers."
    assert int(client.get("/api/stats").headers["Retry-After"]) < 30
    assert "ClusterUnavailableError: No node answers." in caplog.text
    assert "reindex" not in error_page(client, "/", 503).text()


def test_missing_index_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    make_client(MemoryEngine(failure=IndexMissingError("None."))).get("/api/stats")
    assert caplog.records == []


def test_unexpected_error_is_a_500_whose_trace_is_in_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    engine = MemoryEngine(failure=ZeroDivisionError("a secret of the inside"))
    client = make_client(engine, TESTING=False)
    with caplog.at_level(logging.ERROR):
        document = problem(client, "/api/search?q=x")
        page = error_page(client, "/search?q=x", 500)
    assert (document["type"], document["title"], document["status"]) == ("about:blank", "Internal Server Error", 500)
    assert "secret" not in str(document)
    assert "secret" not in page.text()
    assert "Traceback" not in page.text()
    assert caplog.text.count("ZeroDivisionError: a secret of the inside") == 2


def test_problem_type_names_the_page_where_the_service_is_mounted(client: FlaskClient) -> None:
    response = client.get("/api/search?page=0", base_url="http://localhost/archive")
    assert response.get_json(force=True)["type"] == "/archive/problems/invalid-parameter"


def test_log_level_is_the_setting(caplog: pytest.LogCaptureFixture) -> None:
    assert create_app({"DATELINE_LOG_LEVEL": "critical"}, engine=MemoryEngine()).logger.level == logging.CRITICAL


def test_a_query_that_costs_too_much_is_refused_before_it_is_run(seed_index: Path) -> None:
    client = create_app({"DATELINE_INDEX": seed_index, "DATELINE_MAX_QUERY_COST": 40}).test_client()
    assert client.get("/api/search?q=lavrov").status_code == 200
    response = client.get("/api/search?q=the+president+of+the+*a*")
    document = response.get_json()
    assert (response.status_code, document["type"]) == (429, "/problems/query-too-costly")
    assert int(response.headers["Retry-After"]) > 0
    assert "may touch 40" in document["detail"]
    assert client.get("/search?q=the+president+of+the+*a*").status_code == 429
    assert client.get("/export.csv?q=the+president+of+the+*a*").status_code == 429
    unbounded = create_app({"DATELINE_INDEX": seed_index, "DATELINE_MAX_QUERY_COST": 0}).test_client()
    assert unbounded.get("/api/search?q=the+president+of+the+*a*").status_code == 200
