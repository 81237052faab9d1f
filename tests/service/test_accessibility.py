"""What axe-core finds wrong with the pages, in light and in dark: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from index import Article
from service.app import create_app
from tests.service.memory_engine import MemoryEngine

pytestmark = pytest.mark.browser

Serve = Callable[[Flask], str]


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}: {node['failureSummary']}" for each in found for node in each["nodes"]]


def look_in_both_schemes(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=strike&source=Der+Bote&source=-The+Courier&page=2&size=2",
        "/search?q=volcano+eruption&from=2016&to=2018",
        "/articles/harbour-27?q=strike",
        "/help",
        "/nothing",
        "/problems/index-missing",
    ],
)
def test_axe_finds_nothing(scripted_page: Page, archive: MemoryEngine, serve: Serve, path: str) -> None:
    scripted_page.goto(serve(create_app(engine=archive)) + path)
    look_in_both_schemes(scripted_page)


def test_axe_finds_nothing_where_all_is_open(scripted_page: Page, wire: MemoryEngine, serve: Serve) -> None:
    page = scripted_page
    wire.suggestion, wire.relaxed = "dams", True
    page.goto(serve(create_app(engine=wire)) + "/search?q=dam&source=The+Gazette&source=The+Courier&sort=newest")
    for summary in page.locator("summary").all():
        summary.click()
    look_in_both_schemes(page)
    page.get_by_role("combobox").press("End")
    page.keyboard.type(" tow")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    look_in_both_schemes(page)


def test_axe_finds_nothing_in_an_empty_archive(scripted_page: Page, serve: Serve) -> None:
    scripted_page.goto(serve(create_app(engine=MemoryEngine())))
    look_in_both_schemes(scripted_page)


def test_axe_would_find_something(scripted_page: Page, serve: Serve) -> None:
    page = scripted_page
    page.goto(serve(create_app(engine=MemoryEngine([Article(id="1", title="Title", body="Body.")]))))
    page.evaluate("document.querySelector('label').remove()")
    assert "label" in violations(page)[0]
