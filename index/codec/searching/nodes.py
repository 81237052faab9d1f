"""Query trees that have no plan, a node at a time: each becomes what it finds in a segment, with scores or without.

Filters, exclusions and what has a constant score need no scores: `bits` gives them as bitmaps. The rules are Whoosh's,
odd ones too: a compound of one is its child, without a boost of its own; `Not` scores 1.0; a constant score of 0 is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

from index.codec.kernels import addresses as at
from index.codec.kernels import parts, phrases, scoring, sets
from index.codec.packing import read_freqs
from index.codec.searching import found as of
from index.codec.searching.expansion import Expander, is_constant, is_every
from index.codec.searching.found import Constant, Found, Listed
from index.codec.searching.plan import MULTI_TERMS, Planner, Top, is_usual
from index.codec.searching.statistics import Field, Statistics, Word
from index.codec.searching.view import NO_WORDS, SegmentView, Words
from index.deadline import check_time

_INT64 = np.dtype(np.int64)
_FLOAT64 = np.dtype(np.float64)
Sums = NDArray[np.float32]

_FLOAT32 = np.dtype(np.float32)
_UINT32 = np.dtype(np.uint32)
_WORD_SIZE = 8 * at.WORD_COLUMNS  # bytes
_NO_TERMS: NDArray[np.int64] = np.empty(0, _INT64)
_NO_IDS: NDArray[np.uint32] = np.empty(0, _UINT32)
_NO_SCORES: NDArray[np.float64] = np.empty(0, _FLOAT64)


class Evaluator:
    """Evaluates trees in the segments of one index; `place` is a segment's place among them."""

    def __init__(self, statistics: Statistics, expander: Expander, planner: Planner) -> None:
        self._statistics = statistics
        self._expander = expander
        self._planner = planner

    # --- with scores

    def evaluate(self, tree: Any, place: int) -> Found:
        """Return what a node finds in a segment."""
        check_time()
        kind = type(tree)
        if kind is And or kind is Or:
            if len(tree.subqueries) == 1:
                return self.evaluate(tree.subqueries[0], place)
            if not tree.subqueries:
                return self._nothing(place)
        view = self._statistics.views[place]
        plan = self._planner.plan(tree, place, place + 1)
        if plan is not None:
            top = Top.for_all(view.num_docs)
            return _to_list(top, self._planner.rank(plan, None, top, 0, False)[1], view)
        sums = self._sum_parts(tree, place, view.deleted)
        if sums is not None:
            return _list_sums(sums, 1.0)
        return _SCORED[kind](self, tree, place)

    def _nothing(self, place: int) -> Constant:
        return Constant(self._statistics.views[place].no_bits(), 1.0)

    def _evaluate_null(self, tree: Any, place: int) -> Found:
        return self._nothing(place)

    def _evaluate_and(self, tree: Any, place: int) -> Found:
        deleted = self._statistics.views[place].deleted
        others: list[Found] = []
        summed: list[Sums] = []
        for subtree in self._grouped(tree, place):
            sums = self._sum_parts(subtree, place, deleted)
            if sums is None:
                others.append(self.evaluate(subtree, place))
            else:
                summed.append(sums)
        if not others:
            others.append(_list_sums(summed.pop(), 1.0))
        if not summed:
            return of.intersect(others, tree.boost)
        # Looked up where the others are, rather than listed: there are often many.
        ids, scores = of.to_list(of.intersect(others, 1.0))
        for sums in summed:
            is_there = sums[ids] > 0
            ids, scores = ids[is_there], scores[is_there]
            scores = scores + sums[ids]
        return Listed(ids, scores * tree.boost)

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
        return Constant(self._bits_of(tree.fieldname, terms, place), score)

    # Words come here where a field has weights of its own, or a boost is beyond what a plan takes.

    def _evaluate_term(self, tree: Any, place: int) -> Found:
        word = self._statistics.word(tree.fieldname, tree.text)
        term = -1 if word is None else word.term(place)
        if word is None or term < 0:
            return self._nothing(place)
        if _is_of_parts(word.field, place):
            return self._score_parts(word.field, np.array([term], _INT64), tree.boost * word.field.factor, place)
        return self._score_term(word.field, term, word.weight * tree.boost, place)

    def _evaluate_terms(self, tree: Any, place: int) -> Found:
        view = self._statistics.views[place]
        if is_every(tree):
            return self._evaluate_every(Every(tree.fieldname, boost=tree.boost), place)
        expansion = self._expander.expand(tree, place)
        if is_constant(tree, expansion, view.num_docs):
            return Constant(self._bits_of(tree.fieldname, expansion.terms, place), 1.0)
        field = self._statistics.field(tree.fieldname)
        if field is None or not expansion.terms.size:
            return self._nothing(place)
        if _is_of_parts(field, place):
            return self._score_parts(field, expansion.terms, tree.boost * field.factor, place)
        weights = (self._statistics.weights_of(field, place, expansion.terms) * tree.boost).tolist()
        parts = [
            self._score_term(field, term, weight, place)
            for term, weight in zip(expansion.terms.tolist(), weights, strict=True)
        ]
        return of.unite(parts, 1.0, view)

    def _score_term(self, field: Field, term: int, weight: float, place: int) -> Listed:
        view = self._statistics.views[place]
        start, end = int(view.posting_starts[term]), int(view.posting_starts[term + 1])
        ids, scores = np.empty(end - start, np.uint32), np.empty(end - start)
        count = sets.score_postings(
            view.doc_ids[start:end], self._tallies(field, start, end, place),
            self._statistics.length_bytes(view, field), field.norms, weight, view.deleted, ids, scores,
        )  # fmt: skip
        return Listed(ids[:count], scores[:count])

    def _tallies(self, field: Field, start: int, end: int, place: int) -> NDArray[np.float64]:
        """Return how much a field's postings from `start` to `end` weigh."""
        view, entry = self._statistics.views[place], field.entries[place]
        weights = view.field_array("weights", field.name)
        if entry is None or weights is None:
            return (read_freqs(view.file, start, end) * field.factor).astype(_FLOAT64)
        first = int(view.posting_starts[entry.first_term])
        return weights[start - first : end - first].astype(np.float64)

    # --- parts

    def rank_parts(
        self, tree: Any, place: int, dropped: Words, top: Top, filled: int, last: bool
    ) -> tuple[int, int] | None:
        """Put the articles of terms that are parts of others into `top`, as `Planner.rank` does; None for others."""
        sums = self._sum_parts(tree, place, NO_WORDS)
        if sums is None:
            return None
        segment = self._statistics.table.array[place]
        ran: tuple[int, int] = scoring.rank_sums(
            sums, dropped, segment, top.scores, top.doc_ids, filled, last, top.aside
        )
        return ran

    def _sum_parts(self, tree: Any, place: int, dropped: Words) -> Sums | None:
        """Return each article's score, 0 for none, if a tree is of nothing but terms that are parts of others."""
        leaves: list[tuple[Field, NDArray[np.int64], float]] = []
        if not self._add_leaves(tree, 1.0, place, leaves):
            return None
        sums = self._no_sums(place)
        for leaf in leaves:
            self._add_parts(*leaf, place, sums)
        if dropped.size:
            parts.clear_sums(sums[: self._statistics.views[place].num_docs], dropped)
        return sums

    def _add_leaves(
        self, tree: Any, boost: float, place: int, leaves: list[tuple[Field, NDArray[np.int64], float]]
    ) -> bool:
        """Add the terms of a disjunction, with their weight; say whether all are parts of others."""
        kind = type(tree)
        if kind is Or and len(tree.subqueries) > 1:
            boost *= tree.boost
            return all(self._add_leaves(subtree, boost, place, leaves) for subtree in tree.subqueries)
        if (kind is not Term and kind not in MULTI_TERMS) or is_every(tree):
            return False
        field = self._statistics.field(tree.fieldname)
        if field is None or not _is_of_parts(field, place):
            return False
        weight = boost * tree.boost * field.factor
        if kind is Term:
            terms = self._terms_of_word(tree, place)
        else:
            expansion = self._expander.expand(tree, place)
            if is_constant(tree, expansion, self._statistics.views[place].num_docs):
                return False
            terms = expansion.terms
        leaves.append((field, terms, weight))
        return is_usual(weight)

    def _no_sums(self, place: int) -> Sums:
        num_docs = self._statistics.views[place].num_docs
        return np.zeros((num_docs + scoring.BLOCK - 1) // scoring.BLOCK * scoring.BLOCK, _FLOAT32)

    def _add_parts(self, field: Field, terms: NDArray[np.int64], weight: float, place: int, sums: Sums) -> None:
        if not terms.size:
            return
        view = self._statistics.views[place]
        of_field = view.parts(field.name)
        parts.add_parts(
            terms - view.fields[field.name].first_term, of_field.parents, of_field.starts, of_field.part_bytes,
            view.posting_starts, view.doc_ids, weight, sums[: view.num_docs],
        )  # fmt: skip

    def _score_parts(self, field: Field, terms: NDArray[np.int64], weight: float, place: int) -> Listed:
        """Return the articles of terms with a weight that is beyond float32."""
        view, sums = self._statistics.views[place], self._no_sums(place)
        self._add_parts(field, terms, 1.0, place, sums)
        if view.deleted.size:
            parts.clear_sums(sums[: view.num_docs], view.deleted)
        return _list_sums(sums, weight)

    # --- phrases

    def list_phrase(self, tree: Any, dropped: Sequence[Words] | None) -> Listed | None:
        """Return the articles of the index that have a phrase; None if a plan cannot score its words."""
        field = self._statistics.field(tree.fieldname)
        if field is None or field.row < 0 or not is_usual(tree.boost):
            return None
        ids, scores, _ = self._find_phrase(tree, 0, len(self._statistics.views), dropped)
        return Listed(ids, scores)

    def _find_phrase(
        self, tree: Any, first: int, end: int, dropped: Sequence[Words] | None
    ) -> tuple[NDArray[np.uint32], NDArray[np.float64], list[Word]]:
        """Return the articles of the index that have a phrase, their scores where a plan can score it, its words."""
        words = [self._statistics.word(tree.fieldname, text) for text in tree.words]
        there = [word for word in words if word is not None]
        if len(there) < len(words):
            return _NO_IDS, _NO_SCORES, []
        plan = np.array(
            [
                number
                for word in there
                for number in (word.address + first * _WORD_SIZE, word.row, word.weight * tree.boost)
            ],
            _FLOAT64,
        )
        room = min([word.doc_freq for word in there])
        ids, scores = np.empty(room, _UINT32), np.empty(room)
        table = self._statistics.table
        segments = table.array if dropped is None else table.without(dropped)
        count = phrases.match_phrase(plan, tree.slop, segments, first, end, ids, scores)
        return ids[:count], scores[:count], there

    def _evaluate_phrase(self, tree: Any, place: int) -> Found:
        ids, scores, words = self._find_phrase(tree, place, place + 1, None)
        found = Listed(ids - _UINT32.type(self._statistics.views[place].base), scores)
        if not ids.size or (words[0].row >= 0 and is_usual(tree.boost)):
            return found
        found.scores[:] = 0
        for word in words:
            found = of.add_where(found, self._score_term(word.field, word.term(place), word.weight * tree.boost, place))
        return found

    # --- without scores

    def bits(self, tree: Any, place: int) -> Words:
        """Return the bitmap of what a node finds in a segment, which is not to be changed."""
        check_time()
        kind = type(tree)
        if kind in MULTI_TERMS and not is_every(tree):
            return self._bits_of(tree.fieldname, self._expander.expand(tree, place).terms, place)
        if kind in _UNSCORED:
            return _UNSCORED[kind](self, tree, place)
        return of.to_words(self.evaluate(tree, place), self._statistics.views[place])

    def dropped(self, filters: list[tuple[Any, bool]], place: int) -> Words:
        """Return the bitmap of the articles that filters (a tree, and whether it is to match) or deletion leave out."""
        allowed = self._statistics.views[place].live
        for tree, is_wanted in filters:
            words = self.bits(tree, place)
            allowed = allowed & (words if is_wanted else ~words)
        dropped: Words = ~allowed
        dropped.flags.writeable = False  # as what is deleted, or kernels would be compiled for both
        return dropped

    def _bits_of(self, name: str, terms: NDArray[np.int64], place: int) -> Words:
        view = self._statistics.views[place]
        words = view.no_bits()
        if not terms.size:
            return words
        if view.fields[name].parts_of:
            of_field = view.parts(name)
            parts.set_bits_of_parts(
                terms - view.fields[name].first_term, of_field.parents, of_field.starts, of_field.part_bytes,
                view.posting_starts, view.doc_ids, words,
            )  # fmt: skip
        elif terms[-1] - terms[0] == terms.size - 1:  # the postings of neighbours are neighbours
            start, end = int(view.posting_starts[terms[0]]), int(view.posting_starts[terms[-1] + 1])
            sets.set_bits(view.doc_ids, start, end, words)
        else:
            sets.set_bits_of_terms(terms, view.posting_starts, view.doc_ids, words)
        if view.deleted.size:
            words &= view.live
        return words

    def _bits_of_term(self, tree: Any, place: int) -> Words:
        return self._bits_of(tree.fieldname, self._terms_of_word(tree, place), place)

    def _terms_of_word(self, tree: Any, place: int) -> NDArray[np.int64]:
        """Return the number of a word's term in a segment, or none."""
        word = self._statistics.word(tree.fieldname, tree.text)
        term = -1 if word is None else word.term(place)
        return _NO_TERMS if term < 0 else np.array([term], _INT64)

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


def _list_sums(sums: Sums, weight: float) -> Listed:
    """Return the articles whose sum is not 0; their scores are the sums times a weight."""
    ids, scores = np.empty(sums.size + 1, _UINT32), np.empty(sums.size + 1)
    count = parts.list_sums(sums, ids, scores)
    return Listed(ids[:count], scores[:count] * weight)


def _is_of_parts(field: Field, place: int) -> bool:
    entry = field.entries[place]
    return entry is not None and bool(entry.parts_of)


def _to_list(top: Top, filled: int, view: SegmentView) -> Listed:
    """Return all that a kernel has put into a room for all."""
    return Listed((top.doc_ids[:filled] - view.base).astype(np.uint32), top.scores[:filled].copy())


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
