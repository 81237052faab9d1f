"""The same documents in Whoosh's own codec and in the columnar one: Whoosh must not be able to tell them apart."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import query, sorting
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.qparser import MultifieldParser
from whoosh.writing import NO_MERGE

from index.codec import ColumnarCodec
from tests.index.codec.whoosh_indexes import FIRST_DAY, WORDS, Commit, describe, make_commits, make_document, make_index

SEEDS = st.integers(0, 2**32)


def make_both(commits: list[Commit]) -> tuple[FileIndex, FileIndex]:
    return make_index(commits, W3Codec()), make_index(commits, ColumnarCodec())


def make_queries(rng: random.Random) -> list[query.Query]:
    words = [query.Term(name, rng.choice(["alpha", "run", "gamma", "béta"])) for name in ("text", "stems", "bag")]
    return [
        *words,
        query.And(words[:2]),
        query.Or(words),
        query.Not(words[0]),
        query.AndMaybe(words[0], words[1]),
        query.Every(),
        query.Every("keys"),
        query.Phrase("text", rng.choices(["alpha", "gamma", "delta"], k=2)),
        query.Phrase("chars", rng.choices(["alpha", "gamma", "delta"], k=2), slop=3),
        query.Prefix("text", "al"),
        query.Prefix("chars", "r"),
        query.Wildcard("stems", "*a"),
        query.FuzzyTerm("text", "alpho", maxdist=1),
        query.TermRange("text", "b", "h"),
        query.NumericRange("number", -1, 10),
        query.NumericRange("real", None, 1.0),
        query.DateRange("when", FIRST_DAY + dt.timedelta(4), FIRST_DAY + dt.timedelta(19)),
        query.Term("keys", "日本"),
        query.Term("small", rng.randrange(1000)),
        query.Term("yes", True),
        query.Term("grams", "al"),
    ]


def search(index: FileIndex, wanted: query.Query) -> Any:
    with index.searcher() as searcher:
        found = searcher.search(wanted, limit=None)
        scores = [(hit.docnum, pytest.approx(hit.score)) for hit in found]
        by_number = [hit.docnum for hit in searcher.search(wanted, limit=None, sortedby="number")]
        backwards = sorting.FieldFacet("id", reverse=True)
        by_keys = [hit.docnum for hit in searcher.search(wanted, limit=None, sortedby=["keys", backwards])]
        groups = searcher.search(wanted, limit=None, groupedby="small").groups()
        return sorted(wanted.docs(searcher)), scores, by_number, by_keys, groups


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_reader_says_the_same(seed: int) -> None:
    theirs, ours = make_both(make_commits(random.Random(seed)))
    assert describe(ours) == describe(theirs)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_search_finds_the_same(seed: int) -> None:
    rng = random.Random(seed)
    theirs, ours = make_both(make_commits(rng))
    for wanted in make_queries(rng):
        assert search(ours, wanted) == search(theirs, wanted), wanted


@pytest.fixture(scope="module")
def large() -> tuple[FileIndex, FileIndex]:
    """Terms with several blocks of postings, and deletions."""
    rng = random.Random(5)
    documents = [make_document(rng, number) for number in range(900)]
    deleted = [str(number) for number in range(900) if rng.random() < 0.2]
    return make_both([Commit([], documents, merges=False), Commit(deleted, [], merges=False)])


def test_many_documents_are_the_same(large: tuple[FileIndex, FileIndex]) -> None:
    theirs, ours = large
    assert describe(ours) == describe(theirs)
    for wanted in make_queries(random.Random(1)):
        assert search(ours, wanted) == search(theirs, wanted), wanted


def test_suggestions_are_the_same(large: tuple[FileIndex, FileIndex]) -> None:
    theirs, ours = large
    answers = []
    for index in (theirs, ours):
        parsed = MultifieldParser(["text", "stems"], index.schema).parse("alpho runing gama")
        with index.searcher() as searcher:
            corrected = searcher.correct_query(parsed, "alpho runing gama")
            answers.append(
                (
                    searcher.suggest("text", "alpho"),
                    searcher.suggest("stems", "runing"),
                    corrected.string,
                    sorted(searcher.reader().terms_within("stems", "runer", 2, prefix=1)),
                    [text for text, _ in searcher.key_terms_from_text("text", " ".join(WORDS))],
                    [hit["id"] for hit in searcher.more_like(searcher.document_number(id="3"), "stems")]
                    if searcher.document_number(id="3") is not None
                    else None,
                )
            )
    assert answers[0] == answers[1]


def test_a_cursor_goes_through_the_same_terms(large: tuple[FileIndex, FileIndex]) -> None:
    walks = []
    for index in large:
        with index.reader() as reader:
            for name in ("text", "number", "keys"):
                cursor = reader.cursor(name)
                walk: list[Any] = []
                while cursor.is_valid():
                    walk.append((cursor.text(), cursor.term_info().weight()))
                    cursor.next()
                walk += [cursor.text(), cursor.next(), cursor.first()]
                walks.append((name, walk))
            cursor = reader.cursor("text")
            walks.append(("find", [cursor.find(text) for text in ("", "b", b"alpha", "gammb", "\uffff")]))
    assert walks[: len(walks) // 2] == walks[len(walks) // 2 :]


def test_terms_from_somewhere_run_on_into_the_next_fields(large: tuple[FileIndex, FileIndex]) -> None:
    theirs, ours = large
    with theirs.reader() as their_reader, ours.reader() as our_reader:
        for name, prefix in (("keys", b"b"), ("keys", b"\xff"), ("text", b""), ("bag", b"alpha")):
            assert list(our_reader.terms_from(name, prefix)) == list(their_reader.terms_from(name, prefix))
            assert list(our_reader.expand_prefix(name, prefix)) == list(their_reader.expand_prefix(name, prefix))
        assert [term for term, _ in our_reader] == [term for term, _ in their_reader]


def test_segments_of_both_codecs_live_side_by_side_and_merge(tmp_path: Path) -> None:
    rng = random.Random(11)
    nothing = [Commit([], [], merges=True)]
    index = make_index(nothing, ColumnarCodec(), FileStorage(str(tmp_path)))
    reference = make_index(nothing, W3Codec())
    for turn, codec in enumerate((W3Codec(), ColumnarCodec(), W3Codec(), ColumnarCodec())):
        documents = [make_document(rng, 10 * turn + number) for number in range(10)]
        for target, its_codec in ((index, codec), (reference, W3Codec())):
            with target.writer(codec=its_codec) as writer:
                writer.mergetype = NO_MERGE
                for document in documents:
                    writer.add_document(**document)
    assert describe(index) == describe(reference)
    for codec in (ColumnarCodec(), W3Codec(), ColumnarCodec()):
        for target, its_codec in ((index, codec), (reference, W3Codec())):
            target.writer(codec=its_codec).commit(optimize=True)
        assert describe(index) == describe(reference)
