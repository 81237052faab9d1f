"""The kernels that count what articles have, and that find a page in an order, held to plain Python."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.codec.kernels import counting
from index.codec.kernels.pages import select_ranks
from index.codec.searching.view import Words

ARTICLES = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=200)
VALUES = [(), (0,), (0, 2), (1, 2, 3), (3,)]  # of five profiles
STARTS = np.cumsum([0, *map(len, VALUES)]).astype(np.int32)
NUMBERS = np.array([value for values in VALUES for value in values], np.int32)


def to_words(is_there: list[bool]) -> Words:
    words = np.zeros((len(is_there) + 63) // 64, np.uint64)
    for place in np.flatnonzero(is_there):
        words[place // 64] |= np.uint64(1 << int(place % 64))
    return words


@pytest.mark.parametrize("lanes", [1, counting.LANES])
@given(ARTICLES | st.integers(60, 200).map(lambda size: [(True, number % 5) for number in range(size)]))
def test_articles_are_counted_by_their_profiles_or_one_by_one(lanes: int, articles: list[tuple[bool, int]]) -> None:
    words = to_words([is_there for is_there, _ in articles])
    column = np.array([profile for _, profile in articles], np.int32)
    rows = np.zeros((lanes, 5), np.int32)
    counting.count_column(words, column, rows)
    counts = rows.sum(axis=0, dtype=np.int64)
    there = [profile for is_there, profile in articles if is_there]
    assert dict(enumerate(counts.tolist())) == {number: there.count(number) for number in range(5)}
    expected = Counter(value for profile in there for value in VALUES[profile])
    by_profiles, one_by_one = np.zeros(4, np.int64), np.zeros(4, np.int64)
    counting.add_profiles(counts, STARTS, NUMBERS, by_profiles)
    counting.add_articles(words, column, STARTS, NUMBERS, one_by_one)
    assert by_profiles.tolist() == one_by_one.tolist() == [expected[value] for value in range(4)]


@given(st.lists(st.lists(st.sets(st.integers(0, 6), max_size=4), max_size=8), min_size=1, max_size=4))
def test_articles_have_the_same_node_if_they_have_the_same_values(segments: list[list[set[int]]]) -> None:
    # Of two nodes at first, so that the table has to grow.
    keys, slots, count = np.zeros(2, np.int64), np.zeros(4, np.int32), 1
    found = []
    for articles in segments:
        nodes = np.zeros(len(articles), np.int32)
        postings = [[doc_id for doc_id, values in enumerate(articles) if value in values] for value in range(7)]
        bounds = np.cumsum([0, *map(len, postings)])
        doc_ids = np.array([doc_id for of_value in postings for doc_id in of_value], np.uint32)
        numbers = np.arange(7, dtype=np.int32)
        keys, slots, count = counting.intern_values(nodes, doc_ids, bounds, numbers, keys, slots, count)
        found += list(zip(nodes.tolist(), articles, strict=True))
    assert 2 * keys.size == slots.size > count
    for last, values in found:
        node, on_the_way = last, []
        while node:
            on_the_way.append(int(keys[node]) & 0xFFFFFFFF)
            node = int(keys[node]) >> 32
        assert on_the_way == sorted(values, reverse=True)
    assert len({node for node, _ in found}) == len({frozenset(values) for _, values in found})


KEYS = st.lists(st.integers(0, 3) | st.integers(0, (1 << 64) - 1) | st.integers(0, 1 << 20), max_size=60)


@given(KEYS, st.integers(0, 70), st.integers(0, 20))
def test_a_page_is_a_part_of_what_is_sorted(keys: list[int], start: int, size: int) -> None:
    places = sorted(range(len(keys)), key=keys.__getitem__)[start : start + size]
    assert select_ranks(np.array(keys, np.uint64), start, start + size).tolist() == places
