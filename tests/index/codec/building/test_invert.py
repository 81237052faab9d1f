from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.codec.building import inversion
from index.codec.building.field_arrays import FieldArrays
from index.codec.building.inversion import Text, TokenChunk, WordTerms, invert_text
from index.codec.building.part_arrays import PartArrays
from index.codec.building.strings import Strings, rank
from index.codec.building.worker import Worker

WORDS = [b"b", b"a", b"running", b"run", b"c" * 20, b"c" * 21]  # two are indexed as the same below
TERMS = [b"b", b"a", b"run", b"run", b"c" * 20, b"c" * 21]
# Two texts a document; several documents a part; several parts.
parts_of_texts = st.lists(
    st.lists(st.tuples(*[st.lists(st.integers(0, len(WORDS) - 1), max_size=9)] * 2), max_size=4), max_size=3
)
Parts = list[list[tuple[list[int], list[int]]]]


def invert(parts: Parts, text: int, *, with_surfaces: bool = False) -> tuple[FieldArrays, PartArrays | None]:
    chunks: list[TokenChunk] = []
    num_docs = 0
    for part in parts:
        texts = [tokens for document in part for tokens in document]
        starts = np.zeros(len(texts) + 1, np.int64)
        starts[1:] = np.cumsum([len(tokens) for tokens in texts])
        word_ids = np.array([word for tokens in texts for word in tokens], np.uint32)
        chunks.append(TokenChunk(word_ids, starts, num_docs))
        num_docs += len(part)
    words = WordTerms(Strings.of(TERMS))
    surfaces = ("surfaces", WordTerms(Strings.of(WORDS))) if with_surfaces else None
    worker = Worker(1)
    try:
        return invert_text(Text("body", 2, text), chunks, words, num_docs, surfaces, worker)
    finally:
        worker.close()


@settings(max_examples=200, deadline=None)
@given(parts_of_texts, st.integers(0, 1), st.sampled_from([0, 1 << 18]))
@example([[([3], [])] * 9, [([2, 3], [])] * 9, [([2], [])]], 0, 0)
def test_postings_are_those_of_a_dict_of_lists(parts: Parts, text: int, enough_for_two: int) -> None:
    expected: dict[bytes, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    docs_of_words: dict[bytes, set[int]] = defaultdict(set)
    documents = [document for part in parts for document in part]
    for doc_id, document in enumerate(documents):
        for position, word in enumerate(document[text]):
            expected[TERMS[word]][doc_id].append(position)
            docs_of_words[WORDS[word]].add(doc_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inversion, "_ENOUGH_FOR_TWO", enough_for_two)
        field, surfaces = invert(parts, text, with_surfaces=True)
        alone, nothing = invert(parts, text)
    assert nothing is None
    assert field.terms.to_list() == alone.terms.to_list() == sorted(expected)
    postings = [expected[term] for term in sorted(expected)]
    assert field.doc_freqs.tolist() == [len(each) for each in postings]
    assert field.doc_ids.tolist() == alone.doc_ids.tolist() == [doc for each in postings for doc in sorted(each)]
    assert field.freqs.tolist() == alone.freqs.tolist() == [len(each[doc]) for each in postings for doc in sorted(each)]
    assert field.counts is not None
    assert field.counts.tolist() == [sum(map(len, each.values())) for each in postings]
    assert field.gaps is not None
    assert field.gaps.tolist() == [
        gap for each in postings for doc in sorted(each) for gap in [each[doc][0], *np.diff(each[doc]).tolist()]
    ]
    assert field.total_length == sum(len(document[text]) for document in documents)
    assert surfaces is not None
    assert surfaces.terms.to_list() == sorted(docs_of_words)
    assert surfaces.encoded.doc_freqs.tolist() == [len(docs_of_words[word]) for word in sorted(docs_of_words)]
    terms = [TERMS[WORDS.index(word)] for word in sorted(docs_of_words)]
    assert [sorted(expected)[parent] for parent in surfaces.parents.tolist()] == terms


@pytest.mark.parametrize(("times", "dtype"), [(254, np.uint8), (255, np.uint32), (256, np.uint32)])
def test_a_word_may_be_in_a_document_very_often(times: int, dtype: type[np.generic]) -> None:
    field, _ = invert([[([0] * times + [1], [])]], 0)
    assert field.freqs.dtype == dtype
    assert field.freqs.tolist() == [1, times]


def test_long_documents_and_many_documents_take_wider_numbers() -> None:
    long, _ = invert([[([0] + [1] * 65_536 + [0], [])]], 0)
    assert long.gaps is not None
    assert long.gaps.tolist() == [1] * 65_536 + [0, 65_537]
    many, _ = invert([[([0], [])] * 65_537], 0)
    assert many.doc_ids.tolist() == list(range(65_537))


byte_strings = st.lists(st.binary(max_size=20) | st.text("ab\0", max_size=20).map(str.encode), max_size=40)


@settings(max_examples=200, deadline=None)
@given(byte_strings, byte_strings)
def test_strings_are_ranked_and_taken_as_python_does(one: list[bytes], other: list[bytes]) -> None:
    strings = Strings.joined([Strings.of(one), Strings.of(other)])
    assert strings.to_list() == one + other
    ranked = rank(strings)
    distinct = sorted({*one, *other})
    assert strings.take(ranked.firsts).to_list() == distinct
    assert [distinct[place] for place in ranked.ranks.tolist()] == one + other
    firsts = ranked.firsts.tolist()
    assert firsts == [(one + other).index(string) for string in distinct]
