"""Counting the values that articles have: how many of those found are of a source, an author, a language, a period.

Each facet is counted over what the query and all filters but its own let through, so that the values that a filter
leaves out can still be chosen. What matches is a bitmap, and so is what each filter lets through: to leave one out
costs little. Where near-duplicates are folded, a story counts once for each value that its articles have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.kernels import counting
from index.codec.searching.found import count_bits
from index.codec.searching.view import Words
from index.engine import MAX_FACET_VALUES, NO_DATE, NOT_KNOWN, FacetCount, FacetName, SearchRequest
from index.engines.local.folding import Stories
from index.engines.local.profiles import Column, Days, Ints, StoryColumns, read_profiles

if TYPE_CHECKING:
    from index.engines.local.snapshot import Part

# Fewer articles than a fourth of all profiles are looked at one by one, which takes 15 ns for each; otherwise profiles
# are counted, which takes 2 ns for each article, and 3 for each profile.
_FEW = 4

Filters = Mapping[FacetName, Sequence[Words]]


class Fewer(NamedTuple):
    """Articles, as bitmaps, and how many; or if `is_rest` all the others."""

    words: Sequence[Words]
    size: int
    is_rest: bool


class FacetColumns:
    """What the articles of a snapshot are counted by, and the counts of all; it never changes.

    `live` are the articles that are not deleted, as bitmaps.
    """

    def __init__(self, parts: Sequence[Part], live: Sequence[Words], stories: Stories | None) -> None:
        self.profiles = read_profiles(parts)
        self.days = Days(parts)
        self.stories = (
            StoryColumns([part.base for part in parts], self.profiles, self.days, stories) if stories else None
        )
        self._live = live
        self._num_live = _count(live)

    def count(
        self, request: SearchRequest, matching: Sequence[Words], filters: Filters
    ) -> dict[FacetName, tuple[FacetCount, ...]]:
        """Count the facets of a request over what matches without its filters."""
        tallies: dict[FacetName | None, _Tally] = {}
        counts: dict[FacetName, tuple[FacetCount, ...]] = {}
        for name in request.facets:
            own = name if name in filters else None
            tally = tallies.get(own)
            if tally is None:
                others = [words for other, words in filters.items() if other != own]
                tally = tallies[own] = _Tally(self, _intersect(matching, others), request.duplicates == "fold")
            if name == "published":
                counts[name] = tally.count_periods()
            else:
                counts[name] = tally.count_values(name, (*request.wanted(name), *request.unwanted(name)))
        return counts

    def fewer(self, matching: Sequence[Words]) -> Fewer:
        """Return the articles that match, or if they are fewer those that do not: counting them comes to the same."""
        size = _count(matching)
        if 2 * size <= self._num_live:
            return Fewer(matching, size, is_rest=False)
        rest = [live & ~words for live, words in zip(self._live, matching, strict=True)]
        return Fewer(rest, self._num_live - size, is_rest=True)

    def count_values(self, fewer: Fewer) -> Ints:
        """Return how many of some articles have each value."""
        counts = self._add_values(fewer.words, fewer.size)
        return self._values_of_all - counts if fewer.is_rest else counts

    def count_days(self, fewer: Fewer) -> Ints:
        """Return how many of some articles are of each day."""
        counts = _count_column(fewer.words, self.days.columns, self.days.days.size)
        return self._days_of_all - counts if fewer.is_rest else counts

    @cached_property
    def _values_of_all(self) -> Ints:
        return self._add_values(self._live, self._num_live)

    @cached_property
    def _days_of_all(self) -> Ints:
        return _count_column(self._live, self.days.columns, self.days.days.size)

    def _add_values(self, matching: Sequence[Words], size: int) -> Ints:
        profiles = self.profiles
        totals = np.zeros(len(profiles.values), np.int64)
        if size < profiles.count // _FEW:
            for words, column in zip(matching, profiles.columns, strict=True):
                counting.add_articles(words, column, profiles.starts, profiles.numbers, totals)
        else:
            counts = _count_column(matching, profiles.columns, profiles.count)
            counting.add_profiles(counts, profiles.starts, profiles.numbers, totals)
        return totals


class _Tally:
    """How many of some articles have what; of stories, if they are folded, once for each."""

    def __init__(self, columns: FacetColumns, matching: Sequence[Words], is_folded: bool) -> None:
        self._columns = columns
        self._fewer = columns.fewer(matching)
        self._stories = columns.stories if is_folded else None
        self._is_there = self._stories.look_up(matching) if self._stories else None

    def count_values(self, name: FacetName, chosen: Sequence[str]) -> tuple[FacetCount, ...]:
        """Count the values of a facet: the most frequent first, those that are chosen, and what is not known last."""
        profiles = self._columns.profiles
        first, end = profiles.bounds[name]
        counts = self._totals[first:end]
        numbers = _most_frequent(counts, MAX_FACET_VALUES)
        for value in (*chosen, NOT_KNOWN):
            number = bisect_left(profiles.values, value, first, end) - first
            is_there = number < counts.size and profiles.values[first + number] == value and counts[number]
            if is_there and number not in numbers:
                numbers.append(number)
        values = [profiles.values[first + number] for number in numbers]
        ranked = sorted([(-count, value) for count, value in zip(counts[numbers].tolist(), values, strict=True)])
        found = [FacetCount(value, -negative) for negative, value in ranked]
        return (
            *(facet for facet in found if facet.value != NOT_KNOWN),
            *(facet for facet in found if facet.value == NOT_KNOWN),
        )

    def count_periods(self) -> tuple[FacetCount, ...]:
        """Count days, months or years, by how long a time there is to tell: in order of time, the undated last."""
        days = self._columns.days
        counts = self._columns.count_days(self._fewer)
        periods = days.to_periods(counts)
        totals = np.zeros(len(periods.values), np.int64)
        np.add.at(totals, periods.numbers, counts)
        if self._stories and self._is_there is not None:
            self._stories.repeated_periods(periods).take_from(totals, self._is_there)
        numbers = totals.nonzero()[0]
        pairs = zip(numbers.tolist(), totals[numbers].tolist(), strict=True)
        found = [FacetCount(periods.values[number], count) for number, count in pairs]
        return (
            *(facet for facet in found if facet.value != NO_DATE),
            *(facet for facet in found if facet.value == NO_DATE),
        )

    @cached_property
    def _totals(self) -> Ints:
        """Return how many have each value."""
        totals = self._columns.count_values(self._fewer)
        if self._stories and self._is_there is not None:
            self._stories.repeated_values.take_from(totals, self._is_there)
        return totals


def _count(matching: Sequence[Words]) -> int:
    return sum(count_bits(words) for words in matching)


def _count_column(matching: Sequence[Words], columns: Sequence[Column], size: int) -> Ints:
    """Return how many of some articles have each number in a column."""
    rows = np.zeros((counting.LANES if size <= counting.MAX_LANED else 1, size), np.int32)
    for words, column in zip(matching, columns, strict=True):
        counting.count_column(words, column, rows)
    counts: Ints = rows.sum(axis=0, dtype=np.int64)
    return counts


def _most_frequent(counts: Ints, limit: int) -> list[int]:
    """Return which have the highest counts above 0; of equals the first."""
    (there,) = counts.nonzero()
    if there.size > limit:
        least = np.partition(counts[there], there.size - limit)[there.size - limit]
        above = there[counts[there] > least]
        there = np.concatenate([above, there[counts[there] == least][: limit - above.size]])
    return there.tolist()


def _intersect(matching: Sequence[Words], filters: Sequence[Sequence[Words]]) -> Sequence[Words]:
    """Return the articles, segment by segment, that all filters let through."""
    for allowed in filters:
        matching = [words & more for words, more in zip(matching, allowed, strict=True)]
    return matching


def count_terms(parts: Sequence[Part], field: str) -> dict[str, int]:
    """Count how many articles that are not deleted have each term of a field."""
    counts: dict[str, int] = {}
    for part, first_term, starts, doc_ids in _postings(parts, field):
        is_live = np.zeros(part.file.num_docs, np.bool_)
        is_live[part.live_doc_ids() - part.base] = True
        of_terms = np.add.reduceat(is_live[doc_ids], starts[:-1], dtype=np.int64)
        for place in np.flatnonzero(of_terms).tolist():
            value = part.terms.term(first_term + place).decode("utf-8", "surrogatepass")
            counts[value] = counts.get(value, 0) + int(of_terms[place])
    return counts


def _postings(parts: Sequence[Part], field: str) -> Iterator[tuple[Part, int, Ints, NDArray[np.integer]]]:
    """Yield of each part that has a field: the first term, where the postings of each begin and end, the postings."""
    for part in parts:
        entry = part.file.fields.get(field)
        if entry is not None and entry.num_terms:
            starts = part.file["posting_starts"][entry.first_term : entry.end_term + 1].astype(np.int64)
            yield part, entry.first_term, starts - starts[0], part.file["doc_ids"][starts[0] : starts[-1]]
