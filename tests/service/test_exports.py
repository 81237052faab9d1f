from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index import Article, SearchRequest, SearchResponse, open_engine
from index.engines import open_writer
from index.job import run
from service import exports
from service.app import create_app
from tests.service.conftest import make_client
from tests.service.html_page import arguments, get, page_total
from tests.service.memory_engine import MemoryEngine


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PART", 4)
    monkeypatch.setattr(exports, "BLOCK", 1000)


def read_lines(client: FlaskClient, url: str) -> list[dict[str, object]]:
    response = client.get(url)
    assert (response.status_code, response.mimetype) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.get_data(as_text=True).splitlines()]


def read_rows(client: FlaskClient, url: str) -> list[dict[str, str]]:
    response = client.get(url)
    assert (response.status_code, response.content_type) == (200, "text/csv; charset=utf-8")
    assert response.data.startswith(b'\xef\xbb\xbf"id"')
    text = response.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


SEARCHES = [
    ("strike", 32), ("strike&source=Der+Bote&source=-unknown&from=2017-03&sort=newest", 9), ("nothing", 0),
    ("a&match=any&published=undated", 2), ("strike&page=3&size=2", 32),
]  # fmt: skip


@pytest.mark.parametrize(("search", "total"), SEARCHES)
def test_files_are_all_that_the_page_counts_in_its_order(archive_client: FlaskClient, search: str, total: int) -> None:
    answer = archive_client.get(f"/api/search?q={search.replace('&page=3&size=2', '')}&size=100").get_json()
    ids = [result["id"] for result in answer["results"]]
    assert len(ids) == answer["total"] == total
    assert [line["id"] for line in read_lines(archive_client, f"/export.jsonl?q={search}")] == ids
    assert [row["id"] for row in read_rows(archive_client, f"/export.csv?q={search}")] == ids


def test_line_is_the_article_and_what_was_found(archive_client: FlaskClient) -> None:
    (line,) = read_lines(archive_client, "/export.jsonl?q=week+27&source=The+Gazette")
    article = archive_client.get("/api/articles/harbour-27").get_json()
    assert {name: line[name] for name in article} == article
    assert line["snippets"] == [
        "The strike goes on.\nIts line <mark>27</mark> is kept.\n\nSecond paragraph about the harbour."
    ]
    assert (line["query"], line["generation"], line["score"]) == ("week 27", 7, 1.0)
    assert line["search"] == "http://localhost/search?q=week+27&source=The+Gazette"


def test_row_is_for_a_spreadsheet(archive_client: FlaskClient) -> None:
    (row,) = read_rows(archive_client, "/export.csv?q=week+27")
    assert row == {
        "id": "harbour-27",
        "title": "Harbour strike enters week 27",
        "source": "The Gazette",
        "published": "2018-06-25",
        "authors": "Ada Byron; Karl Kraus; Nellie Bly",
        "language": "en",
        "place": "",
        "url": "https://www.example.org/27",
        "score": "1.0",
        "snippets": "The strike goes on. Its line 27 is kept. Second paragraph about the harbour.",
        "duplicates": "0",
        "query": "week 27",
        "search": "http://localhost/search?q=week+27",
        "generation": "7",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＠"])
def test_formulas_are_harmless(start: str) -> None:
    cell = f'{start}HYPERLINK("https://example.org";1,2)'
    article = Article(id=f"{start}1", title=cell, body="Body.", source=cell, authors=(cell,), url=cell, language="en")
    client = make_client(MemoryEngine([article]))
    (row,) = read_rows(client, "/export.csv?sort=newest")
    assert row["title"] == row["source"] == row["authors"] == row["url"] == f"'{cell}"
    assert row["id"] == f"'{start}1"
    (row,) = read_rows(client, "/export.csv?q=%3DBody")
    assert row["query"] == "'=Body"
    (line,) = read_lines(client, "/export.jsonl?sort=newest")
    assert line["title"] == cell


def test_every_cell_is_in_quotes(archive_client: FlaskClient) -> None:
    lines = archive_client.get("/export.csv?q=week+26&snippets=0").data.decode("utf-8-sig").split("\r\n")
    assert lines.pop() == ""
    assert all(line.startswith('"') and line.endswith('"') for line in lines)
    assert len(lines[1].split('","')) == len(exports.COLUMNS)


def test_text_that_has_no_utf_8_hinders_nothing() -> None:
    client = make_client(
        MemoryEngine([Article(id="1", title="half \ud83d of a sign", body="\udc00", authors=("\ud800",))])
    )
    (line,) = read_lines(client, "/export.jsonl?sort=newest")
    assert line["title"] == "half ? of a sign"
    assert line["authors"] == ["?"]
    (row,) = read_rows(client, "/export.csv?sort=newest")
    assert row["title"] == "half ? of a sign"


@pytest.mark.parametrize(
    ("query", "name"), [("oil prices", "oil-prices"), ('"x" / ../é', "x"), ("", "articles"), ("نص", "articles")]
)
def test_files_have_names(archive_client: FlaskClient, query: str, name: str) -> None:
    response = archive_client.get("/export.csv", query_string={"q": query})
    assert response.headers["Content-Disposition"] == f"attachment; filename={name}.csv"


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_what_cannot_be_searched_for_is_an_error_and_no_file(archive_client: FlaskClient, ending: str) -> None:
    response = archive_client.get(f"/export.{ending}?q=strike&from=yesterday")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert response.get_json()["parameter"] == "from"
    assert "Content-Disposition" not in response.headers


def test_files_are_kept_by_generation(archive_client: FlaskClient) -> None:
    tag = archive_client.get("/export.csv?q=strike").headers["ETag"]
    assert archive_client.get("/export.csv?q=strike", headers={"If-None-Match": tag}).status_code == 304


def test_files_are_sent_as_they_are_made(archive: MemoryEngine) -> None:
    client = create_app({"TESTING": True}, engine=archive).test_client()
    response = client.get("/export.jsonl?q=strike", buffered=False)
    pieces: Iterator[bytes] = iter(response.response)  # type: ignore[arg-type]
    assert next(pieces)
    assert 1 <= len(archive.requests) < 4
    assert b"".join(pieces)
    assert len(archive.requests) == 8


def test_page_links_to_all_that_it_counts(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike&match=any&source=Der+Bote&page=2&size=5&duplicates=show&sort=oldest")
    links = page.links()
    for text, path in (("CSV", "/export.csv"), ("JSON Lines", "/export.jsonl")):
        assert links[text].split("?")[0] == path
        assert arguments(links[text]) == {
            "q": ["strike"], "match": ["any"], "source": ["Der Bote"], "duplicates": ["show"], "sort": ["oldest"]
        }  # fmt: skip
    assert len(read_rows(archive_client, links["CSV"])) == page_total(page)
    nothing = get(archive_client, "/search?q=nothing").links()
    assert "CSV" not in nothing


def test_file_is_complete_while_the_index_changes(tmp_path: Path) -> None:
    index = str(tmp_path / "index")

    def put(*numbers: int, body: str) -> None:
        with open_writer(index) as writer:
            for number in numbers:
                writer.put(Article(id=str(number), title="Zebra", body=f"{body} {number}"))
            writer.commit()

    put(*range(30), body="first")
    client = create_app({"TESTING": True, "DATELINE_INDEX": index}).test_client()
    response = client.get("/export.jsonl?q=zebra", buffered=False)
    pieces: Iterator[bytes] = iter(response.response)  # type: ignore[arg-type]
    start = next(pieces)
    put(*range(15, 45), body="second")
    lines = [json.loads(line) for line in (start + b"".join(pieces)).splitlines()]
    assert {line["id"] for line in lines} == {str(number) for number in range(30)}
    assert {(line["body"].split()[0], line["generation"]) for line in lines} == {("first", 1)}
    assert len(read_lines(client, "/export.jsonl?q=zebra")) == 45


def test_file_of_articles_can_be_indexed_again(client: FlaskClient, tmp_path: Path) -> None:
    exported = client.get("/export.jsonl?q=russia&duplicates=show").data
    (tmp_path / "found.jsonl").write_bytes(exported)
    run([tmp_path / "found.jsonl"], str(tmp_path / "index"))
    with open_engine(str(tmp_path / "index")) as engine:
        again: SearchResponse = engine.search(SearchRequest(query="russia"))
    lines = [json.loads(line) for line in exported.splitlines()]
    assert again.total == len(lines) > 1
    assert {result.title for result in again.results} == {line["title"] for line in lines}
