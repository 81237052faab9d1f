"""Columns: every type that Whoosh has reads back as it would from a file of its own."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh import columns
from whoosh.filedb.structfile import BufferFile, StructFile

from index.codec.columns import ColumnsReader, ColumnsWriter
from index.codec.format import SegmentFile, SegmentFileWriter, to_meta
from index.codec.mapping import ReadOnlyFile

BYTES = st.binary(max_size=6)
COLUMNS = [
    (columns.VarBytesColumn(), BYTES),
    (columns.VarBytesColumn(allow_offsets=False), BYTES),
    (columns.VarBytesColumn(write_offsets_cutoff=3), BYTES),
    (columns.FixedBytesColumn(3), st.binary(min_size=3, max_size=3)),
    (columns.RefBytesColumn(), BYTES),
    (columns.RefBytesColumn(2), st.binary(min_size=2, max_size=2)),
    (columns.NumericColumn("B", default=7), st.integers(0, 255)),
    (columns.NumericColumn("i"), st.integers(-(2**31), 2**31 - 1)),
    (columns.NumericColumn("I"), st.integers(0, 2**32 - 1)),
    (columns.NumericColumn("q", default=-1), st.integers(-(2**63), 2**63 - 1)),
    (columns.NumericColumn("Q", default=2**64 - 1), st.integers(0, 2**64 - 1)),
    (columns.NumericColumn("f"), st.floats(width=32, allow_nan=False)),
    (columns.NumericColumn("d", default=0.5), st.floats(allow_nan=False)),
    (columns.BitColumn(), st.booleans()),
    (columns.BitColumn(compress_at=0), st.booleans()),
    (columns.CompressedBytesColumn(), BYTES),
    (columns.StructColumn("ib", (0, 1)), st.tuples(st.integers(-9, 9), st.integers(-9, 9))),
    (columns.PickleColumn(columns.VarBytesColumn()), st.lists(st.integers(), max_size=3)),
    (columns.VarBytesListColumn(), st.lists(BYTES, max_size=3)),
    (columns.FixedBytesListColumn(2), st.lists(st.binary(min_size=2, max_size=2), max_size=3)),
]

Values = dict[int, Any]


def read_ours(column: Any, values: Values, num_docs: int) -> Any:
    writer = ColumnsWriter()
    for doc_id, value in sorted(values.items()):
        writer.add("c", column, doc_id, value)
    writer.finish(num_docs)
    sink = BytesIO()
    file_writer = SegmentFileWriter(sink)
    file_writer.finish(to_meta(num_docs, [], columns=writer.write(file_writer)))
    return ColumnsReader(SegmentFile(sink.getvalue(), "test.segment")).reader("c", column)


def read_theirs(column: Any, values: Values, num_docs: int) -> Any:
    sink = BytesIO()
    writer = column.writer(StructFile(sink))
    for doc_id, value in sorted(values.items()):
        writer.add(doc_id, value)
    writer.finish(num_docs)
    return column.reader(BufferFile(sink.getvalue()), 0, len(sink.getvalue()), num_docs)


@pytest.mark.parametrize(("column", "drawing"), COLUMNS, ids=lambda each: type(each).__name__)
@given(data=st.data())
def test_a_column_reads_as_whoosh_reads_it(column: Any, drawing: st.SearchStrategy[Any], data: st.DataObject) -> None:
    num_docs = data.draw(st.integers(1, 12))
    values = data.draw(st.dictionaries(st.integers(0, num_docs - 1), drawing, min_size=1))
    ours, theirs = read_ours(column, values, num_docs), read_theirs(column, values, num_docs)
    assert [ours[doc_id] for doc_id in range(num_docs)] == [theirs[doc_id] for doc_id in range(num_docs)]
    assert [type(ours[doc_id]) for doc_id in values] == [type(theirs[doc_id]) for doc_id in values]
    assert len(ours) == num_docs
    if isinstance(column, columns.CompressedBytesColumn):  # which cannot be gone through where it is empty
        return
    assert list(ours) == list(theirs)
    assert list(ours.load()) == list(theirs.load())
    if not column.stores_lists():
        assert [ours.sort_key(doc_id) for doc_id in values] == [theirs.sort_key(doc_id) for doc_id in values]
    if column.reversible:
        ours.set_reverse()
        theirs.set_reverse()
        assert [ours.sort_key(doc_id) for doc_id in values] == [theirs.sort_key(doc_id) for doc_id in values]


def test_blocks_of_compressed_values_are_read_by_their_pickles() -> None:
    column = columns.CompressedBlockColumn(blocksize=1)
    values = {doc_id: f"value {doc_id} ".encode() * 20 for doc_id in range(20)}
    ours = read_ours(column, values, 20)
    assert [ours[doc_id] for doc_id in range(4)] == [values[doc_id] for doc_id in range(4)]


def test_numbers_are_at_hand_as_an_array() -> None:
    writer = ColumnsWriter()
    writer.add("n", columns.NumericColumn("H", default=9), 1, 3)
    writer.add("b", columns.VarBytesColumn(), 0, b"x")
    writer.finish(3)
    sink = BytesIO()
    file_writer = SegmentFileWriter(sink)
    file_writer.finish(to_meta(3, [], columns=writer.write(file_writer)))
    reader = ColumnsReader(SegmentFile(sink.getvalue(), "test.segment"))
    numbers = reader.numbers("n")
    assert numbers is not None
    assert (numbers.dtype, numbers.tolist()) == (np.dtype("<u2"), [9, 3, 9])
    assert (reader.numbers("b"), reader.numbers("nope")) == (None, None)


@given(
    st.binary(max_size=40), st.lists(st.tuples(st.sampled_from(["read", "line", "seek", "get"]), st.integers(0, 50)))
)
def test_a_read_only_file_is_as_a_file_of_whoosh(contents: bytes, steps: list[tuple[str, int]]) -> None:
    ours, theirs = ReadOnlyFile(memoryview(contents), "x"), BufferFile(contents)
    for step, number in steps:
        if step == "read":
            assert ours.read(number) == theirs.read(number)
        elif step == "line":
            assert ours.readline() == theirs.readline()
        elif step == "seek":
            ours.seek(number, 0)
            theirs.seek(number, 0)
        else:
            assert ours.get(number, 5) == theirs.get(number, 5)
        assert ours.tell() == theirs.tell()
    assert ours.subset(2, 7).read() == theirs.subset(2, 7).read()


def test_importing_the_codec_imports_no_numba() -> None:
    code = "import sys, index.codec; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
