"""Searching a set at a time is held equal to Whoosh's generic path and to a naive scan, on random indexes and trees."""

from __future__ import annotations

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh import query

from index.codec.searching.expansion import SMALL_SEGMENT
from index.codec.searching.weighting import WhooshWeighting
from tests.index.codec.made_segments import Document, Index, make_index

WORDS = ["a", "ab", "abc", "b", "ba", "bé", "c", "cab", "d"]
TEXT_FIELDS = ["title", "body", "tag", "stem", "surface"]
MANY = " ".join(["ab", "c"] * 200)  # frequencies and positions beyond what has room for them
DAYS = [dt.datetime(2017, 1, day, tzinfo=None) for day in range(1, 6)]  # noqa: DTZ001 -- Whoosh knows no time zones


# --- strategies


def documents() -> st.SearchStrategy[Document]:
    text = st.lists(st.sampled_from([*WORDS, *WORDS, MANY]), max_size=12).map(" ".join)
    return st.fixed_dictionaries(
        {},
        optional={
            "title": text,
            "body": text,
            "_body_boost": st.sampled_from([1.0, 2.5]),
            "tag": text,
            "stem": text,
            "number": st.integers(-20, 20),
            "plain": st.integers(-20, 20),
            "date": st.sampled_from(DAYS),
        },
    ).map(with_surfaces)


def with_surfaces(document: dict[str, Any]) -> Document:
    """Return a document with the words of its stems as written."""
    return {**document, "surface": document["stem"]} if "stem" in document else document


SEGMENTS = st.one_of(
    st.lists(st.lists(documents(), min_size=1, max_size=12), min_size=1, max_size=4),
    st.lists(st.lists(documents(), min_size=1, max_size=3), min_size=5, max_size=20),
)


BOOSTS = st.sampled_from([1.0, 1.0, 2.0, 0.5])


def leaves() -> st.SearchStrategy[Any]:
    fields, words = st.sampled_from(TEXT_FIELDS), st.sampled_from([*WORDS, "missing"])
    parts = st.sampled_from(["a", "b", "c", "ab", "x", ""])
    numbers = st.one_of(st.none(), st.integers(-25, 25))
    return st.one_of(
        st.builds(query.Term, fields, words, boost=BOOSTS),
        st.builds(query.Term, fields, words, boost=BOOSTS),
        st.builds(
            query.Phrase,
            st.sampled_from(["title", "body", "stem"]),
            st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
            slop=st.integers(1, 4),
            boost=BOOSTS,
        ),
        st.builds(query.Prefix, fields, parts, boost=BOOSTS, constantscore=st.booleans()),
        st.builds(
            query.Wildcard,
            fields,
            st.sampled_from(["*", "?", "a*", "*b", "?b*", "[ab]*", "b?", "*a*b*", "c"]),
            boost=BOOSTS,
            constantscore=st.booleans(),
        ),
        st.builds(query.Regex, fields, st.sampled_from([".*", "a.?", "[bc]a", "b"]), boost=BOOSTS),
        st.builds(
            query.FuzzyTerm,
            fields,
            st.sampled_from(["ab", "abd", "cab", "bé", "be"]),
            boost=BOOSTS,
            maxdist=st.integers(1, 2),
            prefixlength=st.integers(0, 2),
            constantscore=st.booleans(),
        ),
        st.builds(query.Variations, fields, st.sampled_from(["a", "ab"]), boost=BOOSTS),
        st.builds(
            query.TermRange,
            fields,
            st.one_of(st.none(), words),
            st.one_of(st.none(), words),
            st.booleans(),
            st.booleans(),
            boost=BOOSTS,
            constantscore=st.booleans(),
        ),
        st.builds(
            query.NumericRange,
            st.sampled_from(["number", "plain"]),
            numbers,
            numbers,
            st.booleans(),
            st.booleans(),
            boost=BOOSTS,
            constantscore=st.booleans(),
        ),
        st.builds(
            query.DateRange, st.just("date"), st.sampled_from(DAYS), st.sampled_from(DAYS), st.booleans(), st.booleans()
        ),
        st.builds(query.Every, st.one_of(st.none(), fields), boost=st.sampled_from([0, 1.0, 3.0])),
        st.just(query.NullQuery),
    )


def branches(trees: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(trees, min_size=1, max_size=4)
    return st.one_of(
        st.builds(query.And, several, boost=BOOSTS),
        st.builds(query.Or, several, boost=BOOSTS),
        st.builds(query.Not, trees),
        st.builds(query.AndNot, trees, trees),
        st.builds(query.AndMaybe, trees, trees),
        st.builds(query.Require, trees, trees),
        st.builds(query.Otherwise, trees, trees),
        st.builds(query.ConstantScoreQuery, trees, st.sampled_from([0, 1.0, 2.5])),
    )


TREES = st.recursive(leaves(), branches, max_leaves=8)


# --- the oracles


def has(tree: Any, *kinds: type) -> bool:
    return isinstance(tree, kinds) or any(has(subtree, *kinds) for subtree in tree.children())


def is_right_in_stock(tree: Any) -> bool:
    """Say whether stock's generic path gives what it says itself that it gives.

    Its AndNot lets the first article through. Its AndMaybe forgets the optional part after a skip, so it is right as
    the root alone. Its Not can find a deleted article, which makes Otherwise take the wrong side, and an outer Not pass
    over the article after it.
    """
    if has(tree, query.AndNot) or any(has(subtree, query.AndMaybe) for subtree in tree.children()):
        return False
    if has_nested_not(tree):
        return False
    return not (has(tree, query.Otherwise) and has(tree, query.Not))


def has_nested_not(tree: Any) -> bool:
    if type(tree) is query.Not and has(tree.query, query.Not):
        return True
    return any(has_nested_not(subtree) for subtree in tree.children())


def ask_stock(index: Index, tree: Any) -> dict[int, float]:
    """Return what Whoosh's generic path finds, and the scores."""
    found = index.stock.search(tree, limit=None)
    return {doc_id: score for score, doc_id in found.top_n if doc_id not in index.deleted}


def scan(index: Index, tree: Any) -> dict[int, float]:
    """Return what a tree finds by its definition, from what stock finds for the leaves."""
    match tree:
        case query.And(subqueries=[only]) | query.Or(subqueries=[only]):
            return scan(index, only)
        case query.And(subqueries=subtrees):
            parts = [scan(index, subtree) for subtree in subtrees]
            return {
                doc_id: tree.boost * sum(part[doc_id] for part in parts)
                for doc_id in (set.intersection(*map(set, parts)) if parts else ())
            }
        case query.Or(subqueries=subtrees):
            parts = [scan(index, subtree) for subtree in subtrees]
            return {doc_id: tree.boost * sum(part.get(doc_id, 0) for part in parts) for doc_id in set().union(*parts)}
        case query.AndNot(a=a, b=b):
            excluded = scan(index, b)
            return {doc_id: score for doc_id, score in scan(index, a).items() if doc_id not in excluded}
        case query.AndMaybe(a=a, b=b):
            more = scan(index, b)
            return {doc_id: score + more.get(doc_id, 0) for doc_id, score in scan(index, a).items()}
        case query.Require(a=a, b=b):
            required = scan(index, b)
            return {doc_id: score for doc_id, score in scan(index, a).items() if doc_id in required}
        case query.Otherwise(a=a, b=b):
            first, second = scan(index, a), scan(index, b)
            found: dict[int, float] = {}
            base = 0
            for segment in index.segments:
                here = range(base, base + len(segment))
                side = first if any(doc_id in first for doc_id in here) else second
                found |= {doc_id: side[doc_id] for doc_id in here if doc_id in side}
                base += len(segment)
            return found
        case query.Not():
            found = scan(index, tree.query)
            return {doc_id: 1.0 for doc_id in index.live() if doc_id not in found}
        case query.ConstantScoreQuery():
            return dict.fromkeys(scan(index, tree.child), tree.score or 1.0)
    return ask_stock(index, tree)


def check(index: Index, tree: Any, limits: tuple[int | None, ...] = (0, 1, 3, None)) -> None:
    """Hold a tree's results equal to those of the scan, and of stock where that is right."""
    searcher = index.columnar
    assert searcher.supports(tree)
    assert searcher.cost(tree) >= 0
    doc_ids, scores = searcher.match(tree)
    assert doc_ids.tolist() == sorted(doc_ids.tolist())
    found = dict(zip(doc_ids.tolist(), scores.tolist(), strict=True))
    assert found == pytest.approx(scan(index, tree), rel=1e-5)
    if is_right_in_stock(tree):
        assert found == pytest.approx(ask_stock(index, tree), rel=1e-5)
    ranked = sorted(zip((-scores).tolist(), doc_ids.tolist(), strict=True))
    for limit in limits:
        hits = searcher.search(tree, limit)
        assert hits.total == len(doc_ids)
        assert hits.doc_ids.tolist() == [doc_id for _, doc_id in ranked[:limit]]
        assert hits.scores.tolist() == [-score for score, _ in ranked[:limit]]


# --- tests


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(SEGMENTS, st.sets(st.integers(0, 47)), st.lists(TREES, min_size=1, max_size=4))
def test_any_tree_finds_what_stock_whoosh_and_a_scan_find(
    segments: list[list[Document]], deleted: set[int], trees: list[Any]
) -> None:
    index = make_index(segments, {doc_id for doc_id in deleted if doc_id < sum(map(len, segments))})
    for tree in trees:
        check(index, tree)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(SEGMENTS, st.sets(st.integers(0, 47)), st.sets(st.integers(0, 47)), st.lists(TREES, min_size=1, max_size=3))
def test_what_is_left_out_is_not_found_and_changes_nothing_else(
    segments: list[list[Document]], deleted: set[int], unwanted: set[int], trees: list[Any]
) -> None:
    num_docs = sum(map(len, segments))
    searcher = make_index(segments, {doc_id for doc_id in deleted if doc_id < num_docs}).columnar
    left_out = searcher.to_bitmaps(np.array(sorted(doc_id for doc_id in unwanted if doc_id < num_docs), np.int64))
    for tree in trees:
        everything = dict(zip(*(found.tolist() for found in searcher.match(tree)), strict=True))
        kept = {doc_id: score for doc_id, score in everything.items() if doc_id not in unwanted}
        doc_ids, scores = searcher.match(tree, left_out)
        assert doc_ids.tolist() == sorted(kept)
        assert dict(zip(doc_ids.tolist(), scores.tolist(), strict=True)) == pytest.approx(kept, rel=1e-5)
        hits = searcher.search(tree, 3, left_out)
        ranked = sorted(zip((-scores).tolist(), doc_ids.tolist(), strict=True))
        assert (hits.total, hits.doc_ids.tolist()) == (len(kept), [doc_id for _, doc_id in ranked[:3]])


@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(SEGMENTS, st.sampled_from([0.0, 0.5, 2.0]), st.sampled_from([0.0, 0.3, 1.0]), st.lists(TREES, min_size=1))
def test_the_parameters_of_bm25_are_whooshs(
    segments: list[list[Document]], k1: float, b: float, trees: list[Any]
) -> None:
    index = make_index(segments, set(), k1=k1, b=b, field_b={"title": 0.9})
    for tree in trees:
        check(index, tree)


@pytest.fixture(scope="module")
def large() -> Index:
    """An index of a segment in which Whoosh sums up many terms and one in which it does not."""
    generator = random.Random(5)
    words = [f"{first}{second}{third}" for first in "abcdefghij" for second in "abcdefghij" for third in "abcdefghijkl"]

    def make_document() -> Document:
        picked = [words[int(len(words) * generator.random() ** 3)] for _ in range(generator.randint(1, 12))]
        text = " ".join(picked)
        return {"title": text[:11], "body": text, "stem": text, "surface": text, "number": generator.randint(-500, 500)}

    sizes = (SMALL_SEGMENT + 900, 300)
    deleted = set(generator.sample(range(sum(sizes)), 200))
    return make_index([[make_document() for _ in range(size)] for size in sizes], deleted)


def in_both(word: str) -> Any:
    return query.Or([query.Term("title", word, boost=2.0), query.Term("body", word)])


LARGE_TREES = [
    query.Term("body", "aaa"),
    query.Or([query.Term("body", word) for word in ("aaa", "abc", "caj")]),
    query.Or([query.Term("body", word) for word in ("gag", "hej")]),
    query.And([query.Term("body", word) for word in ("aaa", "aab")]),
    query.And([query.Term("body", word) for word in ("aaa", "caj", "aab")]),
    query.And([in_both("aaa"), in_both("aac")]),
    query.And([in_both("aaa"), in_both("hej")]),
    query.Or([in_both("aaa"), in_both("hej")], boost=3.0),
    query.Phrase("body", ["aaa", "aab"]),
    query.Phrase("body", ["aaa", "aab"], boost=1e-50),  # beyond float32, in which the kernels add
    query.Phrase("body", ["aaa", "aab", "aaa"], slop=4, boost=2.0),
    query.Prefix("body", "a", boost=2.0),
    query.Prefix("title", "caj"),
    query.Prefix("body", ""),
    query.Wildcard("body", "*"),
    query.Wildcard("body", "?a?"),  # 120 terms
    query.Wildcard("body", "???"),  # 1,200: more than Whoosh sums up
    query.Wildcard("body", "???", constantscore=False, boost=0.5),
    query.FuzzyTerm("body", "aaa", maxdist=2),
    query.And([query.Wildcard("body", "???"), query.Prefix("title", "b"), in_both("aaa")]),
    query.Require(in_both("aaa"), query.NumericRange("number", -100, None)),
    query.Require(query.Phrase("body", ["aaa", "aaa"], slop=3), query.NumericRange("number", -100, None)),
    query.Require(query.Every(), query.Not(query.Prefix("body", "a"))),
    query.Require(query.And([query.Prefix("body", "a"), query.Every()]), query.Term("body", "aaa")),
    query.And([query.NumericRange("number", 0, 400), query.Not(query.Term("body", "aaa"))]),
    query.Prefix("surface", "ca", boost=2.0),
    query.Wildcard("surface", "?a?"),
    query.And([query.Prefix("surface", "c"), query.Term("surface", "aab")]),
    query.Require(in_both("aaa"), query.Prefix("surface", "c")),
    query.Or([query.Prefix("surface", "c", boost=2.0), query.Prefix("surface", "ca")], boost=0.5),
    query.And([query.Prefix("surface", "c"), query.Prefix("surface", "a"), query.Not(query.Term("surface", "aab"))]),
    query.Every("surface"),
]


@pytest.mark.parametrize("tree", LARGE_TREES, ids=str)
def test_what_depends_on_size_is_right_on_both_sides(large: Index, tree: Any) -> None:
    check(large, tree, limits=(1, 10, 500, None))


def test_threads_share_a_searcher(large: Index) -> None:
    def run(_: int) -> list[tuple[int, list[int]]]:
        found = [large.columnar.search(tree) for tree in LARGE_TREES]
        return [(hits.total, hits.doc_ids.tolist()) for hits in found]

    expected = run(0)
    with ThreadPoolExecutor(4) as threads:
        assert all(answer == expected for answer in threads.map(run, range(12)))


@pytest.mark.parametrize("tree", LARGE_TREES, ids=str)
def test_the_cost_of_a_query_bounds_what_it_finds(large: Index, tree: Any) -> None:
    assert large.columnar.cost(tree) >= large.columnar.search(tree, 0).total


def test_an_index_without_articles_finds_nothing() -> None:
    index = make_index([], set())
    for tree in LARGE_TREES:
        assert index.columnar.search(tree).total == 0


def test_a_field_that_was_removed_or_has_no_words_finds_nothing() -> None:
    index = make_index([[{"title": "a b"}], [{"body": "a"}]], set())
    for tree in (query.Term("gone", "a"), query.Phrase("gone", ["a"]), query.Term("tag", "a"), query.Every("tag")):
        assert index.columnar.supports(tree)
        assert index.columnar.search(tree).total == 0


class OwnTerm(query.Term):  # type: ignore[misc]  # Whoosh is untyped here
    pass


@pytest.mark.parametrize(
    "tree",
    [
        query.Or([query.Term("body", "a"), query.Term("body", "b")], scale=0.5),
        query.DisjunctionMax([query.Term("body", "a"), query.Term("body", "b")]),
        query.And([query.Term("body", "a"), query.Term("body", "b", boost=-1.0)]),
        query.Not(query.Term("body", "a", boost=0.0)),
        query.Phrase("body", []),
        query.Phrase("tag", ["a"]),
        query.Prefix("number", "1"),
        query.Prefix("gone", "a"),
        query.Every("gone"),
        query.NumericRange("body", 1, 2),
        query.NumericRange("number", 1 << 40, None),
        query.FuzzyTerm("body", "a", prefixlength=2),
        query.Sequence([query.Term("body", "a")]),
        query.ColumnQuery("number", 1),
        query.NestedParent(query.Every(), query.Term("body", "a")),
        OwnTerm("body", "a"),
    ],
    ids=lambda tree: type(tree).__name__,
)
def test_what_is_odd_or_rare_is_left_to_whoosh(tree: Any) -> None:
    assert not make_index([[{"title": "a", "body": "a", "number": 1}]], set()).columnar.supports(tree)


def test_parameters_that_could_give_scores_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="BM25"):
        WhooshWeighting(b=1.5)
