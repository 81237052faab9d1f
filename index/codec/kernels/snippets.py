"""Finds the words of a query among those that texts were cut into, and the pieces of the texts that show them best.

Texts are UTF-8, one after another, as `index.codec.kernels.text` cuts them; all places are of bytes. A *hit* is a
stretch of a text that matches, with a bit for each part of the query that it matches: its *mask*. Ten bodies of 250
words take 10 microseconds, when they are cut.

| argument | dtype, shape | what it is |
|---|---|---|
| `text`, `starts` | u1; i8, t+1 | text i is `text[starts[i]:starts[i + 1]]` |
| `hits`, `masks`, `hit_starts` | u4, n x 2; u8; i8, t+1 | in order, without overlaps; of text i as above |
| `pages`, `entries` | u2; u4 | `index.codec.building.text_tables.TextTables` |
| `abbreviations` | u8 | their letters, as a number whose lowest byte is the last one |
"""

from __future__ import annotations

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint16, uint32, uint64

# As `index.codec.kernels.text` has them; a test compares them.
LETTER, DIGIT, NOT_UPPER, CJK = 1, 4, 32, 256

# Of a piece: what of the text it leaves out although the sentence goes on.
CUT_BEFORE, CUT_AFTER = 1, 2
# A sentence shorter than this says too little alone and takes the next one of its paragraph along.
MIN_LENGTH = 80
# Lines as long as this, with no blank one between, were broken at some width: the text of wires and mails.
MIN_BROKEN = 40

_MOST_QUOTES = 8  # that are looked behind
_SPACE, _LINE_FEED, _FULL_STOP, _QUOTE, _A, _Z, _SMALL_A, _SMALL_Z, _P, _M = (
    0x20, 0x0A, 0x2E, 0x27, 0x41, 0x5A, 0x61, 0x7A, 0x70, 0x6D,
)  # fmt: skip

_U1, _U2, _U4, _U8, _I8 = (
    types.Array(number, 1, "C", readonly=True) for number in (uint8, uint16, uint32, uint64, int64)
)
_B1_OUT, _I8_OUT, _U8_OUT = (types.Array(number, 1, "C") for number in (boolean, int64, uint64))
_SPANS, _SPANS_OUT, _PIECES = types.Array(uint32, 2, "C", readonly=True), types.Array(uint32, 2, "C"), int64[:, ::1]


@njit([int64(_I8, _U1, _U8, _U1, _I8_OUT)], cache=True, nogil=True)
def find_beginning(beginning_starts, beginnings, word_offsets, word_bytes, found):
    """Put the numbers of the words that have one of some beginnings into `found`, i8[w]; return how many there are."""
    count = 0
    for word in range(len(word_offsets) - 1):
        start, end = np.int64(word_offsets[word]), np.int64(word_offsets[word + 1])
        for number in range(len(beginning_starts) - 1):
            first, length = beginning_starts[number], beginning_starts[number + 1] - beginning_starts[number]
            if end - start < length:
                continue
            k = 0
            while k < length and word_bytes[start + k] == beginnings[first + k]:
                k += 1
            if k == length:
                found[count] = word
                count += 1
                break
    return count


@njit([int64(_U4, _I8, _SPANS, _U8, _U1, _U1, _I8, _U8, _SPANS_OUT, _U8_OUT, _I8_OUT)], cache=True, nogil=True)
def find_hits(
    tokens, token_starts, spans, word_masks, word_numbers, phrases, phrase_starts, phrase_masks, hits, masks, hit_starts
):
    """Find the words and phrases; return how many hits there are, or the complement (`~`) of that if some overlap.

    tokens, token_starts, spans: of `index.codec.kernels.text.cut_texts`. word_masks, word_numbers: u8[w], u1[w]: what
    each word matches by itself, and its number in the phrases (0: in none). phrases: u1, the numbers of their words.
    hits, masks: out, in the order of their last words; as long as the tokens times one more than the phrases.
    hit_starts: out.
    """
    count, reach, is_overlapping = 0, np.int64(0), False
    for piece in range(len(token_starts) - 1):
        hit_starts[piece] = count
        first = token_starts[piece]
        for place in range(first, token_starts[piece + 1]):
            word = tokens[place]
            if word_masks[word]:
                hits[count, 0], hits[count, 1], masks[count] = spans[place, 0], spans[place, 1], word_masks[word]
                is_overlapping |= spans[place, 0] < reach
                reach = max(reach, np.int64(spans[place, 1]))
                count += 1
            if not word_numbers[word]:
                continue
            for phrase in range(len(phrase_masks)):
                start, last = phrase_starts[phrase], phrase_starts[phrase + 1] - 1
                if place - first < last - start:
                    continue
                back = 0
                while back <= last - start and word_numbers[tokens[place - back]] == phrases[last - back]:
                    back += 1
                if back > last - start:
                    hits[count, 0], hits[count, 1] = spans[place - back + 1, 0], spans[place, 1]
                    masks[count] = phrase_masks[phrase]
                    is_overlapping |= hits[count, 0] < reach
                    reach = max(reach, np.int64(hits[count, 1]))
                    count += 1
    hit_starts[len(token_starts) - 1] = count
    return ~count if is_overlapping else count


@njit(cache=True, nogil=True)
def _point_at(text, place, end):
    """Return the character at a place and its size; a line feed at the end."""
    if place >= end:
        return np.int64(_LINE_FEED), np.int64(1)
    lead = np.int64(text[place])
    if lead < 0x80:
        return lead, np.int64(1)
    if lead < 0xE0:
        return ((lead & 0x1F) << 6) | (text[place + 1] & 0x3F), np.int64(2)
    if lead < 0xF0:
        return (
            ((lead & 0xF) << 12) | (np.int64(text[place + 1] & 0x3F) << 6) | (text[place + 2] & 0x3F),
            np.int64(3),
        )
    point = ((lead & 7) << 18) | (np.int64(text[place + 1] & 0x3F) << 12)
    return point | (np.int64(text[place + 2] & 0x3F) << 6) | (text[place + 3] & 0x3F), np.int64(4)


@njit(cache=True, nogil=True)
def _point_before(text, place, start):
    """Return the character before a place and its size; a line feed at the start."""
    if place <= start:
        return np.int64(_LINE_FEED), np.int64(1)
    before = place - 1
    while before > start and text[before] & 0xC0 == 0x80:
        before -= 1
    return _point_at(text, before, place)


@njit(cache=True, nogil=True)
def _step(text, place, bound, characters):
    """Go so many characters forward, or back if the bound is before the place, but not past it."""
    while characters and place != bound:
        place += 1 if bound > place else -1
        while place != bound and text[place] & 0xC0 == 0x80:
            place += 1 if bound > place else -1
        characters -= 1
    return place


@njit(cache=True, nogil=True, inline="always")
def _is_space(point):
    """Say whether a character is white space, as Python has it."""
    if point < 0x80:
        return point == _SPACE or 9 <= point <= 13 or 28 <= point <= 31
    if point < 0x2000:
        return point in (0x85, 0xA0, 0x1680)
    return point <= 0x200A or point in (0x2028, 0x2029, 0x202F, 0x205F, 0x3000)


@njit(cache=True, nogil=True, inline="always")
def _closes(point):
    """Say whether a character is a quote or a bracket that stands behind the end of a sentence."""
    return point in (0x22, _QUOTE, 0x29, 0x5D, 0xBB, 0x2019, 0x201D)


@njit(cache=True, nogil=True)
def _ends_sentence(text, start, place, with_more):
    """Say whether a sentence's sign stands before a place, with or without quotes behind it."""
    point, size = _point_before(text, place, start)
    for _ in range(_MOST_QUOTES):
        if not _closes(point):
            break
        place -= size
        point, size = _point_before(text, place, start)
    if point in (0x2E, 0x21, 0x3F, 0x2026, 0x61F, 0x6D4):
        return True
    return with_more and point in (0x3A, 0x3002, 0xFF01, 0xFF1F)


@njit(cache=True, nogil=True)
def _begins_sentence(text, place, end, pages, entries):
    """Say whether a capital, a letter of a script without capitals or a digit stands at a place, behind quotes."""
    point, size = _point_at(text, place, end)
    for _ in range(_MOST_QUOTES):
        if point not in (0x22, _QUOTE, 0x28, 0x5B, 0xAB, 0x2018, 0x201C):
            break
        place += size
        point, size = _point_at(text, place, end)
    entry = entries[(np.int64(pages[point >> 8]) << 8) + (point & 0xFF)]
    return entry & (DIGIT | CJK) != 0 or (entry & LETTER != 0 and not entry & NOT_UPPER)


@njit(cache=True, nogil=True)
def _is_abbreviation(text, start, place, abbreviations):
    """Say whether an abbreviation with its full stop ends at a place, as `index.sentences` does."""
    if place - start < 2 or text[place - 1] != _FULL_STOP:
        return False
    letters, word = 0, np.uint64(0)
    while letters < 7 and place - 2 - letters >= start:
        letter = text[place - 2 - letters]
        if not (_A <= (letter & 0xDF) <= _Z):
            break
        word |= np.uint64(letter) << np.uint64(8 * letters)
        letters += 1
    before, _ = _point_before(text, place - 1 - letters, start)
    if letters == 0 or before >= 0x80:
        return False
    if letters == 1 and word <= _Z:
        return True
    if letters == 1 and word == _M and before == _FULL_STOP and place - 4 >= start:
        return text[place - 4] in (_SMALL_A, _P)
    known = 0
    while known < len(abbreviations) and word != abbreviations[known]:
        known += 1
    return known < len(abbreviations)


@njit(cache=True, nogil=True)
def _is_broken_line(text, start, place):
    """Say whether the line that ends at a place is so long that it was broken at some width."""
    characters = 0
    while place > start and text[place - 1] != _LINE_FEED:
        place -= 1
        characters += text[place] & 0xC0 != 0x80
        if characters >= MIN_BROKEN:
            return True
    return False


@njit(cache=True, nogil=True)
def _next_break(text, place, bound, start, end, pages, entries, abbreviations):
    """Find the first end of a sentence from a place on, up to a bound.

    Return it, where the next sentence begins, and whether a paragraph ends there; the first is -1 where there is none.
    """
    stop = min(end, bound + 1)
    while place < end and place <= bound:
        # Most of a text is letters, and most spaces have a letter before and behind them.
        while place < stop and (_SPACE < text[np.uint64(place)] < 0x80):
            place += 1
        if place >= stop:
            break
        if (
            text[place] == _SPACE and place > start and place + 1 < end
            and _SMALL_A <= (text[place - 1] | 0x20) <= _SMALL_Z and _SPACE < text[place + 1] < 0x80
        ):  # fmt: skip
            place += 1
            continue
        point, size = _point_at(text, place, end)
        if point in (0x3002, 0xFF01, 0xFF1F):
            return place + size, place + size, False
        if not _is_space(point):
            place += size
            continue
        gap, lines = place, 0
        while place < end and _is_space(point):
            lines += point == _LINE_FEED
            place += size
            point, size = _point_at(text, place, end)
        if place >= end or lines > 1 or (lines == 1 and not _is_broken_line(text, start, gap)):
            return gap, place, True
        if lines:
            is_end = _ends_sentence(text, start, gap, True)
        else:
            is_end = _ends_sentence(text, start, gap, False) and _begins_sentence(text, place, end, pages, entries)
        if is_end and not _is_abbreviation(text, start, gap, abbreviations):
            return gap, place, False
    return (end, end, True) if place >= end else (np.int64(-1), place, False)


@njit(cache=True, nogil=True)
def _word_start(text, place, most):
    """Return where the next word begins, before `most`; the place itself where there is none."""
    if _is_space(_point_before(text, place, 0)[0]):
        return place
    found = place
    while found < most:
        point, size = _point_at(text, found, most)
        if _is_space(point):
            return found + size
        found += size
    return place


@njit(cache=True, nogil=True)
def _word_end(text, place, least, last):
    """Return where the last word ends, behind `least`; the place itself where there is none."""
    if place >= last or _is_space(_point_at(text, place, last)[0]):
        return place
    found = place
    while found > least:
        point, size = _point_before(text, found, least)
        if _is_space(point):
            return found
        found -= size
    return place


@njit(cache=True, nogil=True)
def _make_piece(text, start, end, low, high, first, last, limit, pages, entries, abbreviations):
    """Return the piece around what is from `start` to `end`: where it begins and ends, and what it cuts.

    It is a sentence, or more of a paragraph where the first is short, if they are no longer than `limit` characters;
    else it begins and ends with words. `first` and `last` bound the text, `low` and `high` the piece.
    """
    place = _step(text, end, low, limit)
    begin = place if place == first else np.int64(-1)
    while place <= start:
        gap, place, _ = _next_break(text, place, start, first, last, pages, entries, abbreviations)
        if gap < 0 or place > start:
            break
        begin = place
    base = begin if begin >= 0 else min(start, max(_step(text, start, low, limit // 3), _step(text, end, low, limit)))
    most = max(end, _step(text, base, high, limit))
    stop, place, is_paragraph = np.int64(-1), end, False
    while not is_paragraph and (stop < 0 or _step(text, base, stop, MIN_LENGTH - 1) == stop):
        gap, place, is_paragraph = _next_break(text, place, most, first, last, pages, entries, abbreviations)
        if gap < 0 or gap > most:
            break
        stop = gap
    cut = 0
    if begin < 0:
        # What has an end near is shown with as much before it as there is room for.
        base = min(start, _step(text, stop, low, limit)) if stop >= 0 else base
        cut, base = CUT_BEFORE, _word_start(text, base, start)
    if stop < 0:
        cut, stop = cut | CUT_AFTER, _word_end(text, most, end, last)
    return base, stop, cut


@njit(cache=True, nogil=True)
def _count(mask):
    """Return how many bits are set."""
    bits = 0
    while mask:
        mask &= mask - np.uint64(1)
        bits += 1
    return bits


@njit(cache=True, nogil=True)
def _best_window(hits, masks, is_used, first, stop, reach, seen):
    """Return the first and the end of the hits that a piece should be around; both -1 where none are left.

    Such are best as have most that was not `seen`, then most that is different, then what is closest together, then
    most hits; and of equals the first.
    """
    best = (-1, -1, 0, 0)
    best_first, best_end = np.int64(-1), np.int64(-1)
    for start in range(first, stop):
        if is_used[start]:
            continue
        mask, end, place = np.uint64(0), start, start
        while place < stop and not is_used[place]:
            if place > start and np.int64(hits[place, 1]) - np.int64(hits[start, 0]) > reach:
                break
            if masks[place] & ~mask:
                mask |= masks[place]
                end = place + 1
            place += 1
        different = _count(mask)
        width = np.int64(hits[end - 1, 1]) - np.int64(hits[start, 0]) if end > start + 1 else 0
        value = (_count(mask & ~seen), different, -width, place - start)
        if value > best:
            best, best_first, best_end = value, start, end
    return best_first, best_end


@njit([types.void(_U1, _I8, _SPANS, _U8, _I8, int64, _U2, _U4, _U8, _B1_OUT, _PIECES, _I8_OUT)], cache=True, nogil=True)
def make_pieces(
    text, starts, hits, masks, hit_starts, limit, pages, entries, abbreviations, is_used, pieces, num_pieces
):
    """Choose the pieces of each text that show its hits best, the best first; where it has none, its opening.

    limit: of characters. is_used: b1[n], false, and overwritten. num_pieces: i8[m], out, for the first m texts. pieces:
    i8[p, 5], out, p / m of each text: where they begin and end in `text`; `CUT_BEFORE`, `CUT_AFTER` or both; the first
    of the hits that are in it, and the end of these.
    """
    most = len(pieces) // max(1, len(num_pieces))
    for number in range(len(num_pieces)):
        first, last, count, seen = starts[number], starts[number + 1], 0, np.uint64(0)
        first_hit, stop_hit = hit_starts[number], hit_starts[number + 1]
        while first < last and _is_space(_point_at(text, first, last)[0]):
            first += _point_at(text, first, last)[1]
        while first < last and count < most:
            start = end = first
            if first_hit < stop_hit:
                window, window_end = _best_window(hits, masks, is_used, first_hit, stop_hit, 2 * limit // 3, seen)
                if window < 0:
                    break
                start, end = np.int64(hits[window, 0]), np.int64(hits[window_end - 1, 1])
            elif count:
                break
            low, high = first, last
            for other in range(number * most, number * most + count):
                if pieces[other, 1] <= start:
                    low = max(low, pieces[other, 1])
                else:
                    high = min(high, pieces[other, 0])
            place = number * most + count
            pieces[place, 0], pieces[place, 1], pieces[place, 2] = _make_piece(
                text, start, end, low, high, first, last, limit, pages, entries, abbreviations
            )
            pieces[place, 3], pieces[place, 4] = stop_hit, stop_hit
            for hit in range(first_hit, stop_hit):
                if hits[hit, 1] > pieces[place, 0] and hits[hit, 0] < pieces[place, 1]:
                    is_used[hit] = True
                    seen |= masks[hit]
                    if hits[hit, 0] >= pieces[place, 0] and hits[hit, 1] <= pieces[place, 1]:
                        pieces[place, 3], pieces[place, 4] = min(pieces[place, 3], hit), hit + 1
            count += 1
        num_pieces[number] = count
