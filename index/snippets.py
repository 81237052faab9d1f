"""What is shown of texts that a query matches: titles with their words marked, and the best pieces, as safe HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

import numpy as np

from index.codec.building.batch import encode
from index.codec.building.text_tables import text_tables
from index.codec.kernels.snippets import CUT_AFTER, CUT_BEFORE, make_pieces
from index.sentences import ABBREVIATIONS
from index.spotting import Marker, Marks

# What a reader takes in at a glance; two lines on a wide screen, five on a phone.
MAX_LENGTH = 240
MAX_SNIPPETS = 3
# Where all that is looked for has been found by here, the rest of the text is not looked at: it would only add to what
# there is to choose from. So many bytes take 0.1 ms, and one article of news in 250 has more.
ENOUGH_TEXT = 16_000
# A caption or a pull quote often stands twice in a page; to show it twice tells nothing, and the next best is shown.
_MAX_PIECES = 2 * MAX_SNIPPETS

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
        marked_titles = mark(marks, len(openings))
    else:
        marks = in_body.find(openings, language)
        marked_titles = mark(in_title.find(encoded_titles, language))
    snippets = make_snippets(marks, len(openings))
    for place, (text, opening) in enumerate(zip(texts, openings, strict=True)):
        if len(opening) < len(text) and not in_body.is_complete(marks, place):
            snippets[place] = make_snippets(in_body.find([text], language), 1)[0]
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


def mark(marks: Marks, first: int = 0) -> list[str]:
    """Return the texts from one on as HTML: escaped, and what matches inside `<mark>`."""
    starts, hit_starts = marks.starts.tolist(), marks.hit_starts.tolist()
    return [
        _to_html(marks, starts[number], starts[number + 1], hit_starts[number], hit_starts[number + 1])
        for number in range(first, len(starts) - 1)
    ]


def _to_html(marks: Marks, start: int, end: int, first_hit: int, end_hit: int) -> str:
    """Return a stretch of the texts as HTML, with some hits, all of them in it, marked."""
    text, place = marks.text, start
    pieces: list[bytes] = []
    for hit_start, hit_end in marks.hits[first_hit:end_hit].tolist():
        pieces += text[place:hit_start], b"<mark>", text[hit_start:hit_end], b"</mark>"
        place = hit_end
    pieces.append(text[place:end])
    # Every other one is a tag. Three searches take less than to escape each piece.
    if text.find(b"<", start, end) >= 0 or text.find(b">", start, end) >= 0 or text.find(b"&", start, end) >= 0:
        pieces[::2] = map(_escape, pieces[::2])
    return b"".join(pieces).decode("utf-8", "surrogatepass")


def _escape(text: bytes) -> bytes:
    # Quotes stay: marked text goes between tags, never into an attribute.
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def make_snippets(marks: Marks, count: int) -> list[tuple[str, ...]]:
    """Return up to three pieces of each of the first `count` texts that show what matches, in the text's order.

    A piece starts and ends with a sentence where one is near, with a word and an ellipsis otherwise. Where nothing
    matches it is the opening of the text.
    """
    found = np.empty((count * _MAX_PIECES, 5), np.int64)
    counts = np.empty(count, np.int64)
    tables = text_tables()
    make_pieces(
        np.frombuffer(marks.text, np.uint8), marks.starts, marks.hits, marks.masks, marks.hit_starts, MAX_LENGTH,
        tables.pages, tables.entries, _ABBREVIATIONS, np.zeros(len(marks.hits), np.bool_), found, counts,
    )  # fmt: skip
    pieces = found.tolist()
    return [
        _render(marks, pieces[number * _MAX_PIECES : number * _MAX_PIECES + of_text])
        for number, of_text in enumerate(counts.tolist())
    ]


def _render(marks: Marks, pieces: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """Return the best pieces that differ as HTML, each on one line and with an ellipsis where it cuts a sentence."""
    chosen: dict[bytes, Sequence[int]] = {}
    for piece in pieces:
        chosen.setdefault(marks.text[piece[0] : piece[1]].strip(), piece)
        if len(chosen) == MAX_SNIPPETS:
            break
    return tuple(
        f"{'… ' if cut & CUT_BEFORE else ''}{_to_line(_to_html(marks, start, end, first_hit, end_hit))}"
        f"{' …' if cut & CUT_AFTER else ''}"
        for start, end, cut, first_hit, end_hit in sorted(chosen.values(), key=_first)
    )


_first = itemgetter(0)


def _to_line(text: str) -> str:
    """Return a text on one line, with single spaces."""
    # Of white space a plain space alone can be printed; to look for others takes a fifth of what a split does.
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())
