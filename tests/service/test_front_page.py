from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from index import Article
from tests.service.conftest import make_client
from tests.service.html_page import arguments, get, page_total, text_of
from tests.service.memory_engine import MemoryEngine


def test_front_page_tells_what_is_in_the_archive(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/")
    assert page.text(page.one("h1")) == "Dateline"
    folio = [text_of(part) for part in page.one("p", class_="folio")]
    assert folio == ["35 articles", "4 sources", "1 January 2017 – 13 September 2018"]
    foot = page.text(page.one("footer"))
    assert "Last indexed 20 November 2026, 09:05 UTC" in foot
    assert "3 articles have no date" in foot
    assert page.one("input", name="q").get("type") == "search"
    assert arguments(page.links()["The Gazette"]) == {"source": ["The Gazette"]}


def test_front_page_shows_the_newest_headlines(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/")
    assert page.text(page.one("h2", id="latest")) == "Latest in the archive"
    assert [page.text(title) for title in page.all("h3")] == [
        f"Harbour strike enters week {n}" for n in range(31, 25, -1)
    ]
    assert arguments(page.links()["All 35 articles, newest first"]) == {"sort": ["newest"]}


def test_front_page_of_the_sample_articles_promises_no_dates(client: FlaskClient) -> None:
    page = get(client, "/")
    assert page.text(page.one("p", class_="folio")) == "5 articles 1 source"
    assert page.text(page.one("h2", id="latest")) == "From the archive"
    assert "Undated" not in page.text()


def test_examples_are_made_of_the_archive_and_find_something(client: FlaskClient) -> None:
    links = list(get(client, "/").one("ul", class_="examples").iter("a"))
    queries = [text_of(link) for link in links]
    assert queries == ["president trump", '"president trump"', "president OR trump", "trum*"]
    for link, query in zip(links, queries, strict=True):
        assert arguments(link.get("href")) == {"q": [query]}
        assert page_total(get(client, link.get("href", ""))) > 0


@pytest.mark.parametrize(
    ("titles", "example"),
    [
        (["Russia-tinged investigations swirling"], "investigations swirling"),
        (["about their lives", "The New Harbour Master"], "harbour master"),
        (["A day at the sea"], None),
        (["Straße überqueren"], "straße überqueren"),
        (["日本経済新聞"], None),
        ([""], None),
    ],
)
def test_examples_are_two_words_that_stand_together(titles: list[str], example: str | None) -> None:
    articles = [Article(id=str(place), title=title, body="") for place, title in enumerate(titles)]
    page = get(make_client(MemoryEngine(articles)), "/")
    shown = [text_of(link) for box in page.all("ul", class_="examples") for link in box.iter("a")]
    assert (shown[0] if shown else None) == example


def test_archive_has_the_name_that_is_set() -> None:
    client = make_client(MemoryEngine(), DATELINE_ARCHIVE_NAME="The <Harbour> Archive")
    page = get(client, "/")
    assert page.text(page.one("h1")) == page.text(page.one("title")) == "The <Harbour> Archive"


def test_empty_archive_says_so() -> None:
    page = get(make_client(MemoryEngine()), "/")
    assert "The index holds no article." in page.text()
    assert page.all("h3") == []
