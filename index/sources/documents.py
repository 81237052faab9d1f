"""A document into its articles: all that takes time, and depends on nothing but the document.

That is the seam at which the work can be shared out: a document is plain values, and so are articles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from index.article import Article, DateOrigin
from index.errors import SourceError
from index.sources.fields import to_language
from index.sources.html import parse_html
from index.sources.json_files import parse_json
from index.sources.lines import Block, split_block
from index.sources.parts import Document, Form
from index.sources.records import Draft, find_records, finish, is_readable, lay_over, make_draft, recognise
from index.sources.siblings import repeats_among
from index.sources.text import parse_text


class Removed(NamedTuple):
    """What cleaning took off a page."""

    lines: int
    characters: int


def parse_document(document: Document, mapping: Mapping[str, str]) -> list[Article | SourceError | Removed]:
    """Return the articles of a document, what kept others from being one, each with its place, and what was removed."""
    return parse_documents([document], mapping)[0]


def parse_documents(
    documents: Sequence[Document], mapping: Mapping[str, str]
) -> list[list[Article | SourceError | Removed]]:
    """Return what comes of each document, as `parse_document` does; it takes less time for many at once."""
    found = [_draft(document, mapping) for document in documents]
    articles = iter(finish([one for several in found for one in several if isinstance(one, Draft)]))
    return [[next(articles) if isinstance(one, Draft) else one for one in several] for several in found]


def _draft(document: Document, mapping: Mapping[str, str]) -> list[Draft | SourceError | Removed]:
    try:
        return list(_FORMS[document.form](document, mapping))
    except SourceError as error:
        return [SourceError(document.place, error.reason)]


def _parse_text(document: Document, mapping: Mapping[str, str]) -> Iterator[Draft | Removed]:
    values, records, removed = parse_text(
        cast(bytes, document.content), document.sidecar, repeats_among(document.folder) if document.folder else None
    )
    known = recognise(document.hints, {})
    for record in records:
        known = lay_over(known, recognise(record, mapping))
    # The body is the text itself; a side-car may hold it too, as it was before it was cleaned.
    known.pop("body", None)
    origin: DateOrigin = "metadata" if is_readable("published", known.get("published")) else "text"
    yield make_draft(lay_over(values, known), document.path, document.file_id, is_plain=True, published_from=origin)
    yield Removed(*removed)


def _parse_html(document: Document, mapping: Mapping[str, str]) -> Iterator[Draft]:
    url = document.hints.get("url")
    values = parse_html(cast(bytes, document.content), str(url) if url else None, document.charset)
    said = to_language(values.pop("language", None))
    draft = make_draft({**document.hints, **values}, document.path, document.file_id, is_plain=True)
    # What a page says of its language is its template's, and wrong more often than the detector is.
    draft.fallback = said
    yield draft


def _parse_json(document: Document, mapping: Mapping[str, str]) -> Iterator[Draft | SourceError]:
    yield from _parse_value(parse_json(cast(bytes, document.content)), document, mapping)


def _parse_lines(document: Document, mapping: Mapping[str, str]) -> Iterator[Draft | SourceError]:
    for number, line in split_block(Block(document.first_line, cast(bytes, document.content))):
        try:
            yield from _parse_value(parse_json(line), document, mapping, number)
        except SourceError as error:
            yield SourceError(f"{document.place}:{number}", error.reason)


def _parse_record(document: Document, mapping: Mapping[str, str]) -> Iterator[Draft | SourceError]:
    yield from _parse_value(document.content, document, mapping)


def _parse_value(
    value: object, document: Document, mapping: Mapping[str, str], line: int | None = None
) -> Iterator[Draft | SourceError]:
    if isinstance(value, Mapping):
        values = recognise(value, mapping)
        if "body" in values or "title" in values:
            # Nearly every record: there are no others to look for in it, and nothing to be named twice.
            yield make_draft(values, document.path, None if "url" in values else document.file_id)
            return
    records = find_records(value, mapping)
    if not records:
        raise SourceError("", "is no record with named fields")
    whole = document.place if line is None else f"{document.place}:{line}"
    for number, record in enumerate(records):
        place = whole if len(records) == 1 else f"{whole}[{number}]"
        values = recognise(record, mapping)
        is_alone = len(records) == 1 and "url" not in values
        try:
            yield make_draft(values, document.path, document.file_id if is_alone else None)
        except SourceError as error:
            yield SourceError(place, error.reason)


_Parse = Callable[[Document, Mapping[str, str]], Iterable[Draft | SourceError | Removed]]
_FORMS: Mapping[Form, _Parse] = {
    "text": _parse_text,
    "html": _parse_html,
    "json": _parse_json,
    "lines": _parse_lines,
    "record": _parse_record,
}
