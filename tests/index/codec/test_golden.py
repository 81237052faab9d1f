"""A segment that was written once and for all: today's code reads it, and writes the same bytes.

A change of the format shows here first. If it is meant, `VERSION` rises, the old file stays and goes on being read
(or `OLDEST_VERSION` rises too), and a new one is made:

    python -m tests.index.codec.test_golden
"""

from __future__ import annotations

import datetime as dt
import decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from whoosh import columns, fields
from whoosh.filedb.filestore import RamStorage

from index.codec import ColumnarCodec
from index.codec.format import VERSION, SegmentFile
from index.codec.segment import ColumnarSegment
from index.codec.stored import StoredReader

GOLDEN = Path(__file__).parent / "golden" / f"format-{VERSION}.segment"
# What compresses may do so otherwise in another version; all else may not.
ZSTD_VERSION = (1, 5, 7)

WHEN = dt.datetime(2026, 11, 20, 8, 30)  # noqa: DTZ001  # Whoosh's dates have no zone
DOCUMENTS: list[dict[str, Any]] = [
    {
        "id": "a",
        "text": "tea for two, and two for tea",
        "keys": "x,y",
        "number": -7,
        "when": WHEN,
    },
    {"id": "b", "text": "Über 日本 be", "number": 5, "bag": "tea tea tea", "kept": (1, b"\x00\xff", {"k": None})},
    {"id": "c", "text": "", "keys": "y", "packed": b"abc", "_stored_kept": decimal.Decimal("1.50"), "kept": 0},
]


def make_schema() -> fields.Schema:
    return fields.Schema(
        id=fields.ID(unique=True, stored=True),
        text=fields.TEXT(stored=True, vector=True, sortable=True),
        bag=fields.TEXT(phrase=False, field_boost=2.0),
        keys=fields.KEYWORD(commas=True, sortable=columns.RefBytesColumn()),
        number=fields.NUMERIC(int, sortable=True, default=-1),
        when=fields.DATETIME(),
        kept=fields.STORED(),
        packed=fields.COLUMN(columns.VarBytesColumn()),
    )


def write() -> bytes:
    """Write the documents as a segment and return its file."""
    storage = RamStorage()
    index = storage.create_index(make_schema())
    with index.writer(codec=ColumnarCodec()) as writer:
        for document in DOCUMENTS:
            writer.add_document(**document)
    (segment,) = index._segments()
    contents: bytes = storage.files[f"{segment.segment_id()}.segment"]
    return contents


def test_the_writer_writes_the_same() -> None:
    golden, written = SegmentFile(GOLDEN.read_bytes(), "golden"), SegmentFile(write(), "written")
    assert list(written) == list(golden)
    assert written.meta == golden.meta
    for name in golden:
        if not name.startswith("stored_"):
            assert (written[name].dtype, written[name].tolist()) == (golden[name].dtype, golden[name].tolist())
    stored = [[StoredReader(each).encoded(doc_id) for doc_id in range(3)] for each in (golden, written)]
    assert stored[0] == stored[1]
    if zstandard.ZSTD_VERSION == ZSTD_VERSION:
        assert write() == GOLDEN.read_bytes()


def test_the_arrays_hold_what_the_format_says() -> None:
    golden = SegmentFile.open(GOLDEN)
    golden.verify()
    assert golden.num_docs == 3
    assert list(golden.fields) == ["bag", "id", "keys", "number", "text", "when"]
    text, bag = golden.fields["text"], golden.fields["bag"]
    assert (text.has_freqs, text.has_positions, text.has_lengths, text.total_length) == (True, True, True, 4 + 2)
    assert (bag.has_freqs, bag.has_positions, bag.has_weights, bag.boost) == (True, False, False, 2.0)
    offsets = golden["term_offsets"]
    terms = [golden["term_bytes"][start:end].tobytes() for start, end in pairwise(offsets)]
    assert terms[bag.first_term : bag.end_term] == [b"tea"]
    assert terms[text.first_term : text.end_term] == [b"tea", b"two", "über".encode(), "日本".encode()]
    start, end = golden["posting_starts"][bag.first_term : bag.first_term + 2]
    assert golden["doc_ids"][start:end].tolist() == [1]
    assert golden["freqs"][start:end].tolist() == [3]
    start, end = golden["position_starts"][text.first_term : text.first_term + 2]
    assert golden["positions"][start:end].tolist() == [0, 3]
    assert golden[f"lengths:{golden.field_places['bag']}"].tolist() == [0, 3, 0]


def test_whoosh_reads_it() -> None:
    storage = RamStorage()
    schema = make_schema()
    index = storage.create_index(schema)
    segment = ColumnarSegment("MAIN")
    segment.set_doc_count(3)
    storage.files[f"{segment.segment_id()}.segment"] = GOLDEN.read_bytes()
    codec = ColumnarCodec()
    reader, terms = codec.per_document_reader(storage, segment), codec.terms_reader(storage, segment)
    assert index.is_empty()
    assert [reader.stored_fields(doc_id) for doc_id in range(3)] == [
        {"id": "a", "text": "tea for two, and two for tea"},
        {"id": "b", "text": "Über 日本 be", "kept": (1, b"\x00\xff", {"k": None})},
        {"id": "c", "text": "", "kept": decimal.Decimal("1.50")},
    ]
    numbers = reader.column_reader("number", schema["number"].column_type)
    assert [schema["number"].from_column_value(number) for number in numbers] == [-7, 5, -1]
    assert list(reader.column_reader("packed", schema["packed"].column_type)) == [b"", b"", b"abc"]
    assert list(reader.column_reader("keys", schema["keys"].column_type)) == [b"x,y", b"", b"y"]
    assert reader.vector(1, "text", schema["text"].vector).id() == "über"
    matcher = terms.matcher("bag", b"tea", schema["bag"].format)
    assert (matcher.id(), matcher.weight(), matcher.value_as("frequency")) == (1, 6.0, 3)
    matcher = terms.matcher("text", "日本".encode(), schema["text"].format)
    assert (matcher.id(), matcher.value_as("positions")) == (1, [1])
    with pytest.raises(ValueError, match="read-only"):
        terms.segment_file["doc_ids"][0] = 1
    assert np.frombuffer(GOLDEN.read_bytes(), np.uint8).size == terms.segment_file.size


if __name__ == "__main__":
    GOLDEN.write_bytes(write())
