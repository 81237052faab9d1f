"""Of several values for one field, one that can't be read hides none that can."""

from __future__ import annotations

import itertools
import json

import pytest

from index.sources.documents import parse_document
from index.sources.parts import Document
from index.sources.records import NAMES, is_readable, recognise
from tests.index.sources.conftest import ReadBytes

BODY = "The minister left the city on Monday after a week of talks. Nobody said why, and nobody was asked to."
DATED = f"A Headline of Five Words\n\nBy Jane Doe\n\nPublished April 13, 2017\n\n{BODY}\n\n{BODY}"


def test_a_date_that_cannot_be_read_hides_none_that_can() -> None:
    for unreadable in ("n/a", "4/5/2017", "  ", {"value": "soon"}, 12):
        assert recognise({"published": unreadable, "date": "2017-04-13"}, {})["published"] == "2017-04-13"
        assert recognise({"date": "2017-04-13", "published": unreadable}, {})["published"] == "2017-04-13"
    # It is told as it is where there is no other, for the id.
    assert recognise({"published": "4/5/2017", "date": "soon"}, {}) == {"published": "4/5/2017"}
    # Who names a field means that one.
    assert recognise({"ts": "n/a", "date": "2017-04-13"}, {"published": "ts"}) == {"published": "n/a"}


def test_a_blank_body_and_a_relative_url_hide_none() -> None:
    for blank in (" \n\t", "<p> </p><p></p>", "&nbsp;"):
        assert recognise({"body": blank, "content": "Text"}, {}) == {"body": "Text"}
    record = {"url": "/a/b.html", "link": "https://example.org/a/b.html", "href": "https://example.org/c"}
    assert recognise(record, {}) == {"url": "https://example.org/a/b.html"}
    assert recognise({"title": " ", "headline": "T"}, {}) == {"title": "T"}


def test_the_order_of_the_fields_is_no_matter() -> None:
    pairs = [("date", "2017-04-14"), ("published", "n/a"), ("pubdate", "2017-04-13"), ("publishedat", ""), ("day", "x")]
    for order in itertools.permutations(pairs):
        assert recognise(dict(order), {}) == {"published": "2017-04-13"}
    assert all(is_readable(field, "anything that has a name") for field in NAMES if field not in ("published", "url"))


@pytest.mark.parametrize(
    ("front", "sidecar", "date", "origin"),
    [
        ("date: 4/5/2017", None, "2017-04-13", "text"),
        ("date: 2017-04-14", None, "2017-04-14", "metadata"),
        ("date: 2017-04-14", {"date": "n/a"}, "2017-04-14", "metadata"),
        ("date: 2017-04-14", {"published": "2017-04-15"}, "2017-04-15", "metadata"),
        ("title: T", {"date": "n/a"}, "2017-04-13", "text"),
    ],
)
def test_front_matter_that_cannot_be_read_hides_nothing_of_the_text(
    front: str, sidecar: dict[str, str] | None, date: str, origin: str
) -> None:
    content = f"---\n{front}\n---\n{DATED}".encode()
    beside = None if sidecar is None else json.dumps(sidecar).encode()
    made = parse_document(Document("text", content, "a.txt", "a.txt", "a", sidecar=beside), {})[0]
    assert not isinstance(made, Exception)
    said = made.to_dict()  # type: ignore[union-attr]
    assert (said["published"], said["published_from"]) == (date, origin)


def test_an_empty_meta_element_hides_none(read_bytes: ReadBytes) -> None:
    for first in ("", "n/a"):
        head = f'<meta name="date" content="{first}"><meta name="date" content="2017-04-13">'
        page = f"<html><head>{head}</head><body><p>{BODY}</p><p>{BODY}!</p></body></html>"
        (made,) = read_bytes({"a.html": page}).articles
        assert str(made.published) == "2017-04-13"


def test_a_blank_column_hides_none_of_its_name(read_bytes: ReadBytes) -> None:
    (made,) = read_bytes({"a.csv": "title,text,text\nT, ,B\n"}).articles
    assert made.body == "B"
