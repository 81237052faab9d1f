"""Articles in an order that is known beforehand, that of time: a page of those that match, without sorting them.

Each article has a rank, and no two have the same. Those that match are marked by their ranks, in a bit each, and the
marks before the page are counted, 64 at a time: a page costs the same whether it is the first or the last.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64, njit, types

_I4, _I8 = (types.Array(number, 1, "C", readonly=True) for number in (int32, int64))
_I8_OUT = types.Array(int64, 1, "C")
ONE = np.uint64(1)


@njit(cache=True, nogil=True, inline="always")
def _count_bits(word):
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit([int64(_I8, _I8, _I4, _I4, int64, _I8_OUT)], cache=True, nogil=True)
def select_by_rank(doc_ids, left_out, ranks, by_rank, start, page):
    """Write the best of some articles by rank to `page` (i8), leaving out the first `start`; return how many.

    `left_out` i8: those that are not to be on a page, each of which must be among them. `ranks` i4: the rank of every
    article. `by_rank` i4: the article of every rank.
    """
    marks = np.zeros((ranks.size + 63) >> 6, np.uint64)
    for i in range(doc_ids.size):
        rank = np.uint64(ranks[np.uint64(doc_ids[i])])
        marks[rank >> np.uint64(6)] |= ONE << (rank & np.uint64(63))
    for i in range(left_out.size):
        rank = np.uint64(ranks[np.uint64(left_out[i])])
        marks[rank >> np.uint64(6)] &= ~(ONE << (rank & np.uint64(63)))
    filled, passed = 0, 0
    for place in range(marks.size):
        if filled == page.size:
            break
        word = marks[place]
        count = _count_bits(word)
        if passed + count <= start:
            passed += count
            continue
        for bit in range(64):
            if (word >> np.uint64(bit)) & ONE:
                if passed >= start and filled < page.size:
                    page[filled] = by_rank[place * 64 + bit]
                    filled += 1
                passed += 1
    return filled
