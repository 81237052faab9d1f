"""A segment as the searching kernels want it: its arrays in a few types, and which of its articles are deleted.

A kernel is compiled anew for each combination of types that it is called with, which takes seconds. So what is on disk
in the narrowest type that serves comes here in one of few: doc ids as u2 or u4, what is counted in terms, postings or
positions as u4, or u8 beyond 4 billion. Where the file has that type already, as in any index of size, nothing is
copied. numba makes a float of u8 with i8, and numpy wraps u4 around: before any arithmetic they are made an `int`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.format import Array, FieldEntry, SegmentFile

Words = NDArray[np.uint64]

NO_WORDS: Words = np.empty(0, np.uint64)
NO_WORDS.flags.writeable = False


class Parts(NamedTuple):
    """The arrays of a field of parts, which `index.codec.format` describes: u4, u4, u4 or u8, u1."""

    parents: Array
    doc_freqs: Array
    starts: Array
    part_bytes: Array


class SegmentView:
    """One segment of an index; immutable, and safe to share between threads.

    `deleted` has a bit for each article, lowest bit first, or is None; `base` is the number of its first article
    in the index.
    """

    def __init__(self, file: SegmentFile, deleted: bytes | None, base: int) -> None:
        self.file = file
        self.base = base
        self.num_docs = file.num_docs
        self.deleted = _to_words(deleted, self.num_docs) if deleted and any(deleted) else NO_WORDS
        self.fields = file.fields
        self.term_bytes = widen(self.array("term_bytes"), np.uint8)
        self.term_offsets = widen(self.array("term_offsets"), np.uint32)
        self.posting_starts = widen(self.array("posting_starts"), np.uint32)
        self.doc_ids = widen(self.array("doc_ids"), np.uint16)
        self._parts: dict[str, Parts] = {}

    def array(self, name: str) -> Array:
        """Return an array of the file; a segment that has nothing to put there may have none."""
        if name in self.file:
            return self.file[name]
        return np.zeros(1 if name.endswith(("starts", "offsets")) else 0, np.uint8)

    def parts(self, name: str) -> Parts:
        """Return where the terms of a field are that has no postings of its own."""
        parts = self._parts.get(name)
        if parts is None:
            place = self.file.field_places[name]
            parents, doc_freqs, starts = (
                widen(self.file[f"part_{word}:{place}"], np.uint32) for word in ("parents", "doc_freqs", "starts")
            )
            parts = self._parts[name] = Parts(parents, doc_freqs, starts, self.file[f"part_bytes:{place}"])
        return parts

    @cached_property
    def live(self) -> Words:
        """Return the bitmap of the articles that are not deleted."""
        every = np.zeros(((self.num_docs + 63) // 64) * 8, np.uint8)
        bits = np.packbits(np.ones(self.num_docs, np.uint8), bitorder="little")
        every[: bits.size] = bits
        words: Words = every.view(np.uint64)
        if self.deleted.size:
            words = words & ~self.deleted
        words.flags.writeable = False
        return words

    @cached_property
    def num_live(self) -> int:
        """Return the number of articles that are not deleted."""
        return int(np.bitwise_count(self.live).sum())

    def field(self, name: str) -> FieldEntry | None:
        """Return what the file says of a field."""
        return self.fields.get(name)

    def field_array(self, word: str, name: str) -> Array | None:
        """Return an array of a field, as `lengths` or `weights`; None where there is none."""
        key = f"{word}:{self.file.field_places[name]}" if name in self.fields else ""
        return self.file[key] if key in self.file else None  # noqa: SIM401  # a SegmentFile is no dict

    def no_bits(self) -> Words:
        """Return a new bitmap without articles."""
        return np.zeros((self.num_docs + 63) // 64, np.uint64)


def view_segments(segments: Sequence[tuple[SegmentFile, bytes | None]]) -> list[SegmentView]:
    """Return views of the segments of an index, whose articles are numbered through."""
    views, base = [], 0
    for file, deleted in segments:
        views.append(SegmentView(file, deleted, base))
        base += file.num_docs
    return views


def _to_words(bits: bytes, num_docs: int) -> Words:
    """Return a bitmap of bytes, which may end before the last article, as one of words."""
    padded = np.zeros(((num_docs + 63) // 64) * 8, np.uint8)
    given = np.frombuffer(bits, np.uint8)[: (num_docs + 7) // 8]
    padded[: given.size] = given
    words = padded.view(np.uint64)
    words.flags.writeable = False
    return words


def _to_type(array: Array, dtype: Any) -> Array:
    """Return an array as one that cannot be written to, in a type of the machine; a view where that is possible."""
    wanted = np.dtype(dtype)
    same_size = array.dtype.kind in "iu" and array.dtype.itemsize == wanted.itemsize
    converted = array.view(wanted) if same_size else array.astype(wanted)
    converted.flags.writeable = False
    return converted


def widen(array: Array, narrowest: Any) -> Array:
    """Return an array in a type that a kernel takes, of which `narrowest` is the first; a view if it has that."""
    return _to_type(array, np.result_type(array.dtype, narrowest))
