"""Fields with parts: for Whoosh they are like any other, in whatever order their terms are numbered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from whoosh import fields, query
from whoosh.analysis import RegexTokenizer
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import RamStorage
from whoosh.index import FileIndex
from whoosh.reading import TermNotFound

from index.codec import ColumnarCodec
from index.codec.format import SegmentFile
from index.codec.parts import Parts
from index.codec.segment import ColumnarSegment
from index.codec.terms import ColumnarTermsReader, TermTable
from tests.index.codec import segments
from tests.index.codec.made_parts import add_parts
from tests.index.codec.segments import Documents, by_builder, by_whoosh, documents
from tests.index.codec.whoosh_indexes import describe

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

# A surface is a stem with an ending in capitals, or without one.
BOOST = 1.5  # of the surfaces
SURFACES = ["run", "runS", "runNING", "tea", "teaS", "béta", "bétaS"]
STEM_NAME, SURFACE_NAME = "text", "surface"  # by name, the surfaces come first
DOCUMENTS = st.lists(st.lists(st.sampled_from(SURFACES), max_size=5), min_size=1, max_size=40)


def stem(surface: str) -> str:
    return "".join(char for char in surface if not char.isupper())


def make_schema() -> fields.Schema:
    return fields.Schema(
        id=fields.ID(stored=True),
        text=fields.TEXT(analyzer=RegexTokenizer()),
        surface=fields.ID(analyzer=RegexTokenizer(), field_boost=BOOST),
        zone=fields.KEYWORD(),
    )


def make_index(documents: list[list[str]], codec: Any, *, with_surfaces: bool) -> FileIndex:
    index = RamStorage().create_index(make_schema())
    with index.writer(codec=codec) as writer:
        for number, surfaces in enumerate(documents):
            more = {"surface": " ".join(surfaces)} if with_surfaces else {}
            writer.add_document(id=str(number), text=" ".join(map(stem, surfaces)), zone=f"z{number % 3}", **more)
    return index


def make_with_parts(documents: list[list[str]]) -> FileIndex:
    index = make_index(documents, ColumnarCodec(), with_surfaces=False)
    (segment,) = index._segments()
    parts = {
        surface.encode(): (
            stem(surface).encode(),
            [doc_id for doc_id, surfaces in enumerate(documents) if surface in surfaces],
        )
        for surface in {surface for surfaces in documents for surface in surfaces}
    }
    made = add_parts(segment.open(index.storage), SURFACE_NAME, STEM_NAME, parts, BOOST)
    index.storage.files[f"{segment.segment_id()}.segment"] = made
    return index


def open_segment(index: FileIndex) -> SegmentFile:
    (segment,) = index._segments()
    opened: SegmentFile = segment.open(index.storage)
    return opened


def test_what_is_kept_is_nothing_or_a_list_or_a_bitmap() -> None:
    # So many that a bitmap has nine bytes, and the list after three of them is at an odd place.
    documents = [["run", "tea"] if number % 2 else ["runS", "runNING"] for number in range(66)]
    documents[7].append("teaS")
    file = open_segment(make_with_parts(documents))
    file.verify()
    entry = file.fields[SURFACE_NAME]
    place = file.field_places[SURFACE_NAME]
    sizes = np.diff(file[f"part_starts:{place}"].astype(int)).tolist()
    assert dict(zip(TermTable(file).terms(entry.first_term, entry.end_term), sizes, strict=True)) == {
        b"run": 9,
        b"runNING": 9,
        b"runS": 9,
        b"tea": 0,
        b"teaS": 2,
    }
    assert len(file["posting_starts"]) == entry.first_term + 1
    assert len(file["position_starts"]) < entry.first_term  # those of the ids after the texts have none
    parts = Parts(file, entry)
    for term_id in range(entry.first_term, entry.end_term):
        surface = TermTable(file).term(term_id).decode()
        doc_ids = [doc_id for doc_id, surfaces in enumerate(documents) if surface in surfaces]
        assert (parts.doc_freq(term_id), parts.doc_ids(term_id).tolist()) == (len(doc_ids), doc_ids)


@settings(max_examples=25, deadline=None)
@given(DOCUMENTS, st.sets(st.integers(0, 39)))
def test_whoosh_cannot_tell_them_apart(documents: list[list[str]], deleted: set[int]) -> None:
    indexes = make_index(documents, W3Codec(), with_surfaces=True), make_with_parts(documents)
    for merges in (False, True):
        theirs, ours = (describe(index) for index in indexes)
        assert ours == theirs
        for wanted in (
            query.Term("surface", "runS"),
            query.Prefix("surface", "run"),
            query.And([query.Term("surface", "tea"), query.Term("text", "run")]),
            query.Every("surface"),
        ):
            assert search(indexes[0], wanted) == search(indexes[1], wanted)
        if not merges:
            for index, codec in zip(indexes, (W3Codec(), ColumnarCodec()), strict=True):
                with index.writer(codec=codec) as writer:
                    for number in deleted:
                        writer.delete_by_term("id", str(number))
                    writer.optimize = True


def search(index: FileIndex, wanted: query.Query) -> list[tuple[int, Any]]:
    with index.searcher() as searcher:
        return [(hit.docnum, pytest.approx(hit.score)) for hit in searcher.search(wanted, limit=None)]


def test_terms_come_by_the_names_of_their_fields() -> None:
    documents = [["runS", "tea"], ["run"]]
    theirs, ours = make_index(documents, W3Codec(), with_surfaces=True), make_with_parts(documents)
    with theirs.reader() as their_reader, ours.reader() as our_reader:
        assert list(our_reader.indexed_field_names()) == ["id", "surface", "text", "zone"]
        assert list(open_segment(ours).fields) == ["id", "text", "zone", "surface"]
        assert list(our_reader.all_terms()) == list(their_reader.all_terms())
        assert [term for term, _ in our_reader] == [term for term, _ in their_reader]
        for name, prefix in (("id", b"1"), ("surface", b""), ("surface", b"runS"), ("text", b"s"), ("zone", b"\xff")):
            assert list(our_reader.terms_from(name, prefix)) == list(their_reader.terms_from(name, prefix))
            for (our_term, ours_of), (their_term, theirs_of) in zip(
                our_reader.iter_from(name, prefix), their_reader.iter_from(name, prefix), strict=True
            ):
                assert our_term == their_term
                assert (ours_of.doc_frequency(), ours_of.weight()) == (theirs_of.doc_frequency(), theirs_of.weight())
        assert our_reader.cursor("surface").find("runN") == "runS"
        with pytest.raises(TermNotFound):
            our_reader.term_info("surface", "runNING")


@settings(max_examples=100, deadline=None)
@given(documents)
@example([{"body": "run running"}] * 20 + [{"body": "runs run", "title": "Ωμέγα"}])
@example([{"body": "the " * 300 + "run"}, {"title": "run", "author": "run"}])
def test_whoosh_reads_what_the_builder_wrote_like_what_it_wrote_itself(made: Documents) -> None:
    assert read_terms(by_builder(made)) == read_terms(by_whoosh(made))


def read_terms(file: SegmentFile) -> list[Any]:
    """Return all that the codec tells Whoosh of the terms of a segment."""
    reader, schema = ColumnarTermsReader(file, ColumnarSegment("MAIN")), segments.make_schema()
    described: list[Any] = [list(reader.indexed_field_names()), list(reader.terms())]
    for (name, term), about in reader.items():
        matcher = reader.matcher(name, term, schema[name].format)
        postings = []
        while matcher.is_active():
            postings.append((matcher.id(), matcher.weight(), matcher.value(), matcher.value_as("frequency")))
            matcher.next()
        described += [
            (name, term, postings, reader.doc_frequency(name, term), reader.frequency(name, term)),
            (about.weight(), about.max_weight(), about.min_length(), about.max_length()),
            (about.doc_frequency(), about.min_id(), about.max_id()),
        ]
    return described


def test_a_parent_with_very_many_postings_has_long_ordinals() -> None:
    codec, storage = ColumnarCodec(), RamStorage()
    for num_docs, ordinal_size in ((1 << 16, 2), ((1 << 16) + 1, 4)):
        segment = codec.new_segment(storage, "MAIN")
        writer = codec.field_writer(storage, segment)
        postings = (("text", b"a", 2 * doc_id, 1.0, b"") for doc_id in range(num_docs))
        writer.add_postings(fields.Schema(text=fields.ID()), None, postings)
        writer.close()
        wanted = {b"all": [2 * doc_id for doc_id in range(num_docs)], b"last": [2 * num_docs - 2]}
        wanted[b"many"] = wanted[b"all"][5::3]
        file = segment.open(storage)
        made = add_parts(file, "surface", "text", {term: (b"a", doc_ids) for term, doc_ids in wanted.items()})
        file = SegmentFile(made, "made")
        starts = file[f"part_starts:{file.field_places['surface']}"].tolist()
        assert starts[1:3] == [0, ordinal_size]
        table = TermTable(file)
        for term, doc_ids in wanted.items():
            term_id = table.find("surface", term)
            assert term_id is not None
            assert table.doc_ids(term_id).tolist() == doc_ids
