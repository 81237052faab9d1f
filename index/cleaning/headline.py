"""The title of an article: the headline above it, or else its first sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import regex

from index.cleaning.facts import find_dateline, is_byline_or_date
from index.cleaning.shapes import Kind, Shape
from index.cleaning.vocabulary import DURATION
from index.sentences import first_sentence
from index.stopwords import ENGLISH

# A headline stands this near above the article, with pictures, shares and names in between.
_REACH = 40
# Prose can stand above the headline, a plea or a teaser; then the headline stands twice on the page, or is signed.
_MAX_INSIDE = 6
# This share of its long words stands in the article's first paragraphs.
_MIN_SHARED = 0.2
# Headlines stand twice on many pages, in the path to the article and above it; so do those of other articles.
_TWICE = 0.15
# Who and when stands right below the headline, or below what sums the article up.
_SIGNED = 0.25
# So many lines and characters of the article are searched for a headline's words.
_BEGINNING = 10
_MAX_BEGINNING = 2_000
_LISTED = 0.2
_KINDS_OF_HEADLINES = (Kind.PLAIN, Kind.PROSE, Kind.REFERENCE)
_LISTS = (Kind.AFTERMATH, Kind.REFERENCE)
# The site's own lines above the headline of a text that is no page.
_HEAD_LINES = 12
# Fewer words than this are a menu entry or a label ("Breaking News", "Filed under:") more often than a headline.
_MIN_TITLE_WORDS = 4
# As many characters as four words have, for scripts without spaces.
_MIN_TITLE_WIDTH = 12
# More characters than this are a paragraph.
_MAX_TITLE_LENGTH = 200
# A title made of a first sentence is cut to what fits on two lines.
_MAX_MADE_TITLE_LENGTH = 100

_STARTS_LIKE_A_HEADLINE = regex.compile(r"^[\"'“‘«(\[¿¡]*[\p{Lu}\p{Lt}\p{Lo}\p{Nd}]")
_ENDS_LIKE_PROSE = regex.compile(r"[.…:;,。۔।][\"'”’»)\]]*$")
# A question or a cry is a headline too, where it stands alone.
_ENDS_LIKE_A_CRY = regex.compile(r"[!?！？؟][\"'”’»)\]]*$")
# A headline that ends in one of these has no full stop of its own: "A New Law for Washington, D.C."
_ENDS_IN_ABBREVIATION = regex.compile(r"(?:(?<!\p{L})(?:\p{Lu}\.){2,}|\b(?:Inc|Corp|Ltd|Co|Bros|Jr|Sr)\.)[\"'”’»)\]]*$")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
_LONG_WORD = re.compile(r"[\u30a0-\u30ff]{2,}|[\u3400-\u9fff]{2,}|[^\W\d_]{4,}")
_MIN_LONG_WORD = 4
# Letters of ASCII into small ones, and all else into spaces.
_TO_WORDS = {code: chr(code).lower() if chr(code).isalpha() else " " for code in range(0x80)}
_SIGNS = "’“”‘–—…\u00a0•£€"


def find_headline_of_text(lines: Sequence[str], shapes: Sequence[Shape]) -> int | None:
    """Return the place of the first line that looks like a headline; `None` where prose starts before one."""
    for place, line in enumerate(lines[:_HEAD_LINES]):
        if shapes[place].kind is Kind.SUMMARY or _ends_search(line, shapes[place]):
            return None
        may_be = shapes[place].kind in _KINDS_OF_HEADLINES and not _ENDS_LIKE_A_CRY.search(line)
        if may_be and _looks_like_headline(lines, place) and place + 1 < len(lines):
            # A line that goes on in small letters is the first of a paragraph that was broken into lines.
            return None if lines[place + 1][0].islower() else place
    return None


def find_headline_of_page(
    lines: Sequence[str], shapes: Sequence[Shape], counts: Mapping[str, int], start: int, end: int
) -> int | None:
    """Return the place of the line that shares most words with the article at `lines[start:end]`, or stands near it.

    `counts` says how often each line stands on the page.
    """
    told: set[str] = set()
    told_from = -1
    best, best_score = None, 0.0
    listed = False
    for place in range(max(0, start - _REACH), min(end, start + _MAX_INSIDE)):
        line, kind = lines[place], shapes[place].kind
        # Below "Related articles" are the headlines of others.
        listed = kind in _LISTS or (listed and kind is Kind.PLAIN)
        if kind not in _KINDS_OF_HEADLINES or not _looks_like_headline(lines, place):
            continue
        is_signed = _is_signed(shapes, place)
        if place >= start and counts[line] < 2 and not is_signed:
            continue
        below = max(start, place + 1)
        if below > told_from:
            beginning = " ".join(lines[below : min(below + _BEGINNING, end)])
            told, told_from = _words(beginning[:_MAX_BEGINNING]), below
        words = _telling_words(line)
        shared = len(words & told)
        if not words or shared < _MIN_SHARED * len(words):
            continue
        score = shared / (len(words) + 2) - abs(start - place) / (2 * _REACH)
        score += (_SIGNED if is_signed else 0.0) + (_TWICE if counts[line] > 1 else 0.0) - (_LISTED if listed else 0.0)
        if best is None or score > best_score:
            best, best_score = place, score
    return best


def _telling_words(line: str) -> set[str]:
    return {word for word in _words(line) if len(word) >= _MIN_LONG_WORD or not word.isascii()} - ENGLISH


def _words(text: str) -> set[str]:
    """Return the words of a text in small letters; where not all is ASCII, those that are long enough to tell much."""
    if not text.isascii():
        # Typographers' signs are all that most texts have beyond ASCII, whose words are found in a third of the time.
        for sign in _SIGNS:
            text = text.replace(sign, " ")
        if not text.isascii():
            return set(_LONG_WORD.findall(text.lower()))
    return set(text.translate(_TO_WORDS).split())


def _is_signed(shapes: Sequence[Shape], place: int) -> bool:
    """Say whether who and when stands right below a line."""
    return Kind.STAMP in [shape.kind for shape in shapes[place + 1 : place + 5]]


def _ends_search(line: str, shape: Shape) -> bool:
    """Say whether prose has started, above which every headline stands."""
    if shape.kind not in (Kind.PROSE, Kind.PLAIN, Kind.CREDIT):
        return False
    if len(line) > _MAX_TITLE_LENGTH:
        return True
    ends_like_prose = _ENDS_LIKE_PROSE.search(line) or _ENDS_LIKE_A_CRY.search(line)
    return bool(
        ends_like_prose
        and not _ENDS_IN_ABBREVIATION.search(line)
        and not is_byline_or_date(line)
        and len(line.split()) > _MIN_TITLE_WORDS
    )


def _looks_like_headline(lines: Sequence[str], place: int) -> bool:
    line = lines[place]
    return len(line) <= _MAX_TITLE_LENGTH and has_form_of_headline(line) and not is_video_caption(lines, place)


@lru_cache(maxsize=1 << 13)
def has_form_of_headline(line: str) -> bool:
    """Say whether a line of no more than a headline's length has its words, and begins and ends as they do."""
    if line.count(" ") + 1 < _MIN_TITLE_WORDS and (len(line) < _MIN_TITLE_WIDTH or not _UNSPACED.search(line)):
        return False
    if not _STARTS_LIKE_A_HEADLINE.search(line):
        return False
    if _ENDS_LIKE_PROSE.search(line) and not _ENDS_IN_ABBREVIATION.search(line):
        return False
    return not is_byline_or_date(line)


def is_video_caption(lines: Sequence[str], place: int) -> bool:
    """Say whether the next line says how long something lasts: "01:27 - Source: CNN"."""
    return place + 1 < len(lines) and DURATION.match(lines[place + 1]) is not None


def make_title(paragraphs: Sequence[str]) -> str:
    """Return the first sentence without its dateline, cut at a word; empty where there are no paragraphs."""
    if not paragraphs:
        return ""
    first = next((line for line in paragraphs[:_HEAD_LINES] if not is_byline_or_date(line)), paragraphs[0])
    dateline = find_dateline(first)
    title = first_sentence(first[dateline.length :] if dateline and dateline.length < len(first) else first)
    if len(title) <= _MAX_MADE_TITLE_LENGTH:
        return title
    cut = title[: _MAX_MADE_TITLE_LENGTH + 1].rsplit(" ", 1)[0]
    return cut[:_MAX_MADE_TITLE_LENGTH].rstrip(" ,;:-–—") + "…"
