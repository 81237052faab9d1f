"""Reading the terms of a field whose postings are parts of those of another field's terms, as `format.py` has them."""

from __future__ import annotations

import numpy as np

from index.codec.format import MAX_SHORT_ORDINALS, Array, FieldEntry, SegmentFile


class Parts:
    """Reads the terms of a field with `parts_of`, by their numbers; safe to share between threads.

    `parents` and `doc_freqs` have a number for each term of the field.
    """

    def __init__(self, segment_file: SegmentFile, entry: FieldEntry) -> None:
        place = segment_file.field_places[entry.name]
        self.first_term, self.end_term = entry.first_term, entry.end_term
        self.parents = segment_file[f"part_parents:{place}"]
        self.doc_freqs = segment_file[f"part_doc_freqs:{place}"]
        self._starts = segment_file[f"part_starts:{place}"].data
        self._bytes = segment_file[f"part_bytes:{place}"]
        self._posting_starts = segment_file["posting_starts"].data
        self._doc_ids = segment_file["doc_ids"]
        # A memoryview gives a number out of an array in a third of the time that the array itself needs.
        self._parents, self._doc_freqs = self.parents.data, self.doc_freqs.data

    def doc_freq(self, term_id: int) -> int:
        """Return how many documents a term is in."""
        doc_freq: int = self._doc_freqs[term_id - self.first_term]
        return doc_freq

    def doc_ids(self, term_id: int) -> Array:
        """Return the documents of a term, ascending; without a copy where they are all of its parent's."""
        place = term_id - self.first_term
        parent, doc_freq = self._parents[place], self._doc_freqs[place]
        of_parent = self._doc_ids[self._posting_starts[parent] : self._posting_starts[parent + 1]]
        if doc_freq == len(of_parent):
            return of_parent
        kept = self._bytes[self._starts[place] : self._starts[place + 1]]
        ordinal_dtype = np.dtype("<u2" if len(of_parent) <= MAX_SHORT_ORDINALS else "<u4")
        if doc_freq * ordinal_dtype.itemsize < (len(of_parent) + 7) // 8:
            return of_parent[kept.view(ordinal_dtype)]
        return of_parent[np.unpackbits(kept, count=len(of_parent), bitorder="little").view(np.bool_)]
