"""An archive that means harm: the job ends, what it shows is text, and questions are answered quickly all the same."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index.job import run
from service.app import create_app
from tests.service.html_page import HtmlPage

SCRIPT = "<script>document.title='run'</script>"
BIDI = "Safe \u202egpj.exe\u202c title \u2066of\u2069 turns"
WORDS = 1_000_000


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("hostile")
    articles = folder / "articles"
    articles.mkdir()
    records = [
        {"id": "script", "title": SCRIPT, "text": f"A body with {SCRIPT} inside.", "source": SCRIPT, "author": SCRIPT},
        {
            "id": "bidi",
            "title": BIDI,
            "text": f"A body. {BIDI}.",
            "source": "\u202etluaf",
            "url": "javascript:alert(1)",
        },
        {
            "id": "controls",
            "title": "\x00\x1b[31mred\x07",
            "text": "A body \ud800 of\x00 what is\x1b no text.",
            "source": "\x00",
        },
        {"id": "long-word", "title": "w" * 100_000, "text": "A body of " + "x" * 1_000_000},
        {"id": "marks", "title": "a" + "\u0301" * 10_000, "text": "A body " + "e\u0301\u0302" * 10_000},
        *(
            {
                "id": f"words-{start}",
                "title": "Words",
                "text": " ".join(f"w{n:x}q" for n in range(start, WORDS, 4)),
            }
            for start in range(4)
        ),
        {"id": "huge", "title": "Huge", "text": "long body " * 5_000_000},
    ]
    with (articles / "all.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    deep = "<div>" * 20_000 + "<p>The body of a deep page that goes on for a while.</p>" + "</div>" * 20_000
    (articles / "deep.html").write_text(f"<html><head><title>Deep</title></head><body>{deep}</body></html>")
    report = run([articles], str(folder / "index"))
    assert report.added == 10
    assert [(Path(failure.path).name, failure.reason) for failure in report.failed] == [
        ("all.jsonl:10", "is longer than 8 MB")
    ]
    return create_app({"DATELINE_INDEX": str(folder / "index")}).test_client()


def test_what_is_sound_is_indexed(hostile: FlaskClient) -> None:
    assert hostile.get("/api/stats").get_json()["articles"] == 10
    assert hostile.get("/api/search?q=w1fq").get_json()["results"][0]["id"] == "words-3"
    assert hostile.get("/api/articles/huge").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/search?q=body", "/search?sort=newest", "/articles/script?q=body", "/articles/bidi", "/articles/controls",
     "/articles/marks", "/search?q=w*"],
)  # fmt: skip
def test_pages_hold_none_of_it_as_markup(hostile: FlaskClient, path: str) -> None:
    response = hostile.get(path)
    assert response.status_code == 200
    page = HtmlPage(response.text)
    assert [script.get("src") for script in page.all("script") if not (script.get("src") or "").startswith("/")] == []
    assert not [url for url in page.links().values() if url.startswith("javascript:")]
    assert not set(response.text) & {"\0", "\x1b", "\x07"}


@pytest.mark.parametrize(
    "path", ["/feed.atom?q=body", "/export.csv?q=body", "/export.jsonl?q=body", "/api/search?q=body"]
)
def test_answers_for_programs_are_whole(hostile: FlaskClient, path: str) -> None:
    response = hostile.get(path)
    assert response.status_code == 200
    assert response.data.decode("utf-8")


def test_questions_are_answered_quickly(hostile: FlaskClient) -> None:
    for query in ("w*", "*q", "w1f??", "body", "wiq~", "x" * 2000, "*" * 100):
        started = time.process_time()
        assert hostile.get("/search", query_string={"q": query}).status_code == 200
        assert time.process_time() - started < 5
