from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import analysis, stopwords


def surfaces(text: str) -> list[str]:
    return [token.surface for token in analysis.tokenize(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tillerson's visit", ["tillerson", "visit"]),
        ("Tillerson’s TRUMP'S", ["tillerson", "trump"]),
        ("she'll they're I'd", ["she", "they", "i"]),
        ("don't O'Brien rock'n'roll", ["dont", "obrien", "rocknroll"]),
        ("U.S. US u.s. U.S.A. U.S.'s us Us", ["US", "US", "US", "usa", "US", "us", "us"]),
        ("U.S.-led the U.S.", ["US", "led", "the", "US"]),
        ("It ended. The U.S. He said", ["it", "ended", "the", "US", "he", "said"]),
        ("WHO's US’S I'T ＵＳ ÚS U\u0301S US\u0301 I.T.", ["WHO", "US", "it", "us", "us", "us", "us", "IT"]),
        ("W-2 al-Qaeda RFE/RL 3.5", ["w", "2", "al", "qaeda", "rfe", "rl", "3", "5"]),
        ("C++ C# F# C++11 A+", ["c++", "c#", "f#", "c++", "11", "a"]),
        ("12,000 1,234,567 1,23 1,2345", ["12000", "1234567", "1", "23", "1", "2345"]),
        ("Łódź Straße café İstanbul Søren", ["lodz", "strasse", "cafe", "istanbul", "soren"]),
        ("cafe\u0301 ﬁne ＡＢＣ x²", ["cafe", "fine", "abc", "x2"]),
        ("Йод ёлка їжак", ["йод", "елка", "їжак"]),
        ("が ぎ", ["が", "ぎ"]),
        ("“quoted” ‘‘twice’’ 'once'", ["quoted", "twice", "once"]),
        ("snake_case a|b", ["snake", "case", "a", "b"]),
        ("... -- !? ' ’’", []),
        ("", []),
    ],
)
def test_words_are_cut_and_folded(text: str, expected: list[str]) -> None:
    assert surfaces(text) == expected


def test_tokens_know_where_they_are_written() -> None:
    text = "The U.S. — Tillerson’s 12,000"
    assert [text[token.start : token.end] for token in analysis.tokenize(text)] == [
        "The",
        "U.S.",
        "Tillerson’s",
        "12,000",
    ]


def test_acronyms_are_told_from_words() -> None:
    told = {token.surface: token.is_acronym for token in analysis.tokenize("U.S. WHO's us A's A NATO Cia")}
    assert told == {"US": True, "WHO": True, "us": False, "a": False, "nato": True, "cia": False}


@pytest.mark.parametrize("language", ["en", "de", "zh", None])
def test_an_acronym_has_the_stem_of_the_word_that_it_spells(language: str | None) -> None:
    for word, acronym in stopwords.TOLD.items():
        assert analysis.stem(acronym, language) == analysis.stem(word, language)


@pytest.mark.parametrize(
    ("one", "other"),
    [("visits", "visiting"), ("weapon", "weapons"), ("relations", "relation"), ("universities", "university")],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert analysis.stem(one) == analysis.stem(other)


@pytest.mark.parametrize("surface", ["us", "w2", "c++", "naïve", "йод", "2017"])
def test_what_is_no_english_word_is_its_own_stem(surface: str) -> None:
    assert analysis.stem(surface) == surface


@given(st.text())
def test_any_text_is_cut_into_ordered_nonempty_words(text: str) -> None:
    end = 0
    for token in analysis.tokenize(text):
        assert end <= token.start < token.end <= len(text)
        assert token.surface
        # A word of CJK reaches into the next.
        end = analysis.cjk_end(text, token.start) or token.end


@given(st.text())
def test_no_letter_or_digit_is_lost(text: str) -> None:
    covered = {place for token in analysis.tokenize(text) for place in range(token.start, token.end)}
    for place, character in enumerate(text):
        # A compatibility character may fold into nothing but marks or signs; a plain letter never does.
        if place not in covered and unicodedata.category(character) in ("Lu", "Ll", "Nd"):
            # The only letter that is left out is the s of a possessive that stands alone.
            raise AssertionError((text, character))


@given(st.text(alphabet="abcé'’.,+#-ABC123 ", max_size=40))
def test_folding_a_surface_again_changes_nothing(text: str) -> None:
    for token in analysis.tokenize(text):
        if not token.surface.endswith(("+", "#")):
            assert analysis.fold(token.surface) == token.surface


def test_stop_words_are_folded_as_words_are() -> None:
    for word in stopwords.ENGLISH:
        assert analysis.fold(word) == word
    assert all(analysis.is_stop_word(analysis.fold(word)) for word in ("The", "don’t", "I'd", "they're", "us"))
    assert not analysis.is_stop_word("d")


def test_marks_by_themselves_are_no_words() -> None:
    assert [token.surface for token in analysis.tokenize("I \u2764\ufe0f NY \u0301 e\u0301t\u00e9 \u00bd")] == [
        "i",
        "ny",
        "ete",
        "1\u20442",
    ]


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("北京大学", "北京 京大 大学 学"),
        ("北京2008年", "北京 京 2008 年"),
        ("二〇〇八年", "二〇 〇〇 〇八 八年 年"),
        ("U.S.軍、12,000人 C++版", "US 軍 12000 人 c++ 版"),
        ("Ｗｉｎ　ﾃﾞｰﾀ データ", "win デー ータ タ デー ータ タ"),
        ("대한민국 정부", "대한 한민 민국 국 정부 부"),
        ("か\u3099くせい", "がく くせ せい い"),
        ("\u1112\u1161\u11ab국", "한국 국"),
        ("葛\U000e0100城", "葛\U000e0100城 城"),
        ("o'漢", "o 漢"),
    ],
)
def test_cjk_is_cut_into_pairs_of_characters(text: str, surfaces: str) -> None:
    assert [token.surface for token in analysis.tokenize(text)] == surfaces.split()


def test_pairs_of_characters_stand_where_they_stand() -> None:
    assert [token[1:] for token in analysis.tokenize("上海 A北京")] == [
        (0, 2, False),
        (1, 2, False),
        (3, 4, False),
        (4, 6, False),
        (5, 6, False),
    ]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("كِتَابٌ", "كتاب"),
        ("كتـــاب", "كتاب"),
        ("أحمد إسلام آدم ٱلله", "احمد اسلام ادم الله"),
        ("أحمد", "احمد"),
        ("مستشفى علی", "مستشفي علي"),
        ("مدرسة", "مدرسه"),
        ("مسؤول رئيس", "مسؤول رئيس"),
        ("کتاب خانۀ خانهٔ", "كتاب خانه خانه"),
        ("می\u200cخواهم", "مي خواهم"),
        ("٢٠٠٨ ۱۳۸۷", "2008 1387"),
        ("ﻻ ﷲ", "لا الله"),
        ("هٰذا ـــ", "هذا"),
    ],
)
def test_arabic_script_is_written_in_one_way(written: str, folded: str) -> None:
    assert surfaces(written) == folded.split()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ar", "مدرسة المدرسة مدرسته"),
        ("ar", "سياسة السياسة سياسته والسياسية"),
        ("ar", "رئيس الرئيس للرئيس"),
        ("ar", "لاعب لاعبون اللاعبين"),
        ("da", "børn børnene"),
        ("de", "Haus Häuser Häusern"),
        ("de-AT", "groß große größer GROSSEN"),
        ("es", "nación naciones"),
        ("es", "político políticas"),
        ("fi", "talo talon talossa talot"),
        ("fr", "décidé décidée décider décidées"),
        ("fr", "première premier premières"),
        ("hu", "kormány kormányt kormányok"),
        ("it", "libertà libertá"),
        ("nb", "regjering regjeringen"),
        ("nl", "vrijheid vrijheden"),
        ("no", "spørsmål spørsmålet"),
        ("pt", "informação informações"),
        ("ro", "cărți cărţi"),
        ("ru", "правительство правительства правительством"),
        ("ru", "ёлка елки"),
        ("sv", "regering regeringens"),
        ("en", "visit visits visiting"),
        (None, "visit visits visiting"),
    ],
)
def test_inflected_forms_have_one_stem_in_their_language(language: str | None, words: str) -> None:
    forms = {token.surface for token in analysis.tokenize(words)}
    assert len({analysis.stem(form, language) for form in forms}) == 1


def test_a_stemmer_leaves_alone_what_is_not_its_own() -> None:
    for language in ("ar", "ru", "fr", "en", None, "cs", "zh"):
        for surface in ("北京", "2008", "c++", "covid19", "ωμεγα"):
            assert analysis.stem(surface, language) == surface
    assert analysis.stem("visiting", "ru") == analysis.stem("visiting", "fa") == "visiting"
    assert analysis.stem("книгах", "de") == "книгах"


@given(
    st.text(min_size=1), st.sampled_from(["ar", "da", "de", "es", "fi", "fr", "hu", "it", "nl", "pt", "ro", "ru", "sv"])
)
def test_every_word_has_a_stem_in_every_language(text: str, language: str) -> None:
    for token in analysis.tokenize(text):
        assert analysis.stem(token.surface, language)


def test_a_stem_does_not_depend_on_the_words_before() -> None:
    for before in ("يكتبون", "الكتاب", "مدرسة"):
        analysis.stem_by.__wrapped__(before, "arabic")
        assert analysis.stem_by.__wrapped__("كتبوا", "arabic") == "كتب"


def test_stems_of_several_languages_are_told_once() -> None:
    stemmers = analysis.stemmers_of((None, "en", "de", "zh", "fa"))
    assert stemmers == ("english", "german", "")
    assert analysis.stem_each(("universities",), stemmers) == (("univers",), ("universiti",), ("universities",))
    assert analysis.stem_each(("moscow", "2008"), stemmers) == (("moscow", "2008"),)
