"""Whatever is typed is read, in no time, and means the same when it is written out and read again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from index.clauses import (
    Address,
    And,
    Bag,
    Boosted,
    Clause,
    Everything,
    Exact,
    Fuzzy,
    Language,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Published,
    Wildcard,
    Word,
    is_narrowing,
    leaves,
)
from index.query_language import parse, write

PIECES = st.sampled_from(
    [
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        '"',
        "-",
        "*",
        "title:",
        "x:",
        "the",
        "US",
        "AIDS",
        "NATO",
        '"WHO NATO"',
        "source:CNN",
        "source:(US |",
        "moscow",
        "visit*",
        "al-qaeda",
        "a,b",
        "of,title:b",
        "lavrov",
        "京",
        "北京大学",
        "京*",
        "2008年",
        "|",
        "language:en",
        "language:(en",
        "url:bbc.co.uk",
        "url:/a?b",
        "url:",
        "published:2017",
        "after:x",
        "published:[2017 TO",
        "=",
        "=Moscow",
        '="a b"',
        "=al-Qaeda",
        "=b,c",
        "~",
        "~2",
        "colour~",
        "^2",
        "^",
        '"a b"~3',
        "w?rd",
        "*ol*r",
        "?",
        " ",
        "\0",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)))
def test_any_input_is_read(typed: str) -> None:
    query = parse(typed)
    written = write(query.root)
    if query.root is None:
        assert written == ""
    else:
        assert written
        assert list(leaves(query.root)) or list(leaves(query.root, excluded=True))


@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)))
def test_what_is_written_out_is_written_the_same_again(typed: str) -> None:
    written = write(parse(typed).root)
    assert not written or parse(written).notes == ()
    # But for parentheses and stars that say nothing, of which fewer are there each time.
    while (again := write(parse(written).root)) != written:
        assert len(again) < len(written)
        written = again


@settings(deadline=None)
@given(st.lists(PIECES | st.text(min_size=1, max_size=3), min_size=1, max_size=4), st.sampled_from(["", " "]))
def test_the_longest_query_is_read_in_a_moment(pieces: list[str], space: str) -> None:
    typed = (space.join(pieces) + space) * 4096
    started = time.process_time()
    write(parse(typed[:4096]).root)
    assert time.process_time() - started < 0.5


def finds(clause: Clause, bag_operator: str, has: Callable[[Leaf], bool]) -> bool:
    """Say whether a query finds an article, of which `has` says what is in it."""
    match clause:
        case Not(inner):
            return not finds(inner, bag_operator, has)
        case And(clauses):
            return all(finds(inner, bag_operator, has) for inner in clauses)
        case Or(clauses):
            return any(finds(inner, bag_operator, has) for inner in clauses)
        case Bag(clauses):
            wanted = [finds(inner, bag_operator, has) for inner in clauses if not is_narrowing(inner)]
            joined = all(wanted) if bag_operator == "AND" or not wanted else any(wanted)
            return joined and all(finds(inner, bag_operator, has) for inner in clauses if is_narrowing(inner))
        case Boosted(inner):
            return finds(inner, bag_operator, has)
        case leaf:
            return has(leaf)


def random_article(seed: str) -> Callable[[Leaf], bool]:
    """Return an article of which each thing is true by chance, and the same for what means the same."""

    def has(leaf: Leaf) -> bool:
        match leaf:
            case Everything():
                return True
            case Word(surface=surface):
                surfaces: tuple[str, ...] = (surface,)
            case Phrase(surfaces=words, slop=slop):
                surfaces = (*words, *([str(slop)] if slop > 1 else []), *(["="] if leaf.is_exact else []))
            case Prefix(surface=surface):
                surfaces = (surface, "*")
            case Published() | Language() | Address() | Exact() | Wildcard() | Fuzzy():
                return random.Random(f"{seed} {leaf}").random() < 0.5
        return random.Random(f"{seed} {leaf.field} {surfaces}").random() < 0.5

    return has


@given(
    st.one_of(st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES, max_size=14).map("".join)),
    st.sampled_from(["AND", "OR"]),
    st.integers(),
)
def test_words_that_are_written_side_by_side_are_still_left_to_match(typed: str, bag_operator: str, seed: int) -> None:
    root = parse(typed).root
    again = parse(write(root, "")).root
    if root is None or again is None:
        assert root is again
        return
    for number in range(8):
        has = random_article(f"{seed} {number}")
        assert finds(again, bag_operator, has) == finds(root, bag_operator, has), write(root, "")


@given(
    st.one_of(st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES, max_size=14).map("".join)),
    st.sampled_from(["AND", "OR"]),
    st.integers(),
)
def test_what_is_written_out_means_the_same(typed: str, bag_operator: str, seed: int) -> None:
    root = parse(typed).root
    again = parse(write(root, bag_operator)).root
    if root is None or again is None:
        assert root is again
        return
    for number in range(8):
        has = random_article(f"{seed} {number}")
        # Nothing in what was written is left to `match`.
        for reading in ("AND", "OR"):
            assert finds(again, reading, has) == finds(root, bag_operator, has), write(root, bag_operator)
