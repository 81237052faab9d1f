"""Counting the values that articles have: how many of those found are of a source, an author, a language, a month.

Counts are of articles. Where near-duplicates are folded, a story has to count once for each value that its articles
have: `StoryValues` tells how often it was counted more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.engine import NO_DATE, FacetName
from index.engines.local.folding import Fold, Stories

if TYPE_CHECKING:
    from index.engines.local.snapshot import Part

FIELDS: dict[FacetName, str] = {"source": "source_exact", "author": "author_exact", "language": "language"}

Ints = NDArray[np.int64]


def count_terms(parts: Sequence[Part], field: str, is_wanted: NDArray[np.bool_]) -> dict[str, int]:
    """Count in how many of the wanted articles each term of a field is."""
    counts: dict[str, int] = {}
    for part, first_term, starts, doc_ids in _postings(parts, field):
        is_there = is_wanted[part.base : part.end][doc_ids]
        of_terms = np.add.reduceat(is_there, starts[:-1], dtype=np.int64)
        for place in np.flatnonzero(of_terms).tolist():
            value = _term(part, first_term + place)
            counts[value] = counts.get(value, 0) + int(of_terms[place])
    return counts


def count_months(seconds: Ints) -> dict[str, int]:
    """Count the months of times, in order of time; those that are not known, if any, are counted last."""
    dated = seconds[seconds != schema.UNDATED]
    values, counts = np.unique(_to_months(dated), return_counts=True)
    months = {str(month): int(count) for month, count in zip(values, counts, strict=True)}
    undated = len(seconds) - len(dated)
    return months | {NO_DATE: undated} if undated else months


@dataclass(frozen=True, slots=True)
class StoryValues:
    """Which values the articles of stories have, as pairs: sorted by value, then by story.

    `numbers` are those of `values`, `places` those of the articles among the stories'.
    """

    values: Sequence[str]
    numbers: Ints
    places: Ints
    story_ids: NDArray[np.int32]

    def count_repeated(self, fold: Fold) -> dict[str, int]:
        """Return by value how many articles that match have it while an earlier one of their story has it, too."""
        is_matching = fold.is_matching[self.places]
        numbers, story_ids = self.numbers[is_matching], self.story_ids[is_matching]
        is_repeated = (numbers[1:] == numbers[:-1]) & (story_ids[1:] == story_ids[:-1])
        counts = np.bincount(numbers[1:][is_repeated], minlength=len(self.values))
        return {self.values[number]: int(counts[number]) for number in np.flatnonzero(counts).tolist()}


def terms_in_stories(parts: Sequence[Part], field: str, stories: Stories) -> StoryValues:
    """Return which terms of a field the articles of stories have."""
    numbers: dict[str, int] = {}
    pairs: list[tuple[Ints, Ints]] = []
    for part, first_term, starts, doc_ids in _postings(parts, field):
        places = stories.place_of[part.base : part.end][doc_ids]
        postings = np.flatnonzero(places >= 0)
        terms, which = np.unique(np.searchsorted(starts, postings, side="right") - 1, return_inverse=True)
        of_part = [numbers.setdefault(_term(part, first_term + term), len(numbers)) for term in terms.tolist()]
        pairs.append((np.array(of_part, np.int64)[which], places[postings]))
    return _sorted(list(numbers), pairs, stories)


def months_in_stories(stories: Stories) -> StoryValues:
    """Return of which months the articles of stories are, or that they have no date."""
    months, numbers = np.unique(_to_months(stories.published), return_inverse=True)
    undated = _to_months(np.array([schema.UNDATED]))[0]
    values = [NO_DATE if month == undated else str(month) for month in months]
    return _sorted(values, [(numbers.astype(np.int64), np.arange(len(numbers)))], stories)


def _sorted(values: Sequence[str], pairs: Sequence[tuple[Ints, Ints]], stories: Stories) -> StoryValues:
    numbers = np.concatenate([np.empty(0, np.int64), *(each for each, _ in pairs)])
    places = np.concatenate([np.empty(0, np.int64), *(each for _, each in pairs)])
    story_ids = stories.story_ids[places]
    order = np.lexsort((story_ids, numbers))
    return StoryValues(values, numbers[order], places[order], story_ids[order])


def _postings(parts: Sequence[Part], field: str) -> Iterator[tuple[Part, int, Ints, NDArray[Any]]]:
    """Yield of each part that has a field: the first term, where the postings of each begin and end, the postings."""
    for part in parts:
        entry = part.file.fields.get(field)
        if entry is not None and entry.num_terms:
            starts = part.file["posting_starts"][entry.first_term : entry.end_term + 1].astype(np.int64)
            yield part, entry.first_term, starts - starts[0], part.file["doc_ids"][starts[0] : starts[-1]]


def _term(part: Part, term_id: int) -> str:
    return part.terms.term(term_id).decode("utf-8", "surrogatepass")


def _to_months(seconds: Ints) -> NDArray[np.datetime64]:
    return seconds.astype("datetime64[s]").astype("datetime64[M]")
