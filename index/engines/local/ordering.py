"""Articles by time: the newest or the oldest first, the undated last; of equals the one with the lowest id first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.codec.kernels.pages import select_ranks, spread_bits, walk_order
from index.codec.searching.found import count_bits, list_bits
from index.codec.searching.view import Words
from index.engines.local.folding import DocIds


class TimeOrder:
    """The order of all articles of a snapshot, of which `bases` are the first of each segment: 12 bytes an article."""

    def __init__(self, seconds: NDArray[np.int64], bases: Sequence[int], *, newest_first: bool) -> None:
        keys = np.negative(seconds) if newest_first else seconds.copy()
        keys[seconds == schema.UNDATED] = np.iinfo(np.int64).max
        self._order = np.argsort(keys, kind="stable").astype(np.int32)
        self._ranks = np.empty(keys.size, np.uint64)
        self._ranks[self._order] = np.arange(keys.size, dtype=np.uint64)
        self._bases = bases

    def page(self, matching: Sequence[Words], start: int, end: int) -> DocIds:
        """Return of the articles in bitmaps, one for each segment, those of some ranks."""
        size, total = self._order.size, sum(map(count_bits, matching))
        end = min(end, total)
        if start >= end:
            return np.empty(0, np.int64)
        # To come by an article in the order takes a third of what it takes to select from one that matches.
        if size * end > 3 * total * total:
            doc_ids = list_articles(matching, self._bases, 0, total)
            found: DocIds = doc_ids[select_ranks(self._ranks[doc_ids], start, end)]
            return found
        is_there = np.zeros(size, np.bool_)
        for words, base in zip(matching, self._bases, strict=True):
            spread_bits(words, base, is_there)
        walked: DocIds = walk_order(self._order, is_there, start, end)
        return walked


def list_articles(matching: Sequence[Words], bases: Sequence[int], start: int, end: int) -> DocIds:
    """Return of the articles in bitmaps, one for each segment, those of some ranks by their ids."""
    found = [np.empty(0, np.int64)]
    for words, base in zip(matching, bases, strict=True):
        count = count_bits(words)
        if start < count and end > 0:
            found.append(list_bits(words, min(end, count))[max(start, 0) :].astype(np.int64) + base)
        start, end = start - count, end - count
    return np.concatenate(found)
