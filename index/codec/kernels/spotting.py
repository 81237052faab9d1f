"""Finds the words of a query in texts: first the stretches where any may be, then those among the words cut there.

Texts are UTF-8, one after another, as `index.codec.kernels.text` cuts them; all places are of bytes. To cut all words
of ten bodies of 250 words takes 80 microseconds, and to find where those may be that begin as a word that is looked for
ten to fifteen, for many bytes are compared in one go. What is cut then is a tenth.

A *hit* is a stretch of a text that matches, with a bit for each part of the query that it matches: its *mask*.

What a byte is (`kinds`): a *separator* is in no word whatever stands beside it; a letter or digit of ASCII is in one;
of any other it takes `index.codec.kernels.text` to say. A *chunk* is all that is between two separators: how it is cut
does not depend on what is around it.
"""

from __future__ import annotations

import numpy as np
from numba import int64, njit, types, uint8, uint32, uint64

SEPARATOR, WORD, UNCLEAR = 0, 1, 2

_U1, _U4, _U8, _I8 = (types.Array(number, 1, "C", readonly=True) for number in (uint8, uint32, uint64, int64))
_B1 = types.Array(types.boolean, 1, "C", readonly=True)
_U1_OUT, _U8_OUT, _I8_OUT = (types.Array(number, 1, "C") for number in (uint8, uint64, int64))
_SPANS, _SPANS_OUT = types.Array(uint32, 2, "C", readonly=True), types.Array(uint32, 2, "C")

_FULL_STOP, _COMMA, _PLUS, _HASH, _QUOTE, _SPACE = (np.uint8(ord(sign)) for sign in ".,+#' ")
_SMALL_A, _ZERO, _SMALL, _LETTERS, _DIGITS = np.uint8(0x61), np.uint8(0x30), np.uint8(0x20), np.uint8(26), np.uint8(10)
# General punctuation, which begins no word, is E2 80 and one byte more.
_NOT_ASCII, _LEAD, _PUNCTUATION, _PUNCTUATION_2 = np.uint8(0x80), np.uint8(0xC0), np.uint8(0xE2), np.uint8(0x80)
_SEPARATOR, _WORD, _UNCLEAR = np.uint8(SEPARATOR), np.uint8(WORD), np.uint8(UNCLEAR)


@njit([types.void(_U1, _U1_OUT)], cache=True, nogil=True, _nrt=False)
def classify(text, kinds):
    """Say of each byte what it is: kinds, u1[n], out."""
    for place in range(len(text)):
        sign = text[place]
        is_word = (np.uint8((sign | _SMALL) - _SMALL_A) < _LETTERS) | (np.uint8(sign - _ZERO) < _DIGITS)
        is_unclear = (sign >= _NOT_ASCII) | (sign == _FULL_STOP) | (sign == _COMMA) | (sign == _PLUS)
        is_unclear |= (sign == _HASH) | (sign == _QUOTE)
        kinds[place] = np.uint8(is_word) | (np.uint8(is_unclear) << _WORD)


@njit(cache=True, nogil=True, _nrt=False)
def _flag_leads(text, flags):
    """Flag what may be folded to a letter of ASCII."""
    for place in range(len(text) - 1):
        sign = text[place]
        flags[place] = (sign >= _LEAD) & ((sign != _PUNCTUATION) | (text[place + 1] != _PUNCTUATION_2))


@njit(cache=True, nogil=True, _nrt=False)
def _flag_beginning(text, kinds, first, second, is_short, flags):
    """Flag what begins with two letters (with the first if `is_short`), or may do so, as the first of `U.S.` does."""
    for place in range(1, len(text) - 1):
        is_second = ((text[place + 1] | _SMALL) == second) | (kinds[place + 1] == _UNCLEAR) | is_short
        flags[place] |= ((text[place] | _SMALL) == first) & is_second & (kinds[place - 1] != _WORD)


@njit(cache=True, nogil=True, _nrt=False)
def _flag(text, starts, beginning_starts, beginnings, kinds, flags):
    """Flag where a word may begin that has one of some beginnings."""
    _flag_leads(text, flags)
    for number in range(len(beginning_starts) - 1):
        start, end = beginning_starts[number], beginning_starts[number + 1]
        first, second = beginnings[start], beginnings[end - 1]
        if first < _NOT_ASCII and second < _NOT_ASCII:
            _flag_beginning(text, kinds, first | _SMALL, second | _SMALL, end - start == 1, flags)
    # What is beside the ends of a text was not looked at, or taken for a part of it.
    for number in range(len(starts) - 1):
        if starts[number] < starts[number + 1]:
            flags[starts[number]] = flags[starts[number + 1] - 1] = 1


@njit(cache=True, nogil=True, _nrt=False)
def _next_flag(flags, eights, place, end):
    """Return the first place that is flagged, or the end."""
    while place < end and not flags[place]:
        if place & 7 == 0 and eights[place >> 3] == 0:
            place += 8
        else:
            place += 1
    return min(place, end)


@njit(cache=True, nogil=True, _nrt=False)
def _stretch_end(kinds, flags, place, end, reach):
    """Return the end of the chunk at a place, and of as many words more as what is found in it may belong to."""
    left = 0
    while True:
        first, is_flagged = place, False
        while place < end and kinds[place] != _SEPARATOR:
            is_flagged |= flags[place] != 0
            place += 1
        if is_flagged:
            left = reach
        elif place > first and kinds[first] == _WORD:
            left -= 1
        if left <= 0 or place >= end:
            return place
        while place < end and kinds[place] == _SEPARATOR:
            place += 1


@njit([int64(_U1, _I8, _I8, _U1, int64, _U1_OUT, _I8_OUT, _I8_OUT)], cache=True, nogil=True)
def gather(text, starts, beginning_starts, beginnings, reach, gathered, stretch_starts, shifts):
    """Copy the stretches of texts where a word may be that has one of some beginnings; return how many there are.

    beginnings: u1, folded, of one or two bytes each. reach: how many words behind such a word are taken along, so that
    words stand as far from each other as in the text, if that is no more.
    gathered: u1[n + t], out: what is copied, with a space behind each stretch. stretch_starts: i8[n + t + 1], out:
    where each stretch begins in it, and the end of the last. shifts: i8[n + t], out: how much further on it is in
    `text`.
    """
    kinds, flags = np.empty(len(text), np.uint8), np.zeros((len(text) + 7) & ~7, np.uint8)
    classify(text, kinds)
    _flag(text, starts, beginning_starts, beginnings, kinds, flags)
    eights = flags.view(np.uint64)
    size, count = 0, 0
    for number in range(len(starts) - 1):
        last, end = starts[number + 1], starts[number]
        place = _next_flag(flags, eights, end, last)
        while place < last:
            begin = place
            while begin > end and kinds[begin - 1] != _SEPARATOR:
                begin -= 1
            end = _stretch_end(kinds, flags, begin, last, reach)
            if end > begin:
                stretch_starts[count], shifts[count] = size, begin - size
                for k in range(end - begin):
                    gathered[size + k] = text[begin + k]
                gathered[size + end - begin] = _SPACE
                size += end - begin + 1
                count += 1
            place = _next_flag(flags, eights, max(end, place + 1), last)
    stretch_starts[count] = size
    return count


@njit([types.void(_I8, _I8, _I8, _SPANS_OUT, _I8_OUT)], cache=True, nogil=True, _nrt=False)
def move_back(starts, stretch_starts, shifts, spans, token_starts):
    """Make places in what was gathered places in the texts.

    spans: u4[n, 2], in and out, of words in order. token_starts: i8[t + 1], out: those of text i are from
    `token_starts[i]` to `token_starts[i + 1]`.
    """
    stretch = text = 0
    for place in range(len(spans)):
        while stretch_starts[stretch + 1] <= spans[place, 0]:
            stretch += 1
        spans[place, 0] += shifts[stretch]
        spans[place, 1] += shifts[stretch]
        while starts[text] <= spans[place, 0]:
            token_starts[text] = place
            text += 1
    token_starts[text:] = len(spans)


@njit([int64(_I8, _U1, _B1, _U8, _U8, _U1, _U8_OUT, _I8_OUT)], cache=True, nogil=True, _nrt=False)
def find_beginning(beginning_starts, beginnings, is_asked, beginning_masks, word_offsets, word_bytes, masks, found):
    """Look for the words that have one of some beginnings; return how many must be asked what they are.

    is_asked: b1[b], of which beginnings that is so; beginning_masks: u8[b], what a word matches by its beginning alone.
    masks: u8[w], zeros, out: that of each word. found: i8[w], out: the numbers of those to be asked.
    """
    count = 0
    for word in range(len(word_offsets) - 1):
        start, end = np.int64(word_offsets[word]), np.int64(word_offsets[word + 1])
        is_found = False
        for number in range(len(beginning_starts) - 1):
            first, length = beginning_starts[number], beginning_starts[number + 1] - beginning_starts[number]
            if end - start < length:
                continue
            k = 0
            while k < length and word_bytes[start + k] == beginnings[first + k]:
                k += 1
            if k == length:
                masks[word] |= beginning_masks[number]
                is_found |= is_asked[number]
        if is_found:
            found[count] = word
            count += 1
    return count


@njit(
    [int64(_U4, _I8, _SPANS, _U8, _U1, _U1, _I8, _U8, _SPANS_OUT, _U8_OUT, _I8_OUT)], cache=True, nogil=True, _nrt=False
)
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
