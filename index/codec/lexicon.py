"""The lexicon: the surfaces of a field's texts, each with its stem and in how many articles it is.

Wildcards, did-you-mean and completion work on words as people write them, and a stem cannot be turned back. The terms
of a field with parts (`index.codec.format`) are such a lexicon: surfaces, whose parents are their stems. A surface that
has several stems, being in articles of several languages, has a place for each, side by side.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from index.codec.format import FieldEntry, SegmentFile
from index.codec.parts import Parts
from index.codec.terms import TermTable

_BEFORE_STEM = b"\0"  # in the terms of some parts; see `index.codec.format`
_NOTHING = np.empty(0, np.uint8)


class Lexicon:
    """Reads the surfaces of a segment in the order of their bytes, by their places in it.

    Empty where the segment has no field of that name with parts. `doc_freqs` says in how many articles each surface is,
    those deleted since included; `stems` has the number of the term that is its stem. Safe to share between threads.
    """

    def __init__(self, segment_file: SegmentFile, name: str) -> None:
        entry = segment_file.fields.get(name)
        self._table = TermTable(segment_file)
        if entry is None or not entry.parts_of:
            self._entry = FieldEntry(name, 0, 0)
            self.doc_freqs = self.stems = _NOTHING
        else:
            parts = Parts(segment_file, entry)
            self._entry = entry
            self.doc_freqs, self.stems = parts.doc_freqs, parts.parents

    def __len__(self) -> int:
        return self._entry.num_terms

    def surface(self, place: int) -> str:
        """Return a surface."""
        return self._bytes_at(place).partition(_BEFORE_STEM)[0].decode("utf-8", "surrogatepass")

    def term_id(self, place: int) -> int:
        """Return the number of a surface among the terms of its segment."""
        return self._entry.first_term + place

    def _bytes_at(self, place: int) -> bytes:
        return self._table.term(self.term_id(place))

    def find(self, surface: str) -> int:
        """Return the place of a surface, the first if it has several, -1 if it is in no article; some microseconds."""
        wanted = surface.encode("utf-8", "surrogatepass")
        place = self._lower_bound(wanted)
        return place if place < len(self) and self._bytes_at(place).partition(_BEFORE_STEM)[0] == wanted else -1

    def places(self, surface: str) -> range:
        """Return all places of a surface; together, their `doc_freqs` say in how many articles it is."""
        first = end = max(self.find(surface), 0)
        while end < len(self) and self.surface(end) == surface:
            end += 1
        return range(first, end)

    def _lower_bound(self, wanted: bytes) -> int:
        return self._table.lower_bound(self._entry, wanted) - self._entry.first_term

    def prefix_range(self, prefix: str) -> tuple[int, int]:
        """Return the first and the end of the places of the surfaces that begin with `prefix`."""
        wanted = prefix.encode("utf-8", "surrogatepass")
        first = self._lower_bound(wanted)
        return first, bisect_right(
            range(len(self)), wanted, lo=first, key=lambda place: self._bytes_at(place)[: len(wanted)]
        )
