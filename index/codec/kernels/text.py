"""Cuts, folds and interns words over UTF-8 bytes, as `index.analysis.tokenize` does over characters.

The rules are those of `index.analysis`, written as one pass from left to right; a property test holds the two equal on
any text. 53 MB of articles, 8.8 million words, take 0.47 s.

Words are interned in an open-addressing hash table: each of the `slots` (u8[s, 2], s a power of two) has the first
eight bytes of a word; then 31 bits of its hash, whether it is slow, and its number plus one (0 for no word).
Word n is `word_bytes[word_offsets[n]:word_offsets[n + 1]]`. A folded word is written behind the last one before it is
looked up, so that a new word is there already.

The first n words are those that acronyms spell, and the next n these acronyms, in the same order: `us` … `US` …

Without `_nrt=False` numba counts the references to each array that one function hands to another, although the arrays
are kept by the caller, and texts with some quotes or accents take twice as long.

A word with a character that cannot be folded by itself (`SLOW`) is interned as written, apart from the others; the
caller folds it, and gives the tokens its number.
"""

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint16, uint32, uint64

# What a character is, in the lowest bits of its entry in the tables: the kinds up to `SLOW` are of words too.
LETTER = 1
MARK = 2
DIGIT = 4  # of a decimal system
OTHER_NUMBER = 8
UPPER = 16
NOT_UPPER = 32  # lower case and title case
SLOW = 64
APOSTROPHE = 128
CJK = 256  # none of the above but `SLOW`: its words are cut another way
EXTENDING = 512  # a character of CJK that goes on with the one before it, as a mark does
WORD = LETTER | MARK | DIGIT | OTHER_NUMBER
LENGTH_SHIFT = 10
OFFSET_SHIFT = 14
GROWTH = 3  # a character folds to at most three times its bytes, or is slow
CJK_GROWTH = 1.5  # of CJK, where each is written into two words

BEGINNINGS = 1024

# Places in `state`.
PLACE, PIECE, NUM_TOKENS, NUM_WORDS, NUM_SLOW, NUM_ACRONYMS = 0, 1, 2, 3, 4, 5
STATE_SIZE = 6

DONE, NEEDS_SLOTS, NEEDS_BYTES = 0, 1, 2

_U1, _U2, _U4, _I8 = (types.Array(number, 1, "C", readonly=True) for number in (uint8, uint16, uint32, int64))
_U1_OUT, _U4_OUT, _U8_OUT, _I8_OUT = (types.Array(number, 1, "C") for number in (uint8, uint32, uint64, int64))
_B1 = types.Array(boolean, 1, "C", readonly=True)
_B1_OUT, _SLOTS, _SPANS = types.Array(boolean, 1, "C"), types.Array(uint64, 2, "C"), types.Array(uint32, 2, "C")
_TABLES = (_U2, _U4, _U1)

_FULL_STOP, _COMMA, _PLUS, _HASH, _QUOTE = 0x2E, 0x2C, 0x2B, 0x23, 0x27
_S, _L, _D, _R, _E, _V, _M = 0x73, 0x6C, 0x64, 0x72, 0x65, 0x76, 0x6D
_BASIS, _GOLDEN = 0xCBF29CE484222325, 0x9E3779B97F4A7C15  # any odd numbers with bits all over
_UPPER_HALF, _LOWER_HALF, _TAG = 0xFFFFFFFF00000000, 0xFFFFFFFF, 0x7FFFFFFF00000000
_UNCLEAR = 128  # of a byte: it can go on with a word, or change what it is


@njit(cache=True, nogil=True, _nrt=False)
def _entry_at(text, place, end, pages, entries):
    """Return the entry and the number of bytes of the character at a place; (0, 1) at the end."""
    if place >= end:
        return np.int64(0), np.int64(1)
    lead = np.int64(text[place])
    if lead < 0x80:
        return np.int64(entries[(np.int64(pages[0]) << 8) + lead]), np.int64(1)
    if lead < 0xE0:
        point, size = ((lead & 0x1F) << 6) | (text[place + 1] & 0x3F), np.int64(2)
    elif lead < 0xF0:
        point = ((lead & 0xF) << 12) | (np.int64(text[place + 1] & 0x3F) << 6) | (text[place + 2] & 0x3F)
        size = np.int64(3)
    else:
        point = ((lead & 7) << 18) | (np.int64(text[place + 1] & 0x3F) << 12)
        point |= (np.int64(text[place + 2] & 0x3F) << 6) | (text[place + 3] & 0x3F)
        size = np.int64(4)
    return np.int64(entries[(np.int64(pages[point >> 8]) << 8) + (point & 0xFF)]), size


@njit(cache=True, nogil=True, _nrt=False)
def _fold_character(text, place, size, entry, fold_bytes, out, out_end):
    """Write what one character folds to at `out_end`; return the new end."""
    length = (entry >> LENGTH_SHIFT) & 0xF
    if length:
        source = entry >> OFFSET_SHIFT
        for k in range(length):
            out[out_end + k] = fold_bytes[source + k]
        return out_end + length
    for k in range(size):
        out[out_end + k] = text[place + k]
    return out_end + size


@njit(cache=True, nogil=True, _nrt=False)
def _fold_run(text, place, end, pages, entries, fold_bytes, out, out_end):
    """Fold characters of words from a place on; return where they end, `out`'s end, what they are, their number."""
    kinds, characters = np.int64(0), np.int64(0)
    entry, size = _entry_at(text, place, end, pages, entries)
    while entry & WORD:
        out_end = _fold_character(text, place, size, entry, fold_bytes, out, out_end)
        place += size
        kinds |= entry
        characters += 1
        entry, size = _entry_at(text, place, end, pages, entries)
    return place, out_end, kinds & 0xFF, characters


@njit(cache=True, nogil=True, _nrt=False)
def _is_letter_with_marks(text, place, end, pages, entries):
    """Say whether a run of characters of words is one letter and marks on it."""
    entry, size = _entry_at(text, place, end, pages, entries)
    is_so = entry & LETTER != 0
    while is_so and place + size < end:
        place += size
        entry, size = _entry_at(text, place, end, pages, entries)
        is_so = entry & MARK != 0
    return is_so


@njit(cache=True, nogil=True, _nrt=False)
def _fold_acronym(text, place, end, pages, entries, fold_bytes, out, out_end):
    """Go on after the first letter of `U.S.`, at the full stop; return as `_fold_run`, and how many letters."""
    kinds, letters = np.int64(0), np.int64(0)
    while place < end and text[place] == _FULL_STOP:
        entry, size = _entry_at(text, place + 1, end, pages, entries)
        if not entry & LETTER:
            break
        next_place, next_kinds, next_end = place + 1, kinds, out_end
        while True:
            next_end = _fold_character(text, next_place, size, entry, fold_bytes, out, next_end)
            next_kinds |= entry
            next_place += size
            entry, size = _entry_at(text, next_place, end, pages, entries)
            if not entry & MARK:
                break
        if entry & WORD:  # as the A of U.S.Army
            break
        place, kinds, out_end = next_place, next_kinds, next_end
        letters += 1
    return place, out_end, kinds & 0xFF, letters


@njit(cache=True, nogil=True, _nrt=False)
def _possessive_end(text, place, end, pages, entries):
    """Return the end of an apostrophe and s that stand at a place and end a word, else the place."""
    entry, size = _entry_at(text, place, end, pages, entries)
    # The modifier letter apostrophe (U+02BC) is a letter in the tables.
    is_modifier = place + 1 < end and text[place] == 0xCA and text[place + 1] == 0xBC
    after = place + size
    if not (entry & APOSTROPHE or is_modifier) or after >= end or (text[after] | 0x20) != _S:
        return place
    return place if _entry_at(text, after + 1, end, pages, entries)[0] & WORD else after + 1


@njit(cache=True, nogil=True, _nrt=False)
def _thousands_end(text, place, end, pages, entries):
    """Return the end of `12,000` whose first comma is at a place; -1 where it is no such number."""
    while place < end and text[place] == _COMMA:
        after = place + 1
        entry, size = _entry_at(text, after, end, pages, entries)
        if not entry & WORD:
            break
        for _ in range(3):
            if not entry & DIGIT:
                return np.int64(-1)
            after += size
            entry, size = _entry_at(text, after, end, pages, entries)
        if entry & WORD:
            return np.int64(-1)
        place = after
    return place


@njit(cache=True, nogil=True, _nrt=False)
def _drop_apostrophes(out, start, out_end):
    """Take what is contracted ('s, 'll, 'd, 're, 've, 'm) off the end of a folded word, and its other apostrophes."""
    last = out_end - 1
    while out[last] != _QUOTE:
        last -= 1
    if out_end - last == 2 and out[last + 1] in (_S, _D, _M):
        out_end = last
    elif out_end - last == 3:
        one, two = out[last + 1], out[last + 2]
        if (one == _L and two == _L) or (two == _E and one in (_R, _V)):
            out_end = last
    kept = start
    for k in range(start, out_end):
        if out[k] != _QUOTE:
            out[kept] = out[k]
            kept += 1
    return kept


@njit(cache=True, nogil=True, _nrt=False)
def _copy_written(text, start, end, left_out, out, out_end):
    """Write a word as it is written, without one sign (the full stops of an acronym, the commas of a number)."""
    for k in range(start, end):
        if text[k] != left_out:
            out[out_end] = text[k]
            out_end += 1
    return out_end


@njit(cache=True, nogil=True, _nrt=False)
def _keys_of(word_bytes, start, end):
    """Return the first eight bytes of a word as a number, and its hash; `cut_texts` makes the same as it goes."""
    head, tail, shift, key = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(_BASIS)
    for k in range(start, end):
        tail |= np.uint64(word_bytes[k]) << shift
        shift += np.uint64(8)
        if shift == 64:
            if k - start == 7:
                head = tail
            key = _mix(key ^ tail)
            tail, shift = np.uint64(0), np.uint64(0)
    if end - start < 8:
        head = tail
    return head, _mix(key ^ tail)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _mix(key):
    """Spread what a key has over all its bits."""
    key *= np.uint64(_GOLDEN)
    return key ^ (key >> np.uint64(32))


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _find(slots, word_offsets, word_bytes, word_is_slow, num_words, end, is_slow, head, key):
    """Return the number of the word from `word_offsets[num_words]` to `end`, entered as `num_words` if it is new."""
    tag = (key & np.uint64(_TAG)) | (np.uint64(is_slow) << np.uint64(63))
    mask = np.uint64(len(slots) - 1)
    slot = key & mask
    start = np.int64(word_offsets[np.uint64(num_words)])
    found = np.int64(-1)
    while found < 0:
        entry = slots[slot, 1]
        if entry == 0:
            slots[slot, 0] = head
            slots[slot, 1] = tag | np.uint64(num_words + 1)
            word_offsets[num_words + 1] = end
            word_is_slow[num_words] = is_slow
            found = num_words
        elif slots[slot, 0] == head and (entry & np.uint64(_UPPER_HALF)) == tag:
            word = np.int64(entry & np.uint64(_LOWER_HALF)) - 1
            if end - start <= 8:  # no word has a zero, so that eight bytes tell the length as well
                found = word
            else:
                shift = np.int64(word_offsets[word]) - start
                k = start + 8
                if np.int64(word_offsets[word + 1]) - shift == end:
                    while k < end and word_bytes[k + shift] == word_bytes[k]:
                        k += 1
                    if k == end:
                        found = word
        slot = (slot + np.uint64(1)) & mask
    return found


@njit([int64(_SLOTS, _U8_OUT, _U1_OUT, _B1_OUT, int64, int64)], cache=True, nogil=True, _nrt=False)
def intern(slots, word_offsets, word_bytes, word_is_slow, num_words, end):
    """Return the number of the word that was written from `word_offsets[num_words]` to `end`.

    It is `num_words` if the word is new; it is entered then, and the caller counts it. A slot must be free.
    """
    head, key = _keys_of(word_bytes, np.int64(word_offsets[num_words]), end)
    return _find(slots, word_offsets, word_bytes, word_is_slow, num_words, end, False, head, key)


@njit([types.void(_SLOTS, _SLOTS, _U8_OUT, _U1_OUT)], cache=True, nogil=True, _nrt=False)
def rehash(slots, more_slots, word_offsets, word_bytes):
    """Enter the words of `slots` into `more_slots`, which are zeros."""
    mask = np.uint64(len(more_slots) - 1)
    for old in range(len(slots)):
        entry = slots[old, 1]
        if entry:
            word = np.int64(entry & np.uint64(_LOWER_HALF)) - 1
            _, key = _keys_of(word_bytes, np.int64(word_offsets[word]), np.int64(word_offsets[word + 1]))
            slot = key & mask
            while more_slots[slot, 1]:
                slot = (slot + np.uint64(1)) & mask
            more_slots[slot, 0], more_slots[slot, 1] = slots[old, 0], entry


@njit(cache=True, nogil=True, _nrt=False)
def _cut_acronym(text, place, stop, end, pages, entries, fold_bytes, out, out_start, out_end, is_slow):
    """Cut `U.S.` whose first letter is from `place` to `stop` and folded already; return as `_cut_word`, or end -1."""
    after, after_end, more, letters = _fold_acronym(text, stop, end, pages, entries, fold_bytes, out, out_end)
    if letters == 0:
        return np.int64(-1), out_end, False, False
    is_slow = is_slow or more & SLOW != 0
    if is_slow:
        after_end = _copy_written(text, place, after, _FULL_STOP, out, out_start)
    if after < end and text[after] == _FULL_STOP:
        after += 1
    return _possessive_end(text, after, end, pages, entries), after_end, True, is_slow


@njit(cache=True, nogil=True, _nrt=False)
def _cut_signed(text, place, stop, end, out, out_start, out_end, is_slow):
    """Cut `C++` or `C#` whose letter is from `place` to `stop` and folded already; return as `_cut_word`, or end -1."""
    after = stop + 1
    if text[stop] == _PLUS:
        if after == end or text[after] != _PLUS:
            return np.int64(-1), out_end, False, False
        after += 1
    if after < end and text[after] in (_PLUS, _HASH):
        return np.int64(-1), out_end, False, False
    if is_slow:
        return after, _copy_written(text, place, after, 0, out, out_start), False, True
    return after, _copy_written(text, stop, after, 0, out, out_end), False, False


@njit(cache=True, nogil=True, _nrt=False)
def _cut_thousands(text, place, stop, end, pages, entries, fold_bytes, out, out_start, is_slow):
    """Cut `12,000` whose first comma is at `stop`; return as `_cut_word`, or end -1."""
    after = _thousands_end(text, stop, end, pages, entries)
    if after <= stop:
        return np.int64(-1), out_start, False, False
    if is_slow:
        return after, _copy_written(text, place, after, _COMMA, out, out_start), False, True
    out_end = out_start
    while place < after:
        entry, size = _entry_at(text, place, end, pages, entries)
        if entry & WORD:
            out_end = _fold_character(text, place, size, entry, fold_bytes, out, out_end)
        place += size
    return after, out_end, False, False


@njit(cache=True, nogil=True, _nrt=False)
def _cut_word(text, piece_start, place, end, pages, entries, fold_bytes, out, out_start):
    """Cut and fold the word that begins at a place; return its end, `out`'s end, whether it is an acronym, is slow."""
    stop, out_end, kinds, characters = _fold_run(text, place, end, pages, entries, fold_bytes, out, out_start)
    sign = np.int64(text[stop]) if stop < end else np.int64(0)
    before = np.int64(text[place - 1]) if place > piece_start else np.int64(0)
    special = np.int64(-1), out_end, False, False
    if sign == _FULL_STOP and before != _FULL_STOP and kinds & LETTER:
        if characters == 1 or (kinds & MARK and _is_letter_with_marks(text, place, stop, pages, entries)):
            special = _cut_acronym(
                text, place, stop, end, pages, entries, fold_bytes, out, out_start, out_end, kinds & SLOW != 0
            )
    elif sign in (_PLUS, _HASH) and characters == 1 and kinds & LETTER:
        special = _cut_signed(text, place, stop, end, out, out_start, out_end, kinds & SLOW != 0)
    elif sign == _COMMA and before != _COMMA and characters <= 3 and not kinds & (WORD & ~DIGIT):
        special = _cut_thousands(text, place, stop, end, pages, entries, fold_bytes, out, out_start, kinds & SLOW != 0)
    if special[0] >= 0:
        return special
    has_apostrophe, possessive = False, np.int64(0)  # what a possessive s is, which no acronym is judged by
    while True:
        entry, size = _entry_at(text, stop, end, pages, entries)
        if not entry & APOSTROPHE or not _entry_at(text, stop + size, end, pages, entries)[0] & WORD:
            break
        kinds |= possessive  # the word goes on, and it was none
        has_apostrophe, after = True, stop + size
        out[out_end] = _QUOTE
        stop, out_end, more, count = _fold_run(text, after, end, pages, entries, fold_bytes, out, out_end + 1)
        characters += 2
        possessive = more if count == 1 and (text[after] | 0x20) == _S else np.int64(0)
        if possessive == 0:
            kinds |= more
    characters -= 2 * (possessive != 0)
    is_acronym = characters > 1 and kinds & UPPER != 0 and not kinds & NOT_UPPER
    if kinds & SLOW:
        return stop, _copy_written(text, place, stop, 0, out, out_start), is_acronym, True
    if has_apostrophe:
        out_end = _drop_apostrophes(out, out_start, out_end)
    return stop, out_end, is_acronym, False


@njit(cache=True, nogil=True, _nrt=False)
def _fold_cjk(text, place, end, pages, entries, fold_bytes, out, out_end):
    """Fold a character of CJK and what extends it; return its end, `out`'s end, what it is (0 where there is none)."""
    entry, size = _entry_at(text, place, end, pages, entries)
    if not entry & CJK:
        return place, out_end, np.int64(0)
    kinds = np.int64(0)
    while True:
        out_end = _fold_character(text, place, size, entry, fold_bytes, out, out_end)
        kinds |= entry
        place += size
        entry, size = _entry_at(text, place, end, pages, entries)
        if not entry & (MARK | EXTENDING):
            return place, out_end, kinds


@njit(cache=True, nogil=True, _nrt=False)
def _cut_cjk(text, place, end, pages, entries, fold_bytes, out, out_start):
    """Cut the word of a character of CJK, the one at a place, and of the next; return as `_cut_odd`."""
    following, out_end, kinds = _fold_cjk(text, place, end, pages, entries, fold_bytes, out, out_start)
    stop, out_end, more = _fold_cjk(text, following, end, pages, entries, fold_bytes, out, out_end)
    if (kinds | more) & SLOW:
        return following, stop, _copy_written(text, place, stop, 0, out, out_start), False, True
    return following, stop, out_end, False, False


@njit(cache=True, nogil=True, _nrt=False)
def _cut_odd(text, piece_start, place, end, pages, entries, fold_bytes, out, out_start):
    """Cut what is at a place; return where to go on, and as `_cut_word`; the end is -1 where it is no word."""
    entry, size = _entry_at(text, place, end, pages, entries)
    if entry & CJK:
        return _cut_cjk(text, place, end, pages, entries, fold_bytes, out, out_start)
    if not entry & WORD:
        return place + size, np.int64(-1), out_start, False, False
    stop, out_end, is_acronym, is_slow = _cut_word(
        text, piece_start, place, end, pages, entries, fold_bytes, out, out_start
    )
    return stop, stop, out_end, is_acronym, is_slow


@njit(
    [int64(types.Array(uint8, 1, "C", readonly=True), int64, int64)],
    cache=True,
    nogil=True,
    _nrt=False,
    inline="always",
)
def beginning(word_bytes, start, end):
    """Return a number below `BEGINNINGS` for what a word begins with: one for each first two letters."""
    first, second = np.int64(0), np.int64(0)
    if end > start:
        first = np.int64(word_bytes[np.uint64(start)]) & 31
    if end > start + 1:
        second = np.int64(word_bytes[np.uint64(start + 1)]) & 31
    return (second << 5) | first


@njit(cache=True, nogil=True)
def _byte_kinds(pages, entries):
    """Return what each byte is: of words, `_UNCLEAR` or 0."""
    kinds = np.full(256, _UNCLEAR, np.uint8)
    for byte in range(128):
        kinds[byte] = entries[(np.int64(pages[0]) << 8) + byte] & 0xFF
        if byte in (_FULL_STOP, _COMMA, _PLUS, _HASH, _QUOTE):
            kinds[byte] = _UNCLEAR
    return kinds


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _is_unclear(sign, following, length, kinds, byte_kinds):
    """Say whether the byte after an ASCII word, and the one after that, could change the word.

    It often is the full stop of a sentence, the comma of a date or a closing quote.
    """
    if sign >= 0x80:
        return True
    if sign in (_HASH, _PLUS):
        return length == 1 and (sign == _HASH or following == _PLUS)
    if following < 0x80 and not byte_kinds[following] & WORD:
        return False
    if sign == _FULL_STOP:
        return length == 1
    return sign == _QUOTE or (length <= 3 and not kinds & LETTER)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def _read_plain(text, place, end, byte_kinds, word_bytes, word_start):
    """Read and fold ASCII characters of words; return their end, what they are and is behind them, and their keys."""
    # Unsigned places spare numba the question whether they count from the end.
    stop, kinds, word_end = place, np.int64(0), np.uint64(word_start)
    head, tail, shift, key = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(_BASIS)
    kind = np.int64(byte_kinds[text[np.uint64(stop)]])
    while kind & WORD:
        folded = text[np.uint64(stop)] | ((kind & UPPER) << 1)  # 32 is what a small letter has more
        word_bytes[word_end] = folded
        tail |= np.uint64(folded) << shift
        shift += np.uint64(8)
        kinds |= kind
        word_end += np.uint64(1)
        stop += 1
        if shift == 64:
            if stop - place == 8:
                head = tail
            key = _mix(key ^ tail)
            tail, shift = np.uint64(0), np.uint64(0)
        kind = np.int64(byte_kinds[text[np.uint64(stop)]]) if stop < end else np.int64(0)
    if stop - place < 8:
        head = tail
    return stop, kinds, kind, head, _mix(key ^ tail)


@njit(cache=True, nogil=True, _nrt=False)
def _is_told(text, place, stop, length):
    """Say whether an acronym is written with so many letters of ASCII, with full stops or without."""
    letters = 0
    for k in range(place, stop):
        if text[k] != _FULL_STOP:
            if not 0x41 <= (text[k] & 0xDF) <= 0x5A or text[k] >= 0x80:
                break
            letters += 1
    return letters == length


@njit(cache=True, nogil=True, _nrt=False)
def _cut_text(
    text, start, end, byte_kinds, pages, entries, fold_bytes, slots, word_offsets, word_bytes, word_is_slow, slow_words,
    is_wanted, tokens, spans, acronyms, state,
):  # fmt: skip
    """Cut one text, from `state[PLACE]` on; return as `cut_texts`."""
    place, num_tokens, num_words, num_acronyms = state[PLACE], state[NUM_TOKENS], state[NUM_WORDS], state[NUM_ACRONYMS]
    status = DONE
    while place < end:
        # Most words are ASCII and nothing special: reading them takes no call.
        word_start = np.int64(word_offsets[num_words])
        stop, kinds, kind, head, key = _read_plain(text, place, end, byte_kinds, word_bytes, word_start)
        if stop == place and text[place] < 0x80:
            place += 1
            while place < end and byte_kinds[text[np.uint64(place)]] == 0:
                place += 1
            continue
        if num_words >= len(word_is_slow):
            status = NEEDS_SLOTS
            break
        word_end, is_acronym, is_slow, next_place = word_start + stop - place, False, False, stop
        following = text[stop + 1] if stop + 1 < end else np.uint8(0)
        if kind & _UNCLEAR and _is_unclear(text[stop], following, stop - place, kinds, byte_kinds):
            next_place, stop, word_end, is_acronym, is_slow = _cut_odd(
                text, start, place, end, pages, entries, fold_bytes, word_bytes, word_start
            )
            if stop < 0:
                place = next_place
                continue
            head, key = _keys_of(word_bytes, word_start, word_end)
        elif stop > place + 1 and kinds & UPPER and not kinds & NOT_UPPER:
            is_acronym = True
        if len(is_wanted) and not is_slow and not is_wanted[beginning(word_bytes, word_start, word_end)]:
            word = 2 * num_acronyms
        else:
            word = _find(slots, word_offsets, word_bytes, word_is_slow, num_words, word_end, is_slow, head, key)
        if word == num_words:
            num_words += 1
            if is_slow:
                slow_words[state[NUM_SLOW]] = word
                state[NUM_SLOW] += 1
        is_told = is_acronym and word < num_acronyms and _is_told(text, place, stop, word_end - word_start)
        word += num_acronyms if is_told else 0
        tokens[num_tokens] = word
        if len(spans):
            spans[num_tokens, 0], spans[num_tokens, 1] = place, stop
            acronyms[num_tokens] = is_acronym
        num_tokens += 1
        place = next_place
    state[PLACE], state[NUM_TOKENS], state[NUM_WORDS] = place, num_tokens, num_words
    return status


_CUTTING = int64(
    *(_U1, _I8, *_TABLES),
    *(_SLOTS, _U8_OUT, _U1_OUT, _B1_OUT, _U4_OUT),
    *(_B1, _U4_OUT, _I8_OUT, _SPANS, _B1_OUT, _I8_OUT),
)


@njit([_CUTTING], cache=True, nogil=True)
def cut_texts(
    text, piece_starts, pages, entries, fold_bytes, slots, word_offsets, word_bytes, word_is_slow, slow_words,
    is_wanted, tokens, token_starts, spans, acronyms, state,
):  # fmt: skip
    """Cut texts into words; return `DONE`, or what there is too little of, to be called again with more.

    text: u1, the texts one after another, UTF-8 as Python writes it (surrogates too). piece_starts: i8[n + 1].
    pages, entries, fold_bytes: `index.codec.building.text_tables.TextTables`.
    slots, word_offsets (u8[w + 1]), word_bytes, word_is_slow (b1[w]): the words, see above; `w` at most half the slots.
    slow_words: u4[len(tokens)], out: the numbers of new words that the caller must fold.
    is_wanted: b1[BEGINNINGS] or [0]: by its `beginning`, if a word is entered; those that are not have the number of
    the first word behind the acronyms.
    tokens: u4[(len(text) + n) // 2 + 1], out: the number of the word of each token. token_starts: i8[n + 1], out.
    spans: u4[len(tokens), 2] or [0, 2], out: the bytes of each token. acronyms: b1 of the same length, out.
    state: i8[6], in and out: where to go on (`PLACE`…); zeros at first, but for `NUM_WORDS` and `NUM_ACRONYMS`.
    """
    byte_kinds = _byte_kinds(pages, entries)
    for piece in range(state[PIECE], len(piece_starts) - 1):
        start, end = piece_starts[piece], piece_starts[piece + 1]
        state[PIECE] = piece
        if state[PLACE] <= start:
            state[PLACE] = start
            token_starts[piece] = state[NUM_TOKENS]
        if start == end:
            continue
        if len(word_bytes) - np.int64(word_offsets[state[NUM_WORDS]]) < GROWTH * (end - state[PLACE]):
            return NEEDS_BYTES
        status = _cut_text(
            text, start, end, byte_kinds, pages, entries, fold_bytes, slots, word_offsets, word_bytes, word_is_slow,
            slow_words, is_wanted, tokens, spans, acronyms, state,
        )  # fmt: skip
        if status != DONE:
            return status
    token_starts[len(piece_starts) - 1] = state[NUM_TOKENS]
    return DONE
