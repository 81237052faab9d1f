"""Which words of a text a query means that names them by a pattern, by their likeness or by their nearness.

The index finds the articles by other means (`index.codec.kernels`); this says where in one they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import regex

from index import stopwords
from index.clauses import Fuzzy, Prefix, Wildcard

# Words of which a matcher knows whether they fit: some texts' worth of them.
_REMEMBERED = 1 << 12


def make_matcher(leaves: Sequence[Prefix | Wildcard | Fuzzy]) -> Callable[[str], bool]:
    """Return what says whether a surface is one that any of some leaves stands for."""
    fits = [_make_fit(leaf) for leaf in leaves]

    @lru_cache(maxsize=_REMEMBERED)
    def fits_any(surface: str) -> bool:
        return any(fit(stopwords.as_word(surface)) for fit in fits)  # of an acronym, the word that it spells

    return fits_any


def _make_fit(leaf: Prefix | Wildcard | Fuzzy) -> Callable[[str], object]:
    match leaf:
        case Prefix(surface=surface):
            return partial(_begins_with, surface)
        case Wildcard(pattern=pattern):
            return make_pattern(pattern).fullmatch
        case Fuzzy(surface=surface, distance=distance):
            return partial(is_within, surface, limit=distance)


def _begins_with(prefix: str, surface: str) -> bool:
    return surface.startswith(prefix)


def acronyms_of(leaf: Prefix | Wildcard | Fuzzy) -> list[str]:
    """Return the acronyms that spell a word which a leaf stands for."""
    if isinstance(leaf, Prefix):
        return [acronym for word, acronym in stopwords.TOLD.items() if word.startswith(leaf.surface)]
    fits = make_matcher([leaf])
    return [acronym for word, acronym in stopwords.TOLD.items() if fits(word)]


def written_as(surface: str) -> tuple[str, ...]:
    """Return the surfaces of a word: it may be an acronym as well, if it is not typed as one."""
    return (surface, stopwords.TOLD[surface]) if surface in stopwords.TOLD else (surface,)


def make_pattern(pattern: str) -> regex.Pattern[str]:
    """Return a pattern of `*` and `?` as a regular expression that takes no more than the square of a word's length."""
    first, *rest = (regex.escape(piece).replace(r"\?", ".") for piece in pattern.split("*"))
    if not rest:
        return regex.compile(first, regex.DOTALL)
    # Where a piece in the midst is found first is as good a place as any, and so is never gone back on.
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return regex.compile(f"{first}{middle}.*{rest[-1]}", regex.DOTALL)


def is_within(word: str, other: str, limit: int) -> bool:
    """Say whether two words have the same first letter and are at most `limit` edits (Levenshtein) apart."""
    if word[:1] != other[:1] or abs(len(word) - len(other)) > limit:
        return False
    row = list(range(len(other) + 1))
    for place, character in enumerate(word, start=1):
        diagonal, row[0] = row[0], place
        for column, another in enumerate(other, start=1):
            best = min(diagonal + (character != another), row[column] + 1, row[column - 1] + 1)
            diagonal, row[column] = row[column], best
        if min(row) > limit:
            return False
    return row[-1] <= limit


class NearWords:
    """Finds words in order, each at most `slop` places behind the one before it, in a text that it is given by word."""

    def __init__(self, stems: Sequence[str], slop: int) -> None:
        self.key = " ".join(stems)
        self._stems = stems
        self._slop = slop
        # Of each word the last position that counts, with the places in the text of it and of those before it. The
        # last is within reach of what follows if any is.
        self._last: list[tuple[int, tuple[tuple[int, int], ...]] | None] = [None] * len(stems)

    def form_of(self, surface: str) -> str:
        """Return a surface as it stands among the words: an acronym may be meant as the word that it spells."""
        return surface if surface in self._stems else stopwords.as_word(surface)

    def add(self, stem: str, position: int, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """Take the next word; if it completes them, return the places of all the words, as one if they are in a row."""
        # From the last: a word that stands twice must not follow itself.
        for number in range(len(self._stems) - 1, -1, -1):
            if stem != self._stems[number]:
                continue
            before = self._last[number - 1] if number else (position - 1, ())
            if before is None or position - before[0] > self._slop:
                continue
            self._last[number] = position, (*before[1], (start, end))
        complete = self._last[-1]
        if complete is None or complete[0] != position:
            return ()
        places = complete[1]
        return places if self._slop > 1 else ((places[0][0], places[-1][1]),)
