from __future__ import annotations

import datetime as dt

import pytest

from index import query_words
from index.clauses import (
    And,
    Clause,
    Everything,
    Phrase,
    Prefix,
    Published,
    Wildcard,
    Word,
    leaves,
)
from index.query_language import parse, take_apart, write

TODAY = dt.date(2024, 3, 31)

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
    ("AIDS WHO 2016", "AIDS AND WHO AND 2016"),
    ("US OR NATO", "US OR NATO"),
    ("the US NATO", "U.S. AND NATO"),
    ('of "US NATO" =AIDS', '"U.S. NATO" AND =A.I.D.S.'),
    ("source:US author:U.S.", "source:US AND author:U.S."),
    ("US source:CNN", "US AND source:CNN"),
    ("US NATO source:(cnn OR abc)", "US AND NATO AND (source:cnn OR source:abc)"),
    ("the US title:NATO*", "U.S. AND title:NATO*"),
    ("AIDS* US~ US-led", "AIDS* AND US AND US-led"),
    ("the who", '"the" AND "who"'),
    ("The WHO", "WHO"),
    ("US policy", "US AND policy"),
    ("us policy", "policy"),
    ("U.S. policy", "U.S. AND policy"),
    ("ALL THE US NEWS", "US AND NEWS"),
    ('"who" reports', '"who" AND reports'),
    ("-the policy", 'NOT "the" AND policy'),
    # Operators and filters.
    ("tillerson | moscow lavrov", "tillerson OR (moscow AND lavrov)"),
    ("tillerson|moscow||lavrov", "tillerson OR moscow OR lavrov"),
    ("title:(moscow|visit)", "title:moscow OR title:visit"),
    ("| moscow |", "moscow"),
    ("language:DE moscow", "language:de AND moscow"),
    ("language:(en OR pt-BR)", "language:en OR language:pt-br"),
    ("published:2017", "published:[2017-01-01 TO 2017-12-31]"),
    ("published:2016-02", "published:[2016-02-01 TO 2016-02-29]"),
    ("published:2017/4/2", "published:[2017-04-02 TO 2017-04-02]"),
    ("published:[2017-03-01 TO 2017-04]", "published:[2017-03-01 TO 2017-04-30]"),
    ("-published:[2017 TO *]", "NOT published:[2017-01-01 TO *]"),
    ("published:[ TO 2017-04-12]", "published:[* TO 2017-04-12]"),
    ("published:*", "published:[* TO *]"),
    ("published:>2017", "published:[2018-01-01 TO *]"),
    ("published:>=2017-12", "published:[2017-12-01 TO *]"),
    ("published:<2017", "published:[* TO 2016-12-31]"),
    ("published:<=2017-02", "published:[* TO 2017-02-28]"),
    (
        "moscow after:2017-12 before:2018-03-01",
        "moscow AND published:[2018-01-01 TO *] AND published:[* TO 2018-02-28]",
    ),
    ("published:-7d", "published:[2024-03-24 TO *]"),
    ("published:[-2w TO yesterday]", "published:[2024-03-17 TO 2024-03-30]"),
    ("after:-1m before:today", "published:[2024-03-01 TO *] AND published:[* TO 2024-03-30]"),
    ("published:-4y", "published:[2020-03-31 TO *]"),
    # Words as written, patterns, what is like or near.
    ("=Visits title:=Visit -=Häuser", "=Visits AND title:=Visit AND NOT =Häuser"),
    ("=the moscow", "=the AND moscow"),
    ('="the visits" -title:="Visits Moscow"~3^2', '="the visits" AND NOT title:="Visits Moscow"~3^2'),
    ('="visits" =al-Qaeda =a,b =vis*', '="visits" AND =al-Qaeda AND =a AND =b AND vis*'),
    ("w?rd *word wo*rd* title:*o?d", "w?rd AND *word AND wo*rd* AND title:*o?d"),
    ("**moscow", "**moscow"),
    ("al-q?eda", "al AND q?eda"),
    ("colour~ cat~ title:moscow~1", "colour~2 AND cat~1 AND title:moscow~1"),
    ('"chemical weapons"~5', '"chemical weapons"~5'),
    ('title:"chemical weapons"~5 x', 'title:"chemical weapons"~5 AND x'),
    ('"chemical weapons"~1 "weapons"~5', '"chemical weapons" AND "weapons"'),
    # Weights.
    ("moscow^2 visit", "moscow^2 AND visit"),
    ('"no longer"^0.5 "no longer"~3^2', '"no longer"^0.5 AND "no longer"~3^2'),
    ("(moscow OR visit)^3 -x^2", "(moscow OR visit)^3 AND NOT x^2"),
    ("(moscow^2)^3 vis*^2 =Visit^2 m?scow^1.50", "moscow^6 AND vis*^2 AND =Visit^2 AND m?scow^1.5"),
    ("the^2 moscow", "moscow"),
    # What is not well formed is words.
    ("al-Qaeda~ =al-Qaeda ab~ x~9", "al-Qaeda AND =al-Qaeda AND ab AND x"),
    ("colour~9", "colour~2"),
    ("=(moscow) = ~ ~moscow", "moscow AND moscow"),
    ('~5 moscow ^2 moscow"~5', "5 AND moscow AND 2 AND moscow AND 5"),
    ("moscow^x moscow^", "moscow AND x AND moscow"),
    ("moscow^1000 language:en^2 *^2", "moscow^100 AND language:en AND 2"),
    ("what?no http://a.com/p?id=3 北*京?", "what?no AND http AND a.com/p AND id AND 3 AND 北* AND 京"),
    ('language:"de"', "language:de"),
    ("published:soon", "published AND soon"),
    ("published:[2018 TO 2017]", "published AND 2018 AND 2017"),
    ("published:2017-13 after:", "published AND 2017-13"),
    ("published:-9999y", "published AND 9999y"),
    ("after:9999", "9999"),
    ("published:[2017", "published AND 2017"),
    ("language:klingonese", "klingonese"),
    ("url:BBC.co.uk/News -url:cnn.com", "url:BBC.co.uk/News AND NOT url:cnn.com"),
    ('url:"example.com/a_(b)" url:(x.com|y.com)', 'url:"example.com/a_(b)" AND (url:x.com OR url:y.com)'),
    ('url:"https://example.com/a^2" url:=a', 'url:"https://example.com/a^2" AND url:a'),
    ("url:/// moscow", "moscow"),
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
    assert write(parse(typed, TODAY).root) == read


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


@pytest.mark.parametrize(
    ("typed", "surfaces"),
    [
        ("US", "US"),
        ("US policy", "US policy"),
        ("us policy", "policy"),
        ("US POLICY", "us policy"),
        ("U.S. POLICY", "US policy"),
        ("u.s. policy", "US policy"),
        ("US AIDS 2016", "US AIDS 2016"),
        ("US OR AIDS", "US AIDS"),
        ("the WHO's NATO", "WHO nato"),
        ("WHO NATO", "who nato"),
        ("source:US AIDS", "us AIDS"),
        ("source:(CNN | BBC) AIDS -language:EN", "cnn bbc AIDS"),
        ("-url:A.B AIDS", "AIDS"),
        ("aids AIDS", "aids AIDS"),
    ],
)
def test_an_acronym_is_told_from_the_word_that_it_spells(typed: str, surfaces: str) -> None:
    found = [leaf.surface for leaf in leaves(parse(typed).root) if isinstance(leaf, Word)]
    assert found == surfaces.split()
    assert [leaf.surface for leaf in leaves(parse(write(parse(typed).root)).root) if isinstance(leaf, Word)] == found


def test_dropped_stop_words_are_told() -> None:
    assert parse("state of the union").dropped == ("of", "the")
    assert parse("the who").dropped == ()


@pytest.mark.parametrize("typed", ["published:soon", "after:9999", "language:klingonese"])
def test_what_is_taken_as_words_is_told(typed: str) -> None:
    (note,) = parse(f"{typed} {typed}").notes
    assert typed.removeprefix("language:") in note
    assert "as words" in note


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("al-Qaeda~", "“~” is for"),
        ("=vis*", "“=” is for"),
        ("colour~9", "differ by 2"),
        ("moscow^1000", "0.01 to 100"),
        ("url:/// moscow", "names no address"),
        ('moscow "visits', "A quote without"),
        ("“moscow", "A quote without"),
        ("(moscow", "Parentheses without"),
        ("moscow)", "Parentheses without"),
        ("(" * 17 + "moscow" + ")" * 17, "more than 16 deep"),
        ("moscow OR", "“OR” joins nothing"),
        ("AND moscow", "“AND” joins nothing"),
        ("moscow |", "“|” joins nothing"),
        ("moscow NOT", "“NOT” joins nothing"),
        ("nofield:moscow", "“nofield:” is no field"),
        ("title: moscow", "“title:” has no word right behind it"),
        ("moscow^x", "In “moscow^x”"),
        ("moscow ^2", "In “^2”"),
        ("~moscow", "In “~moscow”"),
        ("=(moscow)", "In “=”"),
        ("language:en^2", "there are none before it"),
        ('"a b"~99', "50 places"),
    ],
)
def test_what_is_not_taken_as_it_stands_is_told(typed: str, note: str) -> None:
    (told,) = parse(typed).notes
    assert note in told


@pytest.mark.parametrize(
    "typed",
    [
        'tillerson "no longer"~5 -lavrov title:moscow^2 =visits ="a b" vis* col?r colour~ (a OR b) | c',
        "published:2017 language:en url:bbc.co.uk/news after:-7d",
        "http://example.com/~user?id=3 12:30 AT&T C++ C# a=b it's what? :-| & / !",
        "THE LEVEL AND HIGH ALTITUDE OF BALLOONS OR",
        "Re: the meeting, at noon: who comes",
    ],
)
def test_of_what_is_well_formed_or_mere_punctuation_nothing_is_noted(typed: str) -> None:
    assert parse(typed).notes == ()


def test_patterns_are_few() -> None:
    query = parse(" ".join(f"w?rd{number}" for number in range(20)))
    patterns = [leaf for leaf in leaves(query.root) if isinstance(leaf, Wildcard)]
    assert len(patterns) == query_words.MAX_PATTERNS
    assert "first 8" in query.notes[0]


def test_patterns_are_folded() -> None:
    assert list(leaves(parse("Vertr?ge*N HÄUS*r").root)) == [
        Wildcard("Vertr?ge*N", "vertr?ge*n"),
        Wildcard("HÄUS*r", "haus*r"),
    ]


def test_relative_dates_count_from_now() -> None:
    (leaf,) = leaves(parse("published:today").root)
    assert isinstance(leaf, Published)
    assert abs((dt.datetime.now(tz=dt.UTC).date() - (leaf.start or dt.date.min)).days) <= 1


def test_a_query_without_a_word_says_so() -> None:
    assert parse('"').notes == ("The query holds no word to search for.",)
    assert parse("  ").notes == ()


@pytest.mark.parametrize(
    "typed",
    [
        " ".join(f"word{number}" for number in range(300)),
        '"a b c" ' * 1000,
        "a-" * 1000,
        "x-y " * 1000,
        "* " * 1000,
    ],
)
def test_long_queries_are_bounded_and_say_so(typed: str) -> None:
    query = parse(typed)
    words = sum(len(leaf.surfaces) if isinstance(leaf, Phrase) else 1 for leaf in leaves(query.root))
    assert words == (1 if "*" in typed else query_words.MAX_WORDS)
    assert any("first 128 words" in note for note in query.notes)


@pytest.mark.parametrize("typed", ["word " * 800, "x OR " * 800, "title:x " * 511 + "x x", "the " * 900])
def test_what_is_said_again_needs_no_room_but_for_writing(typed: str) -> None:
    query = parse(typed)
    assert len(list(leaves(query.root))) == query_words.MAX_WRITTEN
    assert query.notes[0] == "Only the first 512 words of the query were used."


def test_stop_words_need_no_room_among_the_words_that_are_looked_up() -> None:
    typed = " ".join(f"of the word{number}" for number in range(query_words.MAX_WORDS))
    query = parse(typed)
    assert not query.notes
    assert len(list(leaves(query.root))) == query_words.MAX_WORDS
    assert parse(f"{typed} beyond").notes == ("Only the first 384 words of the query were used.",)


@pytest.mark.parametrize("typed", ["(" * 2000 + "x" + ")" * 2000, "NOT " * 1000 + "x", "-(" * 1300 + "x" + ")" * 1300])
def test_deep_queries_do_not_exhaust_the_stack(typed: str) -> None:
    assert [leaf for leaf in leaves(parse(typed).root) if isinstance(leaf, Word)]


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
    query = parse(typed)
    assert write(query.root, "OR") == read


def test_weights_of_weights_are_read_however_many_there_are() -> None:
    assert write(parse("zebra^2^1.5" + "^1" * 2000).root) == "zebra^3"


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("", []),
        ("oil", [("oil", False, "")]),
        ("the visits moscow", [("visits", False, "moscow"), ("moscow", False, "visits")]),
        (
            'oil -"crude prices" published:2017',
            [
                ("oil", False, 'NOT "crude prices" AND published:[2017-01-01 TO 2017-12-31]'),
                ('"crude prices"', True, "oil published:[2017-01-01 TO 2017-12-31]"),
                ("published:[2017-01-01 TO 2017-12-31]", False, 'oil NOT "crude prices"'),
            ],
        ),
        ("oil (opec | gulf)^2", [("oil", False, "(opec OR gulf)^2"), ("opec", False, "oil gulf^2"),
                                 ("gulf", False, "oil opec^2")]),
        ("NOT (oil AND gas)", [("oil", True, "NOT gas"), ("gas", True, "NOT oil")]),
        ("-oil", [("oil", True, "")]),
        ("oil oil", [("oil", False, "oil"), ("oil", False, "oil")]),
    ],
)  # fmt: skip
def test_query_is_taken_apart(typed: str, parts: list[tuple[str, bool, str]]) -> None:
    assert list(take_apart(typed)) == parts
