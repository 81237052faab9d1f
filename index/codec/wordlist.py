"""The words of an index: those of some fields over all of its segments, with how many live articles have each.

A segment has its surfaces by field (`index.codec.lexicon`). What completes and corrects words wants them in one list,
in which a word is once; it is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.format import FieldEntry, SegmentFile
from index.codec.kernels import words as kernels

# Of words as near to another, so many of each length are looked at, the most frequent.
MAX_NEAR = 256


class CountedWord(NamedTuple):
    """A word, and how often it is in a field of an article: one that is in both of two fields counts twice."""

    word: str
    count: int  # type: ignore[assignment]  # a tuple's method of this name is not wanted


class NearWord(NamedTuple):
    """A word that is some edits from another; to swap neighbours is one."""

    word: str
    count: int  # type: ignore[assignment]  # a tuple's method of this name is not wanted
    edits: int


class _Arrays(NamedTuple):
    contents: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]


class _ByLength(NamedTuple):
    """The places of words by their lengths, of one length the most frequent first; those of n are from starts[n]."""

    order: NDArray[np.int64]
    signatures: NDArray[np.uint64]
    starts: list[int]


class WordList:
    """Words in the order of their bytes, each with its count, which is never 0; safe to share between threads."""

    def __init__(self, arrays: _Arrays) -> None:
        self._arrays = arrays

    @classmethod
    def of(cls, segments: Sequence[tuple[SegmentFile, bytes | None]], fields: Iterable[str]) -> WordList:
        """Return the words of some fields; each segment has a bitmap of its deleted articles, or None."""
        fields = tuple(fields)
        lists = [
            _collect(file, file.fields[name], deleted)
            for file, deleted in segments
            for name in fields
            if name in file.fields
        ]
        # The shortest with each other first: none is copied more often than it has to be.
        while len(lists) > 1:
            lists.sort(key=lambda each: each.counts.size)
            lists = [_merge(*lists[:2]), *lists[2:]]
        return cls(lists[0] if lists else _NO_WORDS)

    def __len__(self) -> int:
        return int(self._arrays.counts.size)

    def count(self, word: str) -> int:
        """Return how often a word is there, 0 where it is not."""
        key = _to_key(word)
        place = kernels.find(self._arrays.contents, self._arrays.offsets, key)
        return int(self._arrays.counts[place]) if place < len(self) and self._bytes_at(place) == key.tobytes() else 0

    def most_frequent(self, prefix: str, limit: int) -> list[CountedWord]:
        """Return the words that begin with some letters, the most frequent first, of equals the first in order."""
        contents, offsets, counts = self._arrays
        key = _to_key(prefix)
        first, end = kernels.find(contents, offsets, key), kernels.find_end(contents, offsets, key)
        places = np.empty(min(limit, end - first), np.int64)
        size = kernels.select_most_frequent(counts, first, end, places) if places.size else 0
        return [CountedWord(self._word(place), int(counts[place])) for place in places[:size].tolist()]

    def near(self, word: str, limit: int, least: int = 1) -> list[NearWord]:
        """Return words that are 1 to `limit` edits from another and have a count of `least`: `MAX_NEAR` a length."""
        letters = np.array([ord(letter) for letter in word], np.uint32)
        if letters.size > kernels.MAX_LETTERS:
            return []
        by_length, found = self._by_length, []
        for length in range(max(letters.size - limit, 1), min(letters.size + limit, kernels.MAX_LETTERS) + 1):
            start, end = by_length.starts[length], by_length.starts[length + 1]
            places, edits = np.empty((2, MAX_NEAR), np.int64)
            size = kernels.find_near(
                *self._arrays, by_length.order[start:end], by_length.signatures[start:end], letters, limit, least,
                places, edits,
            )  # fmt: skip
            found += [
                NearWord(self._word(place), int(self._arrays.counts[place]), distance)
                for place, distance in zip(places[:size].tolist(), edits[:size].tolist(), strict=True)
            ]
        return found

    @cached_property
    def _by_length(self) -> _ByLength:
        contents, offsets, counts = self._arrays
        signatures, lengths = np.empty(len(self), np.uint64), np.empty(len(self), np.int64)
        kernels.sign(contents, offsets, signatures, lengths)
        order = np.lexsort((-counts, lengths))
        starts = np.searchsorted(lengths[order], np.arange(kernels.MAX_LETTERS + 2)).tolist()
        return _ByLength(order, signatures[order], starts)

    def _bytes_at(self, place: int) -> bytes:
        start, end = self._arrays.offsets[place : place + 2].tolist()
        return self._arrays.contents[start:end].tobytes()

    def _word(self, place: int) -> str:
        return self._bytes_at(place).decode("utf-8", "surrogatepass")


def _collect(file: SegmentFile, entry: FieldEntry, deleted: bytes | None) -> _Arrays:
    """Return the words of a field of a segment."""
    first, end = entry.first_term, entry.end_term
    term_offsets = file["term_offsets"][first : end + 1].astype(np.int64)
    contents = np.empty(int(term_offsets[-1] - term_offsets[0]), np.uint8)
    offsets, counts = np.empty(term_offsets.size, np.int64), np.empty(term_offsets.size, np.int64)
    live = _count(file, entry, deleted)
    size = kernels.collect(file["term_bytes"], term_offsets, live, contents, offsets, counts)
    return _Arrays(contents[: offsets[size]], offsets[: size + 1], counts[:size])


def _count(file: SegmentFile, entry: FieldEntry, deleted: bytes | None) -> NDArray[np.int64]:
    """Return in how many articles that are not deleted each term of a field is."""
    place = file.field_places[entry.name]
    posting_starts = file["posting_starts"].astype(np.int64)
    parents = np.arange(entry.first_term, entry.end_term)
    if deleted is None:
        if entry.parts_of:
            return file[f"part_doc_freqs:{place}"].astype(np.int64)
        return posting_starts[parents + 1] - posting_starts[parents]
    starts, part_bytes = np.zeros(parents.size + 1, np.int64), np.empty(0, np.uint8)
    if entry.parts_of:
        parents = file[f"part_parents:{place}"].astype(np.int64)
        starts, part_bytes = file[f"part_starts:{place}"].astype(np.int64), file[f"part_bytes:{place}"]
    bits = np.zeros((file.num_docs + 63) // 64 * 8, np.uint8)
    given = np.frombuffer(deleted, np.uint8)[: bits.size]
    bits[: given.size] = given
    doc_ids = file["doc_ids"]
    doc_ids = doc_ids.astype(np.result_type(doc_ids.dtype, np.uint16), copy=False)
    counts = np.empty(parents.size, np.int64)
    kernels.count_live(parents, starts, part_bytes, posting_starts, doc_ids, bits.view(np.uint64), counts)
    return counts


def _merge(one: _Arrays, other: _Arrays) -> _Arrays:
    contents = np.empty(one.contents.size + other.contents.size, np.uint8)
    offsets, counts = np.empty((2, one.counts.size + other.counts.size + 1), np.int64)
    size = kernels.merge(*one, *other, contents, offsets, counts)
    return _Arrays(contents[: offsets[size]], offsets[: size + 1], counts[:size])


def _to_key(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)


_NO_WORDS = _Arrays(np.empty(0, np.uint8), np.zeros(1, np.int64), np.empty(0, np.int64))
