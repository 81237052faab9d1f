"""The table that lets one call of a kernel reach the arrays of all segments, and keeps these alive.

Its columns are those of `index.codec.kernels.addresses`. A table that was given out is never changed: what comes later,
a field that is scored for the first time or the articles that a query leaves out, is in a new one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.codec.format import Array
from index.codec.kernels import addresses as at
from index.codec.searching.view import SegmentView, Words, widen

Table = NDArray[np.int64]


class SegmentTable:
    """The table of some segments; `array` is as it is now. To add a field is for one thread at a time.

    `aside` (ascending): the articles of the index that may be set aside.
    """

    def __init__(self, views: Sequence[SegmentView], aside: NDArray[np.int64]) -> None:
        self._arrays: list[Array] = []
        self.num_fields = 0
        self.array: Table = np.zeros((len(views), at.NUM_COLUMNS), np.int64)
        for view, row in zip(views, self.array, strict=True):
            row[at.BASE], row[at.NUM_DOCS] = view.base, view.num_docs
            row[at.POSITION_WIDTH] = view.file.meta.get("position_width", 1)
            first, end = np.searchsorted(aside, (view.base, view.base + view.num_docs))
            listed = (aside[first:end] - view.base).astype(np.uint32)
            row[at.ASIDE], row[at.NUM_ASIDE] = self._keep(listed), listed.size
            for column, array in _columns(view).items():
                row[column] = self._keep(array)
                if column in _SIZES:
                    row[_SIZES[column]] = array.size
                if column in _WIDTHS:
                    row[_WIDTHS[column]] = array.itemsize

    def _keep(self, array: Array) -> int:
        self._arrays.append(array)
        return address_of(array)

    def add_field(self, lengths: Sequence[Array], all_norms: NDArray[np.float32]) -> int:
        """Add a field that is scored, by the length bytes of each segment's articles; return its row.

        `all_norms`: what the scoring kernels call `norms`, of all fields.
        """
        table = self.array.copy()
        table[:, at.NORMS] = self._keep(all_norms)
        table[:, at.LENGTHS + self.num_fields] = [self._keep(array) for array in lengths]
        self.array = table
        self.num_fields += 1
        return self.num_fields - 1

    def without(self, dropped: Sequence[Words]) -> Table:
        """Return the table with other bitmaps of articles to leave out, which the caller keeps alive."""
        table = self.array.copy()
        table[:, at.DROPPED] = [address_of(words) for words in dropped]
        table[:, at.NUM_DROPPED] = [words.size for words in dropped]
        return table


def address_of(array: Array) -> int:
    """Return where an array is, which is to be kept alive as long as the address is used."""
    address: int = array.__array_interface__["data"][0]
    return address


def _columns(view: SegmentView) -> dict[int, Array]:
    return {
        at.DOC_IDS: view.doc_ids,
        at.FREQS: widen(view.array("freqs"), np.uint8),
        at.FREQ_PLACES: view.array("freq_overflow_places").astype(np.int64),
        at.FREQ_VALUES: view.array("freq_overflow_values").astype(np.int64),
        at.DROPPED: view.deleted,
        at.TERM_BYTES: view.term_bytes,
        at.TERM_OFFSETS: view.term_offsets,
        at.POSTING_STARTS: view.posting_starts,
        at.POSITION_STARTS: widen(view.array("position_starts"), np.uint32),
        at.POSITIONS: widen(view.array("positions"), np.uint64),
        at.POSITION_PLACES: widen(view.array("position_overflow_places"), np.uint32),
        at.POSITION_VALUES: widen(view.array("position_overflow_values"), np.uint16),
    }


_SIZES = {
    at.DOC_IDS: at.NUM_POSTINGS,
    at.FREQ_PLACES: at.NUM_FREQ_PLACES,
    at.DROPPED: at.NUM_DROPPED,
    at.POSTING_STARTS: at.NUM_POSTING_STARTS,
    at.POSITION_STARTS: at.NUM_POSITION_STARTS,
    at.POSITIONS: at.NUM_POSITIONS,
    at.POSITION_PLACES: at.NUM_POSITION_PLACES,
}
_WIDTHS = {
    at.DOC_IDS: at.DOC_ID_SIZE,
    at.TERM_OFFSETS: at.OFFSET_SIZE,
    at.POSTING_STARTS: at.POSTING_START_SIZE,
    at.POSITION_STARTS: at.POSITION_START_SIZE,
    at.POSITION_PLACES: at.POSITION_PLACE_SIZE,
    at.POSITION_VALUES: at.POSITION_VALUE_SIZE,
}
