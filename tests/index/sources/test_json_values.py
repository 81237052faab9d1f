"""A line of JSON has the value that the lenient decoder gives it, whichever decoder is asked first."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import SourceError
from index.sources.json_files import parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def read_leniently(content: bytes) -> object:
    return json.JSONDecoder(strict=False).decode(content.decode())


def same(one: object, other: object) -> bool:
    """Compare values with their types; NaN is NaN, and -0.0 is not 0.0."""
    return json.dumps(one) == json.dumps(other)


@given(VALUES, st.booleans())
@example(2**64, False)
@example({"a": [-(2**63) - 1]}, True)
@example("\ud800", True)
@example({"a": math.inf}, True)
def test_any_value_is_what_the_lenient_decoder_gives(value: object, ensure_ascii: bool) -> None:
    line = json.dumps(value, ensure_ascii=ensure_ascii).encode("utf-8", "replace")
    assert same(parse_json(line), read_leniently(line))


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": "line\nbreak\tand tab"}',
        b'{"a": -0, "b": -0.0, "c": 1E2, "d": 1e400, "e": -Infinity}',
        b'{"a": 123456789012345678901234567890}',
        b'{"a": "\\ud83d\\ude00 \\ud83d"}',
        b" [1, 2]\r\n",
    ],
)
def test_what_is_written_in_uncommon_ways_is_read(line: bytes) -> None:
    assert same(parse_json(line), read_leniently(line))


@pytest.mark.parametrize("line", [b"", b"[1,]", b"{'a': 1}", b"1 2", b'{"a": 01}', b"[" * 5000, b"1" * 5000])
def test_what_is_no_json_is_told(line: bytes) -> None:
    with pytest.raises(SourceError):
        parse_json(line)
