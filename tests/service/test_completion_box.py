"""The search box with its script, in a real browser: what is offered while somebody types, and how it is taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect

from index import Article
from service.app import create_app
from tests.service.memory_engine import MemoryEngine

pytestmark = pytest.mark.browser

Serve = Callable[[Flask], str]


@pytest.fixture
def address(app: Flask, serve: Serve) -> str:
    return serve(app)


def type_into(page: Page, text: str) -> Locator:
    box = page.get_by_role("combobox", name="Search the archive")
    box.focus()
    page.keyboard.press("End")
    page.keyboard.type(text)
    return box


def test_completion_is_chosen_by_keyboard_and_searched_for(scripted_page: Page, address: str) -> None:
    page = scripted_page
    page.goto(address)
    box = type_into(page, "chemical wea")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.first).to_have_text("chemical weapons")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("4 articles for chemical weapons")


def test_arrows_go_round_by_way_of_the_box(scripted_page: Page, address: str) -> None:
    page = scripted_page
    page.goto(address)
    box = type_into(page, "tille")
    options = page.get_by_role("option")
    expect(options.first).to_have_text("Tillerson")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    # Nothing is chosen, so that what was typed is searched for.
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("for tille")
    expect(box).to_have_value("tille")


def test_title_leads_to_its_article(scripted_page: Page, address: str) -> None:
    page = scripted_page
    page.goto(address + "/search?q=moscow&match=any")
    type_into(page, " lovef")
    page.get_by_role("option", name="Trump-Russia lovefest is dead").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("lovefest is dead")


def test_chosen_words_keep_the_filters(scripted_page: Page, address: str) -> None:
    page = scripted_page
    page.goto(address + "/search?q=moscow&source=CNN&sort=newest")
    type_into(page, " rus")
    page.get_by_role("option", name="moscow Russia", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("moscow Russia")
    assert "source=CNN" in page.url
    assert "sort=newest" in page.url


def test_escape_and_leaving_close_the_list_and_keep_what_was_typed(scripted_page: Page, address: str) -> None:
    page = scripted_page
    page.goto(address)
    box = type_into(page, "tille")
    listed = page.get_by_role("listbox")
    expect(listed).to_be_visible()
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("tille")
    page.keyboard.press("ArrowDown")
    expect(listed).to_be_visible()
    page.keyboard.press("Tab")
    expect(listed).to_be_hidden()
    expect(page.get_by_role("button", name="Search")).to_be_focused()


def test_who_types_quickly_asks_once(scripted_page: Page, address: str) -> None:
    page = scripted_page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/suggest" in request.url else None)
    page.goto(address)
    type_into(page, "tillerso")
    expect(page.get_by_role("listbox")).to_be_visible()
    assert [url.partition("?")[2] for url in asked] == ["q=tillerso&size=6"]
    # In the middle of what was typed there is no last word to complete.
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert len(asked) == 1


def test_what_is_typed_already_is_not_offered(scripted_page: Page, address: str) -> None:
    page = scripted_page
    page.goto(address)
    type_into(page, "moscow")
    # Its titles are.
    expect(page.get_by_role("option").first).to_have_class("title")


def test_answer_that_comes_too_late_is_not_shown(scripted_page: Page, address: str) -> None:
    page = scripted_page
    held: list[Route] = []
    broken_off: list[str] = []
    page.on("requestfailed", lambda request: broken_off.append(request.url.partition("?")[2]))

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/suggest?q=mos&*", hold)
    page.goto(address)
    with page.expect_request("**/api/suggest?q=mos&*"):
        type_into(page, "mos")
    type_into(page, "cow rus")
    expect(page.get_by_role("option").first).to_have_text("moscow Russia")
    assert len(held) == 1
    # Where typing takes longer than the pause that it waits for, there are more.
    assert broken_off[0] == "q=mos&size=6"
    expect(page.get_by_role("option").first).to_have_text("moscow Russia")


@pytest.mark.parametrize(("status", "body"), [(503, ""), (500, "broken"), (200, "<html>")])
def test_search_goes_on_without_suggestions(scripted_page: Page, address: str, status: int, body: str) -> None:
    page = scripted_page
    page.route("**/api/suggest*", lambda route: route.fulfill(status=status, body=body))
    page.goto(address)
    with page.expect_response("**/api/suggest*"):
        type_into(page, "lovefest")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 article for lovefest")


def test_what_is_offered_is_text_and_ids_are_addresses(scripted_page: Page, serve: Serve) -> None:
    page = scripted_page
    hostile = '<img src=x onerror="document.title=1"> zebra'
    article = Article(id="https://example.org/a//b?c#d", title=hostile, body="zebra")
    page.goto(serve(create_app(engine=MemoryEngine([article]))))
    type_into(page, "zebr")
    option = page.get_by_role("option", name=hostile)
    expect(option).to_be_visible()
    assert page.locator("main img").count() == 0
    option.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)


def test_list_fits_a_phone(scripted_page: Page, address: str) -> None:
    page = scripted_page
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + "/search?q=moscow")
    type_into(page, " rus")
    expect(page.get_by_role("listbox")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
