from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from whoosh.util.numeric import length_to_byte

from index import analysis, stopwords
from index.codec.building.builder import Field, KeywordField, SegmentBuilder, TextField
from index.codec.building.inversion import quantise
from index.codec.format import SegmentFile
from index.codec.stored import StoredReader
from tests.index.codec.plain_reader import PlainSegment, read_plainly
from tests.index.codec.segments import (
    FIELDS,
    Documents,
    by_builder,
    by_whoosh,
    documents,
    documents_in_languages,
    part_term,
    written,
)

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def assert_same(found: SegmentFile, expected: SegmentFile) -> None:
    """Compare all that segments say, but that surfaces may be parts in one and a field like others in the other."""
    one, other = read_plainly(found), read_plainly(expected)
    surfaces = {name: field for name, field in one.fields.items() if name.endswith("_surface")}
    assert {name: field.doc_ids() for name, field in surfaces.items()} == {
        name: field.doc_ids() for name, field in other.fields.items() if name.endswith("_surface")
    }
    for segment in (one, other):
        for name in surfaces:
            del segment.fields[name]
    assert one == other


def postings_of(segment: PlainSegment, name: str) -> dict[str, dict[int, list[int]]]:
    """Return the positions of each term in each document."""
    if name not in segment.fields:
        return {}
    return {
        term.decode(): {doc_id: positions for doc_id, _, positions in postings}
        for term, postings in segment.fields[name].terms.items()
    }


@settings(max_examples=150, deadline=None)
@given(documents)
@example([{}])
@example([{"body": "the " * 70_000}, {"body": "x", "title": "the"}])
@example([{"body": f"word{n}"} for n in range(300)])
@example([{"body": "run"}] * 40 + [{"body": "running runs run"}])
def test_a_segment_is_what_whooshs_own_writer_would_have_written(made: Documents) -> None:
    assert_same(by_builder(made), by_whoosh(made))


@settings(max_examples=150, deadline=None)
@given(documents | documents_in_languages)
@example([{"body": "run"}] * 40 + [{"body": "running runs run"}] + [{"title": "runs"}])
@example(
    [{"body": "Häuser running", "author": "Häuser", "language": language} for language in ("de", "en", "de", "fr")]
)
@example([{"body": "naciones", "language": language} for language in ("es", "pt", "es", "fa", "pt")])
def test_a_segment_is_what_plain_python_makes_of_the_texts(made: Documents) -> None:
    segment = read_plainly(by_builder(made))
    for name in ("title", "body"):
        stems: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        surfaces: dict[str, set[int]] = defaultdict(set)
        parents: dict[bytes, bytes] = {}
        for doc_id, document in enumerate(made):
            language = document.get("language")
            for position, word in enumerate(analysis.tokenize(document.get(name) or "")):
                stem, part = analysis.stem(word.surface, language), part_term(word.surface, language)
                stems[stem][doc_id].append(position)
                surfaces[part].add(doc_id)
                parents[part.encode()] = stem.encode()
        assert postings_of(segment, name) == stems
        if surfaces:
            parts = segment.fields[f"{name}_surface"]
            assert parts.doc_ids() == {each.encode(): sorted(docs) for each, docs in surfaces.items()}
            assert parts.parents == parents
            assert parts.kind == (False, False, 1.0, name)
            assert parts.lengths is None
    # Names are the same in every language.
    names: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for doc_id, document in enumerate(made):
        for position, word in enumerate(analysis.tokenize(document.get("author") or "")):
            names[stopwords.as_word(word.surface)][doc_id].append(position)
    assert postings_of(segment, "author") == names


def test_pairs_of_words_and_stemmers_outlast_their_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    languages = ("de", None, "fr", "zh", "de", "en")
    made = [
        {"body": f"running Häuser Nationalität {n % 7}er {n}ern 北京大学", "language": languages[n % len(languages)]}
        for n in range(60)
    ]
    at_once = by_builder(made)
    monkeypatch.setattr("index.codec.building.builder._BATCH_SIZE", 100)
    assert_same(by_builder(made), at_once)
    assert {b"hauser", b"hauser\0haus", b"running", b"running\0running"} <= set(
        read_plainly(at_once).fields["body_surface"].terms
    )


def test_a_builder_with_pairs_counts_their_memory() -> None:
    def nbytes(language: str) -> int:
        builder = SegmentBuilder(FIELDS)
        builder.add({"body": " ".join(f"wörter{n}" for n in range(30_000))}, language=language)
        builder._hand_over()
        builder._cutter.finish()
        found = builder.nbytes
        builder.close()
        return found

    assert nbytes("de") > nbytes("en") + 4 * 30_000


def test_fields_with_positions_come_first_and_parts_last() -> None:
    segment = by_builder([{"title": "a", "body": "b", "author": "c", "id": "d", "author_exact": ["c"], "published": 1}])
    assert list(segment.fields) == [
        *("author", "body", "title"),
        *("author_exact", "id", "published"),
        *("body_surface", "title_surface"),
    ]
    assert len(segment["position_starts"]) == segment.fields["title"].end_term + 1
    assert len(segment["posting_starts"]) == segment.fields["published"].end_term + 1
    assert len(segment["term_offsets"]) == segment.fields["title_surface"].end_term + 1


def test_no_documents_are_a_segment() -> None:
    segment = written(SegmentBuilder(FIELDS))
    assert segment.num_docs == 0
    assert segment.fields == {}
    assert read_plainly(segment).stored == []


@pytest.mark.parametrize("fields", [(), (KeywordField("id"),), (TextField("body"),)])
def test_a_builder_needs_no_field_of_any_kind(fields: tuple[Field, ...]) -> None:
    builder = SegmentBuilder(fields)
    for _ in range(3):
        builder.add({field.name: "x" for field in fields})
    assert list(written(builder).fields) == [field.name for field in fields]


def test_texts_are_cut_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        {"id": str(n), "title": f"title {n % 7}", "body": "running é run " * (n % 5), "article": f"text {n}"}
        for n in range(60)
    ]
    at_once = by_builder(made)
    monkeypatch.setattr("index.codec.building.builder._BATCH_SIZE", 100)
    assert_same(by_builder(made), at_once)
    # Two threads, which may have bits in the same byte.
    monkeypatch.setattr("index.codec.building.inversion._ENOUGH_FOR_TWO", 0)
    in_halves = by_builder(made)
    assert set(in_halves) == set(at_once)
    for name in at_once:
        assert in_halves[name].tolist() == at_once[name].tolist(), name


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


@pytest.mark.parametrize("times", [254, 255, 256, 70_000])
def test_a_word_may_be_in_a_document_very_often(times: int) -> None:
    made = [{"body": "run"}, {"body": "x " + "runs " * times}, {"body": "running", "title": "run " * times}]
    segment = read_plainly(by_builder(made))
    assert postings_of(segment, "body")["run"] == {0: [0], 1: list(range(1, times + 1)), 2: [0]}
    assert [freq for _, freq, _ in segment.fields["title"].terms[b"run"]] == [times]


def test_words_far_from_each_other_take_the_overflow_of_positions() -> None:
    made = [{"body": "run " + "x " * distance + "run"} for distance in (1, 500, 66_000, 3)]
    segment = by_builder(made)
    assert len(segment["position_overflow_places"]) > 0
    found = postings_of(read_plainly(segment), "body")["run"]
    assert found == {0: [0, 2], 1: [0, 501], 2: [0, 66_001], 3: [0, 4]}


def test_lengths_are_quantised_as_whoosh_does() -> None:
    lengths = np.array([*range(5000), 106_373, 106_374, 106_375, 1 << 30])
    assert quantise(lengths).tolist() == [length_to_byte(length) for length in lengths.tolist()]


def test_memory_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = SegmentBuilder(FIELDS)
    empty = builder.nbytes
    builder.add({"body": "word " * 10_000})
    assert builder.nbytes > empty + 100_000
    # Neither is it forgotten when it is cut.
    monkeypatch.setattr("index.codec.building.builder._BATCH_SIZE", 100)
    sizes = []
    for _ in range(9):
        builder.add({"body": "word " * 10_000})
        sizes.append(builder.nbytes)
    assert sizes == sorted(sizes)
    assert sizes[-1] > 9 * 10_000 * 10
    builder.close()


def test_what_goes_wrong_in_a_thread_is_raised_from_then_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("index.codec.building.builder._BATCH_SIZE", 100)
    monkeypatch.setattr("index.codec.building.builder._STORED_BATCHES", 1)
    threads_before = threading.active_count()
    builder = SegmentBuilder(FIELDS)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(builder._stored, "add_all", fail)

    def add_some() -> None:
        for _ in range(4):
            builder.add({"body": "word " * 100}, b"{}")

    with pytest.raises(OSError, match="No space"):
        add_some()
    with (tmp_path / "segment").open("wb") as file, pytest.raises(OSError, match="No space"):
        builder.write(file)
    assert threading.active_count() == threads_before


def test_a_builder_that_is_closed_or_has_written_has_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.codec.building.builder._BATCH_SIZE", 100)
    before = threading.active_count()
    given_up, finished = SegmentBuilder(FIELDS), SegmentBuilder(FIELDS)
    for builder in (given_up, finished):
        for n in range(9):
            builder.add({"body": f"word{n} " * 100}, b"{}")
    assert threading.active_count() > before
    given_up.close()
    given_up.close()
    written(finished)
    assert threading.active_count() == before
