from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from whoosh.util.numeric import length_to_byte

from index.codec.builder import SegmentBuilder
from index.codec.field_arrays import quantise
from index.codec.format import SegmentFile
from index.codec.stored import StoredReader
from tests.index.codec.segments import FIELDS, Documents, by_builder, by_whoosh, documents, written

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def assert_same(found: SegmentFile, expected: SegmentFile) -> None:
    """Compare all but the lexicon, which Whoosh's writer does not make."""
    names = {name for name in found if not name.startswith("lexicon")}
    assert names == {name for name in expected if not name.startswith("lexicon")}
    for name in sorted(names):
        assert found[name].tolist() == expected[name].tolist(), name
        assert found[name].dtype == expected[name].dtype, name
    assert found.meta | {"lexicon": None} == expected.meta | {"lexicon": None}


@settings(max_examples=150, deadline=None)
@given(documents)
@example([{}])
@example([{"body": "the " * 70_000}, {"body": "x", "title": "the"}])
@example([{"body": f"word{n}"} for n in range(300)])
def test_a_segment_is_what_whooshs_own_writer_would_have_written(made: Documents) -> None:
    assert_same(by_builder(made), by_whoosh(made))


def test_no_documents_are_a_segment() -> None:
    segment = written(SegmentBuilder(FIELDS))
    assert segment.num_docs == 0
    assert segment.fields == {}


def test_texts_are_cut_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [{"id": str(n), "title": f"title {n % 7}", "body": "running é" * (n % 5)} for n in range(60)]
    at_once = by_builder(made)
    monkeypatch.setattr("index.codec.builder._BATCH_SIZE", 100)
    assert_same(by_builder(made), at_once)


@pytest.mark.parametrize(
    "values", [{"id": "a\ud800"}, {"published": 1 << 63}, {"published": "no"}, {"nothing": 1}, {"title": 3}]
)
def test_a_document_that_cannot_be_indexed_leaves_nothing(values: dict[str, object]) -> None:
    builder = SegmentBuilder(FIELDS)
    builder.add({"id": "one", "title": "first"})
    with pytest.raises((ValueError, AttributeError, TypeError)):
        builder.add({"body": "second", "author_exact": ["x"], **values})
    builder.add({"id": "two", "title": "third"})
    assert_same(written(builder), by_whoosh([{"id": "one", "title": "first"}, {"id": "two", "title": "third"}]))


def test_stored_fields_come_back() -> None:
    segment = by_builder([{"article": "one"}, {}, {"article": "three", "title": "x\ud800y"}])
    reader = StoredReader(segment)
    assert [reader.fields(doc_id) for doc_id in range(3)] == [{"article": "one"}, {}, {"article": "three"}]


def test_lengths_are_quantised_as_whoosh_does() -> None:
    lengths = np.array([*range(5000), 106_373, 106_374, 106_375, 1 << 30])
    assert quantise(lengths).tolist() == [length_to_byte(length) for length in lengths.tolist()]


def test_memory_is_known() -> None:
    builder = SegmentBuilder(FIELDS)
    empty = builder.nbytes
    builder.add({"body": "word " * 10_000})
    assert builder.nbytes > empty + 100_000
