"""Ranking the best articles once more, by how near to each other the words of a query stand in them.

Nearness needs positions, of which an article has many: it is looked at in the best `DEPTH` articles alone, however many
are asked for, so that pages of any size show the same order. It only adds to scores. What was not among these follows
with the score that it has, none above theirs: scores fall, and ties are by id, from the first page to the last.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from whoosh.query import And, AndMaybe, AndNot, Or, Require, Term

from index.codec.kernels import proximity
from index.codec.searching.statistics import Statistics, Word

# From 50 to 1,000 the measures of relevance are the same within 0.0005. So many more articles than ten take 25
# microseconds to select, of 40,000, and 10 to look at.
DEPTH = 100

_MOST_WORDS = 128
_INT64 = np.dtype(np.int64)


class NearWords(NamedTuple):
    """The words of a query that are looked for near each other, as `index.codec.kernels.proximity` wants them."""

    plan: NDArray[np.int64]
    numbers: NDArray[np.int64]
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]
    kept: list[Word]  # whose addresses are in the plan
    statistics: Statistics

    @classmethod
    def of(cls, tree: Any, statistics: Statistics) -> Self | None:
        """Return the loose words of a tree in the fields that are combined; None if there are not two."""
        weighting = statistics.weighting
        found: dict[Any, list[tuple[Word, float]]] = {}
        for (name, text), boost in loose_words(tree, weighting.field_weights).items():
            word = statistics.word(name, text)
            if word is not None and word.row >= 0 and word.field.has_positions:
                found.setdefault(text, []).append((word, boost))
        if not 1 < len(found) <= _MOST_WORDS:
            return None
        plan: list[int] = []
        numbers, kept, rarities, weights = [], [], [], []
        for number, each in enumerate(found.values()):
            best, boost = each[0]
            for word, other_boost in each:
                plan += (word.address, word.row)
                numbers.append(number)
                kept.append(word)
                if (word.doc_freq, word.weight) > (best.doc_freq, best.weight):
                    best, boost = word, other_boost
            rarities.append(best.rarity)
            weights.append(best.weight * boost * weighting.nearness)
        mean = sum(rarities) / len(rarities)
        return cls(
            np.array(plan, _INT64), np.array(numbers, _INT64), np.array([rarity / mean for rarity in rarities]),
            np.array(weights), kept, statistics,
        )  # fmt: skip

    def add_to(self, doc_ids: NDArray[np.int64], scores: NDArray[np.float64]) -> None:
        """Add to the scores of some articles, whose ids ascend, what nearness is worth there."""
        segments = self.statistics.table.array
        proximity.add_nearness(
            self.plan, self.numbers, self.shares, self.weights, segments, 0, len(segments), doc_ids, scores
        )

    def rank(
        self, doc_ids: NDArray[np.int64], scores: NDArray[np.float64], prior: NDArray[np.float64] | None = None
    ) -> None:
        """Put the best articles into the order that they have by nearness, too; the others stay where they are."""
        ascending = np.argsort(doc_ids[:DEPTH])
        best_ids, best_scores = doc_ids[:DEPTH][ascending], scores[:DEPTH][ascending]
        if prior is None:
            self.add_to(best_ids, best_scores)
        else:
            gains = np.zeros(best_ids.size)
            self.add_to(best_ids, gains)
            best_scores += gains * prior[best_ids]
        # Ids ascend, and of equals the first stays first.
        order = np.argsort(-best_scores, kind="stable")
        doc_ids[:DEPTH], scores[:DEPTH] = best_ids[order], best_scores[order]


def is_one_word(tree: Any) -> bool:
    """Say whether a tree is plainly one word, in a field or in two: there is nothing for it to be near."""
    while type(tree) is Require or type(tree) is AndNot:
        tree = tree.a
    if type(tree) is Or and len(tree.subqueries) == 2:
        one, other = tree.subqueries
        return type(one) is Term and type(other) is Term and bool(one.text == other.text)
    return type(tree) is Term


def loose_words(tree: Any, fields: Container[str]) -> dict[tuple[str, Any], float]:
    """Return the boosts of the words that a tree adds to scores, by field and text, in some fields."""
    boosts: dict[tuple[str, Any], float] = {}
    _add_words(tree, 1.0, fields, boosts)
    return boosts


def _add_words(tree: Any, boost: float, fields: Container[str], boosts: dict[tuple[str, Any], float]) -> None:
    kind = type(tree)
    if kind is Term:
        if tree.fieldname in fields:
            key = (tree.fieldname, tree.text)
            boosts[key] = boosts.get(key, 0.0) + boost * tree.boost
    elif kind is And or kind is Or:
        subtrees = tree.subqueries
        if len(subtrees) > 1:  # one by itself is scored without the boost of its parent
            boost *= tree.boost
        for subtree in subtrees:
            _add_words(subtree, boost, fields, boosts)
    elif kind is Require or kind is AndNot or kind is AndMaybe:
        _add_words(tree.a, boost, fields, boosts)
