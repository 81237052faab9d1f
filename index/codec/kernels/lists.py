"""Ascending lists of numbers, most of them of articles: the first that is not below a number, what is in two lists.

`ids` (u4) are a list of `count` articles, and the postings from `start` to `stop` in `doc_ids` (u2, u4) another.

`scoring` and `phrases` call what is here in their innermost loops, and numba's cache does not see that: whoever changes
a function raises `VERSION`, which these compare with their own.
"""

from __future__ import annotations

import numpy as np
from numba import njit

VERSION = 1
WINDOW = 8192  # articles that are paired at a time, so that their slots stay in the first-level cache
FEW = 64  # to make room for so few takes longer than to look them up
GALLOP = 12  # lists whose lengths differ so much are not gone through side by side


def check_version(expected: int) -> None:
    """Raise `ImportError` if kernels were written for other functions than these."""
    if expected != VERSION:
        raise ImportError(f"These kernels are for version {expected} of lists, not {VERSION}.")


@njit(cache=True, nogil=True)
def _advance(doc_ids, place, stop, target):
    """Return the first place from `place` on, `stop` at most, whose doc id is at least `target`: by galloping."""
    if place >= stop or doc_ids[place] >= target:
        return place
    step = 1
    while place + step < stop and doc_ids[place + step] < target:
        place += step
        step *= 2
    low, high = place + 1, min(place + step, stop)
    while low < high:
        middle = (low + high) >> 1
        if doc_ids[middle] < target:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _unite(ids, count, doc_ids, start, stop, out):
    """Write the union of `ids` and of some postings' articles to `out`; return how many there are."""
    total, i, place = 0, np.uint64(0), np.uint64(start)
    size, end = np.uint64(count), np.uint64(stop)
    while i < size and place < end:
        one, other = ids[i], np.uint32(doc_ids[place])
        out[total] = min(one, other)
        total += 1
        i += np.uint64(one <= other)
        place += np.uint64(other <= one)
    for rest in range(i, size):
        out[total], total = ids[rest], total + 1
    for rest in range(place, end):
        out[total], total = doc_ids[rest], total + 1
    return total


@njit(cache=True, nogil=True)
def _pair(ids, count, doc_ids, start, stop, numbers, places):
    """Find which of `ids` are in some postings: their number in `ids` and their posting; return how many."""
    total, number, place = 0, 0, start
    if stop - start > GALLOP * count or stop - start < FEW:
        for number in range(count):
            place = _advance(doc_ids, place, stop, ids[number])
            if place == stop:
                break
            numbers[total], places[total] = number, place
            total += doc_ids[place] == ids[number]
        return total
    if count > GALLOP * (stop - start):
        for place in range(start, stop):
            number = _advance(ids, number, count, doc_ids[place])
            if number == count:
                break
            numbers[total], places[total] = number, place
            total += doc_ids[place] == ids[number]
        return total
    return _read_through(ids, count, doc_ids, start, stop, numbers, places)


@njit(cache=True, nogil=True)
def _read_through(ids, count, doc_ids, start, stop, numbers, places):
    """Find `ids` in a list of postings that is about as long, a window of articles at a time.

    There is no branch that could be guessed wrong: 0.9 ns a posting, where going through both lists side by side
    takes 3 and galloping 4 to 15.
    """
    slots = np.zeros(WINDOW, np.uint16)
    total, number, place = 0, 0, start
    while number < count and place < stop:
        first = np.uint64(max(ids[number], doc_ids[place]))
        end = first + np.uint64(WINDOW)
        number, place = _advance(ids, number, count, first), _advance(doc_ids, place, stop, first)
        begin = number
        while number < count and ids[number] < end:
            slots[np.uint64(ids[number]) - first] = number - begin + 1
            number += 1
        last = _advance(doc_ids, place, stop, end)
        for posting in range(np.uint64(place), np.uint64(last)):
            slot = slots[np.uint64(doc_ids[posting]) - first]
            numbers[total], places[total] = begin + np.int64(slot) - 1, posting
            total += slot > 0
        for i in range(begin, number):
            slots[np.uint64(ids[i]) - first] = 0
        place = last
    return total
