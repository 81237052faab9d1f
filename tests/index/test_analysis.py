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
        ("U.S. US u.s. U.S.A. U.S.'s", ["us", "us", "us", "usa", "us"]),
        ("U.S.-led the U.S.", ["us", "led", "the", "us"]),
        ("It ended. The U.S. He said", ["it", "ended", "the", "us", "he", "said"]),
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
    told = {token.surface: token.is_acronym for token in analysis.tokenize("U.S. WHO us A Nato")}
    assert told == {"us": False, "who": True, "a": False, "nato": False}
    assert next(analysis.tokenize("U.S.")).is_acronym


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
        end = token.end


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
