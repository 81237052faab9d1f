"""The kernels of searching, each held equal to the slow and obvious."""

from __future__ import annotations

import fnmatch
import re
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from whoosh.support.levenshtein import levenshtein

from index.codec.kernels import addresses as at
from index.codec.kernels import lists, parts, phrases, scoring, sets, terms, top_k
from index.codec.packing import pack
from index.codec.searching.plan import Top
from index.codec.searching.segment_table import address_of

Generator = np.random.Generator
# numba's hints do not know of arguments that are unpacked.
search_plan: Any = scoring.search_plan
match_phrase: Any = phrases.match_phrase
add_doc_freqs: Any = terms.add_doc_freqs
add_parts: Any = parts.add_parts
clear_sums: Any = parts.clear_sums
set_bits_of_parts: Any = parts.set_bits_of_parts


def read_only(*arrays: Any) -> list[Any]:
    """Return arrays as those of a segment are."""
    for array in arrays:
        array.flags.writeable = False
    return list(arrays)


untimed = settings(deadline=None)  # a kernel may have to be compiled first

# --- the table of segments


def test_the_layout_of_the_table_is_raised_with_every_change() -> None:
    columns = {name: value for name, value in vars(at).items() if name.isupper() and isinstance(value, int)}
    # Compiled kernels are kept, and would go on reading the columns that they know.
    assert zlib.crc32(repr(sorted(columns.items())).encode()) == 3919781411, "Raise LAYOUT, and this."


@pytest.mark.parametrize(("module", "expected"), [(top_k, 475617986), (lists, 649326730)], ids=["top_k", "lists"])
def test_the_version_of_what_other_kernels_call_is_raised_with_every_change(module: ModuleType, expected: int) -> None:
    code = Path(str(module.__file__)).read_text(encoding="utf-8").partition("def check_version")[2]
    # The kernels of scoring are kept compiled, with these functions as they were then.
    assert zlib.crc32(code.encode()) == expected, "Raise VERSION, and this."


# --- scoring


def lay_out_segment(
    num_docs: int, base: int, doc_ids: Any, freqs: Any, lengths: Any, norms: Any, dropped: Any, aside: Any = ()
) -> tuple[Any, list[Any]]:
    """Return a row of a table of segments, and the arrays that have to live as long."""
    high = np.flatnonzero(freqs >= scoring.OVERFLOW)
    arrays = read_only(doc_ids, np.minimum(freqs, scoring.OVERFLOW).astype(np.uint8), high, freqs[high], dropped, norms)
    arrays += read_only(np.array(aside, np.uint32), *map(np.array, lengths))
    row = np.zeros(at.NUM_COLUMNS, np.int64)
    row[[at.BASE, at.NUM_DOCS, at.NUM_POSTINGS]] = base, num_docs, doc_ids.size
    row[[at.DOC_ID_SIZE, at.NUM_FREQ_PLACES, at.NUM_DROPPED]] = doc_ids.itemsize, high.size, dropped.size
    row[at.NUM_ASIDE] = len(aside)
    columns = [at.DOC_IDS, at.FREQS, at.FREQ_PLACES, at.FREQ_VALUES, at.DROPPED, at.NORMS, at.ASIDE]
    row[columns + [at.LENGTHS + number for number in range(len(lengths))]] = [address_of(array) for array in arrays]
    return row, arrays


class Postings:
    """Made postings of some terms in two fields, with a dense oracle."""

    def __init__(self, generator: Generator, num_docs: int, doc_freqs: list[int], dtype: Any) -> None:
        chosen = [np.sort(generator.choice(num_docs, size, replace=False)) for size in doc_freqs]
        self.num_docs = num_docs
        self.starts = np.cumsum([0, *map(len, chosen)])
        self.doc_ids = np.concatenate([*chosen, np.empty(0, np.int64)]).astype(dtype)
        self.freqs = generator.geometric(0.3, len(self.doc_ids))
        self.freqs[generator.integers(0, len(self.freqs), len(self.freqs) // 10)] += 250
        self.lengths = generator.integers(1, 200, (3, num_docs)).astype(np.uint8)
        self.norms = np.ones((3, 257), np.float32)
        self.norms[0, :256] = 1.2 * (0.25 + 0.75 * np.arange(256) / 90)
        self.norms[1, 256] = 0  # scores its frequencies as they are
        self.norms[2, :256] = 0.6 * (0.5 + 0.5 * np.arange(256) / 30)

    def search(
        self, plan: NDArray[np.float64], num_clauses: int, dropped: Any, listed: Any, top: Top, num_segments: int
    ) -> tuple[int, int]:
        """Search copies of the segment, numbered from 1000 on."""
        rows, kept = [], []
        for number in range(num_segments):
            row, arrays = lay_out_segment(
                self.num_docs,
                1000 + number * self.num_docs,
                self.doc_ids,
                self.freqs,
                self.lengths,
                self.norms,
                dropped,
                listed,
            )
            rows.append(row)
            kept += arrays
        words = np.zeros((len(plan), num_segments, at.WORD_COLUMNS), np.int64)
        words[:, :, at.START], words[:, :, at.STOP] = plan[:, :1], plan[:, 1:2]
        addresses = [address_of(word) for word in words]
        result: tuple[int, int] = search_plan(
            np.column_stack([addresses, plan[:, 2:]]).reshape(-1), num_clauses, np.array(rows), 0, num_segments,
            top.scores, top.doc_ids, 0, True, top.aside,
        )  # fmt: skip
        return result

    def score(self, plan: NDArray[np.float64], dropped: NDArray[np.bool_]) -> dict[int, float]:
        """Score all that match, a word at a time over all articles."""
        norms, lengths = self.norms, self.lengths
        sums, before = np.zeros(self.num_docs), np.zeros(self.num_docs)
        passed: dict[float, NDArray[np.bool_]] = {}
        for start, stop, number, clause, weight, mate in plan.tolist():
            row, postings = int(number), slice(int(start), int(stop))
            ids, counts = self.doc_ids[postings], self.freqs[postings].astype(np.float64)
            ratios = np.zeros(self.num_docs)
            ratios[ids] = counts / norms[row, lengths[row, ids]]
            # With a mate, what both weigh is added up before it saturates.
            both, one = (ratios + before, before) if mate else (ratios, np.zeros(self.num_docs))
            sums += weight * (both / (norms[row, 256] * both + 1) - one / (norms[row, 256] * one + 1))
            before = ratios
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
@pytest.mark.parametrize("is_mated", [False, True], ids=["apart", "mates"])
def test_plans_find_and_rank_what_a_dense_scan_does(
    clauses: list[list[int]], num_docs: int, dtype: Any, limit: int, is_mated: bool
) -> None:
    generator = np.random.default_rng(num_docs + limit)
    doc_freqs = [num_docs // 2, num_docs // 3, num_docs // 4, num_docs // 90, num_docs // 200, 1, 0]
    postings = Postings(generator, num_docs, doc_freqs, dtype)
    plan = np.array(
        [
            (*postings.starts[word : word + 2], place % 2 * 2, number, 1 + place // 2 % 5 / 2, place % 2)
            if is_mated
            else (*postings.starts[word : word + 2], place % 2, number, 1 + (word + place) % 5 / 2, 0)
            for number, clause in enumerate(clauses)
            for place, word in enumerate(clause)
        ],
        np.float64,
    )
    for bits in (np.zeros(0, bool), generator.random(num_docs) < 0.3):
        padded = np.zeros((num_docs + 63) // 64 * 64 if bits.size else 0, np.uint8)
        padded[: bits.size] = bits
        dropped = np.packbits(padded, bitorder="little").view(np.uint64)
        found = postings.score(plan, bits)
        for num_segments in (1, 3):
            expected = {
                1000 + number * num_docs + doc_id: score
                for number in range(num_segments)
                for doc_id, score in found.items()
            }
            for share in (0.0, 0.2):
                is_aside = generator.random(num_docs) < share
                of_aside = {
                    doc_id: expected[doc_id] for doc_id in sorted(expected) if is_aside[(doc_id - 1000) % num_docs]
                }
                others = {doc_id: score for doc_id, score in expected.items() if doc_id not in of_aside}
                top = Top.of(limit, num_segments * int(is_aside.sum()))
                listed = np.flatnonzero(is_aside)
                total, filled = postings.search(plan, len(clauses), dropped, listed, top, num_segments)
                assert total == len(others)
                assert filled == min(limit, total)
                check_ranking(top.doc_ids[:filled].tolist(), top.scores[:filled].tolist(), others)
                doc_ids, scores = top.set_aside()
                assert doc_ids.tolist() == list(of_aside)
                assert scores.tolist() == pytest.approx(list(of_aside.values()), rel=1e-5)


def check_ranking(ids: list[int], scores: list[float], expected: dict[int, float]) -> None:
    """Hold the best of some articles equal to what they should be."""
    found = list(zip(ids, scores, strict=True))
    assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
    assert scores == pytest.approx(sorted(expected.values(), reverse=True)[: len(scores)], rel=1e-5)
    assert [expected[doc_id] for doc_id in ids] == pytest.approx(scores, rel=1e-5)


@pytest.mark.parametrize("limit", [0, 1, 10, 300])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_sums_are_ranked(limit: int, share: float) -> None:
    generator = np.random.default_rng(limit)
    sums = np.zeros(20_032, np.float32)
    sums[:20_000] = np.maximum(generator.integers(-5, 6, 20_000), 0)
    listed = np.flatnonzero(generator.random(20_000) < share)
    dropped = read_only(generator.integers(0, 1 << 63, 313, np.uint64))[0]
    is_dropped = np.unpackbits(dropped.view(np.uint8), bitorder="little")
    expected = {doc_id + 7: float(sums[doc_id]) for doc_id in np.flatnonzero(sums * (1 - is_dropped)).tolist()}
    of_aside = {doc_id + 7: expected.pop(doc_id + 7) for doc_id in listed.tolist() if doc_id + 7 in expected}
    nothing = np.empty(0, np.int64)
    segment, _ = lay_out_segment(20_000, 7, nothing, nothing, [], np.ones((1, 257), np.float32), nothing, listed)
    top = Top.of(limit, listed.size)
    total, filled = scoring.rank_sums(sums, dropped, segment, top.scores, top.doc_ids, 0, True, top.aside)
    assert (total, filled) == (len(expected), min(limit, len(expected)))
    check_ranking(top.doc_ids.tolist(), top.scores.tolist(), expected)
    assert dict(zip(*(each.tolist() for each in top.set_aside()), strict=True)) == of_aside
    assert not sums.any()


@untimed
@given(st.lists(st.integers(0, 5), max_size=60), st.integers(0, 60), st.sampled_from([0, 1, 5, 200]))
def test_articles_are_put_among_the_best_where_they_belong(levels: list[int], first: int, limit: int) -> None:
    ids = np.random.default_rng(len(levels)).permutation(len(levels))
    scores = np.array(levels, np.float64)
    order = sorted(ids[:first].tolist(), key=lambda doc_id: (-levels[doc_id], doc_id))[:limit]
    top = Top.of(limit)
    top.doc_ids[: len(order)], top.scores[: len(order)] = order, scores[order]
    filled = top_k.insert(ids[first:], scores[ids[first:]], top.scores, top.doc_ids, len(order))
    expected = sorted(range(len(levels)), key=lambda doc_id: (-levels[doc_id], doc_id))[:limit]
    assert top.doc_ids[:filled].tolist() == expected
    assert top.scores[:filled].tolist() == [levels[doc_id] for doc_id in expected]


@untimed
@given(st.lists(st.integers(0, 5), max_size=400), st.sampled_from([0, 1, 5, 200]))
def test_the_best_are_the_first_of_equals(levels: list[int], limit: int) -> None:
    scores = np.array(levels, np.float64)
    ids = np.arange(len(levels), dtype=np.uint32)
    top_scores, top_ids = np.empty(limit), np.empty(limit, np.int64)
    half = len(levels) // 2
    filled = top_k.select_top_k(ids[:half], scores[:half], half, 0, top_scores, top_ids, 0, False)
    rest = len(levels) - half
    filled = top_k.select_top_k(ids[:rest], scores[half:], rest, half, top_scores, top_ids, filled, True)
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
    gaps = [gap for positions in all_positions for gap in np.diff(positions, prepend=0)]
    packed = pack(np.array(gaps))
    values = packed.overflow_values.astype(np.uint16)
    dropped = np.full((num_docs + 63) // 64, np.uint64(1) << np.uint64(3))
    row, _arrays = lay_out_segment(
        num_docs,
        1000,
        np.array([doc_id for postings in lists for doc_id in postings], np.uint16 if num_words == 300 else np.uint32),
        np.array([len(positions) for positions in all_positions]),
        [np.ones(num_docs, np.uint8)],
        np.ones((1, 257), np.float32),
        dropped,
    )
    places = packed.overflow_places.astype(np.uint32)
    row[[at.POSITIONS, at.NUM_POSITIONS, at.POSITION_WIDTH]] = address_of(packed.words), packed.words.size, packed.width
    row[[at.POSITION_PLACES, at.NUM_POSITION_PLACES, at.POSITION_PLACE_SIZE]] = address_of(places), places.size, 4
    row[[at.POSITION_VALUES, at.POSITION_VALUE_SIZE]] = address_of(values), 2
    starts = np.cumsum([0, *map(len, lists)])
    position_starts = np.cumsum([0, *(sum(map(len, postings.values())) for postings in lists)])
    tables = np.column_stack([np.arange(num_words), starts[:-1], starts[1:], position_starts[:-1]])
    for _ in range(25):
        words = (generator.random(generator.integers(1, 4)) ** 3 * num_words).astype(int).tolist()
        slop = int(generator.integers(1, 4))
        room = min(len(lists[word]) for word in words)
        ids, scores = np.empty(room, np.uint32), np.empty(room)
        plan = np.array([number for word in words for number in (address_of(tables[word]), 0, 2.0)])
        count = match_phrase(plan, slop, row[np.newaxis], 0, 1, ids, scores)
        expected = [
            doc_id
            for doc_id in sorted(set.intersection(*(set(lists[word]) for word in words)))
            if follows([lists[word][doc_id] for word in words], slop) and doc_id % 64 != 3
        ]
        assert ids[:count].tolist() == [1000 + doc_id for doc_id in expected]
        freqs = [[len(lists[word][doc_id]) for word in words] for doc_id in expected]
        assert scores[:count] == pytest.approx([sum(2 * freq / (freq + 1) for freq in each) for each in freqs])


# --- parts


@untimed
@given(st.dictionaries(st.integers(0, 199), st.integers(1, 9)))
def test_sums_are_listed(expected: dict[int, int]) -> None:
    sums, ids, scores = np.zeros(200, np.float32), np.empty(201, np.uint32), np.empty(201)
    sums[list(expected)] = list(expected.values())
    count = parts.list_sums(sums, ids, scores)
    assert list(zip(ids[:count].tolist(), scores[:count].tolist(), strict=True)) == sorted(expected.items())


@pytest.mark.parametrize(("num_postings", "dtype"), [(30, np.uint16), (66_000, np.uint32)])
def test_parts_are_the_articles_that_were_kept(num_postings: int, dtype: Any) -> None:
    generator = np.random.default_rng(num_postings)
    doc_ids = np.sort(generator.choice(num_postings * 2, num_postings, replace=False)).astype(dtype)
    chosen, kept = [], []
    for share in (1.0, 0.5, 2 / num_postings, 0.001, 0.9):
        size = max(1, int(num_postings * share))
        ordinals = np.sort(generator.choice(num_postings, size, replace=False))
        listed = ordinals.astype("<u2" if num_postings <= 1 << 16 else "<u4").tobytes()
        bitmap = np.packbits(np.isin(np.arange(num_postings), ordinals), bitorder="little").tobytes()
        chosen.append(set(doc_ids[ordinals].tolist()))
        kept.append(b"" if size == num_postings else min(bitmap, listed, key=len))
    arrays = read_only(
        np.zeros(5, np.uint32),
        np.cumsum([0, *map(len, kept)]).astype(np.uint32),
        np.frombuffer(b"".join(kept), np.uint8),
        np.array([0, num_postings], np.uint32),
        doc_ids,
    )
    num_docs = num_postings * 2
    for terms_of_query in ([0], [1], [2], [3], [4], [1, 2, 4], []):
        terms_array = np.array(terms_of_query, np.int64)
        counts = np.zeros(num_docs, np.float32)
        for term in terms_of_query:
            counts[list(chosen[term])] += 2.0
        sums, words = np.zeros(num_docs, np.float32), np.zeros((num_docs + 63) // 64, np.uint64)
        add_parts(terms_array, *arrays, 2.0, sums)
        assert np.array_equal(sums, counts)
        set_bits_of_parts(terms_array, *arrays, words)
        bits = np.unpackbits(words.view(np.uint8), bitorder="little")[:num_docs]
        assert np.array_equal(bits, counts > 0)
        dropped = np.where(np.arange(words.size) % 3 == 0, 0, 2).astype(np.uint64)
        clear_sums(sums, read_only(dropped)[0])
        is_dropped = (np.arange(num_docs) % 64 == 1) & (np.arange(num_docs) // 64 % 3 > 0)
        assert np.array_equal(sums, np.where(is_dropped, 0, counts))


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


@untimed
@given(TEXTS, TEXTS, st.text("abé𝄞", max_size=3))
def test_words_are_found_in_all_segments(texts: list[str], others: list[str], key: str) -> None:
    rows, kept, bounds, expected = [], [], [], []
    for which, dtype in ((texts, np.uint32), (others, np.uint64)):
        ordered, term_bytes, term_offsets = lay_out(set(which))
        arrays = [
            term_bytes,
            term_offsets.astype(dtype),
            (np.arange(len(ordered) + 1) ** 2).astype(dtype),
            (np.arange(len(ordered)) * 3).astype(dtype),  # the last has no positions
        ]
        kept += arrays
        row = np.zeros(at.NUM_COLUMNS, np.int64)
        columns = [at.TERM_BYTES, at.TERM_OFFSETS, at.POSTING_STARTS, at.POSITION_STARTS]
        row[columns] = [address_of(array) for array in arrays]
        row[[at.OFFSET_SIZE, at.POSTING_START_SIZE, at.POSITION_START_SIZE]] = arrays[1].itemsize
        row[[at.NUM_POSTING_STARTS, at.NUM_POSITION_STARTS]] = len(ordered) + 1, len(ordered)
        rows.append(row)
        bounds.append((0, len(ordered)))
        place = ordered.index(key) if key in ordered else -1
        position = 3 * place if 0 <= place < len(ordered) - 1 else 0
        expected.append([place, place**2, (place + 1) ** 2, position] if place >= 0 else [-1, 0, 0, 0])
    table, word = np.array(rows), np.empty((2, at.WORD_COLUMNS), np.int64)
    doc_freq = terms.find_word(table, np.array(bounds, np.int64), key.encode(), word)
    assert word.tolist() == expected
    assert doc_freq == sum(stop - start for _, start, stop, _ in expected)
    positions = [
        3 if term >= 0 and term + 1 < end else 0 for (term, *_), (_, end) in zip(expected, bounds, strict=True)
    ]
    assert terms.count_positions(table, word) == sum(positions)


@untimed
@given(TEXTS, st.text("abé*?", max_size=6), st.booleans())
def test_globs_match_as_the_standard_library_does(texts: list[str], pattern: str, are_surfaces: bool) -> None:
    ordered, term_bytes, term_offsets = lay_out({*texts, *(f"{text}\0{text[1:]}" for text in texts)})
    found = np.empty(len(ordered), np.int64)
    count = terms.find_globs(term_bytes, term_offsets, 0, len(ordered), are_surfaces, pattern.encode(), found)
    matches = re.compile(fnmatch.translate(pattern)).match
    counted = [text.partition("\0")[0] if are_surfaces else text for text in ordered]
    assert found[:count].tolist() == [place for place, text in enumerate(counted) if matches(text)]


@untimed
@given(TEXTS, st.text("abé𝄞", max_size=5), st.integers(0, 3), st.integers(0, 2), st.booleans())
def test_fuzzy_terms_are_within_their_distance(
    texts: list[str], word: str, limit: int, prefix_size: int, are_surfaces: bool
) -> None:
    prefix, rest = word[:prefix_size], word[prefix_size:]
    ordered, term_bytes, term_offsets = lay_out({prefix + text + end for text in texts for end in ("", "\0ab")})
    found, room = np.empty(len(ordered), np.int64), len(rest) + limit + 1
    codes = np.array([ord(character) for character in rest], np.uint32)
    count = terms.find_fuzzy(
        term_bytes, term_offsets, 0, len(ordered), are_surfaces, len(prefix.encode()), codes, limit,
        np.empty(room, np.uint32), np.empty(room, np.int64), found,
    )  # fmt: skip
    counted = [text.partition("\0")[0] if are_surfaces else text for text in ordered]
    expected = [
        place for place, text in enumerate(counted) if levenshtein(text[len(prefix) :], rest, limit=None) <= limit
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
