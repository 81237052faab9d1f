"""Porter's stemmer for English (Porter2), word by word over bytes.

Every distinct word of an archive is stemmed once: 300,000 of them and more. NLTK has 9 µs and more for each, 2.6 s in
all, which is several times what the rest of indexing takes; this has 0.25 µs, 0.07 s in all.

Sources: M. F. Porter's description, https://snowballstem.org/algorithms/english/stemmer.html, and NLTK's
`EnglishStemmer`, which is the reference and the same from 3.9 to 3.10. NLTK has the rules of Snowball 2 and departs
from them in two things; so does this, for queries are stemmed by NLTK:

- Where -ization, -izer or, in step 3, -ational is replaced, and R2 is shorter than it, R2 is forgotten, so that step 5
  does not see the e: "realization" becomes "realize", though "realize" becomes "realiz".
- The e that step 1b adds to a word that has come to more than five letters is taken for R2, even where R2 is empty, so
  that step 5 takes it off again: "strated" becomes "strat", though "strate" stays.

Letters are packed into an integer, five bits a letter, for comparing endings: of a word, the last seven are enough.
A "y" that counts as a consonant is written "Y" in the meantime; packed, the two are equal, which does no harm, for
the only endings with a "y" have an "l" before it, where it is a vowel.
"""

import numpy as np
from numba import int64, njit, types, uint8

_A, _E, _I, _L, _S, _Y, _Z = (ord(letter) for letter in "aeilsyz")
_CONSONANT_Y = ord("Y")
_LONGEST_ENDING = 7


def _pack_text(text):
    """Return the letters of a text as one number, the last letter in the lowest five bits; up to 12 letters."""
    code = 0
    for letter in text:
        code = code << 5 | ord(letter) - 96
    return code


def _mask(size):
    return (1 << 5 * size) - 1


def _flags(letters):
    """Return for each byte whether it is one of the letters."""
    flags = np.zeros(256, np.bool_)
    flags[list(letters.encode())] = True
    return flags


_IS_VOWEL = _flags("aeiouy")
_IS_DOUBLED = _flags("bdfgmnprt")
_IS_WXY = _flags("wxY")

# Words that are not stemmed by rules, and their stems.
_SPECIAL_WORDS = dict(
    entry.split(":")
    for entry in """
    skis:ski skies:sky dying:die lying:lie tying:tie idly:idl gently:gentl ugly:ugli early:earli only:onli singly:singl
    sky:sky news:news howe:howe atlas:atlas cosmos:cosmos bias:bias andes:andes
    inning:inning innings:inning outing:outing outings:outing canning:canning cannings:canning
    herring:herring herrings:herring earring:earring earrings:earring
    proceed:proceed proceeds:proceed proceeded:proceed proceeding:proceed
    exceed:exceed exceeds:exceed exceeded:exceed exceeding:exceed
    succeed:succeed succeeds:succeed succeeded:succeed succeeding:succeed
    """.split()
)
_SPECIAL = np.array(sorted((_pack_text(word), _pack_text(stem)) for word, stem in _SPECIAL_WORDS.items()))
_SPECIAL_CODES = np.ascontiguousarray(_SPECIAL[:, 0])
_SPECIAL_STEMS = np.ascontiguousarray(_SPECIAL[:, 1])
_LONGEST_SPECIAL = max(map(len, _SPECIAL_WORDS))

# The prefixes with an R1 of their own: what is after them.
_ARSEN, _COMMUN, _GENER = _pack_text("arsen"), _pack_text("commun"), _pack_text("gener")

# The endings of steps 1a and 1b.
_MASK_2, _MASK_3, _MASK_4 = _mask(2), _mask(3), _mask(4)
_SSES, _IED, _IES, _US, _SS = map(_pack_text, ("sses", "ied", "ies", "us", "ss"))
_EEDLY, _INGLY, _EDLY, _EED, _ING, _ED = map(_pack_text, ("eedly", "ingly", "edly", "eed", "ing", "ed"))
_AT, _BL, _IZ = map(_pack_text, ("at", "bl", "iz"))

# The columns of a table of rules.
_CODE, _MASK, _SIZE, _NEW_CODE, _NEW_SIZE, _BEFORE, _MIN_R2, _KEPT_R2 = range(8)


def _rules(table):
    """Return a table of rules as numbers, a row for each ending, long endings first.

    A line is: endings; what takes their place ("-" for nothing); the region that must hold them; the letters of
    which one must stand before ("*" for any); "lost" if R2 is forgotten where it does not hold the whole ending.
    """
    rows = []
    for line in table.strip().splitlines():
        endings, new, region, before, *lost = line.split()
        new = new.strip("-")
        letters = -1 if before == "*" else sum(1 << ord(letter) - 96 for letter in before)
        for ending in endings.split(","):
            size = len(ending)
            min_r2, kept_r2 = size if region == "R2" else 0, size if lost else 0
            row = [_pack_text(ending), _mask(size), size, _pack_text(new), len(new), letters, min_r2, kept_r2]
            rows.append(row)
    return np.array(sorted(rows, key=lambda row: -row[_SIZE]), np.int64)


# In each step the longest ending that a word has is the only one whose rule is tried.
_STEP_2 = _rules(
    """
    tional                tion  R1  *
    enci                  ence  R1  *
    anci                  ance  R1  *
    abli                  able  R1  *
    entli                 ent   R1  *
    izer,ization          ize   R1  *           lost
    ational,ation,ator    ate   R1  *
    alism,aliti,alli      al    R1  *
    fulness,fulli         ful   R1  *
    ousli,ousness         ous   R1  *
    iveness,iviti         ive   R1  *
    biliti,bli            ble   R1  *
    lessli                less  R1  *
    ogi                   og    R1  l
    li                    -     R1  cdeghkmnrt
    """
)
_STEP_3 = _rules(
    """
    tional                tion  R1  *
    ational               ate   R1  *           lost
    alize                 al    R1  *
    icate,iciti,ical      ic    R1  *
    ful,ness              -     R1  *
    ative                 -     R2  *
    """
)
_STEP_4 = _rules(
    """
    al,ance,ence,er,ic,able,ible,ant,ement,ment,ent,ism,ate,iti,ous,ive,ize  -  R2  *
    ion                                                                      -  R2  st
    """
)


@njit(cache=True, nogil=True)
def _pack(word, start, end):
    """Return the letters of `word[start:end]`, up to 12, as one number, the last in the lowest five bits."""
    code = np.int64(0)
    for i in range(start, end):
        code = code << 5 | np.int64(word[i]) & 31
    return code


@njit(cache=True, nogil=True)
def _unpack(code, word, start):
    """Write packed letters from `start` on; return where they end."""
    size = 0
    while code >> 5 * size:
        size += 1
    for i in range(size):
        word[start + i] = 96 + (code >> 5 * (size - 1 - i) & 31)
    return start + size


@njit(cache=True, nogil=True)
def _mark_consonant_ys(word, start, end):
    """Write each y that begins the word or follows a vowel as Y; say whether there are any."""
    has_any = word[start] == _Y
    if has_any:
        word[start] = _CONSONANT_Y
    for i in range(start + 1, end):
        if word[i] == _Y and _IS_VOWEL[word[i - 1]]:
            word[i] = _CONSONANT_Y
            has_any = True
    return has_any


@njit(cache=True, nogil=True)
def _measure_regions(word, start, end):
    """Return how many letters R1 and R2 have; both are at the end of the word, and R2 at the end of R1.

    R1 is what is after the first consonant that follows a vowel, R2 the same within R1.
    """
    first_5 = _pack(word, start, min(start + 5, end))
    if first_5 in (_ARSEN, _GENER):
        r1_start = start + 5
    elif first_5 == _COMMUN >> 5 and end - start > 5 and np.int64(word[start + 5]) & 31 == _COMMUN & 31:
        r1_start = start + 6
    else:
        r1_start = _find_region(word, start, end)
    return end - r1_start, end - _find_region(word, r1_start, end)


@njit(cache=True, nogil=True)
def _find_region(word, start, end):
    """Return the place after the first consonant that follows a vowel, both at `start` or later; else `end`."""
    for i in range(start + 1, end):
        if not _IS_VOWEL[word[i]] and _IS_VOWEL[word[i - 1]]:
            return i + 1
    return end


@njit(cache=True, nogil=True)
def _has_vowel(word, start, end):
    """Say whether there is a vowel in `word[start:end]`; a consonant y is none."""
    for i in range(start, end):
        if _IS_VOWEL[word[i]]:
            break
    else:
        return False
    return True


@njit(cache=True, nogil=True)
def _step_1a(word, start, end, r1, r2):
    """Take off a plural's s, and the ed of -ied; return the end of the word and the sizes of R1 and R2."""
    cut = 0
    last_4 = _pack(word, max(start, end - 4), end)
    if last_4 == _SSES:
        cut = 2
    elif last_4 & _MASK_3 in (_IED, _IES):
        cut = 2 if end - start > 4 else 1
    elif word[end - 1] == _S and last_4 & _MASK_2 not in (_US, _SS) and _has_vowel(word, start, end - 2):
        cut = 1
    return end - cut, max(r1 - cut, 0), max(r2 - cut, 0)


@njit(cache=True, nogil=True)
def _step_1b(word, start, end, r1, r2):
    """Take off -ed, -ing and their adverbs, and mend what is left; return as `_step_1a` does."""
    last_5 = _pack(word, max(start, end - 5), end)
    if last_5 == _EEDLY or last_5 & _MASK_3 == _EED:
        size = 5 if last_5 == _EEDLY else 3
        if r1 < size:
            return end, r1, r2
        cut = size - 2
        return end - cut, r1 - cut, max(r2 - cut, 0)
    if last_5 == _INGLY:
        cut = 5
    elif last_5 & _MASK_4 == _EDLY:
        cut = 4
    elif last_5 & _MASK_3 == _ING:
        cut = 3
    elif last_5 & _MASK_2 == _ED:
        cut = 2
    else:
        return end, r1, r2
    if not _has_vowel(word, start, end - cut):
        return end, r1, r2
    end, r1, r2 = end - cut, max(r1 - cut, 0), max(r2 - cut, 0)
    last_2 = _pack(word, max(start, end - 2), end)
    if last_2 in (_AT, _BL, _IZ):
        word[end] = _E
        end += 1
        r1 += 1
        if end - start > 5 or r1 >= 3:
            r2 += 1
    elif end - start >= 2 and word[end - 1] == word[end - 2] and _IS_DOUBLED[word[end - 1]]:
        end, r1, r2 = end - 1, max(r1 - 1, 0), max(r2 - 1, 0)
    elif r1 == 0 and _is_short(word, start, end):
        word[end] = _E
        end += 1
    return end, r1, r2


@njit(cache=True, nogil=True)
def _is_short(word, start, end):
    """Say whether the word ends in a short syllable: consonant, vowel, consonant, or is vowel and consonant."""
    if end - start < 2 or _IS_VOWEL[word[end - 1]] or not _IS_VOWEL[word[end - 2]]:
        return False
    if end - start == 2:
        return True
    return not _IS_WXY[word[end - 1]] and not _IS_VOWEL[word[end - 3]]


@njit(cache=True, nogil=True)
def _apply_rules(rules, word, start, end, r1, r2):
    """Apply the one rule of steps 2, 3 or 4 (`_rules`) whose ending the word has; return as `_step_1a` does."""
    ending = _pack(word, max(start, end - _LONGEST_ENDING), end)
    for i in range(len(rules)):
        rule = rules[i]
        if ending & rule[_MASK] != rule[_CODE]:
            continue
        size = rule[_SIZE]
        if r1 < size or r2 < rule[_MIN_R2]:
            break
        if not rule[_BEFORE] >> (np.int64(word[end - size - 1]) & 31) & 1:
            break
        _unpack(rule[_NEW_CODE], word, end - size)
        cut = size - rule[_NEW_SIZE]
        return end - cut, r1 - cut, max(r2 - cut, 0) if r2 >= rule[_KEPT_R2] else 0
    return end, r1, r2


@njit(cache=True, nogil=True)
def _step_5(word, start, end, r1, r2):
    """Take off a last e, or the second of two l; return the end of the word."""
    if word[end - 1] == _L:
        return end - 1 if r2 > 0 and word[end - 2] == _L else end
    if word[end - 1] != _E or r1 == 0:
        return end
    if r2 > 0:
        return end - 1
    if end - start < 4:
        return end
    # A short syllable before the e keeps it.
    before = word[end - 2]
    is_short = not (_IS_VOWEL[before] or _IS_WXY[before] or not _IS_VOWEL[word[end - 3]] or _IS_VOWEL[word[end - 4]])
    return end if is_short else end - 1


_BYTES_IN = types.Array(uint8, 1, "C", readonly=True)  # what can be written to is taken, too
_OFFSETS_IN = types.Array(int64, 1, "C", readonly=True)


@njit([int64(uint8[::1], int64, int64)], cache=True, nogil=True)
def stem_in_place(word, start, end):
    """Put its stem in the place of the word `word[start:end]`; return where the stem ends.

    word: u1[]; the word has the letters a to z alone, any number of them. What is after the stem, up to the old end, is
    of no meaning.
    """
    if end - start <= 2:
        return end
    if end - start <= _LONGEST_SPECIAL:
        code = _pack(word, start, end)
        i = np.searchsorted(_SPECIAL_CODES, code)
        if i < len(_SPECIAL_CODES) and _SPECIAL_CODES[i] == code:
            return _unpack(_SPECIAL_STEMS[i], word, start)
    has_consonant_y = _mark_consonant_ys(word, start, end)
    r1, r2 = _measure_regions(word, start, end)
    end, r1, r2 = _step_1a(word, start, end, r1, r2)
    end, r1, r2 = _step_1b(word, start, end, r1, r2)
    if end - start > 2 and (word[end - 1] | 32) == _Y and not _IS_VOWEL[word[end - 2]]:  # step 1c; | 32: Y, too
        word[end - 1] = _I
    end, r1, r2 = _apply_rules(_STEP_2, word, start, end, r1, r2)
    end, r1, r2 = _apply_rules(_STEP_3, word, start, end, r1, r2)
    end, r1, r2 = _apply_rules(_STEP_4, word, start, end, r1, r2)
    end = _step_5(word, start, end, r1, r2)
    if has_consonant_y:
        for i in range(start, end):
            if word[i] == _CONSONANT_Y:
                word[i] = _Y
    return end


@njit([types.void(_BYTES_IN, _OFFSETS_IN, uint8[::1], int64[::1])], cache=True, nogil=True)
def stem_words(word_bytes, word_offsets, stem_bytes, stem_offsets):
    """Stem words, one after another; those that are not of the letters a to z alone are copied.

    word_bytes: u1[], the words in UTF-8; word_offsets: i8[n + 1], ascending, word i is
    `word_bytes[word_offsets[i]:word_offsets[i + 1]]`. Written: stem_bytes: u1[], as long as the words together (no stem
    is longer than its word), of which the first `stem_offsets[n]` are the stems; stem_offsets: i8[n + 1], from 0 on.
    """
    place = 0
    stem_offsets[0] = 0
    for i in range(len(word_offsets) - 1):
        end = place
        is_stemmed = True
        for j in range(word_offsets[i], word_offsets[i + 1]):
            letter = word_bytes[j]
            is_stemmed &= _A <= letter <= _Z
            stem_bytes[end] = letter
            end += 1
        place = stem_in_place(stem_bytes, place, end) if is_stemmed else end
        stem_offsets[i + 1] = place
