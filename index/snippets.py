"""Where a query matches in a text, and the pieces of the text that show it best, as safe HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import regex

from index import analysis
from index.query_language import Leaf, Phrase, Prefix, Word

# What a reader takes in at a glance; two lines on a wide screen, five on a phone.
MAX_LENGTH = 240
MAX_SNIPPETS = 3
# A sentence shorter than this says too little alone and takes the next one along.
MIN_LENGTH = 80

_SENTENCE_END = regex.compile(r"""(?<=[.!?…]["'”’»)\]]*)\s+(?=["'“‘«(\[]*[\p{Lu}\p{Nd}])|\s*\n\s*|(?<=[。！？])""")
# A full stop after one of these, or after a single capital (J. R. Ewing), seldom ends a sentence.
_ABBREVIATION = regex.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Prof|No|vs|Jr|Sr|Rev|Hon|Capt|Maj|Adm|Pres|Gen|Messrs)"
    r"|(?<!\p{L})\p{Lu})\.$"
)


class Span(NamedTuple):
    """A stretch of a text that matches: `text[start:end]`; `key` tells what it matches from what else does."""

    start: int
    end: int
    key: str


@dataclass(frozen=True)
class Marker:
    """What to mark in a text: the leaves of a query that have to do with it."""

    stems: frozenset[str]
    prefixes: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, leaves: Iterable[Leaf], field: str) -> Marker:
        """Collect what a query looks for in one field."""
        stems: set[str] = set()
        prefixes: list[str] = []
        phrases: list[tuple[str, ...]] = []
        for leaf in leaves:
            if not isinstance(leaf, Word | Prefix | Phrase) or leaf.field not in (None, field):
                continue
            if isinstance(leaf, Word):
                stems.add(analysis.stem(leaf.surface))
            elif isinstance(leaf, Prefix):
                prefixes.append(leaf.surface)
            else:
                phrases.append(tuple(analysis.stem(surface) for surface in leaf.surfaces))
        return cls(frozenset(stems), tuple(prefixes), tuple(phrases))

    def find(self, text: str) -> list[Span]:
        """Return what matches, in order, without overlaps; where two overlap the longer stays."""
        if not (self.stems or self.prefixes or self.phrases):
            return []
        tokens = list(analysis.tokenize(text))
        stems = [analysis.stem(token.surface) for token in tokens]
        found = [
            Span(token.start, token.end, stem)
            for token, stem in zip(tokens, stems, strict=True)
            if stem in self.stems or token.surface.startswith(self.prefixes)
        ]
        for phrase in self.phrases:
            for place in _occurrences(stems, phrase):
                last = tokens[place + len(phrase) - 1]
                found.append(Span(tokens[place].start, last.end, " ".join(phrase)))
        return _without_overlaps(found)


def _occurrences(stems: Sequence[str], phrase: tuple[str, ...]) -> Iterator[int]:
    length = len(phrase)
    first = phrase[0]
    for place in range(len(stems) - length + 1):
        if stems[place] == first and tuple(stems[place : place + length]) == phrase:
            yield place


def _without_overlaps(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def mark(text: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> str:
    """Return `text[start:end]` as HTML: escaped, and the spans within inside `<mark>`."""
    end = len(text) if end is None else end
    pieces: list[str] = []
    place = start
    for span in spans:
        if span.start < start or span.end > end:
            continue
        pieces += [
            _escape(text[place : span.start]),
            "<mark>",
            _escape(text[span.start : span.end]),
            "</mark>",
        ]
        place = span.end
    pieces.append(_escape(text[place:end]))
    return "".join(pieces)


def _escape(text: str) -> str:
    # Quotes stay: marked text goes between tags, never into an attribute.
    return html.escape(text, quote=False)


def make_snippets(text: str, marker: Marker) -> tuple[str, ...]:
    """Return up to three pieces of a text that show a query's matches, in the text's order, as HTML.

    A piece starts and ends with a sentence where that is short enough, with a word and an ellipsis otherwise.
    Where nothing matches it is the opening of the text.
    """
    spans = marker.find(text)
    if not spans:
        return _opening(text)
    # A caption or a pull quote often stands twice in a page; to show it twice tells nothing.
    pieces = list(
        {text[piece.start : piece.end].strip(): piece for piece in reversed(list(_pieces(text, spans)))}.values()
    )
    chosen: list[_Piece] = []
    shown: set[str] = set()
    while pieces and len(chosen) < MAX_SNIPPETS:
        best = max(pieces, key=lambda piece: (len(piece.keys - shown), len(piece.keys), piece.matches, -piece.start))
        pieces.remove(best)
        chosen.append(best)
        shown |= best.keys
    return tuple(_render(text, piece, spans) for piece in sorted(chosen, key=lambda piece: piece.start))


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    keys: frozenset[str]
    matches: int


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[_Piece]:
    """Yield the stretches of a text that hold a match, none overlapping another."""
    for start, end, inside in _matching_sentences(text, spans):
        # A long sentence becomes as many windows as its matches need.
        rest, place = start, 0
        while place < len(inside):
            window_start, window_end = _window(text, rest, end, inside[place:])
            shown = [span for span in inside[place:] if span.end <= window_end]
            yield _Piece(window_start, window_end, frozenset(span.key for span in shown), len(shown))
            place += len(shown)
            rest = window_end


def _matching_sentences(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int, Sequence[Span]]]:
    """Yield (start, end, spans inside) of the sentences with a match; a match never crosses their ends."""
    place = 0
    start: int | None = None
    for sentence_start, sentence_end in _sentences(text):
        start = sentence_start if start is None else start
        first = place
        while place < len(spans) and spans[place].start < sentence_end:
            place += 1
        if place > first and spans[place - 1].end > sentence_end:
            # A phrase goes on in the next sentence, and so this one does too.
            place = first
            continue
        if place > first:
            yield start, sentence_end, spans[first:place]
        start = None


def _window(text: str, start: int, end: int, spans: Sequence[Span]) -> tuple[int, int]:
    """Return the sentence if it is short enough, else a part of it around its first matches."""
    if end - start <= MAX_LENGTH:
        return start, end
    first = spans[0]
    # A single match can be longer than a window: a phrase, or a word of a thousand letters.
    start = max(start, min(first.start - MAX_LENGTH // 3, end - MAX_LENGTH))
    start = _word_start(text, start, first.start)
    end = min(end, max(start + MAX_LENGTH, first.end))
    return start, _word_end(text, end, max(span.end for span in spans if span.end <= end))


def _word_start(text: str, start: int, at_most: int) -> int:
    """Move `start` forward to where a word begins."""
    if start == 0 or text[start - 1].isspace():
        return start
    while start < at_most and not text[start].isspace():
        start += 1
    while start < at_most and text[start].isspace():
        start += 1
    return start


def _word_end(text: str, end: int, at_least: int) -> int:
    """Move `end` back to where a word ends."""
    if end >= len(text) or text[end].isspace():
        return end
    cut = end
    while cut > at_least and not text[cut - 1].isspace():
        cut -= 1
    # In a script without spaces there is no such place, and a cut within the text is as good as any.
    return cut if cut > at_least else end


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a text as (start, end); a short one takes the next of its paragraph along."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        is_paragraph_end = "\n" in match.group()
        if not is_paragraph_end and (
            match.start() - start < MIN_LENGTH or _ABBREVIATION.search(text, start, match.start())
        ):
            continue
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _opening(text: str) -> tuple[str, ...]:
    for start, end in _sentences(text):
        if text[start:end].strip():
            cut = end if end - start <= MAX_LENGTH else _word_end(text, start + MAX_LENGTH, start)
            return (_render(text, _Piece(start, cut, frozenset(), 0), ()),)
    return ()


def _render(text: str, piece: _Piece, spans: Sequence[Span]) -> str:
    """Return a piece as HTML on one line, with an ellipsis where it cuts a sentence."""
    start, end = piece.start, piece.end
    cut_before = start > 0 and not _is_boundary(text, start)
    cut_after = not _is_boundary(text, end)
    marked = " ".join(mark(text, spans, start, end).split())
    return f"{'… ' if cut_before else ''}{marked}{' …' if cut_after else ''}"


def _is_boundary(text: str, place: int) -> bool:
    """Say whether a sentence or a paragraph ends at a place."""
    before = text[:place].rstrip()[-1:] if place < 4096 else text[place - 4096 : place].rstrip()[-1:]
    rest = text[place : place + 64]
    gap = rest[: len(rest) - len(rest.lstrip())]
    gap_before = text[max(0, place - 64) : place]
    newline_before = "\n" in gap_before[len(gap_before.rstrip()) :]
    return not rest.strip() or not before or "\n" in gap or newline_before or before in ".!?…\"'”’»)]。！？"
