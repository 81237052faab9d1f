"""What a builder collects of keywords and numbers: one entry for each in typed arrays, sorted when all are there."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from index.codec.building.batch import Values
from index.codec.building.field_arrays import FieldArrays
from index.codec.building.strings import Strings, rank
from index.codec.format import Array

_SIGN = np.uint64(1 << 63)
_BYTES_PER_VALUE = 170  # what Python needs for an entry of a dict, with the bytes of a short value


class KeywordCollector:
    """Collects the values of a field that are terms as they are."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._values = array("I")
        self._docs = array("I")

    def extend(self, first_doc: int, added: Values) -> int:
        """Add values of documents, which come in order; returns how many bytes of memory that took, about."""
        numbers, before = self._numbers, len(self._numbers)
        self._values.extend([numbers.setdefault(value, len(numbers)) for value in added.values])
        _extend_docs(self._docs, first_doc, added)
        return 8 * len(added.values) + _BYTES_PER_VALUE * (len(numbers) - before)

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

    def extend(self, first_doc: int, added: Values) -> int:
        """Add the values of documents; returns how many bytes of memory that took."""
        self._values.extend(added.values)
        _extend_docs(self._docs, first_doc, added)
        return 12 * len(added.values)

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


def _extend_docs(docs: array[int], first_doc: int, added: Values) -> None:
    docs.frombytes((np.asarray(added.docs, np.uint32) + np.uint32(first_doc)).tobytes())


def _sort_postings(
    terms: NDArray[np.int64], docs: Array, num_terms: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]]:
    """Sort pairs of term and document; return doc freqs, doc ids and how often there was each pair."""
    pairs, freqs = np.unique((terms << 32) | docs.astype(np.int64), return_counts=True)
    doc_freqs = np.bincount(pairs >> 32, minlength=num_terms).astype(np.int64)
    return doc_freqs, (pairs & 0xFFFFFFFF).astype(np.uint32), freqs.astype(np.uint32)
