from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.codec.building import packed_writer
from index.codec.building.packed_writer import count_lengths, write_freqs, write_positions
from index.codec.format import SegmentFile, SegmentFileWriter, to_meta
from index.codec.kernels.packing import unpack_numbers
from index.codec.packing import Packed, choose_width, pack, packed_gaps, put_overflow, read_freqs, unpack

gaps = st.integers(0, 3) | st.integers(0, 2000) | st.integers(0, (1 << 32) - 1)
chunks_of_gaps = st.lists(st.lists(gaps, max_size=60), max_size=4)


def positions_of(chunks: Sequence[NDArray[Any]]) -> SegmentFile:
    lengths = np.zeros(65, np.int64)
    for chunk in chunks:
        count_lengths(chunk, lengths)
    sink = io.BytesIO()
    file_writer = SegmentFileWriter(sink)
    width = write_positions(file_writer, lengths, chunks)
    file_writer.finish(to_meta(0, [], position_width=width))
    return SegmentFile(sink.getvalue(), "in memory")


def packed_of(file: SegmentFile) -> Packed:
    if "position_overflow_places" not in file:
        return Packed(file.meta["position_width"], file["positions"], np.empty(0, np.uint8), np.empty(0, np.uint8))
    overflow = (file[f"position_overflow_{name}"] for name in ("places", "values"))
    return Packed(file.meta["position_width"], file["positions"], *overflow)


@settings(max_examples=200, deadline=None)
@given(chunks_of_gaps, st.sampled_from([1, 7, 1 << 20]))
@example([[0] * 64, [1] * 64], 64)
@example([[(1 << 32) - 1] * 5], 3)
def test_gaps_are_packed_as_the_reference_packs_them(chunks: list[list[int]], chunk_size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed_writer, "_CHUNK_SIZE", chunk_size)
        file = positions_of([np.array(chunk, np.uint32) for chunk in chunks])
    found = packed_of(file)
    numbers = np.array([gap for chunk in chunks for gap in chunk], np.int64)
    expected = pack(numbers)
    assert found.width == expected.width
    for written, wanted in zip(found[1:], expected[1:], strict=True):
        assert np.array_equal(written, wanted)
    assert found.words.dtype == np.uint64
    assert unpack(found, 0, len(numbers)).tolist() == numbers.tolist()
    assert unpack(packed_gaps(file), 0, len(numbers)).tolist() == numbers.tolist()


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_gaps_of_both_types_are_packed(dtype: type[np.generic]) -> None:
    numbers = np.arange(0, 65_536, 3).astype(dtype)
    assert unpack(packed_gaps(positions_of([numbers, numbers[::-1].copy()])), 0, 2 * len(numbers)).tolist() == [
        *numbers.tolist(),
        *numbers.tolist()[::-1],
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(gaps, max_size=150), st.data())
def test_any_range_is_unpacked_as_the_reference_unpacks_it(numbers: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(numbers)))
    end = data.draw(st.integers(start, len(numbers)))
    packed = pack(np.array(numbers, np.int64))
    found = np.empty(end - start, np.uint32)
    unpack_numbers(packed.words, start, packed.width, found)
    put_overflow(found, start, packed.overflow_places, packed.overflow_values)
    assert found.tolist() == numbers[start:end]


@given(st.lists(st.integers(0, 1100) | st.integers(0, (1 << 32) - 1)))
def test_lengths_in_bits_are_counted(numbers: list[int]) -> None:
    lengths = np.zeros(65, np.int64)
    count_lengths(np.array(numbers, np.uint32), lengths)
    expected = [0] * 65
    for number in numbers:
        expected[(number + 1).bit_length()] += 1
    assert lengths.tolist() == expected
    assert 1 <= choose_width(lengths) <= 32


@given(st.lists(st.lists(st.integers(1, 300) | st.integers(254, 256) | st.integers(1, (1 << 32) - 1)), max_size=3))
def test_freqs_come_back(chunks: list[list[int]]) -> None:
    sink = io.BytesIO()
    file_writer = SegmentFileWriter(sink)
    write_freqs(
        file_writer, [np.array(chunk, np.uint8 if max(chunk, default=0) < 256 else np.uint32) for chunk in chunks]
    )
    file_writer.finish(to_meta(0, []))
    file = SegmentFile(sink.getvalue(), "in memory")
    freqs = [freq for chunk in chunks for freq in chunk]
    assert file["freqs"].dtype == np.uint8
    assert file["freqs"].tolist() == [min(freq, 255) for freq in freqs]
    assert ("freq_overflow_places" in file) == any(freq >= 255 for freq in freqs)
    assert read_freqs(file, 0, len(freqs)).tolist() == freqs
