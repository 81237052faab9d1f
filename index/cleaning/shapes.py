"""What one line looks like, by itself: prose, a control of the page, a credit, a date, or anything.

The idea is jusText's (Pomikálek, Removing Boilerplate and Duplicate Content from Web Corpora, 2011): length, words,
the end of the line. A shape has a *gain*: what the line adds to a stretch of lines that is taken for the article
(`index.cleaning.selection`). Prose gains by its length; everything else costs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from operator import attrgetter
from typing import NamedTuple, cast

from index.cleaning.vocabulary import (
    BYLINE,
    COMMON,
    CONTROLS,
    CREDIT,
    CREDIT_LABELS,
    CREDIT_WORDS,
    DATE,
    DURATION,
    OPENINGS,
    PLEA_PHRASES,
    PLEA_WORDS,
    QUOTED_POST,
    RIGHTS_RESERVED,
    Says,
)


class Kind(IntEnum):
    """What a line is taken for, before its neighbours are looked at."""

    PROSE = 0  # a sentence, or several
    PLAIN = 1  # anything else with words: headings, headlines, names, entries of lists and menus
    CONTROL = 2  # a label of the page's own, or a plea
    AFTERMATH = 3  # a label that something else follows: comments, related stories
    REFERENCE = 4  # "Read more: …", a link to another article
    CREDIT = 5  # who took the picture, or a caption that ends so
    STAMP = 6  # who wrote it and when
    SIGNS = 7  # no words: a rule, a number, a bullet
    SUMMARY = 8  # "Story highlights"


class Shape(NamedTuple):
    """What a line is taken for, and what it adds to the stretch that it stands in.

    `is_entry` is set for what looks like the entry of a list of data: "June 9 – West Palm Beach, FL".
    """

    kind: Kind
    gain: float
    is_entry: bool = False


# A hundred characters of prose gain one; nothing gains more than three, or one long paragraph of legal text would
# outweigh a short article.
_PER_GAIN = 100
_MAX_GAIN = 3.0
# Prose that ends without a full stop is prose less surely.
_UNENDED_GAIN = 0.67

_FULL_PROSE = Shape(Kind.PROSE, _MAX_GAIN)
# A label that something else follows ends an article, unless what follows outweighs it: "Related" between paragraphs.
_AFTERMATH = Shape(Kind.AFTERMATH, -2.5)
# Dates stand above articles and above each comment or teaser; two of them outweigh a paragraph.
_STAMP = Shape(Kind.STAMP, -1.5)
_CONTROL = Shape(Kind.CONTROL, -1.0)
# What the site repeats on its pages (`index.cleaning.repeats`) is as good as a label.
CHROME = _CONTROL
# "Read more", "About us": words of controls that headings are made of too.
_WEAK_CONTROL = Shape(Kind.CONTROL, -0.6)
_REFERENCE = Shape(Kind.REFERENCE, -0.6)
# Pictures stand in articles.
_CREDIT = Shape(Kind.CREDIT, -0.3)
_SIGNS = Shape(Kind.SIGNS, -0.3)
_SUMMARY = Shape(Kind.SUMMARY, -0.3)
# Headings and points stand in articles, menus have fifty of them in a row: 0.4 each is enough to part the two, and
# three headings in a row cost no more than what one paragraph gains. From 0.3 to 0.5 little changes.
_PLAIN = Shape(Kind.PLAIN, -0.4)
_LOWER_PLAIN = Shape(Kind.PLAIN, -0.25)
_MIN_LOWER_WORDS = 5
# A cry, a word of an interview.
_SHORT_SENTENCE = Shape(Kind.PLAIN, 0.0)
# A long line without an end or a sentence: all of a menu, tags run together.
_LONG_PLAIN = Shape(Kind.PLAIN, -1.0)

# From here on a line that ends as sentences do is prose, whatever its words are.
_SURE_PROSE = 160
# A caption is no longer; beyond it, a credit at the end is part of a paragraph.
_MAX_CAPTION = 600
_MAX_CONTROL_WORDS = 12
_MAX_CONTROL_WIDTH = 90

# Labels and pleas are shorter than this.
_MAX_OPENING = 300

_OF_SAYING = {
    Says.AFTERMATH: _AFTERMATH,
    Says.REFERENCE: _REFERENCE,
    Says.PLEA: _CONTROL,
    Says.CREDIT: _CREDIT,
    Says.SUMMARY: _SUMMARY,
}
_BYLINE_WORDS = frozenset({"by", "von", "par", "por"})
# A line without a digit, a colon, a dash and one of these says of itself nothing.
_TELLING_WORDS = CREDIT_WORDS | PLEA_WORDS | _BYLINE_WORDS
# A number, and a sign between parts; or three numbers.
_ENTRY = re.compile(r"[–—@:,$€£¥|=%/]|\s-\s|(?:\b\d[\d.,]*\b.*){3}")
_DIGIT = re.compile(r"\d")

_END = re.compile(r"""(?:[.!?…。！？؟۔।:;]["'”’»“)\]」』*]*|\.\.\.)$""")
# What `_END` can end with: most lines end with something else, and need not be searched.
_LAST = frozenset(".!?…。！？؟۔।:;\"'”’»“)]」』*\n")
_ASCII_WORD = re.compile(r"[a-z]+(?:['+-][a-z]+)*\+?")
_WORD = re.compile(r"[^\W\d_]+(?:['’+-][^\W\d_]+)*\+?")
# Letters of scripts that write without spaces; each says as much as two of the others.
_WIDE = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff01-\uff60]")
_WIDE_WEIGHT = 1.2


_KIND = attrgetter("kind")


def ends_sentence(line: str) -> bool:
    """Say whether a line ends as sentences do."""
    return line[-1:] in _LAST and _END.search(line, max(0, len(line) - 8)) is not None


# Pages of a source share most of their short lines, which are looked at once each; long ones would fill the memory.
# When there are too many all are forgotten: to know which were not used for long takes five times as long.
_short_shapes: dict[str, Shape] = {}
_MAX_SHORT_SHAPES = 1 << 15


def shapes_of(lines: Sequence[str]) -> list[Shape]:
    """Return the shapes of lines; their spaces are single ones, and none is empty."""
    shapes = list(map(_short_shapes.get, lines))
    unknown = [place for place, shape in enumerate(shapes) if shape is None]
    # Few pages have a plea in a long line: they are searched for one in all of these at once.
    long = "\n".join([lines[place] for place in unknown if _SURE_PROSE < len(lines[place]) < _MAX_CAPTION])
    may_plead = _says_any(PLEA_PHRASES, long.lower())
    if len(_short_shapes) > _MAX_SHORT_SHAPES:
        _short_shapes.clear()
    for place in unknown:
        line = lines[place]
        if len(line) > _SURE_PROSE:
            shapes[place] = _shape_of(line, may_plead)
        else:
            # A short line is asked for pleas by its words, and some stand on a page twice.
            shapes[place] = _short_shapes[line] = _short_shapes.get(line) or _shape_of(line, may_plead=True)
    return cast(list[Shape], shapes)


def forget() -> None:
    """Forget the lines of earlier pages, as a measurement must."""
    _short_shapes.clear()


def kinds_of(shapes: Sequence[Shape]) -> bytes:
    """Return the kinds of shapes, a byte each, in which those of one kind are found without looking at each."""
    return bytes(map(_KIND, shapes))


def _shape_of(line: str, may_plead: bool) -> Shape:
    length = len(line)
    ended = ends_sentence(line)
    if ended and length > _SURE_PROSE:
        if length < _MAX_CAPTION:
            if may_plead and _says_any(PLEA_PHRASES, line.lower()):
                return _CONTROL
            if line[0] == "©" or ((line[-1] in ")]" or ":" in line[-60:]) and CREDIT.search(line, length - 90)):
                return _CREDIT
        return _FULL_PROSE if length >= _MAX_GAIN * _PER_GAIN else Shape(Kind.PROSE, length / _PER_GAIN)
    lower = line.lower()
    is_ascii = line.isascii()
    words = _ASCII_WORD.findall(lower) if is_ascii else _WORD.findall(lower)
    if not words:
        return _CONTROL if DURATION.match(line) else _STAMP if DATE.search(line) else _SIGNS
    width = length if is_ascii else length + _WIDE_WEIGHT * len(_WIDE.findall(line))
    first_word = words[0]
    if first_word in OPENINGS or line[0] == "©" or RIGHTS_RESERVED in lower:
        shape = _opening(line, lower, first_word)
        if shape is not None:
            return shape
    return (
        _controls(line, words, width, ended)
        or _labelled(line, lower, words, ended)
        or _unlabelled(line, words, width, ended)
    )


def _says_any(phrases: tuple[str, ...], lower: str) -> bool:
    for phrase in phrases:  # noqa: SIM110 -- twice as fast as any(), for the one thing that every line is asked
        if phrase in lower:
            return True
    return False


def _opening(line: str, lower: str, first_word: str) -> Shape | None:
    """Return the shape of a line that says at its beginning what it is; `None` for all others."""
    openings = OPENINGS.get(first_word)
    if openings is not None and len(line) < _MAX_OPENING:
        start = lower.index(first_word)
        for pattern, says in openings:
            if pattern.match(line, start):
                return _OF_SAYING[says]
    if (RIGHTS_RESERVED in lower and len(line) < _MAX_OPENING) or line[0] == "©":
        return _AFTERMATH
    return None


def _controls(line: str, words: list[str], width: float, ended: bool) -> Shape | None:
    """Return the shape of a line that consists of the words of controls; `None` for all others."""
    count = len(words)
    if count > _MAX_CONTROL_WORDS or width > _MAX_CONTROL_WIDTH or (ended and count > 4):
        return None
    controls = 0
    for word in words:
        if word in CONTROLS:
            controls += 1
        elif word not in COMMON:
            break
    else:
        if controls or count <= 3:
            if line[-1] == ":":
                return _REFERENCE
            return _CONTROL if controls else _WEAK_CONTROL
    # "XS SM MD LG", "1 h 2 m": nothing but abbreviations of the page's own.
    if count >= 3 and width < 4 * count and line.isascii() and max(map(len, words)) <= 2:
        return _CONTROL
    return None


def _labelled(line: str, lower: str, words: list[str], ended: bool) -> Shape | None:
    """Return the shape of a line that says somewhere what it is; `None` for all others."""
    count, length = len(words), len(line)
    has_digit = _DIGIT.search(line) is not None
    if not has_digit and ":" not in line and line[0] not in "—–-" and _TELLING_WORDS.isdisjoint(words):
        return None
    if (
        length < _MAX_CAPTION
        and (not CREDIT_WORDS.isdisjoint(words) or (":" in line and _says_any(CREDIT_LABELS, line)))
        and CREDIT.search(line)
    ):
        return _CREDIT
    if has_digit and DURATION.match(line):
        return _CONTROL
    if line[0] in "—–-" and QUOTED_POST.match(line):
        return _SHORT_SENTENCE
    if length < 130 and (
        (not _BYLINE_WORDS.isdisjoint(words[:2]) and BYLINE.match(line))
        or (count <= 14 and not (ended and count > 8) and has_digit and DATE.search(line))
    ):
        return _STAMP
    if length < _MAX_OPENING and not PLEA_WORDS.isdisjoint(words) and _says_any(PLEA_PHRASES, lower):
        return _CONTROL
    return None


def _unlabelled(line: str, words: list[str], width: float, ended: bool) -> Shape:
    count = len(words)
    if ended:
        if width >= 30 or count >= 4:
            return Shape(Kind.PROSE, min(width / _PER_GAIN, _MAX_GAIN))
        return _SHORT_SENTENCE
    if width < 120 and count < _MIN_LOWER_WORDS and line.isascii():
        shape = _PLAIN
    else:
        # Headlines and menus have capitals, sentences small letters. Scripts without either are judged by length.
        capitals = len([word for word in line.split() if word[0].isupper()])
        is_cased = capitals > 0 or any(map(str.islower, words))
        if width >= (120 if is_cased else 140):
            if is_cased and capitals > 0.4 * count:
                return _LONG_PLAIN
            return Shape(Kind.PROSE, min(width / _PER_GAIN, _MAX_GAIN) * _UNENDED_GAIN)
        is_lower = not is_cased or (capitals <= 0.5 * count and count >= _MIN_LOWER_WORDS)
        shape = _LOWER_PLAIN if is_lower else _PLAIN
    return shape._replace(is_entry=True) if _DIGIT.search(line) and _ENTRY.search(line) else shape
