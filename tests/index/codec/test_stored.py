"""Stored fields: whatever is stored comes back as it was, with its type."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import io
import json
import math
import threading
import uuid
import zoneinfo
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.codec import stored
from index.codec.field_values import UnstorableError, decode_fields, encode_fields
from index.codec.format import SegmentFile, SegmentFileWriter, to_meta
from index.codec.stored import StoredReader, StoredWriter
from index.errors import IndexCorruptError


def write(documents: Sequence[dict[str, Any]]) -> bytes:
    writer = StoredWriter()
    for fields in documents:
        writer.add(fields)
    assert writer.num_docs == len(documents)
    sink = io.BytesIO()
    file_writer = SegmentFileWriter(sink)
    writer.write(file_writer)
    file_writer.finish(to_meta(len(documents), []))
    writer.close()
    return sink.getvalue()


def read(contents: bytes) -> StoredReader:
    return StoredReader(SegmentFile(contents, "test.segment"))


def same(one: Any, other: Any) -> bool:
    """Equal, of the same types all the way down, and with NaN equal to NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    return bool(one == other)


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.binary(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.datetimes(timezones=st.just(dt.timezone(dt.timedelta(hours=-5, minutes=30)))),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
)
HASHABLE = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.dates())
VALUES = st.recursive(
    PLAIN,
    lambda values: st.one_of(
        st.lists(values, max_size=4),
        st.lists(values, max_size=4).map(tuple),
        st.dictionaries(HASHABLE | st.just("$"), values, max_size=4),
        st.sets(HASHABLE, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_fields_come_back_as_they_were(fields: dict[str, Any]) -> None:
    assert same(decode_fields(encode_fields(fields)), fields)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=20), st.randoms())
def test_documents_come_back_in_any_order(documents: list[dict[str, Any]], random: Any) -> None:
    reader = read(write(documents))
    doc_ids = list(range(len(documents)))
    random.shuffle(doc_ids)
    for doc_id in doc_ids:
        assert same(reader.fields(doc_id), documents[doc_id])


def test_a_zone_with_a_name_keeps_it_on_both_sides_of_a_repeated_hour() -> None:
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    for fold in (0, 1):
        moment = dt.datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold)
        read_back = decode_fields(encode_fields({"at": moment}))["at"]
        assert (read_back, read_back.tzinfo, read_back.utcoffset()) == (moment, zone, moment.utcoffset())


class Colour(enum.IntEnum):
    RED = 3


class Name(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Colour.RED, 3),
        (Name("x"), "x"),
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (bytearray(b"x"), b"x"),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (1e300 * 1e10, math.inf),
        (complex(1, -2), complex(1, -2)),
        (decimal.Decimal("1.10"), decimal.Decimal("1.10")),
        (uuid.UUID(int=5), uuid.UUID(int=5)),
        ("lone \ud800 surrogate", "lone \ud800 surrogate"),
        ('{"$": "bytes"}', '{"$": "bytes"}'),
    ],
)
def test_what_resembles_a_plain_type_becomes_one(value: Any, plain: Any) -> None:
    read_back = decode_fields(encode_fields({"x": value}))["x"]
    assert same(read_back, plain)


@pytest.mark.parametrize("value", [object(), len, {"a": [object()]}, np.datetime64("2020-01-01"), range(3)])
def test_what_cannot_be_stored_says_so_and_adds_nothing(value: Any) -> None:
    writer = StoredWriter()
    with pytest.raises(UnstorableError, match="cannot be stored"):
        writer.add({"good": 1, "bad": value})
    assert writer.num_docs == 0
    writer.close()


def test_equal_fields_are_written_alike_whatever_the_order_of_a_set() -> None:
    assert encode_fields({"x": {"b", "a", "c"}}) == encode_fields({"x": {"c", "b", "a"}})


def make_documents(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "text": f"article {number} of the day " * (number % 40)} for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 300, 6000])
def test_with_and_without_a_dictionary(count: int) -> None:
    documents = make_documents(count)
    contents = write(documents)
    assert ("stored_dictionary" in SegmentFile(contents, "test.segment")) == (count > 100)
    reader = read(contents)
    assert [reader.fields(doc_id) for doc_id in range(count)] == documents
    assert len(contents) < len(json.dumps(documents)) / 2 + 2000


def test_documents_beyond_memory_wait_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "SPOOL_SIZE", 1000)
    monkeypatch.setattr(stored, "SAMPLE_SIZE", 5000)
    documents = make_documents(400)
    reader = read(write(documents))
    assert [reader.fields(doc_id) for doc_id in range(400)] == documents


def test_encoded_documents_go_from_one_segment_to_another() -> None:
    documents: list[dict[str, Any]] = [{}, {"a": (1, 2)}, {"b": b"x"}]
    reader = read(write(documents))
    writer = StoredWriter()
    for doc_id in range(3):
        writer.add_raw(reader.encoded(doc_id))
    sink = io.BytesIO()
    file_writer = SegmentFileWriter(sink)
    writer.write(file_writer)
    file_writer.finish(to_meta(3, []))
    writer.close()
    assert [read(sink.getvalue()).fields(doc_id) for doc_id in range(3)] == documents


def test_each_time_the_fields_are_in_a_new_dict() -> None:
    reader = read(write([{"a": [1]}]))
    reader.fields(0)["a"].append(2)
    assert reader.fields(0) == {"a": [1]}


def test_threads_read_side_by_side() -> None:
    documents = make_documents(2000)
    reader = read(write(documents))
    wrong: list[int] = []

    def read_all(start: int) -> None:
        wrong.extend(doc_id for doc_id in range(start, 2000, 3) if reader.fields(doc_id) != documents[doc_id])

    threads = [threading.Thread(target=read_all, args=(start,)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_damage_is_named() -> None:
    contents = bytearray(write([{"text": "x" * 500}]))
    start = contents.index(b"\x28\xb5\x2f\xfd")  # how zstd begins
    contents[start + 4 : start + 12] = bytes(range(200, 208))
    with pytest.raises(IndexCorruptError, match=r"test\.segment is damaged in the stored fields of document 0"):
        read(bytes(contents)).fields(0)
