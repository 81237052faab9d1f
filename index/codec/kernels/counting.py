"""Counts what articles have, for facets: a *column* (i4) has a number for each article of a segment.

Values are not counted one by one. Articles that have the same source, language and authors have the same *profile*,
which is one column; what a profile stands for is looked up once, after counting: `values[starts[p]:starts[p + 1]]`.
Counting takes some 2 ns an article and column; what most of an index has is counted by the rest.

| argument | dtype, shape | what it is |
|---|---|---|
| `words` | u8 | a bitmap of the articles of a segment, as in `index.codec.kernels.sets` |
| `column`, `profiles` | i4, an entry for each article of it | of which day it is, or of which profile |
| `starts`, `values` | i4, P+1; i4 | the values of each profile, ascending |
| `counts` | i4, LANES or 1 x n | how often each number is in a column: the sum of the rows |
| `totals` | i8, V | how many articles have each value |
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64, njit, types, uint32, uint64

LANES = 4  # of neighbours that are alike, none waits for the counter of the one before: half of the time
MAX_LANED = 1 << 13  # numbers of a column; the counters of more are too many for the nearest cache, and few wait
_ONE = np.uint64(1)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2 to the 64th by the golden ratio
_FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
# The place of a bit, by the top six of 64 different bits of this number (Leiserson, Prokop and Randall 1998).
_DE_BRUIJN, _SHIFT = np.uint64(0x03F79D71B4CB0A89), np.uint64(58)
_PLACES = np.zeros(64, np.int64)
_PLACES[[(0x03F79D71B4CB0A89 << place) % (1 << 64) >> 58 for place in range(64)]] = np.arange(64)
_U8, _I4, _I8 = (types.Array(number, 1, "C", readonly=True) for number in (uint64, int32, int64))
_BOOL, _BOOL_OUT = types.Array(types.boolean, 1, "C", readonly=True), types.Array(types.boolean, 1, "C")
_I4_OUT, _I8_OUT, _ROWS_OUT = types.Array(int32, 1, "C"), types.Array(int64, 1, "C"), types.Array(int32, 2, "C")


@njit([types.void(_U8, _I4, _ROWS_OUT)], cache=True, nogil=True)
def count_column(words, column, counts):
    """Add to `counts` the numbers that the articles of a bitmap have in a column."""
    lanes = counts.shape[0] - 1
    for word in range(words.size):
        bits, i = words[word], word * 64
        if bits == _FULL:
            for place in range(i, i + 64):
                counts[place & lanes, column[place]] += 1
            continue
        while bits:
            lowest = bits & (~bits + _ONE)
            place = i + _PLACES[(lowest * _DE_BRUIJN) >> _SHIFT]
            counts[place & lanes, column[place]] += 1
            bits ^= lowest


@njit([types.void(_I8, _I4, _I4, _I8_OUT)], cache=True, nogil=True)
def add_profiles(counts, starts, values, totals):
    """Add to the totals what articles have, of which `counts` (i8, P) tells how many have each profile."""
    for profile in range(counts.size):
        if counts[profile]:
            for place in range(starts[profile], starts[profile + 1]):
                totals[values[place]] += counts[profile]


@njit([types.void(_U8, _I4, _I4, _I4, _I8_OUT)], cache=True, nogil=True)
def add_articles(words, profiles, starts, values, totals):
    """Add to the totals what the articles of a bitmap have: for few, where most profiles have none."""
    for word in range(words.size):
        bits, i = words[word], word * 64
        while bits:
            lowest = bits & (~bits + _ONE)
            profile = profiles[i + _PLACES[(lowest * _DE_BRUIJN) >> _SHIFT]]
            for place in range(starts[profile], starts[profile + 1]):
                totals[values[place]] += 1
            bits ^= lowest


@njit([types.void(_U8, int64, _I8, _BOOL_OUT)], cache=True, nogil=True)
def look_up(words, base, doc_ids, is_there):
    """Say (bool) of each of some articles whether it is in the bitmap of its segment.

    `doc_ids` (i8): their numbers in the index, in which the first article of the segment has the number `base`.
    """
    for i in range(doc_ids.size):
        doc_id = np.uint64(doc_ids[i] - base)
        is_there[i] = (words[doc_id >> np.uint64(6)] >> (doc_id & np.uint64(63))) & _ONE != 0


@njit([types.void(_BOOL, _I4, _I4, _I4, _I8_OUT)], cache=True, nogil=True)
def take_repeated(is_there, places, groups, values, totals):
    """Take from the totals a value each time that an article has it which another of its story has been counted for.

    `places`, `groups`, `values` (i4): pairs of an article, by its place in `is_there` (bool: whether it is counted),
    and a value. Those of the same story and value are a group, and neighbours.
    """
    seen = -1
    for pair in range(places.size):
        if is_there[places[pair]]:
            if groups[pair] == seen:
                totals[values[pair]] -= 1
            seen = groups[pair]


@njit(cache=True, nogil=True)
def _find_slot(keys, slots, key):
    """Return the slot of a key in a hash table, or the one where it would be."""
    mask = np.int64(slots.size - 1)
    slot = np.int64((np.uint64(key) * _SPREAD) >> np.uint64(32)) & mask
    while slots[slot] and keys[slots[slot]] != key:
        slot = (slot + 1) & mask
    return slot


@njit([types.Tuple((types.Array(int64, 1, "C"), _I4_OUT, int64))(
    _I4_OUT, types.Array(uint32, 1, "C", readonly=True), _I8, _I4, types.Array(int64, 1, "C"), _I4_OUT, int64
)], cache=True, nogil=True)  # fmt: skip
def intern_values(nodes, doc_ids, bounds, numbers, keys, slots, count):
    """Have each article's values known by one number, a node of a trie: a value leads from its node to another.

    `nodes` (i4): the node of each article of a segment, 0 at first; written to. Value `numbers[t]` is of the articles
    `doc_ids[bounds[t]:bounds[t + 1]]`. `keys` (i8): of each of the `count` nodes the one before it and the value, as
    one number; `slots` (i4, twice as long, a power of 2): a hash table of them. Returns these three, as they are then.
    """
    for term in range(numbers.size):
        for place in range(bounds[term], bounds[term + 1]):
            doc_id = doc_ids[place]
            key = (np.int64(nodes[doc_id]) << 32) | np.int64(numbers[term])
            slot = _find_slot(keys, slots, key)
            node = slots[slot]
            if not node:
                node = slots[slot] = count
                keys[count] = key
                count += 1
            nodes[doc_id] = node
            if count == keys.size:
                keys = np.concatenate((keys, np.zeros(count, np.int64)))
                slots = np.zeros(2 * keys.size, np.int32)
                for node in range(1, count):
                    slots[_find_slot(keys, slots, keys[node])] = node
    return keys, slots, count
