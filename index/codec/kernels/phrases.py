"""Phrases: articles in which words follow one another, at most `slop` positions from each to the next.

First the articles that have all words, by their postings; then, article by article, the positions. The positions of a
posting begin where those of the postings before it end, so that the frequencies of a list are added up on the way.
"""

from __future__ import annotations

import numpy as np
from numba import njit

WINDOW = 8192  # articles that are paired at a time, so that their slots stay in the first-level cache
RARITY = 16  # a list so many times as long as another is not read as a whole
MARKS = 4096  # positions below are found by marking them (a power of 2); an article has 220 words on average


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
def _sum(freqs):
    total = 0
    for i in range(freqs.size):
        total += np.int64(freqs[i])
    return total


@njit(cache=True, nogil=True)
def _look_up(ids, count, doc_ids, freqs, start, stop, offset, numbers, places, offsets):
    """Find which of `ids` are in a long list of postings, by galloping.

    `offset` is where the positions of the first posting begin. Outputs: the number of each in `ids`, its posting and
    where its positions begin. Returns how many there are.
    """
    found, place = 0, start
    for number in range(count):
        before = place
        place = _advance(doc_ids, before, stop, ids[number])
        offset += _sum(freqs[before:place])
        if place == stop:
            break
        numbers[found], places[found], offsets[found] = number, place, offset
        found += doc_ids[place] == ids[number]
    return found


@njit(cache=True, nogil=True)
def _read_through(ids, count, doc_ids, freqs, start, stop, offset, numbers, places, offsets):
    """Do what `_look_up` does for a list that is not much longer: read all of it, a window of articles at a time.

    Without a branch that could be guessed wrong: 1 ns a posting, where two lists side by side take 4.
    """
    slots = np.zeros(WINDOW, np.uint32)
    found, number, place = 0, 0, np.uint64(start)
    while number < count and place < stop:
        first = np.uint64(max(ids[number], doc_ids[place]))
        end = first + np.uint64(WINDOW)
        number = _advance(ids, number, count, first)
        begin = number
        while number < count and ids[number] < end:
            slots[np.uint64(ids[number]) - first] = number + 1
            number += 1
        last = np.uint64(_advance(doc_ids, np.int64(place), stop, end))
        while place < last and doc_ids[place] < first:
            offset += np.int64(freqs[place])
            place += np.uint64(1)
        for posting in range(place, last):
            slot = slots[np.uint64(doc_ids[posting]) - first]
            numbers[found], places[found], offsets[found] = np.int64(slot) - 1, posting, offset
            found += slot > 0
            offset += np.int64(freqs[posting])
        place = last
        for i in range(begin, number):
            slots[np.uint64(ids[i]) - first] = 0
    return found


@njit(cache=True, nogil=True)
def _join(ids, count, doc_ids, freqs, start, stop, offset, numbers, places, offsets):
    if stop - start > RARITY * count:
        return _look_up(ids, count, doc_ids, freqs, start, stop, offset, numbers, places, offsets)
    return _read_through(ids, count, doc_ids, freqs, start, stop, offset, numbers, places, offsets)


@njit(cache=True, nogil=True)
def _is_adjacent(positions, before, num_before, after, num_after, article, marks):
    """Say whether one of the positions from `after` on comes right after one of those from `before` on.

    What follows each position of the first word is marked with the article, so that nothing has to be cleared, and
    looked for at those of the second: 25 ns an article, where both side by side take 32 and guess more branches wrong.
    The first word's positions are to be below `MARKS`.
    """
    key, is_there = np.uint64(article + 1) << np.uint64(32), False
    for i in range(before, before + num_before):
        position = np.uint64(positions[i]) + np.uint64(1)
        marks[position] = key | position
    for i in range(after, after + num_after):
        position = np.uint64(positions[i])
        is_there |= marks[position & np.uint64(MARKS - 1)] == key | position
    return is_there


@njit(cache=True, nogil=True)
def _follow(positions, ends, num_ends, slop, out):
    """Write the positions that come 1 to `slop` after one of `ends` to `out`; return how many. All ascend."""
    count, i = 0, 0
    for place in range(positions.size):
        position = np.int64(positions[place])
        while i < num_ends and ends[i] < position - slop:
            i += 1
        if i == num_ends:
            break
        if ends[i] < position:
            out[count] = position
            count += 1
    return count


@njit(cache=True, nogil=True)
def _is_phrase(positions, offsets, places, freqs, article, slop, ends):
    """Say whether an article's words follow one another; `ends` is scratch, two lists of positions in turn."""
    start = offsets[0, article]
    num_ends = np.int64(freqs[places[0, article]])
    for i in range(num_ends):
        ends[0, i] = positions[start + i]
    for word in range(1, offsets.shape[0]):
        start = offsets[word, article]
        following = positions[start : start + np.int64(freqs[places[word, article]])]
        num_ends = _follow(following, ends[(word - 1) & 1], num_ends, slop, ends[word & 1])
        if not num_ends:
            break
    return num_ends > 0


@njit(cache=True, nogil=True)
def _highest_freq(freqs, places, count):
    highest = 0
    for word in range(places.shape[0]):
        for i in range(count):
            highest = max(highest, np.int64(freqs[places[word, i]]))
    return highest


@njit(cache=True, nogil=True)
def match_phrase(
    terms, slop, posting_starts, doc_ids, freqs, position_starts, positions, dropped, ids, places, offsets
):
    """Find the articles of a phrase; return how many there are.

    `terms` i8: the term of each word, in the phrase's order. A position of a word counts if it comes 1 to `slop` after
    one that counts of the word before it (each of the first word's counts); an article matches if one of the last
    word's does. That is Whoosh's `SpanNear2`. `dropped` u8: bitmap of articles to leave out, or none. Outputs, with
    room for one more than the rarest word has postings: `ids` u4; `places` i8 (words, room), the postings of each word
    there; `offsets` i8 (words, room), where their positions begin.
    """
    num_words = terms.size
    order = np.argsort(posting_starts[terms + 1] - posting_starts[terms])
    rarest = order[0]
    start, offset, count = posting_starts[terms[rarest]], position_starts[terms[rarest]], 0
    for place in range(start, posting_starts[terms[rarest] + 1]):
        ids[count], places[rarest, count], offsets[rarest, count] = doc_ids[place], place, offset
        doc_id, offset = doc_ids[place], offset + np.int64(freqs[place])
        count += not (dropped.size and (dropped[doc_id >> 6] >> np.uint64(doc_id & 63)) & np.uint64(1))
    numbers = np.empty(count + 1, np.int64)
    for i in range(1, num_words):
        word, term = order[i], terms[order[i]]
        found = _join(
            ids, count, doc_ids, freqs, posting_starts[term], posting_starts[term + 1], position_starts[term],
            numbers, places[word], offsets[word],
        )  # fmt: skip
        for j in range(found):
            ids[j] = ids[numbers[j]]
        for other in order[:i]:
            for j in range(found):
                places[other, j], offsets[other, j] = places[other, numbers[j]], offsets[other, numbers[j]]
        count = found
    ends = np.empty((2, _highest_freq(freqs, places, count)), np.int64)
    marks, is_pair = np.zeros(MARKS, np.uint64), num_words == 2 and slop == 1
    kept = 0
    for i in range(count):
        before, num_before = np.uint64(offsets[0, i]), np.uint64(freqs[places[0, i]])
        if is_pair and positions[before + num_before - np.uint64(1)] < MARKS - 1:
            after, num_after = np.uint64(offsets[1, i]), np.uint64(freqs[places[1, i]])
            is_match = _is_adjacent(positions, before, num_before, after, num_after, i, marks)
        else:
            is_match = _is_phrase(positions, offsets, places, freqs, i, slop, ends)
        ids[kept] = ids[i]
        for word in range(num_words):
            places[word, kept] = places[word, i]
        kept += is_match
    return kept
