"""What of a query tree the scoring kernels can do in one pass, and how.

Most queries are a conjunction of clauses, each a disjunction of words, with something left out or filtered: `a`,
`a OR b`, `a AND b`, "every word in the title or the body". A plan is that shape, found in the tree; what does not have
it is evaluated node by node (`index.codec.searching.nodes`). The kernels, and what a plan's array holds, are those of
`index.codec.kernels.scoring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from whoosh.query import And, FuzzyTerm, Or, Prefix, Regex, Term, TermRange, Variations, Wildcard

from index.codec.kernels import addresses as at
from index.codec.kernels import matching, scoring, top_k
from index.codec.searching.expansion import Expander, is_constant, is_every
from index.codec.searching.segment_table import address_of
from index.codec.searching.statistics import Statistics
from index.codec.searching.view import Words

MULTI_TERMS = frozenset({Prefix, Wildcard, Regex, FuzzyTerm, Variations, TermRange})

# The kernels add in float32 and take a sum of 0 for no match; what is boosted beyond this goes the other way.
_LEAST_BOOST, _GREATEST_BOOST = 1e-6, 1e6
_MAX_CLAUSES = 255
_WORD_SIZE = 8 * at.WORD_COLUMNS  # bytes
_FLOAT64, _INT64 = np.dtype(np.float64), np.dtype(np.int64)  # half as long as the class takes to be understood

Aside = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
_NO_ASIDE: Aside = np.empty(0), np.empty(0, _INT64), np.zeros(1, _INT64)


class Plan(NamedTuple):
    """The shape of a tree as the kernels want it, for some segments; `kept` is what its addresses are of."""

    numbers: NDArray[np.float64]
    num_clauses: int
    first: int
    end: int
    kept: list[Any]


class Top(NamedTuple):
    """Room for the best articles of a search, and for those that are set aside: `aside` is what `scoring` calls so."""

    scores: NDArray[np.float64]
    doc_ids: NDArray[np.int64]
    aside: Aside

    @classmethod
    def of(cls, size: int, num_aside: int = 0) -> Self:
        """Return room for so many."""
        if not num_aside:
            return cls(np.empty(size), np.empty(size, _INT64), _NO_ASIDE)
        aside = np.empty(num_aside), np.empty(num_aside, _INT64), np.zeros(1, _INT64)
        return cls(np.empty(size), np.empty(size, _INT64), aside)

    @classmethod
    def for_all(cls, num_docs: int) -> Self:
        """Return room for so many articles that the kernels keep all, in order of their ids."""
        return cls.of(max(num_docs, top_k.MAX_SORTED) + 1)

    def set_aside(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the articles that were set aside, and their scores."""
        scores, doc_ids, taken = self.aside
        return doc_ids[: taken[0]], scores[: taken[0]]


class Planner:
    """Makes plans for the segments of one index, and runs them."""

    def __init__(self, statistics: Statistics, expander: Expander) -> None:
        self._statistics = statistics
        self._expander = expander
        self._word = statistics.word
        self._combined = statistics.weighting.field_weights

    def plan(self, tree: Any, first: int, end: int) -> Plan | None:
        """Return the plan of a tree in the segments from `first` to `end`; None if it has none there."""
        numbers: list[float] = []
        kept: list[Any] = []
        num_clauses = self._add(tree, 1.0, 0, first, end, numbers, kept)
        if num_clauses < 1 or num_clauses > _MAX_CLAUSES:
            return None
        written = np.array(numbers, _FLOAT64)
        if len(kept) * scoring.PLAN_SIZE > len(numbers):
            written = np.concatenate([written, *(each.plan for each in kept if type(each) is _Block)])
        return Plan(written, num_clauses, first, end, kept)

    def rank(self, plan: Plan, dropped: Sequence[Words] | None, top: Top, filled: int, last: bool) -> tuple[int, int]:
        """Put the best articles of a plan's segments into `top`.

        `dropped` has for each segment of the index the articles to leave out; None for those that are deleted. Returns
        the number of matches and of places that are filled in `top`. `last` says to sort what is in `top`.
        """
        # After the tree's words are looked up, or the table may not have their fields yet.
        table = self._statistics.table
        segments = table.array if dropped is None else table.without(dropped)
        result: tuple[int, int] = scoring.search_plan(
            plan.numbers, plan.num_clauses, segments, plan.first, plan.end, top.scores, top.doc_ids, filled, last,
            top.aside,
        )  # fmt: skip
        return result

    def match(self, plan: Plan, place: int) -> Words:
        """Return the bitmap of the articles of a segment that a plan matches."""
        words = self._statistics.views[place].no_bits()
        matching.match_plan(plan.numbers, plan.num_clauses, self._statistics.table.array, plan.first, place, words)
        return words

    def has_plan(self, tree: Any, place: int, *, is_clause: bool) -> bool:
        """Say whether a tree has a plan in a segment, or one of a single clause."""
        num_clauses = self._add(tree, 1.0, 0, place, place + 1, [], [])
        return num_clauses == 1 or (num_clauses > 1 and not is_clause)

    def is_combined(self, one: Any, other: Any) -> bool:
        """Say whether two trees are the same word in two fields whose frequencies are added up."""
        if type(one) is not Term or type(other) is not Term or one.text != other.text or one.boost != other.boost:
            return False
        name, other_name = one.fieldname, other.fieldname
        return name in self._combined and other_name in self._combined and name != other_name

    def _add(
        self, tree: Any, boost: float, number: int, first: int, end: int, numbers: list[float], kept: list[Any]
    ) -> int:
        """Add the words of a tree to clauses from `number` on; return the number of the next, -1 if there is no way.

        A clause that gets no word matches nothing. `kept` is what has to live as long as the plan.
        """
        kind = type(tree)
        if kind is Term:
            word = self._word(tree.fieldname, tree.text)
            if word is not None:
                boost *= tree.boost
                if word.row < 0 or not is_usual(boost):
                    return -1
                numbers += (word.address + first * _WORD_SIZE, word.row, number, word.weight * boost, 0)
                kept.append(word)
            return number + 1
        if kind is And or kind is Or:
            subtrees = tree.subqueries
            if len(subtrees) == 1:  # whose matcher is its child's, without the boost of its own
                return self._add(subtrees[0], boost, number, first, end, numbers, kept)
            boost *= tree.boost
            if len(subtrees) == 2 and kind is Or and self.is_combined(*subtrees):
                return self._add_combined(subtrees, boost, number, first, numbers, kept)
            following = number
            for subtree in subtrees:
                # What stands in an And has clauses of its own; what stands in an Or shares one.
                number = following if kind is And else number
                following = self._add(subtree, boost, number, first, end, numbers, kept)
                if following < 0 or (kind is Or and following != number + 1):
                    return -1
            return following if subtrees else number + 1
        # What a query of many terms stands for differs from segment to segment.
        if end - first == 1 and kind in MULTI_TERMS and not is_every(tree):
            block = self._expand(tree, boost * tree.boost, number, first)
            if block is not None:
                kept.append(block)
                return number + 1
        return -1

    def _add_combined(
        self, trees: Sequence[Any], boost: float, number: int, first: int, numbers: list[float], kept: list[Any]
    ) -> int:
        """Add a word of two fields to a clause, as `_add` does: the field that has it more often comes first."""
        one, other = trees
        word, mate = self._word(one.fieldname, one.text), self._word(other.fieldname, other.text)
        if word is None or (mate is not None and (mate.doc_freq, mate.weight) > (word.doc_freq, word.weight)):
            word, mate = mate, word
        if word is None:
            return number + 1
        boost *= one.boost
        if word.row < 0 or (mate is not None and mate.row < 0) or not is_usual(boost):
            return -1
        # The first has the higher number of articles, and so the weight of both.
        weight, skipped = word.weight * boost, first * _WORD_SIZE
        numbers += (word.address + skipped, word.row, number, weight, 0)
        kept.append(word)
        if mate is not None:
            numbers += (mate.address + skipped, mate.row, number, weight, 1)
            kept.append(mate)
        return number + 1

    def _expand(self, tree: Any, boost: float, number: int, place: int) -> _Block | None:
        """Return what a query of many terms adds to a plan; None if it gives a constant score, as no plan can."""
        field = self._statistics.field(tree.fieldname)
        if field is None or field.row < 0 or not is_usual(boost):
            return None
        expansion = self._expander.expand(tree, place)
        if is_constant(tree, expansion, self._statistics.views[place].num_docs):
            return None
        starts = self._statistics.views[place].posting_starts
        places = np.empty((expansion.terms.size, at.WORD_COLUMNS), np.int64)
        places[:, at.START] = starts[expansion.terms]
        places[:, at.STOP] = starts[expansion.terms + 1]
        plan = np.empty((expansion.terms.size, scoring.PLAN_SIZE))
        plan[:, scoring.PLACES] = address_of(places) + _WORD_SIZE * np.arange(expansion.terms.size)
        plan[:, scoring.PLAN_ROW] = field.row
        plan[:, scoring.PLAN_CLAUSE] = number
        plan[:, scoring.PLAN_WEIGHT] = self._statistics.weights_of(field, place, expansion.terms)
        plan[:, scoring.PLAN_WEIGHT] *= boost
        plan[:, scoring.PLAN_MATE] = 0
        return _Block(plan.reshape(-1), places)


class _Block(NamedTuple):
    """What a query of many terms adds to a plan, and the places of these terms, whose addresses are in it."""

    plan: NDArray[np.float64]
    places: NDArray[np.int64]


def is_usual(boost: float) -> bool:
    """Say whether a boost is one that the kernels can take into their sums."""
    return _LEAST_BOOST <= boost <= _GREATEST_BOOST
