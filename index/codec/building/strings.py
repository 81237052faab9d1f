"""Lists of byte strings, as terms and words are: sorting and picking without a Python object for each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.kernels import strings as kernel

_KEY_SIZE = 8


class Strings(NamedTuple):
    """n byte strings: string i is `contents[offsets[i]:offsets[i + 1]]`; contents is u1, offsets i8[n + 1]."""

    contents: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, strings: Sequence[bytes]) -> Strings:
        """Return a list of bytes as such."""
        offsets = np.zeros(len(strings) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)), out=offsets[1:])
        return cls(np.frombuffer(b"".join(strings), np.uint8), offsets)

    @classmethod
    def joined(cls, parts: Sequence[Strings]) -> Strings:
        """Return several lists as one."""
        lengths = [part.lengths for part in parts]
        offsets = np.zeros(1 + sum(map(len, lengths)), np.int64)
        if parts:
            np.cumsum(np.concatenate(lengths), out=offsets[1:])
        contents = [part.contents[part.offsets[0] : part.offsets[-1]] for part in parts]
        return cls(np.concatenate([np.empty(0, np.uint8), *contents]), offsets)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Their lengths in bytes."""
        return np.diff(self.offsets)

    def at(self, place: int) -> bytes:
        """Return one of them."""
        return self.contents[self.offsets[place] : self.offsets[place + 1]].tobytes()

    def to_list(self) -> list[bytes]:
        """Return them as Python has them."""
        contents, offsets = self.contents.tobytes(), self.offsets.tolist()
        return [contents[start:end] for start, end in pairwise(offsets)]

    def take(self, which: NDArray[np.int64]) -> Strings:
        """Return some of them, by their places."""
        offsets = np.zeros(len(which) + 1, np.int64)
        np.cumsum(self.lengths[which], out=offsets[1:])
        taken = np.empty(int(offsets[-1]), np.uint8)
        kernel.gather(self.contents, self.offsets, which, offsets, taken)
        return Strings(taken, offsets)


class Ranks(NamedTuple):
    """The order of n byte strings. ranks: u4[n], equal for equal ones; firsts: i8, one string of each rank."""

    ranks: NDArray[np.uint32]
    firsts: NDArray[np.int64]


def rank(strings: Strings) -> Ranks:
    """Sort strings by their bytes.

    Eight bytes at a time, as numbers; after the first eight, only among those that are equal so far. 200,000 words take
    0.05 to 0.1 s.
    """
    order = np.arange(strings.size, dtype=np.int64)
    lengths = strings.lengths
    is_first = np.zeros(strings.size, np.bool_)  # in order, of those that are equal so far
    is_first[:1] = True
    active = order.copy()  # places in the order that are not decided
    depth = 0
    while len(active):
        which = order[active]
        keys = np.empty(len(which), np.uint64)
        kernel.read_keys(strings.contents, strings.offsets, which, depth, keys)
        depth += _KEY_SIZE
        # A string that has ended is before one that goes on with zeros.
        reached = np.minimum(lengths[which], depth)
        groups = np.cumsum(is_first[active])
        sorting = np.lexsort((reached, keys, groups)) if depth > _KEY_SIZE else _sort_first(keys, reached)
        order[active] = which[sorting]
        is_first[active[1:]] |= _differ(keys[sorting]) | _differ(reached[sorting])
        active = _undecided(is_first, lengths[order], active, depth)
    ranks = np.empty(strings.size, np.uint32)
    ranks[order] = np.cumsum(is_first) - 1
    return Ranks(ranks, order[is_first])


def _sort_first(keys: NDArray[np.uint64], reached: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order by the first keys: few are equal there, so that lengths need not be looked at with all."""
    sorting = np.argsort(keys, kind="stable")
    in_order = keys[sorting]
    tied = np.zeros(len(keys), np.bool_)
    tied[1:] = in_order[1:] == in_order[:-1]
    tied[:-1] |= tied[1:]
    places = np.flatnonzero(tied)
    which = sorting[places]
    sorting[places] = which[np.lexsort((reached[which], keys[which]))]
    return sorting


def _differ(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return for each but the first whether it is another than the one before."""
    return np.asarray(values[1:] != values[:-1])


def _undecided(
    is_first: NDArray[np.bool_], lengths: NDArray[np.int64], active: NDArray[np.int64], depth: int
) -> NDArray[np.int64]:
    """Return the places of `active` that are equal to a neighbour so far and in a group that goes on."""
    firsts = is_first[active]
    starts = np.flatnonzero(firsts)
    sizes = np.diff(starts, append=len(active))
    longest = np.maximum.reduceat(lengths[active], starts)
    return active[np.repeat((sizes > 1) & (longest > depth), sizes)]
