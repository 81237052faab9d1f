"""What becomes of hyphenated compounds where any word will do."""

from __future__ import annotations

import pytest

from index.compounds import loosen
from index.query_language import parse, write


@pytest.mark.parametrize(
    ("typed", "loosened"),
    [
        ("shock-sound wave", "shock OR sound OR wave"),
        ("wave (title:shock-sound tunnel)", "wave OR title:shock OR title:sound OR tunnel"),
        ("free-for-all fight", "free OR fight"),
        ("lift OR (drag low-speed)", "lift OR (drag OR low OR speed)"),
        ("wave -shock-sound", "wave AND NOT shock-sound"),
    ],
)
def test_words_of_compounds_count_by_themselves(typed: str, loosened: str) -> None:
    assert write(loosen(parse(typed)).root, "OR") == loosened


@pytest.mark.parametrize(
    "typed", ["shock-sound", '"shock-sound" wave', "al-Qaeda wave", "W-2 form", "3.5 wave", "", "北京大学 wave"]
)
def test_what_is_no_compound_of_words_stays(typed: str) -> None:
    assert loosen(parse(typed)) == parse(typed)
