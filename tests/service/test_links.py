from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import SearchRequest
from index.engine import FACETS
from service.links import Links, search_url
from service.settings import read_settings

SETTINGS = read_settings({}, {})

VALUES = st.lists(st.sampled_from(["CNN", "-30-", "\\x", "Die Zeit", "a&b=c", "é"]), unique=True).map(tuple)
DATES = st.none() | st.dates()
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "query": st.text(max_size=8),
        "match": st.sampled_from(["all", "any"]),
        "page": st.integers(1, 9),
        "size": st.sampled_from([0, SETTINGS.page_size, 50]),
        "sort": st.sampled_from(["relevance", "newest"]),
        "source": VALUES,
        "not_source": VALUES,
        "author": VALUES,
        "duplicates": st.sampled_from(["fold", "show"]),
        "recency": st.none() | st.sampled_from([0.5, 30.0]),
        "snippets": st.booleans(),
        "feedback": st.booleans(),
        "facets": st.just(FACETS) | st.just(()),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES, CHANGES, DATES)
def test_changes_write_the_same_link_as_a_request_that_has_them(
    app: Flask, before: dict[str, Any], changes: dict[str, Any], start: Any
) -> None:
    request = SearchRequest(**{"size": SETTINGS.page_size, "published_from": start} | before)
    changes = changes | {"published_from": None}
    with app.test_request_context():
        links = Links(request, SETTINGS)
        assert links.url() == search_url(request, SETTINGS)
        assert links.url(**changes) == search_url(replace(request, **changes), SETTINGS)


def test_field_that_there_is_not_is_an_error(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(KeyError):
        Links(SearchRequest(), SETTINGS).url(sources=())
