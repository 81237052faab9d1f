from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from index.article import Article
from index.errors import SourceError
from index.schema import from_stored
from index.sources import NO_MAPPING, find_files, read_file
from index.sources.fields import drop_controls, to_authors, to_language, to_line, to_text, to_url, usable_id
from index.sources.markup import to_plain_text
from index.sources.records import NAMES, finish, make_draft, recognise
from tests.index.sources.conftest import ReadBytes

PATH = "news/a.jsonl"


def article(record: Mapping[str, object], mapping: Mapping[str, str] = NO_MAPPING) -> Article:
    return finish([make_draft(recognise(record, mapping), PATH)])[0]


@pytest.mark.parametrize(
    "record",
    [
        # Dateline's own, news-please, schema.org, NewsAPI, newspaper3k, trafilatura
        {"title": "T", "body": "B", "published": "2017-04-13", "authors": ["A B"], "source": "S", "language": "en"},
        {
            "title": "T",
            "maintext": "B",
            "date_publish": "2017-04-13",
            "authors": ["A B"],
            "source_domain": "S",
            "language": "en",
        },
        {
            "@type": "NewsArticle",
            "headline": "T",
            "articleBody": "B",
            "datePublished": "2017-04-13",
            "author": [{"@type": "Person", "name": "A B"}],
            "publisher": {"@type": "Organization", "name": "S"},
            "inLanguage": "en-GB",
        },
        {
            "title": "T",
            "content": "B",
            "publishedAt": "2017-04-13",
            "author": "By A B",
            "source": {"id": None, "name": "S"},
            "lang": "English",
        },
        {"TITLE": "T", "Text": "B", "Publish-Date": 1492041600, "Byline": "A B", "Publisher": "S", "Lang": "eng"},
        {"title": "T", "text": "<p>B</p>", "date": "13 April 2017", "author": "A B", "sitename": "S", "language": "EN"},
    ],
)
def test_the_usual_names_are_recognised(record: dict[str, object]) -> None:
    made = article(record)
    assert (made.title, made.body, made.source, made.authors, made.language) == ("T", "B", "S", ("A B",), "en")
    assert made.published in (dt.date(2017, 4, 13), dt.datetime(2017, 4, 13, tzinfo=dt.UTC))
    assert made.published_from == "metadata"


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ([{"first_name": "Jane", "last_name": "Doe"}, {"firstname": "John"}], ("Jane Doe", "John")),
        ({"@type": "Person", "givenName": "Jane", "familyName": "Doe"}, ("Jane Doe",)),
        ({"original": "By Jane Doe", "person": [{"firstname": "Jane"}]}, ("Jane Doe",)),
        ({"name": ["Jane Doe", "John Smith"]}, ("Jane Doe", "John Smith")),
        ("jane@example.org (Jane Doe)", ("Jane Doe",)),
        (["None", "nan", "N/A", 17, "unknown", "Jane Doe"], ("Jane Doe",)),
        ({"first_name": 5, "last_name": None}, ()),
    ],
)
def test_authors_are_found_however_they_are_nested(author: object, names: tuple[str, ...]) -> None:
    assert article({"title": "T", "author": author}).authors == names


def test_records_of_programs_that_wrap_their_values() -> None:
    made = article(
        {"title": {"rendered": "E &amp; F"}, "content": {"rendered": "<p>B</p>"}, "date_gmt": "2017-04-13T10:00"}
    )
    assert (made.title, made.body) == ("E & F", "B")
    assert made.published == dt.datetime(2017, 4, 13, 10, tzinfo=dt.UTC)
    assert article({"headline": {"main": "D", "kicker": None}, "body": "B"}).title == "D"
    for date in ("2017-04-13T00:00:00Z", {"$numberLong": "1492041600000"}):
        assert article({"title": "T", "date": {"$date": date}}).published == dt.datetime(2017, 4, 13, tzinfo=dt.UTC)


def test_the_surest_name_wins_and_what_is_empty_does_not() -> None:
    assert article({"description": "D", "text": "T", "body": ""}).body == "T"
    assert article({"date": "", "pubDate": "2017-04-13", "title": "T"}).published == dt.date(2017, 4, 13)


@pytest.mark.parametrize("empty", ["", [], {}, False, None])
def test_what_is_empty_hides_nothing(empty: object) -> None:
    record = {"id": 0, "title": "T", "body": empty, "content": "B", "authors": empty, "author": "A B"}
    made = article(record)
    assert (made.id, made.body, made.authors) == ("0", "B", ("A B",))


def test_fields_are_mapped() -> None:
    record = {"hed": "T", "meta": {"when": {"pub": 1492041600}}, "text": "B", "a.b": "S", "id": 7, "author": "X Y"}
    mapping = {"title": "hed", "published": "meta.when.pub", "source": "a.b", "id": "", "authors": "nowhere"}
    made = article(record, mapping)
    assert (made.title, made.body, made.source, made.authors) == ("T", "B", "S", ())
    assert made.published == dt.datetime(2017, 4, 13, tzinfo=dt.UTC)
    assert made.id != "7"
    assert article(record).id == "7"


def test_an_article_without_a_title_gets_its_first_sentence() -> None:
    made = article({"title": " ", "body": "MOSCOW (Reuters) - The minister left on Monday. More."})
    assert made.title == "The minister left on Monday."
    assert article({"title": "The minister left", "body": ""}).body == "The minister left"


def test_a_date_comes_from_the_url_where_nothing_else_says_it() -> None:
    made = article({"title": "T", "link": "https://www.example.org/2017/04/13/a-story?x=1#top", "date": "yesterday"})
    assert (made.published, made.published_from) == (dt.date(2017, 4, 13), "url")
    assert (made.source, made.id[:8]) == ("example.org", "a-story-")
    made = article({"title": "T", "published": "04/05/2017"})
    assert (made.published, made.published_from) == (None, None)
    assert "published_from" in made.to_dict()


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"body": "MOSCOW, April 12 (Reuters) - The minister left."}, "MOSCOW"),
        ({"body": "<p>HANOI, Vietnam (AP) — The minister left.</p><p>More.</p>"}, "HANOI, Vietnam"),
        ({"body": "The minister left.", "place": "Moscow"}, "Moscow"),
        ({"body": "BERLIN (dpa) - The minister left.", "location": {"name": "The Hague"}}, "The Hague"),
        ({"body": "B", "Dateline": "    SALVADOR, Feb 26 - "}, "SALVADOR"),
        ({"body": "B", "dateline_place": "Dekalb, Ill."}, "Dekalb, Ill."),
        ({"body": "BERLIN (dpa) - The minister left.", "place": ""}, "BERLIN"),
        ({"body": "B", "place": "https://example.org/moscow"}, None),
        ({"body": "B", "place": "–"}, None),
        ({"body": "B", "place": "x" * 500}, None),
        ({"body": "WANTED - 4 zebras, or the like."}, None),
        ({"body": "The minister left. MOSCOW (Reuters) - No."}, None),
    ],
)
def test_the_place_is_told_by_a_field_or_a_dateline(record: dict[str, object], place: str | None) -> None:
    made = article({"title": "T"} | record)
    assert made.place == place
    assert made.to_dict()["place"] == place
    # The words stay where they are.
    assert made.body == to_text(record["body"])


def test_the_place_is_mapped() -> None:
    assert article({"body": "B", "meta": {"from": "Moscow"}}, {"place": "meta.from"}).place == "Moscow"


def test_the_digest_of_an_article_stays_what_an_index_remembers_of_it() -> None:
    made = article({"id": "a", "title": "T", "body": "B"})
    # Another one would have every article of every index be put again: `SCHEMA_VERSION` must rise then.
    assert made.digest() == hashlib.blake2b(b'{"id":"a","title":"T","body":"B"}', digest_size=16).hexdigest()
    others: dict[str, Any] = {
        "id": "b",
        "title": "U",
        "body": "C",
        "url": "https://example.org/",
        "source": "s",
        "authors": ("A", "B"),
    }
    others |= {"published": dt.date(2017, 4, 13), "published_from": "url", "place": "MOSCOW", "language": "en"}
    assert {*others} == {*made.to_dict()}
    digests = {replace(made, **{name: value}).digest() for name, value in others.items()}
    assert len(digests - {made.digest()}) == len(others)


@given(
    st.builds(
        Article,
        id=st.text(st.characters()),
        title=st.text(st.characters()),
        body=st.text(st.characters()) | st.text('"\\/\x7f\x00\x1f\u2028é😀\n'),
        source=st.none() | st.text(),
        authors=st.lists(st.text(st.characters()), max_size=3).map(tuple),
        published=st.none() | st.dates(),
        published_from=st.sampled_from([None, "url"]),
    )
)
@example(Article(id="1", title="\ud800", body="B"))
def test_the_json_of_an_article_is_what_is_known_of_it(made: Article) -> None:
    known = {name: value for name, value in made.to_dict().items() if value or name in ("id", "title", "body")}
    assert json.loads(made.to_json().decode("utf-8", "surrogatepass")) == known
    assert from_stored(made.to_json()).digest() == made.digest()


@given(st.text(st.characters() | st.sampled_from(" \t\x00&<b>\xa0\u2028")))
def test_a_line_is_plain_text_without_controls(text: str) -> None:
    assert to_line(text) == (" ".join(to_plain_text(drop_controls(text)).split()) or None)
    assert to_line(text, is_plain=True) == (" ".join(drop_controls(text).split()) or None)


def test_a_date_comes_from_the_name_of_a_file_of_one_article(read_bytes: ReadBytes) -> None:
    reading = read_bytes({"2017-04-13-a.txt": "Text.", "2017-04-13-b.jsonl": '{"title": "B"}', "c.txt": "Text."})
    assert [(one.published, one.published_from) for one in reading.articles] == [
        (dt.date(2017, 4, 13), "file"),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("By Jane Doe and John Smith", ("Jane Doe", "John Smith")),
        ("BY JANE DOE, JOHN SMITH", ("JANE DOE", "JOHN SMITH")),
        ("Von Anna Müller und Björn Öztürk", ("Anna Müller", "Björn Öztürk")),
        ("von: anna Müller", ("anna Müller",)),
        ("by jane doe", ("jane doe",)),
        ("Par AFP", ("AFP",)),
        *((name, (name,)) for name in ("Von Jones", "Di Jones", "Por Silva", "von der Leyen", "VON JONES", "Bybee")),
        ("Von Jones, Peter Smith and Von Jones", ("Von Jones", "Peter Smith")),
        ("Jane Doe; John Smith", ("Jane Doe", "John Smith")),
        ("Jane Doe, John Smith, and Ann Lee", ("Jane Doe", "John Smith", "Ann Lee")),
        (["Jane Doe", "Jane Doe", ""], ("Jane Doe",)),
        ([{"name": "Jane Doe"}, {"name": {"value": "John Smith"}}], ("Jane Doe", "John Smith")),
        ({"name": "Jane Doe", "url": "https://example.org"}, ("Jane Doe",)),
        ("['Jane Doe', 'John Smith']", ("Jane Doe", "John Smith")),
        ("[]", ()),
        ("Doe, Jane", ("Doe, Jane",)),
        ("Land and Sea Desk", ("Land", "Sea Desk")),
        ("https://example.org/jane", ()),
        ("J. R. R. Tolkien", ("J. R. R. Tolkien",)),
        (None, ()),
        (float("nan"), ()),
        ([[[[[[["deep"]]]]]]], ()),
        ("<a href='/jane'>Jane Doe</a>", ("Jane Doe",)),
    ],
)
def test_authors(value: object, names: tuple[str, ...]) -> None:
    assert to_authors(value) == names


@pytest.mark.parametrize(
    ("value", "code"),
    [
        *(("en", "en"), ("en-US", "en"), ("pt_BR", "pt"), ("eng", "en"), ("deu", "de"), ("ger", "de"), ("zho", "zh")),
        *(("English", "en"), ("german", "de"), ("français", "fr"), ("zh-Hans", "zh"), ("iw", "he"), ("nb", "no")),
        *((["en"], "en"), ("xx", None), ("und", None), ("", None), (None, None), ("Klingonese of old", None)),
    ],
)
def test_languages(value: object, code: str | None) -> None:
    assert to_language(value) == code


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<p>One &amp; two</p><p>Three<br>four<br><br>five</p><script>no</script>", "One & two\n\nThree\nfour\n\nfive"),
        ("<div><h2>Head</h2>Text <b>bold</b>.<ul><li>a</li><li>b</li></ul></div>", "Head\n\nText bold.\n\na\n\nb"),
        ("Lloyds Bank Plc <LLOY.LON> and <jim@example.org>", "Lloyds Bank Plc <LLOY.LON> and <jim@example.org>"),
        ("a < b and c > d", "a < b and c > d"),
        ("Marks &amp; Spencer&#8217;s", "Marks & Spencer’s"),
        ("AT&T & R&D; nothing", "AT&T & R&D; nothing"),
        ("&frac12; &amp; ?a=1&copy=3 &copyright; &#x41;&Auml;", "½ & ?a=1&copy=3 &copyright; AÄ"),
        ("a\r\nb\rc\x00\x03d\x7f", "a\nb\ncd"),
        ("a\n \n\t\n b", "a\n\nb"),
        ("\ud800a", "\ufffda"),
        (["One", "Two"], "One\n\nTwo"),
        ({"text": "One"}, "One"),
        (None, ""),
        (True, ""),
        ("<p>" * 3000 + "deep", "deep"),
    ],
)
def test_bodies(value: object, text: str) -> None:
    assert to_text(value) == text


def test_long_lines_are_paragraphs_and_short_ones_are_not() -> None:
    line = "The minister left the city on Monday after a week of talks, and nobody said why. " * 3
    assert article({"body": f"{line}\n{line}"}).body == f"{line}\n\n{line.strip()}"
    assert article({"body": "A broken\nline"}).body == "A broken\nline"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://e.org/?a=1&amp;b=2&copy=3", "https://e.org/?a=1&b=2&copy=3"),
        ("https://e.org/?a=1&para=2&notify=3", "https://e.org/?a=1&para=2&notify=3"),
        ("/a/b.html", None),
        ("javascript:alert(1)", None),
    ],
)
def test_urls(value: object, url: str | None) -> None:
    assert to_url(value) == url


@pytest.mark.parametrize(
    ("own", "made"),
    [
        ("r11188", "r11188"),
        (7, "7"),
        ("a:b~c@d!", "a:b~c@d!"),
        ("Überblick-1", "Überblick-1"),
        ({"$oid": "507f1f77bcf86cd799439011"}, "507f1f77bcf86cd799439011"),
        ("", None),
        (None, None),
    ],
)
def test_ids_that_can_stand_in_a_url_stay(own: object, made: str | None) -> None:
    assert usable_id(own) == made


@pytest.mark.parametrize(
    "own", ["a/b", "..", ".", "a b", "x" * 300, "a?b", "a#b", "100%", "a\\b", "a\u202eb", "a\x00\x1b"]
)
def test_ids_that_cannot_are_made_readable(own: str) -> None:
    made = usable_id(own)
    assert made is not None
    assert regex.fullmatch(r"[\p{L}\p{N}_-]{1,80}", made)
    assert made == usable_id(own)


def test_a_line_more_does_not_change_the_id_of_the_next(read_bytes: ReadBytes) -> None:
    lines = [json.dumps({"title": "Weather", "text": f"It rains, {number}."}) for number in range(5)]
    before = [one.id for one in read_bytes({"a.jsonl": "\n".join(lines)}).articles]
    after = [one.id for one in read_bytes({"a.jsonl": "\n".join(["", '{"title": "New"}', *lines[1:]])}).articles]
    assert len(set(before)) == 5
    assert after[1:] == before[1:]
    assert before[0].startswith("Weather-")


def test_a_record_by_itself_has_the_id_of_its_file(read_bytes: ReadBytes) -> None:
    (one,) = read_bytes({"story.json": '{"title": "One"}'}).articles
    (two,) = read_bytes({"story.json": '{"title": "Two"}'}).articles
    assert one.id == two.id
    assert one.id.startswith("story-")


def test_names_are_those_that_are_compared() -> None:
    names = [name for field in NAMES.values() for name in field]
    assert len(names) == len(set(names))
    assert all(name == regex.sub(r"[^a-z0-9]", "", name) for name in names)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["2017-04-13", "en"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.dictionaries(st.sampled_from([name for names in NAMES.values() for name in names[:4]]), JSON, max_size=8)


def is_sound(made: Article) -> bool:
    """Say whether an article is one that can be indexed, linked to and shown."""
    json.dumps(made.to_dict(), ensure_ascii=False).encode()
    texts = [made.id, made.title, made.body, made.url or "", made.source or "", made.place or "", *made.authors]
    return (
        bool(made.id and made.title and made.body)
        and not any(regex.search(r"[\x00-\x08\x0b-\x1f\x7f]", text) for text in texts)
        and not any("\n" in text for text in (made.id, made.title, *made.authors))
        and not regex.search(r"[/\\?#%\s]", made.id)
        and (made.published is None) == (made.published_from is None)
    )


@given(RECORDS)
@example({"title": [[[[[[[[["x"]]]]]]]]]})
@example({"body": "<p>\x00\ud800&#0;&#xD800;</p>"})
@example({"url": "http://[", "title": "T"})
@example({"date": [2017], "body": 1e400})
@settings(deadline=None)  # the first text has the detector of languages loaded
def test_any_record_is_an_article_or_refused(record: dict[str, Any]) -> None:
    try:
        made = article(record)
    except SourceError:
        return
    assert is_sound(made)


SUFFIXES = (".txt", ".html", ".json", ".jsonl", ".csv", ".tsv", ".warc", ".zip", ".tar", "", ".gz", ".zst")
BEGINNINGS = (
    b"",
    b"{",
    b'[{"title": "',
    b"<html>",
    b"<!doctype html><p>",
    b"WARC/1.0\r\n",
    b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 20\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"title,body\n",
    b"---\ntitle: ",
    b"PK\x03\x04",
    b"PK\x05\x06" + bytes(18),
    gzip.compress(b"title,body\n")[:20],
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\x00",
    b"BZh91AY&SY",
    bytes(257) + b"ustar",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
)


@given(st.sampled_from(SUFFIXES), st.sampled_from(BEGINNINGS), st.binary(max_size=600) | st.text().map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_any_bytes_are_articles_or_refused(tmp_path: Path, suffix: str, beginning: bytes, content: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(beginning + content)
    errors: list[SourceError] = []
    try:
        for file in find_files([path]):
            for made in read_file(file, on_error=errors.append):
                assert is_sound(made)
    except SourceError as error:
        errors.append(error)
    assert all(error.path.startswith(str(path)) and error.reason and len(str(error)) < 500 for error in errors)


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_written_as_json_lines_or_as_an_array_is_the_same(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    records = [
        {"id": str(number), "title": f"T {title}", "body": f"B {body}"} for number, (title, body) in enumerate(pairs)
    ]
    made = []
    for name, content in (
        ("a.jsonl", "\n".join(map(json.dumps, records))),
        ("a.json", json.dumps([*records, {"id": "last", "title": "T"}])),
        ("a.json", json.dumps([*records, {"id": "last", "title": "T"}], indent=1, ensure_ascii=True)),
    ):
        (tmp_path / name).write_text(content)
        articles = [one for file in find_files([tmp_path / name]) for one in read_file(file)]
        made.append([one for one in articles if one.id != "last"])
    assert made[0] == made[1] == made[2]
    assert [one.id for one in made[0]] == [str(number) for number in range(len(records))]


def test_a_folder_of_all_formats(tmp_path: Path) -> None:
    for name in ("a.csv", "b.html", "c.json", "d.jsonl", "e.txt", "f.md", "g.py", "LICENSE", "h.docx"):
        (tmp_path / name).write_text("x")
    os.mkfifo(tmp_path / "pipe.txt")
    found = [file.path.name for file in find_files([tmp_path])]
    assert found == ["a.csv", "b.html", "c.json", "d.jsonl", "e.txt"]
