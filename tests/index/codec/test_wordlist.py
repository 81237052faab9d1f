from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import analysis, stopwords
from index.codec.format import SegmentFile
from index.codec.kernels import words as kernels
from index.codec.wordlist import MAX_NEAR, CountedWord, WordArrays, WordList
from tests.index.codec.segments import Documents, by_builder, documents_in_languages

# Without the JIT, numpy warns where the hash of a word overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

TEXTS = {"title_surface": "title", "body_surface": "body", "author": "author"}
some_segments = st.lists(st.tuples(documents_in_languages, st.binary(max_size=1)), min_size=1, max_size=3)


def naive_counts(made: Sequence[tuple[Documents, bytes]], fields: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for documents, deleted in made:
        for number, document in enumerate(documents):
            if not (deleted and deleted[0] >> number & 1):
                for field in fields:
                    surfaces = {token.surface for token in analysis.tokenize(document.get(TEXTS[field], ""))}
                    # In names an acronym is not told from the word that it spells.
                    counts.update(
                        {stopwords.as_word(surface) for surface in surfaces} if field == "author" else surfaces
                    )
    return counts


def make_list(made: Sequence[tuple[Documents, bytes]], fields: Sequence[str]) -> WordList:
    segments: list[tuple[SegmentFile, bytes | None]] = [
        (by_builder(documents), deleted if any(deleted) else None) for documents, deleted in made
    ]
    return WordList.of(segments, fields)


@settings(max_examples=100, deadline=None)
@given(some_segments, st.sampled_from([["title_surface", "body_surface"], ["author"], ["body_surface"]]), st.data())
def test_words_are_counted_in_the_articles_that_are_not_deleted(
    made: Sequence[tuple[Documents, bytes]], fields: Sequence[str], data: st.DataObject
) -> None:
    counts, words = naive_counts(made, fields), make_list(made, fields)
    assert len(words) == len(counts)
    for word, count in counts.items():
        assert words.count(word) == count
    assert words.count("never") == 0
    prefix = data.draw(st.sampled_from([word[:end] for word in counts for end in range(3)] or [""]))
    limit = data.draw(st.integers(0, 4))
    first = sorted(
        (CountedWord(word, count) for word, count in counts.items() if word.startswith(prefix)),
        key=lambda each: (-each.count, each.word.encode()),
    )
    assert words.most_frequent(prefix, limit) == first[:limit]


def distance(one: str, other: str) -> int:
    """Return the restricted Damerau-Levenshtein distance, by its definition."""
    rows = [[max(i, j) if not i * j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            best = rows[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            best = min(best, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i][j] = best
    return rows[-1][-1]


letters = st.text("abcаé中1", min_size=1, max_size=7)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(letters, st.integers(1, 5), max_size=30), letters, st.integers(1, 2), st.integers(1, 3))
def test_near_words_are_those_that_a_comparison_with_each_gives(
    counts: dict[str, int], word: str, limit: int, least: int
) -> None:
    expected = {
        (other, count, distance(word, other))
        for other, count in counts.items()
        if count >= least and 0 < distance(word, other) <= limit
    }
    assert {tuple(near) for near in listed(counts).near(word, limit, least)} == expected


def listed(counts: dict[str, int]) -> WordList:
    """Return a list of words that no tokenizer has made."""
    encoded = sorted((word.encode(), count) for word, count in counts.items())
    offsets = np.cumsum([0, *(len(word) for word, _ in encoded)])
    contents = np.frombuffer(b"".join(word for word, _ in encoded), np.uint8)
    numbers = np.array([count for _, count in encoded], np.int64)
    return WordList(WordArrays(contents, offsets.astype(np.int64), numbers))


def test_of_many_near_words_the_most_frequent_are_taken() -> None:
    counts = {f"{first}{second}xyz": 1 + place for place, (first, second) in enumerate(pairs())}
    near = listed(counts).near("..xyz", 2)
    assert len(near) == MAX_NEAR
    assert min(each.count for each in near) == len(counts) - MAX_NEAR + 1


def pairs() -> list[tuple[str, str]]:
    return [(chr(first), chr(second)) for first in range(0x400, 0x420) for second in range(0x400, 0x420)]


def test_words_of_many_letters_are_near_to_none() -> None:
    long = "a" * (kernels.MAX_LETTERS + 1)
    words = listed({long: 3, long[:-1]: 2, "a": 1})
    assert words.near(long, 2) == []
    assert [near.word for near in words.near(long[:-2], 2)] == [long[:-1]]
    assert words.count(long) == 3


def test_a_list_of_no_segments_is_empty() -> None:
    words = WordList.of([], ["body_surface"])
    assert (len(words), words.count("a"), words.most_frequent("", 3), words.near("abc", 2)) == (0, 0, [], [])
