"""What the fuzzer has found, once more: everything in the corpus is read without an error that nobody expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.codec.format import SegmentFile
from index.errors import IndexCorruptError
from tests.fuzz.targets import CORPUS, TARGETS, with_checksums

GOLDEN = Path(__file__).parents[1] / "index" / "codec" / "golden" / "format-2.segment"


@pytest.mark.parametrize("name", TARGETS)
def test_corpus_is_read(name: str) -> None:
    paths = sorted((CORPUS / name).iterdir())
    assert len(paths) > 5
    for path in paths:
        TARGETS[name](path.read_bytes())


def test_targets_get_past_the_checksums() -> None:
    segment = GOLDEN.read_bytes()
    assert with_checksums(segment) == segment
    with pytest.raises(IndexCorruptError, match="damaged header"):
        SegmentFile(bytes(segment[:12] + bytes(4) + segment[16:]), "x")
    assert with_checksums(segment[:12] + bytes(4) + segment[16:]) == segment


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"', b"{["),
        (b'"arrays"', b'"arroys"'),
        (b'"meta"', b'"mota"'),
        (b'"name"', b'"nome"'),
        (b'"<u4"', b'"<z4"'),
        (b'"<u4"', b'"|O8"'),
        (b'"<u4"', b"12345"),
    ],
)
def test_directory_that_says_what_cannot_be_is_damage(before: bytes, after: bytes) -> None:
    segment = GOLDEN.read_bytes()
    assert before in segment
    with pytest.raises(IndexCorruptError, match=r"made\.segment has a directory that makes no sense"):
        SegmentFile(with_checksums(segment.replace(before, after)), "made.segment").verify()
