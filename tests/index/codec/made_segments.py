"""Small indexes for tests of searching: the same documents as columnar segments, in stock Whoosh, and as plain lists.

The inverter here is the slow, obvious one.
"""

from __future__ import annotations

import io
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.codec.whoosh3 import W3Codec
from whoosh.fields import DATETIME, KEYWORD, NUMERIC, TEXT, Schema
from whoosh.filedb.filestore import RamStorage
from whoosh.scoring import BM25F
from whoosh.util.numeric import length_to_byte
from whoosh.writing import SegmentWriter

from index.codec.evaluate import ColumnarSearcher
from index.codec.format import FieldEntry, SegmentFile, SegmentFileWriter, narrowest, to_meta

Document = Mapping[str, Any]

SCHEMA = Schema(
    title=TEXT(analyzer=SpaceSeparatedTokenizer(), field_boost=2.0),
    body=TEXT(analyzer=SpaceSeparatedTokenizer()),
    tag=KEYWORD(),
    number=NUMERIC(int, bits=32, signed=True),
    plain=NUMERIC(int, bits=64, signed=True, shift_step=0),
    date=DATETIME(),
)


@dataclass
class Index:
    """One index in three forms; documents are numbered through over the segments."""

    segments: list[list[Document]]
    deleted: set[int]
    stock: Any
    columnar: ColumnarSearcher
    documents: list[Document] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents = [document for segment in self.segments for document in segment]

    def live(self) -> list[int]:
        """Return the documents that are not deleted."""
        return [doc_id for doc_id in range(len(self.documents)) if doc_id not in self.deleted]


def make_index(
    segments: Sequence[Sequence[Document]],
    deleted: set[int],
    schema: Schema = SCHEMA,
    *,
    k1: float = 1.2,
    b: float = 0.75,
    field_b: Mapping[str, float] | None = None,
) -> Index:
    """Index documents, a list for each segment, and delete some of them."""
    kept = [list(segment) for segment in segments if segment]
    storage = RamStorage()
    stock = storage.create_index(schema)
    for segment in kept:
        writer: SegmentWriter = stock.writer(codec=W3Codec())
        for document in segment:
            writer.add_document(**document)
        writer.commit(merge=False)
    if deleted:
        writer = stock.writer(codec=W3Codec())
        for doc_id in deleted:
            writer.delete_document(doc_id)
        writer.commit(merge=False)
    keywords = {f"{name}_B": value for name, value in (field_b or {}).items()}
    searcher = stock.searcher(weighting=BM25F(B=b, K1=k1, **keywords))
    files, base = [], 0
    for segment in kept:
        bits = np.array([base + doc_id in deleted for doc_id in range(len(segment))])
        file = SegmentFile(invert(segment, schema), "made")
        files.append((file, np.packbits(bits, bitorder="little").tobytes() if bits.any() else None))
        base += len(segment)
    return Index(kept, deleted, searcher, ColumnarSearcher(files, schema, k1, b, field_b))


Postings = dict[bytes, dict[int, tuple[float, bytes]]]


def invert(documents: Sequence[Document], schema: Schema) -> bytes:
    """Return a segment of documents as a file's contents, by dictionaries and loops."""
    fields: dict[str, Postings] = defaultdict(lambda: defaultdict(dict))
    lengths: dict[str, list[int]] = {}
    for doc_id, document in enumerate(documents):
        for name, value in document.items():
            if name.startswith("_"):
                continue
            kind = schema[name]
            length = 0
            for text, freq, weight, encoded in kind.index(value):
                length += freq
                known = fields[name][text].get(doc_id, (0.0, b""))
                fields[name][text][doc_id] = known[0] + weight * document.get(f"_{name}_boost", 1.0), encoded
            if kind.scorable:
                lengths.setdefault(name, [0] * len(documents))[doc_id] = length
    sink = io.BytesIO()
    writer = SegmentFileWriter(sink)
    columns = _Columns()
    entries = []
    for place, name in enumerate(sorted(fields)):
        kind = schema[name]
        has_positions = kind.format.supports("positions")
        first_term, first_posting = len(columns.terms), len(columns.doc_ids)
        columns.add(fields[name], kind, decode=kind.format.decode_positions if has_positions else None)
        expected = [freq * kind.format.field_boost for freq in columns.freqs[first_posting:]]
        weights = columns.weights[first_posting:]
        has_weights = weights != expected
        if has_weights:
            writer.write(f"weights:{place}", np.array(weights, np.float32))
        if name in lengths:
            writer.write(f"lengths:{place}", np.array([length_to_byte(length) for length in lengths[name]], np.uint8))
        entries.append(
            FieldEntry(
                name,
                first_term,
                len(columns.terms) - first_term,
                has_freqs=True,
                has_positions=has_positions,
                has_lengths=name in lengths,
                has_weights=has_weights,
                total_length=sum(lengths.get(name, ())),
            )
        )
    columns.write(writer)
    writer.finish(to_meta(len(documents), entries))
    return sink.getvalue()


class _Columns:
    """The arrays of a segment, as lists that grow."""

    def __init__(self) -> None:
        self.terms: list[bytes] = []
        self.posting_starts, self.position_starts = [0], [0]
        self.doc_ids: list[int] = []
        self.freqs: list[int] = []
        self.weights: list[float] = []
        self.positions: list[int] = []

    def add(self, postings: Postings, kind: Any, decode: Callable[[bytes], list[int]] | None) -> None:
        for text in sorted(postings):
            self.terms.append(text)
            for doc_id, (weight, encoded) in sorted(postings[text].items()):
                self.doc_ids.append(doc_id)
                self.weights.append(weight)
                if decode:
                    positions = decode(encoded)
                    self.positions += positions
                    self.freqs.append(len(positions))
                else:
                    self.freqs.append(max(1, round(weight / kind.format.field_boost)))
            self.posting_starts.append(len(self.doc_ids))
            self.position_starts.append(len(self.positions))

    def write(self, writer: SegmentFileWriter) -> None:
        writer.write("term_bytes", np.frombuffer(b"".join(self.terms) or b"", np.uint8))
        offsets = [0, *itertools.accumulate(map(len, self.terms))]
        for name, numbers in {
            "term_offsets": offsets,
            "posting_starts": self.posting_starts,
            "position_starts": self.position_starts,
            "doc_ids": self.doc_ids,
            "freqs": self.freqs,
            "positions": self.positions,
        }.items():
            writer.write(name, np.array(numbers, narrowest(max([0, *numbers]))))
