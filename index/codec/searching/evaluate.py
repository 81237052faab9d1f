"""Searching, a set at a time: a Whoosh query tree over the columnar segments of an index.

`ColumnarSearcher` gives what Whoosh's generic path gives with `limit=None`, with exact totals and scores that are the
same within 1e-5. It is right where that path is wrong: `AndNot` is the difference of two sets, `Not` finds no deleted
article, `AndMaybe` adds the score of what is optional wherever it matches. What it does not take (`supports`) is left
to the caller.

A snapshot of an index has one searcher for all its threads: what they share never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.query import AndNot, Phrase, Require

from index.codec.format import SegmentFile
from index.codec.kernels import sets, terms, top_k
from index.codec.searching.expansion import Expander, Frequent
from index.codec.searching.explaining import Part, explain_leaf, leaves_of
from index.codec.searching.found import Constant, Found, count_bits, keep, list_bits, to_list, to_words
from index.codec.searching.nearness import DEPTH, NearWords, is_one_word
from index.codec.searching.nodes import Evaluator
from index.codec.searching.plan import Plan, Planner, Top
from index.codec.searching.statistics import Statistics
from index.codec.searching.support import Support
from index.codec.searching.view import SegmentView, Words, view_segments
from index.codec.searching.weighting import WhooshWeighting
from index.deadline import check_time

_INT64, _UINT32 = np.dtype(np.int64), np.dtype(np.uint32)
_WHOOSH = WhooshWeighting()
_NOBODY = np.empty(0, _INT64)

Ids = NDArray[Any]
Scores = NDArray[np.float64]


class Hits(NamedTuple):
    """How many articles match, and the best of them: score descending, then id ascending."""

    total: int
    doc_ids: NDArray[np.int64]
    scores: NDArray[np.float64]


@dataclass(slots=True)
class Prepared:
    """A tree taken apart: what is scored, what filters it (a tree, and whether it must match), its plan if it has one.

    Remembered are what the filters leave out of each segment, and what was found there before, by its place.
    """

    tree: Any
    scored: Any
    filters: list[tuple[Any, bool]]
    plan: Plan | None
    filtered: list[Words] | None = None
    found: dict[int, Found] = field(default_factory=dict)


@dataclass(slots=True)
class Ranking:
    """The best articles so far, how many match, and those that are set aside, which belong to neither."""

    top: Top
    total: int
    filled: int

    def add(self, doc_ids: NDArray[np.int64], scores: NDArray[np.float64]) -> None:
        """Count and rank some of those that were set aside."""
        self.total += doc_ids.size
        self.filled = top_k.insert(doc_ids, scores, self.top.scores, self.top.doc_ids, self.filled)


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
        aside: NDArray[np.int64] = _NOBODY,
    ) -> None:
        self._views = view_segments(segments)
        self._statistics = Statistics(self._views, schema, weighting, aside)
        self._aside = aside
        self._is_aside = np.zeros(self._statistics.num_docs, np.bool_)
        self._is_aside[aside] = True
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

    def prepare(self, tree: Any) -> Prepared:
        """Return a tree made ready to be asked more than once; it must be supported."""
        filters: list[tuple[Any, bool]] = []
        scored = tree
        while (kind := type(scored)) is Require or kind is AndNot:
            filters.append((scored.b, kind is Require))
            scored = scored.a
        return Prepared(tree, scored, filters, self._planner.plan(scored, 0, len(self._views)))

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
        wanted = self.num_docs if limit is None else min(max(limit, 0), self.num_docs)
        prepared = self.prepare(tree)
        return self.finish(prepared, self.rank(prepared, wanted, left_out, prior), wanted, prior)

    def rank(
        self,
        prepared: Prepared,
        wanted: int,
        left_out: Sequence[Words] | None = None,
        prior: NDArray[np.float64] | None = None,
        *,
        set_aside: bool = False,
    ) -> Ranking:
        """Return the best articles by their words alone, for `finish`, and how many there are.

        With `set_aside` the articles of `aside` are apart, for the caller to add those of them that are to be among the
        others.
        """
        size = min(max(wanted, DEPTH), self.num_docs) if self._may_be_near(prepared, wanted) else wanted
        top = Top.of(size, self._aside.size if set_aside else 0)
        if prior is None:
            total, filled = self._rank(prepared, top, left_out, is_sorted=True)
        else:
            found, scores = self._match(prepared, left_out)
            ids, scores = self._put_aside(found, scores * prior[found], top)
            total, filled = ids.size, _select(ids.astype(_UINT32), scores, 0, top, 0, last=True)
        return Ranking(top, total, filled)

    def finish(
        self, prepared: Prepared, ranking: Ranking, wanted: int, prior: NDArray[np.float64] | None = None
    ) -> Hits:
        """Return the best articles of a ranking, by how near their words stand, too."""
        (scores, doc_ids, _), filled = ranking.top, ranking.filled
        if filled and self._may_be_near(prepared, wanted):
            near = NearWords.of(prepared.tree, self._statistics)
            if near is not None:
                near.rank(doc_ids[:filled], scores[:filled], prior)
            filled = min(filled, wanted)
        if filled < scores.size:
            return Hits(ranking.total, doc_ids[:filled].copy(), scores[:filled].copy())
        return Hits(ranking.total, doc_ids, scores)

    def _may_be_near(self, prepared: Prepared, wanted: int) -> bool:
        return wanted > 0 and self._statistics.weighting.nearness > 0 and not is_one_word(prepared.scored)

    def match(
        self, tree: Any, left_out: Sequence[Words] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return all articles that match, ids ascending, and their scores, which are those of `search`."""
        return self._match(self.prepare(tree), left_out)

    def _match(
        self, prepared: Prepared, left_out: Sequence[Words] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        top = Top.for_all(self.num_docs)
        _, filled = self._rank(prepared, top, left_out, is_sorted=False)
        doc_ids, scores = top.doc_ids[:filled], top.scores[:filled]
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
        return self.all_bits(self.prepare(tree))

    def all_bits(self, prepared: Prepared) -> list[Words]:
        """Return the bitmaps of all articles that match a tree that was prepared."""
        if prepared.plan is None and not prepared.found:
            return [self._evaluator.bits(prepared.tree, place) for place in range(len(self._views))]
        found = [self._bits_of(prepared, place, view) for place, view in enumerate(self._views)]
        filtered = self._filtered(prepared)
        return found if filtered is None else [words & ~others for words, others in zip(found, filtered, strict=True)]

    def _bits_of(self, prepared: Prepared, place: int, view: SegmentView) -> Words:
        if prepared.plan is not None:
            return self._planner.match(prepared.plan, place)
        if place in prepared.found:
            return to_words(prepared.found[place], view)
        return self._evaluator.bits(prepared.scored, place)

    def _filtered(self, prepared: Prepared) -> list[Words] | None:
        """Return for each segment what the filters of a tree leave out, or is deleted; None if there are none."""
        if prepared.filters and prepared.filtered is None:
            prepared.filtered = [self._evaluator.dropped(prepared.filters, place) for place in range(len(self._views))]
        return prepared.filtered

    def _rank(
        self, prepared: Prepared, top: Top, left_out: Sequence[Words] | None, *, is_sorted: bool
    ) -> tuple[int, int]:
        tree, num_segments = prepared.scored, len(self._views)
        dropped = self._dropped(prepared, left_out)
        if prepared.plan is not None:
            return self._planner.rank(prepared.plan, dropped, top, 0, is_sorted)
        listed = self._evaluator.list_phrase(tree, dropped) if type(tree) is Phrase else None
        if listed is not None:
            ids, scores = self._put_aside(*listed, top)
            return ids.size, _select(ids, scores, 0, top, 0, last=is_sorted)
        total = filled = 0
        for place, view in enumerate(self._views):
            check_time()
            last = is_sorted and place == num_segments - 1
            gone = view.deleted if dropped is None else dropped[place]
            plan = self._planner.plan(tree, place, place + 1) if num_segments > 1 else None
            if plan is not None:
                count, filled = self._planner.rank(plan, dropped, top, filled, last)
            elif (ran := self._evaluator.rank_parts(tree, place, gone, top, filled, last)) is not None:
                count, filled = ran
            else:
                found = prepared.found.get(place) or self._evaluator.evaluate(tree, place)
                prepared.found[place] = found
                if dropped is not None:
                    found = keep(found, gone, is_wanted=False)
                count, filled = self._rank_found(found, view, top, filled, last=last)
            total += count
        return total, filled

    def _rank_found(self, found: Found, view: SegmentView, top: Top, filled: int, *, last: bool) -> tuple[int, int]:
        """Count what was found in a segment and put the best of it into `top`."""
        if isinstance(found, Constant) and not top.aside[0].size:
            total = count_bits(found.words)
            # Of equals the first are the best.
            ids = list_bits(found.words, min(total, top.scores.size))
            return total, _select(ids, np.full(ids.size, found.score), view.base, top, filled, last=last)
        ids, scores = to_list(found)
        ids, scores = self._put_aside(ids, scores, top, view.base)
        return ids.size, _select(ids, scores, view.base, top, filled, last=last)

    def _put_aside(self, ids: Ids, scores: Scores, top: Top, base: int = 0) -> tuple[Ids, Scores]:
        """Put articles aside if there is room, and return the others; `base` is added to their ids."""
        aside_scores, aside_ids, taken = top.aside
        if not aside_scores.size:
            return ids, scores
        is_aside = self._is_aside[base:][ids]
        first, end = taken[0], taken[0] + np.count_nonzero(is_aside)
        aside_ids[first:end], aside_scores[first:end] = ids[is_aside], scores[is_aside]
        aside_ids[first:end] += base
        taken[0] = end
        return ids[~is_aside], scores[~is_aside]

    def _dropped(self, prepared: Prepared, left_out: Sequence[Words] | None) -> list[Words] | None:
        """Return for each segment what is not to be found; None if that is what is deleted."""
        dropped = self._filtered(prepared)
        if left_out is None:
            return dropped
        if dropped is None:
            dropped = [view.deleted for view in self._views]
        pairs = zip(dropped, left_out, strict=True)
        dropped = [more | words if words.size else more.view() for words, more in pairs]
        for words in dropped:
            words.flags.writeable = False  # as what is deleted, or kernels would be compiled for both
        return dropped


def _select(ids: Ids, scores: Scores, base: int, top: Top, filled: int, *, last: bool) -> int:
    return int(top_k.select_top_k(ids, scores, ids.size, base, top.scores, top.doc_ids, filled, last))
