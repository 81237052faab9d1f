"""Looking up terms: by their bytes, by a pattern, by what is near them, over the sorted terms of a field.

The arrays `term_bytes` (u1) and `term_offsets` (u4 or u8) are those of `index.codec.format`; `first` and `end` bound
the terms that are looked at. A key is `bytes`, which costs no more to pass than an array.
"""

from __future__ import annotations

import numpy as np
from numba import carray, njit

from index.codec.kernels import addresses as at
from index.codec.kernels.addresses import pointer

at.check_layout(2)  # to be raised with it, so that numba compiles this anew
MAX_SIZE = 1 << 40  # of an array whose size nobody needs to know
ANY_RUN, ANY_ONE = np.uint8(ord("*")), np.uint8(ord("?"))


@njit(cache=True, nogil=True)
def _compare(term_bytes, start, end, key, length):
    """Compare a term's bytes, from `start` to `end`, with the first `length` of a key: below, at or above 0."""
    start, end = np.int64(start), np.int64(end)  # numba makes floats of u8 with i8
    for i in range(min(end - start, length)):
        difference = np.int64(term_bytes[start + i]) - np.int64(key[i])
        if difference:
            return difference
    return end - start - length


@njit(cache=True, nogil=True)
def _find(term_bytes, term_offsets, first, end, key):
    length, low, high, is_equal = len(key), np.int64(first), np.int64(end), False
    while low < high:
        middle = (low + high) >> 1
        order = _compare(term_bytes, term_offsets[middle], term_offsets[middle + 1], key, length)
        if order < 0:
            low = middle + 1
        else:
            high, is_equal = middle, order == 0
    return low if is_equal else ~low


@njit(cache=True, nogil=True)
def find_term(term_bytes, term_offsets, first, end, key):
    """Return the number of the first term that is not below `key`; its complement (`~`) if it is not `key` itself."""
    return _find(term_bytes, term_offsets, first, end, key)


@njit(cache=True, nogil=True)
def _number(address, size, place):
    """Return a number of an array of u4 or u8."""
    if size == 4:
        return np.int64(carray(pointer(address), (place + 1,), np.uint32)[place])
    return np.int64(carray(pointer(address), (place + 1,), np.uint64)[place])


@njit(cache=True, nogil=True)
def find_word(segments, bounds, key, word):
    """Look up a term in all segments; return in how many articles it is.

    `segments`: the table of `addresses`. `bounds` i8 (segments, 2): the first term of the field in each, and the end.
    `word` i8 (segments, 4): what `addresses` says of a word; output.
    """
    total = 0
    for number in range(segments.shape[0]):
        segment, first, end = segments[number], bounds[number, 0], bounds[number, 1]
        word[number, at.TERM], word[number, at.START], word[number, at.STOP] = -1, 0, 0
        word[number, at.POSITION_START] = 0
        if first == end:
            continue
        term_bytes = carray(pointer(segment[at.TERM_BYTES]), (MAX_SIZE,), np.uint8)
        if segment[at.OFFSET_SIZE] == 4:
            term_offsets = carray(pointer(segment[at.TERM_OFFSETS]), (end + 1,), np.uint32)
            term = _find(term_bytes, term_offsets, first, end, key)
        else:
            wide_offsets = carray(pointer(segment[at.TERM_OFFSETS]), (end + 1,), np.uint64)
            term = _find(term_bytes, wide_offsets, first, end, key)
        if term < 0:
            continue
        word[number, at.TERM] = term
        if term + 1 < segment[at.NUM_POSTING_STARTS]:
            starts, size = segment[at.POSTING_STARTS], segment[at.POSTING_START_SIZE]
            word[number, at.START], word[number, at.STOP] = _number(starts, size, term), _number(starts, size, term + 1)
            total += word[number, at.STOP] - word[number, at.START]
        if term + 1 < segment[at.NUM_POSITION_STARTS]:
            starts, size = segment[at.POSITION_STARTS], segment[at.POSITION_START_SIZE]
            word[number, at.POSITION_START] = _number(starts, size, term)
    return total


@njit(cache=True, nogil=True)
def _has(doc_ids, start, stop, doc_id):
    """Say whether postings from `start` to `stop` have an article."""
    end = stop
    while start < stop:
        middle = (start + stop) >> 1
        start, stop = (middle + 1, stop) if doc_ids[middle] < doc_id else (start, middle)
    return start < end and doc_ids[start] == doc_id


@njit(cache=True, nogil=True)
def is_in_any(segments, word, doc_ids):
    """Say whether any of some articles (i8, by their numbers in the index) has a word that `find_word` has found."""
    for number in range(segments.shape[0]):
        segment, start, stop = segments[number], word[number, at.START], word[number, at.STOP]
        if start == stop:
            continue
        address, shape = pointer(segment[at.DOC_IDS]), (segment[at.NUM_POSTINGS],)
        for i in range(doc_ids.size):
            doc_id = doc_ids[i] - segment[at.BASE]
            if not 0 <= doc_id < segment[at.NUM_DOCS]:
                continue
            if segment[at.DOC_ID_SIZE] == 2:
                is_there = _has(carray(address, shape, np.uint16), start, stop, doc_id)
            else:
                is_there = _has(carray(address, shape, np.uint32), start, stop, doc_id)
            if is_there:
                return True
    return False


@njit(cache=True, nogil=True)
def count_positions(segments, word):
    """Return how many positions a word has that `find_word` has found."""
    total = 0
    for number in range(segments.shape[0]):
        segment, end = segments[number], word[number, at.TERM] + 1
        if 0 < end < segment[at.NUM_POSITION_STARTS]:
            total += _number(segment[at.POSITION_STARTS], segment[at.POSITION_START_SIZE], end)
            total -= word[number, at.POSITION_START]
    return total


@njit(cache=True, nogil=True)
def find_prefix_end(term_bytes, term_offsets, first, end, key):
    """Return the number after that of the last term that begins with `key`; `first` is the first not below it."""
    length, low, high = len(key), np.int64(first), np.int64(end)
    while low < high:
        middle = (low + high) >> 1
        start = np.int64(term_offsets[middle])
        if _compare(term_bytes, start, min(start + length, np.int64(term_offsets[middle + 1])), key, length) == 0:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _next_character(text, place):
    """Return the place after the character of UTF-8 that begins at `place`."""
    place += 1
    while place < len(text) and text[place] & 0xC0 == 0x80:
        place += 1
    return place


@njit(cache=True, nogil=True)
def _is_match(text, pattern):
    """Match a pattern of `*`, `?` and literal bytes with the whole text; goes back to the last `*` alone."""
    place, at, star, resume = 0, 0, -1, 0
    while place < len(text):
        if at < len(pattern) and pattern[at] == ANY_RUN:
            star, resume = at, place
            at += 1
        elif at < len(pattern) and pattern[at] == ANY_ONE:
            place, at = _next_character(text, place), at + 1
        elif at < len(pattern) and pattern[at] == text[place]:
            place, at = place + 1, at + 1
        elif star >= 0:
            resume = _next_character(text, resume)
            place, at = resume, star + 1
        else:
            return False
    while at < len(pattern) and pattern[at] == ANY_RUN:
        at += 1
    return at == len(pattern)


@njit(cache=True, nogil=True)
def _surface_end(term_bytes, start, end):
    """Return where a surface ends that may have its stem behind a zero byte."""
    while start < end and term_bytes[start]:
        start += 1
    return start


@njit(cache=True, nogil=True)
def find_globs(term_bytes, term_offsets, first, end, are_surfaces, pattern, found):
    """Find the terms that match a pattern with `*` (any characters) and `?` (one), in UTF-8.

    `are_surfaces` b1: they count up to a zero byte. `found` i8, `end - first` places, output; returns how many there
    are.
    """
    count = 0
    for term in range(first, end):
        start, stop = np.int64(term_offsets[term]), np.int64(term_offsets[term + 1])
        if are_surfaces:
            stop = _surface_end(term_bytes, start, stop)
        if _is_match(term_bytes[start:stop], pattern):
            found[count] = term
            count += 1
    return count


@njit(cache=True, nogil=True)
def _decode(text, characters):
    """Decode UTF-8 into code points; returns how many there are, or -1 if they are more than `characters` holds."""
    count, place = 0, 0
    while place < len(text):
        if count == characters.size:
            return -1
        byte = np.uint32(text[place])
        code, more = byte, 0
        if byte >= 0xF0:
            code, more = byte & np.uint32(0x07), 3
        elif byte >= 0xE0:
            code, more = byte & np.uint32(0x0F), 2
        elif byte >= 0xC0:
            code, more = byte & np.uint32(0x1F), 1
        more = min(more, len(text) - place - 1)
        for i in range(1, more + 1):
            code = (code << np.uint32(6)) | (np.uint32(text[place + i]) & np.uint32(0x3F))
        characters[count] = code
        count, place = count + 1, place + 1 + more
    return count


@njit(cache=True, nogil=True)
def _is_within(word, word_size, other, other_size, limit, row):
    """Say whether the Levenshtein distance is at most `limit`; `row` i8, `other_size` + 1 places, scratch."""
    if abs(word_size - other_size) > limit:
        return False
    for j in range(other_size + 1):
        row[j] = j
    for i in range(word_size):
        diagonal, lowest = row[0], i + 1
        row[0] = i + 1
        for j in range(other_size):
            above = row[j + 1]
            best = min(diagonal + (word[i] != other[j]), above + 1, row[j] + 1)
            diagonal, row[j + 1] = above, best
            lowest = min(lowest, best)
        if lowest > limit:
            return False
    return row[other_size] <= limit


@njit(cache=True, nogil=True)
def find_fuzzy(term_bytes, term_offsets, first, end, are_surfaces, skip, word, limit, characters, row, found):
    """Find the terms whose code points after the first `skip` bytes are at most `limit` edits from `word`.

    Edits are insertions, deletions and replacements (Levenshtein). `are_surfaces` as for `find_globs`. `word` u4: code
    points. Scratch: `characters` u4, `word.size + limit` places; `row` i8, one more. `found` i8, `end - first` places,
    output; returns how many.
    """
    count = 0
    for term in range(first, end):
        start, stop = np.int64(term_offsets[term]) + skip, np.int64(term_offsets[term + 1])
        if are_surfaces:
            stop = _surface_end(term_bytes, start, stop)
        size = _decode(term_bytes[start:stop], characters)
        if size >= 0 and _is_within(word, word.size, characters, size, limit, row):
            found[count] = term
            count += 1
    return count


@njit(cache=True, nogil=True)
def add_doc_freqs(
    term_bytes, term_offsets, first, end, other_bytes, other_offsets, other_first, other_end, other_starts, doc_freqs
):
    """Add to the document frequencies of a field's terms those of the same terms in another segment.

    `other_starts` u4 or u8: that segment's `posting_starts`. `doc_freqs` i8, `end - first` places: read and written.
    """
    other = other_first
    for term in range(first, end):
        start, stop = np.int64(term_offsets[term]), np.int64(term_offsets[term + 1])
        while other < other_end:
            other_start, other_stop = np.int64(other_offsets[other]), np.int64(other_offsets[other + 1])
            order = np.int64(0)
            for i in range(min(stop - start, other_stop - other_start)):
                order = np.int64(other_bytes[other_start + i]) - np.int64(term_bytes[start + i])
                if order:
                    break
            if not order:
                order = (other_stop - other_start) - (stop - start)
            if order >= 0:
                if order == 0:
                    doc_freqs[term - first] += np.int64(other_starts[other + 1]) - np.int64(other_starts[other])
                break
            other += 1
