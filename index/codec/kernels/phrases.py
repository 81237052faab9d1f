"""Phrases: articles in which words follow one another, at most `slop` positions from each to the next.

First the articles that have all words, by their postings; then, article by article, the positions, which are unpacked
there and nowhere else. The positions of a posting begin where those of the postings before it end, so that the
frequencies of a list are added up on the way; the few that do not fit into their byte are added when it is through.

Every function below has its arguments from these:

| argument | dtype, shape | what it is |
|---|---|---|
| `segment` | i8 | a row of the table of segments (`addresses`) |
| `doc_ids`, `freqs` | u2 or u4, u1 | as in `index.codec.format` |
| `ids` | u4 | articles that have the words that have been looked at, of which there are `count` |
| `places`, `offsets` | i8 (words, articles) | of each word there: its posting, and where its positions begin |
| `counts` | i8 (words, articles) | of each word there: its frequency |
| `overflow`, `large` | ints | addresses and sizes of the tables of high frequencies and of large gaps |
| `cursors` | i8 | of each word: where in the table of large gaps it has looked last, -1 for nowhere |
| `ends` | i8 (2, positions) | scratch: two lists of positions in turn |
"""

from __future__ import annotations

import numpy as np
from numba import carray, njit

from index.codec.kernels import addresses as at
from index.codec.kernels import lists
from index.codec.kernels.addresses import pointer
from index.codec.kernels.lists import _advance

at.check_layout(2)  # to be raised with it, so that numba compiles this anew
lists.check_version(1)  # the same for the kernels of `lists`
VERSION = 2  # to be raised with a change, since numba does not see that `proximity` calls what is here
PLAN_SIZE = 3  # numbers a word in a plan
PLACES, PLAN_ROW, PLAN_WEIGHT = 0, 1, 2  # where each is
TERM, START, STOP, OFFSET = at.TERM, at.START, at.STOP, at.POSITION_START
WINDOW = 8192  # articles that are paired at a time, so that their slots stay in the first-level cache
RARITY = 16  # a list so many times as long as another is not read as a whole
FEW = 64  # to make room for so few takes longer than to look them up
MARKS = 4096  # positions below are found by marking them (a power of 2); an article has 220 words on average
UNKNOWN = 2  # neither a match nor none
OVERFLOW = 255  # in `freqs`: the frequency is in the table beside them
NUM_NORMS = 257


def check_version(expected: int) -> None:
    """Raise `ImportError` if kernels were written for other functions than these."""
    if expected != VERSION:
        raise ImportError(f"These kernels are for version {expected} of those of phrases, not {VERSION}.")


# --- articles with all words


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
    where its positions begin, if no frequency is above 254. Returns how many there are.
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
def _list(doc_ids, freqs, start, stop, offset, dropped, ids, places, offsets):
    """List the articles of a word's postings that are not dropped."""
    count = 0
    for place in range(start, stop):
        ids[count], places[count], offsets[count] = doc_ids[place], place, offset
        doc_id, offset = doc_ids[place], offset + np.int64(freqs[place])
        count += not (dropped.size and (dropped[doc_id >> 6] >> np.uint64(doc_id & 63)) & np.uint64(1))
    return count


@njit(cache=True, nogil=True)
def _add_high_freqs(segment, start, stop, places, offsets, count):
    """Add to the offsets what frequencies above 255 before them have more than that."""
    shape = (segment[at.NUM_FREQ_PLACES],)
    high_places = carray(pointer(segment[at.FREQ_PLACES]), shape, np.int64)
    high_freqs = carray(pointer(segment[at.FREQ_VALUES]), shape, np.int64)
    high, more = _advance(high_places, 0, high_places.size, start), 0
    if high == high_places.size or high_places[high] >= stop:
        return
    for i in range(count):
        while high < high_places.size and high_places[high] < places[i]:
            more += high_freqs[high] - OVERFLOW
            high += 1
        offsets[i] += more


@njit(cache=True, nogil=True)
def _join(words, segment, doc_ids, freqs, ids, places, offsets):
    """Find the articles of a segment that have all words, of which none is without postings; return how many."""
    order = np.argsort(words[:, STOP] - words[:, START])
    dropped = carray(pointer(segment[at.DROPPED]), (segment[at.NUM_DROPPED],), np.uint64)
    count, numbers = 0, np.empty(places.shape[1], np.int64)
    for i in range(order.size):
        word = order[i]
        start, stop, offset = words[word, START], words[word, STOP], words[word, OFFSET]
        if not i:
            count = _list(doc_ids, freqs, start, stop, offset, dropped, ids, places[word], offsets[word])
            _add_high_freqs(segment, start, stop, places[word], offsets[word], count)
            continue
        rest = (ids, count, doc_ids, freqs, start, stop, offset, numbers, places[word], offsets[word])
        is_short = stop - start > RARITY * count or stop - start < FEW
        found = _look_up(*rest) if is_short else _read_through(*rest)
        _add_high_freqs(segment, start, stop, places[word], offsets[word], found)
        for j in range(found):
            ids[j] = ids[numbers[j]]
        for other in order[:i]:
            for j in range(found):
                places[other, j], offsets[other, j] = places[other, numbers[j]], offsets[other, numbers[j]]
        count = found
    return count


@njit(cache=True, nogil=True)
def _high_freq(overflow, place):
    """Return the frequency of a posting that is in the table: a caller looks at the byte, and seldom comes here."""
    places = carray(pointer(overflow[0]), (overflow[2],), np.int64)
    return carray(pointer(overflow[1]), (overflow[2],), np.int64)[_advance(places, 0, places.size, place)]


# --- positions


@njit(cache=True, nogil=True)
def _find_gap(places, place, cursor):
    """Return where a place is in the table, which has it: not far after the cursor, or anywhere."""
    if cursor < 0 or places[cursor] > place:
        low, high = 0, places.size - 1
        while low < high:
            middle = (low + high) >> 1
            if places[middle] < place:
                low = middle + 1
            else:
                high = middle
        return low
    return _advance(places, cursor, places.size, place)


@njit(cache=True, nogil=True)
def _large_gap(large, place, cursors, word):
    """Return a gap that is not in `positions` because it is too large: one in 30."""
    shape = (large[1],)
    if large[2] == 4:
        found = _find_gap(carray(pointer(large[0]), shape, np.uint32), np.int64(place), cursors[word])
    else:
        found = _find_gap(carray(pointer(large[0]), shape, np.uint64), np.uint64(place), cursors[word])
    cursors[word] = found
    if large[4] == 2:
        return np.uint64(carray(pointer(large[3]), shape, np.uint16)[found])
    return np.uint64(carray(pointer(large[3]), shape, np.uint32)[found])


@njit(cache=True, nogil=True)
def _unpack(packed, width, place):
    """Return a number of `width` bits (up to 32), as u8, of what is packed, as u4: two of these hold all of it."""
    bit = place * width
    word = bit >> np.uint64(5)
    both = np.uint64(packed[word]) | (np.uint64(packed[word + np.uint64(1)]) << np.uint64(32))
    return (both >> (bit & np.uint64(31))) & ((np.uint64(1) << width) - np.uint64(1))


@njit(cache=True, nogil=True)
def _find_adjacent(packed, width, large, offsets, counts, count, first_key, marks, cursors, is_match):
    """Say of each article whether one of the second word's positions comes right after one of the first's.

    What follows each position of the first word is marked with the article's key, so that nothing has to be cleared,
    and looked for at those of the second. All articles in one function: numba counts references to arrays at each
    call, which would take as long as the rest. `is_match` u1: 1 or 0; `UNKNOWN` where a position is too high to be
    marked.
    """
    highest, escape = np.uint64(MARKS - 1), (np.uint64(1) << width) - np.uint64(1)
    for article in range(count):
        key, is_there = np.uint64(first_key + article) << np.uint64(32), False
        start, position = np.uint64(offsets[0, article]), np.uint64(0)
        for i in range(start, start + np.uint64(counts[0, article])):
            gap = _unpack(packed, width, i)
            if gap == escape:
                gap = _large_gap(large, i, cursors, 0)
            position += gap
            following = position + np.uint64(1)
            marks[following & highest] = key | following
        if position >= highest:
            is_match[article] = UNKNOWN
            continue
        start, position = np.uint64(offsets[1, article]), np.uint64(0)
        for i in range(start, start + np.uint64(counts[1, article])):
            gap = _unpack(packed, width, i)
            if gap == escape:
                gap = _large_gap(large, i, cursors, 1)
            position += gap
            is_there |= marks[position & highest] == key | position
        is_match[article] = is_there


@njit(cache=True, nogil=True)
def _follow(packed, width, large, start, num_positions, cursors, word, ends, num_ends, slop, out):
    """Write a word's positions that come 1 to `slop` after one of `ends` to `out`; return how many. All ascend."""
    count, i, position, escape = 0, 0, np.uint64(0), (np.uint64(1) << width) - np.uint64(1)
    for place in range(np.uint64(start), np.uint64(start + num_positions)):
        gap = _unpack(packed, width, place)
        if gap == escape:
            gap = _large_gap(large, place, cursors, word)
        position += gap
        signed = np.int64(position)
        if not word:
            out[count] = signed
            count += 1
            continue
        while i < num_ends and ends[i] < signed - slop:
            i += 1
        if i == num_ends:
            break
        if ends[i] < signed:
            out[count] = signed
            count += 1
    return count


@njit(cache=True, nogil=True)
def _is_phrase(packed, width, large, offsets, counts, article, slop, cursors, ends):
    """Say whether an article's words follow one another."""
    num_ends = 0
    for word in range(offsets.shape[0]):
        num_ends = _follow(
            packed, width, large, offsets[word, article], counts[word, article], cursors, word,
            ends[(word - 1) & 1], num_ends, slop, ends[word & 1],
        )  # fmt: skip
        if not num_ends:
            break
    return num_ends > 0


@njit(cache=True, nogil=True)
def _count(freqs, overflow, places, count, counts):
    """Write the frequencies of some postings to `counts`; return the highest."""
    highest = 0
    for i in range(count):
        freq = np.int64(freqs[places[i]])
        if freq == OVERFLOW:
            freq = _high_freq(overflow, places[i])
        counts[i] = freq
        highest = max(highest, freq)
    return highest


@njit(cache=True, nogil=True)
def _check(segment, slop, marks, first_key, count, ids, offsets, counts, highest):
    """Keep the articles whose words follow one another; return how many."""
    num_words = counts.shape[0]
    packed = carray(pointer(segment[at.POSITIONS]), (2 * segment[at.NUM_POSITIONS],), np.uint32)
    width, cursors = np.uint64(segment[at.POSITION_WIDTH]), np.full(num_words, -1, np.int64)
    large = (
        segment[at.POSITION_PLACES], segment[at.NUM_POSITION_PLACES], segment[at.POSITION_PLACE_SIZE],
        segment[at.POSITION_VALUES], segment[at.POSITION_VALUE_SIZE],
    )  # fmt: skip
    ends, is_match, kept = np.empty((2, highest), np.int64), np.full(count, UNKNOWN, np.uint8), 0
    if num_words == 2 and slop == 1:
        _find_adjacent(packed, width, large, offsets, counts, count, first_key, marks, cursors, is_match)
    for i in range(count):
        if is_match[i] == UNKNOWN:
            is_match[i] = _is_phrase(packed, width, large, offsets, counts, i, slop, cursors, ends)
        ids[kept] = ids[i]
        for word in range(num_words):
            counts[word, kept] = counts[word, i]
        kept += np.int64(is_match[i])
    return kept


# --- scores


@njit(cache=True, nogil=True)
def _score(plan, segment, ids, counts, count, scores):
    """Write the scores of the articles: `scoring` says how a posting is scored."""
    scores[:count] = 0
    for word in range(counts.shape[0]):
        row, weight = np.int64(plan[PLAN_SIZE * word + PLAN_ROW]), np.float32(plan[PLAN_SIZE * word + PLAN_WEIGHT])
        norms = carray(pointer(segment[at.NORMS] + row * NUM_NORMS * 4), (NUM_NORMS,), np.float32)
        lengths = carray(pointer(segment[at.LENGTHS + row]), (segment[at.NUM_DOCS],), np.uint8)
        for i in range(count):
            freq = np.float32(counts[word, i])
            scores[i] += weight * (freq / (norms[NUM_NORMS - 1] * freq + norms[lengths[ids[i]]]))


@njit(cache=True, nogil=True)
def _match_segment(plan, slop, words, segment, doc_ids, marks, first_key, ids, scores):
    """Find and score the articles of a segment; return how many have all words, and how many the phrase."""
    freqs = carray(pointer(segment[at.FREQS]), (segment[at.NUM_POSTINGS],), np.uint8)
    overflow = (segment[at.FREQ_PLACES], segment[at.FREQ_VALUES], segment[at.NUM_FREQ_PLACES])
    room, highest = (words[:, STOP] - words[:, START]).min() + 1, 0
    places, offsets = np.empty((words.shape[0], room), np.int64), np.empty((words.shape[0], room), np.int64)
    found = np.empty(room, np.uint32)
    count = _join(words, segment, doc_ids, freqs, found, places, offsets)
    for word in range(words.shape[0]):  # from here on `places` are the frequencies there
        highest = max(highest, _count(freqs, overflow, places[word], count, places[word]))
    kept = _check(segment, slop, marks, first_key, count, found, offsets, places, highest)
    if plan[PLAN_ROW] >= 0:
        _score(plan, segment, found, places, kept, scores)
    for i in range(kept):
        ids[i] = segment[at.BASE] + np.int64(found[i])
    return count, kept


@njit(cache=True, nogil=True)
def match_phrase(plan, slop, segments, first, end, ids, scores):
    """Find the articles of a phrase in the segments from `first` to `end`; return how many there are.

    `plan` f8: for each word, in the phrase's order, the address of its table from the segment `first` on, its row (-1
    if it is not to be scored) and its weight. A position of a word counts if it comes 1 to `slop` after one that
    counts of the word before it (each of the first word's counts); an article matches if one of the last word's does.
    That is Whoosh's `SpanNear2`. Outputs, with room for as many as have the rarest word: `ids` u4, numbered through
    over the segments; `scores` f8.
    """
    num_words, total, first_key = plan.size // PLAN_SIZE, 0, 1
    words, marks = np.empty((num_words, at.WORD_COLUMNS), np.int64), np.zeros(MARKS, np.uint64)
    for number in range(end - first):
        is_there = True
        for word in range(num_words):
            table = carray(pointer(np.int64(plan[word * PLAN_SIZE + PLACES])), (number + 1, at.WORD_COLUMNS), np.int64)
            words[word] = table[number]
            is_there = is_there and words[word, START] < words[word, STOP]
        if not is_there:
            continue
        segment = segments[first + number]
        shape, address = (segment[at.NUM_POSTINGS],), pointer(segment[at.DOC_IDS])
        if segment[at.DOC_ID_SIZE] == 2:
            doc_ids = carray(address, shape, np.uint16)
            count, kept = _match_segment(
                plan, slop, words, segment, doc_ids, marks, first_key, ids[total:], scores[total:]
            )
        else:
            wide_ids = carray(address, shape, np.uint32)
            count, kept = _match_segment(
                plan, slop, words, segment, wide_ids, marks, first_key, ids[total:], scores[total:]
            )
        first_key, total = first_key + count, total + kept
    return total
