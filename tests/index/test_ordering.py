"""Pages in the order of time are held to sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import schema
from index.engines.local.ordering import TimeOrder


def to_bitmap(doc_ids: set[int], start: int, end: int) -> NDArray[np.uint64]:
    """Return the articles of one segment as bits, in words of 64."""
    bits = np.zeros((end - start + 63) // 64 * 64, np.bool_)
    bits[[doc_id - start for doc_id in doc_ids if start <= doc_id < end]] = True
    return np.packbits(bits, bitorder="little").view(np.uint64)


TIMES = st.lists(st.sampled_from([schema.UNDATED, -5, 0, 0, 7, 1 << 40]), max_size=200)


@given(TIMES, st.booleans(), st.data())
def test_a_page_is_what_sorting_gives(times: list[int], newest_first: bool, data: st.DataObject) -> None:
    is_found = data.draw(st.lists(st.booleans(), min_size=len(times), max_size=len(times)))
    start, size = data.draw(st.integers(0, 210)), data.draw(st.integers(0, 210))
    found = [doc_id for doc_id, is_there in enumerate(is_found) if is_there]
    left_out = data.draw(st.sets(st.sampled_from(found))) if found else set()
    expected = sorted(
        set(found) - left_out,
        key=lambda doc_id: (times[doc_id] == schema.UNDATED, -times[doc_id] if newest_first else times[doc_id], doc_id),
    )
    base = data.draw(st.integers(0, len(times)))
    order = TimeOrder(np.array(times, np.int64), [0, base], newest_first=newest_first)
    matching = [to_bitmap(set(found) - left_out, 0, base), to_bitmap(set(found) - left_out, base, len(times))]
    assert order.page(matching, start, start + size).tolist() == expected[start : start + size]


def test_more_articles_than_a_word_has_bits() -> None:
    times = np.arange(1_000, dtype=np.int64)[::-1].copy()
    order = TimeOrder(times, [0], newest_first=False)
    odd = [to_bitmap(set(range(1, 1_000, 2)), 0, 1_000)]
    assert order.page(odd, 0, 2).tolist() == [999, 997]
    assert order.page(odd, 498, 508).tolist() == [3, 1]
