from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.codec.field_arrays import FieldArrays, TokenChunk, WordTerms, invert_text
from index.codec.lexicon import count_surfaces
from index.codec.strings import Strings, find_all, rank

WORDS = [b"b", b"a", b"running", b"run", b"c" * 20, b"c" * 21]  # two are indexed as the same below
TERMS = [b"b", b"a", b"run", b"run", b"c" * 20, b"c" * 21]
# Two texts a document; several documents a part; several parts.
parts_of_texts = st.lists(
    st.lists(st.tuples(*[st.lists(st.integers(0, len(WORDS) - 1), max_size=9)] * 2), max_size=4), max_size=3
)


def invert(parts: list[list[tuple[list[int], list[int]]]], text: int, *, with_positions: bool) -> FieldArrays:
    chunks: list[TokenChunk] = []
    num_docs = 0
    for part in parts:
        texts = [tokens for document in part for tokens in document]
        starts = np.zeros(len(texts) + 1, np.int64)
        starts[1:] = np.cumsum([len(tokens) for tokens in texts])
        word_ids = np.array([word for tokens in texts for word in tokens], np.uint32)
        chunks.append(TokenChunk(word_ids, starts, num_docs))
        num_docs += len(part)
    return invert_text("body", chunks, (2, text), WordTerms(Strings.of(TERMS)), num_docs, with_positions=with_positions)


@settings(max_examples=200, deadline=None)
@given(parts_of_texts, st.integers(0, 1), st.booleans())
def test_postings_are_those_of_a_dict_of_lists(
    parts: list[list[tuple[list[int], list[int]]]], text: int, with_positions: bool
) -> None:
    expected: dict[bytes, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    documents = [document for part in parts for document in part]
    for doc_id, document in enumerate(documents):
        for position, word in enumerate(document[text]):
            expected[TERMS[word]][doc_id].append(position)
    field = invert(parts, text, with_positions=with_positions)
    assert field.terms.to_list() == sorted(expected)
    postings = [expected[term] for term in sorted(expected)]
    assert field.doc_freqs.tolist() == [len(each) for each in postings]
    assert field.doc_ids.tolist() == [doc_id for each in postings for doc_id in sorted(each)]
    assert field.freqs.tolist() == [len(each[doc_id]) for each in postings for doc_id in sorted(each)]
    assert field.counts is not None
    assert field.counts.tolist() == [sum(map(len, each.values())) for each in postings]
    if with_positions:
        assert field.positions is not None
        assert field.positions.tolist() == [
            position for each in postings for doc_id in sorted(each) for position in each[doc_id]
        ]
        assert field.total_length == sum(len(document[text]) for document in documents)
    else:
        assert field.positions is None
        assert field.lengths is None


@pytest.mark.parametrize(("times", "dtype"), [(255, np.uint8), (256, np.uint32)])
def test_a_word_may_be_in_a_document_very_often(times: int, dtype: type[np.generic]) -> None:
    field = invert([[([0] * times + [1], [])]], 0, with_positions=True)
    assert field.freqs.dtype == dtype
    assert field.freqs.tolist() == [1, times]


def test_long_documents_and_many_documents_take_wider_numbers() -> None:
    long = invert([[([0] * 65_536 + [1], [])]], 0, with_positions=True)
    assert long.positions is not None
    assert long.positions.tolist() == [65_536, *range(65_536)]
    many = invert([[([0], [])] * 65_537], 0, with_positions=True)
    assert many.doc_ids.tolist() == list(range(65_537))


byte_strings = st.lists(st.binary(max_size=20) | st.text("ab\0", max_size=20).map(str.encode), max_size=40)


@settings(max_examples=200, deadline=None)
@given(byte_strings, byte_strings)
def test_strings_are_ranked_found_and_taken_as_python_does(one: list[bytes], other: list[bytes]) -> None:
    strings = Strings.joined([Strings.of(one), Strings.of(other)])
    assert strings.to_list() == one + other
    ranked = rank(strings)
    distinct = sorted({*one, *other})
    assert strings.take(ranked.firsts).to_list() == distinct
    assert [distinct[place] for place in ranked.ranks.tolist()] == one + other
    firsts = ranked.firsts.tolist()
    assert firsts == [(one + other).index(string) for string in distinct]
    places = find_all(Strings.of(other), Strings.of(sorted(set(one))))
    assert places.tolist() == [sorted(set(one)).index(each) if each in one else -1 for each in other]


lists_of_docs = st.lists(st.dictionaries(st.integers(0, 9), st.integers(1, 300), max_size=8), min_size=6, max_size=6)


@settings(max_examples=200, deadline=None)
@given(lists_of_docs, st.none() | st.lists(st.booleans(), min_size=10, max_size=10))
def test_words_of_several_fields_are_counted_once_a_document(
    postings: list[dict[int, int]], kept: list[bool] | None
) -> None:
    # Word w is term w of the first field, w + 2 of the second, w + 4 of the third, if that has any documents.
    terms = np.array([[place if postings[place] else -1 for place in (word, word + 2, word + 4)] for word in (0, 1)])
    docs = [sorted(each) for each in postings]
    counted = count_surfaces(
        terms,
        np.cumsum([0, *map(len, docs)]),
        np.array([doc for each in docs for doc in each], np.uint8),
        np.array([each[doc] for each in postings for doc in sorted(each)], np.uint16),
        None if kept is None else np.array(kept),
    )
    for word in (0, 1):
        found = [(doc, freq) for each in postings[word::2] for doc, freq in each.items() if kept is None or kept[doc]]
        assert counted.counts[word] == sum(freq for _, freq in found)
        assert counted.doc_freqs[word] == len({doc for doc, _ in found})
