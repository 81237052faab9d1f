"""The pages as a person meets them: in a real browser, by hand and by keyboard, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from index import Article
from index.engine import MarkedArticle
from service.app import create_app
from tests.service.memory_engine import MemoryEngine

pytestmark = pytest.mark.browser

Serve = Callable[[Flask], str]

PATHS = [
    "/",
    "/search?q=tillerson+moscow",
    "/search?q=tillerson+nothing&from=2017",
    "/search?q=" + "w" * 300,
    "/nothing",
    "/help",
    "/problems/invalid-parameter",
]


@pytest.fixture
def page(browser: Browser, serve: Serve) -> Iterator[Page]:
    """A fresh page with scripts off, closed before its server; whatever the browser complains of fails the test."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    opened = context.new_page()
    # A page that answers with an error is the page that was asked for; the browser notes it all the same.
    opened.on("console", lambda m: None if "the server responded with" in m.text else complaints.append(m.text))
    # Leaving a page breaks off what it still waits for.
    opened.on("requestfailed", lambda r: None if r.failure == "net::ERR_ABORTED" else complaints.append(r.url))
    yield opened
    context.close()
    assert complaints == []


def test_search_by_typing_then_read_and_come_back(page: Page, app: Flask, serve: Serve) -> None:
    page.goto(serve(app))
    expect(page).to_have_title("Dateline")
    page.get_by_role("searchbox", name="Search the archive").fill("lovefest")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 article for lovefest")
    page.get_by_role("link", name="Rex Tillerson’s first visit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trump-Russia lovefest is dead")
    expect(page.locator("mark").first).to_have_text("lovefest")
    page.get_by_role("link", name="Back to the results").click()
    expect(page.get_by_role("searchbox")).to_have_value("lovefest")


def test_filters_and_dates_by_hand(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/search?q=strike")
    page.get_by_role("complementary").get_by_role("link", name="The Gazette", exact=True).click()
    page.get_by_label("From").fill("2017-03")
    page.get_by_label("To", exact=True).fill("2017")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("list", name="Filters in force").get_by_role("link")).to_have_text(
        ["Remove the filter Source The Gazette ×", "Remove the filter Published 1 March – 31 December 2017 ×"]
    )
    request = archive.requests[-1]
    assert (request.source, str(request.published_from), str(request.published_to)) == (
        ("The Gazette",), "2017-03-01", "2017-12-31"
    )  # fmt: skip


def test_values_of_a_facet_are_chosen_and_left_out_by_hand(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(serve(create_app(engine=archive)) + "/search?q=strike")
    sidebar = page.get_by_role("complementary")
    sidebar.get_by_role("link", name="The Gazette", exact=True).click()
    sidebar.get_by_role("link", name="Der Bote", exact=True).click()
    expect(sidebar.get_by_role("link", name="Remove The Gazette")).to_have_attribute("aria-current", "true")
    sidebar.get_by_role("link", name="Leave out Karl Kraus").click()
    request = archive.requests[-1]
    assert (request.source, request.not_author) == (("The Gazette", "Der Bote"), ("Karl Kraus",))
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    sidebar.get_by_role("link", name="Left out, let in again: Karl Kraus").click()
    sidebar.get_by_role("link", name="Remove The Gazette").click()
    request = archive.requests[-1]
    assert (request.source, request.not_author) == (("Der Bote",), ())


def test_whole_way_by_keyboard(page: Page, app: Flask, serve: Serve) -> None:
    page.goto(serve(app))
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    assert box.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.type("tillerson moscow")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Search")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("5 articles for tillerson moscow")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    first = page.get_by_role("heading", level=2).get_by_role("link").first
    for _ in range(12):
        page.keyboard.press("Tab")
        if first.evaluate("element => element === document.activeElement"):
            break
    title = first.inner_text()
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_landmarks_are_there_for_a_screen_reader(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/search?q=strike&page=2")
    for role in ("banner", "search", "main", "status", "contentinfo"):
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("navigation", name="Pages of results")).to_have_count(1)
    expect(page.get_by_role("complementary", name="Narrow these results")).to_have_count(1)
    expect(page.get_by_role("link", name="Page 2", exact=True)).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("main").get_by_role("list").first.get_by_role("listitem")).to_have_count(10)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [320, 390, 834, 1920])
def test_nothing_sticks_out_sideways(page: Page, app: Flask, serve: Serve, width: int, path: str) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(serve(app) + path)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("path", ["/", "/search?q=strike&page=2&source=Der+Bote&size=2", "/articles/harbour-3"])
def test_nothing_sticks_out_with_everything_on_the_page(
    page: Page, archive: MemoryEngine, serve: Serve, path: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(serve(create_app(engine=archive)) + path)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_phone_finds_the_filters_below_the_results(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/search?q=strike")
    expect(page.get_by_role("link", name="Narrow these results")).to_be_hidden()
    page.set_viewport_size({"width": 320, "height": 700})
    page.get_by_role("link", name="Narrow these results").click()
    expect(page.get_by_role("heading", name="Source")).to_be_in_viewport()


def test_duplicates_open_below_their_article_and_lead_on(page: Page, wire: MemoryEngine, serve: Serve) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(serve(create_app(engine=wire)) + "/search?q=dam")
    take = page.get_by_role("link", name="Dam breaks, take 7", exact=True)
    expect(take).to_be_hidden()
    page.get_by_text("Also in The Courier, Der Bote and 22 more").focus()
    page.keyboard.press("Enter")
    expect(take).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    take.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dam breaks, take 7")


def test_scheme_is_the_readers(page: Page, app: Flask, serve: Serve) -> None:
    address = serve(app)
    colours = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        colours[scheme] = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
    assert colours == {
        "light": ["rgb(251, 249, 244)", "rgb(29, 26, 22)"],
        "dark": ["rgb(22, 20, 18)", "rgb(236, 230, 219)"],
    }


def test_print_is_the_article_alone(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/articles/harbour-3?q=strike")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for hidden in ("form.search", ".back", ".related", "footer"):
        expect(page.locator(hidden)).to_be_hidden()


def test_line_ends_inside_a_paragraph_are_kept(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/articles/harbour-3")
    paragraph = page.locator(".body p").first
    assert paragraph.inner_text() == "The strike goes on.\nIts line 3 is kept."


def test_what_an_article_holds_never_runs(browser: Browser, hostile_index: Path, serve: Serve) -> None:
    address = serve(create_app({"DATELINE_INDEX": hostile_index}))
    # Scripts are on: it is for the page to keep them from running.
    page = browser.new_page()
    for path in ("/", "/search?q=hostile+body"):
        page.goto(address + path)
        assert page.title() != "run"
        assert page.locator("main script, main img").count() == 0
    page.get_by_role("heading", level=2).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>")
    expect(page.locator(".body")).to_contain_text("<img src=")
    assert "Hostile <script>" in page.title()
    page.close()


def test_policy_stops_what_would_get_past_the_escaping(browser: Browser, serve: Serve) -> None:
    class Careless(MemoryEngine):
        def mark(self, article: Article, query: str) -> MarkedArticle:
            return MarkedArticle(article.title, (article.body,))

    body = '<img src="/static/none" onerror="document.title=\'run\'"><script>document.title="run"</script>'
    address = serve(create_app(engine=Careless([Article(id="1", title="Careless", body=body)])))
    page = browser.new_page()
    page.goto(address + "/articles/1")
    assert page.locator(".body script").count() == 1
    expect(page).to_have_title("Careless – Dateline")
    page.close()


def test_print_of_results_is_what_was_asked_and_found(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/search?q=strike&source=Der+Bote&size=5")
    page.emulate_media(media="print")
    for shown in ("h1", ".chips", ".bars", ".results li"):
        expect(page.locator(shown).first).to_be_visible()
    for hidden in ("form.search", ".toggles", "aside", ".cross", ".timeline details", "nav.pager", "footer"):
        expect(page.locator(hidden).first).to_be_hidden()


def test_article_from_right_to_left_is_set_so(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/search?language=ar")

    def edges(selector: str) -> tuple[float, float]:
        left, width = page.locator(selector).first.evaluate(
            "element => { const {x, width} = element.getBoundingClientRect(); return [x, width]; }"
        )
        return left, left + width

    _, right = edges(".results > li")
    # The headline's letters begin at the right, and so does what is said of it.
    assert page.locator(".results h2").evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert abs(edges(".results .source")[1] - right) < 2
    assert abs(edges(".results h2 a")[1] - right) < 2
    assert abs(edges(".results .snippet")[1] - right) < 2


def test_override_turns_nothing_around_but_its_own_text(page: Page, serve: Serve) -> None:
    override = "\u202e"
    sources = ("Gazette", f"First {override}name", "Second")
    articles = [
        Article(id=str(number), title=f"Some {override}words", body="Body.", source=source)
        for number, source in enumerate(sources)
    ]
    page.goto(serve(create_app(engine=MemoryEngine(articles))) + "/search?q=body")
    places = [name.bounding_box() for name in page.locator("summary bdi").all()]
    assert [place["x"] for place in places if place] == sorted(place["x"] for place in places if place)
    assert len(places) == 2
    page.locator(".results h2 a").click()
    expect(page).to_have_title("Some words – Dateline")


def test_timeline_narrows_by_a_click_and_by_keyboard(page: Page, archive: MemoryEngine, serve: Serve) -> None:
    page.goto(serve(create_app(engine=archive)) + "/search?q=strike")
    page.locator(".bars a", has_text="March 2017").click()
    expect(page.get_by_role("list", name="Filters in force")).to_contain_text("1–31 March 2017")
    page.go_back()
    page.get_by_text("As a table").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="January 2017").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Filters in force")).to_contain_text("1–31 January 2017")


def test_part_of_a_query_is_taken_away_by_a_click(page: Page, app: Flask, serve: Serve) -> None:
    page.goto(serve(app) + "/search?q=tillerson+-lavrov")
    page.get_by_role("link", name="Search without not lavrov").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("5 articles for tillerson")


def test_export_is_a_download(page: Page, app: Flask, serve: Serve) -> None:
    page.goto(serve(app) + "/search?q=tillerson+moscow")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "tillerson-moscow.csv"
    assert len(download.value.path().read_bytes().decode("utf-8-sig").splitlines()) == 6
