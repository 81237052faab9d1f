"""Small indexes for tests of searching: the same documents as columnar segments, in stock Whoosh, and as plain lists.

The inverter here is the slow, obvious one. The field `surface` is for the same texts as `stem`, as parts of it.
"""

from __future__ import annotations

import io
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from whoosh.analysis import Filter, SpaceSeparatedTokenizer
from whoosh.codec.whoosh3 import W3Codec
from whoosh.fields import DATETIME, ID, KEYWORD, NUMERIC, TEXT, Schema
from whoosh.filedb.filestore import RamStorage
from whoosh.scoring import BM25F
from whoosh.util.numeric import length_to_byte
from whoosh.writing import SegmentWriter

from index.codec.format import FREQ_OVERFLOW, FieldEntry, SegmentFile, SegmentFileWriter, narrowest, to_meta
from index.codec.packing import pack
from index.codec.searching.evaluate import ColumnarSearcher
from index.codec.searching.weighting import WhooshWeighting

Document = Mapping[str, Any]


class FirstLetter(Filter):  # type: ignore[misc]  # Whoosh is untyped here
    """A stemmer that is easy to follow."""

    def __call__(self, tokens: Any) -> Iterator[Any]:
        for token in tokens:
            token.text = stem(token.text)
            yield token


def stem(surface: str) -> str:
    """Return what `FirstLetter` makes of a word."""
    return surface[:1]


PARTS = {"surface": "stem"}
SCHEMA = Schema(
    title=TEXT(analyzer=SpaceSeparatedTokenizer(), field_boost=2.0),
    body=TEXT(analyzer=SpaceSeparatedTokenizer()),
    stem=TEXT(analyzer=SpaceSeparatedTokenizer() | FirstLetter()),
    surface=ID(analyzer=SpaceSeparatedTokenizer(), field_boost=1.5),
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
    weighting: WhooshWeighting | None = None,
) -> Index:
    """Index documents, a list for each segment, and delete some of them; a `weighting` is the columnar searcher's."""
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
    weighting = weighting or WhooshWeighting(k1, b, field_b or {})
    return Index(kept, deleted, searcher, ColumnarSearcher(files, schema, weighting))


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
    entries: list[FieldEntry] = []
    # Backwards within what the format says, so that no reader takes the order for that of names.
    for place, name in enumerate(sorted(sorted(fields, reverse=True), key=lambda name: _group(name, schema))):
        kind = schema[name]
        first_term, first_posting = len(columns.terms), len(columns.doc_ids)
        if _group(name, schema) == 2:
            columns.terms += sorted(fields[name])
            parent = next(entry for entry in entries if entry.name == PARTS[name])
            _write_parts(writer, place, columns, parent, fields[name])
            entries.append(FieldEntry(name, first_term, len(fields[name]), parts_of=parent.name))
            continue
        has_positions = kind.format.supports("positions")
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
    width = columns.write(writer)
    writer.finish(to_meta(len(documents), entries, position_width=width))
    return sink.getvalue()


def _group(name: str, schema: Schema) -> int:
    """Return 0 for a field with positions, 1 for another with postings, 2 for one of parts."""
    return 2 if name in PARTS else 0 if schema[name].format.supports("positions") else 1


def _write_parts(
    writer: SegmentFileWriter, place: int, columns: _Columns, parent: FieldEntry, postings: Postings
) -> None:
    """Write a field of parts, whose terms `columns` has already."""
    parents, doc_freqs, kept = [], [], []
    for surface in sorted(postings):
        stemmed = stem(surface.decode()).encode()
        term = columns.terms.index(stemmed, parent.first_term, parent.end_term)
        doc_ids = columns.doc_ids[columns.posting_starts[term] : columns.posting_starts[term + 1]]
        ordinals = [doc_ids.index(doc_id) for doc_id in sorted(postings[surface])]
        bitmap = np.packbits(np.isin(np.arange(len(doc_ids)), ordinals), bitorder="little").tobytes()
        listed = np.array(ordinals, "<u2" if len(doc_ids) <= 1 << 16 else "<u4").tobytes()
        parents.append(term)
        doc_freqs.append(len(ordinals))
        kept.append(b"" if len(ordinals) == len(doc_ids) else min(bitmap, listed, key=len))
    starts = [0, *itertools.accumulate(map(len, kept))]
    for word, numbers in {"parents": parents, "doc_freqs": doc_freqs, "starts": starts}.items():
        writer.write(f"part_{word}:{place}", np.array(numbers, narrowest(max(numbers))))
    writer.write(f"part_bytes:{place}", np.frombuffer(b"".join(kept), np.uint8))


class _Columns:
    """The arrays of a segment, as lists that grow."""

    def __init__(self) -> None:
        self.terms: list[bytes] = []
        self.posting_starts, self.position_starts = [0], [0]
        self.doc_ids: list[int] = []
        self.freqs: list[int] = []
        self.weights: list[float] = []
        self.gaps: list[int] = []

    def add(self, postings: Postings, kind: Any, decode: Callable[[bytes], list[int]] | None) -> None:
        for text in sorted(postings):
            self.terms.append(text)
            for doc_id, (weight, encoded) in sorted(postings[text].items()):
                self.doc_ids.append(doc_id)
                self.weights.append(weight)
                if decode:
                    positions = decode(encoded)
                    self.gaps += [position - before for before, position in itertools.pairwise([0, *positions])]
                    self.freqs.append(len(positions))
                else:
                    self.freqs.append(max(1, round(weight / kind.format.field_boost)))
            self.posting_starts.append(len(self.doc_ids))
            if decode:
                self.position_starts.append(len(self.gaps))

    def write(self, writer: SegmentFileWriter) -> int:
        """Write the arrays that fields share; return the width of the positions."""
        writer.write("term_bytes", np.frombuffer(b"".join(self.terms) or b"", np.uint8))
        offsets = [0, *itertools.accumulate(map(len, self.terms))]
        for name, numbers in {
            "term_offsets": offsets,
            "posting_starts": self.posting_starts,
            "position_starts": self.position_starts,
            "doc_ids": self.doc_ids,
            "freq_overflow_places": [place for place, freq in enumerate(self.freqs) if freq >= FREQ_OVERFLOW],
            "freq_overflow_values": [freq for freq in self.freqs if freq >= FREQ_OVERFLOW],
        }.items():
            writer.write(name, np.array(numbers, narrowest(max([0, *numbers]))))
        writer.write("freqs", np.minimum(self.freqs, FREQ_OVERFLOW).astype(np.uint8))
        packed = pack(np.array(self.gaps, np.int64))
        writer.write("positions", packed.words)
        writer.write("position_overflow_places", packed.overflow_places)
        writer.write("position_overflow_values", packed.overflow_values)
        return packed.width
