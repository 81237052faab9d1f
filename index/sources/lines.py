"""A stream of text as lines, whatever its encoding and however long they are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from index.errors import SourceError
from index.sources.decoding import decode, detect_wide_encoding
from index.sources.limits import MAX_TEXT_SIZE
from index.sources.packing import BUFFER_SIZE
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


class Block(NamedTuple):
    """Whole lines, as bytes in an encoding that has ASCII in it, and the number of the first of them.

    `None` stands for a line that is too long.
    """

    first_line: int
    content: bytes | None


def read_blocks(part: Part) -> Iterator[Block]:
    """Yield the lines of a part, many at a time."""
    encoding = detect_wide_encoding(part.head())
    if encoding and encoding != "utf-8-sig":
        for number, line in enumerate(_read_wide_lines(part, encoding), start=1):
            yield Block(number, line)
        return
    number, waiting, size = 1, list[bytes](), 0
    while piece := part.stream.read1(BUFFER_SIZE):
        end = piece.rfind(b"\n") + 1
        if end and size + (first_end := piece.find(b"\n") + 1) > MAX_TEXT_SIZE:
            yield Block(number, None)
            number, waiting, size = number + 1, [], 0
            piece, end = piece[first_end:], end - first_end
        if end:
            content = b"".join([*waiting, piece[:end]])
            yield Block(number, content)
            number, waiting, size = number + content.count(b"\n"), [], 0
        if size <= MAX_TEXT_SIZE:
            waiting.append(piece[end:])
        size += len(piece) - end
    if size > MAX_TEXT_SIZE:
        yield Block(number, None)
    elif size:
        yield Block(number, b"".join(waiting))


def split_block(block: Block) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a block with their numbers, but for empty ones."""
    for number, line in enumerate((block.content or b"").split(b"\n"), start=block.first_line):
        # Not only at the start of the first: files with such marks are joined to one.
        record = line.removeprefix(_UTF8_MARK)
        if record and not record.isspace():
            yield number, record


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
