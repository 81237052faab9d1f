"""The kernels of searching, each held equal to the slow and obvious."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from whoosh.support.levenshtein import levenshtein

from index.codec.kernels import phrases, scoring, sets, terms

Generator = np.random.Generator
# numba's hints do not know of arguments that are unpacked.
search_plan: Any = scoring.search_plan
match_phrase: Any = phrases.match_phrase
add_doc_freqs: Any = terms.add_doc_freqs


def read_only(*arrays: Any) -> list[Any]:
    """Return arrays as those of a segment are."""
    for array in arrays:
        array.flags.writeable = False
    return list(arrays)


untimed = settings(deadline=None)  # a kernel may have to be compiled first

# --- scoring


class Postings:
    """Made postings of some terms in two fields, with a dense oracle."""

    def __init__(self, generator: Generator, num_docs: int, doc_freqs: list[int], dtype: Any) -> None:
        chosen = [np.sort(generator.choice(num_docs, size, replace=False)) for size in doc_freqs]
        self.num_docs = num_docs
        starts = np.cumsum([0, *map(len, chosen)])
        doc_ids = np.concatenate([*chosen, np.empty(0, np.int64)]).astype(dtype)
        freqs = generator.geometric(0.3, len(doc_ids)).astype(np.uint16)
        lengths = generator.integers(1, 200, (2, num_docs)).astype(np.uint8)
        norms = np.ones((2, 257), np.float32)
        norms[0, :256] = 1.2 * (0.25 + 0.75 * np.arange(256) / 90)
        norms[1, 256] = 0  # scores its frequencies as they are
        self.starts = starts
        self.arrays = read_only(doc_ids, freqs, lengths, norms)

    def score(self, plan: NDArray[np.float64], dropped: NDArray[np.bool_]) -> dict[int, float]:
        """Score all that match, a word at a time over all articles."""
        doc_ids, freqs, lengths, norms = self.arrays
        sums = np.zeros(self.num_docs)
        passed: dict[float, NDArray[np.bool_]] = {}
        for start, stop, number, clause, weight in plan.reshape(-1, 5).tolist():
            row, postings = int(number), slice(int(start), int(stop))
            ids, counts = doc_ids[postings], freqs[postings].astype(np.float64)
            sums[ids] += weight * counts / (norms[row, 256] * counts + norms[row, lengths[row, ids]])
            passed.setdefault(clause, np.zeros(self.num_docs, bool))[ids] = True
        matches = np.all(list(passed.values()), axis=0)
        if dropped.size:
            matches &= ~dropped
        return {int(doc_id): float(sums[doc_id]) for doc_id in np.flatnonzero(matches)}


PLANS = {
    "one word": [[3]],
    "a common word": [[0]],
    "a word in no article": [[6]],
    "few of any": [[3, 4]],
    "any": [[0, 1, 3]],
    "any of one twice": [[1, 1]],
    "any of many": [list(range(6)) * 30],
    "all": [[0], [1]],
    "all of the common": [[0], [1], [2], [0]],
    "all, one rare": [[0], [4], [1]],
    "all, one without articles": [[0], [6]],
    "both in either field": [[3, 0], [4, 1]],
    "both common in either field": [[2, 0], [0, 1]],
    "rare in one field, common in another": [[4, 0], [5, 1], [3]],
}


@pytest.mark.parametrize("clauses", PLANS.values(), ids=PLANS.keys())
@pytest.mark.parametrize(("num_docs", "dtype"), [(20_000, np.uint16), (70_000, np.uint32), (90, np.uint16)])
@pytest.mark.parametrize("limit", [0, 1, 10, 300])
def test_plans_find_and_rank_what_a_dense_scan_does(
    clauses: list[list[int]], num_docs: int, dtype: Any, limit: int
) -> None:
    generator = np.random.default_rng(num_docs + limit)
    doc_freqs = [num_docs // 2, num_docs // 3, num_docs // 4, num_docs // 90, num_docs // 200, 1, 0]
    postings = Postings(generator, num_docs, doc_freqs, dtype)
    plan = np.array(
        [
            (*postings.starts[word : word + 2], place % 2, number, 1 + (word + place) % 5 / 2)
            for number, clause in enumerate(clauses)
            for place, word in enumerate(clause)
        ],
        np.float64,
    ).reshape(-1)
    for bits in (np.zeros(0, bool), generator.random(num_docs) < 0.3):
        padded = np.zeros((num_docs + 63) // 64 * 64 if bits.size else 0, np.uint8)
        padded[: bits.size] = bits
        dropped = np.packbits(padded, bitorder="little").view(np.uint64)
        expected = postings.score(plan, bits)
        top_scores, top_ids = np.empty(limit), np.empty(limit, np.int64)
        total, filled = search_plan(
            plan, len(clauses), *postings.arrays, 1000, *read_only(dropped), top_scores, top_ids, 0, True
        )
        assert total == len(expected)
        assert filled == min(limit, total)
        found = list(zip(top_ids[:filled].tolist(), top_scores[:filled].tolist(), strict=True))
        assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
        assert [score for _, score in found] == pytest.approx(
            sorted(expected.values(), reverse=True)[:filled], rel=1e-5
        )
        assert [expected[doc_id - 1000] for doc_id, _ in found] == pytest.approx(
            [score for _, score in found], rel=1e-5
        )


@untimed
@given(st.lists(st.integers(0, 5), max_size=400), st.sampled_from([0, 1, 5, 200]))
def test_the_best_are_the_first_of_equals(levels: list[int], limit: int) -> None:
    scores = np.array(levels, np.float64)
    ids = np.arange(len(levels), dtype=np.uint32)
    top_scores, top_ids = np.empty(limit), np.empty(limit, np.int64)
    half = len(levels) // 2
    filled = scoring.select_top_k(ids[:half], scores[:half], half, 0, top_scores, top_ids, 0, False)
    rest = len(levels) - half
    filled = scoring.select_top_k(ids[:rest], scores[half:], rest, half, top_scores, top_ids, filled, True)
    assert top_ids[:filled].tolist() == sorted(range(len(levels)), key=lambda doc_id: (-levels[doc_id], doc_id))[:limit]


# --- phrases


def follows(occurrences: list[list[int]], slop: int) -> bool:
    """Say whether the words of a phrase follow one another, as Whoosh defines it."""
    ends = set(occurrences[0])
    for positions in occurrences[1:]:
        ends = {position for position in positions if any(position - step in ends for step in range(1, slop + 1))}
    return bool(ends)


@pytest.mark.parametrize(
    ("num_docs", "num_words", "longest"),
    [(30, 3, 30), (9000, 8, 9), (9000, 300, 9), (40, 2, 9000)],
)
def test_phrases_are_found_as_their_definition_says(num_docs: int, num_words: int, longest: int) -> None:
    generator = np.random.default_rng(num_docs + num_words)
    texts = [
        ((generator.random(generator.integers(1, longest)) ** 2) * num_words).astype(int).tolist()
        for _ in range(num_docs)
    ]
    lists: list[dict[int, list[int]]] = [{} for _ in range(num_words)]
    for doc_id, text in enumerate(texts):
        for position, word in enumerate(text):
            lists[word].setdefault(doc_id, []).append(position)
    all_positions = [positions for postings in lists for positions in postings.values()]
    arrays = read_only(
        np.cumsum([0, *map(len, lists)]),
        np.array([doc_id for postings in lists for doc_id in postings], np.uint16 if num_words == 300 else np.uint32),
        np.array([len(positions) for positions in all_positions], np.uint16),
        np.cumsum([0, *(sum(map(len, postings.values())) for postings in lists)]),
        np.array([position for positions in all_positions for position in positions], np.uint16),
    )
    for _ in range(25):
        words = (generator.random(generator.integers(1, 4)) ** 3 * num_words).astype(np.int64)
        slop = int(generator.integers(1, 4))
        room = min(len(lists[word]) for word in words) + 1
        ids, places = np.empty(room, np.uint32), np.empty((len(words), room), np.int64)
        dropped = read_only(np.full((num_docs + 63) // 64, np.uint64(1) << np.uint64(3)))[0]
        count = match_phrase(words, slop, *arrays, dropped, ids, places, np.empty_like(places))
        expected = [
            doc_id
            for doc_id in sorted(set.intersection(*(set(lists[word]) for word in words)))
            if follows([lists[word][doc_id] for word in words], slop) and doc_id % 64 != 3
        ]
        assert ids[:count].tolist() == expected
        for number in range(len(words)):
            assert arrays[1][places[number, :count]].tolist() == expected


# --- terms

TEXTS = st.lists(st.text("abé𝄞", max_size=5), max_size=20)


def lay_out(texts: set[str]) -> tuple[list[str], Any, Any]:
    """Return terms in order of their bytes, and as the arrays of a segment."""
    encoded = sorted(text.encode() for text in texts)
    term_bytes = np.frombuffer(b"".join(encoded) + b"\0", np.uint8)
    term_offsets = np.cumsum([0, *map(len, encoded)])
    return [text.decode() for text in encoded], *read_only(term_bytes, term_offsets)


@untimed
@given(TEXTS, st.text("abé𝄞", max_size=3))
def test_terms_are_found_by_their_bytes(texts: list[str], key: str) -> None:
    ordered, term_bytes, term_offsets = lay_out(set(texts))
    encoded = [text.encode() for text in ordered]
    found = terms.find_term(term_bytes, term_offsets, 0, len(ordered), key.encode())
    place = sum(text < key.encode() for text in encoded)
    assert found == (place if key in ordered else ~place)
    end = terms.find_prefix_end(term_bytes, term_offsets, place, len(ordered), key.encode())
    assert ordered[place:end] == [text for text in ordered if text.startswith(key)]
    posting_starts = np.arange(len(ordered) + 1) ** 2
    word = terms.find_word(term_bytes, term_offsets, posting_starts, 0, len(ordered), key.encode())
    assert word == ((place, place**2, (place + 1) ** 2) if key in ordered else (-1, 0, 0))


@untimed
@given(TEXTS, st.text("abé*?", max_size=6))
def test_globs_match_as_the_standard_library_does(texts: list[str], pattern: str) -> None:
    ordered, term_bytes, term_offsets = lay_out(set(texts))
    found = np.empty(len(ordered), np.int64)
    count = terms.find_globs(term_bytes, term_offsets, 0, len(ordered), pattern.encode(), found)
    matches = re.compile(fnmatch.translate(pattern)).match
    assert found[:count].tolist() == [place for place, text in enumerate(ordered) if matches(text)]


@untimed
@given(TEXTS, st.text("abé𝄞", max_size=5), st.integers(0, 3), st.integers(0, 2))
def test_fuzzy_terms_are_within_their_distance(texts: list[str], word: str, limit: int, prefix_size: int) -> None:
    prefix, rest = word[:prefix_size], word[prefix_size:]
    ordered, term_bytes, term_offsets = lay_out({prefix + text for text in texts})
    found, room = np.empty(len(ordered), np.int64), len(rest) + limit + 1
    codes = np.array([ord(character) for character in rest], np.uint32)
    count = terms.find_fuzzy(
        term_bytes, term_offsets, 0, len(ordered), len(prefix.encode()), codes, limit,
        np.empty(room, np.uint32), np.empty(room, np.int64), found,
    )  # fmt: skip
    expected = [
        place for place, text in enumerate(ordered) if levenshtein(text[len(prefix) :], rest, limit=None) <= limit
    ]
    assert found[:count].tolist() == expected


@untimed
@given(TEXTS, TEXTS)
def test_document_frequencies_are_added_up_over_segments(texts: list[str], others: list[str]) -> None:
    ordered, *arrays = lay_out(set(texts))
    other_ordered, *other_arrays = lay_out(set(others))
    other_starts = np.arange(len(other_ordered) + 1) ** 2
    doc_freqs = np.full(len(ordered), 5)
    add_doc_freqs(*arrays, 0, len(ordered), *other_arrays, 0, len(other_ordered), other_starts, doc_freqs)
    expected = [5 + (2 * other_ordered.index(text) + 1 if text in other_ordered else 0) for text in ordered]
    assert doc_freqs.tolist() == expected


# --- sets

SETS = st.sets(st.integers(0, 199))


def as_list(doc_ids: set[int], factor: float) -> tuple[Any, Any]:
    ids = np.array(sorted(doc_ids), np.uint32)
    return ids, ids * factor + 1


def as_words(doc_ids: set[int]) -> Any:
    words = np.zeros(4, np.uint64)
    ids = np.array(sorted(doc_ids), np.uint32)
    sets.set_bits(ids, 0, ids.size, words)
    return words


@untimed
@given(SETS, SETS)
def test_lists_and_bitmaps_do_what_sets_do(one: set[int], other: set[int]) -> None:
    ids, scores = as_list(one, 1)
    other_ids, other_scores = as_list(other, 1000)
    out_ids, out_scores = np.empty(200, np.uint32), np.empty(200)
    if other:
        count = sets.intersect_lists(ids, scores, other_ids, other_scores, out_ids, out_scores)
        assert dict(zip(out_ids[:count].tolist(), out_scores[:count].tolist(), strict=True)) == {
            doc_id: 1001 * doc_id + 2 for doc_id in one & other
        }
        added = scores.copy()
        sets.add_scores(ids, other_ids, other_scores, added)
        assert added.tolist() == [doc_id + 1 + (1000 * doc_id + 1) * (doc_id in other) for doc_id in sorted(one)]
    words = as_words(other)
    for is_wanted in (True, False):
        count = sets.filter_list(ids, scores, words, is_wanted, out_ids, out_scores)
        kept = sorted(one & other if is_wanted else one - other)
        assert out_ids[:count].tolist() == kept
        assert out_scores[:count].tolist() == [doc_id + 1 for doc_id in kept]
    added = scores.copy()
    sets.add_where(ids, words, 7.0, added)
    assert added.tolist() == [doc_id + 1 + 7 * (doc_id in other) for doc_id in sorted(one)]
    listed = np.empty(264, np.uint32)
    assert listed[: sets.list_bits(words, listed)].tolist() == sorted(other)


@untimed
@given(SETS, SETS)
def test_sums_are_scattered_and_gathered(one: set[int], other: set[int]) -> None:
    sums, words = np.zeros(200), np.zeros(4, np.uint64)
    for doc_ids, factor in ((one, 1), (other, 1000)):
        sets.scatter_list(*as_list(doc_ids, factor), sums, words)
    ids = np.array(sorted(one | other), np.uint32)
    scores = np.empty(ids.size)
    sets.gather_sums(ids, 2.0, sums, scores)
    expected = [
        2 * ((doc_id + 1) * (doc_id in one) + (1000 * doc_id + 1) * (doc_id in other)) for doc_id in ids.tolist()
    ]
    assert scores.tolist() == expected
    assert not sums.any()
    assert words.tolist() == as_words(one | other).tolist()
