"""How near to each other the words of a query stand in some articles, and what that adds to their scores.

Words that stand within `WINDOW` positions of each other, in any order, lend each other a share (after Büttcher, Clarke
and Lushman 2006, "Term proximity scoring for ad-hoc retrieval on very large text collections", SIGIR, who count
neighbours alone). What a word is lent in an article is a frequency like that of the word itself, and is scored as one:
divided by the norm of its field, added up over the fields, and saturated. `index.codec.searching.nearness` says which
articles, and what the words lend.

Every function below has its arguments from these:

| argument | dtype, shape | what it is |
|---|---|---|
| `plan` | i8, 2 an entry | a word in a field: address of its table (`addresses`) from the first segment on, row |
| `segment` | i8 | a row of the table of segments (`addresses`) |
| `ids` | u4 | articles of the segment, ascending |
| `places`, `offsets`, `counts` | i8 (entries, articles) | of an entry: posting, first position, how many |
| `words` | i8 (entries) | the number of the entry's word |
| `shares`, `weights` | f8 (words) | what a word lends, and what it is worth at most to have others near |
| `lent` | f8 (words, articles) | what each word was lent, divided by norms |
| `keys` | i8 | scratch: a position in the upper bits, the number of a word in the lower |
"""

from __future__ import annotations

import numpy as np
from numba import carray, njit

from index.codec.kernels import addresses as at
from index.codec.kernels.addresses import pointer
from index.codec.kernels.phrases import _add_high_freqs, _count, _large_gap, _look_up, _unpack, check_version

at.check_layout(2)  # to be raised with it, so that numba compiles this anew
check_version(2)  # the same for the kernels of `phrases`
PLAN_SIZE = 2  # numbers an entry of a plan
PLACES, PLAN_ROW = 0, 1  # where each is
NUM_NORMS = 257
WINDOW = 8  # positions, as usual for what stands near
MOST = 64  # positions of a word in an article are looked at, or a long one could cost as much as all others
WORD_BITS, WORD_MASK = 10, 1023


@njit(cache=True, nogil=True)
def _find_entries(plan, number, segment, doc_ids, freqs, ids, places, offsets, counts):
    """Look up the entries of a plan in some articles of segment `number`."""
    overflow = (segment[at.FREQ_PLACES], segment[at.FREQ_VALUES], segment[at.NUM_FREQ_PLACES])
    numbers, found_places = np.empty(ids.size, np.int64), np.empty(ids.size, np.int64)
    found_offsets, found_counts = np.empty(ids.size, np.int64), np.empty(ids.size, np.int64)
    counts[:] = 0
    for entry in range(plan.size // PLAN_SIZE):
        address = plan[entry * PLAN_SIZE + PLACES]
        word = carray(pointer(address), (number + 1, at.WORD_COLUMNS), np.int64)[number]
        start, stop, offset = word[at.START], word[at.STOP], word[at.POSITION_START]
        if start == stop:
            continue
        found = _look_up(ids, ids.size, doc_ids, freqs, start, stop, offset, numbers, found_places, found_offsets)
        _add_high_freqs(segment, start, stop, found_places, found_offsets, found)
        _count(freqs, overflow, found_places, found, found_counts)
        for i in range(found):
            places[entry, numbers[i]], offsets[entry, numbers[i]] = found_places[i], found_offsets[i]
            counts[entry, numbers[i]] = found_counts[i]


@njit(cache=True, nogil=True)
def _sort(keys, count):
    """Sort some keys that come in ascending runs: few as a rule."""
    if count > MOST:
        keys[:count].sort()
        return
    for i in range(1, count):
        key, place = keys[i], i
        while place > 0 and keys[place - 1] > key:
            keys[place] = keys[place - 1]
            place -= 1
        keys[place] = key


@njit(cache=True, nogil=True)
def _lend(keys, count, shares, lent, norm, article):
    """Let the words at some places, in order, lend to each other."""
    for i in range(count):
        position, word = keys[i] >> WORD_BITS, keys[i] & WORD_MASK
        other = i - 1
        while other >= 0 and position - (keys[other] >> WORD_BITS) <= WINDOW:
            mate = keys[other] & WORD_MASK
            if mate != word:
                lent[word, article] += shares[mate] / norm
                lent[mate, article] += shares[word] / norm
            other -= 1


@njit(cache=True, nogil=True)
def _look_around(plan, words, segment, row, ids, offsets, counts, shares, lent, keys, cursors):
    """Let words lend to each other in one field of some articles."""
    packed = carray(pointer(segment[at.POSITIONS]), (2 * segment[at.NUM_POSITIONS],), np.uint32)
    width = np.uint64(segment[at.POSITION_WIDTH])
    escape = (np.uint64(1) << width) - np.uint64(1)
    large = (
        segment[at.POSITION_PLACES], segment[at.NUM_POSITION_PLACES], segment[at.POSITION_PLACE_SIZE],
        segment[at.POSITION_VALUES], segment[at.POSITION_VALUE_SIZE],
    )  # fmt: skip
    norms = carray(pointer(segment[at.NORMS] + row * NUM_NORMS * 4), (NUM_NORMS,), np.float32)
    lengths = carray(pointer(segment[at.LENGTHS + row]), (segment[at.NUM_DOCS],), np.uint8)
    for article in range(ids.size):
        count = 0
        for entry in range(words.size):
            if plan[entry * PLAN_SIZE + PLAN_ROW] != row:
                continue
            start, position = np.uint64(offsets[entry, article]), np.uint64(0)
            for place in range(start, start + np.uint64(min(counts[entry, article], MOST))):
                gap = _unpack(packed, width, place)
                if gap == escape:
                    gap = _large_gap(large, place, cursors, entry)
                position += gap
                keys[count] = (np.int64(position) << WORD_BITS) | words[entry]
                count += 1
        if count > 1:
            _sort(keys, count)
            _lend(keys, count, shares, lent, np.float64(norms[lengths[ids[article]]]), article)


@njit(cache=True, nogil=True)
def add_nearness(plan, words, shares, weights, segments, first, end, doc_ids, scores):
    """Add to the scores of some articles what the nearness of a plan's words is worth.

    `doc_ids` i8: articles of the segments from `first` to `end`, numbered through and ascending. `scores` f8: of
    these; changed.
    """
    entries, begin = words.size, 0
    keys, cursors = np.empty(entries * MOST, np.int64), np.full(entries, -1, np.int64)
    for number in range(end - first):
        segment = segments[first + number]
        base, stop = segment[at.BASE], begin
        while stop < doc_ids.size and doc_ids[stop] < base + segment[at.NUM_DOCS]:
            stop += 1
        if stop == begin:
            continue
        ids = (doc_ids[begin:stop] - base).astype(np.uint32)
        places, offsets = np.empty((entries, ids.size), np.int64), np.empty((entries, ids.size), np.int64)
        counts, lent = np.empty((entries, ids.size), np.int64), np.zeros((weights.size, ids.size))
        freqs = carray(pointer(segment[at.FREQS]), (segment[at.NUM_POSTINGS],), np.uint8)
        shape, address = (segment[at.NUM_POSTINGS],), pointer(segment[at.DOC_IDS])
        if segment[at.DOC_ID_SIZE] == 2:
            narrow = carray(address, shape, np.uint16)
            _find_entries(plan, number, segment, narrow, freqs, ids, places, offsets, counts)
        else:
            wide = carray(address, shape, np.uint32)
            _find_entries(plan, number, segment, wide, freqs, ids, places, offsets, counts)
        cursors[:] = -1
        for entry in range(entries):
            row, is_new = plan[entry * PLAN_SIZE + PLAN_ROW], True
            for before in range(entry):
                is_new = is_new and plan[before * PLAN_SIZE + PLAN_ROW] != row
            if is_new:
                _look_around(plan, words, segment, row, ids, offsets, counts, shares, lent, keys, cursors)
        for i in range(ids.size):
            for word in range(weights.size):
                scores[begin + i] += weights[word] * lent[word, i] / (lent[word, i] + 1)
        begin = stop
