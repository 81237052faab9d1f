from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from index import Article
from tests.service.conftest import make_client
from tests.service.html_page import HtmlPage
from tests.service.memory_engine import MemoryEngine

ATOM = "{http://www.w3.org/2005/Atom}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def read(client: FlaskClient, url: str, mimetype: str = "application/atom+xml") -> ElementTree.Element:
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    return ElementTree.fromstring(answer.data)


def texts(element: ElementTree.Element, path: str) -> list[str | None]:
    return [found.text for found in element.findall(path.replace("atom:", ATOM))]


def test_a_feed_has_what_the_search_finds_the_newest_first(archive_client: FlaskClient) -> None:
    feed = read(archive_client, "/feed.atom?q=strike&source=The+Gazette")
    found = archive_client.get("/api/search?q=strike&source=The+Gazette&sort=newest&size=50").get_json()
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [each["title"] for each in found["results"]]
    assert [entry.findtext(f"{ATOM}published") for entry in entries] == [
        f"{each['published']}T00:00:00Z" for each in found["results"]
    ]
    first = entries[0]
    assert texts(first, "atom:author/atom:name") == found["results"][0]["authors"]
    links = {link.get("rel"): link.get("href") for link in first.findall(f"{ATOM}link")}
    assert links == {
        "alternate": f"http://localhost/articles/{found['results'][0]['id']}",
        "via": found["results"][0]["url"],
    }
    assert first.findtext(f"{ATOM}id") == links["alternate"]


def test_a_feed_says_where_it_is_and_where_its_page_is(archive_client: FlaskClient) -> None:
    feed = read(archive_client, "/feed.atom?q=strike&sort=oldest&page=3&size=2")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == feed.findtext(f"{ATOM}id")
    assert str(links["self"]).startswith("http://localhost/feed.atom?q=strike")
    assert "page" not in str(links["self"])
    assert str(links["alternate"]).startswith("http://localhost/search?q=strike&sort=newest")
    assert len(feed.findall(f"{ATOM}entry")) == 32


def test_a_feed_of_an_article_without_anything_is_a_feed() -> None:
    article = Article(id="a/b c?d", title="", body="Body.")
    feed = read(make_client(MemoryEngine([article])), "/feed.atom")
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "Untitled"
    assert entry.findtext(f"{ATOM}id") == "http://localhost/articles/a/b%20c%3Fd"
    assert dt.datetime.fromisoformat(str(entry.findtext(f"{ATOM}updated"))).tzinfo
    assert entry.find(f"{ATOM}published") is None


def test_what_xml_cannot_hold_breaks_no_feed() -> None:
    article = Article(
        id="x", title="Bell \x07 & <b>bold</b> \ud800", body="Body.", source='"quoted"', url="javascript:alert(1)"
    )
    feed = read(make_client(MemoryEngine([article])), "/feed.atom?q=%07%3Cbold%3E")
    assert feed.findtext(f"{ATOM}title") == "Dateline: <bold>"
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "Bell � & <b>bold</b> �"
    assert [link.get("rel") for link in entry.findall(f"{ATOM}link")] == ["alternate"]


def test_a_feed_is_asked_for_in_the_words_of_a_search(archive_client: FlaskClient) -> None:
    answer = archive_client.get("/feed.atom?from=yesterday")
    assert answer.status_code == 400
    assert "yesterday" in answer.text


@pytest.mark.parametrize(
    ("name", "short"), [("Dateline", "Dateline"), ("The Harbour Gazette 1900–1950", "The Harbour Gaz…")]
)
def test_a_browser_learns_how_to_ask(archive: MemoryEngine, name: str, short: str) -> None:
    client = make_client(archive, DATELINE_ARCHIVE_NAME=name)
    link = HtmlPage(client.get("/").text).one("link", rel="search")
    described = read(client, str(link.get("href")), "application/opensearchdescription+xml")
    assert described.findtext(f"{OPENSEARCH}ShortName") == short
    templates = {url.get("type"): str(url.get("template")) for url in described.findall(f"{OPENSEARCH}Url")}
    assert templates == {
        "text/html": "http://localhost/search?q={searchTerms}",
        "application/atom+xml": "http://localhost/feed.atom?q={searchTerms}",
    }
    asked = templates["text/html"].replace("{searchTerms}", "harbour%20strike").removeprefix("http://localhost")
    assert "32 articles" in client.get(asked).text


def test_a_page_of_results_leads_to_its_feed(archive_client: FlaskClient) -> None:
    page = archive_client.get("/search?q=strike&language=de&sort=oldest&page=2").text
    assert HtmlPage(page).one("link", type="application/atom+xml").get("href") == "/feed.atom?q=strike&language=de"
