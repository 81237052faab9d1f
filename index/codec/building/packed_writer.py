"""Writes `freqs` and `positions` of a segment, which come in pieces: narrow, and what is too large in tables beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.codec.format import FREQ_OVERFLOW, Array, SegmentFileWriter, narrowest
from index.codec.kernels import packing as kernel
from index.codec.packing import choose_width, num_words

_CHUNK_SIZE = 1 << 20


def write_freqs(file_writer: SegmentFileWriter, chunks: Iterable[Array]) -> None:
    """Write the freqs of all postings, which are unsigned."""
    places: list[NDArray[np.int64]] = []
    values: list[NDArray[np.int64]] = []
    count = 0

    def narrow() -> Iterator[Array]:
        nonlocal count
        for chunk in chunks:
            for start in range(0, len(chunk), _CHUNK_SIZE):
                freqs = chunk[start : start + _CHUNK_SIZE]
                large = np.flatnonzero(freqs >= FREQ_OVERFLOW)
                narrowed = freqs.astype(np.uint8, copy=len(large) > 0)
                if len(large):
                    narrowed[large] = FREQ_OVERFLOW
                    places.append(count + large)
                    values.append(freqs[large].astype(np.int64))
                count += len(freqs)
                yield narrowed

    file_writer.write_chunks("freqs", np.dtype(np.uint8), narrow())
    nothing = np.empty(0, np.int64)
    _write_overflow(file_writer, "freq", np.concatenate([nothing, *places]), np.concatenate([nothing, *values]), count)


def count_lengths(gaps: Array, lengths: NDArray[np.int64]) -> None:
    """Add to `lengths` (i8[65]) how many of the gaps (u2 or u4) plus 1 have each length in bits."""
    kernel.count_lengths(gaps, lengths)


def write_positions(file_writer: SegmentFileWriter, lengths: NDArray[np.int64], chunks: Iterable[Array]) -> int:
    """Write gaps between positions (u2 or u4), counted by `count_lengths` before; return their width in bits."""
    width = choose_width(lengths)
    num_overflows = int(lengths[width + 1 :].sum())
    places, values = np.empty(num_overflows, np.int64), np.empty(num_overflows, np.uint32)
    file_writer.write_chunks("positions", np.dtype(np.uint64), _packed(chunks, width, places, values))
    _write_overflow(file_writer, "position", places, values, int(lengths.sum()))
    return width


def _packed(
    chunks: Iterable[Array], width: int, places: NDArray[np.int64], values: NDArray[np.uint32]
) -> Iterator[NDArray[np.uint64]]:
    """Yield the words of packed numbers, and put what is too large into `places` and `values`."""
    count, num_overflows, filling = 0, 0, np.uint64(0)
    for chunk in chunks:
        for start in range(0, len(chunk), _CHUNK_SIZE):
            numbers = chunk[start : start + _CHUNK_SIZE]
            words = np.zeros(num_words(len(numbers), width) + 1, np.uint64)
            words[0] = filling
            num_overflows = kernel.pack_numbers(numbers, count, width, words, places, values, num_overflows)
            done = ((count + len(numbers)) * width >> 6) - (count * width >> 6)
            count += len(numbers)
            filling = words[done]
            yield words[:done]
    last = np.zeros(num_words(count, width) - (count * width >> 6), np.uint64)
    last[0] = filling
    yield last


def _write_overflow(
    file_writer: SegmentFileWriter, name: str, places: NDArray[np.int64], values: NDArray[Any], count: int
) -> None:
    if len(places):
        file_writer.write(f"{name}_overflow_places", places.astype(narrowest(count)))
        file_writer.write(f"{name}_overflow_values", values.astype(narrowest(int(values.max()))))
