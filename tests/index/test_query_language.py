from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import query_language
from index.query_language import (
    And,
    Bag,
    Clause,
    Everything,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Word,
    leaves,
    parse,
    write,
)

READINGS = [
    # Words and how they are joined.
    ("tillerson moscow", "tillerson AND moscow"),
    ("tillerson OR moscow lavrov", "tillerson OR (moscow AND lavrov)"),
    ("tillerson AND moscow OR lavrov", "(tillerson AND moscow) OR lavrov"),
    ("tillerson (moscow OR lavrov)", "tillerson AND (moscow OR lavrov)"),
    ("tillerson -lavrov", "tillerson AND NOT lavrov"),
    ("tillerson NOT lavrov", "tillerson AND NOT lavrov"),
    ("-lavrov", "NOT lavrov"),
    ("NOT NOT lavrov", "lavrov"),
    ("-(moscow lavrov)", "NOT (moscow AND lavrov)"),
    # Phrases and compounds.
    ('"no longer obsolete"', '"no longer obsolete"'),
    ("“no longer” «obsolete now»", '"no longer" AND "obsolete now"'),
    ('-"no longer"', 'NOT "no longer"'),
    ("al-Qaeda W-2 RFE/RL", "al-Qaeda AND W-2 AND RFE/RL"),
    ("well,known(thing)", "well AND known AND thing"),
    # Fields and prefixes.
    ("title:moscow body:visit", "title:moscow AND body:visit"),
    ('title:"moscow visit"', 'title:"moscow visit"'),
    ("title:(moscow visit)", "title:moscow AND title:visit"),
    ("-title:moscow", "NOT title:moscow"),
    ("visit*", "visit*"),
    ("al-qa*", "al AND qa*"),
    ("*", "*"),
    ("* * moscow", "* AND moscow"),
    ("(moscow OR *)", "moscow OR *"),
    ("(*) moscow", "* AND moscow"),
    ("(* -moscow) OR *", "(* AND NOT moscow) OR *"),
    # Chinese, Japanese and Korean.
    ("北京 学 学*", "北京 AND 学 AND 学*"),
    ("北京大学", "北京大学"),
    ("北京，上海", "北京 AND 上海"),
    ("北京* 北京大学*", "北京 AND 北京大学"),
    ("2008年", "2008 AND 年"),
    ("北京2008", "北京2008"),
    ('"北京大学"', '"北京大学"'),
    ('"学"', "学"),
    ('"北京 in 2008年"', '"北京 in 2008" AND 年'),
    ("title:2008年", "title:2008 AND title:年"),
    # What was cut out of something longer would begin like a field.
    ("well,http:moscow", 'well AND "http:moscow"'),
    # Stop words.
    ("state of the union", "state AND union"),
    ("the who", '"the" AND "who"'),
    ("The WHO", "WHO"),
    ("US policy", "US AND policy"),
    ("us policy", "policy"),
    ("U.S. policy", "U.S. AND policy"),
    ("ALL THE US NEWS", "US AND NEWS"),
    ('"who" reports', '"who" AND reports'),
    ("-the policy", 'NOT "the" AND policy'),
    # What is not well formed is words.
    ('"', ""),
    ("((", ""),
    ("()", ""),
    ("-", ""),
    ("- moscow", "moscow"),
    ("--moscow", "moscow"),
    ('moscow "visit', "moscow AND visit"),
    ("(moscow", "moscow"),
    ("moscow)", "moscow"),
    ("moscow OR", "moscow"),
    ("AND moscow", "moscow"),
    ("moscow AND", "moscow"),
    ("NOT", '"NOT"'),
    ("AND OR", '"AND" AND "OR"'),
    ("title:", "title"),
    ("title: moscow", "title AND moscow"),
    ("nofield:moscow", "nofield AND moscow"),
    ("http://example.com/a", "http AND example.com/a"),
    ("moscow?!", "moscow"),
    ("\x00\x01moscow\x7f", "moscow"),
]


@pytest.mark.parametrize(("typed", "read"), READINGS)
def test_a_query_is_read_as(typed: str, read: str) -> None:
    assert write(parse(typed).root) == read


@pytest.mark.parametrize(("typed", "read"), READINGS)
def test_what_is_written_out_is_read_the_same_again(typed: str, read: str) -> None:
    assert write(parse(read).root) == read


def test_words_without_operators_can_mean_any() -> None:
    assert write(parse("tillerson moscow").root, "OR") == "tillerson OR moscow"
    assert write(parse("tillerson moscow -lavrov").root, "OR") == "(tillerson OR moscow) AND NOT lavrov"
    assert write(parse("tillerson AND moscow").root, "OR") == "tillerson AND moscow"
    assert write(parse("-tillerson -moscow").root, "OR") == "NOT tillerson AND NOT moscow"
    assert write(parse("-(tillerson moscow) lavrov").root, "OR") == "lavrov AND NOT (tillerson OR moscow)"


def test_leaves_say_what_is_looked_for() -> None:
    query = parse('title:Moscow "no longer" visit* * -lavrov')
    assert list(leaves(query.root)) == [
        Word("Moscow", "moscow", "title"),
        Phrase('"no longer"', ("no", "longer")),
        Prefix("visit*", "visit"),
        Everything(),
    ]
    assert list(leaves(query.root, excluded=True)) == [Word("lavrov", "lavrov")]


def test_dropped_stop_words_are_told() -> None:
    assert parse("state of the union").dropped == ("of", "the")
    assert parse("the who").dropped == ()


def test_a_query_without_a_word_says_so() -> None:
    assert parse('"').notes == ("The query holds no word to search for.",)
    assert parse("  ").notes == ()


@pytest.mark.parametrize(
    "typed",
    [
        "word " * 1000,
        '"a b c" ' * 1000,
        "a," * 1000,
        "a-" * 1000,
        "(x " * 1000,
        "x OR " * 1000,
        "title:x " * 1000,
        "* " * 1000,
    ],
)
def test_long_queries_are_bounded_and_say_so(typed: str) -> None:
    query = parse(typed)
    words = sum(len(leaf.surfaces) if isinstance(leaf, Phrase) else 1 for leaf in leaves(query.root))
    assert words == (1 if "*" in typed else query_language.MAX_WORDS)
    assert any("first 64 words" in note for note in query.notes)


@pytest.mark.parametrize("typed", ["(" * 2000 + "x" + ")" * 2000, "NOT " * 1000 + "x", "-(" * 1300 + "x" + ")" * 1300])
def test_deep_queries_do_not_exhaust_the_stack(typed: str) -> None:
    assert [leaf for leaf in leaves(parse(typed).root) if isinstance(leaf, Word)]


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
            wanted = [finds(inner, bag_operator, has) for inner in clauses if not isinstance(inner, Not)]
            joined = all(wanted) if bag_operator == "AND" or not wanted else any(wanted)
            return joined and all(finds(inner, bag_operator, has) for inner in clauses if isinstance(inner, Not))
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
            case Phrase(surfaces=words):
                surfaces = words
            case Prefix(surface=surface):
                surfaces = (surface, "*")
        return random.Random(f"{seed} {leaf.field} {surfaces}").random() < 0.5

    return has


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


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("京", Prefix("京", "京")),
        ("北京", Word("北京", "北京")),
        ('"北京"', Word('"北京"', "北京")),
        ("北京大学", Phrase("北京大学", ("北京", "京大", "大学"), is_quoted=False)),
        # In the midst of a phrase a run ends where it ends in the article.
        ('"北京 2008"', Phrase('"北京 2008"', ("北京", "京", "2008"))),
        ("北京-上海", Phrase("北京-上海", ("北京", "京", "上海"), is_quoted=False)),
        ("北京2008", Phrase("北京2008", ("北京", "京", "2008"), is_quoted=False)),
        ("学-年", And((Prefix("学", "学"), Prefix("年", "年")))),
        ('"学 年"', And((Prefix("学", "学"), Prefix("年", "年")))),
    ],
)
def test_a_run_of_characters_is_the_phrase_of_its_pairs(typed: str, root: Clause) -> None:
    assert parse(typed).root == root
    assert parse(write(root)).root == root


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("THE LEVEL AND HIGH ALTITUDE OF BALLOONS", "LEVEL OR HIGH OR ALTITUDE OR BALLOONS"),
        ("THE STATES THAT ARE NOT IN THE UNION", "STATES OR UNION"),
        ("NATO AND UN", "NATO AND UN"),
        ("THE WHO AND ABBA", "WHO AND ABBA"),
        ("the level AND high of balloons", "(level AND high) OR balloons"),
    ],
)
def test_a_sentence_in_capitals_has_no_operators(typed: str, read: str) -> None:
    query = query_language.parse(typed)
    assert query_language.write(query.root, "OR") == read
