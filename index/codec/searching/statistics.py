"""What scoring needs to know of a whole index: how frequent words are, and how long articles are.

Statistics are those of all segments together, deleted articles included, as Whoosh has them; the formulas are those of
`weighting`. There L is the length of the article's field as its one byte gives it, and `avg` the exact mean over all
articles. A field that is not scorable scores its weight, which is the frequency. The length is one of 256 numbers, and
so is all of the denominator but tf: the norm.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.util.numeric import byte_to_length, length_to_byte

from index.codec.format import Array, FieldEntry
from index.codec.kernels import addresses as at
from index.codec.kernels import terms
from index.codec.searching.segment_table import SegmentTable, address_of
from index.codec.searching.view import SegmentView
from index.codec.searching.weighting import WhooshWeighting

# How many words are kept looked up: of 450 bytes, and 32 more for each segment.
MAX_KNOWN = 1 << 15

_UNKNOWN = object()  # what has not been looked up yet
_LENGTHS = np.array([byte_to_length(byte) for byte in range(256)], np.float64)
_NO_NORMS = np.empty(0, np.float64)
_UNKNOWN_LENGTH = length_to_byte(1)  # what Whoosh takes where a segment has no lengths of a scorable field


class Field:
    """A field of the schema, and what is known of it in all segments."""

    def __init__(self, name: str, kind: Any, views: list[SegmentView], weighting: WhooshWeighting) -> None:
        self.name = name
        self.kind = kind
        self.entries: list[FieldEntry | None] = [view.field(name) for view in views]
        self.is_scorable = bool(kind.scorable)
        self.factor = float(kind.format.field_boost) if kind.format else 1.0
        self.factor *= weighting.field_weights.get(name, 1.0)
        present = [entry for entry in self.entries if entry is not None]
        self.has_weights = any(entry.has_weights for entry in present)
        self.has_parts = any(entry.parts_of for entry in present)
        self.has_positions = bool(kind.format) and kind.format.supports("positions")
        self.has_positions = self.has_positions and all(entry.has_positions for entry in present if entry.num_terms)
        self.bounds = np.array([(entry.first_term, entry.end_term) if entry else (0, 0) for entry in self.entries])
        self.bounds = self.bounds.astype(np.int64).reshape(-1, 2)
        self.norms = _NO_NORMS
        self.row = -1
        num_docs = sum(view.num_docs for view in views)
        if self.is_scorable:
            total_length = sum(entry.total_length for entry in present)
            average = total_length / (num_docs or 1) or 1
            b = weighting.field_b.get(name, weighting.b)
            self.norms = weighting.k1 * ((1 - b) + b * _LENGTHS / average)
        # Weights of words are kept without the boost: idf * (K1 + 1), or 1.
        self._weighting = weighting
        self._num_docs = num_docs

    def rarity(self, doc_freq: int) -> float:
        """Return the idf of a word that stands in so many articles; 1 where words are not weighed by it."""
        return float(self._weighting.idf(self._num_docs, doc_freq)) if self.is_scorable else 1.0

    def weigh(self, rarity: float, doc_freq: int, num_positions: int) -> float:
        """Return the weight of a word that stands at so many positions of so many articles."""
        if not self.is_scorable:
            return 1.0
        return rarity * (self._weighting.k1 + 1) * self._weighting.emphasis(doc_freq, num_positions)

    def weigh_all(self, doc_freqs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weights of many words, by the articles alone."""
        if not self.is_scorable:
            return np.ones(doc_freqs.size)
        weights: NDArray[np.float64] = self._weighting.idf(self._num_docs, doc_freqs) * (self._weighting.k1 + 1)
        return weights


class Word:
    """A term of a field, looked up in all segments; it lives at least as long as its address is used.

    `places` (i8, a row for each segment) is what `index.codec.kernels.addresses` says of a word, and `address` where
    it is; `doc_freq` counts the articles that have it, deleted ones too. `rarity` is its idf.
    """

    __slots__ = ("address", "doc_freq", "field", "num_positions", "places", "rarity", "row", "weight")

    def __init__(self, field: Field, places: NDArray[np.int64], doc_freq: int, num_positions: int) -> None:
        self.field = field
        self.row = field.row
        self.places = places
        self.address = address_of(places)
        self.doc_freq = doc_freq
        self.num_positions = num_positions
        self.rarity = field.rarity(doc_freq)
        self.weight = field.weigh(self.rarity, doc_freq, num_positions)

    def term(self, place: int) -> int:
        """Return its number in a segment, -1 where it is not there."""
        return int(self.places[place, at.TERM])


class Statistics:
    """Looks up fields and words in the segments of an index; safe to share between threads."""

    def __init__(
        self, views: list[SegmentView], schema: Any, weighting: WhooshWeighting, aside: NDArray[np.int64]
    ) -> None:
        self.views = views
        self.schema = schema
        self.num_docs = sum(view.num_docs for view in views)
        self.weighting = weighting
        self._fields: dict[str, Field | None] = {}
        self._words: dict[tuple[str, Any], Any] = {}
        self._weights: dict[tuple[str, int], NDArray[np.float64]] = {}
        self._lock = threading.Lock()
        self.table = SegmentTable(views, aside)
        self._norms = np.empty((0, 257), np.float32)

    def field(self, name: str) -> Field | None:
        """Return a field of the schema; None for another."""
        try:
            return self._fields[name]
        except KeyError:
            pass
        with self._lock:
            if name not in self._fields:
                self._fields[name] = self._make_field(name)
        return self._fields[name]

    def _make_field(self, name: str) -> Field | None:
        if name not in self.schema:
            return None
        field = Field(name, self.schema[name], self.views, self.weighting)
        # A field with weights of its own cannot be scored from frequencies, nor one without a boost.
        is_plain = not field.has_weights and not field.has_parts and field.factor > 0 and any(field.entries)
        if is_plain and self.table.num_fields < at.MAX_ROWS:
            self._norms = np.concatenate([self._norms, _scoring_norms(field)])
            lengths = [self.length_bytes(view, field) for view in self.views]
            field.row = self.table.add_field(lengths, self._norms)
        return field

    @staticmethod
    def length_bytes(view: SegmentView, field: Field) -> Array:
        """Return the length of each article of a segment in a field, as u1."""
        lengths = view.field_array("lengths", field.name) if field.is_scorable else None
        if lengths is None:
            lengths = np.full(view.num_docs, _UNKNOWN_LENGTH, np.uint8)
        frozen: Array = _frozen(lengths)
        return frozen

    def word(self, name: str, text: Any) -> Word | None:
        """Return a term by its text, as Whoosh's queries have it; None where no segment has it."""
        # Texts of other types can be equal and yet mean different terms: 1, 1.0 and True.
        if type(text) is not str and type(text) is not bytes:
            return self._find_word(name, text)
        known = self._words.get((name, text), _UNKNOWN)
        if known is not _UNKNOWN:
            word: Word | None = known
            return word
        if len(self._words) >= MAX_KNOWN:
            self._words.clear()
        found = self._words[name, text] = self._find_word(name, text)
        return found

    def _find_word(self, name: str, text: Any) -> Word | None:
        field = self.field(name)
        if field is None:
            return None
        try:
            key = field.kind.to_bytes(text)
        except ValueError:
            return None
        places = np.empty((len(self.views), at.WORD_COLUMNS), np.int64)
        doc_freq = terms.find_word(self.table.array, field.bounds, key, places)
        if field.has_parts:
            doc_freq += sum(self._part_doc_freq(field, place, term) for place, term in enumerate(places[:, at.TERM]))
        num_positions = terms.count_positions(self.table.array, places) if field.has_positions else 0
        return Word(field, places, doc_freq, num_positions) if doc_freq else None

    def _part_doc_freq(self, field: Field, place: int, term: int) -> int:
        entry = field.entries[place]
        if entry is None or not entry.parts_of or term < 0:
            return 0
        return int(self.views[place].parts(field.name).doc_freqs[term - entry.first_term])

    def weights_of(self, field: Field, place: int, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weights of some terms of a field in a segment; those of all are made at the first call."""
        entry = field.entries[place]
        if entry is None:
            return np.empty(0)
        known = self._weights.get((field.name, place))
        if known is None:
            known = self._weights[field.name, place] = self._weigh_field(field, place, entry)
        return known[numbers - entry.first_term]

    def _weigh_field(self, field: Field, place: int, entry: FieldEntry) -> NDArray[np.float64]:
        view = self.views[place]
        first, end = entry.first_term, entry.end_term
        if not field.is_scorable:
            return np.ones(end - first)
        doc_freqs = np.diff(view.posting_starts[first : end + 1]).astype(np.int64)
        for other, other_entry in zip(self.views, field.entries, strict=True):
            if other is not view and other_entry is not None:
                terms.add_doc_freqs(
                    view.term_bytes,
                    view.term_offsets,
                    first,
                    end,
                    other.term_bytes,
                    other.term_offsets,
                    other_entry.first_term,
                    other_entry.end_term,
                    other.posting_starts,
                    doc_freqs,
                )
        weights: NDArray[np.float64] = _frozen(field.weigh_all(doc_freqs))
        return weights


def _scoring_norms(field: Field) -> NDArray[np.float32]:
    """Return a field's row of what the scoring kernels call `norms`."""
    norms, saturation = (field.norms, 1.0) if field.is_scorable else (np.ones(256), 0.0)
    return np.append(norms / field.factor, saturation).astype(np.float32)[np.newaxis]


def _frozen(array: Any) -> Any:
    array.flags.writeable = False
    return array
