"""Lines that are read many at a time are the lines of the file, wherever the pieces that are read end."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from index.sources import lines
from index.sources.limits import Budget
from index.sources.lines import read_blocks, split_block
from index.sources.parts import Part

MOST = 20
PIECES = st.lists(st.binary(max_size=30) | st.sampled_from([b"\n", b"\n\n", b" \r\n", b"\xef\xbb\xbf"]))


def part_of(content: bytes) -> Part:
    stream = io.BufferedReader(io.BytesIO(content))
    return Part(stream, "a.jsonl", "a.jsonl", "a.jsonl", None, Budget("a.jsonl", len(content)))


@pytest.mark.parametrize("piece", [1, 7, 64])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=PIECES.map(b"".join))
@example(content=b"x" * (MOST - 1) + b"\n" + b"y" * MOST + b"\n" + b"z" * MOST)
def test_blocks_are_the_lines_of_a_file(monkeypatch: pytest.MonkeyPatch, piece: int, content: bytes) -> None:
    monkeypatch.setattr(lines, "BUFFER_SIZE", piece)
    most = MOST if piece < MOST else 1 << 20
    monkeypatch.setattr(lines, "MAX_TEXT_SIZE", most)
    monkeypatch.setattr(lines, "detect_wide_encoding", lambda head: None)
    blocks = list(read_blocks(part_of(content)))
    expected = content.split(b"\n")
    ends = [line + b"\n" for line in expected[:-1]] + expected[-1:]
    too_long = {number for number, line in enumerate(ends, start=1) if len(line) > most}
    assert {block.first_line for block in blocks if block.content is None} == too_long
    found = dict(line for block in blocks for line in split_block(block))
    wanted = {
        number: record
        for number, line in enumerate(expected, start=1)
        if number not in too_long and (record := line.removeprefix(b"\xef\xbb\xbf")).strip()
    }
    assert found == wanted
