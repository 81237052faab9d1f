"""Terms of a field that are parts of those of another, as surfaces are of stems: in which articles they are.

Each function has its arguments from these, the arrays as in `index.codec.format`:

| argument | dtype, shape | what it is |
|---|---|---|
| `terms` | i8 | places of terms in their field |
| `parents`, `starts` | u4, u4 or u8 | `part_parents`, `part_starts` |
| `part_bytes` | u1 | what is kept of each term: nothing, a list of ordinals or a bitmap over the parent's postings |
| `posting_starts` | u4 or u8 | where the postings of a term of the parents' field begin |
| `doc_ids` | u2 or u4 | their articles |
| `words` | u8, N/64 rounded up | a bit for each article, lowest bit first; written to |
"""

from __future__ import annotations

import numpy as np
from numba import njit

MAX_SHORT_ORDINALS = 1 << 16  # a parent with up to so many postings has ordinals of two bytes
ONE = np.uint64(1)
BLOCK = 64  # articles that are looked at together


@njit(cache=True, nogil=True)
def _list(part, first, stop, doc_ids, out):
    """List the articles of a term, `part` of `part_bytes`, whose parent has the postings from `first` to `stop`."""
    count, size = 0, part.size
    if not size:
        for place in range(first, stop):
            out[place - first] = doc_ids[place]
        return stop - first
    if size == (stop - first + 7) >> 3:
        # Without a branch that could be guessed wrong.
        for ordinal in range(stop - first):
            out[count] = doc_ids[first + ordinal]
            count += (part[ordinal >> 3] >> (ordinal & 7)) & 1
        return count
    width = 2 if stop - first <= MAX_SHORT_ORDINALS else 4
    for byte in range(0, size, width):
        ordinal = np.int64(part[byte]) | np.int64(part[byte + 1]) << 8
        if width == 4:
            ordinal |= np.int64(part[byte + 2]) << 16 | np.int64(part[byte + 3]) << 24
        out[count] = doc_ids[first + ordinal]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _room(terms, parents, posting_starts):
    room = 0
    for term in terms:
        parent = np.int64(parents[term])
        room = max(room, np.int64(posting_starts[parent + 1]) - np.int64(posting_starts[parent]))
    return room + 1


@njit(cache=True, nogil=True)
def add_parts(terms, parents, starts, part_bytes, posting_starts, doc_ids, weight, sums):
    """Add `weight` to the sums of the articles that have any of some terms, for each of them.

    `sums`: f4, N; written to.
    """
    out = np.empty(_room(terms, parents, posting_starts), np.uint32)
    weight = np.float32(weight)
    for term in terms:
        parent = np.int64(parents[term])
        part = part_bytes[np.int64(starts[term]) : np.int64(starts[term + 1])]
        first, stop = np.int64(posting_starts[parent]), np.int64(posting_starts[parent + 1])
        for i in range(_list(part, first, stop, doc_ids, out)):
            sums[np.uint64(out[i])] += weight


@njit(cache=True, nogil=True)
def clear_sums(sums, dropped):
    """Set the sums (f4, N) of the articles of a bitmap to 0."""
    for word in range(dropped.size):
        bits = dropped[word]
        if bits:
            for doc_id in range(word * 64, min(word * 64 + 64, sums.size)):
                if (bits >> np.uint64(doc_id & 63)) & ONE:
                    sums[doc_id] = 0


@njit(cache=True, nogil=True)
def set_bits_of_parts(terms, parents, starts, part_bytes, posting_starts, doc_ids, words):
    """Set the bits of the articles that have any of some terms; `words` is written to."""
    out = np.empty(_room(terms, parents, posting_starts), np.uint32)
    for term in terms:
        parent = np.int64(parents[term])
        part = part_bytes[np.int64(starts[term]) : np.int64(starts[term + 1])]
        first, stop = np.int64(posting_starts[parent]), np.int64(posting_starts[parent + 1])
        for i in range(_list(part, first, stop, doc_ids, out)):
            doc_id = np.uint64(out[i])
            words[doc_id >> np.uint64(6)] |= ONE << (doc_id & np.uint64(63))


@njit(cache=True, nogil=True)
def _is_empty(block):
    highest = np.float32(0)
    for i in range(block.size):
        highest = max(highest, block[i])
    return highest == 0


@njit(cache=True, nogil=True)
def list_sums(sums, ids, scores):
    """Write the articles whose sum is not 0 to `ids` (u4, N + 1) and these to `scores` (f8, N + 1); return how many."""
    count = 0
    for first in range(0, sums.size, BLOCK):
        end = min(first + BLOCK, sums.size)
        if _is_empty(sums[first:end]):
            continue
        for doc_id in range(first, end):
            ids[count], scores[count] = doc_id, sums[doc_id]
            count += sums[doc_id] > 0
    return count
