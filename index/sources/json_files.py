"""JSON: a record a line, an array of records, one record, or several of either one after the other.

An array is read value by value by the standard library's decoder, which knows NaN and says where it stopped, so that
nothing else is needed for files larger than memory.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping

import orjson
import regex

from index.errors import SourceError, in_brief
from index.sources.decoding import detect_encoding
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.lines import Block, decode_line, read_blocks, split_block
from index.sources.packing import BUFFER_SIZE
from index.sources.parts import Document, Part

# Not strict: a line break within a text is a sloppy writer's, and what is meant is plain.
_decoder = json.JSONDecoder(strict=False)
# orjson makes floats of integers of more than 64 bits.
_MAX_EXACT = 2.0**63
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_GAP = regex.compile(r"[\s,\ufeff]*")
# Where the decoder stops this near to the end of what has been read, more may mend it: "tru", "-", "\ud83".
_MARGIN = 16
# No record is nested as deep as this; one that is cannot be sent to another process.
_MAX_DEPTH = 100
# After the last value; `null` is one.
_NO_MORE = object()


def read_json_lines(part: Part) -> Iterator[Document | SourceError]:
    """Yield the lines of a file with a record each, many in a document."""
    for block in read_blocks(part):
        if block.content is None:
            yield SourceError(f"{part.place}:{block.first_line}", f"is longer than {MAX_TEXT_SIZE >> 20} MB")
        elif not block.content.isspace():
            yield Document("lines", block.content, part.place, part.path, first_line=block.first_line)


def divide(document: Document) -> Iterator[Document]:
    """Yield the lines of a document of lines as documents; any other as it is."""
    if document.form != "lines" or not isinstance(document.content, bytes):
        yield document
        return
    for number, line in split_block(Block(document.first_line, document.content)):
        yield Document("json", line, f"{document.place}:{number}", document.path)


def read_json(part: Part) -> Iterator[Document | SourceError]:
    """Yield the records of a JSON file, whichever way they are in it."""
    head = part.head()
    if _has_lines(head):
        yield from read_json_lines(part)
        return
    values = _with_damage(_read_values(part))
    number, value = 0, next(values, _NO_MORE)
    while value is not _NO_MORE:
        # One is looked ahead for: a record by itself has the id of its file.
        following = next(values, _NO_MORE)
        if isinstance(value, SourceError):
            raise value
        is_alone = number == 0 and following is _NO_MORE
        place = part.place if is_alone else f"{part.place}[{number}]"
        if not isinstance(value, Mapping):
            yield SourceError(place, "is no record with named fields")
        elif _is_deep(value):
            yield SourceError(place, "is nested too deeply")
        else:
            yield Document("record", value, place, part.path, part.file_id if is_alone else None)
        number, value = number + 1, following


def _is_deep(value: object) -> bool:
    """Say whether a value is nested deeper than any record."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if isinstance(part, (dict, list))
        ]
        if not level:
            return False
    return True


def _with_damage(values: Iterator[object]) -> Iterator[object]:
    """Yield values, and the error that ends them as the last."""
    try:
        yield from values
    except SourceError as error:
        yield error


def _has_lines(head: bytes) -> bool:
    """Say whether the first line is a record and there is another one."""
    first, _, rest = head.partition(b"\n")
    if not first.lstrip(codecs.BOM_UTF8).startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        _decoder.decode(decode_line(first.lstrip(codecs.BOM_UTF8)))
    except (ValueError, RecursionError):
        return False
    return True


def _read_values(part: Part) -> Iterator[object]:
    """Yield the values of the outermost arrays, or those that stand alone."""
    # Without the last character, of which half may be missing.
    head = part.head().rstrip(_BEYOND_ASCII)
    decode_more = codecs.getincrementaldecoder(detect_encoding(head))("replace").decode
    waiting, at, is_last = "", 0, False
    in_array: bool | None = None
    while True:
        value: object
        at = _end_of_gap(waiting, at)
        if in_array is None and at < len(waiting):
            in_array = waiting[at] == "["
            at = _end_of_gap(waiting, at + in_array)
        if in_array and waiting[at : at + 1] == "]":
            # Another may follow: the pages of an answer, one appended to the other.
            in_array, at = None, at + 1
            continue
        if at < len(waiting):
            try:
                value, at = _decoder.raw_decode(waiting, at)
            except RecursionError:
                raise SourceError(part.place, "is nested too deeply") from None
            except ValueError as error:
                if is_last or _is_broken(error, waiting, at):
                    raise SourceError(part.place, f"is no JSON: {_explain(error)}") from error
            else:
                yield value
                continue
        if is_last:
            if in_array:
                raise SourceError(part.place, "is cut off")
            return
        if len(waiting) - at > MAX_TEXT_SIZE:
            reason = f"has a value of more than {MAX_TEXT_SIZE >> 20} MB; a record a line can be read"
            raise SourceError(part.place, reason)
        # As much again as waits: a long value is tried a few times and not a hundred.
        more = part.stream.read1(max(BUFFER_SIZE, len(waiting) - at))
        is_last = not more
        waiting, at = waiting[at:] + decode_more(more, is_last), 0


def _end_of_gap(text: str, at: int) -> int:
    found = _GAP.match(text, at)
    return found.end() if found else at


def _is_broken(error: ValueError, waiting: str, at: int) -> bool:
    """Say whether a value is none, however it goes on."""
    if not isinstance(error, json.JSONDecodeError):
        return True
    return not error.msg.startswith("Unterminated") and at <= error.pos < len(waiting) - _MARGIN


def _explain(error: ValueError) -> str:
    return error.msg.lower() if isinstance(error, json.JSONDecodeError) else in_brief(error)


def parse_json(content: bytes) -> object:
    """Return the value of a line; raises `SourceError`.

    orjson takes a third of the time. What it refuses, lone surrogates and NaN among it, goes to the lenient decoder; so
    do numbers that it cannot tell exactly.
    """
    try:
        value: object = orjson.loads(content)
        is_exact = _is_exact(value)
    except (orjson.JSONDecodeError, RecursionError):
        is_exact = False
    return value if is_exact else _parse_leniently(content)


def _is_exact(value: object) -> bool:
    """Say whether no number in a value is so large that orjson may have made a float of an integer."""
    if isinstance(value, float):
        return abs(value) < _MAX_EXACT
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:  # noqa: SIM110 -- half of the time of all(), and nearly all are texts
        if not isinstance(part, str) and not _is_exact(part):
            return False
    return True


def _parse_leniently(content: bytes) -> object:
    try:
        return _decoder.decode(decode_line(content))
    except RecursionError:
        raise SourceError("", "is nested too deeply") from None
    except ValueError as error:
        raise SourceError("", f"is no JSON: {_explain(error)}") from error
