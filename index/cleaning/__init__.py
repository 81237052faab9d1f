"""From the text of a scraped page to the article in it: its title and body, and what the lines around them tell.

Text files hold whole pages: menus, captions, share bars, pleas, comments. There is no markup to go by; what is left is
the shape of each line (`shapes`, `vocabulary`), the shapes of its neighbours (`selection`), and what stands in many
articles of a source (`repeats`). A text that is no page, an article to begin with, loses next to nothing: a sentence
lost is worse than a label kept. `paragraphs` makes lines of the text, `headline` finds the title among them, `facts`
reads names, dates and places.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from index.cleaning.facts import Dateline, find_authors, find_dateline, find_published
from index.cleaning.headline import find_headline_of_page, find_headline_of_text, make_title
from index.cleaning.paragraphs import Paragraphs, split_paragraphs
from index.cleaning.repeats import Repeats, drop_repetitions, mark_repeated
from index.cleaning.selection import find_stretch_of_page, select_from_page, select_from_text
from index.cleaning.shapes import Kind, Shape, shapes_of

__all__ = ["CleanText", "Repeats", "clean", "make_title"]

# Where no headline was found, so many lines above the first paragraph are asked who wrote it and when.
_FACTS_REACH = 15


class CleanText(NamedTuple):
    """What a page's text comes to; what the text does not tell is `None` or empty.

    Paragraphs of the body are separated by a blank line; a text without blank lines has one a line. `dateline` is the
    place where the article was filed, `agency` the one that its dateline names. `removed_lines` and
    `removed_characters` are what was taken away, the title not among it.
    """

    title: str
    body: str
    dateline: str | None = None
    agency: str | None = None
    authors: tuple[str, ...] = ()
    published: dt.date | None = None
    removed_lines: int = 0
    removed_characters: int = 0


def clean(text: str, repeats: Repeats | None = None) -> CleanText:
    """Find the article in the text of a page.

    The title is the headline above it; where there is none it is made from the first sentence. Both title and body are
    empty where the text is. `repeats` knows the lines that stand in many articles of the same source.
    """
    paragraphs = split_paragraphs(text)
    lines = paragraphs.texts
    if not lines:
        return CleanText("", "")
    shapes = shapes_of(lines)
    if repeats is not None:
        shapes = mark_repeated(lines, shapes, repeats)
    headline, kept = _find_article(lines, shapes, was_broken=paragraphs.were_broken)
    if headline is None and not kept:
        kept = list(range(len(lines)))
    first = next((place for place in kept if shapes[place].kind is Kind.PROSE), kept[0] if kept else len(lines))
    # Who wrote and when stands between the headline and the first paragraph.
    top = headline + 1 if headline is not None and headline < first else max(0, first - _FACTS_REACH)
    around = lines[top:first]
    kept, dateline = _take_dateline(lines, kept, first)
    if headline is not None:
        title = lines[headline]
    else:
        title = make_title([lines[place] for place in kept if place >= first] or lines)
    left = set(kept) if headline is None else {*kept, headline}
    return CleanText(
        title,
        _join(paragraphs, kept),
        dateline.place if dateline else None,
        dateline.agency if dateline else None,
        find_authors(around),
        find_published(around),
        len(lines) - len(left),
        sum(map(len, lines)) - sum([len(lines[place]) for place in left]),
    )


def _find_article(lines: Sequence[str], shapes: Sequence[Shape], *, was_broken: bool) -> tuple[int | None, list[int]]:
    """Return the places of the headline and of the article's other lines."""
    # Mail and wires are broken into lines, pages of the Web are not.
    counts = Counter(lines)
    stretch = None if was_broken else find_stretch_of_page(lines, shapes, counts)
    if stretch is not None:
        start, end = stretch
        headline = find_headline_of_page(lines, shapes, counts, start, end)
        if headline is not None and start <= headline:
            start = headline + 1
        title = None if headline is None else lines[headline]
        kept = [place for place in select_from_page(lines, shapes, counts, start, end) if lines[place] != title]
        if any(shapes[place].kind is Kind.PROSE for place in kept):
            return headline, drop_repetitions(lines, kept)
    headline = find_headline_of_text(lines, shapes)
    if was_broken:
        return headline, [place for place in range(len(lines)) if place != headline]
    return headline, drop_repetitions(lines, select_from_text(lines, shapes, headline))


def _take_dateline(lines: Sequence[str], kept: list[int], first: int) -> tuple[list[int], Dateline | None]:
    """Return the dateline of the first paragraph, or one on a line of its own above it, which the body then loses."""
    for place in kept:
        dateline = find_dateline(lines[place]) if place <= first else None
        if dateline is not None and (place == first or dateline.length == len(lines[place])):
            is_alone = dateline.length == len(lines[place]) and len(kept) > 1
            return [other for other in kept if other != place] if is_alone else kept, dateline
    return kept, None


def _join(paragraphs: Paragraphs, kept: Sequence[int]) -> str:
    """Return the body; lines that stood together without a blank line stay together, unless none stands in the text."""
    if not any(paragraphs.apart):
        return "\n\n".join([paragraphs.texts[place] for place in kept])
    parts: list[str] = []
    previous = -1
    for place in kept:
        if parts:
            parts.append("\n" if not paragraphs.apart[place] and previous == place - 1 else "\n\n")
        parts.append(paragraphs.texts[place])
        previous = place
    return "".join(parts)
