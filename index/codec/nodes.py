"""Query trees that have no plan, a node at a time: each becomes what it finds in a segment, with scores or without.

Filters, exclusions and what has a constant score need no scores: `bits` gives them as bitmaps. The rules are Whoosh's,
odd ones too: a compound of one is its child, without a boost of its own; `Not` scores 1.0; a constant score of 0 is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.query import (
    And,
    AndMaybe,
    AndNot,
    ConstantScoreQuery,
    DateRange,
    Every,
    Not,
    NumericRange,
    Or,
    Otherwise,
    Phrase,
    Require,
    Term,
)
from whoosh.query.qcore import _NullQuery

from index.codec import found as of
from index.codec.expansion import Expander, is_constant, is_every
from index.codec.format import Array
from index.codec.found import Constant, Found, Listed
from index.codec.kernels import phrases, scoring, sets
from index.codec.plan import MULTI_TERMS, Planner, room_for_all
from index.codec.statistics import Field, Statistics, Word
from index.codec.view import SegmentView, Words

_INT64 = np.dtype(np.int64)
_FLOAT64 = np.dtype(np.float64)
_NO_TERMS: NDArray[np.int64] = np.empty(0, _INT64)


class Evaluator:
    """Evaluates trees in the segments of one index; `place` is a segment's place among them."""

    def __init__(self, statistics: Statistics, expander: Expander, planner: Planner) -> None:
        self._statistics = statistics
        self._expander = expander
        self._planner = planner

    # --- with scores

    def evaluate(self, tree: Any, place: int) -> Found:
        """Return what a node finds in a segment."""
        kind = type(tree)
        if kind is And or kind is Or:
            if len(tree.subqueries) == 1:
                return self.evaluate(tree.subqueries[0], place)
            if not tree.subqueries:
                return self._nothing(place)
        view = self._statistics.views[place]
        top = room_for_all(view.num_docs)
        ran = self._planner.rank(tree, place, view.deleted, top, 0, False)
        if ran is not None:
            return _to_list(top, ran[1], view)
        return _SCORED[kind](self, tree, place)

    def _nothing(self, place: int) -> Constant:
        return Constant(self._statistics.views[place].no_bits(), 1.0)

    def _evaluate_null(self, tree: Any, place: int) -> Found:
        return self._nothing(place)

    def _evaluate_and(self, tree: Any, place: int) -> Found:
        return of.intersect([self.evaluate(subtree, place) for subtree in self._grouped(tree, place)], tree.boost)

    def _evaluate_or(self, tree: Any, place: int) -> Found:
        parts = [self.evaluate(subtree, place) for subtree in self._grouped(tree, place)]
        return of.unite(parts, tree.boost, self._statistics.views[place])

    def _grouped(self, tree: Any, place: int) -> list[Any]:
        """Return a compound's subtrees, with those that make a plan together taken as one."""
        planned: list[Any] = []
        others: list[Any] = []
        for subtree in tree.subqueries:
            fits = self._planner.has_plan(subtree, place, is_clause=type(tree) is Or)
            (planned if fits else others).append(subtree)
        return [type(tree)(planned), *others] if others and len(planned) > 1 else list(tree.subqueries)

    def _evaluate_filtered(self, tree: Any, place: int) -> Found:
        found = self.evaluate(tree.a, place)
        return of.keep(found, self.bits(tree.b, place), is_wanted=type(tree) is Require)

    def _evaluate_and_maybe(self, tree: Any, place: int) -> Found:
        return of.add_where(of.to_list(self.evaluate(tree.a, place)), self.evaluate(tree.b, place))

    def _evaluate_otherwise(self, tree: Any, place: int) -> Found:
        found = self.evaluate(tree.a, place)
        return self.evaluate(tree.b, place) if of.is_empty(found) else found

    def _evaluate_not(self, tree: Any, place: int) -> Found:
        return Constant(self._statistics.views[place].live & ~self.bits(tree.query, place), 1.0)

    def _evaluate_constant_score(self, tree: Any, place: int) -> Found:
        return Constant(self.bits(tree.child, place), float(tree.score or 1.0))

    def _evaluate_range(self, tree: Any, place: int) -> Found:
        return self.evaluate(tree._compile_query(self._statistics), place)

    def _evaluate_every(self, tree: Any, place: int) -> Found:
        view, score = self._statistics.views[place], float(tree.boost or 1.0)
        if tree.fieldname is None:
            return Constant(view.live, score)
        entry = view.field(tree.fieldname)
        terms = _NO_TERMS if entry is None else np.arange(entry.first_term, entry.end_term)
        return Constant(self._bits_of(terms, view), score)

    # Words come here where a field has weights of its own, or a boost is beyond what a plan takes.

    def _evaluate_term(self, tree: Any, place: int) -> Found:
        word = self._statistics.word(tree.fieldname, tree.text)
        if word is None or word.terms[place] < 0:
            return self._nothing(place)
        return self._score_term(word.field, word.terms[place], word.weight * tree.boost, place)

    def _evaluate_terms(self, tree: Any, place: int) -> Found:
        view = self._statistics.views[place]
        if is_every(tree):
            return self._evaluate_every(Every(tree.fieldname, boost=tree.boost), place)
        expansion = self._expander.expand(tree, place)
        if is_constant(tree, expansion, view.num_docs):
            return Constant(self._bits_of(expansion.terms, view), 1.0)
        field = self._statistics.field(tree.fieldname)
        if field is None or not expansion.terms.size:
            return self._nothing(place)
        weights = (self._statistics.weights_of(field, place, expansion.terms) * tree.boost).tolist()
        parts = [
            self._score_term(field, term, weight, place)
            for term, weight in zip(expansion.terms.tolist(), weights, strict=True)
        ]
        return of.unite(parts, 1.0, view)

    def _score_term(self, field: Field, term: int, weight: float, place: int) -> Listed:
        view = self._statistics.views[place]
        start, end = int(view.posting_starts[term]), int(view.posting_starts[term + 1])
        tallies, first, factor = self._tallies(field, place)
        ids, scores = np.empty(end - start, np.uint32), np.empty(end - start)
        count = sets.score_postings(
            view.doc_ids, tallies, start, end, start - first, self._statistics.length_bytes(view, field),
            field.norms, factor, weight, view.deleted, ids, scores,
        )  # fmt: skip
        return Listed(ids[:count], scores[:count])

    def _tallies(self, field: Field, place: int) -> tuple[Array, int, float]:
        """Return the weights of a field's postings, what posting comes first, and what to multiply them by."""
        view, entry = self._statistics.views[place], field.entries[place]
        weights = view.field_array("weights", field.name)
        if entry is None or weights is None:
            return view.freqs, 0, field.factor
        return weights, int(view.posting_starts[entry.first_term]), 1.0

    # --- phrases

    def rank_phrase(
        self, tree: Any, place: int, dropped: Words, top: tuple[Array, Array], filled: int, last: bool
    ) -> tuple[int, int] | None:
        """Put the articles of a phrase into `top`, as `Planner.rank` does; None if a plan cannot score its words."""
        field = self._statistics.field(tree.fieldname)
        if field is None or field.row < 0:
            return None
        words, ids, places = self._find_phrase(tree, place, dropped)
        plan = np.array(
            [number for word in words for number in (0, 0, word.row, 0, word.weight * tree.boost)], _FLOAT64
        )
        _, freqs, lengths, norms, base = self._statistics.scoring_arrays[place]
        filled = scoring.rank_places(plan, ids, places, ids.size, freqs, lengths, norms, base, *top, filled, last)
        return ids.size, filled

    def _find_phrase(
        self, tree: Any, place: int, dropped: Words
    ) -> tuple[list[Word], NDArray[np.uint32], NDArray[np.int64]]:
        """Return the words of a phrase, the articles of a segment that have it, and each word's postings there."""
        found = [self._statistics.word(tree.fieldname, text) for text in tree.words]
        words = [word for word in found if word is not None and word.terms[place] >= 0]
        if len(words) < len(found):
            return [], np.empty(0, np.uint32), np.empty((0, 0), _INT64)
        view = self._statistics.views[place]
        room = min([stop - start for start, stop in [word.postings[place] for word in words]]) + 1
        ids, places = np.empty(room, np.uint32), np.empty((len(words), room), _INT64)
        terms = np.array([word.terms[place] for word in words], _INT64)
        count = phrases.match_phrase(
            terms, tree.slop, view.posting_starts, view.doc_ids, view.freqs, view.position_starts, view.positions,
            dropped, ids, places, np.empty_like(places),
        )  # fmt: skip
        return words, ids[:count], places

    def _evaluate_phrase(self, tree: Any, place: int) -> Found:
        view = self._statistics.views[place]
        top = room_for_all(view.num_docs)
        ran = self.rank_phrase(tree, place, view.deleted, top, 0, False)
        if ran is not None:
            return _to_list(top, ran[1], view)
        words, ids, places = self._find_phrase(tree, place, view.deleted)
        scores = np.zeros(ids.size)
        for word, postings in zip(words, places, strict=True):
            scores += self._score_postings(word, postings[: ids.size], ids, place) * tree.boost
        return Listed(ids, scores)

    def _score_postings(
        self, word: Word, postings: NDArray[np.int64], ids: NDArray[np.uint32], place: int
    ) -> NDArray[np.float64]:
        """Return the scores of some of a word's postings."""
        view, field = self._statistics.views[place], word.field
        tallies, first, factor = self._tallies(field, place)
        scores: NDArray[np.float64] = tallies[postings - first] * factor
        if field.is_scorable:
            scores = scores / (scores + field.norms[self._statistics.length_bytes(view, field)[ids]])
        return scores * word.weight

    # --- without scores

    def bits(self, tree: Any, place: int) -> Words:
        """Return the bitmap of what a node finds in a segment, which is not to be changed."""
        kind = type(tree)
        if kind in MULTI_TERMS and not is_every(tree):
            return self._bits_of(self._expander.expand(tree, place).terms, self._statistics.views[place])
        if kind in _UNSCORED:
            return _UNSCORED[kind](self, tree, place)
        return of.to_words(self.evaluate(tree, place), self._statistics.views[place])

    def dropped(self, filters: list[tuple[Any, bool]], place: int) -> Words:
        """Return the bitmap of the articles that filters (a tree, and whether it is to match) or deletion leave out."""
        allowed = self._statistics.views[place].live
        for tree, is_wanted in filters:
            words = self.bits(tree, place)
            allowed = allowed & (words if is_wanted else ~words)
        return ~allowed

    def _bits_of(self, terms: NDArray[np.int64], view: SegmentView) -> Words:
        words = view.no_bits()
        if not terms.size:
            return words
        if terms[-1] - terms[0] == terms.size - 1:  # the postings of neighbours are neighbours
            sets.set_bits(view.doc_ids, view.posting_starts[terms[0]], view.posting_starts[terms[-1] + 1], words)
        else:
            sets.set_bits_of_terms(terms, view.posting_starts, view.doc_ids, words)
        if view.deleted.size:
            words &= view.live
        return words

    def _bits_of_term(self, tree: Any, place: int) -> Words:
        word = self._statistics.word(tree.fieldname, tree.text)
        terms = [] if word is None or word.terms[place] < 0 else [word.terms[place]]
        return self._bits_of(np.array(terms, _INT64), self._statistics.views[place])

    def _bits_of_compound(self, tree: Any, place: int) -> Words:
        if not tree.subqueries:
            return self._statistics.views[place].no_bits()
        join = np.bitwise_or if type(tree) is Or else np.bitwise_and
        words = self.bits(tree.subqueries[0], place)
        for subtree in tree.subqueries[1:]:
            words = join(words, self.bits(subtree, place))
        return words

    def _bits_of_and_not(self, tree: Any, place: int) -> Words:
        return self.bits(tree.a, place) & ~self.bits(tree.b, place)

    def _bits_of_and_maybe(self, tree: Any, place: int) -> Words:
        return self.bits(tree.a, place)

    def _bits_of_otherwise(self, tree: Any, place: int) -> Words:
        words = self.bits(tree.a, place)
        return words if words.any() else self.bits(tree.b, place)

    def _bits_of_constant_score(self, tree: Any, place: int) -> Words:
        return self.bits(tree.child, place)


def _to_list(top: tuple[Array, Array], filled: int, view: SegmentView) -> Listed:
    """Return all that a kernel has put into a room for all."""
    return Listed((top[1][:filled] - view.base).astype(np.uint32), top[0][:filled].copy())


_SCORED: dict[type, Callable[[Evaluator, Any, int], Found]] = {
    And: Evaluator._evaluate_and,
    AndMaybe: Evaluator._evaluate_and_maybe,
    AndNot: Evaluator._evaluate_filtered,
    ConstantScoreQuery: Evaluator._evaluate_constant_score,
    DateRange: Evaluator._evaluate_range,
    Every: Evaluator._evaluate_every,
    Not: Evaluator._evaluate_not,
    NumericRange: Evaluator._evaluate_range,
    Or: Evaluator._evaluate_or,
    Otherwise: Evaluator._evaluate_otherwise,
    Phrase: Evaluator._evaluate_phrase,
    Require: Evaluator._evaluate_filtered,
    Term: Evaluator._evaluate_term,
    _NullQuery: Evaluator._evaluate_null,
    **dict.fromkeys(MULTI_TERMS, Evaluator._evaluate_terms),
}

_UNSCORED: dict[type, Callable[[Evaluator, Any, int], Words]] = {
    And: Evaluator._bits_of_compound,
    AndMaybe: Evaluator._bits_of_and_maybe,
    AndNot: Evaluator._bits_of_and_not,
    ConstantScoreQuery: Evaluator._bits_of_constant_score,
    Or: Evaluator._bits_of_compound,
    Otherwise: Evaluator._bits_of_otherwise,
    Require: Evaluator._bits_of_compound,
    Term: Evaluator._bits_of_term,
}
