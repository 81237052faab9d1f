"""The layout of a segment on disk; the sole authority on it.

A segment is one file, written once and never changed. Everything is little-endian.

    header      64 bytes
    arrays      each at a multiple of 64 bytes, one after another
    directory   JSON in UTF-8: {"arrays": {name: [dtype, shape, offset, crc]}, "meta": {...}}

The header: magic (8 bytes, `MAGIC`), format version (u4), CRC of the bytes from 16 to 64 (u4), size of the file (u8),
offset, size and CRC of the directory (u8, u8, u4), zeros. It is written last, so that a file whose writer was killed
has no magic. A CRC is that of zlib, 32 bits. A dtype is numpy's name for it (`<u4`, `|u1`); integers are of the
narrowest type that serves, which may differ from segment to segment.

What is in the arrays
---------------------

Terms are numbered over the whole segment, field by field, the terms of a field in the order of their bytes.
`meta["fields"]` has an entry for each field, in the order in which their terms are numbered (`FieldEntry`). In the
names, N is `num_docs`, T the number of terms, P of postings, and `<f>` the field's place in `meta["fields"]`.

| array | shape | what it holds |
|---|---|---|
| `term_bytes` | | the bytes of all terms, one after another |
| `term_offsets` | T+1 | term t is `term_bytes[term_offsets[t]:term_offsets[t+1]]` |
| `posting_starts` | up to T+1 | the postings of term t are those from `posting_starts[t]` to `posting_starts[t+1]` |
| `doc_ids` | P | the article of each posting, ascending within a term, without repetition |
| `freqs` | P, u1 | how often the term is in the article, 255 for 255 and more; 1 where a field does not count |
| `freq_overflow_places`, `freq_overflow_values` | | the postings, ascending, whose freq is 255 or more, and it |
| `position_starts` | up to T+1 | the positions of term t, as `posting_starts` |
| `positions` | u8 | packed (`index.codec.packing`, width `meta["position_width"]`), posting by posting, as many as |
| | | its freq: the first as it is, of each other how far it is from the one before, which is never below 0 |
| `position_overflow_places`, `position_overflow_values` | | what is too large for that width |
| `lengths:<f>` | N | the number of words as one byte, by Whoosh's `length_to_byte`; 0 for none |
| `weights:<f>` | P of the field | the weight of each posting (f4), where it is not `freqs` times `FieldEntry.boost` |
| `value_offsets:<f>`, `value_bytes:<f>` | P of the field + 1 | the value of each posting, where it is none of these |

`posting_starts` ends after the last field that has postings of its own, `position_starts` after the last that has
positions: what the builder writes has fields with positions first, then others, then parts. An overflow table may be
missing where it is empty.

Parts
-----

The terms of a field with `parts_of` have no postings of their own: each is in some of the articles of one term of
that other field, its parent, as a surface is in some of those of its stem. Such a field says only which articles,
not how often. Its arrays have a number for each of its n terms; a parent has p postings, a term is in d of its
articles:

| array | shape | what it holds |
|---|---|---|
| `part_parents:<f>` | n | the number of the parent's term |
| `part_doc_freqs:<f>` | n | d, 1 to p |
| `part_starts:<f>` | n+1 | what is kept of term i is `part_bytes[part_starts[i]:part_starts[i+1]]` |
| `part_bytes:<f>` | | see below |

Nothing is kept if d is p. Otherwise it is a list of ordinals, ascending, that is of places among the parent's postings,
as u2 if p is at most 65,536, else u4 (little-endian, not aligned); or a bitmap of (p + 7) // 8 bytes with a bit for
each of the parent's postings, lowest first, where the list is not shorter than that.

A part has one parent. A surface that is stemmed in two ways, as in articles of two languages, is two parts: the term of
the one whose stem is the English one is the surface, that of another the surface, a zero byte and the stem (no surface
has a zero byte). So a term says what its parent is, whichever segment it is in; and the parts of a surface stand next
to each other, where what looks for its beginning finds them all.

Signatures
----------

A segment may have an array `signatures` (u1, N x 64): what each article's text is like, by which near-duplicates are
told (`index.codec.kernels.signatures`).

The other arrays belong to the modules that write them, whose docstrings say what is in them; their names begin with
the module's word: `stored…` (`index.codec.stored`), `column…` (`index.codec.columns`), `vector…`
(`index.codec.vectors`).
"""

from __future__ import annotations

import json
import math
import mmap
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexCorruptError, IndexVersionError

MAGIC = b"\x89DLS\r\n\x1a\n"  # as PNG's: shows a file that was sent as text, or with its high bits cut off
VERSION = 2
OLDEST_VERSION = 2
EXTENSION = "segment"
ALIGNMENT = 64
FREQ_OVERFLOW = 255  # of a freq of this and more, `freqs` has this
SIGNATURES = "signatures"
MAX_SHORT_ORDINALS = 1 << 16  # a parent with up to so many postings has ordinals of two bytes

_HEADER_SIZE = 64
_PREFIX = struct.Struct("<8sII")  # magic, version, CRC of the rest of the header
_REST = struct.Struct("<QQQI20x")  # file size, directory's offset, size and CRC

Array = NDArray[Any]


class Sink(Protocol):
    """What a segment is written to: a binary file that can go back to its start."""

    def write(self, content: Any, /) -> Any:
        """Write bytes or anything with a buffer."""

    def seek(self, offset: int, /) -> Any:
        """Go to an offset."""


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """What the directory says of a field; `total_length` is exact, its lengths are not."""

    name: str
    first_term: int
    num_terms: int
    has_freqs: bool = False
    has_positions: bool = False
    has_lengths: bool = False
    has_weights: bool = False
    has_values: bool = False
    total_length: int = 0
    boost: float = 1.0  # of the Whoosh field's format when the segment was written
    parts_of: str = ""  # the field of its terms' parents; such a field has no postings of its own

    @property
    def end_term(self) -> int:
        """Return the number after that of the last term."""
        return self.first_term + self.num_terms


class SegmentFileWriter:
    """Writes a segment: arrays in any order, then `finish`; the caller makes the file durable."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._arrays: dict[str, tuple[str, list[int], int, int]] = {}
        self._place = _HEADER_SIZE
        sink.write(bytes(_HEADER_SIZE))

    def write(self, name: str, array: Array) -> None:
        """Write an array."""
        self.write_chunks(name, array.dtype, [array])

    def write_chunks(self, name: str, dtype: np.dtype[Any], chunks: Iterable[Array]) -> None:
        """Write an array of one dimension that comes in pieces, so that it never is in memory as a whole."""
        if name in self._arrays:
            raise ValueError(f"The array {name!r} was written before.")
        little_endian = dtype.newbyteorder("<")
        padding = -self._place % ALIGNMENT
        self._sink.write(bytes(padding))
        self._place += padding
        offset, crc, shape = self._place, 0, [0]
        for chunk in chunks:
            contents = np.ascontiguousarray(chunk, dtype=little_endian)
            raw = contents.reshape(-1).view(np.uint8).data if contents.size else b""
            self._sink.write(raw)
            crc = zlib.crc32(raw, crc)
            shape = [shape[0] + len(contents), *contents.shape[1:]]
            self._place += contents.nbytes
        self._arrays[name] = (little_endian.str, shape, offset, crc)

    def finish(self, meta: Mapping[str, Any]) -> None:
        """Write the directory and the header."""
        directory = json.dumps({"arrays": self._arrays, "meta": meta}, ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        )
        self._sink.write(directory)
        size = self._place + len(directory)
        rest = _REST.pack(size, self._place, len(directory), zlib.crc32(directory))
        self._sink.seek(0)
        self._sink.write(_PREFIX.pack(MAGIC, VERSION, zlib.crc32(rest)) + rest)


class SegmentFile:
    """A segment, open for reading: its arrays by name, without a copy, and what `meta` says.

    Raises `IndexCorruptError` or `IndexVersionError`, which name the file. The contents of the arrays are not
    looked at before `verify`. Safe to share between threads.
    """

    def __init__(self, buffer: Any, name: str) -> None:
        self.name = name
        self._buffer = memoryview(buffer)
        written = self._read_directory()
        try:
            directory = json.loads(written.decode("utf-8", "surrogatepass"))
            self._directory: dict[str, Any] = dict(directory["arrays"])
            self.meta: dict[str, Any] = dict(directory["meta"])
            self.fields = {entry["name"]: FieldEntry(**entry) for entry in self.meta.get("fields", ())}
            self.num_docs = int(self.meta.get("num_docs", 0))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise self._nonsense() from error
        self._arrays: dict[str, Array] = {}
        self.field_places = {name: place for place, name in enumerate(self.fields)}

    @classmethod
    def open(cls, path: Path) -> SegmentFile:
        """Map a segment into memory; an `OSError` where there is no such file."""
        with path.open("rb") as file:
            return cls.map(file, str(path))

    @classmethod
    def map(cls, file: BinaryIO, name: str) -> SegmentFile:
        """Map a file that is open; it can be closed after."""
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file cannot be mapped
            raise IndexCorruptError(f"{name} is empty. {ADVICE}") from error
        return cls(mapped, name)

    def _nonsense(self) -> IndexCorruptError:
        return IndexCorruptError(f"{self.name} has a directory that makes no sense. {ADVICE}")

    def _read_directory(self) -> bytes:
        size = len(self._buffer)
        if size < _HEADER_SIZE:
            raise IndexCorruptError(f"{self.name} is cut off: it has {size} bytes. {ADVICE}")
        magic, version, header_crc = _PREFIX.unpack_from(self._buffer)
        if magic != MAGIC:
            raise IndexCorruptError(f"{self.name} is no segment, or one that was never finished. {ADVICE}")
        if version > VERSION:
            raise IndexVersionError(
                f"{self.name} has the format {version}; this Dateline reads up to {VERSION}. Use the newer one, or "
                "make the index anew with: reindex --rebuild"
            )
        if version < OLDEST_VERSION:
            raise IndexVersionError(
                f"{self.name} has the format {version}; this Dateline reads from {OLDEST_VERSION} on. {ADVICE}"
            )
        rest = self._buffer[_PREFIX.size : _HEADER_SIZE]
        file_size, offset, directory_size, directory_crc = _REST.unpack(rest)
        if zlib.crc32(rest) != header_crc:
            raise IndexCorruptError(f"{self.name} has a damaged header. {ADVICE}")
        if file_size != size:
            raise IndexCorruptError(f"{self.name} is cut off: {size:,} of {file_size:,} bytes are there. {ADVICE}")
        written = self._buffer[offset : offset + directory_size]
        if zlib.crc32(written) != directory_crc:
            raise IndexCorruptError(f"{self.name} has a damaged directory. {ADVICE}")
        return bytes(written)

    def __contains__(self, name: str) -> bool:
        return name in self._directory

    def __getitem__(self, name: str) -> Array:
        """Return an array, which cannot be written to; raises `KeyError` where there is none of the name."""
        array = self._arrays.get(name)
        if array is None:
            entry = self._directory[name]
            try:
                dtype, shape, offset, _ = entry
                count = math.prod(shape)
                array = np.frombuffer(self._buffer, dtype=dtype, count=count, offset=offset).reshape(shape)
            except (ValueError, TypeError, OverflowError, SyntaxError, MemoryError) as error:
                raise self._nonsense() from error
            array.flags.writeable = False
            self._arrays[name] = array
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._directory)

    @property
    def size(self) -> int:
        """Return the size of the file in bytes."""
        return len(self._buffer)

    def verify(self) -> None:
        """Read every array and compare it with its CRC; raises `IndexCorruptError` for the first that differs."""
        for name in self._directory:
            array, crc = self[name], self._directory[name][3]
            if zlib.crc32(array.reshape(-1).view(np.uint8).data if array.size else b"") != crc:
                raise IndexCorruptError(f"{self.name} is damaged in {name!r}. {ADVICE}")


ADVICE = "Mend the index with: reindex --repair, or make it anew with: reindex --rebuild"


def narrowest(largest: int) -> np.dtype[Any]:
    """Return the narrowest unsigned type that holds numbers up to `largest`."""
    return np.dtype(np.min_scalar_type(max(largest, 0)))


def to_meta(num_docs: int, fields: Iterable[FieldEntry], **more: Any) -> dict[str, Any]:
    """Return the `meta` of a segment."""
    return {"num_docs": num_docs, "fields": [asdict(field) for field in fields], **more}
