"""Merging a parts field: the bits of each of its terms, source after source as the postings of the parents are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.codec.building.merge_documents import UnmergeableError
from index.codec.building.merge_postings import MergedField, Share, parts_of, starts_of, terms_of
from index.codec.building.part_arrays import EncodedParts, PartArrays, bitmap_sizes, encode_parts
from index.codec.building.strings import Strings, rank
from index.codec.format import FieldEntry
from index.codec.kernels import bitmaps as kernel
from index.codec.kernels.merge import GONE


class _PartShare:
    """What one source has of a parts field; by_parent: i8, its terms in the order of their parents."""

    def __init__(self, entry: FieldEntry, of_parents: Share) -> None:
        file = of_parents.source.file
        place = file.field_places[entry.name]
        self.entry = entry
        self.of_parents = of_parents
        self.terms = terms_of(file, entry)
        self.term_ids = np.empty(0, np.int64)  # of the merged field
        self.parents = file[f"part_parents:{place}"].astype(np.int64) - of_parents.entry.first_term
        self._doc_freqs = file[f"part_doc_freqs:{place}"].astype(np.int64)
        self._starts = file[f"part_starts:{place}"].astype(np.int64)
        self._contents = file[f"part_bytes:{place}"]
        self._by_parent = np.argsort(self.parents, kind="stable")

    def copy(
        self,
        first_parent: int,
        end_parent: int,
        bits: NDArray[np.int64],
        ordinals: NDArray[np.int64],
        bitmaps: NDArray[np.uint8],
    ) -> None:
        """Set the bits of the terms whose parents are from `first_parent` to `end_parent`.

        bits: i8, of each term of the merged field where its bitmap begins. ordinals: i8, in and out, how many postings
        each of these parents has so far.
        """
        its_terms = self.of_parents.term_ids
        first, end = np.searchsorted(its_terms, (first_parent, end_parent)).tolist()
        starts = self.of_parents.posting_starts[first : end + 1] - self.of_parents.posting_starts[first]
        doc_ids = self.of_parents.doc_ids(first, end)
        kept_before = np.zeros(len(doc_ids) + 1, np.uint32)
        np.cumsum(self.of_parents.source.new_ids[doc_ids] != GONE, out=kept_before[1:])
        low, high = np.searchsorted(self.parents[self._by_parent], (first, end))
        chosen = self._by_parent[low:high]
        parents = self.parents[chosen] - first
        merged_parents = its_terms[first:end] - first_parent
        kernel.copy_parts(
            self._contents,
            self._starts[chosen],
            self._doc_freqs[chosen],
            starts[parents],
            starts[parents + 1],
            kept_before,
            bits[self.term_ids[chosen]] + ordinals[merged_parents[parents]],
            bitmaps,
        )
        ordinals[merged_parents] += np.diff(kept_before[starts].astype(np.int64))


def merge_parts(name: str, parents: MergedField) -> PartArrays:
    """Return the merged field; raises `UnmergeableError` where a term has different parents.

    A term that is in no article that is kept is left out.
    """
    shares = [_PartShare(share.source.file.fields[name], share) for share in parents.shares if _has(share, name)]
    strings = Strings.joined([share.terms for share in shares])
    ranked = rank(strings)
    parent_of = np.full(len(ranked.firsts), -1, np.int64)
    first = 0
    for share in shares:
        share.term_ids = ranked.ranks[first : first + share.entry.num_terms].astype(np.int64)
        first += share.entry.num_terms
        found, known = share.of_parents.term_ids[share.parents], parent_of[share.term_ids]
        if np.any((known >= 0) & (known != found)):
            raise UnmergeableError(f"{share.of_parents.source.file.name} has other parents in the field {name!r}.")
        parent_of[share.term_ids] = found
    encoded = _merge_bits(shares, parent_of, parents.doc_freqs)
    used = np.flatnonzero(encoded.doc_freqs)
    contents = Strings(encoded.contents, encoded.starts).take(used)
    new_place = np.cumsum(parents.is_used) - 1
    return PartArrays(
        name=name,
        parts_of=parents.name,
        terms=strings.take(ranked.firsts[used]),
        parents=new_place[parent_of[used]],
        encoded=EncodedParts(encoded.doc_freqs[used], contents.offsets, contents.contents),
        boost=shares[0].entry.boost,
    )


def _has(share: Share, name: str) -> bool:
    return name in share.source.file.fields


def _merge_bits(
    shares: Sequence[_PartShare], parent_of: NDArray[np.int64], num_postings: NDArray[np.int64]
) -> EncodedParts:
    """Merge the bits of all terms, as many parents at a time as are copied at once. num_postings: of each parent."""
    by_parent = np.argsort(parent_of, kind="stable")
    sorted_parents = parent_of[by_parent]
    bits = np.zeros(len(parent_of), np.int64)
    pieces: list[EncodedParts] = []
    for first, end in parts_of(starts_of(num_postings)):
        low, high = np.searchsorted(sorted_parents, (first, end))
        chosen = by_parent[low:high]
        postings = num_postings[parent_of[chosen]]
        starts = starts_of(bitmap_sizes(postings))
        bits[chosen] = 8 * starts[:-1]
        bitmaps, ordinals = np.zeros(starts[-1], np.uint8), np.zeros(end - first, np.int64)
        for share in shares:
            share.copy(first, end, bits, ordinals, bitmaps)
        pieces.append(encode_parts(bitmaps, starts[:-1], postings))
    # From the order of the parents to that of the terms.
    place_of = np.empty(len(by_parent), np.int64)
    place_of[by_parent] = np.arange(len(by_parent))
    joined = Strings.joined([Strings(piece.contents, piece.starts) for piece in pieces]).take(place_of)
    doc_freqs = np.concatenate([np.empty(0, np.int64), *(piece.doc_freqs for piece in pieces)])
    return EncodedParts(doc_freqs[place_of], joined.offsets, joined.contents)
