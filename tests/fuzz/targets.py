"""What is fuzzed: each target takes any bytes, and whatever it raises is a bug.

`./scripts/fuzz` runs them under atheris; `test_corpus.py` runs them over what that has kept in `corpus/`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from index.codec.format import SegmentFile
from index.errors import DatelineError
from index.query_language import parse, write
from index.query_tree import read_query

CORPUS = Path(__file__).parent / "corpus"

# Some texts lose a sign that says nothing each time.
MAX_READINGS = 50

_PREFIX, _REST, _HEADER_SIZE = struct.Struct("<8sII"), struct.Struct("<QQQI20x"), 64


def fuzz_query(content: bytes) -> None:
    """Any text is a query, of which there is a tree; to write it out and read it again comes to an end."""
    query = parse(content.decode("utf-8", "replace"))
    read_query(query, "all", (None, "en", "de"), lambda _languages, _stem: True)
    written = write(query.root)
    for _ in range(MAX_READINGS):
        again = write(parse(written).root)
        if again == written:
            return
        written = again
    raise AssertionError(f"{written!r} is another query each time that it is read")


def fuzz_segment(content: bytes) -> None:
    """Any bytes are a segment or an error that says what is wrong, and so are those whose checksums are right."""
    for segment in (content, with_checksums(content)):
        try:
            SegmentFile(segment, "fuzzed.segment").verify()
        except DatelineError:
            continue


def with_checksums(content: bytes) -> bytes:
    """Return a segment whose header and directory have the checksums and sizes that they should have."""
    if len(content) < _HEADER_SIZE:
        return content
    magic, version, _ = _PREFIX.unpack_from(content)
    _, offset, size, _ = _REST.unpack_from(content, _PREFIX.size)
    written = content[offset : offset + size]
    rest = _REST.pack(len(content), offset, size, zlib.crc32(written))
    return _PREFIX.pack(magic, version, zlib.crc32(rest)) + rest + content[_HEADER_SIZE:]


TARGETS: dict[str, Callable[[bytes], None]] = {"query": fuzz_query, "segment": fuzz_segment}
