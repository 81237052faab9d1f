"""The parts of a score: the words and other leaves of a query tree, each scored alone in the articles asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.query import And, AndMaybe, AndNot, Or, Require, Term

from index.codec.packing import read_freqs
from index.codec.searching.statistics import Statistics


class Leaf(NamedTuple):
    """A part of a tree that is scored by itself; `boost` is that of the nodes around it.

    `is_added` tells what ranks and does not decide what is found.
    """

    tree: Any
    boost: float
    is_added: bool = False

    @property
    def terms(self) -> list[Any]:
        """The terms of a word, one for each field; none for what is no word."""
        if type(self.tree) is Or:
            return list(self.tree.subqueries)
        return [self.tree] if type(self.tree) is Term else []


class Part(NamedTuple):
    """What a leaf adds to the score of an article.

    For a word: its frequency by field, its idf, and the weight that a score of it comes near and does not exceed.
    """

    leaf: Leaf
    score: float
    freqs: dict[str, int]
    rarity: float
    weight: float


def leaves_of(tree: Any, is_word: Callable[[Any, Any], bool], boost: float = 1.0) -> Iterator[Leaf]:
    """Yield the parts of a tree whose scores add up to its own; `is_word` tells two fields that score as one."""
    kind = type(tree)
    if kind is Require or kind is AndNot:
        yield from leaves_of(tree.a, is_word, boost)
    elif kind is AndMaybe:
        yield from leaves_of(tree.a, is_word, boost)
        yield from (leaf._replace(is_added=True) for leaf in leaves_of(tree.b, is_word, boost))
    elif (kind is And or kind is Or) and len(tree.subqueries) == 1:
        yield from leaves_of(tree.subqueries[0], is_word, boost)
    elif kind is And or (kind is Or and not (len(tree.subqueries) == 2 and is_word(*tree.subqueries))):
        for subtree in tree.subqueries:
            yield from leaves_of(subtree, is_word, boost * tree.boost)
    else:
        yield Leaf(tree, boost)


def explain_leaf(leaf: Leaf, doc_id: int, score: float, statistics: Statistics) -> Part:
    """Return what a leaf adds to an article's score, which is known."""
    freqs: dict[str, int] = {}
    best = None
    for term in leaf.terms:
        word = statistics.word(term.fieldname, term.text)
        if word is None:
            continue
        freq = _freq_of(word.places, doc_id, statistics)
        if freq:
            freqs[term.fieldname] = freq
        if best is None or (word.doc_freq, word.weight) > (best.doc_freq, best.weight):
            best = word
    boost = leaf.boost * (leaf.tree.boost if type(leaf.tree) is Term else 1.0)
    if type(leaf.tree) is Or:
        boost *= leaf.tree.boost * leaf.tree.subqueries[0].boost
    return Part(leaf, score, freqs, best.rarity if best else 0.0, best.weight * boost if best else 0.0)


def _freq_of(places: NDArray[np.int64], doc_id: int, statistics: Statistics) -> int:
    for view, (_, start, stop, _) in zip(statistics.views, places.tolist(), strict=True):
        if view.base <= doc_id < view.base + view.num_docs:
            place = start + int(np.searchsorted(view.doc_ids[start:stop], doc_id - view.base))
            if place < stop and int(view.doc_ids[place]) == doc_id - view.base:
                return int(read_freqs(view.file, place, place + 1)[0])
    return 0
