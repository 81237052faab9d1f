"""Documents go into a segment the same way one by one, in batches, and in batches from another process."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.codec.building.batch import Batch, Layout
from index.codec.building.builder import SegmentBuilder
from index.codec.field_values import encode_fields
from tests.index.codec.segments import FIELDS, Documents, by_builder, documents, documents_in_languages

LAYOUT = Layout(FIELDS)


def batch_of(made: Documents) -> Batch:
    batch = Batch()
    for document in made:
        stored = {"article": document["article"]} if "article" in document else {}
        values = {name: value for name, value in document.items() if name not in ("article", "language")}
        LAYOUT.add(batch, values, encode_fields(stored), document.get("language"))
    return batch


def sent(batch: Batch) -> Batch:
    batch.pack()
    copy: Batch = pickle.loads(pickle.dumps(batch))
    return copy


def bytes_of(batches: Sequence[Batch]) -> bytes:
    builder = SegmentBuilder(FIELDS)
    for batch in batches:
        builder.extend(batch)
    sink = io.BytesIO()
    builder.write(sink)
    return sink.getvalue()


many = st.lists(documents | documents_in_languages, max_size=4)


@settings(max_examples=100, deadline=None)
@given(many, st.booleans())
def test_batches_make_the_segment_that_their_documents_make(made: list[list[dict[str, Any]]], is_sent: bool) -> None:
    batches = [batch_of(some) for some in made]
    found = bytes_of([sent(batch) for batch in batches] if is_sent else batches)
    assert found == bytes_of([batch_of([document for some in made for document in some])])


def test_a_batch_makes_what_a_builder_makes() -> None:
    made = [{"id": f"{n}", "title": f"Word{n} running", "published": n, "article": n} for n in range(5)]
    found = by_builder(made)
    builder = SegmentBuilder(FIELDS)
    builder.extend(sent(batch_of(made)))
    sink = io.BytesIO()
    builder.write(sink)
    assert found.num_docs == 5
    assert sink.getvalue() == bytes_of([batch_of(made)])
    one_by_one = SegmentBuilder(FIELDS)
    for document in made:
        stored = encode_fields({"article": document["article"]})
        one_by_one.add({name: value for name, value in document.items() if name != "article"}, stored)
    other = io.BytesIO()
    one_by_one.write(other)
    assert sink.getvalue() == other.getvalue()


@settings(max_examples=100, deadline=None)
@given(st.data(), documents | documents_in_languages, st.booleans())
def test_what_is_taken_of_a_batch_is_what_is_made_of_it_alone(
    data: st.DataObject, made: list[dict[str, Any]], is_sent: bool
) -> None:
    places = sorted(data.draw(st.sets(st.sampled_from(range(len(made))))) if made else [])
    batch = sent(batch_of(made)) if is_sent else batch_of(made)
    assert bytes_of([batch.take(places)]) == bytes_of([batch_of([made[place] for place in places])])


@settings(max_examples=100, deadline=None)
@given(st.data(), documents | documents_in_languages, st.booleans())
def test_what_a_batch_is_split_into_is_what_its_documents_make(
    data: st.DataObject, made: list[dict[str, Any]], is_sent: bool
) -> None:
    ends = sorted(
        data.draw(st.sets(st.sampled_from(range(1, len(made) + 1))) if made else st.just(set())) | {len(made)}
    )
    counts = [end - start for start, end in pairwise([0, *ends])] if made else []
    batch = sent(batch_of(made)) if is_sent else batch_of(made)
    parts = list(batch.split(counts))
    assert [part.num_docs for part in parts] == counts
    for part, (start, end) in zip(parts, pairwise([0, *ends]), strict=False):
        assert bytes_of([part]) == bytes_of([batch_of(made[start:end])])


def all_at_once(batch: Batch, made: Documents) -> None:
    names = {name for document in made for name in document} - {"article", "language"}
    columns = {name: [document.get(name) for document in made] for name in names}
    stored = [encode_fields({"article": one["article"]} if "article" in one else {}) for one in made]
    LAYOUT.add_all(batch, columns, stored, [document.get("language") for document in made])


@settings(max_examples=100, deadline=None)
@given(documents | documents_in_languages, documents | documents_in_languages)
def test_many_documents_are_added_as_one_by_one(first: list[dict[str, Any]], then: list[dict[str, Any]]) -> None:
    batch = batch_of(first)
    all_at_once(batch, then)
    assert batch == batch_of([*first, *then])


@pytest.mark.parametrize("wrong", [{"nothing": 1}, {"id": "\ud800"}, {"published": 1 << 70}, {"published": "soon"}])
def test_nothing_is_added_of_a_document_that_is_refused(wrong: dict[str, Any]) -> None:
    batch = batch_of([{"id": "a", "title": "A"}])
    before = pickle.dumps(batch)
    with pytest.raises(ValueError, match=r".+"):
        LAYOUT.add(batch, {"title": "B", "author_exact": ["x"], **wrong}, b"{}", None)
    assert pickle.dumps(batch) == before
    with pytest.raises(ValueError, match=r".+"):
        all_at_once(batch, [{"title": "B", "author_exact": ["x"]}, {"title": "C", **wrong}])
    assert pickle.dumps(batch) == before
