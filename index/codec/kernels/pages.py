"""A page from anywhere in an order, without sorting all that comes before it.

The keys at both ends of the page are found by looking, again and again, at the highest eleven bits in which those that
are left differ; then what lies between the two is sorted. That takes some 3 ns for each key, whichever page it is.
"""

from __future__ import annotations

import numpy as np
from numba import int64, njit, types, uint64

_BITS = 11
_ONE, _MASK = np.uint64(1), np.uint64((1 << _BITS) - 1)
_U8 = types.Array(uint64, 1, "C", readonly=True)


@njit(cache=True, nogil=True)
def _key_at(keys, rank):
    """Return the key of a rank, counted from 0 for the lowest."""
    left = keys
    counts = np.empty(1 << _BITS, np.int64)
    while True:
        differing = np.uint64(0)
        for key in left:
            differing |= key ^ left[0]
        if not differing:
            return left[0]
        shift = np.uint64(0)
        while differing >> shift > _MASK:
            shift += _ONE
        counts[:] = 0
        for key in left:
            counts[(key >> shift) & _MASK] += 1
        bucket = 0
        while rank >= counts[bucket]:
            rank -= counts[bucket]
            bucket += 1
        kept = np.empty(counts[bucket], np.uint64)
        count = 0
        for key in left:
            if (key >> shift) & _MASK == np.uint64(bucket):
                kept[count] = key
                count += 1
        left = kept


@njit([types.Array(int64, 1, "C")(_U8, int64, int64)], cache=True, nogil=True)
def select_ranks(keys, start, end):
    """Return which keys (u8) have the ranks from `start` to `end`, in order: the lowest first, of equals the first."""
    end = min(end, keys.size)
    if start >= end:
        return np.empty(0, np.int64)
    first, last = _key_at(keys, start), _key_at(keys, end - 1)
    below = at_first = between = 0
    for key in keys:
        below += key < first
        at_first += key == first
        between += first < key < last
    # Of those that equal an end some may be on other pages.
    skipped = start - below
    of_first = end - start if first == last else np.int64(keys.size)
    of_last = end - below - at_first - between
    places = np.empty(end - start, np.int64)
    count = taken_last = seen_first = 0
    for place in range(keys.size):
        key = keys[place]
        if key == first:
            seen_first += 1
            if seen_first <= skipped or seen_first - skipped > of_first:
                continue
        elif key == last:
            taken_last += 1
            if taken_last > of_last:
                continue
        elif not first < key < last:
            continue
        places[count] = place
        count += 1
    ordered = np.argsort(keys[places[:count]], kind="mergesort")
    return places[ordered]


@njit([types.void(_U8, int64, types.Array(types.boolean, 1, "C"))], cache=True, nogil=True)
def spread_bits(words, base, is_there):
    """Set (bool) what is in a bitmap, whose first bit is of number `base`."""
    for word in range(words.size):
        bits, place = words[word], base + word * 64
        while bits:
            if bits & _ONE:
                is_there[place] = True
            bits, place = bits >> _ONE, place + 1


@njit([types.Array(int64, 1, "C")(types.Array(types.int32, 1, "C", readonly=True),
                                  types.Array(types.boolean, 1, "C", readonly=True), int64, int64)],
      cache=True, nogil=True)  # fmt: skip
def walk_order(order, is_there, start, end):
    """Return which of those that are there have the ranks from `start` to `end`, of all by their `order` (i4)."""
    found = np.empty(end - start, np.int64)
    rank = 0
    for number in order:
        if is_there[number]:
            if rank >= start:
                found[rank - start] = number
            rank += 1
            if rank >= end:
                break
    return found[: max(rank - start, 0)]
