"""Choosing what to merge: few segments of each size, none too large, and nothing merged for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.codec.commit import MAX_DOCS, choose_merge

SIZES = st.one_of(st.integers(0, 50), st.integers(500, 9_000), st.integers(20_000, MAX_DOCS))
SEGMENTS = st.lists(SIZES.flatmap(lambda num_docs: st.tuples(st.integers(0, num_docs), st.just(num_docs))), max_size=40)


@given(SEGMENTS)
def test_merging_ends_with_few_segments_none_of_them_too_large(segments: list[tuple[int, int]]) -> None:
    articles = sum(num_live for num_live, _ in segments)
    written = 0
    for _ in range(100):
        places = choose_merge(segments)
        if not places:
            break
        size = sum(segments[place][0] for place in places)
        assert 0 < size <= MAX_DOCS
        assert places == sorted(set(places))
        written += size
        segments = [segment for place, segment in enumerate(segments) if place not in places] + [(size, size)]
    assert choose_merge(segments) == []
    assert sum(num_live for num_live, _ in segments) == articles
    assert all(num_live == 0 or num_live >= num_docs * 2 / 3 for num_live, num_docs in segments)
    assert len([num_live for num_live, _ in segments if num_live < 8_000]) < 12


def test_many_small_commits_write_each_article_a_few_times() -> None:
    segments: list[tuple[int, int]] = []
    written = 0
    for _ in range(3_000):
        segments.append((10, 10))
        while places := choose_merge(segments):
            size = sum(segments[place][0] for place in places)
            written += size
            segments = [segment for place, segment in enumerate(segments) if place not in places] + [(size, size)]
    assert written < 30_000 * 25
    assert len(segments) < 15


def test_full_segments_are_left_alone() -> None:
    assert choose_merge([(MAX_DOCS, MAX_DOCS)] * 20 + [(5, 5)] * 5) == []
    assert choose_merge([(MAX_DOCS, MAX_DOCS)] * 20 + [(5, 5)] * 6) == list(range(20, 26))


def test_a_segment_with_many_deleted_articles_is_written_anew() -> None:
    assert choose_merge([(50, 60), (30, 50), (60, 60)]) == [1]
    assert choose_merge([(0, 60)] * 6) == []  # a commit leaves them out
    assert choose_merge([(400, 900)] * 6) == [0, 1, 2, 3, 4, 5]
