"""A document into its articles: all that takes time, and depends on nothing but the document.

That is the seam at which the work can be shared out: a document is plain values, and so are articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, cast

from index.article import Article, DateOrigin
from index.errors import SourceError
from index.sources.fields import to_language
from index.sources.html import parse_html
from index.sources.json_files import parse_json
from index.sources.parts import Document
from index.sources.records import find_records, is_readable, lay_over, make_article, recognise
from index.sources.siblings import repeats_among
from index.sources.text import parse_text


class Removed(NamedTuple):
    """What cleaning took off a page."""

    lines: int
    characters: int


def parse_document(document: Document, mapping: Mapping[str, str]) -> list[Article | SourceError | Removed]:
    """Return the articles of a document, what kept others from being one, each with its place, and what was removed."""
    try:
        return list(_FORMS[document.form](document, mapping))
    except SourceError as error:
        return [SourceError(document.place, error.reason)]


def _parse_text(document: Document, mapping: Mapping[str, str]) -> Iterator[Article | Removed]:
    values, records, removed = parse_text(
        cast(bytes, document.content), document.sidecar, repeats_among(document.folder) if document.folder else None
    )
    known = recognise(document.hints, {})
    for record in records:
        known = lay_over(known, recognise(record, mapping))
    # The body is the text itself; a side-car may hold it too, as it was before it was cleaned.
    known.pop("body", None)
    origin: DateOrigin = "metadata" if is_readable("published", known.get("published")) else "text"
    yield make_article(lay_over(values, known), document.path, document.file_id, is_plain=True, published_from=origin)
    yield Removed(*removed)


def _parse_html(document: Document, mapping: Mapping[str, str]) -> Iterator[Article]:
    url = document.hints.get("url")
    values = parse_html(cast(bytes, document.content), str(url) if url else None, document.charset)
    said = to_language(values.pop("language", None))
    article = make_article({**document.hints, **values}, document.path, document.file_id, is_plain=True)
    # What a page says of its language is its template's, and wrong more often than the detector is.
    yield replace(article, language=article.language or said)


def _parse_json(document: Document, mapping: Mapping[str, str]) -> Iterator[Article | SourceError]:
    yield from _parse_value(parse_json(cast(bytes, document.content)), document, mapping)


def _parse_record(document: Document, mapping: Mapping[str, str]) -> Iterator[Article | SourceError]:
    yield from _parse_value(document.content, document, mapping)


def _parse_value(value: object, document: Document, mapping: Mapping[str, str]) -> Iterator[Article | SourceError]:
    if isinstance(value, Mapping):
        values = recognise(value, mapping)
        if "body" in values or "title" in values:
            # Nearly every record: there are no others to look for in it, and nothing to be named twice.
            yield make_article(values, document.path, None if "url" in values else document.file_id)
            return
    records = find_records(value, mapping)
    if not records:
        raise SourceError("", "is no record with named fields")
    for number, record in enumerate(records):
        place = document.place if len(records) == 1 else f"{document.place}[{number}]"
        values = recognise(record, mapping)
        is_alone = len(records) == 1 and "url" not in values
        try:
            yield make_article(values, document.path, document.file_id if is_alone else None)
        except SourceError as error:
            yield SourceError(place, error.reason)


_FORMS = {"text": _parse_text, "html": _parse_html, "json": _parse_json, "record": _parse_record}
