"""Segments that are damaged, cut off, or of another version: each is told apart, and the file is named."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from whoosh.index import create_in, open_dir

from index.codec import ColumnarCodec
from index.codec.format import OLDEST_VERSION, VERSION, SegmentFile
from index.errors import IndexCorruptError, IndexVersionError
from tests.index.codec.made_parts import add_parts
from tests.index.codec.whoosh_indexes import make_document, make_schema

HEADER_SIZE = 64


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of one segment."""
    folder = tmp_path_factory.mktemp("index")
    index = create_in(folder, make_schema(spelling=True))
    rng = random.Random(2)
    with index.writer(codec=ColumnarCodec()) as writer:
        for number in range(40):
            writer.add_document(**make_document(rng, number))
        # For the tables of what is too large.
        writer.add_document(id="long", text=f"beginning {'alpha ' * 300} beginning", bag="alpha " * 300)
    path = next(folder.glob("*.segment"))
    file = SegmentFile(path.read_bytes(), "whole")
    path.write_bytes(add_parts(file, "surface", "text", {b"Alpha": (b"alpha", [40])}))
    return folder


@pytest.fixture
def segment(written: Path, tmp_path: Path) -> Path:
    """The segment, in a copy of the index."""
    for path in written.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return next(tmp_path.glob("*.segment"))


def flip(path: Path, place: int) -> None:
    contents = bytearray(path.read_bytes())
    contents[place] ^= 0x10
    path.write_bytes(contents)


def set_version(path: Path, version: int) -> None:
    contents = bytearray(path.read_bytes())
    contents[8:12] = version.to_bytes(4, "little")
    path.write_bytes(contents)


def expect(path: Path, error: type[Exception], words: str) -> None:
    """The file by itself, and Whoosh's way to it, say the same."""
    for opening in (lambda: SegmentFile.open(path), lambda: open_dir(path.parent).searcher()):
        with pytest.raises(error, match=words) as raised:
            opening()
        assert str(path) in str(raised.value)


def test_a_whole_segment_is_verified(segment: Path) -> None:
    SegmentFile.open(segment).verify()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:40]), "is cut off: it has 40 bytes"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is cut off"),
        (lambda path: path.write_bytes(path.read_bytes()[: HEADER_SIZE + 100]), "is cut off"),
        (lambda path: path.write_bytes(bytes(HEADER_SIZE) + path.read_bytes()[HEADER_SIZE:]), "never finished"),
        (lambda path: path.write_bytes(b"hello" * 1000), "is no segment"),
        (lambda path: flip(path, 14), "damaged header"),
        (lambda path: flip(path, 20), "damaged header"),
        (lambda path: flip(path, HEADER_SIZE - 1), "damaged header"),
        (lambda path: flip(path, path.stat().st_size - 10), "damaged directory"),
    ],
)
def test_damage_is_noticed_when_it_is_opened(segment: Path, damage: Callable[[Path], object], words: str) -> None:
    damage(segment)
    expect(segment, IndexCorruptError, words)


def test_another_version_says_so(segment: Path) -> None:
    set_version(segment, VERSION + 1)
    expect(segment, IndexVersionError, f"has the format {VERSION + 1}")
    for old_version in (0, 1):
        set_version(segment, old_version)
        words = f"has the format {old_version}; .* reads from {OLDEST_VERSION} on.*--rebuild"
        expect(segment, IndexVersionError, words)


def test_a_segment_of_an_older_format_is_refused_by_its_header_alone(tmp_path: Path) -> None:
    """What comes after the version may mean something else there."""
    path = tmp_path / "old.segment"
    path.write_bytes(b"\x89DLS\r\n\x1a\n" + (1).to_bytes(4, "little") + b"\xff" * 52 + b"{}")
    with pytest.raises(IndexVersionError, match=re.escape(f"{path} has the format 1;")):
        SegmentFile.open(path)


def test_a_bit_in_any_array_is_noticed_when_it_is_verified(segment: Path) -> None:
    contents = segment.read_bytes()
    whole = SegmentFile(contents, "whole")
    assert {"freq_overflow_values", "position_overflow_places", f"part_bytes:{len(whole.fields) - 1}"} <= set(whole)
    for name in whole:
        array = whole[name]
        if array.size:
            changed = bytearray(contents)
            place = (
                array.__array_interface__["data"][0] - whole["term_bytes"].__array_interface__["data"][0] + HEADER_SIZE
            )
            changed[place + array.nbytes // 2] ^= 1
            with pytest.raises(IndexCorruptError, match="is damaged in") as raised:
                SegmentFile(bytes(changed), "some.segment").verify()
            assert f"some.segment is damaged in {name!r}" in str(raised.value)


def test_damaged_stored_fields_name_the_file(segment: Path) -> None:
    whole = SegmentFile(segment.read_bytes(), "whole")
    start = segment.read_bytes().index(whole["stored_bytes"].tobytes())
    for place in range(start, start + 40):
        flip(segment, place)
    with open_dir(segment.parent).searcher() as searcher, pytest.raises(IndexCorruptError) as raised:
        list(searcher.reader().all_stored_fields())
    assert str(segment) in str(raised.value)


def test_the_header_and_the_directory_are_what_they_are_said_to_be(segment: Path) -> None:
    """Read by hand, as `format.py` describes it."""
    contents = segment.read_bytes()
    assert contents[:8] == b"\x89DLS\r\n\x1a\n"
    assert int.from_bytes(contents[8:12], "little") == VERSION
    assert int.from_bytes(contents[12:16], "little") == zlib.crc32(contents[16:64])
    assert int.from_bytes(contents[16:24], "little") == len(contents)
    offset, size = (int.from_bytes(contents[start : start + 8], "little") for start in (24, 32))
    assert offset + size == len(contents)
    assert int.from_bytes(contents[40:44], "little") == zlib.crc32(contents[offset:])
    assert contents[44:64] == bytes(20)
