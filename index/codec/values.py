"""The values of postings: Whoosh's bytes into numbers, where that loses nothing, and back.

A *value* is what a format makes of the places of a term in a document. Those of `Frequency` and `Positions` become
numbers, those of `Existence` are empty; any other format's, and any that these two would not have made, are kept as
they are. The codec promises to give back every value byte by byte.
"""

from __future__ import annotations

import enum
import pickle
import re
import struct
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from whoosh.fields import SpellField
from whoosh.formats import Frequency, Positions

from index.codec.format import Array

_COUNT = struct.Struct("!I")
_MEMO_SIZE = 1 << 16

# What `pickle.dumps(list_of_numbers, 2)` makes: BININT1, BININT2 or BININT each, APPENDS after up to 1,000 of them,
# or APPEND after one alone. Unpickling what matches runs no code.
_NUMBER = rb"(?:K.|M..|J....)"
_PICKLED_NUMBERS = re.compile(rb"\x80\x02\]q.(?:\((?:" + _NUMBER + rb"){2,1000}e)*(?:" + _NUMBER + rb"a)?\.", re.DOTALL)


class ValueKind(enum.Enum):
    """What the values of a field are."""

    NOTHING = enum.auto()  # empty; also those of a SpellField, which gets values that belong to other words
    FREQUENCY = enum.auto()
    POSITIONS = enum.auto()
    RAW = enum.auto()


class Decoded(NamedTuple):
    """The values of some postings as numbers: how often, and where, one after another."""

    freqs: Array
    positions: Array


def kind_of(field: Any) -> ValueKind:
    """Return what the values of a Whoosh field should be."""
    format_ = field.format
    if isinstance(field, SpellField) or format_ is None or format_.fixed_value_size() == 0:
        return ValueKind.NOTHING
    if type(format_) is Frequency:
        return ValueKind.FREQUENCY
    if type(format_) is Positions:
        return ValueKind.POSITIONS
    return ValueKind.RAW


def encode_frequency(freq: int) -> bytes:
    """Return the value that `Frequency` makes."""
    return _COUNT.pack(freq)


def encode_positions(positions: list[int]) -> bytes:
    """Return the value that `Positions` makes."""
    steps = [after - before for before, after in pairwise([0, *positions])]
    return _COUNT.pack(len(positions)) + pickle.dumps(steps, 2)


class ValueDecoder:
    """Decodes the values of one field, in pieces."""

    def __init__(self, kind: ValueKind) -> None:
        self.kind = kind
        self._memo: dict[bytes, list[int]] = {}  # most values are a single position, and many of those are the same

    def decode(self, values: list[bytes]) -> Decoded | None:
        """Return values as numbers, or None if that would not bring them back."""
        if self.kind is ValueKind.FREQUENCY:
            return _decode_frequencies(values)
        if self.kind is ValueKind.POSITIONS:
            return self._decode_positions(values)
        return None

    def _decode_positions(self, values: list[bytes]) -> Decoded | None:
        memo = self._memo
        if len(memo) > _MEMO_SIZE:
            memo.clear()
        all_positions: list[int] = []
        freqs: list[int] = []
        for value in values:
            positions = memo.get(value)
            if positions is None:
                positions = _decode_positions(value)
                if positions is None:
                    return None
                memo[value] = positions
            all_positions += positions
            freqs.append(len(positions))
        return Decoded(np.array(freqs, np.uint32), np.array(all_positions, np.uint32))

    def encode(self, decoded: Decoded) -> list[bytes]:
        """Return the values that were decoded."""
        if self.kind is ValueKind.FREQUENCY:
            return [encode_frequency(freq) for freq in decoded.freqs.tolist()]
        ends = np.cumsum(decoded.freqs).tolist()
        positions = decoded.positions.tolist()
        return [encode_positions(positions[start:end]) for start, end in pairwise([0, *ends])]


def _decode_frequencies(values: list[bytes]) -> Decoded | None:
    if any(len(value) != _COUNT.size for value in values):
        return None
    return Decoded(np.frombuffer(b"".join(values), ">u4").astype(np.uint32), np.empty(0, np.uint32))


def _decode_positions(value: bytes) -> list[int] | None:
    pickled = value[_COUNT.size :]
    if not _PICKLED_NUMBERS.fullmatch(pickled):
        return None
    steps: list[int] = pickle.loads(pickled)  # noqa: S301  # the pattern lets nothing through but numbers
    if min(steps, default=0) < 0:
        return None
    positions = list(accumulate(steps))
    # A position that does not fit, or numbers that are not written as Whoosh would write them, are kept as they are.
    if (positions and positions[-1] >> 32) or encode_positions(positions) != value:
        return None
    return positions
