"""Queries that stand for many terms of a field: which terms, in one segment.

Whoosh expands them segment by segment, and so the same article can score differently after a merge: one term is scored
as a term, two are summed up, and more are so only in a segment of more than 5,000 articles or where the query does not
ask for a constant score (`MultiTerm.matcher`, `Or._matcher`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.fields import FieldType
from whoosh.lang.morph_en import variations
from whoosh.query import FuzzyTerm, Prefix, Regex, TermRange, Variations, Wildcard
from whoosh.query.compound import Or

from index.codec.format import FieldEntry
from index.codec.kernels import terms as kernels
from index.codec.searching.statistics import Field, Statistics
from index.codec.searching.view import SegmentView

# Up to so many articles of a segment does Whoosh give some queries a constant score.
SMALL_SEGMENT = 5000

# How many expansions are kept.
MAX_KNOWN = 64

_NO_TERMS = np.empty(0, np.int64)


class Expansion(NamedTuple):
    """The terms of a segment that a query stands for; `count` has also those that the segment does not have."""

    terms: NDArray[np.int64]
    count: int  # type: ignore[assignment]  # a tuple's method of this name is not wanted


def is_constant(tree: Any, expansion: Expansion, num_docs: int) -> bool:
    """Say whether a query of many terms gives every article the score 1.0, in a segment of so many articles."""
    is_summed = expansion.count <= 2 or (expansion.count < Or.TOO_MANY_CLAUSES and num_docs > SMALL_SEGMENT)
    return bool(tree.constantscore) and not is_summed


def is_every(tree: Any) -> bool:
    """Say whether a query of many terms is one for all terms of its field."""
    kind = type(tree)
    return kind in _EVERY and _EVERY[kind] == tree.text


_EVERY = {Prefix: "", Wildcard: "*", Regex: ".*"}


class Frequent(NamedTuple):
    """The most frequent surfaces that a query stands for, and what all of them cost.

    `postings` is how many articles each of all its terms is in, added up; `is_all` says that there are no more.
    """

    surfaces: tuple[str, ...]
    postings: int
    is_all: bool


class Expander:
    """Expands queries in the segments of one index."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._known: dict[tuple[Any, int], Expansion] = {}

    def expand(self, tree: Any, place: int) -> Expansion:
        """Return the terms that a query stands for in a segment; the empty term is none."""
        if type(tree) is Prefix or type(tree) is TermRange:
            return self._expand(tree, place)
        # For these many terms are looked at, and a tree is asked for them several times.
        known = self._known.get((tree, place))
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[tree, place] = self._expand(tree, place)
        return known

    def _expand(self, tree: Any, place: int) -> Expansion:
        field = self._statistics.field(tree.fieldname)
        entry = field.entries[place] if field is not None else None
        if field is None or entry is None:
            return Expansion(_NO_TERMS, 0)
        if type(tree) is FuzzyTerm:
            return self._expand_fuzzy(tree, field, place)
        if type(tree) is Variations:
            found = self._look_up(field, place, variations(tree.text))
            return Expansion(found, len(found))
        first, end = self._bounds(tree, field, entry, place)
        view = self._statistics.views[place]
        if first < end and view.term_offsets[first] == view.term_offsets[first + 1]:
            first += 1
        if type(tree) is Wildcard or type(tree) is Regex:
            found = self._match(tree, field, view, first, end, are_surfaces=bool(entry.parts_of))
        else:
            found = np.arange(first, end)
        return Expansion(found, len(found))

    def most_frequent(self, tree: Any, limit: int) -> Frequent:
        """Return what a query on a field of surfaces stands for most often.

        Each segment gives so many, which are added up; articles that are deleted since count as well.
        """
        counts: Counter[str] = Counter()
        postings, is_all = 0, True
        for place, view in enumerate(self._statistics.views):
            terms = self.expand(tree, place).terms
            if not terms.size:
                continue
            entry = view.fields[tree.fieldname]
            if entry.parts_of:
                doc_freqs = view.parts(entry.name).doc_freqs[terms - entry.first_term].astype(np.int64)
            else:
                doc_freqs = view.posting_starts[terms + 1].astype(np.int64) - view.posting_starts[terms]
            postings += int(doc_freqs.sum())
            best = np.argsort(-doc_freqs, kind="stable")[:limit]
            is_all = is_all and terms.size <= limit
            for term, doc_freq in zip(terms[best].tolist(), doc_freqs[best].tolist(), strict=True):
                counts[_term(view, term).partition(b"\0")[0].decode("utf-8", "surrogatepass")] += doc_freq
        # Of equals the first in the alphabet, whichever segment they are in.
        surfaces = sorted(counts, key=lambda surface: (-counts[surface], surface))
        return Frequent(tuple(surfaces[:limit]), postings, is_all and len(surfaces) <= limit)

    def candidates(self, tree: Any, place: int) -> tuple[int, int]:
        """Return the first and the end of the terms that have to be looked at; the bound of a query's cost."""
        field = self._statistics.field(tree.fieldname)
        entry = field.entries[place] if field is not None else None
        return (0, 0) if field is None or entry is None else self._bounds(tree, field, entry, place)

    def _bounds(self, tree: Any, field: Field, entry: FieldEntry, place: int) -> tuple[int, int]:
        view, kind = self._statistics.views[place], type(tree)
        if kind is TermRange:
            return _range_bounds(tree, field, view, entry)
        if kind is Prefix:
            prefix = tree.text
        elif kind is FuzzyTerm:
            prefix = tree.text[: tree.prefixlength]
        elif kind is Variations:
            return entry.first_term, entry.first_term
        else:
            prefix = tree._find_prefix(tree.text)
        try:
            key = field.kind.to_bytes(prefix) if prefix else b""
        except ValueError:
            return entry.first_term, entry.first_term
        return _prefix_bounds(view, entry, key)

    def _match(
        self, tree: Any, field: Field, view: SegmentView, first: int, end: int, *, are_surfaces: bool
    ) -> NDArray[np.int64]:
        if type(tree) is Wildcard and "[" not in tree.text and _is_text(field.kind):
            found = np.empty(end - first, np.int64)
            pattern = tree.text.encode("utf-8", "surrogatepass")
            count = kernels.find_globs(
                view.term_bytes, view.term_offsets, first, end, are_surfaces, pattern, found
            )  # fmt: skip
            return found[:count]
        matches: Callable[[str], object] = re.compile(tree._get_pattern()).match
        from_bytes = field.kind.from_bytes
        return np.array([term for term in range(first, end) if matches(from_bytes(_term(view, term)))], np.int64)

    def _expand_fuzzy(self, tree: Any, field: Field, place: int) -> Expansion:
        spelled = self._statistics.field(field.kind.spelling_fieldname(field.name))
        entry = spelled.entries[place] if spelled is not None else None
        if spelled is None or entry is None:
            return Expansion(_NO_TERMS, 0)
        view = self._statistics.views[place]
        prefix, rest = tree.text[: tree.prefixlength], tree.text[tree.prefixlength :]
        key = prefix.encode("utf-8", "surrogatepass")
        first, end = _prefix_bounds(view, entry, key)
        word = np.array([ord(character) for character in rest], np.uint32)
        room = len(rest) + tree.maxdist + 1
        found = np.empty(end - first, np.int64)
        count = kernels.find_fuzzy(
            view.term_bytes, view.term_offsets, first, end, bool(entry.parts_of), len(key), word, tree.maxdist,
            np.empty(room, np.uint32), np.empty(room, np.int64), found,
        )  # fmt: skip
        found = found[:count]
        if spelled is field:
            found = found[view.term_offsets[found] < view.term_offsets[found + 1]]
            return Expansion(found, len(found))
        words = [_term(view, int(term)) for term in found]
        return Expansion(self._look_up(field, place, filter(None, words)), sum(map(bool, words)))

    def _look_up(self, field: Field, place: int, texts: Iterable[Any]) -> NDArray[np.int64]:
        words = (self._statistics.word(field.name, text) for text in texts)
        found = [word.term(place) for word in words if word is not None]
        return np.array([term for term in found if term >= 0], np.int64)


def _range_bounds(tree: Any, field: Field, view: SegmentView, entry: FieldEntry) -> tuple[int, int]:
    try:
        start = b"" if tree.start is None else field.kind.to_bytes(tree.start)
        end = b"\xff\xff\xff\xff" if tree.end is None else field.kind.to_bytes(tree.end)
    except ValueError:
        return entry.first_term, entry.first_term
    first, is_there = _find(view, entry, start)
    if is_there and tree.startexcl:
        first += 1
    stop, is_there = _find(view, entry, end)
    if is_there and not tree.endexcl:
        stop += 1
    return first, max(first, stop)


def _prefix_bounds(view: SegmentView, entry: FieldEntry, key: bytes) -> tuple[int, int]:
    first, _ = _find(view, entry, key)
    return first, kernels.find_prefix_end(view.term_bytes, view.term_offsets, first, entry.end_term, key)


def _find(view: SegmentView, entry: FieldEntry, key: bytes) -> tuple[int, bool]:
    term: int = kernels.find_term(view.term_bytes, view.term_offsets, entry.first_term, entry.end_term, key)
    return (term, True) if term >= 0 else (~term, False)


def _term(view: SegmentView, term: int) -> bytes:
    return view.term_bytes[view.term_offsets[term] : view.term_offsets[term + 1]].tobytes()


def _is_text(kind: Any) -> bool:
    """Say whether the terms of a field are texts in UTF-8 and nothing else."""
    return type(kind).from_bytes is FieldType.from_bytes
