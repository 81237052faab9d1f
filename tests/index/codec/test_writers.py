"""Writing: what Whoosh hands over in odd cases, and what must be left of it."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh import fields, formats, query, sorting
from whoosh.codec.base import OutOfOrderError
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.index import create_in
from whoosh.multiproc import MpWriter, SerialMpWriter
from whoosh.reading import TermNotFound
from whoosh.writing import BufferedWriter

from index.codec import ColumnarCodec
from index.codec.field_values import UnstorableError
from index.codec.packing import packed_gaps, unpack
from index.codec.segment import ColumnarSegment
from index.codec.terms import ColumnarTermsReader
from index.codec.values import encode_frequency
from tests.index.codec.whoosh_indexes import FIRST_DAY

Postings = dict[bytes, list[tuple[int, float, bytes | None]]]


def write_field(field: Any, postings: Postings, *, in_bulk: bool) -> tuple[ColumnarTermsReader, ColumnarSegment]:
    """Write one field by one of Whoosh's two routes, and nothing else."""
    codec, storage = ColumnarCodec(), RamStorage()
    segment = codec.new_segment(storage, "MAIN")
    writer = codec.field_writer(storage, segment)
    if in_bulk:
        items = [("f", term, *posting) for term in sorted(postings) for posting in postings[term]]
        writer.add_postings(fields.Schema(f=field), None, iter(items))
    else:
        writer.start_field("f", field)
        for term in sorted(postings):
            writer.start_term(term)
            for doc_id, weight, value in postings[term]:
                writer.add(doc_id, weight, value, None)
            writer.finish_term()
        writer.finish_field()
    writer.close()
    return codec.terms_reader(storage, segment), segment


def read_field(reader: ColumnarTermsReader, format_: Any) -> Postings:
    postings: Postings = {}
    for name, term in reader.terms():
        matcher = reader.matcher(name, term, format_)
        found = postings[term] = []
        while matcher.is_active():
            found.append((matcher.id(), matcher.weight(), matcher.value()))
            matcher.next()
    return postings


ROUTES = pytest.mark.parametrize("in_bulk", [False, True])
WEIGHTS = st.integers(0, 40).map(lambda quarter: quarter / 4)
DOC_IDS = st.lists(st.integers(0, 400), min_size=1, max_size=300, unique=True).map(sorted)


@ROUTES
@given(drawn=st.dictionaries(st.binary(max_size=4), st.tuples(DOC_IDS, st.data()), max_size=4))
def test_any_values_come_back(in_bulk: bool, drawn: Any) -> None:
    """In a field with positions, some real and some nonsense, as in Whoosh's own tests."""
    field = fields.TEXT()
    real = st.lists(st.integers(0, 9), max_size=3).map(sorted).map(field.format.encode)
    postings = {
        term: [(doc_id, data.draw(WEIGHTS), data.draw(real | st.binary(max_size=3))) for doc_id in doc_ids[:5]]
        for term, (doc_ids, data) in drawn.items()
    }
    reader, _ = write_field(field, postings, in_bulk=in_bulk)
    assert read_field(reader, field.format) == postings


@given(DOC_IDS, st.lists(st.tuples(st.booleans(), st.integers(0, 420)), max_size=30), st.sets(st.integers(0, 400)))
def test_a_matcher_goes_where_a_list_would(
    doc_ids: list[int], moves: list[tuple[bool, int]], deleted: set[int]
) -> None:
    field = fields.ID()
    reader, segment = write_field(field, {b"t": [(doc_id, 1.0, b"") for doc_id in doc_ids]}, in_bulk=True)
    for doc_id in deleted:
        segment.delete_document(doc_id)
    left = [doc_id for doc_id in doc_ids if doc_id not in deleted]
    matcher = reader.matcher("f", b"t", field.format)
    for skips, target in moves:
        assert list(matcher.all_ids()) == left
        assert matcher.is_active() == bool(left)
        if not left:
            break
        assert (matcher.id(), type(matcher.id())) == (left[0], int)
        copy = matcher.copy()
        if skips:
            matcher.skip_to(target)
            left = left[:0] if target > left[-1] else [each for each in left if each >= min(target, left[-1])]
        else:
            matcher.next()
            left = left[1:]
        assert copy.is_active()
    matcher.reset()
    assert list(matcher.all_ids()) == [doc_id for doc_id in doc_ids if doc_id not in deleted]


@ROUTES
def test_several_postings_of_a_document_become_one(in_bulk: bool) -> None:
    field = fields.TEXT()
    encode = field.format.encode
    postings = {
        b"a": [(0, 2.0, encode([4, 9])), (0, 1.0, encode([2])), (3, 1.0, encode([7]))],
        b"b": [(3, 1.0, encode([1]))],
    }
    reader, _ = write_field(field, postings, in_bulk=in_bulk)
    assert read_field(reader, field.format) == {
        b"a": [(0, 3.0, encode([2, 4, 9])), (3, 1.0, encode([7]))],
        b"b": [(3, 1.0, encode([1]))],
    }
    assert reader.doc_frequency("f", b"a") == 2
    assert reader.frequency("f", b"a") == 4.0


@ROUTES
def test_freqs_of_any_size_come_back(in_bulk: bool) -> None:
    field = fields.TEXT(phrase=False, field_boost=2.5)
    freqs = [0, 1, 254, 255, 256, 70_000, 2**32 - 1]
    postings: Postings = {
        term: [(doc_id, float(np.float32(2.5 * freq)), encode_frequency(freq)) for doc_id, freq in enumerate(of_term)]
        for term, of_term in {b"down": freqs[::-1], b"one": [1], b"up": freqs}.items()
    }
    reader, _ = write_field(field, postings, in_bulk=in_bulk)
    assert read_field(reader, field.format) == postings
    file = reader.segment_file
    assert not file.fields["f"].has_weights
    assert file["freqs"].tolist() == [255, 255, 255, 255, 254, 1, 0, 1, 0, 1, 254, 255, 255, 255, 255]
    assert file["freq_overflow_places"].tolist() == [0, 1, 2, 3, 11, 12, 13, 14]
    assert file["freq_overflow_values"].tolist() == freqs[:2:-1] + freqs[3:]


def test_positions_are_written_as_steps() -> None:
    schema = fields.Schema(a=fields.TEXT(), b=fields.ID(), c=fields.TEXT(), d=fields.ID())
    encode = schema["a"].format.encode
    far = [3, 4, 4, 1_000_000, 2**31]
    items = [
        ("a", b"x", 0, 5.0, encode(far)),
        ("a", b"x", 1, 0.0, encode([])),
        ("a", b"x", 2, 2.0, encode([7, 9])),
        ("b", b"x", 0, 1.0, b""),
        *(("c", b"%d" % number, 0, 2.0, encode([number, number + 1])) for number in range(10, 30)),
        ("d", b"x", 0, 1.0, b""),
    ]
    codec, storage = ColumnarCodec(), RamStorage()
    segment = codec.new_segment(storage, "MAIN")
    writer = codec.field_writer(storage, segment)
    writer.add_postings(schema, None, items)
    writer.close()
    file = segment.open(storage)
    steps = [3, 1, 0, 999_996, 2**31 - 1_000_000, 7, 2]
    steps += [step for number in range(10, 30) for step in (number, 1)]
    assert unpack(packed_gaps(file), 0, len(steps)).tolist() == steps
    assert file.meta["position_width"] == 5
    assert file["position_overflow_places"].tolist() == [3, 4]
    assert file["position_starts"].tolist() == [0, 7, 7, *range(9, 48, 2)]  # none for the last field
    matcher = codec.terms_reader(storage, segment).matcher("a", b"x", schema["a"].format)
    for positions in (far, [], [7, 9]):
        assert (matcher.value_as("positions"), matcher.value()) == (positions, encode(positions))
        matcher.next()


def test_positions_that_descend_are_kept_as_values() -> None:
    field = fields.TEXT()
    postings: Postings = {b"x": [(0, 2.0, field.format.encode([1, 5])), (1, 2.0, field.format.encode([5, 1]))]}
    reader, _ = write_field(field, postings, in_bulk=True)
    assert read_field(reader, field.format) == postings
    entry = reader.segment_file.fields["f"]
    assert (entry.has_values, entry.has_positions) == (True, False)


def test_several_postings_with_values_of_their_own_keep_the_first() -> None:
    field = fields.TEXT(chars=True)
    reader, _ = write_field(field, {b"a": [(1, 1.0, b"x"), (1, 2.0, b"y"), (0, 0.5, b"z")]}, in_bulk=False)
    assert read_field(reader, field.format) == {b"a": [(0, 0.5, b"z"), (1, 3.0, b"x")]}


def test_what_comes_out_of_order_is_refused() -> None:
    codec, storage = ColumnarCodec(), RamStorage()
    schema = fields.Schema(f=fields.ID(), g=fields.ID())
    for items in (
        [("f", b"b", 0, 1.0, b""), ("f", b"a", 0, 1.0, b"")],
        [("g", b"b", 0, 1.0, b""), ("f", b"a", 0, 1.0, b"")],
    ):
        writer = codec.field_writer(storage, codec.new_segment(storage, "MAIN"))
        with pytest.raises(OutOfOrderError):
            writer.add_postings(schema, None, items)


def test_missing_terms_are_missed_as_whoosh_expects() -> None:
    reader, _ = write_field(fields.ID(), {b"b": [(0, 1.0, b"")]}, in_bulk=True)
    for name, term in (("f", b"a"), ("f", b"c"), ("nope", b"b")):
        assert (name, term) not in reader
        with pytest.raises(TermNotFound):
            reader.term_info(name, term)
        with pytest.raises(TermNotFound):
            reader.matcher(name, term, formats.Existence())
        with pytest.raises(KeyError):
            reader.frequency(name, term)
        with pytest.raises(KeyError):
            reader.doc_frequency(name, term)
    assert list(reader.terms_from("nope", b"")) == []
    assert reader.cursor("nope", fields.ID()).is_valid() is False


def test_a_term_info_is_a_new_one_each_time() -> None:
    """Whoosh adds to the ids in those that it gets."""
    reader, _ = write_field(fields.ID(), {b"b": [(3, 1.0, b""), (5, 1.0, b"")]}, in_bulk=True)
    about = reader.term_info("f", b"b")
    about._minid += 100
    assert reader.term_info("f", b"b").min_id() == 3


def test_a_document_that_fails_half_way_leaves_nothing() -> None:
    schema = fields.Schema(
        a=fields.TEXT(stored=True, vector=True, sortable=True), n=fields.NUMERIC(int, stored=True, sortable=True)
    )
    index = RamStorage().create_index(schema)
    writer = index.writer(codec=ColumnarCodec())
    writer.add_document(a="one", n=1)
    for wrong in ("no number", 2**70):
        with pytest.raises(ValueError, match=r".+"):
            writer.add_document(a="two words", n=wrong)
    writer.add_document(a="three", n=3)
    with pytest.raises(ValueError, match=r".+"):
        writer.add_document(a="four", n="no number")
    writer.commit()
    with index.searcher() as searcher:
        reader = searcher.reader()
        assert [dict(each) for each in reader.all_stored_fields()] == [{"a": "one", "n": 1}, {"a": "three", "n": 3}]
        assert list(reader.column_reader("a")) == ["one", "three"]
        assert [reader.doc_field_length(doc_id, "a") for doc_id in (0, 1)] == [1, 1]
        assert list(reader.vector_as("frequency", 1, "a")) == [("three", 1)]
        # Its terms are with Whoosh's writer already: the next document has them, and nothing is beyond the last.
        assert "four" not in list(reader.field_terms("a"))
        assert [hit.docnum for hit in searcher.search(query.Every("a"))] == [0, 1]


def test_a_value_that_cannot_be_stored_does_not_stop_the_writer() -> None:
    index = RamStorage().create_index(fields.Schema(a=fields.STORED()))
    with index.writer(codec=ColumnarCodec()) as writer:
        with pytest.raises(UnstorableError):
            writer.add_document(a=object())
        writer.add_document(a="b")
    with index.reader() as reader:
        assert list(reader.all_stored_fields()) == [{"a": "b"}]


def test_a_column_that_is_added_later_is_read_and_merged(tmp_path: Path) -> None:
    schema = fields.Schema(name=fields.ID(stored=True), price=fields.NUMERIC(int))
    index = create_in(tmp_path, schema)
    with index.writer(codec=ColumnarCodec()) as writer:
        for number in (5, 3, 9):
            writer.add_document(name=f"n{number}", price=number)
    with index.writer(codec=ColumnarCodec()) as writer:
        sorting.add_sortable(writer, "price", sorting.FieldFacet("price"))
    for optimize in (False, True):
        with index.searcher() as searcher:
            assert searcher.reader().has_column("price")
            found = searcher.search(query.Every(), sortedby="price")
            assert [hit["name"] for hit in found] == ["n3", "n5", "n9"]
        if not optimize:
            with index.writer(codec=ColumnarCodec()) as writer:
                writer.delete_by_term("name", "n5")
                writer.add_document(name="n5", price=5)
                writer.optimize = True
    assert len([path for path in tmp_path.iterdir() if path.suffix == ".segment"]) == 1
    assert not list(tmp_path.glob("*.column.*"))


def test_one_file_a_segment_and_the_same_twice_is_not_written(tmp_path: Path) -> None:
    index = create_in(tmp_path, fields.Schema(a=fields.TEXT()))
    with index.writer(codec=ColumnarCodec()) as writer:
        writer.add_document(a="b")
    names = {path.name for path in tmp_path.iterdir() if not path.name.endswith((".toc", "LOCK"))}
    (segment,) = index._segments()
    assert names == {f"{segment.segment_id()}.segment"}
    codec = ColumnarCodec()
    with pytest.raises(FileExistsError):
        codec.field_writer(index.storage, segment).close()


def test_the_file_is_on_the_disk_before_the_table_of_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    if Path("/proc/self/fd").exists():
        monkeypatch.setattr(os, "fsync", note)
        index = create_in(tmp_path, fields.Schema(a=fields.TEXT()))
        with index.writer(codec=ColumnarCodec()) as writer:
            writer.add_document(a="b")
        assert [Path(name).suffix for name in synced] == [".segment"]


@pytest.mark.parametrize("kind", [SerialMpWriter, MpWriter])
@pytest.mark.parametrize("multisegment", [False, True])
def test_several_processes_write(tmp_path: Path, kind: Callable[..., Any], multisegment: bool) -> None:
    schema = fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(vector=True, sortable=True))
    index = create_in(tmp_path, schema)
    writer = kind(index, procs=2, batchsize=5, codec=ColumnarCodec(), multisegment=multisegment)
    for number in range(40):
        writer.add_document(id=str(number), text=f"word{number % 7} common")
    writer.commit()
    with index.searcher() as searcher:
        reader = searcher.reader()
        assert reader.doc_count() == 40
        assert reader.field_length("text") == 80
        assert sorted(int(hit["id"]) for hit in searcher.search(query.Term("text", "word3"), limit=None)) == list(
            range(3, 40, 7)
        )
        for doc_id in range(40):
            number = int(reader.stored_fields(doc_id)["id"])
            assert [text for text, _ in reader.vector_as("frequency", doc_id, "text")] == [
                "common",
                f"word{number % 7}",
            ]
            assert reader.column_reader("text")[doc_id] == f"word{number % 7} common"


def test_a_reader_keeps_what_it_has_open(tmp_path: Path) -> None:
    index = create_in(tmp_path, fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(stored=True)))
    with index.writer(codec=ColumnarCodec()) as writer:
        for number in range(50):
            writer.add_document(id=str(number), text=f"a b c{number}")
    searcher = index.searcher()
    with index.writer(codec=ColumnarCodec()) as writer:
        writer.delete_by_query(query.Prefix("id", "1"))
        writer.optimize = True
    assert len(list(tmp_path.glob("*.segment"))) == 1  # the file that the searcher has open is gone
    assert searcher.doc_count() == 50
    assert len(searcher.search(query.Term("text", "c17"), limit=None)) == 1
    assert searcher.stored_fields(17) == {"id": "17", "text": "a b c17"}
    with index.searcher() as fresh:
        assert fresh.doc_count() == 39
    searcher.close()


def test_a_segment_whose_file_is_missing_is_an_os_error(tmp_path: Path) -> None:
    """Whoosh tries again after one, because another process may have just removed an old segment."""
    for storage in (FileStorage(str(tmp_path)), RamStorage()):
        codec = ColumnarCodec()
        segment = codec.new_segment(storage, "MAIN")
        with pytest.raises(FileNotFoundError):
            codec.terms_reader(storage, segment)
        with pytest.raises(FileNotFoundError):
            codec.per_document_reader(storage, segment)


def test_threads_share_a_searcher() -> None:
    rng = random.Random(3)
    index = RamStorage().create_index(fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(sortable=True)))
    words = [f"w{number}" for number in range(20)]
    with index.writer(codec=ColumnarCodec()) as writer:
        for number in range(500):
            writer.add_document(id=str(number), text=" ".join(rng.choices(words, k=8)))
    with index.searcher() as searcher:
        wanted = [query.And([query.Term("text", one), query.Term("text", other)]) for one in words for other in words]
        expected = [[hit["id"] for hit in searcher.search(each, limit=None, sortedby="text")] for each in wanted]
        wrong: list[query.Query] = []

        def search(start: int) -> None:
            for each, answer in list(zip(wanted, expected, strict=True))[start::3]:
                if [hit["id"] for hit in searcher.search(each, limit=None, sortedby="text")] != answer:
                    wrong.append(each)

        threads = [threading.Thread(target=search, args=(start,)) for start in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_buffered_writer_mixes_codecs() -> None:
    index = RamStorage().create_index(
        fields.Schema(id=fields.ID(unique=True, stored=True), n=fields.NUMERIC(stored=True))
    )
    writer = BufferedWriter(index, period=None, limit=5, writerargs={"codec": ColumnarCodec()})
    for number in range(17):
        writer.update_document(id=str(number % 9), n=number)
    with writer.searcher() as searcher:
        assert sorted(hit["n"] for hit in searcher.search(query.Every(), limit=None)) == list(range(8, 17))
    writer.close()
    with index.searcher() as searcher:
        assert sorted(hit["n"] for hit in searcher.search(query.Every(), limit=None)) == list(range(8, 17))


def test_fields_come_and_go() -> None:
    index = RamStorage().create_index(fields.Schema(a=fields.TEXT(stored=True)))
    with index.writer(codec=ColumnarCodec()) as writer:
        writer.add_document(a="x y")
    with index.writer(codec=ColumnarCodec()) as writer:
        writer.add_field("b", fields.DATETIME(stored=True, sortable=True))
        writer.add_document(a="z", b=FIRST_DAY)
    with index.writer(codec=ColumnarCodec()) as writer:
        writer.remove_field("a")
        writer.optimize = True
    with index.searcher() as searcher:
        assert searcher.reader().indexed_field_names() == ["b"]
        assert [dict(hit) for hit in searcher.search(query.Every(), limit=None)] == [{}, {"b": FIRST_DAY}]
