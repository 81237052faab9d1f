"""Which query trees the set-at-a-time path takes, and what they cost, from document frequencies alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from whoosh.fields import NUMERIC, FieldType
from whoosh.lang.morph_en import variations
from whoosh.query import (
    And,
    AndMaybe,
    AndNot,
    ConstantScoreQuery,
    DateRange,
    Every,
    FuzzyTerm,
    Not,
    NumericRange,
    Or,
    Otherwise,
    Phrase,
    Prefix,
    Regex,
    Require,
    Term,
    TermRange,
    Variations,
    Wildcard,
)
from whoosh.query.qcore import _NullQuery

from index.codec.kernels import terms
from index.codec.searching.expansion import Expander, is_every
from index.codec.searching.statistics import Statistics

# A term of a parts field is a bitmap, of which every bit is looked at, if it is in more than a 16th of its parent's
# articles; the sums of all articles are cleared and looked through besides, each in an eighth of a posting's time.
_BITS_OF_ORDINAL = 16
_ARTICLES_CLEARED = 8


class Support:
    """Judges trees for the segments of one index."""

    def __init__(self, statistics: Statistics, expander: Expander) -> None:
        self._statistics = statistics
        self._expander = expander

    def supports(self, tree: Any) -> bool:
        """Say whether a tree can be evaluated a set at a time; exact classes alone, for a subclass may do anything."""
        supports = _SUPPORTS.get(type(tree))
        return supports is not None and supports(self, tree)

    def _supports_term(self, tree: Any) -> bool:
        return not tree.minquality and _is_positive(tree.boost) and not self._has_values(tree.fieldname)

    def _supports_compound(self, tree: Any) -> bool:
        is_plain = type(tree) is And or (tree.scale is None and tree.matcher_type == Or.AUTO_MATCHER)
        return is_plain and _is_positive(tree.boost) and all(map(self.supports, tree.subqueries))

    def _supports_pair(self, tree: Any) -> bool:
        return self.supports(tree.a) and self.supports(tree.b)

    def _supports_not(self, tree: Any) -> bool:
        return self.supports(tree.query)

    def _supports_constant_score(self, tree: Any) -> bool:
        return _is_positive(tree.score or 1.0) and self.supports(tree.child)

    def _supports_every(self, tree: Any) -> bool:
        is_known = tree.fieldname is None or self._statistics.field(tree.fieldname) is not None
        return is_known and _is_positive(tree.boost or 1.0)

    def _supports_null(self, tree: Any) -> bool:
        return True

    def _supports_phrase(self, tree: Any) -> bool:
        field = self._statistics.field(tree.fieldname)
        is_whole = bool(tree.words) and None not in tree.words and _is_positive(tree.boost)
        return is_whole and (field is None or (field.has_positions and not self._has_values(tree.fieldname)))

    def _supports_range_of_terms(self, tree: Any) -> bool:
        is_known = self._statistics.field(tree.fieldname) is not None
        return is_known and _is_positive(tree.boost) and not self._has_values(tree.fieldname)

    def _supports_text(self, tree: Any) -> bool:
        field = self._statistics.field(tree.fieldname)
        is_text = field is not None and type(field.kind).from_bytes is FieldType.from_bytes
        return is_text and isinstance(tree.text, str) and self._supports_range_of_terms(tree)

    def _supports_fuzzy(self, tree: Any) -> bool:
        is_sound = isinstance(tree.maxdist, int) and tree.maxdist >= 0 and 0 <= tree.prefixlength <= len(tree.text)
        return is_sound and self._supports_text(tree)

    def _supports_range(self, tree: Any) -> bool:
        field = self._statistics.field(tree.fieldname)
        if field is None or not isinstance(field.kind, NUMERIC):
            return False
        try:
            return self.supports(tree._compile_query(self._statistics))
        except ValueError:  # a number that the field cannot hold, which Whoosh says when it searches
            return False

    def _has_values(self, name: str) -> bool:
        """Say whether a field's postings are kept as values in a form of their own, without frequencies."""
        field = self._statistics.field(name)
        if field is None:
            return False
        return any(
            entry is not None and (entry.has_values or (entry.parts_of and field.is_scorable))
            for entry in field.entries
        )

    def cost(self, tree: Any) -> int:
        """Return how many postings and positions an evaluation touches at most, roughly."""
        return 1 + _COSTS[type(tree)](self, tree)

    def _cost_of_null(self, tree: Any) -> int:
        return 0

    def _cost_of_term(self, tree: Any) -> int:
        return self._cost_of_words(tree.fieldname, [tree.text])

    def _cost_of_variations(self, tree: Any) -> int:
        return self._cost_of_words(tree.fieldname, list(variations(tree.text)))

    def _cost_of_phrase(self, tree: Any) -> int:
        return self._cost_of_words(tree.fieldname, tree.words, with_positions=True)

    def _cost_of_compound(self, tree: Any) -> int:
        return sum(map(self.cost, tree.subqueries))

    def _cost_of_not(self, tree: Any) -> int:
        return self._statistics.num_docs + self.cost(tree.query)

    def _cost_of_constant_score(self, tree: Any) -> int:
        return self.cost(tree.child)

    def _cost_of_range(self, tree: Any) -> int:
        return self.cost(tree._compile_query(self._statistics))

    def _cost_of_words(self, name: str, texts: list[Any], *, with_positions: bool = False) -> int:
        cost = 0
        for text in texts:
            word = self._statistics.word(name, text)
            if word is None:
                continue
            if word.field.has_parts:
                cost += _BITS_OF_ORDINAL * word.doc_freq + self._statistics.num_docs // _ARTICLES_CLEARED
            else:
                cost += word.doc_freq
            if with_positions:
                cost += int(terms.count_positions(self._statistics.table.array, word.places))
        return cost

    def _cost_of_every(self, tree: Any) -> int:
        if tree.fieldname is None:
            return self._statistics.num_docs
        return sum(
            self._count_postings(place, tree.fieldname, entry.first_term, entry.end_term)
            for place, view in enumerate(self._statistics.views)
            if (entry := view.field(tree.fieldname)) is not None
        )

    def _count_postings(self, place: int, name: str, first: int, end: int) -> int:
        """Return how many postings the terms of a field from `first` to `end` have in a segment."""
        view = self._statistics.views[place]
        entry = view.fields[name]
        if entry.parts_of:
            chosen = slice(first - entry.first_term, end - entry.first_term)
            of_field = view.parts(name)
            parents = of_field.parents[chosen].astype(np.int64)
            postings = view.posting_starts[parents + 1].astype(np.int64) - view.posting_starts[parents]
            # A bitmap over the parent's postings is kept where a list of two bytes each would not be shorter.
            read = np.minimum(postings, _BITS_OF_ORDINAL * of_field.doc_freqs[chosen].astype(np.int64))
            return int(read.sum()) + view.num_docs // _ARTICLES_CLEARED
        return int(view.posting_starts[end]) - int(view.posting_starts[first])

    def _cost_of_candidates(self, tree: Any) -> int:
        if is_every(tree):
            return self._cost_of_every(tree)
        cost = 0
        for place in range(len(self._statistics.views)):
            first, end = self._expander.candidates(tree, place)
            if first < end:
                cost += end - first + self._count_postings(place, tree.fieldname, first, end)
        return cost


def _is_positive(boost: Any) -> bool:
    return isinstance(boost, int | float) and boost > 0 and math.isfinite(boost)


_SUPPORTS: dict[type, Callable[[Support, Any], bool]] = {
    And: Support._supports_compound,
    AndMaybe: Support._supports_pair,
    AndNot: Support._supports_pair,
    ConstantScoreQuery: Support._supports_constant_score,
    DateRange: Support._supports_range,
    Every: Support._supports_every,
    FuzzyTerm: Support._supports_fuzzy,
    Not: Support._supports_not,
    NumericRange: Support._supports_range,
    Or: Support._supports_compound,
    Otherwise: Support._supports_pair,
    Phrase: Support._supports_phrase,
    Prefix: Support._supports_text,
    Regex: Support._supports_text,
    Require: Support._supports_pair,
    Term: Support._supports_term,
    TermRange: Support._supports_range_of_terms,
    Variations: Support._supports_text,
    Wildcard: Support._supports_text,
    _NullQuery: Support._supports_null,
}

_COSTS: dict[type, Callable[[Support, Any], int]] = {
    And: Support._cost_of_compound,
    AndMaybe: Support._cost_of_compound,
    AndNot: Support._cost_of_compound,
    ConstantScoreQuery: Support._cost_of_constant_score,
    DateRange: Support._cost_of_range,
    Every: Support._cost_of_every,
    FuzzyTerm: Support._cost_of_candidates,
    Not: Support._cost_of_not,
    NumericRange: Support._cost_of_range,
    Or: Support._cost_of_compound,
    Otherwise: Support._cost_of_compound,
    Phrase: Support._cost_of_phrase,
    Prefix: Support._cost_of_candidates,
    Regex: Support._cost_of_candidates,
    Require: Support._cost_of_compound,
    Term: Support._cost_of_term,
    TermRange: Support._cost_of_candidates,
    Variations: Support._cost_of_variations,
    Wildcard: Support._cost_of_candidates,
    _NullQuery: Support._cost_of_null,
}
