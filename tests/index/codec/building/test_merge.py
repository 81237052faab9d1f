from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from whoosh.columns import BitColumn, VarBytesColumn
from whoosh.fields import COLUMN, ID, KEYWORD, TEXT, Schema
from whoosh.filedb.filestore import RamStorage

from index.codec import ColumnarCodec
from index.codec.building import merge_postings
from index.codec.building.merge import UnmergeableError, merge_segments
from index.codec.format import SegmentFile
from index.codec.stored import StoredReader
from tests.index.codec.plain_reader import read_plainly
from tests.index.codec.segments import Documents, by_builder, by_whoosh, documents, documents_in_languages

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


Deleted = NDArray[np.bool_] | None


def merged(segments: list[tuple[SegmentFile, Deleted]]) -> SegmentFile:
    sink = io.BytesIO()
    num_docs = merge_segments(segments, sink)
    found = SegmentFile(sink.getvalue(), "in memory")
    found.verify()
    assert found.num_docs == num_docs
    return found


def assert_same(found: SegmentFile, expected: SegmentFile) -> None:
    """Compare all that segments say, and all arrays but how the stored fields are compressed; types may be wider."""
    assert read_plainly(found) == read_plainly(expected)
    assert set(found) - STORED == set(expected) - STORED
    for name in sorted(set(found) - STORED):
        assert found[name].tolist() == expected[name].tolist(), name
    assert found.meta == expected.meta


STORED = {"stored_bytes", "stored_offsets", "stored_dictionary"}


def published_first(made: Documents) -> Documents:
    """So that the column is there whichever documents are deleted, as in a segment whose documents had numbers once."""
    return [{"published": 1}, *made]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(documents | documents_in_languages, st.integers(0, 255)), min_size=1, max_size=4))
def test_a_merged_segment_is_what_would_have_been_built_at_once(parts: list[tuple[Documents, int]]) -> None:
    kept: list[dict[str, Any]] = []
    segments: list[tuple[SegmentFile, Deleted]] = []
    for more, bits in parts:
        made = published_first(more)
        deleted = np.array([False] + [bool(bits >> place & 1) for place in range(len(made) - 1)])
        segments.append((by_builder(made), deleted if bits % 3 else None))
        kept += [document for place, document in enumerate(made) if not (bits % 3 and deleted[place])]
    assert_same(merged(segments), by_builder(kept))


@settings(max_examples=20, deadline=None)
@given(st.lists(documents, min_size=1, max_size=3))
def test_segments_of_whooshs_writer_are_merged_too(parts: list[Documents]) -> None:
    found = merged([(by_whoosh(made), None) for made in parts])
    expected = by_whoosh([document for made in parts for document in made])
    assert read_plainly(found) == read_plainly(expected)


def of_bodies(*bodies: str) -> SegmentFile:
    return by_builder([{"body": body} for body in bodies])


def surfaces_of(segment: SegmentFile) -> dict[bytes, list[int]]:
    return read_plainly(segment).fields["body_surface"].doc_ids()


def test_a_surface_becomes_the_whole_of_its_stem_or_goes() -> None:
    one, other = of_bodies("run", "running", "runs runs", "running"), of_bodies("run", "other", "running")
    found = merged([(one, np.array([True, False, True, False])), (other, np.array([True, False, False]))])
    assert surfaces_of(found) == {b"other": [2], b"running": [0, 1, 3]}
    assert len(found[f"part_bytes:{found.field_places['body_surface']}"]) == 0
    assert_same(found, of_bodies("running", "running", "other", "running"))


def test_a_surface_that_is_whole_in_one_segment_is_part_of_the_merged_one() -> None:
    found = merged([(of_bodies(*["run"] * 11), None), (of_bodies(*["runs"] * 30), None), (of_bodies("run runs"), None)])
    assert surfaces_of(found) == {b"run": [*range(11), 41], b"runs": list(range(11, 42))}
    assert_same(found, of_bodies(*["run"] * 11, *["runs"] * 30, "run runs"))


@pytest.mark.parametrize("deleted", [None, 0, 1, 2])
def test_large_freqs_and_gaps_are_merged(deleted: int | None) -> None:
    bodies = ["run " * 254, "run " * 255 + "x", "x " * 70_000 + "run runs " * 300, "run " + "y " * 66_000 + "run"]
    for_all = [bodies, bodies[::-1], ["runs"]]
    segments: list[tuple[SegmentFile, Deleted]] = [
        (of_bodies(*some), None if deleted is None else np.arange(4) == deleted) for some in for_all
    ]
    kept = [body for some in for_all for place, body in enumerate(some) if place != deleted]
    assert_same(merged(segments), of_bodies(*kept))


def test_segments_without_postings_are_merged() -> None:
    empty, full = of_bodies("", ""), of_bodies("run", "")
    assert_same(
        merged([(empty, None), (full, None), (empty, np.array([True, False]))]), of_bodies("", "", "run", "", "")
    )
    assert_same(merged([(empty, None), (full, np.array([True, False]))]), of_bodies("", "", ""))


def with_articles(count: int) -> list[dict[str, Any]]:
    return [
        {"body": ("run", "running", "runs", "x")[n % 23 % 4] + (" often" if n % 1999 else "oftener")}
        for n in range(count)
    ]


def test_more_articles_than_two_bytes_count_are_merged() -> None:
    made = with_articles(70_000)
    gone = np.arange(40_000) % 7 == 3
    kept = [document for place, document in enumerate(made) if place >= 40_000 or not gone[place]]
    found, expected = merged([(by_builder(made[:40_000]), gone), (by_builder(made[40_000:]), None)]), by_builder(kept)
    for name in set(found) - STORED:
        assert found[name].tolist() == expected[name].tolist(), name
    found = merged([(by_builder(made), None), (expected, None)])
    place = found.field_places["body_surface"]
    joined = by_builder(made + kept)
    for name in ("parents", "doc_freqs", "starts", "bytes"):
        assert np.array_equal(found[f"part_{name}:{place}"], joined[f"part_{name}:{place}"]), name


def test_surfaces_as_parts_and_as_a_field_like_others_are_not_merged() -> None:
    made = [{"body": "running"}]
    sink = io.BytesIO()
    with pytest.raises(UnmergeableError, match="another way"):
        merge_segments([(by_builder(made), None), (by_whoosh(made), None)], sink)
    assert not sink.getvalue()


def test_surfaces_with_other_stems_are_not_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    one = of_bodies("running")
    monkeypatch.setattr("index.codec.building.builder.stem_all", lambda contents, offsets: (contents, offsets))
    other = of_bodies("run running")
    sink = io.BytesIO()
    with pytest.raises(UnmergeableError, match="other parents"):
        merge_segments([(one, None), (other, None)], sink)
    assert not sink.getvalue()


def test_much_is_merged_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_postings, "_PART_SIZE", 7)
    monkeypatch.setattr("index.codec.building.packed_writer._CHUNK_SIZE", 5)
    monkeypatch.setattr("index.codec.building.merge_documents._DOCS_AT_ONCE", 3)
    parts = [
        [
            {
                "body": f"the word{n % 5} of {n} " + ("run", "running", "runs")[n % 11 % 3],
                "title": "Title " * (n % 3),
                "article": str(n),
            }
            for n in range(size)
        ]
        for size in (20, 1, 13)
    ]
    deleted = [np.arange(len(part)) % 4 == 1 for part in parts]
    kept = [part[place] for part, gone in zip(parts, deleted, strict=True) for place in np.flatnonzero(~gone)]
    segments: list[tuple[SegmentFile, Deleted]] = [
        (by_builder(part), gone) for part, gone in zip(parts, deleted, strict=True)
    ]
    assert_same(merged(segments), by_builder(kept))


def test_merging_nothing_and_all_deleted() -> None:
    segment = by_builder([{"body": "one", "published": 1}])
    found = merged([(segment, np.array([True]))])
    assert found.num_docs == 0
    assert found.fields == {}
    assert merged([]).num_docs == 0
    assert merged([(found, None), (segment, None)]).num_docs == 1


@pytest.mark.parametrize("with_dictionaries", [False, True])
def test_stored_fields_are_kept(with_dictionaries: bool) -> None:
    texts = [f"article {n} " + "some text that repeats " * (200 if with_dictionaries else 1) for n in range(60)]
    segments = [
        by_builder([{"article": text + str(n * 37 % 101) * 9} for n, text in enumerate(texts[first::2])])
        for first in (0, 1)
    ]
    assert all(("stored_dictionary" in segment) == with_dictionaries for segment in segments)
    reader = StoredReader(merged([(segment, None) for segment in segments]))
    expected = [StoredReader(segment).fields(doc_id) for segment in segments for doc_id in range(segment.num_docs)]
    assert [reader.fields(doc_id) for doc_id in range(60)] == expected


def by_schema(schema: Schema, *made: dict[str, Any]) -> SegmentFile:
    storage = RamStorage()
    index = storage.create_index(schema)
    writer = index.writer(codec=ColumnarCodec())
    for document in made:
        writer.add_document(**document)
    writer.commit()
    (segment,) = index._segments()
    opened: SegmentFile = segment.open(storage)
    return opened


def test_columns_of_bytes_are_merged() -> None:
    schema = Schema(name=ID(sortable=VarBytesColumn()), other=ID)
    parts = [[{"name": "one"}, {"other": "x"}, {"name": "three"}], [{"other": "y"}], [{"name": "five"}]]
    found = merged([(by_schema(schema, *part), None) for part in parts])
    assert_same(found, by_schema(schema, *[document for part in parts for document in part]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (TEXT(vector=True), "words"),
        (TEXT(chars=True), "words"),
        (COLUMN(BitColumn()), True),
        (KEYWORD(sortable=True, field_boost=2.0), "x"),
    ],
)
def test_what_cannot_be_merged_is_refused_before_anything_is_written(field: Any, value: object) -> None:
    plain = by_schema(Schema(name=KEYWORD()), {"name": "x"})
    sink = io.BytesIO()
    with pytest.raises(UnmergeableError, match="has"):
        merge_segments([(plain, None), (by_schema(Schema(name=field), {"name": value}), None)], sink)
    assert not sink.getvalue()
