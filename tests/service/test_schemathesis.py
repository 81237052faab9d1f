"""What the description of the API says is so: schemathesis asks for whatever it allows, and for what it does not."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import assume, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from service.app import create_app
from service.arguments import clean_text
from service.operations import ADMIN_OPERATIONS, OPERATIONS, Operation


@pytest.fixture(scope="module")
def api(seed_index: Path) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_wsgi("/openapi.json", create_app({"DATELINE_INDEX": str(seed_index)}))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", [operation.path for operation in OPERATIONS])
def test_service_and_description_agree(api: schemathesis.BaseSchema, path: str, mode: GenerationMode) -> None:
    operation = api[path]["GET"]
    if mode is GenerationMode.NEGATIVE and not operation.query:
        pytest.skip("there is nothing to get wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=20, derandomize=True, deadline=None, database=None)
    def ask(case: schemathesis.Case[Any]) -> None:
        asked = dict(case.query or {})
        # What only an answer can give is for the tests of cursors; no schema can ask for the order of two days.
        asked.pop("cursor", None)
        if mode is GenerationMode.POSITIVE and {"from", "to"} <= set(asked):
            asked["from"], asked["to"] = sorted((asked["from"], asked["to"]))
        if mode is GenerationMode.NEGATIVE:
            # What is blank is what is not given.
            assume(asked and all(value not in ({}, []) and clean_text(str(value)) for value in asked.values()))
        case.query = asked
        case.call_and_validate(headers={"Accept-Encoding": "identity"})

    ask()


TOKEN = "a-token-of-the-tests"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def changed(seed_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A service over an index that may be changed."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(seed_index, folder / "index")
    (folder / "articles").mkdir()
    (folder / "articles" / "zebra.txt").write_text("A zebra\n\nA zebra ran through the city.")
    places = {"DATELINE_INDEX": folder / "index", "DATELINE_SEEDS": folder / "articles"}
    return create_app({**places, "DATELINE_ADMIN_TOKEN": TOKEN})


@pytest.fixture(scope="module")
def admin_api(changed: Flask) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_wsgi("/openapi.json", changed)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", ADMIN_OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_what_changes_the_index_is_as_described(
    changed: Flask, admin_api: schemathesis.BaseSchema, operation: Operation, mode: GenerationMode
) -> None:
    if mode is GenerationMode.NEGATIVE and not operation.body:
        pytest.skip("there is nothing to get wrong")
    described = admin_api[operation.path][operation.method.upper()]

    client = changed.test_client()

    # A run takes a second, and one begins at a time.
    @given(case=described.as_strategy(generation_mode=mode))
    @settings(max_examples=3 if operation.method == "post" else 20, derandomize=True, deadline=None, database=None)
    def ask(case: schemathesis.Case[Any]) -> None:
        if operation.body:
            case.path_parameters = {"id": "zebra"}
            if mode is GenerationMode.POSITIVE:
                case.body = _with_meaning(case.body)
        # Some of what the schema does not allow is understood all the same, as a date in words.
        without: list[Any] = [] if mode is GenerationMode.POSITIVE else [negative_data_rejection]
        case.call_and_validate(headers=HEADERS, excluded_checks=without)
        while client.get("/api/reindex", headers=HEADERS).get_json()["state"] == "running":
            time.sleep(0.1)

    ask()


def _with_meaning(record: Any) -> dict[str, Any]:
    """Return a record in which what no schema can ask for makes sense: that a text has words, for one."""
    meant = {"id": "zebra", "place": "Moscow", "language": "en", "published": "2017-04-12T08:30:00Z"}
    record = record | {name: value for name, value in meant.items() if record.get(name) is not None}
    return {**record, **{name: f"A zebra {record[name]}" for name in ("title", "body")}}
