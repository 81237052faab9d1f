"""The columns that facets are counted by: which profile each article has, and of which day it is.

A profile is what articles have in common that are of the same source, language and authors. Columns are derived from
the postings once a generation, at the first facets that are asked for: 40,000 articles take 5 ms, a million 0.5 s.
They take 8 bytes an article, and 8 for each profile and value of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.codec.kernels.counting import intern_values, look_up, take_repeated
from index.codec.searching.view import Words
from index.engine import NO_DATE, FacetName
from index.engines.local.folding import Stories
from index.engines.local.stories import read_published
from index.periods import MAX_DAYS, MAX_DAYS_OF_MONTHS

if TYPE_CHECKING:
    from index.engines.local.snapshot import Part

Column = NDArray[np.int32]
Ints = NDArray[np.int64]

_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profile of each article, part by part, and what it stands for: numbers of values, ascending.

    `values` are in order, facet by facet; those of a facet are in the range that `bounds` has.
    """

    columns: list[Column]
    starts: Column
    numbers: Column
    values: list[str]
    bounds: dict[FacetName, tuple[int, int]]

    @property
    def count(self) -> int:
        """Return the number of profiles."""
        return self.starts.size - 1


def read_profiles(parts: Sequence[Part]) -> Profiles:
    """Return the profiles of the articles of some segments."""
    values: list[bytes] = []
    bounds: dict[FacetName, tuple[int, int]] = {}
    columns = [np.zeros(part.file.num_docs, np.int32) for part in parts]
    keys, slots, count = np.zeros(1 << 12, np.int64), np.zeros(1 << 13, np.int32), 1
    for name, field in schema.FACET_FIELDS.items():
        terms_of = [_terms(part, field) for part in parts]
        found = sorted({term for terms in terms_of for term in terms})
        numbers = {term: number for number, term in enumerate(found, len(values))}
        bounds[name] = len(values), len(values) + len(found)
        values += found
        for part, terms, column in zip(parts, terms_of, columns, strict=True):
            if terms:
                of_terms = np.array([numbers[term] for term in terms], np.int32)
                keys, slots, count = intern_values(column, *_postings(part, field), of_terms, keys, slots, count)
    is_used = np.zeros(count, np.bool_)
    for column in columns:
        is_used[column] = True
    profile_of = (np.cumsum(is_used) - 1).astype(np.int32)
    starts, numbers_of = _values_of(np.flatnonzero(is_used), keys)
    texts = [value.decode("utf-8", "surrogatepass") for value in values]
    return Profiles([profile_of[column] for column in columns], starts, numbers_of, texts, bounds)


def _terms(part: Part, field: str) -> list[bytes]:
    entry = part.file.fields.get(field)
    return list(part.terms.terms(entry.first_term, entry.end_term)) if entry else []


def _postings(part: Part, field: str) -> tuple[NDArray[np.uint32], Ints]:
    """Return the postings of a field, and where those of each term begin, and end."""
    entry = part.file.fields[field]
    bounds = part.file["posting_starts"][entry.first_term : entry.end_term + 1].astype(np.int64)
    return part.file["doc_ids"][bounds[0] : bounds[-1]].astype(np.uint32), bounds - bounds[0]


def _values_of(nodes: Ints, keys: Ints) -> tuple[Column, Column]:
    """Return the values on the way to some nodes of the trie: where those of each begin, and the values."""
    steps = []
    at = nodes
    while at.any():
        is_on_way = at > 0
        steps.append((np.flatnonzero(is_on_way), keys[at[is_on_way]] & 0xFFFFFFFF))
        at = np.where(is_on_way, keys[at] >> 32, 0)
    owners = np.concatenate([np.empty(0, np.int64), *(owner for owner, _ in steps)])
    values = np.concatenate([np.empty(0, np.int64), *(value for _, value in steps)])
    starts = np.zeros(nodes.size + 1, np.int32)
    np.cumsum(np.bincount(owners, minlength=nodes.size), out=starts[1:])
    return starts, values[np.lexsort((values, owners))].astype(np.int32)


class Days:
    """The days of articles, as numbers of those that there are; 0 is for the undated."""

    def __init__(self, parts: Sequence[Part]) -> None:
        days = [_to_days(read_published(part.file)) for part in parts]
        known = [np.unique(each) for each in days]
        self.days: Ints = np.unique(np.concatenate([np.array([_UNDATED]), *known]))
        self.columns: list[Column] = [np.searchsorted(self.days, each).astype(np.int32) for each in days]

    def to_periods(self, counts: Ints) -> Periods:
        """Return the periods by which to tell days that were counted: the shorter, the shorter they span."""
        dated = np.flatnonzero(counts[1:])
        span = int(self.days[dated[-1] + 1] - self.days[dated[0] + 1]) + 1 if dated.size else 0
        if span <= MAX_DAYS:
            return self._by_day
        return self._by_month if span <= MAX_DAYS_OF_MONTHS else self._by_year

    @cached_property
    def _by_day(self) -> Periods:
        return Periods(self.days, "D")

    @cached_property
    def _by_month(self) -> Periods:
        return Periods(self.days, "M")

    @cached_property
    def _by_year(self) -> Periods:
        return Periods(self.days, "Y")


class Periods:
    """Days, months or years: `numbers` has the one of each day, and `values` what they are called, in order."""

    def __init__(self, days: Ints, unit: str) -> None:
        self.unit = unit
        dates = days[1:].astype("datetime64[D]").astype(f"datetime64[{unit}]")
        periods, numbers = np.unique(dates, return_inverse=True)
        self.numbers = np.concatenate([np.zeros(1, np.int64), numbers + 1])
        self.values = [NO_DATE, *periods.astype(str).tolist()]


class Repeated:
    """Which articles have a value that others of their story have, too: they share a group, by story and value."""

    def __init__(self, places: Ints, story_ids: Column, values: Ints) -> None:
        order = np.lexsort((values, story_ids))
        places, story_ids, values = places[order], story_ids[order], values[order]
        is_first = np.ones(order.size, np.bool_)
        is_first[1:] = (story_ids[1:] != story_ids[:-1]) | (values[1:] != values[:-1])
        groups = np.cumsum(is_first) - 1
        is_shared = np.bincount(groups)[groups] > 1
        self._places, self._groups, self._values = (
            each[is_shared].astype(np.int32) for each in (places, groups, values)
        )

    def take_from(self, totals: Ints, is_there: NDArray[np.bool_]) -> None:
        """Let a story count once for each value of those of its articles that are there, by place."""
        take_repeated(is_there, self._places, self._groups, self._values, totals)


class StoryColumns:
    """What the articles of stories are counted by, where a story counts once; `bases` are the first of each part."""

    def __init__(self, bases: Sequence[int], profiles: Profiles, days: Days, stories: Stories) -> None:
        self._bases = bases
        self._doc_ids = stories.doc_ids
        self._bounds = np.searchsorted(self._doc_ids, [*bases, 1 << 62]).tolist()
        self._story_ids = stories.story_ids
        self._days = np.concatenate(days.columns)[self._doc_ids]
        of_articles = np.concatenate(profiles.columns)[self._doc_ids]
        lengths = (profiles.starts[1:] - profiles.starts[:-1])[of_articles]
        places = np.repeat(np.arange(self._doc_ids.size), lengths)
        steps = np.arange(places.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        values = profiles.numbers[profiles.starts[of_articles][places] + steps].astype(np.int64)
        self.repeated_values = Repeated(places, self._story_ids[places], values)
        self._repeated_periods: dict[str, Repeated] = {}

    def repeated_periods(self, periods: Periods) -> Repeated:
        """Return the same for the periods that they are of, instead of values."""
        repeated = self._repeated_periods.get(periods.unit)
        if repeated is None:
            repeated = Repeated(np.arange(self._days.size), self._story_ids, periods.numbers[self._days])
            self._repeated_periods[periods.unit] = repeated
        return repeated

    def look_up(self, matching: Sequence[Words]) -> NDArray[np.bool_]:
        """Say of each whether it is in the bitmap of its segment."""
        is_there = np.empty(self._doc_ids.size, np.bool_)
        for place, (words, base) in enumerate(zip(matching, self._bases, strict=True)):
            of_part = slice(*self._bounds[place : place + 2])
            look_up(words, base, self._doc_ids[of_part], is_there[of_part])
        return is_there


_UNDATED = schema.UNDATED // _SECONDS_A_DAY


def _to_days(seconds: Ints) -> Ints:
    return seconds // _SECONDS_A_DAY
