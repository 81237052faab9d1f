"""The segment as Whoosh's table of contents keeps it."""

from __future__ import annotations

import pickle
import random
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from whoosh.codec.base import Segment
from whoosh.filedb.filestore import RamStorage

from index.codec import ColumnarCodec
from index.codec.segment import ColumnarSegment


def make_segment(num_docs: int, deleted: set[int]) -> ColumnarSegment:
    segment = ColumnarCodec().new_segment(RamStorage(), "MAIN")
    segment.set_doc_count(num_docs)
    for doc_id in deleted:
        segment.delete_document(doc_id)
    return segment


@given(st.integers(0, 300).flatmap(lambda count: st.tuples(st.just(count), st.sets(st.integers(0, max(count - 1, 0))))))
def test_deletions_are_those_of_a_set(drawn: tuple[int, set[int]]) -> None:
    num_docs, deleted = drawn
    deleted = {doc_id for doc_id in deleted if doc_id < num_docs}
    for segment in (made := make_segment(num_docs, deleted), pickle.loads(pickle.dumps(made))):
        assert (segment.doc_count_all(), segment.doc_count()) == (num_docs, num_docs - len(deleted))
        assert (segment.deleted_count(), segment.has_deletions()) == (len(deleted), bool(deleted))
        assert list(segment.deleted_docs()) == sorted(deleted)
        assert {doc_id for doc_id in range(num_docs + 20) if segment.is_deleted(doc_id)} == deleted
        mask = segment.deleted_mask()
        assert (mask is None) == (not deleted)
        if mask is not None:
            assert np.flatnonzero(mask[:num_docs]).tolist() == sorted(deleted)
            assert len(mask) >= num_docs
        assert (segment.deletions is None) == (not deleted)


def test_deleting_twice_and_taking_back() -> None:
    segment = make_segment(20, {3, 9})
    segment.delete_document(9)
    assert segment.deleted_count() == 2
    assert segment.deleted_mask() is segment.deleted_mask()
    segment.delete_document(9, delete=False)
    segment.delete_document(5, delete=False)
    assert (segment.deleted_count(), list(segment.deleted_docs())) == (1, [3])


def test_a_pickle_is_small_and_equal() -> None:
    segment = make_segment(100_000, {99_999})
    pickled = pickle.dumps(segment)
    assert len(pickled) < 100_000 / 8 + 300
    again = pickle.loads(pickled)
    assert (again, hash(again), again.segment_id()) == (segment, hash(segment), segment.segment_id())
    assert isinstance(again.codec(), ColumnarCodec)
    assert isinstance(again, Segment)


def test_ids_are_new_even_if_random_is_seeded_and_whoosh_can_clean_up_the_files() -> None:
    random.seed(1)
    one = make_segment(0, set()).segment_id()
    random.seed(1)
    other = make_segment(0, set()).segment_id()
    assert one != other
    assert re.fullmatch("MAIN_[0-9a-z]{20}", one)
    name = ColumnarCodec().column_filename(make_segment(0, set()), "a/b é")
    assert re.match("(MAIN_[0-9a-z]+)[.][A-Za-z0-9_.]+", name)  # as `whoosh.index.clean_files` looks for them
    assert "/" not in name
