"""What is shown of texts that a query matches: titles with their words marked, and the best pieces, as safe HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from index.codec.building.batch import encode
from index.codec.building.text_tables import text_tables
from index.codec.kernels.snippets import CUT_AFTER, CUT_BEFORE, make_pieces
from index.sentences import ABBREVIATIONS
from index.spotting import Marker, Marks

# What a reader takes in at a glance; two lines on a wide screen, five on a phone.
MAX_LENGTH = 240
MAX_SNIPPETS = 3
# Where something has been found by here, the rest of the text, which few read, is not looked at: it would only add
# to what there is to choose from. So many bytes take half a millisecond; of 40,000 articles of news all are shorter.
ENOUGH_TEXT = 50_000
# A caption or a pull quote often stands twice in a page; to show it twice tells nothing, and the next best is shown.
_MAX_PIECES = 2 * MAX_SNIPPETS

_ABBREVIATIONS = np.array([int.from_bytes(word.encode(), "big") for word in ABBREVIATIONS], np.uint64)


def show(
    titles: Sequence[str], bodies: Sequence[str], in_title: Marker, in_body: Marker, language: str | None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield for each article of a language its title, marked, and up to three snippets; none where there is no body."""
    texts = [encode(body) for body in bodies]
    openings = [_opening(text) for text in texts]
    encoded_titles = [encode(title) for title in titles]
    if in_title == in_body:
        marks = in_body.find([*openings, *encoded_titles], language)
        marked_titles = mark(marks, len(openings))
    else:
        marks = in_body.find(openings, language)
        marked_titles = mark(in_title.find(encoded_titles, language))
    snippets = make_snippets(marks, len(openings))
    for place, (text, opening) in enumerate(zip(texts, openings, strict=True)):
        if len(opening) < len(text) and marks.hit_starts[place] == marks.hit_starts[place + 1]:
            snippets[place] = make_snippets(in_body.find([text], language), 1)[0]
    yield from zip(marked_titles, snippets or [()] * len(titles), strict=True)


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


def mark(marks: Marks, first: int = 0) -> list[str]:
    """Return the texts from one on as HTML: escaped, and what matches inside `<mark>`."""
    hits, starts, hit_starts = marks.hits.tolist(), marks.starts.tolist(), marks.hit_starts.tolist()
    return [
        _to_html(marks.text, starts[number], starts[number + 1], hits[hit_starts[number] : hit_starts[number + 1]])
        for number in range(first, len(starts) - 1)
    ]


def _to_html(text: bytes, start: int, end: int, hits: Sequence[Sequence[int]]) -> str:
    """Return `text[start:end]` as HTML, with the hits that are in it marked."""
    pieces: list[bytes] = []
    place = start
    for hit_start, hit_end in hits:
        if hit_end > end:
            break
        if hit_start >= start:
            pieces += _escape(text[place:hit_start]), b"<mark>", _escape(text[hit_start:hit_end]), b"</mark>"
            place = hit_end
    pieces.append(_escape(text[place:end]))
    return b"".join(pieces).decode("utf-8", "surrogatepass")


def _escape(text: bytes) -> bytes:
    # Quotes stay: marked text goes between tags, never into an attribute.
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def make_snippets(marks: Marks, count: int) -> list[tuple[str, ...]]:
    """Return up to three pieces of each of the first `count` texts that show what matches, in the text's order.

    A piece starts and ends with a sentence where one is near, with a word and an ellipsis otherwise. Where nothing
    matches it is the opening of the text.
    """
    found = np.empty((count * _MAX_PIECES, 3), np.int64)
    counts = np.empty(count, np.int64)
    tables = text_tables()
    make_pieces(
        np.frombuffer(marks.text, np.uint8), marks.starts, marks.hits, marks.masks, marks.hit_starts, MAX_LENGTH,
        tables.pages, tables.entries, _ABBREVIATIONS, np.zeros(len(marks.hits), np.bool_), found, counts,
    )  # fmt: skip
    hits, hit_starts, pieces = marks.hits.tolist(), marks.hit_starts.tolist(), found.tolist()
    return [
        _render(
            marks.text,
            pieces[number * _MAX_PIECES : number * _MAX_PIECES + of_text],
            hits[hit_starts[number] : hit_starts[number + 1]],
        )
        for number, of_text in enumerate(counts.tolist())
    ]


def _render(text: bytes, pieces: Sequence[Sequence[int]], hits: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """Return the best pieces that differ as HTML, each on one line and with an ellipsis where it cuts a sentence."""
    chosen: dict[bytes, tuple[int, int, int]] = {}
    for start, end, cut in pieces:
        chosen.setdefault(text[start:end].strip(), (start, end, cut))
        if len(chosen) == MAX_SNIPPETS:
            break
    return tuple(
        f"{'… ' if cut & CUT_BEFORE else ''}{' '.join(_to_html(text, start, end, hits).split())}"
        f"{' …' if cut & CUT_AFTER else ''}"
        for start, end, cut in sorted(chosen.values())
    )
