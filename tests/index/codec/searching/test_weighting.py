"""BM25F over title and body is held equal to its formula, article by article."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query
from whoosh.util.numeric import byte_to_length, length_to_byte

from index.codec.searching.weighting import CombinedWeighting
from tests.index.codec.made_segments import Document, make_index

WORDS = ["a", "b", "c", "d"]
# `title` has a boost of its own in the schema of the made indexes, which counts besides.
TITLE_BOOST = 2.0
WEIGHTING = CombinedWeighting(1.5, 0.6, {"title": 0.3}, {"title": 2.0, "body": 1.0}, repetition=3.0)

TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
DOCUMENTS = st.fixed_dictionaries({}, optional={"title": TEXTS, "body": TEXTS})
SEGMENTS = st.lists(st.lists(DOCUMENTS, min_size=1, max_size=8), min_size=1, max_size=3)


def in_both(text: str, boost: float = 1.0) -> Any:
    return query.Or([query.Term(name, text, boost=boost) for name in ("title", "body")])


def count(document: Document, name: str) -> list[str]:
    words: list[str] = document.get(name, "").split()
    return words


def score(documents: list[Document], document: Document, word: str) -> float:
    """Score a word by the book: Robertson and Zaragoza's formula."""
    total, counted = 0.0, (0, 0)
    for name, weight, b in (("title", 2.0 * TITLE_BOOST, 0.3), ("body", 1.0, 0.6)):
        words = count(document, name)
        average = sum(len(count(each, name)) for each in documents) / len(documents) or 1
        length = byte_to_length(length_to_byte(len(words)))
        total += weight * words.count(word) / (1 - b + b * length / average)
        frequencies = [count(each, name).count(word) for each in documents]
        counted = max(counted, (sum(map(bool, frequencies)), sum(frequencies)))
    doc_freq, num_positions = counted
    idf = math.log(1 + (len(documents) - doc_freq + 0.5) / (doc_freq + 0.5))
    mean = (num_positions + 1) / (doc_freq + 1)
    return idf * 4 * mean / (mean + 3) * total * 2.5 / (total + 1.5)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(SEGMENTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True), st.booleans())
def test_frequencies_are_added_up_before_they_saturate(
    segments: list[list[Document]], words: list[str], is_conjunction: bool
) -> None:
    index = make_index(segments, set(), weighting=WEIGHTING)
    documents = [document for segment in segments for document in segment]
    kind, quantity = (query.And, all) if is_conjunction else (query.Or, any)
    doc_ids, scores = index.columnar.match(kind([in_both(word, 0.5) for word in words]))
    expected = {
        doc_id: 0.5 * sum(score(documents, document, word) for word in words)
        for doc_id, document in enumerate(documents)
        if quantity(word in count(document, "title") + count(document, "body") for word in words)
    }
    assert dict(zip(doc_ids.tolist(), scores.tolist(), strict=True)) == pytest.approx(expected, rel=1e-4)


def test_a_word_said_twice_is_worth_less_than_two_words() -> None:
    said_twice, two_words = {"title": "a", "body": "a d"}, {"title": "a", "body": "b d"}
    index = make_index([[said_twice, two_words, *({"title": "c", "body": "c d"} for _ in range(9))]], set())
    combined = make_index(index.segments, set(), weighting=CombinedWeighting(field_weights=WEIGHTING.field_weights))
    asked = query.Or([in_both("a"), in_both("b")])
    (apart, _), (together, other) = index.columnar.match(asked)[1][:2], combined.columnar.match(asked)[1][:2]
    alone = combined.columnar.match(query.Term("title", "a"))[1][0]
    assert alone < together < other
    assert apart > together


def test_words_that_differ_or_are_boosted_apart_are_scored_apart() -> None:
    index = make_index([[{"title": "a b", "body": "a b"}, {"title": "c", "body": "c"}]], set(), weighting=WEIGHTING)
    for one, other in (
        (query.Term("title", "a"), query.Term("body", "b")),
        (query.Term("title", "a", boost=2.0), query.Term("body", "a")),
        (query.Term("title", "a"), query.Term("title", "a")),
    ):
        summed = sum(index.columnar.match(each)[1][0] for each in (one, other))
        assert index.columnar.match(query.Or([one, other]))[1][0] == pytest.approx(summed, rel=1e-5)


def test_a_word_that_is_said_again_and_again_where_it_stands_is_worth_more() -> None:
    documents = [{"body": "a b"}, *({"body": "a a a c"} for _ in range(3)), *({"body": "b c d c"} for _ in range(3))]
    index = make_index([documents], set(), weighting=WEIGHTING)
    # Both stand in four articles, and once in the first.
    said_again, said_once = (index.columnar.match(query.Term("body", word))[1][0] for word in "ab")
    assert said_again == pytest.approx(said_once * (4 * (11 / 5) / (11 / 5 + 3)), rel=1e-5)
