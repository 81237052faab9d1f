"""Inverting the texts of a builder: from tokens to a field of terms and, of the same tokens, one of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.util.numeric import byte_to_length

from index import stopwords
from index.codec.building.field_arrays import FieldArrays
from index.codec.building.part_arrays import PartArrays, bitmap_sizes, encode_parts
from index.codec.building.strings import Strings, rank
from index.codec.building.worker import Worker
from index.codec.format import FREQ_OVERFLOW, Array
from index.codec.kernels import invert as kernel

_LENGTHS = np.array([byte_to_length(byte) for byte in range(256)])
_ENOUGH_FOR_TWO = 1 << 18  # tokens; fewer are inverted before a second thread has begun


@dataclass(slots=True)
class TokenChunk:
    """The tokens of some documents; text t of document d is text d * (number of text fields) + t of the chunk."""

    word_ids: NDArray[np.uint32]
    starts: NDArray[np.int64]
    first_doc: int


class WordTerms:
    """What n words are indexed as: `strings`, one for each word.

    terms: those that are distinct, in order. ranks: u4[n], the place of each word's in `terms`. term_of_word: u4[n],
    the first word that is indexed as the same. in_order: i8, that word for each of `terms`.
    """

    def __init__(self, strings: Strings) -> None:
        self.ranks, self.in_order = rank(strings)
        self.terms = strings.take(self.in_order)
        self.term_of_word = self.in_order.astype(np.uint32)[self.ranks]

    def with_acronyms_as_words(self) -> WordTerms:
        """Return the same terms, but for acronyms (`stopwords.TOLD`) those of the words that they spell."""
        words = copy(self)
        number = len(stopwords.TOLD)  # of the words and the acronyms, which a vocabulary begins with
        words.term_of_word = self.term_of_word.copy()
        words.term_of_word[number : 2 * number] = self.term_of_word[:number]
        return words


class Text(NamedTuple):
    """One of the texts that each document has: the field's name, how many texts there are, and which one this is."""

    name: str
    stride: int
    place: int


class _Counts(NamedTuple):
    """What counting some chunks has found: u4[words, 4], b1[words], the largest freq."""

    seen: NDArray[np.uint32]
    is_there: NDArray[np.bool_]
    largest: int


@dataclass(slots=True)
class _Places:
    """Where the bitmaps of surfaces are; all but `bits` (i8[words]) have an entry for each surface, in order."""

    surfaces: NDArray[np.int64]  # as places in `WordTerms.terms`
    parents: NDArray[np.int64]
    num_postings: NDArray[np.int64]
    has_bitmap: NDArray[np.bool_]
    starts: NDArray[np.int64]
    num_bytes: int
    bits: NDArray[np.int64]


def quantise(lengths: Array) -> NDArray[np.uint8]:
    """Return Whoosh's `length_to_byte` of each."""
    return np.minimum(np.searchsorted(_LENGTHS, lengths), 255).astype(np.uint8)


def invert_text(
    text: Text,
    chunks: Sequence[TokenChunk],
    words: WordTerms,
    num_docs: int,
    parts: tuple[str, WordTerms] | None,  # the name of the field of surfaces, and the surfaces of the same words
    worker: Worker,
) -> tuple[FieldArrays, PartArrays | None]:
    """Invert one text of each document."""
    groups = _split(chunks)
    lengths = np.zeros(num_docs, np.uint32)
    counted = worker.map(lambda group: _count(text, group, words, lengths), groups)
    total_length = int(lengths.sum(dtype=np.int64))
    used, doc_freqs, counts = _sum_up(counted, words)
    places = _place_bitmaps(words, parts[1], counted, used, doc_freqs) if parts else None
    num_postings, largest = int(doc_freqs.sum()), max(each.largest for each in counted)
    field = FieldArrays(
        name=text.name,
        terms=words.terms.take(used),
        doc_freqs=doc_freqs,
        doc_ids=np.empty(num_postings, np.uint16 if num_docs <= 1 << 16 else np.uint32),
        freqs=np.empty(num_postings, np.uint8 if largest < FREQ_OVERFLOW else np.uint32),
        has_freqs=True,
        counts=counts,
        gaps=np.empty(total_length, np.uint16 if lengths.max(initial=0) <= 1 << 16 else np.uint32),
        lengths=quantise(lengths) if total_length else None,
        total_length=total_length,
    )
    placed = worker.map(lambda job: _place(text, *job, words, field, places), list(zip(groups, counted, strict=True)))
    if parts is None or places is None:
        return field, None
    bitmaps = placed[0]
    for more in placed[1:]:
        bitmaps |= more
    encoded = encode_parts(bitmaps, places.starts, places.num_postings, places.has_bitmap)
    name, surfaces = parts
    return field, PartArrays(name, text.name, surfaces.terms.take(places.surfaces), places.parents, encoded)


def _split(chunks: Sequence[TokenChunk]) -> list[Sequence[TokenChunk]]:
    """Return the chunks in one or two groups of about the same size, in order."""
    ends = np.cumsum([len(chunk.word_ids) for chunk in chunks])
    if len(chunks) < 2 or ends[-1] < _ENOUGH_FOR_TWO:
        return [chunks]
    middle = min(1 + int(np.searchsorted(ends, ends[-1] // 2)), len(chunks) - 1)
    return [chunks[:middle], chunks[middle:]]


def _count(text: Text, chunks: Sequence[TokenChunk], words: WordTerms, lengths: NDArray[np.uint32]) -> _Counts:
    """Count the postings of some chunks, and put the lengths of their documents into those of all."""
    seen = np.zeros((len(words.term_of_word), kernel.ROW_SIZE), np.uint32)
    is_there = np.zeros(len(seen), np.bool_)
    largest = 0
    for chunk in chunks:
        part = lengths[chunk.first_doc : chunk.first_doc + (len(chunk.starts) - 1) // text.stride]
        found = kernel.count_postings(
            chunk.word_ids, chunk.starts, text.stride, text.place, chunk.first_doc, words.term_of_word, seen,
            is_there, part,
        )  # fmt: skip
        largest = max(largest, found)
    return _Counts(seen, is_there, largest)


def _sum_up(
    counted: Sequence[_Counts], words: WordTerms
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return which terms there are, and their documents and tokens; turn `seen` into where each group's go."""
    of_groups = [
        tuple(each.seen[words.in_order, what].astype(np.int64) for what in (kernel.DOC_FREQ, kernel.COUNT))
        for each in counted
    ]
    doc_freqs, counts = (np.sum(several, axis=0) for several in zip(*of_groups, strict=True))
    used = np.flatnonzero(doc_freqs)
    doc_freqs, counts = doc_freqs[used], counts[used]
    next_posting, next_position = _starts(doc_freqs), _starts(counts)
    for each, (doc_freqs_there, counts_there) in zip(counted, of_groups, strict=True):
        each.seen[words.in_order[used], kernel.NEXT_POSTING] = next_posting
        each.seen[words.in_order[used], kernel.NEXT_POSITION] = next_position
        each.seen[:, kernel.LAST_DOC] = 0
        next_posting += doc_freqs_there[used]
        next_position += counts_there[used]
    return used, doc_freqs, counts


def _place(
    text: Text,
    chunks: Sequence[TokenChunk],
    counts: _Counts,
    words: WordTerms,
    field: FieldArrays,
    places: _Places | None,
) -> NDArray[np.uint8]:
    """Put the tokens of some chunks where they belong in `field`; return their bitmaps.

    Each thread has bitmaps of its own, for two may have bits in the same byte.
    """
    bitmaps = np.zeros(places.num_bytes if places else 0, np.uint8)
    bits = places.bits if places else np.empty(0, np.int64)
    for chunk in chunks:
        kernel.place_postings(
            chunk.word_ids, chunk.starts, text.stride, text.place, chunk.first_doc, words.term_of_word, bits,
            counts.seen, field.doc_ids, field.freqs, field.gaps, bitmaps,
        )  # fmt: skip
    return bitmaps


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(np.cumsum(counts) - counts)


def _place_bitmaps(
    words: WordTerms,
    surfaces: WordTerms,
    counted: Sequence[_Counts],
    used: NDArray[np.int64],
    doc_freqs: NDArray[np.int64],
) -> _Places:
    """Find the surfaces in a text and room for their bitmaps; a surface that is all of its stem needs none."""
    there = np.flatnonzero(np.logical_or.reduce([each.is_there for each in counted]))
    word_of_surface = np.full(surfaces.terms.size, -1, np.int64)
    word_of_surface[surfaces.ranks[there]] = there
    found = np.flatnonzero(word_of_surface >= 0)
    its_words = word_of_surface[found]
    place_of_rank = np.zeros(words.terms.size, np.int64)
    place_of_rank[used] = np.arange(len(used))
    parents = place_of_rank[words.ranks[its_words]]
    has_bitmap = np.bincount(parents, minlength=len(used))[parents] > 1
    num_postings = doc_freqs[parents]
    sizes = np.where(has_bitmap, bitmap_sizes(num_postings), 0)
    starts = _starts(sizes)
    bits = np.full(len(words.ranks), kernel.NO_BITMAP, np.int64)
    bits[its_words[has_bitmap]] = (8 * starts - _starts(doc_freqs)[parents])[has_bitmap]
    return _Places(found, parents, num_postings, has_bitmap, starts, int(sizes.sum()), bits)
