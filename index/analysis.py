"""Text into terms: the one place that says what a word is, for articles and for queries alike.

A *surface* is a word as written, folded so that spellings that a reader would not tell apart are equal; a *stem*
is what it is indexed as, which the language of the article decides. Every surface gets a position, stop words too,
so that phrases are exact. Surfaces are the same in every language, since a query does not say which it is in.

- Words are runs of letters, digits and combining marks; an apostrophe between them does not end a word.
- Folding: NFKC, case, accents of Latin and Greek letters, apostrophes, a possessive 's and what is contracted
  like it ('ll, 're, …), since "she'll" is nearer to "she" than to "shell"; what Arabic and Persian write in several
  ways.
- `U.S.` is one word and the same as `US`, which is told from `us`: the surface of such an acronym (`stopwords.TOLD`) is
  in capitals. Its stem is that of the word, so that whoever means either finds both; capitals alone find capitals.
  `C++` and `C#` keep their signs; `12,000` is `12000`.
- Chinese, Japanese and Korean (CJK) put no spaces between words, or few. Each character begins a word, of it and the
  next one, and the last of a run is one by itself: 北京大学 is 北京 京大 大学 学.
- Everything else ends a word: `al-Qaeda`, `W-2` and `RFE/RL` are two words each, next to each other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import regex

from index import stopwords
from index.snowball import make_stemmer

if TYPE_CHECKING:
    from nltk.stem.snowball import SnowballStemmer

APOSTROPHES = "'\u2018\u2019\u02bc\uff07"  # ASCII, both curly quotes, the modifier letter, full width

# The voiced sound marks of half-width kana are letters to Unicode, and of no script.
CJK = r"[[\p{L}\p{N}]&&[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ーｰﾞﾟ]]"
# What goes on with the character before it: marks, and the vowels and finals of Hangul that is spelt out.
CJK_EXTENDING = r"[\p{M}\u1160-\u11ff\ud7b0-\ud7ffﾞﾟ]"
_CJK_CHARACTER = rf"{CJK}{CJK_EXTENDING}*+"


def _make_pattern(word: str, letter: str, more: str = "") -> regex.Pattern[str]:
    """Return what finds tokens, given the characters of words and the letters among them."""
    possessive = rf"(?:[{APOSTROPHES}][sS](?!{word}))"
    # The order matters: what is special about U.S., C++ and 12,000 must be seen before their letters and digits are
    # taken for words.
    return regex.compile(
        rf"""
          (?<!\.)(?P<acronym>{letter}\p{{M}}*(?:\.{letter}\p{{M}}*)+)(?!{word})\.?{possessive}?
        | (?P<signed>{letter}(?:\+\+|\#))(?![+\#])
        | (?<!,)(?P<thousands>\p{{Nd}}{{1,3}}(?:,\p{{Nd}}{{3}})+)(?!,?{word})
        | (?P<word>{word}+(?:[{APOSTROPHES}]{word}+)*)
        {more}
        """,
        regex.VERBOSE | regex.V1,
    )


# A text without CJK is cut by the first in three quarters of the time that the second takes.
_TOKEN = _make_pattern(r"[\p{L}\p{M}\p{N}]", r"\p{L}")
_TOKEN_OR_CJK = _make_pattern(
    rf"[\p{{L}}\p{{M}}\p{{N}}--{CJK}]",
    rf"[\p{{L}}--{CJK}]",
    rf"| (?P<cjk>{_CJK_CHARACTER})(?=(?P<next>{_CJK_CHARACTER})?)",
)
_MAYBE_CJK = regex.compile(r"[\u1100-\u11ff\u2e80-\U0010ffff]")
_ONE_CJK = regex.compile(_CJK_CHARACTER, regex.V1)

# Latin letters that Unicode does not take apart into a base and an accent, though readers do.
_LATIN_FOLDS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
# As Lucene's ArabicNormalizer and PersianNormalizer have it: the forms of alef are one letter, and so are final ya and
# ya, ta marbuta and ha; Persian's letters are Arabic's; what is only drawn (tatweel) or seldom written (harakat, the
# small alef) goes. Hamza on waw and ya stays, which tells words apart.
ARABIC_FOLDS: dict[int, str | None] = {
    **dict.fromkeys((0x640, *range(0x64B, 0x660), 0x670)),
    **dict.fromkeys(map(ord, "أإآٱ"), "ا"),
    **dict.fromkeys(map(ord, "ىیےۓ"), "ي"),
    **dict.fromkeys(map(ord, "ةۀہۂ"), "ه"),
    ord("ک"): "ك",
    **{zero + digit: str(digit) for zero in (0x660, 0x6F0) for digit in range(10)},
}
_APOSTROPHES = frozenset(APOSTROPHES) - {"\u02bc"}  # those that are no letters
_DELETE_APOSTROPHES = dict.fromkeys(map(ord, APOSTROPHES))
_NO_WORD = regex.compile(r"[\p{M}\s]*")
_CONTRACTED = regex.compile(rf"[{APOSTROPHES}](?:s|ll|d|re|ve|m)$")


class Token(NamedTuple):
    """A word of a text: `text[start:end]` is how it is written, `surface` how it is folded.

    Words of CJK reach into the next. `is_acronym` is set for capitals alone, two or more (`US`), and for letters with
    dots (`U.S.`); a possessive makes no difference.
    """

    surface: str
    start: int
    end: int
    is_acronym: bool


def tokenize(text: str) -> Iterator[Token]:
    """Cut a text into its words, in order; the n-th has position n."""
    if text.isascii() and text.isalpha():  # as most words of a query are, which come here one by one
        is_acronym = len(text) > 1 and text.isupper()
        surface = fold(text)
        yield Token(
            _tell(surface, text) if is_acronym and surface in stopwords.TOLD else surface, 0, len(text), is_acronym
        )
        return
    pattern = _TOKEN_OR_CJK if _MAYBE_CJK.search(text) else _TOKEN
    for match in pattern.finditer(text):
        written = match.group()
        kind = match.lastgroup
        if kind == "word":
            surface = fold(written)
            capitals = written[:-2] if written[-1] in "sS" and written[-2:-1] in _APOSTROPHES else written
            is_acronym = len(capitals) > 1 and capitals.isupper()
            if is_acronym and surface in stopwords.TOLD:
                surface = _tell(surface, capitals)
        elif kind == "acronym":
            capitals = match.group(kind).replace(".", "")
            surface = fold(capitals)
            is_acronym = True
            if surface in stopwords.TOLD:
                surface = _tell(surface, capitals)
        elif kind == "thousands":
            surface = fold(written.replace(",", ""))
            is_acronym = False
        elif kind == "next":  # the second character, which is looked at and not taken
            end = match.end(kind)
            surface = fold(text[match.start() : end])
            if surface:
                yield Token(surface, match.start(), end, is_acronym=False)
            continue
        else:
            surface = fold(written)
            is_acronym = False
        if surface:
            yield Token(surface, match.start(), match.end(), is_acronym)


def _tell(surface: str, written: str) -> str:
    # Folded letters are not told: whoever writes "ÜS" means no country.
    return stopwords.TOLD[surface] if written.isascii() and written.isalpha() else surface


def cjk_end(text: str, start: int) -> int | None:
    """Return where the CJK character that begins at a place ends; `None` where there is none."""
    match = None if text.isascii() else _ONE_CJK.match(text, start)
    return match.end() if match else None


def has_cjk(text: str) -> bool:
    """Say whether a character of CJK is in a text."""
    return not text.isascii() and _ONE_CJK.search(text) is not None


@lru_cache(maxsize=1 << 17)
def fold(word: str) -> str:
    """Fold one written word; may be empty where the word holds nothing but marks."""
    if word.isascii():
        folded = word.lower()
    else:
        # Accents last: some capitals (the Turkish İ) fold into a letter and a mark.
        folded = unicodedata.normalize("NFKC", word).casefold()
        folded = _strip_accents(folded).translate(_LATIN_FOLDS).translate(ARABIC_FOLDS)
        if _NO_WORD.fullmatch(folded):  # what makes a heart red is a mark too, and no word
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


# NLTK's names by language. What is in no language is taken for English, and what is in another has no stemmer.
_STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
}
ENGLISH = "english"
NO_STEMMER = ""
# The letters with which words of a script begin; a stemmer leaves the words of others alone.
_SCRIPTS = {"arabic": ("\u0600", "\u06ff"), "russian": ("\u0400", "\u04ff")}
_LATIN = ("a", "\u024f")
# Endings that a stemmer knows by what folding took off them. Elsewhere inflected forms meet as well folded as not, or
# better (Romanian), or the letters that stand in endings are not folded at all (Russian й). In Arabic a final ha is a
# suffix, "his", or a ta marbuta; behind the article it can be no suffix, and the stemmer would leave it.
_FOLDED_ENDINGS = {
    "arabic": ((regex.compile(r"^((?:[وفبك]?ال|لل)\w{3,})ه$"), r"\1ة"),),
    "french": ((regex.compile(r"(?<=\w\w)ee(s?)$"), r"ée\1"), (regex.compile(r"iere(s?)$"), r"ière\1")),
    "portuguese": ((regex.compile(r"cao$"), "ção"), (regex.compile(r"coes$"), "ções")),
}
# What a stemmer might raise over a word that nobody thought of; none of a million made ones did.
_STEMMER_ERRORS = (LookupError, NameError, TypeError, ValueError)


def stemmer_of(language: str | None) -> str:
    """Return by which stemmer the articles of a language (ISO 639-1, as "de" or "de-AT") are indexed."""
    if not language:
        return ENGLISH
    return _STEMMERS.get(language.partition("-")[0].lower(), NO_STEMMER)


@cache
def _stemmer(name: str) -> SnowballStemmer:
    return make_stemmer(name)


def stem(surface: str, language: str | None = None) -> str:
    """Return what a surface is indexed as in an article of a language; in one of no known language, as in English."""
    return stem_by(surface, stemmer_of(language))


@lru_cache(maxsize=1 << 17)
def stem_by(surface: str, stemmer: str) -> str:
    """Return what a stemmer (of `stemmer_of`) makes of a surface; itself where it has no way with it."""
    surface = stopwords.as_word(surface)
    if stemmer == NO_STEMMER or not surface.isalpha():
        return surface
    if stemmer == ENGLISH:
        return str(_stemmer(ENGLISH).stem(surface)) if surface.isascii() else surface
    first, last = _SCRIPTS.get(stemmer, _LATIN)
    if not first <= surface[0] <= last:
        return surface
    word = surface
    for ending, unfolded in _FOLDED_ENDINGS.get(stemmer, ()):
        word = ending.sub(unfolded, word)
    # NLTK's Arabic one keeps notes, by which a word's stem would depend on the words before it.
    nltk_stemmer = make_stemmer(stemmer) if stemmer == "arabic" else _stemmer(stemmer)
    try:
        return str(nltk_stemmer.stem(word)) or surface
    except _STEMMER_ERRORS:
        return surface


@lru_cache(maxsize=64)
def stemmers_of(languages: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return by which stemmers articles of some languages are indexed, each once."""
    return tuple(dict.fromkeys(map(stemmer_of, languages)))


@lru_cache(maxsize=1 << 12)
def stem_each(surfaces: tuple[str, ...], stemmers: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return what words may be indexed as, all by the same stemmer: each outcome once."""
    return tuple(dict.fromkeys(tuple(stem_by(surface, stemmer) for surface in surfaces) for stemmer in stemmers))


@lru_cache(maxsize=1 << 12)
def languages_by_stems(
    surfaces: tuple[str, ...], languages: tuple[str | None, ...]
) -> tuple[tuple[str, tuple[str | None, ...]], ...]:
    """Put languages together in which words are indexed as the same stems; each group with a stemmer that gives them.

    "moscow" has one stem in all, so that there is one group; "news" is "news" in English and "new" in Dutch.
    """
    stemmers: dict[tuple[str, ...], str] = {}
    stems_of: dict[str, tuple[str, ...]] = {}
    for stemmer in stemmers_of(languages):
        stems_of[stemmer] = tuple(stem_by(surface, stemmer) for surface in surfaces)
        stemmers.setdefault(stems_of[stemmer], stemmer)
    return tuple(
        (stemmer, tuple(language for language in languages if stems_of[stemmer_of(language)] == stems))
        for stems, stemmer in stemmers.items()
    )


def is_stop_word(surface: str) -> bool:
    """Say whether a surface is left out of a query's loose words."""
    return surface in stopwords.ENGLISH
