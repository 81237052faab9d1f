"""Web archives: WARC, of which the HTML pages are articles, and WET, which holds the text of pages alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import regex
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeadersParserException

from index.errors import SourceError, in_brief
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.packing import BUFFER_SIZE, ShortReads
from index.sources.parts import Document, Part

_HTML = ("text/html", "application/xhtml+xml")
_CHARSET = regex.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", regex.IGNORECASE)

_MAX_HEADER_LINE = 1 << 16

# What warcio raises for records that no crawler writes.
_DAMAGE = (
    *(ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, OSError),
    *(ValueError, TypeError, AttributeError, KeyError, IndexError),
)


def read_warc(part: Part) -> Iterator[Document | SourceError]:
    """Yield the HTML responses and the texts of a web archive; its other records are passed over."""
    records = _records(part)
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except _DAMAGE as error:
            raise SourceError(part.place, f"is damaged or cut off: {in_brief(error)}") from error
        url = str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
        place = f"{part.place}!{url}"
        form = _form(record)
        if not form:
            continue
        try:
            content = record.content_stream().read(MAX_TEXT_SIZE + 1)
        except _DAMAGE as error:
            yield SourceError(place, f"is damaged: {in_brief(error)}")
            continue
        part.budget.spend(len(content))
        if getattr(record.raw_stream, "limit", 0) > 0 and len(content) <= MAX_TEXT_SIZE:
            raise SourceError(part.place, "is cut off")
        if len(content) > MAX_TEXT_SIZE:
            yield SourceError(place, f"is larger than {MAX_TEXT_SIZE >> 20} MB")
            continue
        charset = _CHARSET.search(_content_type(record))
        yield Document(
            "html" if form == "html" else "text",
            content,
            place,
            part.path,
            hints={"url": url},
            charset=charset[1] if charset else None,
        )


class _BoundedLines(DecompressingBufferedReader):  # type: ignore[misc]  # warcio is untyped here
    """What warcio reads headers from: its lines are put together in quadratic time, and a bomb is one line."""

    def readline(self, length: int | None = None) -> bytes:
        """Read a line, or as much of it as a header may have."""
        line: bytes = super().readline(length or _MAX_HEADER_LINE)
        return line


def _records(part: Part) -> Iterator[Any]:
    # arc2warc: the format before WARC, which the oldest crawls are in.
    records = ArchiveIterator(ShortReads(part.stream), arc2warc=True)
    records.reader = _BoundedLines(records.fh, block_size=BUFFER_SIZE)
    return iter(records)


def _form(record: Any) -> str | None:
    """Return what a record is to be read as; `None` where it holds no page."""
    if record.rec_type == "conversion":
        return "text" if _content_type(record).startswith("text/plain") else None
    if record.rec_type != "response" or not record.http_headers or record.http_headers.get_statuscode() != "200":
        return None
    return "html" if _content_type(record).startswith(_HTML) else None


def _content_type(record: Any) -> str:
    headers = record.http_headers or record.rec_headers
    return str(headers.get_header("Content-Type") or "").strip().lower()
