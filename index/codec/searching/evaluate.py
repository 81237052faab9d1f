"""Searching, a set at a time: a Whoosh query tree over the columnar segments of an index.

`ColumnarSearcher` gives what Whoosh's generic path gives with `limit=None`, with exact totals and scores that are the
same within 1e-5. It is right where that path is wrong: `AndNot` is the difference of two sets, `Not` finds no deleted
article, `AndMaybe` adds the score of what is optional wherever it matches. What it does not take (`supports`) is left
to the caller.

A snapshot of an index has one searcher for all its threads: what they share never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.query import AndNot, Phrase, Require

from index.codec.format import Array, SegmentFile
from index.codec.kernels import sets, terms, top_k
from index.codec.searching.expansion import Expander, Frequent
from index.codec.searching.explaining import Part, explain_leaf, leaves_of
from index.codec.searching.found import Constant, Found, count_bits, keep, list_bits
from index.codec.searching.nearness import DEPTH, NearWords, is_one_word
from index.codec.searching.nodes import Evaluator
from index.codec.searching.plan import Planner, room_for_all
from index.codec.searching.statistics import Statistics
from index.codec.searching.support import Support
from index.codec.searching.view import SegmentView, Words, view_segments
from index.codec.searching.weighting import WhooshWeighting

_INT64, _UINT32 = np.dtype(np.int64), np.dtype(np.uint32)
_WHOOSH = WhooshWeighting()


class Hits(NamedTuple):
    """How many articles match, and the best of them: score descending, then id ascending."""

    total: int
    doc_ids: NDArray[np.int64]
    scores: NDArray[np.float64]


class ColumnarSearcher:
    """Searches the segments of an index: for each its file, and a bitmap of its deleted articles or None.

    The bitmap has a bit for each article, the lowest first, as `ColumnarSegment` keeps it. Articles are numbered
    through over the segments. Scores are Whoosh's, or those of another `weighting`.
    """

    def __init__(
        self,
        segments: Sequence[tuple[SegmentFile, bytes | None]],
        schema: Any,
        weighting: WhooshWeighting = _WHOOSH,
    ) -> None:
        self._views = view_segments(segments)
        self._statistics = Statistics(self._views, schema, weighting)
        self._expander = Expander(self._statistics)
        self._planner = Planner(self._statistics, self._expander)
        self._evaluator = Evaluator(self._statistics, self._expander, self._planner)
        self._support = Support(self._statistics, self._expander)
        self.num_docs = self._statistics.num_docs

    def supports(self, tree: Any) -> bool:
        """Say whether this can evaluate a tree; if not, it is for Whoosh's generic path."""
        return self._support.supports(tree)

    def cost(self, tree: Any) -> int:
        """Return how many postings and positions an evaluation touches at most, roughly, without touching them.

        What it takes is 1 to 4 ns for each; the tree must be supported.
        """
        return self._support.cost(tree)

    def explain(self, tree: Any, doc_ids: NDArray[np.int64]) -> tuple[dict[int, list[Part]], NDArray[np.float64]]:
        """Return the parts of the scores of some articles (ids ascending), and what nearness would add to each.

        An article that the tree does not find has no parts.
        """
        others = [~words for words in self.to_bitmaps(doc_ids)]
        for words in others:
            words.flags.writeable = False  # as what is deleted, or kernels would be compiled for both
        found = set(self.match(tree, others)[0].tolist())
        parts: dict[int, list[Part]] = {doc_id: [] for doc_id in found}
        for leaf in leaves_of(tree, self._planner.is_combined):
            ids, scores = self.match(leaf.tree, others)
            for doc_id, score in zip(ids.tolist(), scores.tolist(), strict=True):
                if doc_id in found:
                    parts[doc_id].append(explain_leaf(leaf, doc_id, score * leaf.boost, self._statistics))
        gains, near = np.zeros(doc_ids.size), NearWords.of(tree, self._statistics)
        if near is not None and self._statistics.weighting.nearness:
            near.add_to(doc_ids, gains)
        return parts, gains

    def doc_freq(self, name: str, text: str) -> int:
        """Return in how many articles a term of a field is, deleted ones too."""
        word = self._statistics.word(name, text)
        return 0 if word is None else word.doc_freq

    def is_in_any(self, name: str, text: str, doc_ids: NDArray[np.int64]) -> bool:
        """Say whether any of a few articles has a term of a field."""
        word = self._statistics.word(name, text)
        return word is not None and bool(terms.is_in_any(self._statistics.table.array, word.places, doc_ids))

    def most_frequent(self, tree: Any, limit: int) -> Frequent:
        """Return the surfaces that a query of many terms stands for, the most frequent first."""
        return self._expander.most_frequent(tree, limit)

    def search(
        self,
        tree: Any,
        limit: int | None = 10,
        left_out: Sequence[Words] | None = None,
        prior: NDArray[np.float64] | None = None,
    ) -> Hits:
        """Return the exact total and the best `limit` articles (None: all); the tree must be supported.

        `left_out`: bitmaps, one for each segment, of articles that are not to be found, besides those deleted. `prior`:
        by what the score of each article of the index is multiplied.
        """
        size = wanted = self.num_docs if limit is None else min(max(limit, 0), self.num_docs)
        weighting = self._statistics.weighting
        may_be_near = wanted > 0 and weighting.nearness > 0 and not is_one_word(tree)
        if may_be_near:
            size = min(max(wanted, DEPTH), self.num_docs)
        scores, doc_ids = top = np.empty(size), np.empty(size, _INT64)
        if prior is None:
            total, filled = self._rank(tree, top, left_out, is_sorted=True)
        else:
            found, found_scores = self.match(tree, left_out)
            total, found_scores = found.size, found_scores * prior[found]
            filled = top_k.select_top_k(found.astype(_UINT32), found_scores, total, 0, *top, 0, True)
        if may_be_near and filled:
            near = NearWords.of(tree, self._statistics)
            if near is not None:
                near.rank(doc_ids[:filled], scores[:filled], prior)
            filled = min(filled, wanted)
        if filled < size:
            return Hits(total, doc_ids[:filled].copy(), scores[:filled].copy())
        return Hits(total, doc_ids, scores)

    def match(
        self, tree: Any, left_out: Sequence[Words] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return all articles that match, ids ascending, and their scores, which are those of `search`."""
        top = room_for_all(self.num_docs)
        _, filled = self._rank(tree, top, left_out, is_sorted=False)
        doc_ids, scores = top[1][:filled], top[0][:filled]
        # A copy of few does not keep the room for all; one of most takes longer than to find them.
        return (doc_ids, scores) if 2 * filled > self.num_docs else (doc_ids.copy(), scores.copy())

    def to_bitmaps(self, doc_ids: NDArray[np.int64]) -> list[Words]:
        """Return some articles, ids ascending, as `search` and `match` take those to leave out."""
        bitmaps = []
        for view in self._views:
            words = view.no_bits()
            first, end = np.searchsorted(doc_ids, (view.base, view.base + view.num_docs))
            sets.set_bits((doc_ids[first:end] - view.base).astype(np.uint32), 0, end - first, words)
            bitmaps.append(words)
        return bitmaps

    def bitmaps(self, tree: Any) -> list[Words]:
        """Return all articles that match, for each segment a bitmap, which is not to be changed."""
        return [self._evaluator.bits(tree, place) for place in range(len(self._views))]

    def _rank(
        self, tree: Any, top: tuple[Array, Array], left_out: Sequence[Words] | None, *, is_sorted: bool
    ) -> tuple[int, int]:
        filters: list[tuple[Any, bool]] = []
        while (kind := type(tree)) is Require or kind is AndNot:
            filters.append((tree.b, kind is Require))
            tree = tree.a
        num_segments, kind = len(self._views), type(tree)
        dropped = self._dropped(filters, left_out)
        rank = self._evaluator.rank_phrase if kind is Phrase else self._planner.rank
        ran = rank(tree, 0, num_segments, dropped, top, 0, is_sorted)
        if ran is not None:
            return ran
        total = filled = 0
        for place, view in enumerate(self._views):
            last = is_sorted and place == num_segments - 1
            ran = rank(tree, place, place + 1, dropped, top, filled, last) if num_segments > 1 else None
            if ran is None:
                gone = view.deleted if dropped is None else dropped[place]
                ran = self._evaluator.rank_parts(tree, place, gone, top, filled, last)
            if ran is None:
                found = self._evaluator.evaluate(tree, place)
                if dropped is not None:
                    found = keep(found, dropped[place], is_wanted=False)
                ran = _rank_found(found, view, top, filled, last)
            total, filled = total + ran[0], ran[1]
        return total, filled

    def _dropped(self, filters: list[tuple[Any, bool]], left_out: Sequence[Words] | None) -> list[Words] | None:
        """Return for each segment what is not to be found; None if that is what is deleted."""
        if not filters and left_out is None:
            return None
        dropped = [
            self._evaluator.dropped(filters, place) if filters else view.deleted
            for place, view in enumerate(self._views)
        ]
        if left_out is not None:
            pairs = zip(dropped, left_out, strict=True)
            dropped = [more | words if words.size else more.view() for words, more in pairs]
            for words in dropped:
                words.flags.writeable = False  # as what is deleted, or kernels would be compiled for both
        return dropped


def _rank_found(found: Found, view: SegmentView, top: tuple[Array, Array], filled: int, last: bool) -> tuple[int, int]:
    """Count what was found and put the best of it into `top`."""
    if isinstance(found, Constant):
        total = count_bits(found.words)
        # Of equals the first are the best.
        ids = list_bits(found.words, min(total, top[0].size))
        scores = np.full(ids.size, found.score)
    else:
        ids, scores = found
        total = ids.size
    return total, top_k.select_top_k(ids, scores, ids.size, view.base, *top, filled, last)
