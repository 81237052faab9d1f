"""Where a query matches in a text, and the pieces of the text that show it best, as safe HTML."""

from __future__ import annotations

import html
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from index import analysis
from index.clauses import Exact, Forms, Fuzzy, Leaf, Phrase, Prefix, Wildcard, Word
from index.marking import NearWords, exact_surfaces, make_matcher
from index.sentences import find_sentences, is_within_paragraph
from index.stopwords import is_acronym

# What a reader takes in at a glance; two lines on a wide screen, five on a phone.
MAX_LENGTH = 240
MAX_SNIPPETS = 3
# Where something has been found by here, the rest of the text, which few read, is not looked at: it would only add
# to what there is to choose from.
ENOUGH_TEXT = 200_000


class Span(NamedTuple):
    """A stretch of a text that matches: `text[start:end]`; `key` tells what it matches from what else does."""

    start: int
    end: int
    key: str


_span_start = attrgetter("start")
_span_end = attrgetter("end")


@dataclass(frozen=True)
class Marker:
    """What to mark in a text: the leaves of a query that have to do with it."""

    surfaces: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    near: tuple[Phrase, ...] = ()
    exact: frozenset[str] = frozenset()
    forms: tuple[Wildcard | Fuzzy, ...] = ()

    @classmethod
    def of(cls, leaves: Iterable[Leaf], field: str) -> Marker:
        """Collect what a query looks for in one field."""
        wanted = [
            leaf
            for leaf in leaves
            if isinstance(leaf, Word | Prefix | Phrase | Exact | Forms | Wildcard | Fuzzy)
            and leaf.field in (None, field)
        ]
        phrases = [leaf for leaf in wanted if isinstance(leaf, Phrase)]
        return cls(
            tuple(leaf.surface for leaf in wanted if isinstance(leaf, Word) and not is_acronym(leaf.surface)),
            tuple(leaf.surface for leaf in wanted if isinstance(leaf, Prefix)),
            tuple(leaf.surfaces for leaf in phrases if leaf.slop == 1 and not leaf.is_exact),
            tuple(leaf for leaf in phrases if leaf.slop > 1 or leaf.is_exact),
            frozenset(exact_surfaces(wanted)),
            tuple(leaf for leaf in wanted if isinstance(leaf, Wildcard | Fuzzy)),
        )

    def find(self, text: str, language: str | None, *, enough: int | None = None) -> list[Span]:
        """Return what matches, in order, without overlaps: of two that overlap, the longer.

        `language` is that of the article, in which alone words are stemmed. With `enough` the search ends there if
        there is a match by then.
        """
        found: list[Span] = []
        if self == _NOTHING:
            return found
        stemmer = analysis.stemmer_of(language)
        stems = {analysis.stem_by(surface, stemmer) for surface in self.surfaces}
        phrases = [tuple(analysis.stem_by(surface, stemmer) for surface in phrase) for phrase in self.phrases]
        near = [
            NearWords([analysis.stem_by(word, stemmer) for word in phrase.surfaces], phrase.slop)
            for phrase in self.near
            if not phrase.is_exact
        ]
        exact = [NearWords(phrase.surfaces, phrase.slop) for phrase in self.near if phrase.is_exact]
        fits = make_matcher(self.forms)
        # The stems and starts of the words so far that a phrase may reach back to.
        reach = max(map(len, phrases), default=0)
        last: deque[tuple[str, int]] = deque(maxlen=reach)
        for position, token in enumerate(analysis.tokenize(text)):
            if found and enough is not None and token.start > enough:
                break
            stem = analysis.stem_by(token.surface, stemmer)
            if stem in stems or token.surface in self.exact or (self.forms and fits(token.surface)):
                found.append(Span(token.start, token.end, stem))
            elif token.surface.startswith(self.prefixes):
                # What is asked for of CJK is one character, of a word of two.
                found.append(Span(token.start, analysis.cjk_end(text, token.start) or token.end, stem))
            last.append((stem, token.start))
            for phrase in phrases:
                start = _start_of(phrase, last)
                if start is not None:
                    found.append(Span(start, token.end, " ".join(phrase)))
            for words in near:
                found += (Span(*place, words.key) for place in words.add(stem, position, token.start, token.end))
            for words in exact:
                surface = words.form_of(token.surface)
                found += (Span(*place, words.key) for place in words.add(surface, position, token.start, token.end))
        return _without_overlaps(found)


_NOTHING = Marker()


def _start_of(phrase: tuple[str, ...], last: deque[tuple[str, int]]) -> int | None:
    """Return where a phrase starts that ends with the last word; `None` where it does not."""
    if last[-1][0] != phrase[-1] or len(last) < len(phrase):
        return None
    # From the right: a deque is slow to reach in its middle, and most differ in the word before the last.
    for back, stem in enumerate(reversed(phrase), start=1):
        if last[-back][0] != stem:
            return None
    return last[-len(phrase)][1]


def _without_overlaps(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end - span.start > kept[-1].end - kept[-1].start:
            # It begins later, and so leaves alone whatever stands before the one that it displaces.
            kept[-1] = span
    return kept


def mark(text: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> str:
    """Return `text[start:end]` as HTML: escaped, and the spans within inside `<mark>`."""
    end = len(text) if end is None else end
    pieces: list[str] = []
    place = start
    for number in range(bisect_left(spans, start, key=_span_start), len(spans)):
        span = spans[number]
        if span.end > end:
            break
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


def make_snippets(text: str, marker: Marker, language: str | None) -> tuple[str, ...]:
    """Return up to three pieces of a text that show a query's matches, in the text's order, as HTML.

    A piece starts and ends with a sentence where that is short enough, with a word and an ellipsis otherwise.
    Where nothing matches it is the opening of the text.
    """
    spans = marker.find(text, language, enough=ENOUGH_TEXT)
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
    for start, end, first, stop in _matching_sentences(text, spans):
        # A long sentence becomes as many windows as its matches need.
        rest, place = start, first
        while place < stop:
            window_start, window_end, shown = _window(text, rest, end, spans, place, stop)
            yield _Piece(window_start, window_end, frozenset(span.key for span in spans[place:shown]), shown - place)
            rest, place = window_end, shown


def _matching_sentences(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the sentences with a match as (start, end, first span inside, first one after it).

    A match never crosses the ends of a sentence.
    """
    first = place = 0
    start: int | None = None
    for sentence_start, sentence_end in find_sentences(text):
        start = sentence_start if start is None else start
        while place < len(spans) and spans[place].start < sentence_end:
            place += 1
        if place > first and spans[place - 1].end > sentence_end:
            # A phrase goes on in the next sentence, and so this one does too.
            continue
        if place > first:
            yield start, sentence_end, first, place
        if place == len(spans):
            return
        first, start = place, None


def _window(text: str, start: int, end: int, spans: Sequence[Span], first: int, stop: int) -> tuple[int, int, int]:
    """Return the sentence if it is short enough, else a part of it around its first matches; and their end."""
    if end - start <= MAX_LENGTH:
        return start, end, stop
    match = spans[first]
    # A single match can be longer than a window: a phrase, or a word of a thousand letters.
    start = max(start, min(match.start - MAX_LENGTH // 3, end - MAX_LENGTH))
    start = _word_start(text, start, match.start)
    end = min(end, max(start + MAX_LENGTH, match.end))
    shown = bisect_right(spans, end, first, stop, key=_span_end)
    return start, _word_end(text, end, spans[shown - 1].end), shown


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


def _opening(text: str) -> tuple[str, ...]:
    for start, end in find_sentences(text):
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
    gap_before = gap_before[len(gap_before.rstrip()) :]
    is_paragraph_end = not is_within_paragraph(text, place - len(gap_before), place + len(gap))
    return not rest.strip() or not before or is_paragraph_end or before in ".!?…؟۔\"'”’»)]。！？"
