from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.codec.building.part_arrays import EncodedParts, bitmap_sizes, encode_parts
from index.codec.kernels import bitmaps as kernel

# Of each term: how many postings its parent has, and of which it is; few of many, some, all but few.
terms = st.lists(
    st.tuples(st.integers(1, 70) | st.integers(100, 300), st.sets(st.integers(0, 299), max_size=40), st.booleans()),
    max_size=6,
).map(lambda rows: [(p, _those(p, chosen, but=but)) for p, chosen, but in rows])


def _those(num_postings: int, chosen: set[int], *, but: bool) -> list[int]:
    found = {ordinal for ordinal in chosen if ordinal < num_postings}
    return sorted(set(range(num_postings)) - found if but else found)


def encode(rows: list[tuple[int, list[int]]]) -> EncodedParts:
    num_postings = np.array([p for p, _ in rows], np.int64)
    starts = np.concatenate([[0], np.cumsum(bitmap_sizes(num_postings))]).astype(np.int64)
    bitmaps = np.zeros(starts[-1], np.uint8)
    for start, (_, ordinals) in zip(starts.tolist(), rows, strict=False):
        for ordinal in ordinals:
            bitmaps[start + ordinal // 8] |= 1 << (ordinal % 8)
    return encode_parts(bitmaps, starts[:-1], num_postings)


def expected(num_postings: int, ordinals: list[int]) -> bytes:
    size = 2 if num_postings <= 65_536 else 4
    if len(ordinals) == num_postings:
        return b""
    if size * len(ordinals) < (num_postings + 7) // 8:
        return b"".join(ordinal.to_bytes(size, "little") for ordinal in ordinals)
    return sum(1 << ordinal for ordinal in ordinals).to_bytes((num_postings + 7) // 8, "little")


def kept(encoded: EncodedParts) -> list[bytes]:
    starts = encoded.starts.tolist()
    return [encoded.contents[start:end].tobytes() for start, end in pairwise(starts)]


@settings(max_examples=200, deadline=None)
@given(terms)
def test_parts_take_the_form_that_the_format_says(rows: list[tuple[int, list[int]]]) -> None:
    encoded = encode(rows)
    assert encoded.doc_freqs.tolist() == [len(ordinals) for _, ordinals in rows]
    assert kept(encoded) == [expected(*row) for row in rows]


@pytest.mark.parametrize("num_postings", [65_536, 65_537, 70_000])
@pytest.mark.parametrize("every", [1, 2, 40, 30_000])
def test_many_postings_take_longer_ordinals(num_postings: int, every: int) -> None:
    row = (num_postings, [*range(0, num_postings - 1, every), num_postings - 1])
    assert kept(encode([row])) == [expected(*row)]


def test_a_term_without_a_bitmap_is_all_of_its_parent() -> None:
    has_bitmap = np.array([False, True, False])
    encoded = encode_parts(np.array([0b101], np.uint8), np.zeros(3, np.int64), np.array([9, 3, 1]), has_bitmap)
    assert encoded.doc_freqs.tolist() == [9, 2, 1]
    assert kept(encoded) == [b"", b"\x05", b""]


@settings(max_examples=200, deadline=None)
@given(terms.filter(bool), st.lists(st.booleans(), min_size=300, max_size=300), st.integers(0, 9))
def test_bits_are_copied_where_postings_are_kept(
    rows: list[tuple[int, list[int]]], is_kept: list[bool], before: int
) -> None:
    rows = [(p, ordinals) for p, ordinals in rows if ordinals]
    encoded = encode(rows)
    num_postings = np.array([p for p, _ in rows], np.int64)
    ends = np.cumsum(num_postings, dtype=np.int64)
    flags = np.array([is_kept[place % 300] for place in range(num_postings.sum())], np.bool_)
    kept_before = np.concatenate([[0], np.cumsum(flags)]).astype(np.uint32)
    bits = 8 * 64 * np.arange(len(rows)) + before
    bitmaps = np.zeros(64 * len(rows), np.uint8)
    kernel.copy_parts(
        encoded.contents,
        encoded.starts[:-1].copy(),
        encoded.doc_freqs,
        ends - num_postings,
        ends,
        kept_before,
        bits,
        bitmaps,
    )
    for place, (p, ordinals) in enumerate(rows):
        start = int(ends[place]) - p
        places = [ordinal for ordinal in range(p) if flags[start + ordinal]]
        found = np.flatnonzero(np.unpackbits(bitmaps[64 * place :][:64], bitorder="little")) - before
        assert found.tolist() == [new for new, ordinal in enumerate(places) if ordinal in ordinals]
