"""Records into articles: which of the many usual names of fields is the title, and which the body.

Names are compared without case, underscores and the like: `date_publish`, `datePublish` and `Date-Publish` are one.
What they are is taken from the exports that are around: news-please, trafilatura, schema.org, NewsAPI, newspaper3k,
Common Crawl's, and the public data sets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import regex

from index.article import Article, DateOrigin
from index.cleaning import make_title
from index.cleaning.facts import find_dateline
from index.errors import SourceError
from index.language import detect_languages
from index.sources.dates import date_in_file, date_in_url, parse_date
from index.sources.fields import (
    host_of,
    lay_out,
    make_id,
    path_of,
    to_authors,
    to_language,
    to_line,
    to_place,
    to_text,
    to_url,
    usable_id,
)
from index.sources.limits import MAX_TEXT_SIZE

# The fields of an article, each with the names that records have for it, the surest first.
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("id", "articleid", "docid", "documentid", "storyid", "uuid", "guid"),
        "title": ("title", "headline", "articletitle", "heading", "head", "subject", "name"),
        "body": (
            *("body", "text", "maintext", "articlebody", "content", "fulltext", "bodytext", "articletext", "plaintext"),
            *("rawtext", "article", "story", "contents", "bodyhtml", "html", "description", "summary", "abstract"),
        ),
        "published": (
            *("published", "publishedat", "datepublished", "datepublish", "publishdate", "publicationdate", "pubdate"),
            *("publisheddate", "publishedtime", "dategmt", "date", "datetime", "timestamp", "time", "day"),
        ),
        "authors": ("authors", "author", "byline", "creator", "writer", "writers", "reporter"),
        "source": (
            *("source", "publisher", "sitename", "site", "outlet", "publication", "newspaper", "sourcename"),
            *("domain", "sourcedomain", "hostname", "provider", "website"),
        ),
        "url": ("url", "link", "canonicalurl", "articleurl", "weburl", "permalink", "uri", "href", "sourceurl"),
        "place": ("place", "datelineplace", "placefiled", "dateline", "locationcreated", "location"),
        "language": ("language", "lang", "inlanguage", "languagecode"),
    }
)
_PRIORITY = {name: (field, place) for field, names in NAMES.items() for place, name in enumerate(names)}
_NOT_IN_NAMES = regex.compile(r"[^\p{L}\p{N}]+")

_MAX_PLACES = 10_000

# How deep the records lie in the answer of a news API, or in a dump of a search engine: hits.hits[]._source.
_MAX_NESTED = 5

# A body in which no paragraph is set apart, and whose lines are as long as paragraphs are.
_MIN_PARAGRAPH_LENGTH = 120

# Empty paragraphs are shorter.
_MAX_BLANK = 200


def recognise(record: Mapping[str, object], mapping: Mapping[str, str]) -> dict[str, object]:
    """Return the values of a record by the fields of an article that they are for; empty ones are left out.

    Of several for one field it is the one with the surest name among those that can be read.
    `mapping` names the record's field for one of an article's, as `--map` does: a name, a path of names with dots
    between, or nothing where the article's field is to stay empty.
    """
    found: dict[str, object] = {}
    ranks: dict[str, int] = {}
    for name, value in record.items():
        # An empty list says no more than an empty text does; a 0 may be an id.
        if (not value and type(value) is not int) or (isinstance(value, str) and value.isspace()):
            continue
        known = _places[name] if name in _places else _find_place(name)
        if known is not None:
            field, rank = known
            if field not in ranks or _is_better(field, (rank, value), (ranks[field], found[field])):
                ranks[field], found[field] = rank, value
    for field, path in mapping.items():
        value = _look_up(record, path) if path else None
        if value is None or value == "":
            found.pop(field, None)
        else:
            found[field] = value
    return found


def _is_better(field: str, one: tuple[int, object], other: tuple[int, object]) -> bool:
    """Say whether one value of a field, with the rank of its name, is to be taken and not another."""
    is_surer = one[0] < other[0]
    surer, less_sure = (one[1], other[1]) if is_surer else (other[1], one[1])
    return is_surer if is_readable(field, surer) or not is_readable(field, less_sure) else not is_surer


def is_readable(field: str, value: object) -> bool:
    """Say whether a value of a field is one: a date that can be read, the URL of a page, a body with text in it."""
    if field == "published":
        return _to_date(value) is not None
    if field == "url":
        return to_url(value) is not None
    # Whatever is longer has some text in it.
    return field != "body" or (isinstance(value, str) and len(value) > _MAX_BLANK) or bool(to_text(value))


def lay_over(values: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Return values of fields with others in their place, but for those that can't be read."""
    better = {field: value for field, value in over.items() if not values.get(field) or is_readable(field, value)}
    return {**values, **better}


# The field and the rank of names that were met: files have a few names each.
_places: dict[str, tuple[str, int] | None] = {}


def _find_place(name: object) -> tuple[str, int] | None:
    text = str(name)
    place = _PRIORITY.get(_NOT_IN_NAMES.sub("", text).lower())
    # A file whose names are all different must not fill the memory.
    if len(_places) < _MAX_PLACES:
        _places[text] = place
    return place


def _look_up(record: Mapping[str, object], path: str) -> object:
    if path in record:
        return record[path]
    value: object = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def find_records(value: object, mapping: Mapping[str, str], depth: int = 0) -> list[Mapping[str, object]]:
    """Return the records in a value: itself, or those in the list that it holds and nothing else of interest."""
    if isinstance(value, Mapping):
        fields = recognise(value, mapping)
        if depth < _MAX_NESTED and "body" not in fields and "title" not in fields:
            for nested in value.values():
                if isinstance(nested, (Mapping, list)) and (inner := find_records(nested, mapping, depth + 1)):
                    return inner
        return [value] if depth == 0 or "body" in fields or "title" in fields else []
    if isinstance(value, list) and depth < _MAX_NESTED:
        return [record for part in value for record in find_records(part, mapping, depth + 1)]
    return []


@dataclass(slots=True)
class Draft:
    """The fields of an article, whose language may still be to be detected; `fallback` is for where it is not clear."""

    fields: dict[str, Any]
    fallback: str | None = None


def finish(drafts: Sequence[Draft]) -> list[Article]:
    """Return the articles of drafts; their languages are detected all at once, in a third of the time."""
    unknown = [draft for draft in drafts if draft.fields["language"] is None]
    languages = detect_languages([draft.fields["body"] for draft in unknown])
    for draft, language in zip(unknown, languages, strict=True):
        draft.fields["language"] = language or draft.fallback
    return [Article(**draft.fields) for draft in drafts]


def make_draft(
    values: Mapping[str, object],
    path: str,
    file_id: str | None = None,
    *,
    is_plain: bool = False,
    published_from: DateOrigin = "metadata",
) -> Draft:
    """Return what recognised values make of an article; raises `SourceError` where they hold no text.

    `path` and `file_id` are those of the document, for an id where the record has neither an id nor a URL. With
    `is_plain` the body is text and no HTML, whatever stands in it.
    """
    given = to_line(values.get("title"), is_plain=is_plain)
    body = str(values.get("body") or "") if is_plain else _set_apart(to_text(values.get("body")))
    title = given or make_title([line for line in body.split("\n") if line.strip()])
    if not title:
        raise SourceError("", "holds no text")
    if len(body) > MAX_TEXT_SIZE:
        raise SourceError("", f"is larger than {MAX_TEXT_SIZE >> 20} MB")
    url = to_url(values.get("url")) or to_url(values.get("id"))
    date, origin = _find_date(values.get("published"), published_from, url, path if file_id else "")
    return Draft(
        {
            "id": _article_id(values, url, path, file_id, given or body[:200], body),
            "title": title,
            "body": body or title,
            "url": url,
            "source": to_line(values.get("source")) or (host_of(url) if url else None),
            "authors": to_authors(values.get("authors")),
            "published": date,
            "published_from": origin,
            "place": to_place(values.get("place")) or _filed_at(body),
            "language": to_language(values.get("language")),
        }
    )


def _find_date(
    value: object, value_from: DateOrigin, url: str | None, path: str
) -> tuple[dt.date | None, DateOrigin | None]:
    """Return the date of an article, and where it was found: what is said of it, its URL, the name of its file."""
    if value is not None and (date := _to_date(value)):
        return date, value_from
    if date := date_in_url(path_of(url)) if url else None:
        return date, "url"
    if date := date_in_file(path) if path else None:
        return date, "file"
    return None, None


def _to_date(value: object) -> dt.date | None:
    return parse_date(value) or parse_date(to_line(value))


def _filed_at(body: str) -> str | None:
    dateline = find_dateline(body)
    return dateline.place if dateline else None


def _article_id(
    values: Mapping[str, object], url: str | None, path: str, file_id: str | None, title: str, body: str
) -> str:
    """Return the record's own id, or one of its URL, its file if it is alone there, or what it says.

    The last does not depend on the place in the file, so that a line more does not change the id of the next. It takes
    the opening of the body in, since columns have the same title every week.
    """
    own = usable_id(values.get("id"))
    if own:
        return own
    if file_id:
        return file_id
    if url:
        return make_id(path_of(url).rstrip("/").rpartition("/")[2] or host_of(url) or "", url.partition("#")[0])
    return make_id(title, path, title, str(values.get("published") or ""), body[:200])


def _set_apart(body: str) -> str:
    if "\n" in body and "\n\n" not in body and len(body) > _MIN_PARAGRAPH_LENGTH * (body.count("\n") + 1):
        return lay_out(body.replace("\n", "\n\n"))
    return body
