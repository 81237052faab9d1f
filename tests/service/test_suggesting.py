"""Suggestions and related articles over HTTP: what is answered, what is refused, and what the pages show of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from index import Article
from index.errors import IndexMissingError
from tests.service.conftest import HOSTILE_TITLE, make_client
from tests.service.html_page import HtmlPage
from tests.service.memory_engine import MemoryEngine


def get(client: FlaskClient, url: str, status: int = 200) -> dict[str, Any]:
    response = client.get(url)
    assert response.status_code == status, response.text
    assert response.content_type == ("application/json" if status == 200 else "application/problem+json")
    answer: dict[str, Any] = json.loads(response.data.decode("utf-8"))
    return answer


def article_ids(client: FlaskClient) -> list[str]:
    return [result["id"] for result in get(client, "/api/search?q=tillerson")["results"]]


# Completions --------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_completed(client: FlaskClient) -> None:
    answer = get(client, "/api/suggest?q=chemical+wea")
    assert list(answer) == ["query", "completions", "titles"]
    assert answer["query"] == "chemical wea"
    best = answer["completions"][0]
    assert (list(best), best["text"], best["word"]) == (["text", "word", "count"], "chemical weapons", "weapons")
    assert get(client, f"/api/search?q={quote(best['word'])}")["total"] > 0


def test_titles_lead_to_their_articles(client: FlaskClient) -> None:
    titles = get(client, "/api/suggest?q=tillerson")["titles"]
    assert titles
    for title in titles:
        assert get(client, f"/api/articles/{quote(title['id'])}")["title"] == title["title"]
        assert "Tillerson" in title["title"]


def test_a_space_at_the_end_says_that_the_word_is_whole(client: FlaskClient) -> None:
    assert get(client, "/api/suggest?q=mosc")["completions"]
    answer = get(client, "/api/suggest?q=moscow+")
    assert (answer["query"], answer["completions"]) == ("moscow ", [])


@pytest.mark.parametrize("query", ["", "q=", "q=+", "q=%22", "q=%00", "q=-", "size=3"])
def test_nothing_typed_is_answered_by_nothing(client: FlaskClient, query: str) -> None:
    answer = get(client, f"/api/suggest?{query}")
    assert (answer["completions"], answer["titles"]) == ([], [])


def test_size_bounds_both(archive_client: FlaskClient) -> None:
    answer = get(archive_client, "/api/suggest?q=harbour")
    assert len(answer["titles"]) == 8
    answer = get(archive_client, "/api/suggest?q=harbour&size=2")
    assert (len(answer["completions"]), len(answer["titles"])) == (1, 2)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("q=x&size=101", "size"),
        ("q=x&size=-1", "size"),
        ("q=x&size=many", "size"),
        ("q=" + "x" * 2001, "q"),
        ("q=x&q=y", "q"),
        ("q=x&page=2", "page"),
        ("query=x", "query"),
    ],
)
def test_what_cannot_be_used_is_a_400(client: FlaskClient, query: str, parameter: str) -> None:
    document = get(client, f"/api/suggest?{query}", 400)
    assert (document["type"], document["parameter"]) == ("/problems/invalid-parameter", parameter)


def test_without_an_index_nothing_is_suggested() -> None:
    client = make_client(MemoryEngine(failure=IndexMissingError("None.")))
    assert get(client, "/api/suggest?q=x", 503)["type"] == "/problems/index-missing"
    assert get(client, "/api/articles/x/related", 503)["type"] == "/problems/index-missing"


# Related articles ---------------------------------------------------------------------------------------------------


def test_articles_are_related_to_others_and_not_to_themselves(client: FlaskClient) -> None:
    for article_id in article_ids(client):
        answer = get(client, f"/api/articles/{quote(article_id)}/related")
        assert list(answer) == ["id", "results"]
        related = [result["id"] for result in answer["results"]]
        assert related
        assert article_id not in related
        assert {*related} <= {*article_ids(client)}
        few = get(client, f"/api/articles/{quote(article_id)}/related?size=1")
        assert few["results"] == answer["results"][:1]


def test_an_article_that_is_not_there_is_a_404(client: FlaskClient) -> None:
    document = get(client, "/api/articles/nothing/related", 404)
    assert document["type"] == "/problems/article-not-found"
    assert document["detail"] == "There is no article with the id 'nothing'."


@pytest.mark.parametrize(("query", "parameter"), [("size=101", "size"), ("size=x", "size"), ("q=x", "q")])
def test_what_cannot_be_used_of_an_article_is_a_400(client: FlaskClient, query: str, parameter: str) -> None:
    assert get(client, f"/api/articles/nothing/related?{query}", 400)["parameter"] == parameter


def test_an_id_may_end_as_the_path_does() -> None:
    urls = ["https://example.org/a", "https://example.org/a/related", "https://example.org/b/related"]
    client = make_client(MemoryEngine([Article(id=url, title="The harbour", body=url) for url in urls]))
    assert get(client, f"/api/articles/{urls[2]}")["title"] == "The harbour"
    assert get(client, f"/api/articles/{urls[0]}/related")["id"] == urls[0]
    assert get(client, f"/api/articles/{urls[1]}/related")["id"] == urls[1]


def test_the_page_of_an_article_lists_what_is_related(client: FlaskClient) -> None:
    article_id = article_ids(client)[0]
    related = get(client, f"/api/articles/{quote(article_id)}/related")["results"]
    page = HtmlPage(client.get(f"/articles/{quote(article_id)}?q=moscow").text)
    assert list(page.problems()) == []
    links = {link.get("href"): page.text(link) for link in page.one("section", class_="related").iter("a")}
    assert links == {f"/articles/{quote(result['id'])}": " ".join(result["title"].split()) for result in related}


def test_a_page_has_no_list_of_nothing() -> None:
    client = make_client(MemoryEngine([Article(id="1", title="Alone", body="Body.")]))
    assert "Related" not in HtmlPage(client.get("/articles/1").text).text()


def test_titles_of_others_are_no_markup() -> None:
    others = [Article(id="1", title="A hostile test", body="1"), Article(id="2", title=HOSTILE_TITLE, body="2")]
    page = HtmlPage(make_client(MemoryEngine(others)).get("/articles/1").text)
    assert HOSTILE_TITLE in page.text(page.one("section", class_="related"))


# Did you mean -------------------------------------------------------------------------------------------------------


def test_a_slip_is_answered_with_what_was_meant(client: FlaskClient) -> None:
    answer = get(client, "/api/search?q=lavrov+tilerson")
    assert answer["relaxed"] is True
    assert answer["suggestion"] == "lavrov tillerson"
    assert get(client, "/api/search?q=lavrov+tillerson")["suggestion"] is None


def test_the_page_asks_whether_it_was_meant(client: FlaskClient) -> None:
    page = HtmlPage(client.get("/search?q=%22rex+tilerson%22&sort=newest").text)
    assert 'Did you mean "rex tillerson"?' in page.text()
    assert page.links()['"rex tillerson"'] == "/search?q=%22rex+tillerson%22&sort=newest"


def test_what_was_meant_is_no_markup(client: FlaskClient) -> None:
    page = HtmlPage(client.get("/search", query_string={"q": "<b>tilerson</b>"}).text)
    for link in page.all("p", class_="suggestion"):
        assert "<b>" in page.text(link)
    client = make_client(MemoryEngine(suggestion="<b>&amp;"))
    assert "Did you mean <b>&amp;?" in HtmlPage(client.get("/search?q=x").text).text()


def test_article_that_is_not_there_is_not_found_whatever_else_is_asked(client: FlaskClient) -> None:
    assert get(client, "/api/articles/nothing/related?size=3", 404)["type"] == "/problems/article-not-found"
