"""The arrays of a parts field while a segment is made: terms that are in some of the articles of a parent each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.building.strings import Strings
from index.codec.format import FieldEntry, SegmentFileWriter, narrowest
from index.codec.kernels import bitmaps as kernel


class EncodedParts(NamedTuple):
    """What a segment has of n terms, in their order: doc_freqs: i8[n], starts: i8[n + 1], contents: u1."""

    doc_freqs: NDArray[np.int64]
    starts: NDArray[np.int64]
    contents: NDArray[np.uint8]


@dataclass(slots=True)
class PartArrays:
    """One parts field; parents: i8[n], the place of each term's parent among the terms of the field `parts_of`."""

    name: str
    parts_of: str
    terms: Strings
    parents: NDArray[np.int64]
    encoded: EncodedParts
    boost: float = 1.0

    def entry(self, first_term: int) -> FieldEntry:
        """Return what the directory says of the field."""
        return FieldEntry(self.name, first_term, self.terms.size, boost=self.boost, parts_of=self.parts_of)

    def write(self, file_writer: SegmentFileWriter, place: int, first_parent: int) -> None:
        """Write the arrays; place: the field's in `meta["fields"]`; first_parent: the first term of the parents."""
        arrays = {
            "parents": self.parents + first_parent,
            "doc_freqs": self.encoded.doc_freqs,
            "starts": self.encoded.starts,
        }
        for name, numbers in arrays.items():
            file_writer.write(f"part_{name}:{place}", numbers.astype(narrowest(int(numbers.max(initial=0)))))
        file_writer.write(f"part_bytes:{place}", self.encoded.contents)


def bitmap_sizes(num_postings: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many bytes a bitmap has for each number of postings of a parent."""
    return (num_postings + 7) >> 3


def encode_parts(
    bitmaps: NDArray[np.uint8],
    bitmap_starts: NDArray[np.int64],
    num_postings: NDArray[np.int64],
    has_bitmap: NDArray[np.bool_] | None = None,
) -> EncodedParts:
    """Turn bitmaps, of `num_postings` bits each from a byte on, into what a segment keeps.

    A term without `has_bitmap` is in all its parent's articles. All arrays have an entry for each term.
    """
    doc_freqs, sizes = num_postings.copy(), np.zeros(len(num_postings), np.int64)
    chosen = np.arange(len(num_postings)) if has_bitmap is None else np.flatnonzero(has_bitmap)
    arguments = (bitmaps, bitmap_starts[chosen], num_postings[chosen])
    counted, kept = np.empty(len(chosen), np.int64), np.empty(len(chosen), np.int64)
    kernel.measure_parts(*arguments, counted, kept)
    doc_freqs[chosen], sizes[chosen] = counted, kept
    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    contents = np.empty(starts[-1], np.uint8)
    kernel.write_parts(*arguments, counted, starts[:-1][chosen], contents)
    return EncodedParts(doc_freqs, starts, contents)
