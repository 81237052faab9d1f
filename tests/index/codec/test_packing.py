"""Packed numbers: all come back, in any part, and take the least room that they can."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.codec import packing
from index.codec.format import FREQ_OVERFLOW, Array, SegmentFile, SegmentFileWriter, to_meta
from index.codec.packing import MAX_WIDTH, PackedReader, choose_width, num_words, pack, packed_gaps, read_freqs, unpack

OVERFLOW_BITS = 48

# Of some lengths more than of others, and some just where a number of one more bit begins.
NUMBERS = st.lists(
    st.integers(0, 12)
    | st.integers(0, 300)
    | st.integers(0, 62).map(lambda bits: (1 << bits) - 1)
    | st.integers(0, 2**63 - 1),
    max_size=200,
)
SLICES = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(sorted)


def cost(numbers: list[int], width: int) -> int:
    return sum(width + OVERFLOW_BITS * (number >= (1 << width) - 1) for number in numbers)


@given(NUMBERS, SLICES)
def test_any_part_of_any_numbers_comes_back(numbers: list[int], part: list[int]) -> None:
    packed = pack(np.array(numbers, np.int64))
    start, end = (min(bound, len(numbers)) for bound in part)
    assert unpack(packed, 0, len(numbers)).tolist() == numbers
    assert unpack(packed, start, end).tolist() == numbers[start:end]
    assert PackedReader(packed).read(start, end) == numbers[start:end]


@given(NUMBERS)
def test_the_layout_is_what_the_docstring_says(numbers: list[int]) -> None:
    """Read by hand."""
    packed = pack(np.array(numbers, np.int64))
    bits = int.from_bytes(packed.words.tobytes(), "little")
    escape = (1 << packed.width) - 1
    overflow = dict(zip(packed.overflow_places.tolist(), packed.overflow_values.tolist(), strict=True))
    for place, number in enumerate(numbers):
        written = bits >> place * packed.width & escape
        assert written == min(number, escape)
        assert (place in overflow) == (written == escape)
        assert overflow.get(place, number) == number
    assert bits >> len(numbers) * packed.width == 0
    assert len(packed.words) == num_words(len(numbers), packed.width)
    assert 64 * len(packed.words) - len(numbers) * packed.width >= 64
    assert packed.overflow_places.tolist() == sorted(overflow)


@given(NUMBERS)
def test_the_width_is_the_cheapest(numbers: list[int]) -> None:
    packed = pack(np.array(numbers, np.int64))
    costs = [cost(numbers, width) for width in range(1, MAX_WIDTH + 1)]
    assert cost(numbers, packed.width) == min(costs)
    lengths = np.bincount([(number + 1).bit_length() for number in numbers], minlength=65)
    assert choose_width(lengths) == packed.width == 1 + costs.index(min(costs))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.uint64, np.int64])
def test_numbers_of_any_type_are_packed_alike(dtype: type[np.integer]) -> None:
    numbers = [0, 1, 127, 3, 3, 2, 0, 5] * 20
    packed, expected = pack(np.array(numbers, dtype)), pack(np.array(numbers, np.int64))
    assert packed.width == expected.width
    for array, other in zip(packed[1:], expected[1:], strict=True):
        assert (array.dtype, array.tolist()) == (other.dtype, other.tolist())


def test_many_numbers_are_packed_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.random.default_rng(1).geometric(0.02, 1000)
    whole = pack(numbers)
    monkeypatch.setattr(packing, "_CHUNK_SIZE", 64)
    for array, other in zip(pack(numbers)[1:], whole[1:], strict=True):
        assert array.tolist() == other.tolist()
    assert unpack(whole, 0, 1000).tolist() == numbers.tolist()


@given(st.lists(st.integers(0, 300) | st.just(FREQ_OVERFLOW) | st.integers(0, 2**32 - 1), max_size=100), SLICES)
def test_freqs_and_gaps_are_read_out_of_a_segment(numbers: list[int], part: list[int]) -> None:
    start, end = (min(bound, len(numbers)) for bound in part)
    places = [place for place, number in enumerate(numbers) if number >= FREQ_OVERFLOW]
    packed = pack(np.array(numbers, np.int64))
    sink = io.BytesIO()
    writer = SegmentFileWriter(sink)
    writer.write("freqs", np.array([min(number, FREQ_OVERFLOW) for number in numbers], np.uint8))
    writer.write("positions", packed.words)
    tables: dict[str, Array] = {
        "freq_overflow_places": np.array(places, np.uint8),
        "freq_overflow_values": np.array([numbers[place] for place in places], np.uint32),
        "position_overflow_places": packed.overflow_places,
        "position_overflow_values": packed.overflow_values,
    }
    for name, overflow in tables.items():
        if len(overflow):  # tables may be missing where they are empty
            writer.write(name, overflow)
    writer.finish(to_meta(0, [], position_width=packed.width))
    file = SegmentFile(sink.getvalue(), "made")
    assert read_freqs(file, start, end).tolist() == numbers[start:end]
    assert unpack(packed_gaps(file), start, end).tolist() == numbers[start:end]
