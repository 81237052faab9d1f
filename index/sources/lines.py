"""A stream of text as lines, whatever its encoding and however long they are."""

from __future__ import annotations

import io
from collections.abc import Iterator

from index.errors import SourceError
from index.sources.decoding import decode, detect_wide_encoding
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.parts import Part

_UTF8_MARK = b"\xef\xbb\xbf"


def read_lines(part: Part) -> Iterator[bytes | None]:
    """Yield the lines of a part as bytes, in an encoding that has ASCII in it; `None` for one that is too long."""
    encoding = detect_wide_encoding(part.head())
    if encoding and encoding != "utf-8-sig":
        yield from _read_wide_lines(part, encoding)
        return
    while line := part.stream.readline(MAX_TEXT_SIZE + 1):
        # Not only at the start of the first: files with such marks are joined to one.
        line = line.removeprefix(_UTF8_MARK)
        if len(line) > MAX_TEXT_SIZE:
            while line and not line.endswith(b"\n"):
                line = part.stream.readline(MAX_TEXT_SIZE)
            yield None
        else:
            yield line


def _read_wide_lines(part: Part, encoding: str) -> Iterator[bytes | None]:
    with io.TextIOWrapper(part.stream, encoding, errors="replace", newline="\n") as text:
        while line := text.readline(MAX_TEXT_SIZE):
            yield line.removeprefix("\ufeff").encode("utf-8", "replace")


def decode_line(line: bytes) -> str:
    """Return the text of a line; lines of one file differ in their encoding where it was put together of several."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        try:
            return decode(line)
        except SourceError:
            # A few letters in which no language is to be seen.
            return line.decode(errors="replace")
