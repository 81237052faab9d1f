from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from service.app import create_app
from service.arguments import ARGUMENTS, RELATED_ARGUMENTS, SUGGEST_ARGUMENTS
from service.errors import PROBLEM_KINDS
from service.operations import ADMIN_OPERATIONS, OPERATIONS
from tests.service.conftest import make_client
from tests.service.html_page import HtmlPage
from tests.service.memory_engine import MemoryEngine
from tests.service.test_accessibility import Serve, look_in_both_schemes

# Pages, and what belongs to them.
FOR_PEOPLE = {"/", "/search", "/articles/{id}", "/help", "/docs", "/problems/{name}", "/static/{filename}"}


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/openapi.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    document: dict[str, Any] = response.get_json()
    return document


@pytest.fixture
def described_to_all(seed_index: Path) -> dict[str, Any]:
    """The description where a token is set."""
    document: dict[str, Any] = make_client(None, **_with_token(seed_index)).get("/openapi.json").get_json()
    return document


def _with_token(index: Path) -> dict[str, object]:
    return {"DATELINE_INDEX": index, "DATELINE_ADMIN_TOKEN": "a-token-of-the-tests"}


def test_what_changes_the_index_is_described_where_it_is_reachable(
    seed_index: Path, described: dict[str, Any], described_to_all: dict[str, Any]
) -> None:
    app = create_app(_with_token(seed_index))
    changing = {
        (rule.rule.replace("<path:article_id>", "{id}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    operations = {(path, method) for path, methods in described_to_all["paths"].items() for method in methods}
    assert changing == operations - {
        (path, method) for path, methods in described["paths"].items() for method in methods
    }
    assert len(changing) == 4
    for path, method in changing:
        operation = described_to_all["paths"][path][method]
        assert operation["security"] == [{"bearer": []}]
        assert ("415" in operation["responses"]) == ("requestBody" in operation) == (method == "put")
        assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]


def test_every_route_is_described(app: Flask, described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    rules = {re.sub(r"<(?:path:)?(?:article_)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert set(described["paths"]) == rules - FOR_PEOPLE


def test_every_argument_is_described(described: dict[str, Any]) -> None:
    def names(path: str) -> set[str]:
        return {each["name"] for each in described["paths"][path]["get"]["parameters"] if each["in"] == "query"}

    assert names("/api/search") == set(ARGUMENTS)
    assert names("/api/suggest") == set(SUGGEST_ARGUMENTS)
    assert names("/api/articles/{id}/related") == set(RELATED_ARGUMENTS)
    assert names("/export.csv") == names("/feed.atom") == set(ARGUMENTS) - {"page", "size", "cursor"}


def test_every_kind_of_problem_is_described(described_to_all: dict[str, Any]) -> None:
    said = str(described_to_all["paths"])
    assert [name for name in PROBLEM_KINDS if f"/problems/{name}`" not in said] == []


def test_errors_are_problem_documents_wherever_programs_ask(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], (path, method, status)


def test_limits_are_those_of_the_settings() -> None:
    client = make_client(MemoryEngine(), DATELINE_MAX_PAGE_SIZE=20, DATELINE_PAGE_SIZE=7, DATELINE_MAX_QUERY_LENGTH=50)
    parameters = client.get("/openapi.json").get_json()["paths"]["/api/search"]["get"]["parameters"]
    schemas = {each["name"]: each["schema"] for each in parameters}
    assert schemas["size"] == {"type": "integer", "minimum": 0, "maximum": 20, "default": 7}
    assert schemas["q"]["maxLength"] == 50


def test_description_needs_no_index_and_knows_where_it_is_mounted(client: FlaskClient) -> None:
    document = client.get("/openapi.json", base_url="http://localhost/archive").get_json()
    assert document["servers"] == [{"url": "/archive"}]


def test_page_tells_all_of_it(client: FlaskClient) -> None:
    response = client.get("/docs")
    page = HtmlPage(response.text)
    assert (response.status_code, list(page.problems())) == (200, [])
    text = page.text()
    for operation in OPERATIONS:
        assert f"GET {operation.path}" in text
        assert operation.summary in text
    for name in (*ARGUMENTS, *PROBLEM_KINDS):
        assert name in text
    assert "/openapi.json" in page.links().values()
    assert "`" not in text


def test_page_tells_what_needs_a_token(seed_index: Path) -> None:
    page = HtmlPage(make_client(None, **_with_token(seed_index)).get("/docs").text)
    assert list(page.problems()) == []
    text = page.text()
    for operation in ADMIN_OPERATIONS:
        assert f"{operation.method.upper()} {operation.path}" in text
    assert text.count("Needs the token") == len(ADMIN_OPERATIONS)
    assert text.count("The body is an article") == 1


@pytest.mark.browser
def test_page_is_accessible_and_keeps_to_the_policy(scripted_page: Page, archive: MemoryEngine, serve: Serve) -> None:
    scripted_page.goto(serve(create_app(engine=archive)) + "/docs")
    look_in_both_schemes(scripted_page)
