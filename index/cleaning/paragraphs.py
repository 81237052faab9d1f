"""Text into the lines that are looked at: spaces made single, paragraphs that were broken into lines joined again.

Mail, newsgroups and wires break paragraphs at some 70 characters. Such lines are short, end anywhere and would pass
for menus; joined they are the sentences that they were.
"""

from __future__ import annotations

import re
from itertools import chain, compress, pairwise
from operator import not_
from typing import NamedTuple

# Where paragraphs were broken: no line is longer than the one, and the longest are longer than the other. A few may
# stand out, such as addresses of the Web.
_MAX_WRAP = 100
_MIN_WRAP = 40
_OUTLIERS = 0.03
# This share of the lines goes on in small letters where the line above has not ended; of headlines in a list, none do.
_MIN_BROKEN = 0.2
# A paragraph's lines, but for its last, come this near to the longest; the next word would not have fitted.
_SLACK = 4

_ENDS = re.compile(r"[.!?…:;。！？؟]['\"”’»)\]]*$")
# What is laid out is left as it is: quoted mail, tables, rules, code.
_LAID_OUT = re.compile(r"\s*(?:[>|*#:+=~_-]|\d+[.)]\s|[A-Za-z]+>)|.*\S\s{3,}\S")


class Paragraphs(NamedTuple):
    """The lines of a text, some of them several that were one paragraph (`were_broken`).

    `apart` says of each whether a blank line is above it.
    """

    texts: list[str]
    apart: list[bool]
    were_broken: bool = False


def split_paragraphs(text: str) -> Paragraphs:
    """Return the lines of a text that have something on them."""
    raw = text.splitlines() if "\r" in text or "\u2028" in text else text.split("\n")
    width = _wrap_width(raw)
    if width:
        return _join_broken(raw, width)
    return _keep_apart(_tidy(raw, "  " in text))


def _tidy(raw: list[str], has_runs: bool) -> list[str]:
    """Return lines with single spaces; `has_runs` says whether several stand together in some line."""
    tidy = list(map(str.strip, raw))
    # White space other than spaces is not printable; most lines have none, and are not looked at one by one.
    untidy = compress(range(len(raw)), map(not_, map(str.isprintable, tidy)))
    for place in chain(untidy, [place for place, line in enumerate(tidy) if "  " in line] if has_runs else ()):
        tidy[place] = " ".join(tidy[place].split())
    return tidy


def _keep_apart(tidy: list[str]) -> Paragraphs:
    if "" not in tidy:
        return Paragraphs(tidy, [False] * len(tidy))
    # Of each line that is left, whether the one above it was blank; a blank line at the very top parts nothing.
    apart = list(compress(chain([False], map(not_, tidy)), tidy))
    if apart:
        apart[0] = False
    return Paragraphs(list(filter(None, tidy)), apart)


def _join_broken(raw: list[str], width: int) -> Paragraphs:
    texts: list[str] = []
    aparts: list[bool] = []
    apart = open_for_more = were_broken = False
    previous = ""
    for line in raw:
        words = line.split()
        if not words:
            apart, open_for_more = bool(texts), False
            continue
        joined = " ".join(words)
        if open_for_more and _continues(previous, line, words[0], width):
            texts[-1] += f" {joined}"
            were_broken = True
        else:
            texts.append(joined)
            aparts.append(apart)
        open_for_more = _LAID_OUT.match(line) is None
        apart = False
        previous = line
    return Paragraphs(texts, aparts, were_broken)


def _wrap_width(lines: list[str]) -> int:
    """Return the width that paragraphs were broken at, zero where they were not."""
    lengths = list(map(len, lines))
    count = len(lengths) - lengths.count(0)
    if count < 3 or len([length for length in lengths if length > _MAX_WRAP]) > _OUTLIERS * count:
        return 0
    width = max((length for line in lines if (length := len(line.rstrip())) <= _MAX_WRAP), default=0)
    if width < _MIN_WRAP:
        return 0
    pairs = broken = 0
    for above, below in pairwise(map(str.strip, lines)):
        if above and below:
            pairs += 1
            first = below[0]
            # Letters that are neither small nor capital go on where the line above is full.
            goes_on = first.islower() or (len(above) > width - _SLACK and first.isalpha() and not first.isupper())
            broken += goes_on and _ENDS.search(above) is None
    return width if pairs and broken >= _MIN_BROKEN * pairs else 0


def _continues(above: str, line: str, first_word: str, width: int) -> bool:
    """Say whether a line goes on with the paragraph of the one above."""
    if _LAID_OUT.match(line):
        return False
    indent = len(line) - len(line.lstrip())
    if indent >= 2 and indent > len(above) - len(above.lstrip()):
        return False
    # A broken line is full, or was broken where its writer's window was narrower and goes on in small letters.
    length = len(above.rstrip())
    if length + 1 + len(first_word) > width - _SLACK:
        return True
    return first_word[0].islower() and 2 * length > width and _ENDS.search(above) is None
