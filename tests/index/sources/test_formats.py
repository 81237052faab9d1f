from __future__ import annotations

import datetime as dt
import io
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from index.article import Article
from index.errors import SourceError
from index.sources import find_files, limits, split_file
from index.sources.documents import parse_document
from tests.index.sources.conftest import ReadBytes
from tests.index.sources.packed import PACK

BODY = "The minister left the city on Monday after a week of talks. Nobody said why, and nobody was asked to."

# --- Text


def test_front_matter_is_taken_off_and_read(read_bytes: ReadBytes) -> None:
    text = "---\ntitle: The Title\ndate: 2017-04-13\nauthor: [Jane Doe, John Smith]\nsite: CNN\nlang: en-US\n"
    text += f"url: https://example.org/a\n---\n\n{BODY}\n"
    (article,) = read_bytes({"a.txt": text}).articles
    assert (article.title, article.body, article.source) == ("The Title", BODY, "CNN")
    assert (article.authors, article.language) == (("Jane Doe", "John Smith"), "en")
    assert (article.published, article.published_from) == (dt.date(2017, 4, 13), "metadata")
    (plain,) = read_bytes({"a.txt": BODY}).articles
    assert article.id == plain.id


def test_a_rule_of_dashes_is_no_front_matter(read_bytes: ReadBytes) -> None:
    (article,) = read_bytes({"a.txt": f"---\nThis is a line of text: it says so.\nMore of it\n---\n{BODY}"}).articles
    assert "This is a line of text" in article.body
    (article,) = read_bytes({"a.txt": f"---\n{BODY}"}).articles
    assert BODY in article.body


def test_front_matter_that_is_no_yaml_is_told(read_bytes: ReadBytes) -> None:
    reading = read_bytes({"a.txt": f"---\ntitle: Syria: the war\n---\n{BODY}"})
    assert reading.failed == [
        "a.txt: has front matter that is no YAML in its line 2; quote a value that holds a colon",
    ]


def test_yaml_makes_no_objects_and_does_not_explode(read_bytes: ReadBytes) -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (article,) = read_bytes({"a.txt": f"---\ntitle: T\n{laughs}author: *i\n---\n{BODY}"}).articles
    assert article.title == "T"
    reading = read_bytes({"a.txt": f"---\ntitle: !!python/object/apply:os.getpid []\n---\n{BODY}"})
    assert len(reading.articles) == 1


def test_a_json_file_beside_a_text_says_what_it_is(read_bytes: ReadBytes) -> None:
    meta = {"headline": "The Title", "byline": "By Jane Doe", "pubDate": "April 13, 2017", "text": "not this one"}
    reading = read_bytes(
        {"a.txt": BODY, "a.json": json.dumps(meta), "b.txt": BODY, "b.json": "{", "c.txt": BODY, "c.json": "[]"}
    )
    (article,) = reading.articles
    assert (article.title, article.body, article.authors) == ("The Title", BODY, ("Jane Doe",))
    assert article.published == dt.date(2017, 4, 13)
    assert reading.failed[0].startswith("b.txt: has a .json file beside it that is no JSON")
    assert reading.failed[1:] == ["c.txt: has a .json file beside it that is not about it; rename one of the two"]


def test_a_text_is_no_html_whatever_stands_in_it(read_bytes: ReadBytes) -> None:
    (article,) = read_bytes(
        {"a.txt": "A Text With a <p>Tag</p> &amp; More in It\n\n<b>Bold</b> <p>text</p> &lt;."}
    ).articles
    assert article.title == "A Text With a <p>Tag</p> &amp; More in It"
    assert article.body == "<b>Bold</b> <p>text</p> &lt;."


# --- JSON

RECORDS: list[dict[str, Any]] = [{"title": "One", "body": BODY}, {"title": "Zwei – „ü“ 😀", "body": "Straße"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_json_lines_in_any_encoding(read_bytes: ReadBytes, encoding: str, ends: str) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + ends for record in RECORDS)
    for name in ("a.jsonl", "a.ndjson", "a.json", "a.txt"):
        reading = read_bytes({name: text.encode(encoding)})
        if name in ("a.json", "a.txt") and not encoding.startswith("utf-8"):
            continue
        assert (reading.titles, reading.failed) == (["One", "Zwei – „ü“ 😀"], [])


def test_lines_in_an_old_encoding(read_bytes: ReadBytes) -> None:
    lines = [json.dumps({"title": f"Größe {number}", "body": BODY}, ensure_ascii=False) for number in (1, 2)]
    reading = read_bytes({"a.jsonl": f"{lines[0]}\n".encode("cp1252") + lines[1].encode()})
    assert reading.titles == ["Größe 1", "Größe 2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("indent", [None, 2])
def test_arrays_and_objects(read_bytes: ReadBytes, indent: int | None, encoding: str) -> None:
    records = [{"title": "Eins – die Größe", "body": "Straße"}, RECORDS[0]]
    for value in (
        records,
        {"status": "ok", "articles": records},
        {"hits": {"hits": [{"_source": one} for one in records]}},
    ):
        content = json.dumps(value, indent=indent, ensure_ascii=False).encode(encoding)
        reading = read_bytes({"a.json": content})
        assert (reading.titles, reading.failed) == (["Eins – die Größe", "One"], [])
    one = read_bytes({"a.json": json.dumps(records[0], indent=indent, ensure_ascii=False).encode(encoding)})
    assert one.titles == ["Eins – die Größe"]


def test_pretty_records_one_after_the_other(read_bytes: ReadBytes) -> None:
    content = "\n".join(json.dumps(record, indent=2) for record in RECORDS)
    assert read_bytes({"a.json": content}).titles == ["One", "Zwei – „ü“ 😀"]


def test_an_array_larger_than_what_is_read_at_a_time(read_bytes: ReadBytes) -> None:
    records = [{"title": str(number), "body": f'{number} ü \\ " 😀 ' * 700} for number in range(300)]
    for ascii_only in (True, False):
        content = json.dumps(records, ensure_ascii=ascii_only)
        assert len(content) > 2 * (1 << 20)
        reading = read_bytes({"a.json": content})
        assert [article.body for article in reading.articles] == [str(record["body"]).strip() for record in records]
        reading = read_bytes({"a.json": content[:-40]})
        assert len(reading.articles) == 299
        assert reading.failed[0].startswith("a.json: is ")


def test_a_bad_line_is_told_with_its_number(read_bytes: ReadBytes) -> None:
    lines = [
        '{"title": "One", "body": "Text"}',
        '{"title": "Two", "body": "Te',
        "",
        "[" * 100_000,
        '{"title": ' + "9" * 5000 + "}",
        '["no", "record"]',
        "null",
        '{"title": "", "body": null}',
        '{"title": NaN, "body": "\\ud800bc Text\\u0000", "date": Infinity}',
        '{"title": "A\nbreak", "body": "b"}'.replace("\n", "\t"),
    ]
    reading = read_bytes({"a.jsonl": "\n".join(lines)})
    assert reading.titles == ["One", "\ufffdbc Text", "A break"]
    assert [failure.split(": ", 1) for failure in reading.failed] == [
        ["a.jsonl:2", "is no JSON: unterminated string starting at"],
        ["a.jsonl:4", "is nested too deeply"],
        ["a.jsonl:5", reading.failed[2].split(": ", 1)[1]],
        ["a.jsonl:6", "is no record with named fields"],
        ["a.jsonl:7", "is no record with named fields"],
        ["a.jsonl:8", "holds no text"],
    ]


def test_a_bad_value_in_an_array_ends_it(read_bytes: ReadBytes) -> None:
    reading = read_bytes({"a.json": '[{"title": "One"}, 5, {"title": Two}, {"title": "Three"}]'})
    assert reading.titles == ["One"]
    assert reading.failed == ["a.json[1]: is no record with named fields", "a.json: is no JSON: expecting value"]


@pytest.mark.parametrize(
    "content", ['[null, {"title": "One"}, null, {"title": "Two"}]', 'null {"title": "One"} {"title": "Two"}']
)
def test_a_null_is_no_end(read_bytes: ReadBytes, content: str) -> None:
    reading = read_bytes({"a.json": content})
    assert reading.titles == ["One", "Two"]
    assert reading.failed[0] == "a.json[0]: is no record with named fields"


@pytest.mark.parametrize("between", ["", "\n", ",\n", "[]"])
def test_arrays_one_after_the_other_are_all_read(read_bytes: ReadBytes, between: str) -> None:
    reading = read_bytes({"a.json": f'[{{"title": "One"}}, {{"title": "Two"}}]{between}[{{"title": "Three"}}]\n'})
    assert (reading.titles, reading.failed) == (["One", "Two", "Three"], [])


def test_a_line_that_is_too_long_is_passed_over(read_bytes: ReadBytes) -> None:
    long = json.dumps({"title": "Long", "body": "x" * (limits.MAX_TEXT_SIZE + 1)})
    reading = read_bytes({"a.jsonl": f'{{"title": "One"}}\n{long}\n{{"title": "Three"}}\n'})
    assert (reading.titles, reading.failed) == (["One", "Three"], ["a.jsonl:2: is longer than 8 MB"])
    reading = read_bytes({"a.json": f'[{{"title": "One"}}, {long}]'})
    assert (reading.titles, len(reading.failed)) == (["One"], 1)


def test_many_failures_of_a_file_are_counted(read_bytes: ReadBytes) -> None:
    failed = read_bytes({"a.jsonl": "no\n" * 1000}).failed
    assert len(failed) == limits.MAX_FAILURES + 1
    assert failed[-1] == "a.jsonl: has 900 more failures like these"


# --- Tables


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.csv", "|")])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_tables(read_bytes: ReadBytes, name: str, delimiter: str, ends: str, encoding: str) -> None:
    rows = [
        ["id", "Headline", "Content", "Pub Date", "Authors"],
        ["1", '"He said ""no"""', f'"First, line;{ends}second\tline"', "2017-04-13", "\"['Jane Doe', 'John Smith']\""],
        [],
        ["2", "Größe", "Text", "", ""],
    ]
    reading = read_bytes({name: ends.join(delimiter.join(row) for row in rows).encode(encoding)})
    first, second = reading.articles
    assert reading.failed == []
    assert (first.id, first.title, first.body) == ("1", 'He said "no"', "First, line;\nsecond\tline")
    assert (first.published, first.authors) == (dt.date(2017, 4, 13), ("Jane Doe", "John Smith"))
    assert (second.title, second.published, second.authors) == ("Größe", None, ())


def test_a_huge_field_is_read_and_an_open_quote_is_told(read_bytes: ReadBytes) -> None:
    huge = "word " * 200_000
    reading = read_bytes({"a.csv": f'title,body\nA,"{huge}"\nB,short\n'})
    assert [len(article.body) for article in reading.articles] == [len(huge) - 1, 5]
    reading = read_bytes({"a.csv": 'title,body\nA,"open\n' + "B,short\n" * (limits.MAX_TEXT_SIZE // 8 + 10)})
    assert reading.failed[0] == f"a.csv:2: is no row of a table: field larger than field limit ({limits.MAX_TEXT_SIZE})"
    assert reading.titles[-1] == "B"


def test_rows_with_too_many_fields_are_told(read_bytes: ReadBytes) -> None:
    reading = read_bytes({"a.csv": "title,body\nA,B,C\nD,E,,\nF\n"})
    assert (reading.titles, reading.failed) == (["D", "F"], ["a.csv:2: has 3 fields, but the first row names 2"])


def test_a_table_without_articles_is_told(read_bytes: ReadBytes) -> None:
    assert read_bytes({"a.csv": "title,body\n"}).failed == ["a.csv: holds no article"]
    assert read_bytes({"a.csv": ""}).failed == ["a.csv: holds no article"]
    assert read_bytes({"a.csv": "x,y\n1,2\n"}).failed == ["a.csv:2: holds no text"]


# --- HTML

PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The Headline of the Page – CNN</title>
<meta property="og:title" content="The Headline of the Page"><meta property="og:site_name" content="CNN">
<meta property="article:published_time" content="2017-04-13T10:11:12+02:00">
<link rel="canonical" href="https://www.cnn.com/2017/04/13/story.html"><meta name="author" content="Jane Doe"></head>
<body><nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>The Headline of the Page</h1>
<p>{BODY}</p><p>He added: “Größe”. {BODY}</p></article><footer>Sign up for the newsletter</footer></body></html>"""


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.xhtml", "a.HTML", "a.txt", "a", "page.php"])
def test_pages_are_read_by_name_and_by_content(read_bytes: ReadBytes, name: str) -> None:
    (article,) = read_bytes({name: PAGE}).articles
    assert article.title == "The Headline of the Page"
    assert article.body == f"{BODY}\n\nHe added: “Größe”. {BODY}"
    assert (article.url, article.source) == ("https://www.cnn.com/2017/04/13/story.html", "CNN")
    assert (article.authors, article.language) == (("Jane Doe",), "en")
    assert article.published == dt.datetime(2017, 4, 13, 8, 11, 12, tzinfo=dt.UTC)
    assert article.published_from == "metadata"


def test_the_place_is_read_off_the_dateline(read_bytes: ReadBytes) -> None:
    page = PAGE.replace(f"<p>{BODY}", f"<p>MOSCOW, April 12 (Reuters) - {BODY}")
    text = f"The Headline of the Page\n\nMOSCOW — {BODY}"
    reading = read_bytes({"a.html": page, "b.txt": text, "c.txt": f"---\nplace: Hanoi\n---\n{text}", "d.txt": BODY})
    assert [article.place for article in reading.articles] == ["MOSCOW", "MOSCOW", "Hanoi", None]


@pytest.mark.parametrize(
    ("encoding", "declared"), [("cp1252", "iso-8859-1"), ("utf-8", "iso-8859-1"), ("cp1252", "utf-8")]
)
def test_a_page_is_read_in_the_encoding_that_it_is_in(read_bytes: ReadBytes, encoding: str, declared: str) -> None:
    page = PAGE.replace('charset="utf-8"', f'charset="{declared}"').encode(encoding)
    (article,) = read_bytes({"a.html": page}).articles
    assert "“Größe”" in article.body


def test_a_japanese_page_in_the_encoding_of_mail(read_bytes: ReadBytes) -> None:
    text = "大臣は水曜日、シリア内戦について協議するためモスクワに到着した。" * 5
    page = f'<html><head><meta charset="iso-2022-jp"><title>大臣</title></head><body><p>{text}</p></body></html>'
    (article,) = read_bytes({"a.html": page.encode("iso-2022-jp")}).articles
    assert (article.body, article.language) == (text, "ja")


@pytest.mark.parametrize(
    ("head", "date", "origin"),
    [
        (
            '<script type="application/ld+json">{"@graph": [{"datePublished": "1962-04-13"}]}</script>',
            "1962-04-13",
            "metadata",
        ),
        ('<script type="application/ld+json">{broken</script>', None, None),
        ('<meta name="date" content="13 April 2017">', "2017-04-13", "metadata"),
        ('<meta name="last-modified" content="2017-04-13">', None, None),
        ('<time datetime="2017-04-13">yesterday</time>', "2017-04-13", "metadata"),
        ('<time datetime="2017-04-13">a</time><time datetime="2017-04-14">b</time>', None, None),
        ('<link rel="canonical" href="https://example.org/2017/04/13/a">', "2017-04-13", "url"),
        ("<p>Copyright 2017. On April 13, 2017 nothing happened.</p>", None, None),
    ],
)
def test_a_page_is_dated_by_what_it_says_of_itself(
    read_bytes: ReadBytes, head: str, date: str | None, origin: str | None
) -> None:
    (article,) = read_bytes(
        {"a.html": f"<html><head>{head}</head><body><p>{BODY}</p><p>{BODY}!</p></body></html>"}
    ).articles
    assert (article.published.isoformat() if article.published else None) == date
    assert article.published_from == origin


@pytest.mark.parametrize(
    "page",
    [
        "<html>",
        "<html><body></body></html>",
        "<html><script>var a</script></html>",
        "<!doctype html>\x00\x00",
        '<?xml version="1.0" encoding="utf-8"?><html/>',
    ],
)
def test_a_page_without_text_is_told(read_bytes: ReadBytes, page: str) -> None:
    assert read_bytes({"a.html": page}).failed == ["a.html: holds no text"]


@pytest.mark.parametrize(
    "page",
    [
        "<html>" + "<div>" * 20_000 + BODY,
        "<html><p>" + BODY + "<p " * 10_000,
        "<html>" + f"<p>{BODY}</p></div></b></html><!--",
        f'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><p>{BODY}</p></html>',
        f"<html><p>{BODY}&#xD800;&#0;&bogus;\x01</p>",
    ],
)
def test_broken_pages_are_read_or_told(read_bytes: ReadBytes, page: str) -> None:
    reading = read_bytes({"a.html": page})
    assert len(reading.articles) + len(reading.failed) == 1
    json.dumps([article.to_dict() for article in reading.articles], ensure_ascii=False).encode()


# --- The seam


def test_documents_can_be_sent_to_another_process_and_what_they_make_back(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(make_warc(is_packed=True))
    (tmp_path / "b.txt").write_text(BODY)
    (tmp_path / "c.csv").write_text("title,body\nA,B\n,\nC\n")
    (tmp_path / "d.jsonl").write_text('{"title": "A"}\nbroken\n')
    (tmp_path / "e.json").write_text('[{"title": "A"}, 5]')
    made, sent = [], []
    for file in find_files([tmp_path]):
        for document in split_file(file):
            copy = pickle.loads(pickle.dumps(document))
            if isinstance(document, SourceError):
                assert (copy.path, copy.reason, str(copy)) == (document.path, document.reason, str(document))
                continue
            made += parse_document(document, {})
            sent += pickle.loads(pickle.dumps(parse_document(copy, {})))
    assert list(map(str, made)) == list(map(str, sent))
    assert sum(isinstance(one, Article) for one in made) == 10


# --- Web archives


def record(
    writer: WARCWriter,
    url: str,
    content: bytes,
    content_type: str = "text/html; charset=utf-8",
    kind: str = "response",
    status: str = "200 OK",
    headers: tuple[tuple[str, str], ...] = (),
) -> None:
    fields = [("Content-Type", content_type), *headers]
    http = StatusAndHeaders(status, fields, protocol="HTTP/1.1") if kind != "conversion" else None
    made = writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(content),
        length=len(content),
        warc_content_type=content_type if kind == "conversion" else None,
        http_headers=http,
    )
    writer.write_record(made)


def make_warc(*, is_packed: bool) -> bytes:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=is_packed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "test"}))
    page = PAGE.replace('<link rel="canonical" href="https://www.cnn.com/2017/04/13/story.html">', "").encode()
    record(writer, "https://a.example/one", page, kind="request", status="GET / HTTP/1.1")
    record(writer, "https://a.example/one", page)
    record(writer, "https://a.example/old", page.decode().encode("cp1252"), "text/html; charset=iso-8859-1")
    chunked = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (100, page[:100], len(page) - 100, page[100:])
    record(writer, "https://a.example/2017/04/13/chunked", chunked, headers=(("Transfer-Encoding", "chunked"),))
    record(writer, "https://a.example/packed", PACK[".gz"](page), headers=(("Content-Encoding", "gzip"),))
    record(writer, "https://a.example/picture.jpg", b"\xff\xd8", "image/jpeg")
    record(writer, "https://a.example/gone", page, status="404 Not Found")
    record(writer, "https://a.example/empty", b"<html></html>")
    writer.write_record(
        writer.create_revisit_record("https://a.example/one", "sha1:A", "https://a.example/one", "2017-04-13T00:00:00Z")
    )
    record(writer, "https://a.example/last", page)
    return stream.getvalue()


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("name", ["a.warc", "CC-NEWS-20170413.warc.gz", "crawl"])
def test_the_pages_of_a_web_archive_are_articles(read_bytes: ReadBytes, name: str, is_packed: bool) -> None:
    reading = read_bytes({name: make_warc(is_packed=is_packed)})
    names = ["one", "old", "2017/04/13/chunked", "packed", "last"]
    assert [article.url for article in reading.articles] == [f"https://a.example/{name}" for name in names]
    assert {article.title for article in reading.articles} == {"The Headline of the Page"}
    assert all("“Größe”" in article.body for article in reading.articles)
    assert reading.failed == [f"{name}!https://a.example/empty: holds no text"]
    assert reading.articles[0].id.startswith("one-")


def test_the_texts_of_a_wet_archive_are_articles(read_bytes: ReadBytes) -> None:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=True)
    text = f"Home\nNews\nA Headline of Five Words\n{BODY}\n".encode()
    record(writer, "https://a.example/2017/04/13/one", text, "text/plain", kind="conversion")
    (article,) = read_bytes({"a.warc.wet.gz": stream.getvalue()}).articles
    assert (article.title, article.body, article.language) == ("A Headline of Five Words", BODY, "en")
    assert (article.url, article.source) == ("https://a.example/2017/04/13/one", "a.example")
    assert (article.published, article.published_from) == (dt.date(2017, 4, 13), "url")


def test_a_cut_off_web_archive_gives_its_first_pages(read_bytes: ReadBytes) -> None:
    for is_packed in (True, False):
        content = make_warc(is_packed=is_packed)
        reading = read_bytes({"a.warc": content[: len(content) // 2]})
        assert 1 <= len(reading.articles) <= 4
        assert reading.failed[-1].startswith("a.warc: is ")


def test_a_damaged_record_is_told_and_the_next_ones_are_read(read_bytes: ReadBytes) -> None:
    content = make_warc(is_packed=False)
    second = content.index(b"WARC/1.", 10)
    whole = read_bytes({"a.warc": content})
    reading = read_bytes({"a.warc": content[:second] + b"rubbish\r\n" + content[second:]})
    assert (reading.titles, reading.failed[1:]) == (whole.titles, whole.failed)
    assert reading.failed[0].startswith("a.warc[1]: is damaged or cut off: ")
    lengths = content.split(b"Content-Length: ")
    reading = read_bytes(
        {"a.warc": b"Content-Length: x".join(lengths[:2]) + b"Content-Length: ".join([b"", *lengths[2:]])}
    )
    assert len(reading.articles) == len(whole.articles)
    # Nothing is left to go on with after the last.
    reading = read_bytes({"a.warc": b"Content-Length: x".join(lengths)})
    assert reading.articles == []
    assert reading.failed[-1].startswith("a.warc: is damaged or cut off: ")


@pytest.mark.parametrize(
    ("table", "articles", "place"),
    [
        ("sep=;\r\nTitle;Text\r\nA;B, C\r\n;;;x\r\n", [("A", "B, C")], 4),
        ("sep=,\nTitle,Text\nA,B; C; D\n,,x\n", [("A", "B; C; D")], 4),
        ("\n \nTitle,Text\nA,B\n,,x\n", [("A", "B")], 5),
        ('"Title\nof it","a;b;c",Text,head\n,x,B,A\n,,,,x\n', [("A", "B")], 4),
        ("text\nOne, two; three.\n", [("One, two; three.", "One, two; three.")], None),
        ("title,title,text\nA,,B\n,C,D\n", [("A", "B"), ("C", "D")], None),
        (
            '\ufeffTitle;Text\r\n"He said ""hi""";"One\r\n\r\nTwo; three"\r\n',
            [('He said "hi"', "One\n\nTwo; three")],
            None,
        ),
    ],
)
def test_tables_as_spreadsheets_write_them(
    read_bytes: ReadBytes, table: str, articles: list[tuple[str, str]], place: int | None
) -> None:
    for content in (table, table.encode("utf-16")):
        reading = read_bytes({"a.csv": content})
        assert [(article.title, article.body) for article in reading.articles] == articles
        assert [failure.split(":")[1] for failure in reading.failed] == ([str(place)] if place else [])


def test_a_quote_in_the_first_row_that_is_never_closed_takes_no_rows(read_bytes: ReadBytes) -> None:
    reading = read_bytes({"a.csv": 'title,"text\n' + "A,B\n" * 1000})
    assert (len(reading.articles), reading.failed) == (1000, [])


def test_marks_of_utf8_within_a_file_are_no_part_of_it(read_bytes: ReadBytes) -> None:
    line = '\ufeff{"title": "A", "body": "B"}\n'
    for content in (line * 2, (line * 2).encode("utf-16-le")):
        assert read_bytes({"a.jsonl": content}).titles == ["A", "A"]
    reading = read_bytes({"a.txt": "Text.", "a.json": '\ufeff{"author": "Jane Doe"}'})
    assert reading.articles[0].authors == ("Jane Doe",)


def test_a_table_whose_first_row_cannot_be_read_is_named(read_bytes: ReadBytes) -> None:
    assert read_bytes({"a.csv": "title\rbody\nA,B\n"}).failed[0].startswith("a.csv:1: is no row of names: ")
