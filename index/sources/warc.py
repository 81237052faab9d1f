"""Web archives: WARC, of which the HTML pages are articles, and WET, which holds the text of pages alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import regex
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeadersParserException

from index.errors import SourceError, in_brief
from index.sources import limits
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.packing import BUFFER_SIZE, CUT_OFF, ShortReads, Unpacked, kind_of
from index.sources.parts import Document, Form, Part

_HTML = ("text/html", "application/xhtml+xml")
_CHARSET = regex.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", regex.IGNORECASE)

_MAX_HEADER_LINE = 1 << 16
# A member has one record; an archive that was packed as a whole is one member.
_MAX_WAITING = 8
# What every record begins with.
_MAGIC = b"WARC/"

# What warcio says of records is said by us.
logging.getLogger("warcio").setLevel(logging.CRITICAL)

# What warcio raises for records that no crawler writes.
_DAMAGE = (
    *(ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, OSError),
    *(ValueError, TypeError, AttributeError, KeyError, IndexError),
)


def read_warc(part: Part) -> Iterator[Document | SourceError]:
    """Yield the HTML responses and the texts of a web archive; its other records are passed over.

    A record that is damaged is told by its number, and reading goes on with the next that can be found.
    """
    packed = part.stream.raw if isinstance(part.stream.raw, Unpacked) else None
    records, number, damaged = _records(part), 0, 0
    # What is found in a member waits for its end: that the checksum is wrong, and all of it rubbish, is seen there.
    waiting: list[Document | SourceError] = []
    waiting_at = -1
    while True:
        try:
            record = next(records, None)
            found = list(_read_record(record, part)) if record is not None else []
        except (SourceError, *_DAMAGE) as caught:
            error = caught if isinstance(caught, SourceError) else _describe(part, caught)
            damaged += 1
            following = _find_next(part, records, caught) if damaged <= limits.MAX_DAMAGED else None
            if packed and packed.damaged_at == waiting_at:
                # Of what is cut off, only the last can be meant.
                dropped = 1 if error.reason == CUT_OFF else len(waiting)
                number, waiting = number - dropped, waiting[: len(waiting) - dropped]
            yield from waiting
            if following is None:
                raise error from caught
            yield type(error)(f"{part.place}[{number}]", f"{error.reason}{following[1]}")
            records, waiting = following[0], []
        else:
            member_at = packed.member_at if packed else -1
            if record is None or member_at != waiting_at:
                yield from waiting
                waiting, waiting_at = [], member_at
            if record is None:
                return
            waiting += found
            yield from waiting[:-_MAX_WAITING]
            waiting = waiting[-_MAX_WAITING:]
        number += 1


def _read_record(record: Any, part: Part) -> Iterator[Document | SourceError]:
    form = _form(record)
    if not form:
        return
    url = str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    place = f"{part.place}!{url}"
    try:
        content = record.content_stream().read(MAX_TEXT_SIZE + 1)
    except _DAMAGE as error:
        yield kind_of(error)(place, f"is damaged: {in_brief(error)}")
        return
    part.budget.spend(len(content))
    if getattr(record.raw_stream, "limit", 0) > 0 and len(content) <= MAX_TEXT_SIZE:
        raise SourceError(part.place, CUT_OFF)
    if len(content) > MAX_TEXT_SIZE:
        yield SourceError(place, f"is larger than {MAX_TEXT_SIZE >> 20} MB")
        return
    charset = _CHARSET.search(_content_type(record))
    yield Document(
        form,
        content,
        place,
        part.path,
        hints={"url": url},
        charset=charset[1] if charset else None,
    )


def _describe(part: Part, error: Exception) -> SourceError:
    return kind_of(error)(part.place, f"is damaged or cut off: {in_brief(error)}")


def _find_next(part: Part, records: _Records, error: Exception) -> tuple[_Records, str] | None:
    """Return the records from the next on that can be found after an error, and a word on where that is."""
    if isinstance(error, SourceError):
        # The stream itself, and not what is in it. What is beyond a limit is not damaged, and ends there.
        packed = part.stream.raw
        places = packed.go_on(_MAGIC) if isinstance(packed, Unpacked) else None
        return (_records(part), f" at byte {places[0]:,}, and read on from byte {places[1]:,}") if places else None
    try:
        while line := records.reader.readline():
            if line.startswith(_MAGIC):
                return _records(part, records.reader, line), ""
    except SourceError as damage:
        return _find_next(part, records, damage)
    return None


class _BoundedLines(DecompressingBufferedReader):  # type: ignore[misc]  # warcio is untyped here
    """What warcio reads headers from: its lines are put together in quadratic time, and a bomb is one line."""

    def readline(self, length: int | None = None) -> bytes:
        """Read a line, or as much of it as a header may have."""
        line: bytes = super().readline(length or _MAX_HEADER_LINE)
        return line


class _Records(ArchiveIterator):  # type: ignore[misc]
    """The records of an archive; what is wrong between two of them is told by us, and not on the standard error."""

    def _consume_blanklines(self) -> tuple[bytes | None, int]:
        size = 0
        while line := self.reader.readline():
            if line.strip():
                return line, size
            size += len(line)
        return None, size


def _records(part: Part, reader: _BoundedLines | None = None, line: bytes | None = None) -> _Records:
    """Return the records of an archive; from `line` on, if that is given, which `reader` has read."""
    # arc2warc: the format before WARC, which the oldest crawls are in.
    records = _Records(ShortReads(part.stream), arc2warc=True)
    records.reader = reader or _BoundedLines(records.fh, block_size=BUFFER_SIZE)
    records.next_line = line
    return records


def _form(record: Any) -> Form | None:
    """Return what a record is to be read as; `None` where it holds no page."""
    if record.rec_type == "conversion":
        return "text" if _content_type(record).startswith("text/plain") else None
    if record.rec_type != "response" or not record.http_headers or record.http_headers.get_statuscode() != "200":
        return None
    return "html" if _content_type(record).startswith(_HTML) else None


def _content_type(record: Any) -> str:
    headers = record.http_headers or record.rec_headers
    return str(headers.get_header("Content-Type") or "").strip().lower()
