"""Sets of articles: bitmaps of 64-bit words, and ascending lists of ids with scores.

A bitmap `words` (u8) has a bit for each article of a segment, lowest bit first, and zeros after the last article.
A list is `ids` (u4, ascending, without repetition) and `scores` (f8) of equal length.
"""

from __future__ import annotations

import numpy as np
from numba import njit

ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def set_bits(doc_ids, start, end, words):
    """Set the bits of the articles in the postings from `start` to `end`; `words` is written to."""
    for i in range(start, end):
        doc_id = np.uint64(doc_ids[i])
        words[doc_id >> np.uint64(6)] |= ONE << (doc_id & np.uint64(63))


@njit(cache=True, nogil=True)
def set_bits_of_terms(terms, posting_starts, doc_ids, words):
    """Set the bits of the articles that have any of some terms (i8); `words` is written to."""
    for term in terms:
        for i in range(np.int64(posting_starts[term]), np.int64(posting_starts[term + 1])):
            doc_id = np.uint64(doc_ids[i])
            words[doc_id >> np.uint64(6)] |= ONE << (doc_id & np.uint64(63))


@njit(cache=True, nogil=True)
def list_bits(words, ids):
    """Write the articles of a bitmap to `ids` (u4), no more than it holds places less 64; return how many."""
    count = 0
    for word in range(words.size):
        bits = words[word]
        if bits:
            if count + 64 > ids.size:
                break
            for i in range(64):
                ids[count] = word * 64 + i
                count += np.int64((bits >> np.uint64(i)) & ONE)
    return count


@njit(cache=True, nogil=True)
def score_postings(doc_ids, tallies, sizes, norms, weight, dropped, ids, scores):
    """Score the postings of a term with Whoosh's BM25F, in float64.

    `doc_ids`, `tallies` (f8): the articles and how much the term weighs in each. `sizes` u1 (N,): length bytes.
    `norms` f8 (256,): K1 * ((1 - B) + B * length / average), or none for a field that counts as it is. `weight`:
    idf * (K1 + 1) * boost, or the boost. `dropped`: bitmap of articles to leave out, or none. Outputs: a list with as
    many places; returns how many are taken.
    """
    count = 0
    for i in range(doc_ids.size):
        doc_id, tally = doc_ids[i], tallies[i]
        if dropped.size and (dropped[doc_id >> 6] >> np.uint64(doc_id & 63)) & ONE:
            continue
        ids[count] = doc_id
        scores[count] = weight * (tally / (tally + norms[sizes[doc_id]]) if norms.size else tally)
        count += 1
    return count


@njit(cache=True, nogil=True)
def _find(ids, place, target):
    """Return the first place from `place` on whose id is at least `target`: by galloping."""
    step = 1
    while place + step < ids.size and ids[place + step] < target:
        place += step
        step *= 2
    high = min(place + step, ids.size)
    while place < high:
        middle = (place + high) >> 1
        if ids[middle] < target:
            place = middle + 1
        else:
            high = middle
    return place


@njit(cache=True, nogil=True)
def intersect_lists(ids, scores, other_ids, other_scores, out_ids, out_scores):
    """Write what is in both lists, scores added, to a third list; return its length. The first is best the shorter."""
    count, place = 0, 0
    for i in range(ids.size):
        place = _find(other_ids, place, ids[i])
        if place == other_ids.size:
            break
        if other_ids[place] == ids[i]:
            out_ids[count] = ids[i]
            out_scores[count] = scores[i] + other_scores[place]
            count += 1
    return count


@njit(cache=True, nogil=True)
def add_scores(ids, other_ids, other_scores, scores):
    """Add to `scores` those of the other list, where an article is in both."""
    place = 0
    for i in range(ids.size):
        place = _find(other_ids, place, ids[i])
        if place == other_ids.size:
            break
        if other_ids[place] == ids[i]:
            scores[i] += other_scores[place]


@njit(cache=True, nogil=True)
def filter_list(ids, scores, words, is_wanted, out_ids, out_scores):
    """Write what is in the bitmap, or is not in it, to another list; return its length."""
    count = 0
    for i in range(ids.size):
        doc_id = ids[i]
        out_ids[count] = doc_id
        out_scores[count] = scores[i]
        count += ((words[doc_id >> 6] >> np.uint64(doc_id & 63)) & ONE != 0) == is_wanted
    return count


@njit(cache=True, nogil=True)
def add_where(ids, words, score, scores):
    """Add a score to those of the articles that are in the bitmap."""
    for i in range(ids.size):
        if (words[ids[i] >> 6] >> np.uint64(ids[i] & 63)) & ONE:
            scores[i] += score


@njit(cache=True, nogil=True)
def scatter_list(ids, scores, sums, words):
    """Add a list to the sums (f8, by article) and set its bits."""
    for i in range(ids.size):
        doc_id = np.uint64(ids[i])
        sums[doc_id] += scores[i]
        words[doc_id >> np.uint64(6)] |= ONE << (doc_id & np.uint64(63))


@njit(cache=True, nogil=True)
def gather_sums(ids, boost, sums, scores):
    """Take the sums of some articles, times `boost`, as their scores; these sums are 0 after."""
    for i in range(ids.size):
        scores[i] = sums[ids[i]] * boost
        sums[ids[i]] = 0
