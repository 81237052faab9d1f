"""Finds the pieces of texts that show best what matches in them, and writes them as HTML.

Texts are UTF-8, one after another; all places are of bytes. A *hit* is a stretch of a text that matches, with a bit for
each part of the query that it matches: its *mask* (`index.codec.kernels.spotting`). To choose and write three pieces of
each of ten bodies takes 20 to 30 microseconds; three times as long without `_nrt=False`, as numba would count the
references to each array that one function hands to another.

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
LETTER, MARK, DIGIT, NOT_UPPER, CJK = 1, 2, 4, 32, 256
_LETTERS, _OF_WORD = LETTER | CJK, LETTER | MARK | DIGIT | CJK

# Of a piece: what of the text it leaves out although the sentence goes on.
CUT_BEFORE, CUT_AFTER = 1, 2
# A sentence shorter than this says too little alone and takes the next one of its paragraph along.
MIN_LENGTH = 80
# Lines as long as this, with no blank one between, were broken at some width: the text of wires and mails.
MIN_BROKEN = 40

# Pieces of a text that are shown; what a reader takes in at a glance.
MOST_SHOWN = 3

_MOST_QUOTES = 8  # that are looked behind
_SPACE, _LINE_FEED, _FULL_STOP, _QUOTE, _UNDERSCORE, _A, _Z, _SMALL_A, _SMALL_Z, _P, _M = (
    0x20, 0x0A, 0x2E, 0x27, 0x5F, 0x41, 0x5A, 0x61, 0x7A, 0x70, 0x6D,
)  # fmt: skip
_AMPERSAND, _LESS, _GREATER = 0x26, 0x3C, 0x3E
_ESCAPED_AMPERSAND, _ESCAPED_LESS, _ESCAPED_GREATER = tuple(b"&amp;"), tuple(b"&lt;"), tuple(b"&gt;")
# What stands where a sentence ends: its sign, a quote or bracket behind it, white space other than a plain one.
_MAY_END = np.array([byte < _SPACE or byte >= 0x80 or byte in b".!?\"')]" for byte in range(256)])
_ONE_SPACE = (_SPACE,)
_MARK, _END_MARK = tuple(b"<mark>"), tuple(b"</mark>")
_ELLIPSIS_BEFORE, _ELLIPSIS_AFTER = tuple("… ".encode()), tuple(" …".encode())

_U1, _U2, _U4, _U8, _I8 = (
    types.Array(number, 1, "C", readonly=True) for number in (uint8, uint16, uint32, uint64, int64)
)
_B1_OUT, _U1_OUT, _I8_OUT = (types.Array(number, 1, "C") for number in (boolean, uint8, int64))
_SPANS, _PIECES = types.Array(uint32, 2, "C", readonly=True), int64[:, ::1]


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
def _point_before(text, place, start):
    """Return the character before a place and its size; a line feed at the start."""
    if place <= start:
        return np.int64(_LINE_FEED), np.int64(1)
    before = place - 1
    while before > start and text[before] & 0xC0 == 0x80:
        before -= 1
    return _point_at(text, before, place)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _count_characters(text, start, end):
    """Return how many characters begin in a stretch; without a branch, so that many bytes are looked at in one go."""
    count = 0
    for place in range(start, end):
        count += (text[np.uint64(place)] & 0xC0) != 0x80
    return count


@njit(cache=True, nogil=True, _nrt=False)
def _step(text, place, bound, characters):
    """Go so many characters forward, but not past the bound."""
    while characters and place < bound:
        # There are at least as many bytes; and more are to go where one of them goes on with a character.
        reached = min(bound, place + characters)
        characters -= _count_characters(text, place, reached)
        place = reached
    while place < bound and text[place] & 0xC0 == 0x80:
        place += 1
    return place


@njit(cache=True, nogil=True, _nrt=False)
def _step_back(text, place, bound, characters):
    """Go so many characters back, but not past the bound."""
    while characters and place > bound:
        reached = max(bound, place - characters)
        characters -= _count_characters(text, reached, place)
        place = reached
    return place


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _is_space(point):
    """Say whether a character is white space, as Python has it."""
    if point < 0x80:
        return point == _SPACE or 9 <= point <= 13 or 28 <= point <= 31
    if point < 0x2000:
        return point in (0x85, 0xA0, 0x1680)
    return point <= 0x200A or point in (0x2028, 0x2029, 0x202F, 0x205F, 0x3000)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _closes(point):
    """Say whether a character is a quote or a bracket that stands behind the end of a sentence."""
    return point in (0x22, _QUOTE, 0x29, 0x5D, 0xBB, 0x2019, 0x201D)


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _is_of_word(point, pages, entries):
    return point == _UNDERSCORE or entries[(np.int64(pages[point >> 8]) << 8) + (point & 0xFF)] & _OF_WORD != 0


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _is_initial(point):
    """Say whether a character is a capital of those alphabets whose initials are told, as `index.sentences` does."""
    return _A <= point <= _Z or (0xC0 <= point <= 0xDE and point != 0xD7) or point == 0x401 or 0x410 <= point <= 0x42F


@njit(cache=True, nogil=True, _nrt=False)
def _is_abbreviation(text, start, place, pages, entries, abbreviations):
    """Say whether an abbreviation with its full stop ends at a place, as `index.sentences` does."""
    if place - start < 2 or text[place - 1] != _FULL_STOP:
        return False
    point, size = _point_before(text, place - 1, start)
    if _is_initial(point):
        before, _ = _point_before(text, place - 1 - size, start)
        if place - 1 - size == start or not entries[(np.int64(pages[before >> 8]) << 8) + (before & 0xFF)] & _LETTERS:
            return True
    letters, word = 0, np.uint64(0)
    while letters < 7 and place - 2 - letters >= start:
        letter = text[place - 2 - letters]
        if not (_A <= (letter & 0xDF) <= _Z):
            break
        word |= np.uint64(letter) << np.uint64(8 * letters)
        letters += 1
    first = place - 1 - letters
    if letters == 1 and word == _M and place - 4 >= start and text[place - 3] == _FULL_STOP:
        if text[place - 4] != _SMALL_A and text[place - 4] != _P:
            return False
        first = place - 4
    else:
        known = 0
        while known < len(abbreviations) and word != abbreviations[known]:
            known += 1
        if known == len(abbreviations):
            return False
    return first == start or not _is_of_word(_point_before(text, first, start)[0], pages, entries)


@njit(cache=True, nogil=True, _nrt=False)
def _is_broken_line(text, start, place):
    """Say whether the line that ends at a place is so long that it was broken at some width."""
    characters = 0
    while place > start and text[place - 1] != _LINE_FEED:
        place -= 1
        characters += text[place] & 0xC0 != 0x80
        if characters >= MIN_BROKEN:
            return True
    return False


@njit(cache=True, nogil=True, _nrt=False)
def _next_gap(text, place, stop, end):
    """Return where white space begins that a sentence may end before, or a full stop of CJK is; if before `stop`."""
    origin = place
    while place < stop:
        # Most of a text is letters and single spaces between them.
        while place < stop and not _MAY_END[text[np.uint64(place)]] and (place > origin or text[place] != _SPACE):
            place += 1
        if place >= stop:
            break
        point, size = _point_at(text, place, end)
        if _is_space(point):
            break
        if _is_wide_end(point):
            return place
        place += size
        if place < stop and text[place] == _SPACE:
            return place
    # White space begins with the plain one that was passed over, and may go on behind the stop.
    while place > origin and text[place - 1] == _SPACE:
        place -= 1
    return place


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _is_wide_end(point):
    """Say whether a character is a sign of CJK that ends a sentence."""
    return point in (0x3002, 0xFF01, 0xFF1F)


@njit(cache=True, nogil=True, _nrt=False)
def _next_break(text, place, bound, start, end, pages, entries, abbreviations):
    """Find the first end of a sentence from a place on, up to a bound.

    Return it, where the next sentence begins, and whether a paragraph ends there; the first is -1 where there is none.
    """
    stop = min(end, bound + 1)
    while place < stop:
        place = _next_gap(text, place, stop, end)
        if place >= stop:
            break
        point, size = _point_at(text, place, end)
        if _is_wide_end(point):
            return place + size, place + size, False
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
        if is_end and not _is_abbreviation(text, start, gap, pages, entries, abbreviations):
            return gap, place, False
    return (end, end, True) if place >= end else (np.int64(-1), place, False)


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
def _make_piece(text, start, end, low, high, first, last, limit, pages, entries, abbreviations):
    """Return the piece around what is from `start` to `end`: where it begins and ends, and what it cuts.

    It is a sentence, or more of a paragraph where the first is short, if they are no longer than `limit` characters;
    else it begins and ends with words. `first` and `last` bound the text, `low` and `high` the piece.
    """
    lowest = place = _step_back(text, end, low, limit)
    begin = place if place == first else np.int64(-1)
    while place <= start:
        gap, place, _ = _next_break(text, place, start, first, last, pages, entries, abbreviations)
        if gap < 0 or place > start:
            break
        begin = place
    base = begin if begin >= 0 else min(start, max(_step_back(text, start, low, limit // 3), lowest))
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
        base = min(start, _step_back(text, stop, low, limit)) if stop >= 0 else base
        cut, base = CUT_BEFORE, _word_start(text, base, start)
    if stop < 0:
        cut, stop = cut | CUT_AFTER, _word_end(text, most, end, last)
    return base, stop, cut


@njit(cache=True, nogil=True, _nrt=False)
def _count(mask):
    """Return how many bits are set."""
    bits = 0
    while mask:
        mask &= mask - np.uint64(1)
        bits += 1
    return bits


@njit(cache=True, nogil=True, _nrt=False)
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


@njit(cache=True, nogil=True, _nrt=False)
def _says_the_same(text, one, one_end, other, other_end):
    """Say whether two stretches are the same but for white space of ASCII around them."""
    while one < one_end and text[one] < 0x80 and _is_space(np.int64(text[one])):
        one += 1
    while other < other_end and text[other] < 0x80 and _is_space(np.int64(text[other])):
        other += 1
    while one < one_end and text[one_end - 1] < 0x80 and _is_space(np.int64(text[one_end - 1])):
        one_end -= 1
    while other < other_end and text[other_end - 1] < 0x80 and _is_space(np.int64(text[other_end - 1])):
        other_end -= 1
    if one_end - one != other_end - other:
        return False
    while one < one_end and text[one] == text[other]:
        one, other = one + 1, other + 1
    return one == one_end


@njit(cache=True, nogil=True, _nrt=False)
def _choose_pieces(
    text, first, last, hits, masks, first_hit, stop_hit, limit, pages, entries, abbreviations, is_used, pieces
):
    """Choose the pieces of a text, the best first; return how many there are, and how many that differ.

    pieces: i8[p, 6], out; in the last column is whether a better one says the same.
    """
    count, different, seen = 0, 0, np.uint64(0)
    while first < last and _is_space(_point_at(text, first, last)[0]):
        first += _point_at(text, first, last)[1]
    while first < last and count < len(pieces) and different < MOST_SHOWN:
        start = end = first
        if first_hit < stop_hit:
            window, window_end = _best_window(hits, masks, is_used, first_hit, stop_hit, 2 * limit // 3, seen)
            if window < 0:
                break
            start, end = np.int64(hits[window, 0]), np.int64(hits[window_end - 1, 1])
        elif count:
            break
        low, high, is_same = first, last, False
        for other in range(count):
            if pieces[other, 1] <= start:
                low = max(low, pieces[other, 1])
            else:
                high = min(high, pieces[other, 0])
        base, stop, cut = _make_piece(text, start, end, low, high, first, last, limit, pages, entries, abbreviations)
        for other in range(count):
            is_same |= _says_the_same(text, base, stop, pieces[other, 0], pieces[other, 1])
        in_first, in_stop = stop_hit, stop_hit
        for hit in range(first_hit, stop_hit):
            if hits[hit, 1] > base and hits[hit, 0] < stop:
                is_used[hit] = True
                seen |= masks[hit]
                if hits[hit, 0] >= base and hits[hit, 1] <= stop:
                    in_first, in_stop = min(in_first, hit), hit + 1
        pieces[count, 0], pieces[count, 1], pieces[count, 2] = base, stop, cut
        pieces[count, 3], pieces[count, 4], pieces[count, 5] = in_first, in_stop, is_same
        different += not is_same
        count += 1
    return count, different


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _write_all(html, size, signs):
    """Write some bytes; return the new size."""
    for sign in signs:
        html[size] = sign
        size += 1
    return size


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _is_plain(text, start, end):
    """Say whether there is nothing to escape, and no white space but single spaces; many bytes are asked in one go."""
    is_odd = False
    for place in range(start, end):
        sign = text[np.uint64(place)]
        is_odd |= (sign < _SPACE) | (sign >= 0x80) | (sign == _AMPERSAND) | (sign == _LESS) | (sign == _GREATER)
    for place in range(start + 1, end):
        is_odd |= (text[np.uint64(place)] == _SPACE) & (text[np.uint64(place - 1)] == _SPACE)
    return not is_odd


@njit(cache=True, nogil=True, _nrt=False)
def _write_character(text, place, length, html, size):
    """Write a character, escaped; return the new size."""
    # Quotes stay: marked text goes between tags, never into an attribute.
    if text[place] == _AMPERSAND:
        return _write_all(html, size, _ESCAPED_AMPERSAND)
    if text[place] == _LESS:
        return _write_all(html, size, _ESCAPED_LESS)
    if text[place] == _GREATER:
        return _write_all(html, size, _ESCAPED_GREATER)
    for k in range(length):
        html[np.uint64(size + k)] = text[np.uint64(place + k)]
    return size + length


@njit(cache=True, nogil=True, _nrt=False)
def _write_text(text, place, end, is_line, is_begun, is_waiting, html, size):
    """Write a stretch without tags, escaped; return the new size, and whether white space waits for what follows it."""
    stop = end
    while is_line and stop > place and text[stop - 1] == _SPACE:
        stop -= 1
    while is_line and place < stop and text[place] == _SPACE:
        is_waiting = True
        place += 1
    if place < stop and _is_plain(text, place, stop):
        if is_waiting and is_begun:
            size = _write_all(html, size, _ONE_SPACE)
        for k in range(stop - place):
            html[np.uint64(size + k)] = text[np.uint64(place + k)]
        return size + stop - place, stop < end
    while place < end:
        length = np.int64(1)
        if is_line and (text[place] <= _SPACE or text[place] >= 0x80):
            point, length = _point_at(text, place, end)
            if _is_space(point):
                is_waiting = True
                place += length
                continue
        if is_waiting and is_begun:
            size = _write_all(html, size, _ONE_SPACE)
        is_waiting, is_begun = False, True
        size = _write_character(text, place, length, html, size)
        place += length
    return size, is_waiting


@njit(cache=True, nogil=True, _nrt=False)
def _write_html(text, place, end, hits, first_hit, stop_hit, is_line, html, size):
    """Write a stretch with its hits marked, as it is or on one line; return the new size."""
    start, is_waiting = size, False
    for hit in range(first_hit, stop_hit):
        size, is_waiting = _write_text(
            text, place, np.int64(hits[hit, 0]), is_line, size > start, is_waiting, html, size
        )
        if is_waiting and size > start:
            size = _write_all(html, size, _ONE_SPACE)
        place = np.int64(hits[hit, 1])
        size = _write_all(html, size, _MARK)
        size, is_waiting = _write_text(text, np.int64(hits[hit, 0]), place, is_line, True, False, html, size)
        size = _write_all(html, size, _END_MARK)
    size, _ = _write_text(text, place, end, is_line, size > start, is_waiting, html, size)
    return size


@njit(cache=True, nogil=True, _nrt=False)
def _write_pieces(text, pieces, count, hits, html, size, characters, html_ends, number):
    """Write the pieces that differ in the order of the text; return the size, in bytes and characters, and number."""
    place = np.int64(-1)
    while True:
        following = -1
        for piece in range(count):
            is_next = following < 0 or pieces[piece, 0] < pieces[following, 0]
            if is_next and not pieces[piece, 5] and pieces[piece, 0] > place:
                following = piece
        if following < 0:
            return size, characters, number
        begun, place, end, cut = size, pieces[following, 0], pieces[following, 1], pieces[following, 2]
        if cut & CUT_BEFORE:
            size = _write_all(html, size, _ELLIPSIS_BEFORE)
        size = _write_html(text, place, end, hits, pieces[following, 3], pieces[following, 4], True, html, size)
        if cut & CUT_AFTER:
            size = _write_all(html, size, _ELLIPSIS_AFTER)
        characters += _count_characters(html, begun, size)
        html_ends[number] = characters
        number += 1


@njit(
    [int64(_U1, _I8, _SPANS, _U8, _I8, int64, _U2, _U4, _U8, _B1_OUT, _PIECES, _I8_OUT, _U1_OUT, _I8_OUT)],
    cache=True,
    _nrt=False,
    nogil=True,
)
def write_html(
    text, starts, hits, masks, hit_starts, limit, pages, entries, abbreviations, is_used, pieces, num_pieces, html,
    html_ends,
):  # fmt: skip
    """Write the pieces of the first texts that show their hits best, and the others as they are, as HTML.

    All is escaped, and what matches is inside `<mark>`. A piece is on one line, with an ellipsis where it cuts a
    sentence; where a text has no hits it is its opening. Pieces are in the order of their text, and none says what
    another does.
    limit: characters of a piece. is_used: b1[n], false, and overwritten. pieces: i8[p, 6], overwritten: of each text as
    many are looked at. num_pieces: i8[m], out: how many are written of each of the first m texts. html: u1, out: long
    enough for all texts, escaped, with 13 bytes for each hit and 8 for each piece. html_ends: i8, out, for `MOST_SHOWN`
    pieces of each of the m texts and the others: where each ends in it, in characters. Returns how many bytes it has.
    """
    size, characters, written = np.int64(0), np.int64(0), 0
    for number in range(len(num_pieces)):
        count, num_pieces[number] = _choose_pieces(
            text, starts[number], starts[number + 1], hits, masks, hit_starts[number], hit_starts[number + 1], limit,
            pages, entries, abbreviations, is_used, pieces,
        )  # fmt: skip
        size, characters, written = _write_pieces(text, pieces, count, hits, html, size, characters, html_ends, written)
    for number in range(len(num_pieces), len(starts) - 1):
        begun, place, end = size, starts[number], starts[number + 1]
        size = _write_html(text, place, end, hits, hit_starts[number], hit_starts[number + 1], False, html, size)
        characters += _count_characters(html, begun, size)
        html_ends[written] = characters
        written += 1
    return size
