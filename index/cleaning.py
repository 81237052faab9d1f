"""From the text of a scraped page to the article in it: which line is the title, where the body starts."""

from __future__ import annotations

from typing import NamedTuple

import regex

from index.sentences import first_sentence

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
# A headline that ends in one of these has no full stop of its own: "A New Law for Washington, D.C."
_ENDS_IN_ABBREVIATION = regex.compile(r"(?:(?<!\p{L})(?:\p{Lu}\.){2,}|\b(?:Inc|Corp|Ltd|Co|Bros|Jr|Sr)\.)[\"'”’»)\]]*$")

_NAME = r"\p{Lu}[\p{L}.'’-]*"
_JOINED_NAME = rf"(?:\s(?:(?:de|del|der|van|von|bin|al|of|the)\s)*{_NAME})"
# "By John Smith and Jane Doe, The Associated Press". "By Land and Sea" has no first and last name, and is a headline.
_BYLINE = regex.compile(
    rf"^(?:By|BY|by|Von|Par|Por)[:\s]\s*{_NAME}{_JOINED_NAME}{{1,3}}"
    rf"(?:(?:,|\s(?:and|und|et|y|&|\||for)|,\sand)\s(?:the\s)?{_NAME}{_JOINED_NAME}{{0,3}})*$"
)
_DATE_WORD = regex.compile(
    r"(?:\d[\d:.,/-]*(?:st|nd|rd|th)?(?:[ap]\.?m\.?|h|Uhr)?|[ap]\.?m\.?|on|at|of|the|date|first|last"
    r"|updated|published|posted|modified|created|[ECMP][DS]?T|GMT|UTC|BST|CES?T"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)?[.,:;()|/•·–—-]*",
    regex.IGNORECASE,
)


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
        return CleanText(make_title(body), body)
    return CleanText(lines[headline], _paragraphs(lines[headline + 1 :]))


def _find_headline(lines: list[str]) -> int | None:
    """Return the place of the headline; `None` where prose starts before one."""
    for place, line in enumerate(lines[:_HEAD_LINES]):
        words = line.split()
        if len(line) > _MAX_TITLE_LENGTH:
            return None
        if _is_byline_or_date(line):
            continue
        ends_like_prose = _ENDS_LIKE_PROSE.search(line) and not _ENDS_IN_ABBREVIATION.search(line)
        if ends_like_prose and len(words) > _MIN_TITLE_WORDS:
            return None
        is_label = len(words) < _MIN_TITLE_WORDS or ends_like_prose
        if not is_label and _STARTS_LIKE_A_HEADLINE.search(line) and any(lines[place + 1 :]):
            # A line that goes on in small letters is the first of a paragraph that was broken into lines.
            return None if lines[place + 1][:1].islower() else place
    return None


def _is_byline_or_date(line: str) -> bool:
    """Say whether a line names who wrote, or when: "Updated 9:14 AM ET, Thu April 13, 2017"."""
    if _BYLINE.match(line):
        return True
    return any(map(str.isdigit, line)) and all(map(_DATE_WORD.fullmatch, line.split()))


def _paragraphs(lines: list[str]) -> str:
    separator = "\n" if "" in lines[:-1] else "\n\n"
    joined = separator.join(lines).strip()
    return regex.sub(r"\n{3,}", "\n\n", joined)


def make_title(body: str) -> str:
    """Return the first sentence without its dateline, cut at a word."""
    lines = body.split("\n", _HEAD_LINES)[:_HEAD_LINES]
    first_line = next((line for line in lines if line and not _is_byline_or_date(line)), lines[0])
    title = first_sentence(_DATELINE.sub("", first_line))
    if len(title) <= _MAX_MADE_TITLE_LENGTH:
        return title
    cut = title[: _MAX_MADE_TITLE_LENGTH + 1].rsplit(" ", 1)[0]
    return cut[:_MAX_MADE_TITLE_LENGTH].rstrip(" ,;:-–—") + "…"
