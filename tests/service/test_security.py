from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import UndefinedError

from service import create_app
from tests.service.conftest import make_client
from tests.service.memory_engine import MemoryEngine


@pytest.mark.parametrize(
    "path",
    ["/", "/search?q=moscow", "/nothing", "/search?page=0", "/api/search", "/api/nothing", "/healthz",
     "/static/dateline.css", "/static/favicon.svg", "/problems/index-missing"],
)  # fmt: skip
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_answers_for_errors_of_the_inside_carry_them_too() -> None:
    client = make_client(MemoryEngine(failure=ZeroDivisionError()), TESTING=False)
    response = client.get("/")
    assert response.status_code == 500
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_package_makes_the_application(seed_index: Path) -> None:
    app = create_app({"DATELINE_INDEX": seed_index, "MAX_CONTENT_LENGTH": 5})
    assert app.config["MAX_CONTENT_LENGTH"] == 5
    assert app.test_client().get("/api/stats").get_json()["articles"] == 5


def test_misspelt_name_in_a_template_is_an_error(app: Flask) -> None:
    with pytest.raises(UndefinedError):
        app.jinja_env.from_string("{{ archive_nmae }}").render()


def test_making_the_application_opens_no_index(tmp_path: Path) -> None:
    create_app({"DATELINE_INDEX": tmp_path / "none"})
    assert list(tmp_path.iterdir()) == []
