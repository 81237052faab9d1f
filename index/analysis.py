"""Text into terms: the one place that says what a word is, for articles and for queries alike.

A *surface* is a word as written, folded so that spellings that a reader would not tell apart are equal; a *stem*
is what it is indexed as. Every surface gets a position, stop words too, so that phrases are exact.

- Words are runs of letters, digits and combining marks; an apostrophe between them does not end a word.
- Folding: NFKC, case, accents of Latin and Greek letters, apostrophes, a possessive 's and what is contracted
  like it ('ll, 're, …), since "she'll" is nearer to "she" than to "shell".
- `U.S.` is one word and the same as `US`; `C++` and `C#` keep their signs; `12,000` is `12000`.
- Everything else ends a word: `al-Qaeda`, `W-2` and `RFE/RL` are two words each, next to each other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import regex
from nltk.stem.snowball import SnowballStemmer

from index import stopwords

APOSTROPHES = "'\u2018\u2019\u02bc\uff07"  # ASCII, both curly quotes, the modifier letter, full width

_WORD = r"[\p{L}\p{M}\p{N}]"
_LETTER = r"\p{L}\p{M}*"
_POSSESSIVE = rf"(?:[{APOSTROPHES}][sS](?!{_WORD}))"

# The order matters: what is special about U.S., C++ and 12,000 must be seen before their letters and digits are
# taken for words.
_TOKEN = regex.compile(
    rf"""
      (?<![\p{{L}}\p{{M}}\p{{N}}.])(?P<acronym>{_LETTER}(?:\.{_LETTER})+)(?!{_WORD})\.?{_POSSESSIVE}?
    | (?<!{_WORD})(?P<signed>\p{{L}}(?:\+\+|\#))(?![+\#])
    | (?<![\p{{L}}\p{{M}}\p{{N}},])(?P<thousands>\p{{Nd}}{{1,3}}(?:,\p{{Nd}}{{3}})+)(?!,?{_WORD})
    | (?P<word>{_WORD}+(?:[{APOSTROPHES}]{_WORD}+)*)
    """,
    regex.VERBOSE,
)

# Latin letters that Unicode does not take apart into a base and an accent, though readers do.
_LATIN_FOLDS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
_DELETE_APOSTROPHES = dict.fromkeys(map(ord, APOSTROPHES))
_MARKS = regex.compile(r"\p{M}+")
_CONTRACTED = regex.compile(rf"[{APOSTROPHES}](?:s|ll|d|re|ve|m)$")


class Token(NamedTuple):
    """A word of a text: `text[start:end]` is how it is written, `surface` how it is folded.

    `is_acronym` is set for capitals alone, two or more (`US`), and for letters with dots (`U.S.`).
    """

    surface: str
    start: int
    end: int
    is_acronym: bool


def tokenize(text: str) -> Iterator[Token]:
    """Cut a text into its words, in order; the n-th has position n."""
    for match in _TOKEN.finditer(text):
        written = match.group()
        kind = match.lastgroup
        if kind == "word":
            surface = fold(written)
            is_acronym = len(written) > 1 and written.isupper()
        elif kind == "acronym":
            surface = fold(match.group(kind).replace(".", ""))
            is_acronym = True
        elif kind == "thousands":
            surface = fold(written.replace(",", ""))
            is_acronym = False
        else:
            surface = fold(written)
            is_acronym = False
        if surface:
            yield Token(surface, match.start(), match.end(), is_acronym)


@lru_cache(maxsize=1 << 17)
def fold(word: str) -> str:
    """Fold one written word; may be empty where the word holds nothing but marks."""
    if word.isascii():
        folded = word.lower()
    else:
        # Accents last: some capitals (the Turkish İ) fold into a letter and a mark.
        folded = unicodedata.normalize("NFKC", word).casefold()
        folded = _strip_accents(folded).translate(_LATIN_FOLDS)
        if _MARKS.fullmatch(folded):  # what makes a heart red is a mark too, and no word
            return ""
    if len(folded) > 2 and not folded.isalnum():
        folded = _CONTRACTED.sub("", folded).translate(_DELETE_APOSTROPHES)
    return folded


def _strip_accents(text: str) -> str:
    """Take the accents off Latin and Greek letters; elsewhere a mark can be half of the letter (й, が)."""
    kept: list[str] = []
    base_loses_accents = False
    for character in unicodedata.normalize("NFD", text):
        if "\u0300" <= character <= "\u036f":
            if base_loses_accents:
                continue
        else:
            base_loses_accents = character < "\u0400" or "\u1e00" <= character <= "\u1fff"
            if character == "\u0435":  # Cyrillic е: ё is written without its dots as often as with them
                base_loses_accents = True
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


_stemmer = SnowballStemmer("english")


@lru_cache(maxsize=1 << 17)
def stem(surface: str) -> str:
    """Return what a surface is indexed as: its Porter2 stem where it is an English-looking word."""
    if not (surface.isascii() and surface.isalpha()):
        return surface
    stemmed: str = _stemmer.stem(surface)
    return stemmed


def is_stop_word(surface: str) -> bool:
    """Say whether a surface is left out of a query's loose words."""
    return surface in stopwords.ENGLISH
