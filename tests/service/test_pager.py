from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.service.html_page import HtmlPage, arguments, get, text_of


def pager(page: HtmlPage) -> list[str]:
    navigation = page.one("nav")
    assert navigation.get("aria-label") == "Pages of results"
    return [text_of(item).removeprefix("Page ") for item in navigation.iter("li")]


@pytest.mark.parametrize(
    ("size", "number", "shown"),
    [
        (1, 1, "1 2 3 … 32"),
        (1, 4, "1 2 3 4 5 6 … 32"),
        (1, 5, "1 2 3 4 5 6 7 … 32"),
        (1, 16, "1 … 14 15 16 17 18 … 32"),
        (1, 29, "1 … 27 28 29 30 31 32"),
        (1, 32, "1 … 30 31 32"),
        (16, 1, "1 2"),
        (10, 4, "1 2 3 4"),
    ],
)
def test_pager_shows_the_ends_and_the_near(archive_client: FlaskClient, size: int, number: int, shown: str) -> None:
    page = get(archive_client, f"/search?q=strike&size={size}&page={number}")
    assert pager(page) == shown.split()
    current = [text_of(link) for link in page.all("a") if link.get("aria-current") == "page"]
    assert current == [f"Page {number}"]


def test_following_next_reads_every_result_once(archive_client: FlaskClient) -> None:
    url, titles, starts = "/search?q=strike&sort=oldest&size=7", list[str](), list[int]()
    while url:
        page = get(archive_client, url)
        results = page.one("ol", class_="results")
        starts.append(int(results.get("start", "")))
        titles += [text_of(item.find("h2")) for item in results]
        following = [link.get("href", "") for link in page.all("a", rel="next")]
        assert [link.get("href") for link in page.all("link", rel="next")] == following
        url = following[0] if following else ""
    assert titles == [f"Harbour strike enters week {number}" for number in range(32)]
    assert starts == [1, 8, 15, 22, 29]
    assert "29–32 of 32" in page.text(page.one("p", role="status"))
    previous = page.one("a", rel="prev").get("href")
    assert dict(parse_qsl(urlsplit(previous or "").query)) == {
        "q": "strike", "sort": "oldest", "size": "7", "page": "4"
    }  # fmt: skip


def test_single_page_has_no_pager(client: FlaskClient) -> None:
    assert get(client, "/search?q=moscow").all("nav") == []
    assert get(client, "/search?q=moscow&size=0").all("nav") == []


def test_page_beyond_the_last_leads_back_to_it(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike&page=1000000000")
    assert "There is no page 1,000,000,000" in page.text()
    assert arguments(page.links()["page 4"]) == {"q": ["strike"], "page": ["4"]}
