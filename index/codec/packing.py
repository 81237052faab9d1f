"""Numbers of a fixed width in bits, and the few that are too large for it in a table beside them.

Most gaps between the positions of a word are small and a few are not: with 10 bits each and a table for 3 % of them,
those of 39,976 articles are 12.8 MB, where two bytes each would be 18.1, and the place of every one is known still.

Number i is in the bits from i * width on of `words` (u8), lowest bit first; after the last there are zeros, 64 bits at
least, so that reading two words is always safe. A number of at least 2 ** width - 1 is stored as 2 ** width - 1, and
is in `overflow_values` where its i is in `overflow_places`, which ascend.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.format import Array, SegmentFile, narrowest

MAX_WIDTH = 32
_OVERFLOW_BITS = 48  # of a place and a value, in most segments
_FEW = 80  # with more, numpy is faster
_CHUNK_SIZE = 1 << 16  # a multiple of 64, so that chunks end with a word


class Packed(NamedTuple):
    """Packed numbers; the arrays are those of the module's docstring."""

    width: int
    words: NDArray[np.uint64]
    overflow_places: Array
    overflow_values: Array


def choose_width(lengths: Array) -> int:
    """Return the width that takes least room, 1 to `MAX_WIDTH`.

    lengths: i8[65], how many of the numbers plus 1 have each length in bits.
    """
    longer = lengths.sum() - np.cumsum(lengths)
    return 1 + int(np.argmin([lengths.sum() * width + longer[width] * _OVERFLOW_BITS for width in _WIDTHS]))


_WIDTHS = range(1, MAX_WIDTH + 1)


def num_words(count: int, width: int) -> int:
    """Return how many words so many numbers take, zeros after the last included."""
    return -(-count * width // 64) + 1


def pack(numbers: Array) -> Packed:
    """Pack numbers (i8 or unsigned, not below 0) in the width that is best for them; the reference of the kernel."""
    width = choose_width(_count_lengths(numbers))
    escape = np.uint64((1 << width) - 1)
    places = np.flatnonzero(numbers >= escape)
    words = np.zeros(num_words(len(numbers), width), np.uint64)
    shifts = np.arange(width, dtype=np.uint64)
    for start in range(0, len(numbers), _CHUNK_SIZE):
        chunk = np.minimum(numbers[start : start + _CHUNK_SIZE].astype(np.uint64), escape)
        bits = (chunk[:, np.newaxis] >> shifts) & np.uint64(1)
        packed = np.packbits(bits.astype(np.uint8).reshape(-1), bitorder="little")
        first = start * width // 8
        words.view(np.uint8)[first : first + len(packed)] = packed
    values = numbers[places]
    return Packed(
        width, words, places.astype(narrowest(len(numbers))), values.astype(narrowest(int(values.max(initial=0))))
    )


def _count_lengths(numbers: Array) -> NDArray[np.int64]:
    lengths = np.zeros(65, np.int64)
    for start in range(0, len(numbers), _CHUNK_SIZE):
        chunk = np.minimum(numbers[start : start + _CHUNK_SIZE].astype(np.uint64), np.uint64(1 << MAX_WIDTH))
        lengths += np.bincount(np.frexp((chunk + np.uint64(1)).astype(np.float64))[1], minlength=65)
    return lengths


def unpack(packed: Packed, start: int, end: int) -> NDArray[np.int64]:
    """Return the numbers from `start` to `end`."""
    width = packed.width
    bits = np.arange(start, end, dtype=np.int64) * width
    words, shifts = bits >> 6, (bits & 63).astype(np.uint64)
    low = packed.words[words] >> shifts
    # In two steps: a shift by 64 is undefined.
    high = (packed.words[words + 1] << np.uint64(1)) << (np.uint64(63) - shifts)
    numbers: NDArray[np.int64] = ((low | high) & np.uint64((1 << width) - 1)).astype(np.int64)
    put_overflow(numbers, start, packed.overflow_places, packed.overflow_values)
    return numbers


class PackedReader:
    """Reads a few packed numbers at a time, as Python's; a single one in a tenth of the time that `unpack` takes."""

    def __init__(self, packed: Packed) -> None:
        self._packed = packed
        self._bytes = packed.words.view(np.uint8).data
        self._escape = (1 << packed.width) - 1

    def read(self, start: int, end: int) -> list[int]:
        """Return the numbers from `start` to `end`."""
        packed, escape = self._packed, self._escape
        if end - start > _FEW:
            return unpack(packed, start, end).tolist()  # type: ignore[no-any-return]  # of numbers
        width = packed.width
        first = start * width
        bits = int.from_bytes(self._bytes[first >> 3 : (end * width + 7) >> 3], "little") >> (first & 7)
        numbers: list[int] = []
        for _ in range(end - start):
            numbers.append(bits & escape)
            bits >>= width
        if escape in numbers:
            put_overflow(numbers, start, packed.overflow_places, packed.overflow_values)
        return numbers


def put_overflow(numbers: Array | list[int], start: int, places: Array, values: Array) -> None:
    """Put the values that are too large for their array into a part of it that begins at `start`."""
    if not len(places):
        return
    # Not by numpy, which would first make a copy of all places in a type that `start` has, too.
    first = bisect_left(places.data, start)
    end = bisect_left(places.data, start + len(numbers), first)
    if first == end:
        return
    if isinstance(numbers, list):
        for place, value in zip(places[first:end].tolist(), values[first:end].tolist(), strict=True):
            numbers[place - start] = value
    else:
        numbers[places[first:end].astype(np.int64) - start] = values[first:end]


def read_freqs(file: SegmentFile, start: int, end: int) -> NDArray[np.int64]:
    """Return the freqs of the postings from `start` to `end` of a segment."""
    freqs = file["freqs"][start:end].astype(np.int64)
    if "freq_overflow_places" in file:
        put_overflow(freqs, start, file["freq_overflow_places"], file["freq_overflow_values"])
    return freqs


def packed_gaps(file: SegmentFile) -> Packed:
    """Return `positions` of a segment as they are packed."""
    overflow = _NOTHING, _NOTHING
    if "position_overflow_places" in file:
        overflow = file["position_overflow_places"], file["position_overflow_values"]
    return Packed(file.meta["position_width"], file["positions"], *overflow)


_NOTHING: Array = np.empty(0, np.uint8)
