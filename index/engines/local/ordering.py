"""All articles of a snapshot in the order of time, newest or oldest first, and pages of those that match in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.codec.kernels.ranks import select_by_rank

_NONE = np.empty(0, np.int64)


class TimeOrder:
    """The rank in time of every article: the undated come last in either direction, and of equals the first first.

    It takes eight bytes an article.
    """

    def __init__(self, published: NDArray[np.int64], *, newest_first: bool) -> None:
        order = np.lexsort((np.negative(published) if newest_first else published, published == schema.UNDATED))
        self._by_rank = order.astype(np.int32)
        self._ranks = np.empty(order.size, np.int32)
        self._ranks[order] = np.arange(order.size, dtype=np.int32)

    def page(
        self, doc_ids: NDArray[np.int64], start: int, size: int, left_out: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Return those of some articles that come from `start` on in time, `size` at most, but for some to leave out.

        What is left out must be among them.
        """
        left_out = _NONE if left_out is None else left_out
        page = np.empty(max(min(size, doc_ids.size - left_out.size - start), 0), np.int64)
        filled = select_by_rank(doc_ids, left_out, self._ranks, self._by_rank, start, page)
        return page[:filled]
