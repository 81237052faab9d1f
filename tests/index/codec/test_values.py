"""The values of postings: every one comes back byte by byte."""

from __future__ import annotations

import pickle
import struct
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh.formats import Frequency, Positions

from index.codec.values import ValueDecoder, ValueKind, encode_frequency, encode_positions

POSITIONS = st.lists(st.integers(0, 100_000), max_size=50).map(lambda steps: list(accumulate(steps)))


@given(POSITIONS)
def test_positions_are_written_as_whoosh_writes_them(positions: list[int]) -> None:
    value = encode_positions(positions)
    assert value == Positions().encode(positions)
    assert Positions().decode_positions(value) == positions


@given(st.lists(POSITIONS, max_size=20))
def test_positions_come_back(all_positions: list[list[int]]) -> None:
    values = [Positions().encode(positions) for positions in all_positions]
    decoder = ValueDecoder(ValueKind.POSITIONS)
    decoded = decoder.decode(values)
    assert decoded is not None
    assert decoded.freqs.tolist() == [len(positions) for positions in all_positions]
    assert decoded.positions.tolist() == [position for positions in all_positions for position in positions]
    assert decoder.encode(decoded) == values


@given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_frequencies_come_back(freqs: list[int]) -> None:
    decoder = ValueDecoder(ValueKind.FREQUENCY)
    values = [encode_frequency(freq) for freq in freqs]
    decoded = decoder.decode(values)
    assert decoded is not None
    assert decoded.freqs.tolist() == [Frequency().decode_frequency(value) for value in values]
    assert decoder.encode(decoded) == values


class Trap:
    """Fails the test if anybody unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return pytest.fail, ("unpickled",)


def with_count(count: int, pickled: bytes) -> bytes:
    return struct.pack("!I", count) + pickled


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"test1",
        with_count(1, b""),
        with_count(2, pickle.dumps([5], 2)),  # another count
        with_count(1, pickle.dumps([-5], 2)),
        with_count(1, pickle.dumps((5,), 2)),
        with_count(1, pickle.dumps([5], 4)),
        with_count(1, pickle.dumps([True], 2)),
        with_count(1, pickle.dumps([2**40], 2)),
        with_count(3, pickle.dumps([2**31 - 1] * 3, 2)),  # a position beyond 32 bits
        with_count(1, b"\x80\x02]q\x00M\x05\x00a."),  # a number in more bytes than it needs
        with_count(1, pickle.dumps([Trap()], 2)),
        Positions().encode([1, 2])[:-1],
    ],
)
def test_what_whoosh_would_not_write_is_left_alone(value: bytes) -> None:
    assert ValueDecoder(ValueKind.POSITIONS).decode([Positions().encode([3]), value]) is None


def test_a_frequency_of_another_size_is_left_alone() -> None:
    assert ValueDecoder(ValueKind.FREQUENCY).decode([b"\0\0\0\1", b"\0\0\1"]) is None
    assert ValueDecoder(ValueKind.RAW).decode([b"x"]) is None
