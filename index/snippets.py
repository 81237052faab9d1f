"""What is shown of texts that a query matches: titles with their words marked, and the best pieces, as safe HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import numpy as np

from index.codec.building.batch import encode
from index.codec.building.text_tables import text_tables
from index.codec.kernels.snippets import MOST_SHOWN, write_html
from index.sentences import ABBREVIATIONS
from index.spotting import Marker, Marks

# What a reader takes in at a glance; two lines on a wide screen, five on a phone.
MAX_LENGTH = 240
MAX_SNIPPETS = MOST_SHOWN
# Where all that is looked for has been found by here, the rest of the text is not looked at: it would only add to what
# there is to choose from. So many bytes take 0.02 ms, and one article of news in 250 has more.
ENOUGH_TEXT = 16_000
# A caption or a pull quote often stands twice in a page; to show it twice tells nothing, and the next best is shown.
_MAX_PIECES = 2 * MAX_SNIPPETS
# What a hit, and what a piece, may take in HTML besides the text: a pair of tags, and an ellipsis at each end.
_TAGS, _ELLIPSES = len("<mark></mark>"), len("… …".encode()) + 1

_ABBREVIATIONS = np.array([int.from_bytes(word.encode(), "big") for word in ABBREVIATIONS], np.uint64)


def show(
    titles: Sequence[str], bodies: Sequence[str], in_title: Marker, in_body: Marker, language: str | None
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Return for each article of a language its title, marked, and up to three snippets; none where bodies are none."""
    texts = [encode(body) for body in bodies]
    openings = [_opening(text) for text in texts]
    encoded_titles = [encode(title) for title in titles]
    if in_title == in_body:
        marks = in_body.find([*openings, *encoded_titles], language)
        snippets, marked_titles = _write(marks, len(openings))
    else:
        marks = in_body.find(openings, language)
        snippets, _ = _write(marks, len(openings))
        marked_titles = mark(in_title.find(encoded_titles, language))
    for place, (text, opening) in enumerate(zip(texts, openings, strict=True)):
        if len(opening) < len(text) and not in_body.is_complete(marks, place):
            (snippets[place],), _ = _write(in_body.find([text], language), 1)
    return zip(marked_titles, snippets or [()] * len(titles), strict=True)


def _opening(text: bytes) -> bytes:
    """Return as much of a text as is enough to find something in, up to a space."""
    if len(text) <= ENOUGH_TEXT:
        return text
    cut = text.rfind(b" ", 0, ENOUGH_TEXT)
    if cut <= 0:
        cut = ENOUGH_TEXT
        while text[cut] & 0xC0 == 0x80:
            cut -= 1
    return text[:cut]


def mark(marks: Marks) -> list[str]:
    """Return texts as HTML: escaped, and what matches inside `<mark>`."""
    return _write(marks, 0)[1]


def _write(marks: Marks, count: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return up to three pieces of each of the first `count` texts that show what matches, and the others marked.

    A piece starts and ends with a sentence where one is near, with a word and an ellipsis otherwise. Where nothing
    matches it is the opening of the text.
    """
    text, num_marked = marks.text, len(marks.starts) - 1 - count
    longest = len(text) + 4 * text.count(b"&") + 3 * (text.count(b"<") + text.count(b">"))
    html = np.empty(longest + _TAGS * len(marks.hits) + _ELLIPSES * MAX_SNIPPETS * count, np.uint8)
    num_pieces, ends = np.empty(count, np.int64), np.empty(MAX_SNIPPETS * count + num_marked, np.int64)
    tables = text_tables()
    size = write_html(
        np.frombuffer(text, np.uint8), marks.starts, marks.hits, marks.masks, marks.hit_starts, MAX_LENGTH,
        tables.pages, tables.entries, _ABBREVIATIONS, np.zeros(len(marks.hits), np.bool_),
        np.empty((_MAX_PIECES, 6), np.int64), num_pieces, html, ends,
    )  # fmt: skip
    written = html[:size].tobytes().decode("utf-8", "surrogatepass")
    counts = num_pieces.tolist()
    pieces = [written[start:end] for start, end in pairwise((0, *ends[: sum(counts) + num_marked].tolist()))]
    places = pairwise(accumulate(counts, initial=0))
    return [tuple(pieces[first:end]) for first, end in places], pieces[len(pieces) - num_marked :]
