"""What words add to scores by standing near each other is held equal to the formula, position by position."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query
from whoosh.util.numeric import byte_to_length, length_to_byte

from index.codec.kernels.proximity import MOST, WINDOW
from index.codec.searching.nearness import DEPTH
from index.codec.searching.weighting import CombinedWeighting
from tests.index.codec.made_segments import Document, Index, make_index

WORDS = ["a", "b", "c"]
FIELDS = {"title": 2.0, "body": 1.0}
WEIGHTING = CombinedWeighting(1.5, 0.6, {}, FIELDS, nearness=0.5)
TITLE_BOOST = 2.0  # in the schema of the made indexes

# What stands between words, of lengths on both sides of the window and of what a packed gap holds.
GAPS = st.sampled_from([0, 0, 1, 2, 6, 7, 8, 300])
PIECES = st.tuples(st.sampled_from(WORDS), GAPS).map(lambda piece: piece[0] + " x" * piece[1])
TEXTS = st.lists(PIECES, min_size=1, max_size=8).map(" ".join)
MANY = " ".join(["a"] * (MOST + 3) + ["b"])
DOCUMENTS = st.fixed_dictionaries({}, optional={"title": TEXTS, "body": st.one_of(TEXTS, st.just(MANY))})
SEGMENTS = st.lists(st.lists(DOCUMENTS, min_size=1, max_size=8), min_size=1, max_size=3)


def in_both(text: str, boost: float = 1.0) -> Any:
    return query.Or([query.Term(name, text, boost=boost) for name in FIELDS])


def words_of(document: Document, name: str) -> list[str]:
    words: list[str] = document.get(name, "").split()
    return words


def lend(index: Index, document: Document, word: str, rarities: dict[str, float]) -> float:
    """Add up what a word is lent by others near it, divided by the norm of each field."""
    mean, lent = sum(rarities.values()) / len(rarities), 0.0
    for name, weight in FIELDS.items():
        words = words_of(document, name)
        average = sum(len(words_of(each, name)) for each in index.documents) / len(index.documents) or 1
        norm = 1.5 * (0.4 + 0.6 * byte_to_length(length_to_byte(len(words))) / average)
        norm /= weight * (TITLE_BOOST if name == "title" else 1)
        places = {each: [i for i, other in enumerate(words) if other == each][:MOST] for each in rarities}
        for other in rarities.keys() - {word}:
            pairs = itertools.product(places[word], places[other])
            lent += sum(abs(one - two) <= WINDOW for one, two in pairs) * rarities[other] / mean / norm
    return lent


def rarity(index: Index, word: str) -> float:
    doc_freq = max(sum(word in words_of(each, name) for each in index.documents) for name in FIELDS)
    return math.log(1 + (len(index.documents) - doc_freq + 0.5) / (doc_freq + 0.5)) if doc_freq else 0.0


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(SEGMENTS, st.sets(st.sampled_from(WORDS), min_size=2), st.booleans(), st.integers(0, 3))
def test_words_gain_by_standing_near_others(
    segments: list[list[Document]], words: set[str], is_conjunction: bool, deleted: int
) -> None:
    index = make_index(segments, {deleted} if deleted < sum(map(len, segments)) else set(), weighting=WEIGHTING)
    boosts = {word: 0.5 + place for place, word in enumerate(sorted(words))}
    kind = query.And if is_conjunction else query.Or
    tree = kind([in_both(word, boost) for word, boost in boosts.items()])
    rarities = {word: found for word in words if (found := rarity(index, word))}
    expected = {}
    for doc_id, score in zip(*(array.tolist() for array in index.columnar.match(tree)), strict=True):
        expected[doc_id] = score
        for word in rarities if len(rarities) > 1 else ():
            lent = lend(index, index.documents[doc_id], word, rarities)
            expected[doc_id] += 0.5 * boosts[word] * rarities[word] * 2.5 * lent / (lent + 1)
    hits = index.columnar.search(tree, None)
    assert hits.total == len(expected)
    assert dict(zip(hits.doc_ids.tolist(), hits.scores.tolist(), strict=True)) == pytest.approx(expected, rel=1e-4)
    parts, gains = index.columnar.explain(tree, np.array(sorted(expected), np.int64))
    explained = {doc_id: sum(part.score for part in parts[doc_id]) for doc_id in expected}
    for doc_id, gain in zip(sorted(expected), gains.tolist(), strict=True):
        explained[doc_id] += gain
    assert explained == pytest.approx(expected, rel=1e-4)
    ranks = list(zip((-hits.scores).tolist(), hits.doc_ids.tolist(), strict=True))
    assert ranks == sorted(ranks)


@pytest.fixture(scope="module")
def large() -> Index:
    """Return an index with more articles than are looked at for nearness, and with many that are equal."""
    chance = random.Random(4)
    texts = ["a b x x", "a x x b", "a" + " x" * 9 + " b", "b x x x a a", "a x x x", "x a x b"]
    return make_index([[{"body": chance.choice(texts)} for _ in range(90)] for _ in range(3)], {5}, weighting=WEIGHTING)


@pytest.mark.parametrize("limit", [0, 1, 10, DEPTH - 1, DEPTH, DEPTH + 1, 200, 269])
def test_pages_go_on_where_the_best_articles_end(large: Index, limit: int) -> None:
    tree = query.Or([in_both("a"), in_both("b")])
    every, hits = large.columnar.search(tree, None), large.columnar.search(tree, limit)
    assert hits.total == every.total == 269
    assert hits.doc_ids.tolist() == every.doc_ids[:limit].tolist()
    assert hits.scores.tolist() == every.scores[:limit].tolist()
    assert not np.any(np.diff(every.scores) > 0)
    assert sorted(every.doc_ids.tolist()) == large.live()
    # What follows has the scores that it has without.
    ids, scores = large.columnar.match(tree)
    without = dict(zip(ids.tolist(), scores.tolist(), strict=True))
    assert [without[doc_id] for doc_id in every.doc_ids[DEPTH:].tolist()] == every.scores[DEPTH:].tolist()
    assert sum(without[doc_id] < score for doc_id, score in zip(*map(list, every[1:]), strict=True)) > 50


def test_words_of_filters_and_of_other_fields_lend_nothing(large: Index) -> None:
    tree = query.Require(in_both("a"), query.Or([in_both("b")]))
    assert set(large.columnar.search(tree, 10).scores) <= set(large.columnar.match(tree)[1])


def test_order_does_not_count_and_nearer_than_the_window_does() -> None:
    texts = ["a b" + " x" * 20, "b a" + " x" * 20, "a" + " x" * 20 + " b", "c"]
    index = make_index([[{"body": text} for text in texts]], set(), weighting=WEIGHTING)
    tree = query.Require(query.Or([in_both("a"), in_both("b")]), query.Every())
    assert index.columnar.search(tree, 10).doc_ids.tolist() == [0, 1, 2]
    assert index.columnar.search(tree, 10).scores[1] > 1.1 * index.columnar.search(tree, 10).scores[2]
