"""A segment that was written once and for all: today's code reads it, and writes the same bytes.

A change of the format shows here first. If it is meant, `VERSION` rises, the old file stays and goes on being read
(or `OLDEST_VERSION` rises too), and a new one is made. Whoosh's writer makes no parts, so they are added
to what it made.

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
from whoosh.analysis import LowercaseFilter, RegexTokenizer, StandardAnalyzer, StopFilter
from whoosh.filedb.filestore import RamStorage
from whoosh.util.numeric import length_to_byte

from index.codec import ColumnarCodec
from index.codec.format import VERSION, SegmentFile
from index.codec.segment import ColumnarSegment
from index.codec.stored import StoredReader
from tests.index.codec.made_parts import add_parts

GOLDEN = Path(__file__).parent / "golden" / f"format-{VERSION}.segment"
# What compresses may do so otherwise in another version; all else may not.
ZSTD_VERSION = (1, 5, 7)

WHEN = dt.datetime(2026, 11, 20, 8, 30)  # noqa: DTZ001  # Whoosh's dates have no zone
DOCUMENTS: list[dict[str, Any]] = [
    {
        "id": "a",
        "text": f"tea for two, and two for tea {'the ' * 40} end",
        "keys": "x,y",
        "number": -7,
        "when": WHEN,
    },
    {"id": "b", "text": "Über 日本 be", "number": 5, "bag": "tea " * 300, "kept": (1, b"\x00\xff", {"k": None})},
    {"id": "c", "text": "", "keys": "y", "packed": b"abc", "_stored_kept": decimal.Decimal("1.50"), "kept": 0},
    *({"id": f"d{number}", "text": "tea" + " or" * (number % 3) + " two"} for number in range(30)),
]
PARTS = {  # of "tea", which is in document 0 and from 3 on
    b"TEA": (b"tea", range(3, 33, 2)),
    b"Tea": (b"tea", [9]),
    b"Two": (b"two", [0, *range(3, 33)]),
    b"tea": (b"tea", [0, *range(3, 33)]),
}


def make_schema() -> fields.Schema:
    analyzer = RegexTokenizer() | LowercaseFilter() | StopFilter(renumber=False)
    return fields.Schema(
        id=fields.ID(unique=True, stored=True),
        text=fields.TEXT(analyzer=analyzer, stored=True, vector=True, sortable=True),
        bag=fields.TEXT(phrase=False, field_boost=2.0),
        keys=fields.KEYWORD(commas=True, sortable=columns.RefBytesColumn()),
        number=fields.NUMERIC(int, sortable=True, default=-1),
        when=fields.DATETIME(),
        surface=fields.ID(analyzer=StandardAnalyzer()),
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
    return add_parts(segment.open(storage), "surface", "text", PARTS)


def test_the_writer_writes_the_same() -> None:
    golden, written = SegmentFile(GOLDEN.read_bytes(), "golden"), SegmentFile(write(), "written")
    assert list(written) == list(golden)
    assert written.meta == golden.meta
    for name in golden:
        if not name.startswith("stored_"):
            assert (written[name].dtype, written[name].tolist()) == (golden[name].dtype, golden[name].tolist())
    stored = [[StoredReader(each).encoded(doc_id) for doc_id in range(33)] for each in (golden, written)]
    assert stored[0] == stored[1]
    if zstandard.ZSTD_VERSION == ZSTD_VERSION:
        assert write() == GOLDEN.read_bytes()


def test_the_arrays_hold_what_the_format_says() -> None:
    golden = SegmentFile.open(GOLDEN)
    golden.verify()
    assert golden.num_docs == 33
    assert list(golden.fields) == ["bag", "id", "keys", "number", "text", "when", "surface"]
    text, bag = golden.fields["text"], golden.fields["bag"]
    assert (text.has_freqs, text.has_positions, text.has_lengths, text.total_length) == (True, True, True, 5 + 2 + 60)
    assert (bag.has_freqs, bag.has_positions, bag.has_weights, bag.boost) == (True, False, False, 2.0)
    offsets = golden["term_offsets"]
    terms = [golden["term_bytes"][start:end].tobytes() for start, end in pairwise(offsets)]
    assert terms[bag.first_term : bag.end_term] == [b"tea"]
    assert terms[text.first_term : text.end_term] == [
        b"end",
        b"tea",
        b"two",
        "über".encode(),
        "日本".encode(),
    ]
    start, end = golden["posting_starts"][bag.first_term : bag.first_term + 2]
    assert golden["doc_ids"][start:end].tolist() == [1]
    assert golden["freqs"][start:end].tolist() == [255]
    assert golden["freq_overflow_places"].tolist() == [start]
    assert golden["freq_overflow_values"].tolist() == [300]
    assert golden[f"lengths:{golden.field_places['bag']}"].tolist() == [0, length_to_byte(300), *[0] * 31]


def test_the_positions_are_what_the_format_says() -> None:
    golden = SegmentFile.open(GOLDEN)
    text = golden.fields["text"]
    bits = int.from_bytes(golden["positions"].tobytes(), "little")
    width = golden.meta["position_width"]
    numbers = [bits >> place * width & ((1 << width) - 1) for place in range(7 + 60)]
    start = golden["position_starts"][text.first_term]
    assert start == 0
    assert width == 3
    assert numbers[0] == 7  # the end, after 47 words
    assert golden["position_overflow_places"].tolist() == [0]
    assert golden["position_overflow_values"].tolist() == [47]
    assert numbers[1:4] == [0, 6, 0]  # tea, at 0 and 6, and in the next text at 0
    assert golden["position_starts"][text.first_term : text.first_term + 3].tolist() == [0, 1, 33]
    assert len(golden["position_starts"]) == text.end_term + 1


def test_the_parts_are_what_the_format_says() -> None:
    golden = SegmentFile.open(GOLDEN)
    text, surface = golden.fields["text"], golden.fields["surface"]
    assert (surface.parts_of, surface.num_terms, surface.has_freqs) == ("text", 4, False)
    assert len(golden["posting_starts"]) == surface.first_term + 1
    assert golden["part_parents:6"].tolist() == [text.first_term + place for place in (1, 1, 2, 1)]
    assert golden["part_doc_freqs:6"].tolist() == [15, 1, 31, 31]
    assert golden["part_starts:6"].tolist() == [0, 4, 6, 6, 6]
    # A bitmap of every other posting from the second on, and a list of the eighth.
    assert golden["part_bytes:6"].tolist() == [0b10101010, 0b10101010, 0b10101010, 0b00101010, 7, 0]


def test_whoosh_reads_it() -> None:
    storage = RamStorage()
    schema = make_schema()
    index = storage.create_index(schema)
    segment = ColumnarSegment("MAIN")
    segment.set_doc_count(33)
    storage.files[f"{segment.segment_id()}.segment"] = GOLDEN.read_bytes()
    codec = ColumnarCodec()
    reader, terms = codec.per_document_reader(storage, segment), codec.terms_reader(storage, segment)
    assert index.is_empty()
    assert [reader.stored_fields(doc_id) for doc_id in range(3)] == [
        {"id": "a", "text": DOCUMENTS[0]["text"]},
        {"id": "b", "text": "Über 日本 be", "kept": (1, b"\x00\xff", {"k": None})},
        {"id": "c", "text": "", "kept": decimal.Decimal("1.50")},
    ]
    numbers = reader.column_reader("number", schema["number"].column_type)
    assert [schema["number"].from_column_value(number) for number in numbers][:3] == [-7, 5, -1]
    assert list(reader.column_reader("packed", schema["packed"].column_type))[:4] == [b"", b"", b"abc", b""]
    assert list(reader.column_reader("keys", schema["keys"].column_type))[:4] == [b"x,y", b"", b"y", b""]
    assert reader.vector(1, "text", schema["text"].vector).id() == "über"
    matcher = terms.matcher("bag", b"tea", schema["bag"].format)
    assert (matcher.id(), matcher.weight(), matcher.value_as("frequency")) == (1, 600.0, 300)
    matcher = terms.matcher("text", b"end", schema["text"].format)
    assert (matcher.id(), matcher.value_as("positions")) == (0, [47])
    for surface, (_, doc_ids) in PARTS.items():
        assert list(terms.matcher("surface", surface, schema["surface"].format).all_ids()) == list(doc_ids)
    matcher = terms.matcher("text", "日本".encode(), schema["text"].format)
    assert (matcher.id(), matcher.value_as("positions")) == (1, [1])
    with pytest.raises(ValueError, match="read-only"):
        terms.segment_file["doc_ids"][0] = 1
    assert np.frombuffer(GOLDEN.read_bytes(), np.uint8).size == terms.segment_file.size


if __name__ == "__main__":
    GOLDEN.write_bytes(write())
