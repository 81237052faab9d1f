from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from index import Article, SearchRequest
from index.engine import FACETS
from index.errors import IndexCorruptError
from index.job import run
from tests.service.conftest import make_client
from tests.service.memory_engine import MemoryEngine

SEARCH_KEYS = [
    "query", "interpreted", "total", "total_is_exact", "folded", "took_ms", "cost", "page", "size", "relaxed",
    "suggestion", "generation", "cursor", "results", "facets",
]  # fmt: skip


def get(client: FlaskClient, url: str) -> dict[str, Any]:
    response = client.get(url)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    answer: dict[str, Any] = json.loads(response.data.decode("utf-8"))
    return answer


def test_search_finds_the_sample_articles(client: FlaskClient) -> None:
    answer = get(client, "/api/search?q=tillerson+moscow")
    assert answer["query"] == "tillerson moscow"
    assert answer["total"] == len(answer["results"]) == 5
    assert (answer["page"], answer["size"], answer["relaxed"], answer["facets"]) == (1, 10, False, {})
    best = answer["results"][0]
    assert "Tillerson" in best["title"]
    assert any("<mark>Moscow</mark>" in snippet for snippet in best["snippets"])
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


def test_search_answer_keeps_the_order_of_the_contract(client: FlaskClient) -> None:
    answer = get(client, "/api/search?q=moscow")
    assert list(answer) == SEARCH_KEYS
    assert list(answer["results"][0])[:2] == ["id", "title"]


def test_json_is_utf_8_as_it_is(archive_client: FlaskClient) -> None:
    body = archive_client.get("/api/articles/arabic").data
    assert "عنوان المقال".encode() in body
    assert b"\\u" not in body


def test_lone_surrogate_is_json_all_the_same() -> None:
    client = make_client(MemoryEngine([Article(id="1", title="half \ud83d", body="")]))
    assert get(client, "/api/articles/1")["title"] == "half \ud83d"


def test_pages_of_results_are_the_whole_cut_in_pieces(client: FlaskClient) -> None:
    whole = get(client, "/api/search?q=russia&match=any")
    pieces = [get(client, f"/api/search?q=russia&match=any&size=2&page={page}") for page in (1, 2, 3, 4)]
    assert [result for piece in pieces for result in piece["results"]] == whole["results"]
    assert {piece["total"] for piece in pieces} == {whole["total"]}
    assert (pieces[1]["page"], pieces[1]["size"], pieces[3]["results"]) == (2, 2, [])


def test_page_far_beyond_the_last_is_empty(client: FlaskClient) -> None:
    answer = get(client, "/api/search?q=russia&page=1000000000&size=100")
    assert (answer["results"], answer["page"]) == ([], 1_000_000_000)
    assert answer["total"] == 5


def test_match_any_finds_more_than_all(client: FlaskClient) -> None:
    every = get(client, "/api/search?q=lovefest+antipathy")
    any_ = get(client, "/api/search?q=lovefest+antipathy&match=any")
    assert every["relaxed"] is True
    assert (any_["relaxed"], any_["total"]) == (False, 2)


def test_snippets_and_results_can_be_left_out(client: FlaskClient) -> None:
    with_snippets = get(client, "/api/search?q=moscow&snippets=true")["results"]
    without = get(client, "/api/search?q=moscow&snippets=false")["results"]
    assert all(result["snippets"] for result in with_snippets)
    assert [result["snippets"] for result in without] == [[]] * 5
    assert get(client, "/api/search?q=moscow&size=0")["results"] == []


def test_empty_query_is_every_article(client: FlaskClient) -> None:
    for url in ("/api/search", "/api/search?q=", "/api/search?q=%20%00"):
        assert get(client, url)["total"] == 5


def test_arguments_reach_the_engine(archive: MemoryEngine, archive_client: FlaskClient) -> None:
    url = "/api/search?q=strike&match=any&page=2&size=3&sort=oldest&from=2017&to=2017-12&source=The+Gazette"
    answer = get(
        archive_client, url + "&source=Der+Bote&author=Ada+Byron&language=en&facets=all&snippets=0&duplicates=show"
    )
    assert archive.requests == [
        SearchRequest(
            query="strike",
            match="any",
            page=2,
            size=3,
            sort="oldest",
            published_from=dt.date(2017, 1, 1),
            published_to=dt.date(2017, 12, 31),
            source=("The Gazette", "Der Bote"),
            author=("Ada Byron",),
            language=("en",),
            facets=FACETS,
            snippets=False,
            duplicates="show",
        )
    ]
    assert list(answer["facets"]) == list(FACETS)
    # Those that the filter leaves out are counted, too.
    assert answer["facets"]["source"] == [{"value": "The Gazette", "count": 5}, {"value": "The Courier", "count": 4}]
    assert (answer["total"], [count["value"] for count in answer["facets"]["published"]]) == (
        5, ["2017-03", "2017-05", "2017-06", "2017-10", "2017-12"]
    )  # fmt: skip


def test_duplicates_are_listed_with_their_article_or_shown(wire_client: FlaskClient) -> None:
    folded = get(wire_client, "/api/search?q=dam")
    assert (folded["total"], folded["folded"]) == (2, 24)
    first, other = folded["results"]
    assert (first["id"], first["num_duplicates"], len(first["duplicates"])) == ("wire-0", 24, 20)
    assert first["duplicates"][0] == {
        "id": "wire-1",
        "title": "Dam breaks, take 1",
        "source": "The Courier",
        "published": "2017-01-02",
        "url": "https://www.example.org/1",
    }
    assert (other["duplicates"], other["num_duplicates"]) == ([], 0)
    shown = get(wire_client, "/api/search?q=dam&duplicates=show&size=100")
    assert (shown["total"], shown["folded"], len(shown["results"])) == (26, 0, 26)


def test_article_is_given_whole(client: FlaskClient, seed_index: Path) -> None:
    found = get(client, "/api/search?q=lovefest")["results"][0]
    article = get(client, f"/api/articles/{found['id']}")
    assert list(article) == [
        "id",
        "title",
        "body",
        "url",
        "source",
        "authors",
        "published",
        "published_from",
        "place",
        "language",
    ]
    assert (article["id"], article["title"]) == (found["id"], found["title"])
    assert article["body"].count("\n\n") > 5


def test_article_can_have_a_url_for_an_id(archive_client: FlaskClient) -> None:
    article_id = "https://example.org/a//b?c"
    assert get(archive_client, "/api/articles/https://example.org/a//b%3Fc")["id"] == article_id


def test_stats_tell_what_is_in_the_index(client: FlaskClient, archive_client: FlaskClient) -> None:
    assert get(client, "/api/stats")["articles"] == 5
    stats = get(archive_client, "/api/stats")
    assert (stats["articles"], stats["earliest"], stats["latest"], stats["undated"]) == (
        35, "2017-01-01", "2018-09-13", 3
    )  # fmt: skip
    assert stats["sources"][0] == {"value": "The Gazette", "count": 11}
    assert stats["committed_at"] == "2026-11-20T09:05:07.123456+00:00"


def test_process_is_alive_and_the_index_ready(client: FlaskClient) -> None:
    assert get(client, "/healthz") == {"status": "alive"}
    ready = get(client, "/readyz")
    assert (ready["status"], ready["articles"], ready["generation"]) == ("ready", 5, 1)


def test_process_is_alive_without_an_index_and_not_ready(tmp_path: Path) -> None:
    client = make_client(None, DATELINE_INDEX=tmp_path / "none")
    assert get(client, "/healthz") == {"status": "alive"}
    assert client.get("/readyz").status_code == 503


def test_index_that_is_made_later_is_picked_up(tmp_path: Path) -> None:
    client = make_client(None, DATELINE_INDEX=tmp_path / "index")
    assert client.get("/api/search").status_code == 503
    (tmp_path / "one.txt").write_text("A headline of some words\n\nAnd a body.\n", encoding="utf-8")
    run([tmp_path / "one.txt"], str(tmp_path / "index"))
    assert get(client, "/api/search")["total"] == 1


def test_ready_says_that_an_older_generation_answers(archive: MemoryEngine) -> None:
    archive.newer_fails = IndexCorruptError("build-0002 is damaged.")
    ready = get(make_client(archive), "/readyz")
    assert ready == {"status": "stale", "articles": 35, "generation": 7, "detail": "build-0002 is damaged."}


@pytest.mark.parametrize("path", ["/api/search?q=x", "/api/stats", "/healthz", "/readyz"])
def test_head_is_answered_like_get_without_a_body(client: FlaskClient, path: str) -> None:
    response = client.head(path)
    assert (response.status_code, response.data) == (200, b"")


def test_all_results_are_walked_by_cursor(archive: MemoryEngine, archive_client: FlaskClient) -> None:
    url = "/api/search?q=strike&size=9&source=-Der+Bote"
    parts = [get(archive_client, url)]
    while cursor := parts[-1]["cursor"]:
        parts.append(get(archive_client, f"{url}&cursor={cursor}"))
    found = [result["id"] for part in parts for result in part["results"]]
    assert (len(parts), len(found), len({*found})) == (3, 22, 22)
    cursor = parts[0]["cursor"]
    # A page is by its number, whatever a link has besides.
    assert get(archive_client, "/api/search?q=strike&size=9&page=2&source=-Der+Bote")["page"] == 2
    assert "10–18 of" not in archive_client.get(f"/search?q=strike&size=9&source=-Der+Bote&cursor={cursor}").text
    refused = archive_client.get(f"/api/search?q=other&size=9&cursor={cursor}")
    assert (refused.status_code, refused.get_json()["parameter"]) == (400, "cursor")
    archive.generation += 1
    expired = archive_client.get(f"{url}&cursor={cursor}")
    assert (expired.status_code, expired.get_json()["type"]) == (410, "/problems/cursor-expired")
    assert archive_client.get(expired.get_json()["type"]).status_code == 200
