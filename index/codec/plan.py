"""What of a query tree the scoring kernels can do in one pass, and how.

Most queries are a conjunction of clauses, each a disjunction of words, with something left out or filtered: `a`,
`a OR b`, `a AND b`, "every word in the title or the body". A plan is that shape, found in the tree; what does not have
it is evaluated node by node (`index.codec.nodes`). The kernels, and what a plan's array holds, are those of
`index.codec.kernels.scoring`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.query import And, FuzzyTerm, Or, Prefix, Regex, Term, TermRange, Variations, Wildcard

from index.codec.expansion import Expander, is_constant, is_every
from index.codec.format import Array
from index.codec.kernels import scoring
from index.codec.statistics import Statistics
from index.codec.view import Words

MULTI_TERMS = frozenset({Prefix, Wildcard, Regex, FuzzyTerm, Variations, TermRange})

# The kernels add in float32 and take a sum of 0 for no match; what is boosted beyond this goes the other way.
_LEAST_BOOST, _GREATEST_BOOST = 1e-6, 1e6
_MAX_CLAUSES = 255
_FLOAT64 = np.dtype(np.float64)  # half as long as the class takes to be understood


class Planner:
    """Makes plans for the segments of one index, and runs them."""

    def __init__(self, statistics: Statistics, expander: Expander) -> None:
        self._statistics = statistics
        self._expander = expander
        self._word = statistics.word

    def rank(
        self, tree: Any, place: int, dropped: Words, top: tuple[Array, Array], filled: int, last: bool
    ) -> tuple[int, int] | None:
        """Put the best articles of a segment into `top`, but for those in `dropped`, by the tree's plan.

        Returns the number of matches and of places that are filled in `top`, or None if the tree has no plan there.
        `last` says to sort what is in `top`.
        """
        numbers: list[float] = []
        expansions: list[Array] = []
        num_clauses = self._add(tree, 1.0, 0, place, numbers, expansions)
        if num_clauses < 1 or num_clauses > _MAX_CLAUSES:
            return None
        plan = np.array(numbers, _FLOAT64)
        if expansions:
            plan = np.concatenate([plan, *expansions])
        arrays = self._statistics.scoring_arrays[place]
        result: tuple[int, int] = scoring.search_plan(plan, num_clauses, *arrays, dropped, *top, filled, last)
        return result

    def has_plan(self, tree: Any, place: int, *, is_clause: bool) -> bool:
        """Say whether a tree has a plan in a segment, or one of a single clause."""
        num_clauses = self._add(tree, 1.0, 0, place, [], [])
        return num_clauses == 1 or (num_clauses > 1 and not is_clause)

    def _add(
        self, tree: Any, boost: float, number: int, place: int, numbers: list[float], expansions: list[Array]
    ) -> int:
        """Add the words of a tree to clauses from `number` on; return the number of the next, -1 if there is no way.

        A clause that gets no word matches nothing.
        """
        kind = type(tree)
        if kind is Term:
            word = self._word(tree.fieldname, tree.text)
            if word is not None:
                start, stop = word.postings[place]
                boost *= tree.boost
                if word.row < 0 or not _LEAST_BOOST <= boost <= _GREATEST_BOOST:
                    return -1
                if start < stop:
                    numbers += (start, stop, word.row, number, word.weight * boost)
            return number + 1
        if kind is And or kind is Or:
            subtrees = tree.subqueries
            if len(subtrees) == 1:  # whose matcher is its child's, without the boost of its own
                return self._add(subtrees[0], boost, number, place, numbers, expansions)
            boost *= tree.boost
            following = number
            for subtree in subtrees:
                # What stands in an And has clauses of its own; what stands in an Or shares one.
                number = following if kind is And else number
                following = self._add(subtree, boost, number, place, numbers, expansions)
                if following < 0 or (kind is Or and following != number + 1):
                    return -1
            return following if subtrees else number + 1
        if kind in MULTI_TERMS and not is_every(tree):
            expansion = self._expand(tree, boost * tree.boost, number, place)
            if expansion is not None:
                expansions.append(expansion)
                return number + 1
        return -1

    def _expand(self, tree: Any, boost: float, number: int, place: int) -> NDArray[np.float64] | None:
        """Return what a query of many terms adds to a plan; None if it gives a constant score, as no plan can."""
        field = self._statistics.field(tree.fieldname)
        if field is None or field.row < 0 or not _LEAST_BOOST <= boost <= _GREATEST_BOOST:
            return None
        expansion = self._expander.expand(tree, place)
        if is_constant(tree, expansion, self._statistics.views[place].num_docs):
            return None
        starts = self._statistics.views[place].posting_starts
        plan = np.empty((expansion.terms.size, scoring.WORD_SIZE))
        plan[:, scoring.START] = starts[expansion.terms]
        plan[:, scoring.STOP] = starts[expansion.terms + 1]
        plan[:, scoring.ROW] = field.row
        plan[:, scoring.CLAUSE] = number
        plan[:, scoring.WEIGHT] = self._statistics.weights_of(field, place, expansion.terms)
        plan[:, scoring.WEIGHT] *= boost
        return plan.reshape(-1)


def room_for_all(num_docs: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return room for so many articles that the kernels keep all, in order of their ids."""
    size = max(num_docs, scoring.MAX_SORTED) + 1
    return np.empty(size), np.empty(size, np.int64)
