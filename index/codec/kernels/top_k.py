"""The best k of the articles that are found, kept while they are found.

Scores (f8, k) and doc ids (i8, k), of which `filled` are there: sorted if k is small, a heap if it is large. Ties are
ranked by doc id, and ids come in ascending order, so that of equals the first stays.

`scoring` calls what is here in its innermost loops, and numba's cache does not see that: whoever changes a function
raises `VERSION`, which `scoring` compares with its own. What begins with an underscore is for kernels alone, and is not
compiled by itself.
"""

from __future__ import annotations

import numpy as np
from numba import float64, int64, njit, types

VERSION = 3
MAX_SORTED = 128  # so few are kept sorted, which takes a third of the time of a heap; more are a heap

_IDS, _SCORES = types.Array(int64, 1, "C", readonly=True), types.Array(float64, 1, "C", readonly=True)
_IDS_OUT, _SCORES_OUT = types.Array(int64, 1, "C"), types.Array(float64, 1, "C")


def check_version(expected: int) -> None:
    """Raise `ImportError` if kernels were written for other functions than these."""
    if expected != VERSION:
        raise ImportError(f"These kernels are for version {expected} of the best k, not {VERSION}.")


@njit(cache=True, nogil=True)
def _is_worse(scores, ids, a, b):
    return scores[a] < scores[b] or (scores[a] == scores[b] and ids[a] > ids[b])


@njit(cache=True, nogil=True)
def _is_better(score, doc_id, scores, ids, place):
    return score > scores[place] or (score == scores[place] and doc_id < ids[place])


@njit(cache=True, nogil=True)
def _sift_down(scores, ids, place, size):
    """Let the entry at `place` sink until no entry below it is worse."""
    while True:
        child = 2 * place + 1
        if child >= size:
            return
        if child + 1 < size and _is_worse(scores, ids, child + 1, child):
            child += 1
        if not _is_worse(scores, ids, child, place):
            return
        scores[place], scores[child] = scores[child], scores[place]
        ids[place], ids[child] = ids[child], ids[place]
        place = child


@njit(cache=True, nogil=True)
def _sort(scores, ids, filled, last):
    """Make a heap of what is not sorted; if it is the last time, sort it: the best first."""
    if scores.size <= MAX_SORTED:
        return
    for place in range(filled // 2 - 1, -1, -1):
        _sift_down(scores, ids, place, filled)
    for end in range(filled - 1 if last else 0, 0, -1):
        scores[0], scores[end] = scores[end], scores[0]
        ids[0], ids[end] = ids[end], ids[0]
        _sift_down(scores, ids, 0, end)


@njit(cache=True, nogil=True)
def _offer(scores, ids, filled, score, doc_id):
    """Take an article that is better than the worst of a full heap; ids have to come in ascending order."""
    size = scores.size
    if size > MAX_SORTED:
        if filled < size:
            scores[filled] = score
            ids[filled] = doc_id
            if filled == size - 1:
                _sort(scores, ids, size, False)
            return filled + 1
        scores[0] = score
        ids[0] = doc_id
        _sift_down(scores, ids, 0, size)
        return filled
    if filled < size:
        filled += 1
    place = filled - 1
    while place > 0 and scores[place - 1] < score:
        scores[place] = scores[place - 1]
        ids[place] = ids[place - 1]
        place -= 1
    scores[place] = score
    ids[place] = doc_id
    return filled


@njit(cache=True, nogil=True)
def _threshold(scores, filled):
    """Return the score that an article has to exceed; every score is above 0."""
    if filled < scores.size:
        return np.float32(0)
    if not filled:
        return np.float32(np.inf)
    return np.float32(scores[0] if filled > MAX_SORTED else scores[filled - 1])


@njit(cache=True, nogil=True)
def select_top_k(doc_ids, scores, count, base, top_scores, top_ids, filled, last):
    """Put the first `count` articles of `doc_ids` (u4, ascending) with `scores` (f8) into the heap; return `filled`."""
    size = top_scores.size
    worst = 0 if size > MAX_SORTED else size - 1
    if size > MAX_SORTED and filled + count < size:
        for i in range(count):
            top_scores[filled + i], top_ids[filled + i] = scores[i], base + np.int64(doc_ids[i])
        filled, count = filled + count, 0
    for i in range(count):
        if filled < size or (size and scores[i] > top_scores[worst]):
            filled = _offer(top_scores, top_ids, filled, scores[i], base + np.int64(doc_ids[i]))
    if last:
        _sort(top_scores, top_ids, filled, True)
    return filled


@njit([int64(_IDS, _SCORES, _SCORES_OUT, _IDS_OUT, int64)], cache=True, nogil=True)
def insert(doc_ids, scores, top_scores, top_ids, filled):
    """Put articles, in no order, to where they belong among the best, which are sorted; return `filled`."""
    for i in range(doc_ids.size):
        place = min(filled, top_ids.size - 1)
        if place < 0 or (filled == top_ids.size and not _is_better(scores[i], doc_ids[i], top_scores, top_ids, place)):
            continue
        filled = place + 1
        while place > 0 and _is_better(scores[i], doc_ids[i], top_scores, top_ids, place - 1):
            top_scores[place], top_ids[place] = top_scores[place - 1], top_ids[place - 1]
            place -= 1
        top_scores[place], top_ids[place] = scores[i], doc_ids[i]
    return filled
