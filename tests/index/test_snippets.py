from __future__ import annotations

import html
import sys
import time

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from index import analysis, spotting
from index import snippets as making
from index.clauses import Word, leaves
from index.codec.building.batch import encode
from index.codec.building.text_tables import text_tables
from index.codec.kernels import snippets as kernel
from index.codec.kernels import spotting as spotting_kernel
from index.codec.kernels import text as cutting
from index.codec.kernels.snippets import MIN_LENGTH
from index.query_language import parse
from index.snippets import ENOUGH_TEXT, MAX_LENGTH, MAX_SNIPPETS, mark
from index.spotting import Marker
from tests.index.slow_marker import SlowMarker
from tests.index.slow_sentences import find_sentences

# Without the JIT, numpy warns where a number of one byte overflows, as it should.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

untimed = settings(deadline=None)  # a kernel may have to be compiled first, and the tables of characters made


def marker(query: str, field: str = "body") -> Marker:
    return Marker.of(leaves(parse(query).root), field)


def marked(query: str, text: str, language: str | None = None) -> str:
    (html,) = mark(marker(query).find([encode(text)], language))
    return html


def spans(marker: Marker, text: str, language: str | None = None) -> list[tuple[int, int]]:
    """Return what is marked in a text, as places of its characters."""
    encoded = encode(text)
    places = marker.find([encoded], language).hits.tolist()
    return [(characters(encoded, start), characters(encoded, end)) for start, end in places]


def characters(text: bytes, place: int) -> int:
    return len(text[:place].decode("utf-8", "surrogatepass"))


def make_snippets(text: str, marker: Marker) -> tuple[str, ...]:
    ((_, snippets),) = making.show([""], [text], marker, marker, None)
    return snippets


def test_words_are_marked_by_stem_and_as_written() -> None:
    assert marked("visit", "Visiting; a VISIT. Revisit") == "<mark>Visiting</mark>; a <mark>VISIT</mark>. Revisit"


def test_a_prefix_marks_whole_words_by_how_they_are_written() -> None:
    assert marked("universit*", "A university, the universe") == "A <mark>university</mark>, the universe"


def test_a_phrase_is_marked_as_one_and_nowhere_else() -> None:
    text = "No longer obsolete. Obsolete, no longer."
    assert marked('"no longer obsolete"', text) == "<mark>No longer obsolete</mark>. Obsolete, no longer."


def test_the_longer_of_two_marks_stays() -> None:
    assert marked('chemical "chemical weapons"', "chemical weapons") == "<mark>chemical weapons</mark>"


def test_the_longer_of_two_marks_stays_whichever_begins_first() -> None:
    query = '"the chemical" "chemical weapons"'
    assert marked(query, "the chemical weapons") == "the <mark>chemical weapons</mark>"
    assert marked('"the chemicals" "chemicals are"', "the chemicals are") == "<mark>the chemicals</mark> are"


def test_a_phrase_is_found_at_each_of_its_places_and_in_full_alone() -> None:
    text = "us us cat us us us us"
    assert marked('"us us us"', text) == "us us cat <mark>us us us</mark> us"
    assert marked('"us us" cat', text) == ("<mark>us us</mark> <mark>cat</mark> <mark>us us</mark> <mark>us us</mark>")


def test_words_are_marked_as_the_query_means_them() -> None:
    text = "Visits, a visit; colors and colours of Häuser"
    assert marked("=visit", text) == "Visits, a <mark>visit</mark>; colors and colours of Häuser"
    assert marked("col*rs", text) == "Visits, a visit; <mark>colors</mark> and <mark>colours</mark> of Häuser"
    assert marked("h?user", text) == "Visits, a visit; colors and colours of <mark>Häuser</mark>"
    assert marked("colour~", text) == "Visits, a visit; <mark>colors</mark> and <mark>colours</mark> of Häuser"
    assert marked("(title:=visit v?sit)^2", text) == "Visits, a <mark>visit</mark>; colors and colours of Häuser"


def test_words_near_each_other_are_marked_one_by_one() -> None:
    text = "attack, a chemical or other attack; an attack"
    assert marked('"chemical attack"~3', text) == (
        "attack, a <mark>chemical</mark> or other <mark>attack</mark>; an attack"
    )
    assert marked('"chemical attack"~2', text) == text
    assert marked('"attack attack"~5', "attack attack") == "<mark>attack</mark> <mark>attack</mark>"
    assert marked('"attack attack"~5', "attack") == "attack"


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    started = time.perf_counter()
    assert "<mark>" not in marked("*a" * 50 + "b", "a" * 5000)
    assert time.perf_counter() - started < 1


def test_what_is_excluded_or_in_another_field_is_not_marked() -> None:
    assert marked("moscow -visit title:talks", "Moscow visit talks") == "<mark>Moscow</mark> visit talks"


def test_everything_but_the_marks_is_escaped() -> None:
    text = "<script>alert('x')</script> & moscow <b>"
    assert marked("moscow script", text) == (
        "&lt;<mark>script</mark>&gt;alert('x')&lt;/<mark>script</mark>&gt; &amp; <mark>moscow</mark> &lt;b&gt;"
    )


def test_snippets_are_whole_sentences_where_they_are_short() -> None:
    text = (
        "The first sentence of this article is about nothing that anyone would care to look for at all. "
        "Then Mr. Tillerson of the U.S. Government visits Moscow, the capital of the country, for two whole days. "
        "The last sentence is again about nothing that anyone would ever care to look for in any archive."
    )
    assert make_snippets(text, marker("moscow")) == (
        "Then Mr. Tillerson of the U.S. Government visits <mark>Moscow</mark>, the capital of the country, "
        "for two whole days.",
    )


def test_a_long_sentence_is_cut_at_words_with_an_ellipsis() -> None:
    text = "word " * 100 + "moscow " + "more " * 100
    (snippet,) = make_snippets(text, marker("moscow"))
    assert regex.fullmatch(r"… (word )+<mark>moscow</mark>( more)+ …", snippet)
    assert len(snippet) < MAX_LENGTH + 30


def test_snippets_prefer_different_words_and_keep_the_order_of_the_text() -> None:
    filler = "This sentence is here so that there is a distance between the ones that matter to the reader.\n"
    text = filler.join(
        ["Moscow again.\n", "Moscow.\n", "Moscow and nothing else.\n", "Lavrov speaks.\n", "Moscow once more.\n"]
    )
    snippets = make_snippets(text, marker("moscow lavrov"))
    assert len(snippets) == MAX_SNIPPETS
    assert "Lavrov" in snippets[2]
    assert "Moscow</mark> again" in snippets[0]


def test_what_stands_twice_is_shown_once() -> None:
    caption = "The minister and his guest arrive for a news conference following their talks in Moscow on April 12."
    assert (
        len(make_snippets(f"{caption}\n{caption}\n\nThey left Moscow later on the very same day.", marker("moscow")))
        == 2
    )


def test_without_a_match_the_opening_is_shown() -> None:
    text = "An opening sentence that is long enough to be shown alone, as it has over eighty characters. Another one."
    assert make_snippets(text, marker("nothing")) == (text[: text.index(" Another")],)
    assert make_snippets("word " * 100, marker("nothing"))[0].endswith("word …")
    assert make_snippets("", marker("nothing")) == ()


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    (snippet,) = make_snippets("語" * 5000, marker("x"))
    assert len(snippet) <= MAX_LENGTH + 2


QUERIES = st.sampled_from(["moscow a us", '"a moscow"', '"a b" moscow', '"us us us" b', "mo* a", '"' + "a " * 60 + '"'])
WORDS = st.lists(
    st.sampled_from(["a", "b", "moscow", "US", "x" * 300, ". ", ".\n", "? B", "\n\n", " ", "é", "<"]), max_size=120
)


@untimed
@given(WORDS.map("".join) | WORDS.map(" ".join), QUERIES)
def test_whatever_matches_is_shown_whole_and_without_end(text: str, query: str) -> None:
    found = spans(marker(query), text)
    snippets = make_snippets(text, marker(query))
    shown = regex.findall(r"<mark>(.*?)</mark>", " ".join(snippets))
    assert bool(shown) == bool(found)
    written = {" ".join(text[start:end].split()) for start, end in found}
    assert {html.unescape(one) for one in shown} <= written


def test_a_phrase_across_two_sentences_is_shown_whole() -> None:
    text = "Nothing here that matters to anyone at all, really, as far as we know about Oil. Prices rose again."
    assert "<mark>Oil. Prices</mark>" in make_snippets(text, marker('"oil prices"'))[0]


@untimed
@given(st.text(alphabet=st.sampled_from("ab moscow.<>&\"'\n—U.S é"), max_size=2000), st.text(max_size=5))
def test_snippets_are_parts_of_the_text_with_the_marks_where_the_words_are(text: str, start: str) -> None:
    text = start + text
    one_line = " ".join(text.split())
    for snippet in make_snippets(text, marker("moscow a us")):
        assert "<" not in regex.sub(r"</?mark>", "", snippet)
        plain = html.unescape(regex.sub(r"</?mark>", "", snippet)).removeprefix("… ").removesuffix(" …")
        assert plain in one_line


@untimed
@given(st.text(alphabet="ab moscow .\n", max_size=3000))
def test_a_text_with_a_match_has_it_in_a_snippet(text: str) -> None:
    snippets = make_snippets(text, marker("moscow"))
    assert any("<mark>" in snippet for snippet in snippets) == bool(spans(marker("moscow"), text))


def sentences(text: str) -> list[str]:
    """Return the sentences as the kernel finds them; a short one takes the next of its paragraph along."""
    encoded = np.frombuffer(encode(text), np.uint8)
    tables, end = text_tables(), len(encoded)
    found: list[str] = []
    start = place = 0
    while place < end:
        gap, place, is_paragraph = kernel._next_break(
            encoded, place, end, 0, end, tables.pages, tables.entries, making._ABBREVIATIONS
        )
        sentence = encoded[start:gap].tobytes().decode("utf-8", "surrogatepass")
        if is_paragraph or len(sentence) >= MIN_LENGTH or place >= end:
            found.append(sentence)
            start = place
    return [sentence for sentence in found if sentence]


PIECES = st.sampled_from(
    [
        *('word Word Mr. U.S. p.m. J. No. . ! … ؟ 。 : " ” ) “ ( 3 é É 語 كتاب А. Ё. _'.split()),
        *(" ", " ", " ", "\n", "\n\n", "\xa0", "\u0301", "x" * 75, "y" * 38),
    ]
)


@untimed
@given(st.lists(PIECES, max_size=25).map("".join))
def test_sentences_end_where_the_expressions_say(text: str) -> None:
    expected = [text[start:end] for start, end in find_sentences(text)]
    assert [one.strip() for one in sentences(text) if one.strip()] == [one.strip() for one in expected if one.strip()]


@pytest.mark.parametrize(
    "abbreviation", ["Mr.", "Gen.", "J.", "U.S.", "No.", "p.m.", pytest.param("Messrs.", id="the longest")]
)
def test_an_abbreviation_ends_no_sentence(abbreviation: str) -> None:
    start = "A sentence that is long enough to be one that could stand alone, as it goes on and on with "
    assert sentences(f"{start}{abbreviation} Tillerson in it.") == [f"{start}{abbreviation} Tillerson in it."]
    assert sentences(f"{start}warm. Tillerson left.") == [f"{start}warm.", "Tillerson left."]


@pytest.mark.parametrize(("length", "number"), [(MIN_LENGTH - 1, 1), (MIN_LENGTH, 2)])
def test_a_short_sentence_takes_the_next_one_along(length: int, number: int) -> None:
    first = "x" * (length - 1) + "."
    assert len(sentences(f"{first} The next one.")) == number


def test_a_short_paragraph_stands_alone() -> None:
    assert sentences("Short. Text.\nNext  \n\n one") == ["Short. Text.", "Next", "one"]


def test_lines_that_were_broken_at_some_width_are_no_sentences() -> None:
    broken = [
        "OPEC's president said on Monday that the new",
        "quotas were what the members had agreed upon",
        "in Vienna. He left for Lagos in the evening,",
        "and had no more to say.",
    ]
    text = "\n".join(broken)
    assert [" ".join(one.split()) for one in sentences(text)] == [
        "OPEC's president said on Monday that the new quotas were what the members had agreed upon in Vienna.",
        "He left for Lagos in the evening, and had no more to say.",
    ]
    (snippet,) = make_snippets(text, marker("quotas"))
    assert snippet.startswith("OPEC's president said on Monday that the new <mark>quotas</mark> were what")
    assert snippet.endswith("in Vienna.")
    # With a blank line between they were not.
    assert sentences("\n\n".join(broken)) == broken


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("moscow " * 300_000, "moscow"),
        ('"' * 300_000 + " moscow", "moscow"),
        ("a" + " " * 300_000 + "b moscow\n", "moscow"),
        ("J. " * 300_000 + "moscow", "moscow"),
        (("x" * 90 + " oil. Prices ") * 30_000, '"oil prices"'),
    ],
    ids=["matches", "quotes", "spaces", "initials", "phrases across sentences"],
)
def test_a_long_line_takes_time_in_proportion(text: str, query: str) -> None:
    started = time.process_time()
    assert "<mark>" in "".join(make_snippets(text, marker(query)))
    assert marked(query, text).count("<mark>") == len(marker(query).find([encode(text)], None).hits)
    # About a second; by the square of the length it would be minutes.
    assert time.process_time() - started < 20


def test_the_rest_of_a_long_text_is_looked_at_only_where_something_is_missing() -> None:
    filler = "word " * (ENOUGH_TEXT // 5 + 1)
    assert len(make_snippets(f"Moscow {filler} Moscow", marker("moscow"))) == 1
    assert len(make_snippets(f"Moscow {filler} Lavrov", marker("moscow lavrov"))) == 2
    assert "<mark>Lavrov</mark>" in make_snippets(f"{filler} Lavrov", marker("lavrov"))[0]
    assert "<mark>語</mark>" in make_snippets("語" * ENOUGH_TEXT, marker("語"))[0]
    assert make_snippets("é" * ENOUGH_TEXT, marker("moscow"))[0].endswith("é …")


# Languages ------------------------------------------------------------------------------------------------------


def test_words_are_marked_by_their_stems_in_the_language_of_the_article() -> None:
    assert marked("Haus", "Viele Häuser, house", "de") == "Viele <mark>Häuser</mark>, house"
    assert marked("книга", "о книгах", "ru") == "о <mark>книгах</mark>"
    # "Hauser" is a name in English, where only English stems are to be had of it.
    assert marked("Haus", "Mr Hauser", "en") == "Mr Hauser"
    assert marked("nations", "Nationen; nation", "en") == "Nationen; <mark>nation</mark>"


def test_a_phrase_is_marked_under_the_stems_of_one_language() -> None:
    assert marked('"neue Häuser"', "ein neues Haus", "de") == "ein <mark>neues Haus</mark>"
    assert marked("news", "The new bridge", "en") == "The new bridge"


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("北京大学", "在北京大学学生", "在<mark>北京大学</mark>学生"),
        ("北京", "北京，北京人", "<mark>北京</mark>，<mark>北京</mark>人"),
        ("学", "大学 学 学生", "大<mark>学</mark> <mark>学</mark> <mark>学</mark>生"),
        ("北京2008", "北京2008年 北京人2008", "<mark>北京2008</mark>年 北京人2008"),
        ("데이터", "빅데이터를", "빅<mark>데이터</mark>를"),
        ("データ", "ビッグﾃﾞｰﾀ", "ビッグ<mark>ﾃﾞｰﾀ</mark>"),
    ],
)
def test_the_characters_asked_for_are_marked(query: str, text: str, expected: str) -> None:
    assert marked(query, text, "zh") == expected


def test_sentences_end_in_scripts_without_capitals() -> None:
    arabic = "وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح الإخاء في كل زمان ومكان"
    for sign in ".؟!۔":
        text = f"{arabic}{sign} {arabic}{sign}"
        assert sentences(text) == [arabic + sign] * 2
        assert not make_snippets(text, marker("بروح"))[0].endswith("…")


# The fast way beside the slow one --------------------------------------------------------------------------------

WRITTEN = st.sampled_from(
    (
        "visit Visiting visitor visits US U.S. us the Häuser Haus C++ 12,000 dying die книгах книга 北京大学 学 "
        "ﾃﾞｰﾀ データ الكتاب كتاب al-Qaeda qaeda's e\u0301té été colour color < & \ud800 ability able news new ħ "
        "\u2764\ufe0f"
    ).split()
)
JOINTS = st.sampled_from([" ", " ", ", ", ". ", "\n", "-", ""])
TEXTS = st.lists(st.tuples(WRITTEN, JOINTS), max_size=30).map(lambda each: "".join(a + b for a, b in each))
LEAVES = st.one_of(
    WRITTEN,
    st.lists(WRITTEN, min_size=2, max_size=3).map(lambda words: '"' + " ".join(words) + '"'),
    st.lists(WRITTEN, min_size=2, max_size=3).map(lambda words: '"' + " ".join(words) + '"~3'),
    WRITTEN.map(lambda word: word[:3] + "*"),
    WRITTEN.map(lambda word: "=" + word),
    WRITTEN.map(lambda word: word + "~"),
    WRITTEN.map(lambda word: "*" + word[1:]),
    WRITTEN.map(lambda word: f"{word[:1]}?{word[2:]}"),
)
LANGUAGES = st.sampled_from([None, "en", "de", "fr", "ru", "ar", "fi", "nl", "zh"])


@untimed
@given(
    st.lists(TEXTS | st.text(max_size=40), min_size=1, max_size=4),
    st.lists(LEAVES, max_size=5).map(" ".join),
    LANGUAGES,
)
def test_what_is_found_is_what_the_words_say_one_by_one(texts: list[str], query: str, language: str | None) -> None:
    root = parse(query).root
    slow = SlowMarker.of(leaves(root), "body")
    marks = Marker.of(leaves(root), "body").find([encode(text) for text in texts], language)
    # As many words as that are looked for in every word of the texts.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spotting, "_MOST_BEGINNINGS", 0)
        in_all = Marker.of(leaves(root), "body").find([encode(text) for text in texts], language)
    assert [each.tolist() for each in marks[1:]] == [each.tolist() for each in in_all[1:]]
    for number, text in enumerate(texts):
        start = int(marks.starts[number])
        encoded = encode(text)
        found = marks.hits[marks.hit_starts[number] : marks.hit_starts[number + 1]].astype(int) - start
        expected = [(span.start, span.end) for span in slow.find(text, language)]
        assert [(characters(encoded, first), characters(encoded, end)) for first, end in found.tolist()] == expected


STEMMED = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=6)
ENDINGS = st.sampled_from("en e ing ed ies y ation ational ability ement ung ijk aan issimo mente ee iere ja".split())


@untimed
@given(st.builds("{}{}{}".format, STEMMED, ENDINGS, ENDINGS | st.just("")), LANGUAGES)
def test_all_surfaces_of_a_stem_begin_as_is_looked_for(word: str, language: str | None) -> None:
    stem = analysis.stem(word, language)
    forms = [word, stem] if analysis.stem(stem, language) == stem else [word]
    for form in forms:
        assert spans(Marker.of([Word(form, form)], "body"), word, language) == [(0, len(word))]


def test_the_kernels_agree_on_what_characters_are() -> None:
    assert (kernel.LETTER, kernel.MARK, kernel.DIGIT, kernel.NOT_UPPER, kernel.CJK) == (
        cutting.LETTER,
        cutting.MARK,
        cutting.DIGIT,
        cutting.NOT_UPPER,
        cutting.CJK,
    )


def test_the_kernels_agree_on_what_a_byte_may_be_of() -> None:
    tables, kinds = text_tables(), np.empty(256, np.uint8)
    spotting_kernel.classify(np.arange(256, dtype=np.uint8), kinds)
    entries = tables.entries[int(tables.pages[0]) * 256 :][:128]
    assert ((kinds[:128] == spotting_kernel.WORD) == (entries & cutting.WORD > 0)).all()
    # Those that stand for themselves as well as within a word, by what is around them.
    assert bytes(np.flatnonzero(kinds[:128] == spotting_kernel.UNCLEAR).tolist()) == b"#'+,."
    assert (kinds[128:] == spotting_kernel.UNCLEAR).all()
    # The punctuation that is passed over: a word is begun by none of it.
    punctuation = tables.entries[int(tables.pages[0x20]) * 256 :][:64]
    assert not (punctuation & (cutting.WORD | cutting.CJK)).any()


SPACES = [chr(point) for point in range(sys.maxunicode + 1) if chr(point).isspace()]


@untimed
@given(st.lists(st.sampled_from(["moscow", "é\u2019", "<b>", "&", "x", "語", "\ud800", "  ", *SPACES]), max_size=60))
def test_a_snippet_is_on_one_line_and_a_title_is_as_it_was(words: list[str]) -> None:
    text = " moscow".join(words)
    for snippet in make_snippets(text, marker("moscow")):
        assert snippet == " ".join(snippet.split())
    assert regex.sub("</?mark>", "", marked("moscow", text)) == html.escape(text, quote=False)


def test_snippets_show_what_stands_together() -> None:
    filler = "This sentence is here so that there is a distance between the ones that matter to the reader. " * 3
    text = f"Moscow is mentioned. {filler} Lavrov is mentioned, too. {filler} Moscow was pleased. Lavrov was not."
    assert make_snippets(text, marker("moscow lavrov"))[-1].endswith(
        "<mark>Moscow</mark> was pleased. <mark>Lavrov</mark> was not."
    )
