"""What the description of the API says is so: schemathesis asks for whatever it allows, and for what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import assume, given, settings
from schemathesis import GenerationMode

from service.app import create_app
from service.arguments import clean_text
from service.operations import OPERATIONS


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
