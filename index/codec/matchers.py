"""The postings of one term as Whoosh walks them: one document at a time, with Python's own numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from whoosh.matching.mcore import LeafMatcher, ReadTooFar
from whoosh.util.numeric import byte_to_length

from index.codec.format import Array, FieldEntry
from index.codec.packing import read_freqs
from index.codec.values import encode_frequency, encode_positions

if TYPE_CHECKING:
    from index.codec.terms import TermTable

# Postings are taken out of the arrays in blocks of as many as Whoosh's own: it asks after each block whether the next
# can still matter, and whole lists would be made for nothing where it skips.
BLOCK_SIZE = 128


class ColumnarMatcher(LeafMatcher):  # type: ignore[misc]  # Whoosh is untyped here
    """The postings of a term in the documents that are not deleted.

    `deleted` says for each document whether it is. Whoosh filters them out around the matcher as well, but its filter
    can stand on a deleted document after it has skipped blocks.
    """

    def __init__(
        self,
        table: TermTable,
        entry: FieldEntry,
        term_id: int,
        format_: Any,
        scorer: Any = None,
        deleted: NDArray[np.bool_] | None = None,
    ) -> None:
        self.format = format_
        self.scorer = scorer
        self._table = table
        self._entry = entry
        self._term_id = term_id
        self._doc_ids = table.doc_ids(term_id)
        self._kept: Array | None = None  # the places of the postings among all of the term, None if they are the same
        if deleted is not None:
            is_deleted = deleted[self._doc_ids]
            if is_deleted.any():
                self._kept = np.flatnonzero(~is_deleted)
                self._doc_ids = self._doc_ids[self._kept]
        self._enter(0)

    # Where it is: block `_block`, whose documents are `_ids`, and in it at `_place`.

    def _enter(self, block: int, place: int = 0) -> None:
        start = block * BLOCK_SIZE
        self._block = block
        self._ids: list[int] = self._doc_ids[start : start + BLOCK_SIZE].tolist()
        self._weights: list[float] | None = None
        self._size = len(self._ids)
        self._place = place

    @property
    def _posting(self) -> int:
        """The place of the current posting among all of the term, deleted documents included."""
        place = self._block * BLOCK_SIZE + self._place
        return place if self._kept is None else int(self._kept[place])

    @cached_property
    def _term(self) -> tuple[str, bytes]:
        return self._entry.name, self._table.term(self._term_id)

    @cached_property
    def _all_weights(self) -> Array:
        weights = self._table.weights(self._entry, self._term_id)
        return weights if self._kept is None else weights[self._kept]

    def is_active(self) -> bool:
        """Return whether there is a posting to look at."""
        return self._place < self._size

    def reset(self) -> None:
        """Go back to the first posting."""
        self._enter(0)

    def copy(self) -> ColumnarMatcher:
        """Return another at the same place."""
        other = object.__new__(ColumnarMatcher)
        other.__dict__.update(self.__dict__)
        return other

    def id(self) -> int:
        """Return the document."""
        return self._ids[self._place]

    def next(self) -> bool:
        """Go to the next posting; returns whether that is in another block."""
        if self._place >= self._size:
            raise ReadTooFar
        self._place += 1
        if self._place < self._size:
            return False
        self._enter(self._block + 1)
        return True

    def skip_to(self, target: int) -> bool:
        """Go to the first document from `target` on; returns whether that is in another block."""
        if self._place >= self._size:
            raise ReadTooFar
        ids = self._ids
        if target <= ids[self._place]:
            return False
        if target <= ids[-1]:
            self._place = bisect_left(ids, target, self._place + 1)
            return False
        doc_ids = self._doc_ids
        # Of the array's own type: numpy would make a copy of the whole in a type that holds both.
        place = len(doc_ids) if target > doc_ids[-1] else int(doc_ids.searchsorted(doc_ids.dtype.type(target)))
        self._enter(*divmod(place, BLOCK_SIZE))
        return True

    def all_ids(self) -> Iterator[int]:
        """Return all documents from here on."""
        return iter(self._doc_ids[self._block * BLOCK_SIZE + self._place :].tolist())

    # What is known of the current posting

    def weight(self) -> float:
        """Return the weight."""
        if self._weights is None:
            start = self._block * BLOCK_SIZE
            self._weights = self._all_weights[start : start + BLOCK_SIZE].tolist()
        return self._weights[self._place]

    def value(self) -> bytes | None:
        """Return the value as the field's format made it; None from a format that makes none."""
        entry = self._entry
        if entry.has_values:
            return self._read_value()
        if entry.has_positions:
            return encode_positions(self._positions())
        if entry.has_freqs:
            return encode_frequency(self._freq())
        return None if self.format.fixed_value_size() == 0 else b""

    def value_as(self, astype: str) -> Any:
        """Return the value as something that the format supports."""
        entry = self._entry
        if not entry.has_values and self.format.supports(astype):  # otherwise let the format complain
            if astype == "positions" and entry.has_positions:
                return self._positions()
            if astype == "frequency" and entry.has_freqs:
                return self._freq()
        return self.format.decoder(astype)(self.value())

    def _freq(self) -> int:
        start, _ = self._table.posting_range(self._term_id)
        return self._table.freq(start + self._posting)

    @cached_property
    def _position_starts(self) -> memoryview:
        start, end = self._table.posting_range(self._term_id)
        starts = np.empty(end - start + 1, np.int64)
        starts[0] = self._table.file["position_starts"][self._term_id]
        np.cumsum(read_freqs(self._table.file, start, end), out=starts[1:])
        starts[1:] += starts[0]
        return starts.data

    def _positions(self) -> list[int]:
        posting, starts = self._posting, self._position_starts
        return self._table.positions(starts[posting], starts[posting + 1])

    def _read_value(self) -> bytes:
        table = self._table
        place = table.file.field_places[self._entry.name]
        posting = table.posting_range(self._term_id)[0] + self._posting
        posting -= table.posting_range(self._entry.first_term)[0]
        offsets = table.file[f"value_offsets:{place}"].data
        return bytes(table.file[f"value_bytes:{place}"].data[offsets[posting] : offsets[posting + 1]])

    # Quality: how much a posting of the block can score at most. Whoosh asks past the end too: then it is the last's.

    @cached_property
    def _max_weights(self) -> list[float]:
        return self._of_blocks(np.maximum, self._all_weights)

    @cached_property
    def _lengths(self) -> Array | None:
        lengths = self._table.lengths(self._entry)
        return None if lengths is None else lengths[self._doc_ids]

    @cached_property
    def _min_lengths(self) -> list[int]:
        return [0] if self._lengths is None else self._of_blocks(np.minimum, self._lengths)

    @cached_property
    def _max_lengths(self) -> list[int]:
        return [0] if self._lengths is None else self._of_blocks(np.maximum, self._lengths)

    def _of_blocks(self, extreme: np.ufunc, numbers: Array) -> list[Any]:
        if not len(numbers):
            return [1]  # not 0, of which some ways to score take the logarithm
        of_blocks: list[Any] = extreme.reduceat(numbers, np.arange(0, len(numbers), BLOCK_SIZE)).tolist()
        return of_blocks

    def block_max_weight(self) -> float:
        """Return the largest weight in the block."""
        return self._max_weights[min(self._block, len(self._max_weights) - 1)]

    def block_min_length(self) -> int:
        """Return the length of the shortest document in the block, quantised; 0 if that is not known."""
        return int(byte_to_length(self._min_lengths[min(self._block, len(self._min_lengths) - 1)]))

    def block_max_length(self) -> int:
        """Return the length of the longest document in the block, quantised; 0 if that is not known."""
        return int(byte_to_length(self._max_lengths[min(self._block, len(self._max_lengths) - 1)]))

    def skip_to_quality(self, minquality: float) -> int:
        """Skip blocks that cannot score more than `minquality`; returns how many."""
        skipped = 0
        while self.is_active() and self.block_quality() <= minquality:
            self._enter(self._block + 1)
            skipped += 1
        return skipped
