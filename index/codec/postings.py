"""The postings of one field, collected in the order of Whoosh's writer and made into arrays."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from whoosh.codec.base import OutOfOrderError

from index.codec.format import Array
from index.codec.values import Decoded, ValueDecoder, ValueKind, kind_of

_CHUNK_SIZE = 1 << 16  # postings that are Python objects at one time


@dataclass(slots=True)
class FieldPostings:
    """The postings of one field as arrays, in the terms of `index.codec.format`."""

    name: str
    boost: float
    terms: list[bytes]
    doc_freqs: Array  # of each term
    doc_ids: Array
    freqs: Array
    has_freqs: bool
    positions: Array | None
    weights: Array | None  # None where they are `freqs` times the boost
    values: list[bytes] | None  # None where freqs and positions say it all

    def position_counts(self) -> Array:
        """Return how many positions each term has."""
        if self.positions is None or not self.terms:
            return np.zeros(len(self.terms), np.int64)
        starts = np.cumsum(self.doc_freqs) - self.doc_freqs
        return np.add.reduceat(self.freqs.astype(np.int64), starts)

    def gaps(self) -> Array:
        """Return the positions as the format has them: the first of each posting, of others the step from the last."""
        if self.positions is None:
            return np.empty(0, np.uint32)
        gaps = self.positions.copy()
        gaps[1:] -= self.positions[:-1]  # wrong for the first of a posting, if not for long
        firsts = (np.cumsum(self.freqs, dtype=np.int64) - self.freqs.astype(np.int64))[self.freqs > 0]
        gaps[firsts] = self.positions[firsts]
        return gaps


class FieldBuilder:
    """Collects the postings of a field: `start_term`, then the three lists, one entry each, and `flush` in between.

    The lists are there to be filled from outside, because a method call a posting would double the time.
    """

    def __init__(self, name: str, field: Any) -> None:
        self.name = name
        self.boost = float(getattr(field.format, "field_boost", 1.0))
        self.terms: list[bytes] = []
        self.doc_ids: list[int] = []
        self.weights: list[float] = []
        self.values: list[bytes] = []
        self.lengths: dict[int, int] = {}  # of documents, from who has no other way to tell
        self._decoder = ValueDecoder(kind_of(field))
        self._term_starts = array("Q")
        self._num_flushed = 0
        self._chunks: list[tuple[Array, Array]] = []
        self._decoded: list[Decoded] = []
        self._raw: list[list[bytes]] = []

    def start_term(self, term: bytes) -> None:
        """Say that the postings that follow are those of a term; raises `OutOfOrderError` if it comes too late."""
        if self.terms and term <= self.terms[-1]:
            raise OutOfOrderError(f"Term {self.name}:{self.terms[-1]!r} .. {self.name}:{term!r}")
        self.terms.append(term)
        self._term_starts.append(self._num_flushed + len(self.doc_ids))
        if len(self.doc_ids) >= _CHUNK_SIZE:
            self.flush()

    def flush(self) -> None:
        """Make arrays of the lists and empty them."""
        if not self.doc_ids:
            return
        self._chunks.append((np.array(self.doc_ids, np.uint32), np.array(self.weights, np.float32)))
        self._flush_values()
        self._num_flushed += len(self.doc_ids)
        for each in (self.doc_ids, self.weights, self.values):
            each.clear()

    def _flush_values(self) -> None:
        decoder = self._decoder
        if decoder.kind is ValueKind.NOTHING:
            return
        if decoder.kind is not ValueKind.RAW:
            decoded = decoder.decode(self.values)
            if decoded is not None:
                self._decoded.append(decoded)
                return
            # One that cannot be decoded, and all of the field are kept as they are.
            self._raw = [decoder.encode(each) for each in self._decoded]
            self._decoded = []
            decoder.kind = ValueKind.RAW
        self._raw.append(list(self.values))

    def finish(self, num_docs: int | None) -> FieldPostings:
        """Return the postings; those of documents from `num_docs` on, which were given up half-way, are left out."""
        self.flush()
        doc_ids, weights = (
            (np.concatenate(each) for each in zip(*self._chunks, strict=True))
            if self._chunks
            else (
                np.empty(0, np.uint32),
                np.empty(0, np.float32),
            )
        )
        freqs, positions = self._finish_values(len(doc_ids))
        starts = np.asarray(self._term_starts).astype(np.int64)
        postings = FieldPostings(
            name=self.name,
            boost=self.boost,
            terms=self.terms,
            doc_freqs=np.diff(starts, append=len(doc_ids)),
            doc_ids=doc_ids,
            freqs=freqs,
            has_freqs=bool(self._decoded),
            positions=positions,
            weights=weights,
            values=list(chain.from_iterable(self._raw)) if any(map(any, self._raw)) else None,
        )
        _tidy(postings, num_docs)
        weights_of_freqs = (postings.freqs * postings.boost).astype(np.float32)
        if postings.weights is not None and np.array_equal(postings.weights, weights_of_freqs):
            postings.weights = None
        return postings

    def _finish_values(self, count: int) -> tuple[Array, Array | None]:
        if not self._decoded:
            return np.ones(count, np.uint32), None
        freqs = np.concatenate([each.freqs for each in self._decoded])
        if self._decoder.kind is ValueKind.FREQUENCY:
            return freqs, None
        return freqs, np.concatenate([each.positions for each in self._decoded])


def _tidy(postings: FieldPostings, num_docs: int | None) -> None:
    """Bring the documents of each term in order, make one of several postings of a document, drop what is empty.

    Several happen: a number twice in a document, the `spell_` fields of Whoosh (all their postings are document 0),
    and documents that failed half-way, whose place the next one takes.
    """
    doc_ids = postings.doc_ids
    term_of = np.repeat(np.arange(len(postings.terms)), postings.doc_freqs)
    in_order = bool(np.all((np.diff(doc_ids.astype(np.int64)) > 0) | (np.diff(term_of) > 0)))
    beyond = num_docs is not None and bool(np.any(doc_ids >= num_docs))
    if in_order and not beyond and bool(np.all(postings.doc_freqs)):
        return
    order = np.lexsort((doc_ids, term_of))
    if beyond:
        order = order[doc_ids[order] < num_docs]
    sorted_docs, sorted_terms = doc_ids[order], term_of[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (np.diff(sorted_docs.astype(np.int64)) != 0) | (np.diff(sorted_terms) != 0)
    firsts = np.flatnonzero(is_first)
    if postings.positions is not None:
        new_posting = np.full(len(doc_ids), -1)
        new_posting[order] = np.cumsum(is_first) - 1
        postings.positions = _merge_positions(postings.positions, np.repeat(new_posting, postings.freqs))
    if postings.values is not None:
        postings.values = [postings.values[each] for each in order[firsts].tolist()]
    postings.doc_ids = sorted_docs[firsts]
    postings.freqs = _sum(postings.freqs[order], firsts)
    postings.weights = _sum(postings.weights[order], firsts) if postings.weights is not None else None
    doc_freqs = np.bincount(sorted_terms[firsts], minlength=len(postings.terms))
    postings.terms = [term for term, doc_freq in zip(postings.terms, doc_freqs.tolist(), strict=True) if doc_freq]
    postings.doc_freqs = doc_freqs[doc_freqs > 0]


def _sum(numbers: Array, firsts: Array) -> Array:
    return np.add.reduceat(numbers, firsts) if len(firsts) else numbers[:0]


def _merge_positions(positions: Array, posting_of: Array) -> Array:
    """Return positions in the order of the postings that they now belong to, ascending in each; -1 is for none."""
    order = np.lexsort((positions, posting_of))
    merged: Array = positions[order[posting_of[order] >= 0]]
    return merged
