"""What a query matches in a text, by `analysis.tokenize` a word at a time: the oracle of `index.spotting`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from index import analysis
from index.clauses import Exact, Forms, Fuzzy, Leaf, Phrase, Prefix, Wildcard, Word
from index.marking import NearWords, acronyms_of, make_matcher, written_as
from index.stopwords import is_acronym


class Span(NamedTuple):
    """A stretch of a text that matches: `text[start:end]`; `key` tells what it matches from what else does."""

    start: int
    end: int
    key: str


@dataclass(frozen=True)
class SlowMarker:
    """What to mark in a text: the leaves of a query that have to do with it."""

    surfaces: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    near: tuple[Phrase, ...] = ()
    exact: frozenset[str] = frozenset()
    forms: tuple[Wildcard | Fuzzy, ...] = ()

    @classmethod
    def of(cls, leaves: Iterable[Leaf], field: str) -> SlowMarker:
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
            frozenset(_exact_surfaces(wanted)),
            tuple(leaf for leaf in wanted if isinstance(leaf, Wildcard | Fuzzy)),
        )

    def find(self, text: str, language: str | None) -> list[Span]:
        """Return what matches, in order, without overlaps: of two that overlap, the longer."""
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


_NOTHING = SlowMarker()


def _exact_surfaces(leaves: Iterable[Leaf]) -> Iterator[str]:
    """Yield the surfaces that some leaves look for as they are, whatever their stems."""
    for leaf in leaves:
        match leaf:
            case Word(surface=surface) if is_acronym(surface):
                yield surface
            case Exact(surface=surface):
                yield from written_as(surface)
            case Forms(surfaces=surfaces):
                yield from surfaces
            case Prefix():
                yield from acronyms_of(leaf)


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
