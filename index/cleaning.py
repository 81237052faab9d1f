"""From the text of a scraped page to the article in it: which line is the title, where the body starts."""

from __future__ import annotations

from typing import NamedTuple

import regex

# A headline stands near the top, below the site's own lines.
_HEAD_LINES = 12
# Fewer words than this are a menu entry or a label ("Breaking News", "Filed under:") more often than a headline.
_MIN_TITLE_WORDS = 4
# More characters than this are a paragraph.
_MAX_TITLE_LENGTH = 200
# A title made of a first sentence is cut to what fits on two lines.
_MAX_MADE_TITLE_LENGTH = 100

# "WASHINGTON — ", "MOSCOW (Reuters) - ", "Washington CNN — ": where a report was filed, before its first sentence.
_DATELINE = regex.compile(r"^\s*\p{Lu}[\p{Lu}\p{Ll}.,/'’ -]{1,40}?(?:\s+\([^)]{2,30}\))?\s*(?:—|–|--|\s-\s)\s*(?=\S)")
_STARTS_LIKE_A_HEADLINE = regex.compile(r"^[\"'“‘«(\[¿¡]*[\p{Lu}\p{Lt}\p{Lo}\p{Nd}]")
_ENDS_LIKE_PROSE = regex.compile(r"[.!…:;,][\"'”’»)\]]*$")
_SENTENCE = regex.compile(r"^.+?[.!?…][\"'”’»)\]]*(?=\s|$)")


class CleanText(NamedTuple):
    """What a page's text comes to."""

    title: str
    body: str


def clean(text: str) -> CleanText:
    """Split the text of a page into title and body.

    The title is the first line near the top that looks like a headline, and what stands above it is the site's;
    where there is none it is made from the first sentence. Paragraphs of the body are separated by a blank line;
    a text without blank lines has one a line. Both are empty where the text is.
    """
    lines = [" ".join(line.split()) for line in text.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    headline = _find_headline(lines)
    if headline is None:
        body = _paragraphs(lines)
        return CleanText(_make_title(body), body)
    return CleanText(lines[headline], _paragraphs(lines[headline + 1 :]))


def _find_headline(lines: list[str]) -> int | None:
    """Return the place of the headline; `None` where prose starts before one."""
    for place, line in enumerate(lines[:_HEAD_LINES]):
        words = line.split()
        if (_ENDS_LIKE_PROSE.search(line) and len(words) > _MIN_TITLE_WORDS) or len(line) > _MAX_TITLE_LENGTH:
            return None
        is_label = len(words) < _MIN_TITLE_WORDS or _ENDS_LIKE_PROSE.search(line)
        if not is_label and _STARTS_LIKE_A_HEADLINE.search(line) and any(lines[place + 1 :]):
            # A line that goes on in small letters is the first of a paragraph that was broken into lines.
            return None if lines[place + 1][:1].islower() else place
    return None


def _paragraphs(lines: list[str]) -> str:
    separator = "\n" if "" in lines[:-1] else "\n\n"
    joined = separator.join(lines).strip()
    return regex.sub(r"\n{3,}", "\n\n", joined)


def _make_title(body: str) -> str:
    """Return the first sentence without its dateline, cut at a word."""
    first_line = _DATELINE.sub("", body.partition("\n")[0])
    sentence = _SENTENCE.match(first_line)
    title = sentence.group() if sentence else first_line
    if len(title) <= _MAX_MADE_TITLE_LENGTH:
        return title
    cut = title[: _MAX_MADE_TITLE_LENGTH + 1].rsplit(" ", 1)[0]
    return cut[:_MAX_MADE_TITLE_LENGTH].rstrip(" ,;:-–—") + "…"
