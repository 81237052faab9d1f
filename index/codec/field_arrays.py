"""The arrays of one field of a segment: made from tokens, keywords or numbers, and written with those of the others.

This is how a segment is built without Whoosh's posting pool: nothing here is a Python object for each posting.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.util.numeric import byte_to_length

from index.codec.format import Array, FieldEntry, SegmentFileWriter, narrowest
from index.codec.kernels import invert as kernel
from index.codec.strings import Strings, rank

_LENGTHS = np.array([byte_to_length(byte) for byte in range(256)])
_SIGN = np.uint64(1 << 63)


@dataclass(slots=True)
class FieldArrays:
    """The postings and lengths of one field, in the terms of `index.codec.format`; arrays in any width."""

    name: str
    terms: Strings
    doc_freqs: NDArray[np.int64]
    doc_ids: Array
    freqs: Array
    has_freqs: bool = False
    counts: NDArray[np.int64] | None = None  # of each term: its tokens
    positions: Array | None = None
    lengths: NDArray[np.uint8] | None = None
    total_length: int = 0
    places: NDArray[np.int64] | None = None  # of the terms in `WordTerms.terms`


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


def quantise(lengths: Array) -> NDArray[np.uint8]:
    """Return Whoosh's `length_to_byte` of each."""
    return np.minimum(np.searchsorted(_LENGTHS, lengths), 255).astype(np.uint8)


def invert_text(
    name: str,
    chunks: Sequence[TokenChunk],
    texts: tuple[int, int],  # how many a document has, and which one this is
    words: WordTerms,
    num_docs: int,
    *,
    with_positions: bool,
) -> FieldArrays:
    """Invert one text of each document; without positions there are no lengths either."""
    stride, text = texts
    seen = np.zeros((len(words.term_of_word), kernel.ROW_SIZE), np.uint32)
    lengths = np.zeros(num_docs, np.uint32)
    largest = 0
    for chunk in chunks:
        part = lengths[chunk.first_doc : chunk.first_doc + (len(chunk.starts) - 1) // stride]
        found = kernel.count_postings(
            chunk.word_ids, chunk.starts, stride, text, text + 1, chunk.first_doc, words.term_of_word, seen, part
        )
        largest = max(largest, found)
    total_length = int(lengths.sum(dtype=np.int64))
    in_order = seen[words.in_order]
    used = np.flatnonzero(in_order[:, kernel.DOC_FREQ])
    doc_freqs, counts = (in_order[used, what].astype(np.int64) for what in (kernel.DOC_FREQ, kernel.COUNT))
    seen[words.in_order[used], kernel.NEXT_POSTING] = np.cumsum(doc_freqs) - doc_freqs
    seen[words.in_order[used], kernel.NEXT_POSITION] = np.cumsum(counts) - counts
    seen[:, kernel.LAST_DOC] = 0
    doc_ids = np.empty(int(doc_freqs.sum()), np.uint16 if num_docs <= 1 << 16 else np.uint32)
    freqs = np.empty(len(doc_ids), np.uint8 if largest < 256 else np.uint32)
    positions = np.empty(
        total_length if with_positions else 0, np.uint16 if lengths.max(initial=0) <= 1 << 16 else np.uint32
    )
    for chunk in chunks:
        kernel.place_postings(
            chunk.word_ids, chunk.starts, stride, text, chunk.first_doc, words.term_of_word, seen,
            doc_ids, freqs, positions, with_positions,
        )  # fmt: skip
    return FieldArrays(
        name=name,
        terms=words.terms.take(used),
        doc_freqs=doc_freqs,
        doc_ids=doc_ids,
        freqs=freqs,
        has_freqs=True,
        counts=counts,
        positions=positions if with_positions else None,
        lengths=quantise(lengths) if with_positions and total_length else None,
        total_length=total_length if with_positions else 0,
        places=used,
    )


class KeywordCollector:
    """Collects the values of a field that are terms as they are."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._values = array("I")
        self._docs = array("I")
        self.nbytes = 0  # about

    def add(self, doc_id: int, value: bytes) -> None:
        """Add a value of a document; the documents come in order."""
        number = self._numbers.setdefault(value, len(self._numbers))
        if number == len(self._numbers) - 1:
            self.nbytes += len(value) + 150  # what Python needs for an entry of the dict
        self._values.append(number)
        self._docs.append(doc_id)
        self.nbytes += 8

    def finish(self, name: str, *, has_freqs: bool) -> FieldArrays:
        """Return the postings; a value that a document has twice counts twice if there are `has_freqs`."""
        values = Strings.of(list(self._numbers))
        ranks = rank(values)
        terms = ranks.ranks[np.asarray(self._values)].astype(np.int64)
        doc_freqs, doc_ids, freqs = _sort_postings(terms, np.asarray(self._docs), values.size)
        if not has_freqs:
            freqs = np.ones(len(doc_ids), np.uint8)
        return FieldArrays(name, values.take(ranks.firsts), doc_freqs, doc_ids, freqs, has_freqs)


class NumberCollector:
    """Collects the values of a field of whole numbers: one a document, signed, of 64 bits."""

    def __init__(self) -> None:
        self._values = array("q")
        self._docs = array("I")

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return 12 * len(self._values)

    def add(self, doc_id: int, value: int) -> None:
        """Add the value of a document; raises `OverflowError` for one that is too large."""
        self._values.append(value)
        self._docs.append(doc_id)

    def finish(self, name: str) -> FieldArrays:
        """Return the postings. Terms are those of Whoosh's NUMERIC: a byte for the shift, then the sortable number."""
        values, terms = np.unique(np.asarray(self._values, np.int64), return_inverse=True)
        encoded = np.zeros((len(values), 9), np.uint8)
        encoded[:, 1:] = to_sortable(values).astype(">u8").view(np.uint8).reshape(-1, 8)
        offsets = np.arange(len(values) + 1, dtype=np.int64) * 9
        doc_freqs, doc_ids, _ = _sort_postings(terms.astype(np.int64), np.asarray(self._docs), len(values))
        freqs = np.ones(len(doc_ids), np.uint8)
        return FieldArrays(name, Strings(encoded.reshape(-1), offsets), doc_freqs, doc_ids, freqs)

    def column(self, num_docs: int, default: int) -> NDArray[np.uint64]:
        """Return the number of each document as Whoosh's column has it."""
        column = np.full(num_docs, default, np.int64)
        column[np.asarray(self._docs, np.int64)] = np.asarray(self._values, np.int64)
        return to_sortable(column)

    def __bool__(self) -> bool:
        return len(self._values) > 0


def to_sortable(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return signed numbers as unsigned ones in the same order, as Whoosh's `to_sortable`."""
    return np.asarray(values.view(np.uint64) ^ _SIGN)


def _sort_postings(
    terms: NDArray[np.int64], docs: Array, num_terms: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]]:
    """Sort pairs of term and document; return doc freqs, doc ids and how often there was each pair."""
    pairs, freqs = np.unique((terms << 32) | docs.astype(np.int64), return_counts=True)
    doc_freqs = np.bincount(pairs >> 32, minlength=num_terms).astype(np.int64)
    return doc_freqs, (pairs & 0xFFFFFFFF).astype(np.uint32), freqs.astype(np.uint32)


def write_fields(file_writer: SegmentFileWriter, fields: Iterable[FieldArrays]) -> list[FieldEntry]:
    """Write the arrays of all fields that have terms, in the order of their names; return their entries."""
    present = sorted((field for field in fields if field.terms.size), key=lambda field: field.name)
    entries: list[FieldEntry] = []
    for place, field in enumerate(present):
        first = entries[-1].end_term if entries else 0
        entries.append(
            FieldEntry(
                name=field.name,
                first_term=first,
                num_terms=field.terms.size,
                has_freqs=field.has_freqs,
                has_positions=field.positions is not None,
                has_lengths=field.lengths is not None,
                total_length=field.total_length,
            )
        )
        if field.lengths is not None:
            file_writer.write(f"lengths:{place}", field.lengths)
    terms = Strings.joined([field.terms for field in present])
    file_writer.write("term_bytes", terms.contents)
    file_writer.write("term_offsets", narrowed(terms.offsets))
    counts = [field.doc_freqs for field in present]
    file_writer.write("posting_starts", _starts(counts))
    counts = [
        np.zeros_like(field.doc_freqs) if field.positions is None or field.counts is None else field.counts
        for field in present
    ]
    file_writer.write("position_starts", _starts(counts))
    columns: tuple[tuple[str, Callable[[FieldArrays], Array | None]], ...] = (
        ("doc_ids", lambda field: field.doc_ids),
        ("freqs", lambda field: field.freqs),
        ("positions", lambda field: field.positions),
    )
    for name, column_of in columns:
        parts = [part for part in map(column_of, present) if part is not None]
        dtype = narrowest(max((int(part.max(initial=0)) for part in parts), default=0))
        file_writer.write_chunks(name, dtype, _cast(parts, dtype))
    return entries


def narrowed(offsets: NDArray[np.int64]) -> Array:
    """Return ascending numbers in the narrowest type."""
    return offsets.astype(narrowest(int(offsets[-1])))


def _starts(counts: list[NDArray[np.int64]]) -> Array:
    starts = np.zeros(1 + sum(map(len, counts)), np.int64)
    if counts:
        np.cumsum(np.concatenate(counts), out=starts[1:])
    return narrowed(starts)


def _cast(parts: list[Array], dtype: np.dtype[Any]) -> Iterator[Array]:
    return (part.astype(dtype, copy=False) for part in parts)
