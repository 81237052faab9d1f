from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from index import Article
from tests.service.conftest import make_client
from tests.service.html_page import get, text_of, titles
from tests.service.memory_engine import MemoryEngine


def test_article_is_shown_whole_with_the_words_marked(client: FlaskClient) -> None:
    results = get(client, "/search?q=lovefest")
    link = next(titles(results)[0].iter("a")).get("href", "")
    page = get(client, link)
    article = client.get("/api" + link.partition("?")[0]).get_json()
    assert page.text(page.one("h1")) == article["title"]
    paragraphs = [text_of(paragraph) for paragraph in page.one("div", class_="body")]
    assert paragraphs == [" ".join(paragraph.split()) for paragraph in article["body"].split("\n\n")]
    assert {text_of(mark) for mark in page.all("mark")} == {"lovefest"}
    assert get(client, link.partition("?")[0]).all("mark") == []


def test_article_leads_back_to_the_results_it_was_found_in(archive_client: FlaskClient) -> None:
    url = "/search?q=strike&sort=newest&source=The+Gazette&size=3&page=2"
    results = get(archive_client, url)
    page = get(archive_client, next(results.one("ol", class_="results").iter("a")).get("href", ""))
    back = page.links()["← Back to the results for “strike”"]
    assert sorted(parse_qsl(urlsplit(back).query)) == sorted(parse_qsl(urlsplit(url).query))
    assert not [text for text in get(archive_client, "/articles/harbour-1").links() if "Back" in text]


def test_article_says_where_it_was_filed_and_a_list_does_not() -> None:
    article = Article(id="1", title="T", body="B", source="CNN", place="Hà <Nội>")
    client = make_client(MemoryEngine([article, replace(article, id="2", place=None)]))
    page = get(client, "/articles/1")
    assert page.text(page.one("span", class_="place")) == "Hà <Nội>"
    assert page.text(page.one("p", class_="kicker")) == "CNNUndatedHà <Nội>"
    assert get(client, "/articles/2").all("span", class_="place") == []
    assert get(client, "/search?q=t").all("span", class_="place") == []


def test_original_is_linked_where_it_is_on_the_web(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/articles/harbour-3")
    assert page.links()["Read the original at example.org"] == "https://www.example.org/3"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JAVASCRIPT://example.org/%0Aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "ftp://example.org/",
        "//example.org/",
        "/local",
        "https://",
        "http://[bad",
        "",
    ],
)
def test_other_kinds_of_url_are_never_linked(url: str) -> None:
    page = get(make_client(MemoryEngine([Article(id="1", title="T", body="B", url=url)])), "/articles/1")
    assert "Read the original" not in page.text()
    assert all(link.startswith("/") or link == "#content" for link in page.links().values())


def test_hostile_article_is_text(hostile_index: Path) -> None:
    client = make_client(None, DATELINE_INDEX=hostile_index)
    for url in ("/", "/search?q=hostile+ampersand", "/search?q=%3Cscript%3E"):
        page = get(client, url)
        assert list(page.problems()) == []
        assert "<script>" in page.text()
    article = get(client, next(titles(page)[0].iter("a")).get("href", ""))
    assert list(article.problems()) == []
    assert '<img src="x" onerror=' in article.text(article.one("div", class_="body"))
    assert article.all("img") == []


def test_text_with_half_a_character_is_shown_all_the_same() -> None:
    client = make_client(MemoryEngine([Article(id="1", title="half \ud83d of it", body="body")]))
    assert "half ? of it" in get(client, "/articles/1").text()
    assert "half ? of it" in get(client, "/search?q=half").text()
