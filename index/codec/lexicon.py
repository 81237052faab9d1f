"""The lexicon: every surface that was seen in the texts of a segment, with its stem and how often it was seen.

Wildcards, did-you-mean and completion work on words as people write them, and a stem cannot be turned back.

`meta["lexicon"]` has the names of the fields of surfaces that it is made of, `surfaces`, and of those with the stems
of the same texts, `stems`; it is missing where there is none. L is the number of surfaces.

| array | shape | what it holds |
|---|---|---|
| `lexicon_bytes`, `lexicon_offsets` | L+1 | the surfaces in the order of their bytes, as the terms |
| `lexicon_stems` | L | the number of the term that is the stem, in the first field (of stems) that has it |
| `lexicon_counts` | L | how often it is in the texts |
| `lexicon_doc_freqs` | L | in how many articles it is, in any of the fields |

The counts are those of the time of writing: articles deleted since are in them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.field_arrays import narrowed
from index.codec.format import Array, SegmentFile, SegmentFileWriter, narrowest
from index.codec.kernels import invert as kernel
from index.codec.stemming import stem_all
from index.codec.strings import Strings, find_all


class LexiconFields(NamedTuple):
    """The names of the fields that a lexicon is made of."""

    surfaces: Sequence[str] = ()
    stems: Sequence[str] = ()

    @classmethod
    def of(cls, segment_file: SegmentFile) -> LexiconFields:
        """Return those of a segment, none if it has no lexicon."""
        return cls(**segment_file.meta.get("lexicon", {}))

    @classmethod
    def united(cls, several: Iterable[LexiconFields]) -> LexiconFields:
        """Return those of several segments together."""
        several = list(several)
        return cls(
            tuple(dict.fromkeys(name for fields in several for name in fields.surfaces)),
            tuple(dict.fromkeys(name for fields in several for name in fields.stems)),
        )

    def to_meta(self) -> dict[str, list[str]]:
        """Return what `meta` has of them."""
        return {"surfaces": list(self.surfaces), "stems": list(self.stems)}


class Counts(NamedTuple):
    """How often each of L surfaces was seen: tokens and documents, i8[L] both."""

    counts: NDArray[np.int64]
    doc_freqs: NDArray[np.int64]


def count_surfaces(
    terms: NDArray[np.int64],
    posting_starts: Array,
    doc_ids: Array,
    freqs: Array,
    is_kept: NDArray[np.bool_] | None = None,
) -> Counts:
    """Count surfaces by their postings. terms: i8[L, fields], the term in each field, -1 for none; is_kept: b1[N]."""
    counted = Counts(np.empty(len(terms), np.int64), np.empty(len(terms), np.int64))
    kernel.count_united(
        terms,
        posting_starts.astype(np.int64, copy=False),
        doc_ids if doc_ids.dtype == np.uint16 else doc_ids.astype(np.uint32, copy=False),
        freqs if freqs.dtype == np.uint8 else freqs.astype(np.uint32, copy=False),
        np.empty(0, np.bool_) if is_kept is None else is_kept,
        *counted,
    )
    return counted


def find_stems(surfaces: Strings, stems: Sequence[tuple[Strings, int]]) -> NDArray[np.int64]:
    """Return the term that is the stem of each surface; `stems`: each field's terms and the number of the first."""
    stemmed = Strings(*stem_all(*surfaces))
    found = np.full(surfaces.size, -1, np.int64)
    for terms, first_term in reversed(stems):
        places = find_all(stemmed, terms)
        found = np.where(places >= 0, first_term + places, found)
    return found


def write_lexicon(file_writer: SegmentFileWriter, surfaces: Strings, stems: NDArray[np.int64], counted: Counts) -> None:
    """Write the arrays; surfaces in order."""
    file_writer.write("lexicon_bytes", surfaces.contents)
    file_writer.write("lexicon_offsets", narrowed(surfaces.offsets))
    for name, numbers in (("stems", stems), *counted._asdict().items()):
        file_writer.write(f"lexicon_{name}", numbers.astype(narrowest(int(numbers.max(initial=0)))))


class Lexicon:
    """Reads the lexicon of a segment; empty where the segment has none. Safe to share between threads.

    `counts`, `doc_freqs` and `stems` are arrays of one number a surface.
    """

    def __init__(self, segment_file: SegmentFile) -> None:
        self.fields = LexiconFields.of(segment_file)
        nothing = np.zeros(0, np.uint8)
        there = bool(self.fields.surfaces)
        self._contents = (segment_file["lexicon_bytes"] if there else nothing).data
        self._offsets = (segment_file["lexicon_offsets"] if there else np.zeros(1, np.uint8)).data
        self.counts, self.doc_freqs, self.stems = (
            segment_file[f"lexicon_{name}"] if there else nothing for name in ("counts", "doc_freqs", "stems")
        )

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def surface(self, place: int) -> str:
        """Return a surface by its place in the order."""
        return self._bytes_at(place).decode()

    def _bytes_at(self, place: int) -> bytes:
        return bytes(self._contents[self._offsets[place] : self._offsets[place + 1]])

    def find(self, surface: str) -> int:
        """Return the place of a surface, -1 if it was never seen; some microseconds."""
        wanted = surface.encode("utf-8", "surrogatepass")
        place = bisect_left(range(len(self)), wanted, key=self._bytes_at)
        return place if place < len(self) and self._bytes_at(place) == wanted else -1

    def prefix_range(self, prefix: str) -> tuple[int, int]:
        """Return the first and the end of the places of the surfaces that begin with `prefix`."""
        wanted = prefix.encode("utf-8", "surrogatepass")
        first = bisect_left(range(len(self)), wanted, key=self._bytes_at)
        return first, bisect_right(
            range(len(self)), wanted, lo=first, key=lambda place: self._bytes_at(place)[: len(wanted)]
        )
