"""Texts whose paragraphs were broken into lines: mail, newsgroups, wires."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cleaning import clean
from index.cleaning.paragraphs import split_paragraphs

PARAGRAPHS = [
    "The council voted on Monday evening to close the old bridge over the harbour for repairs, which will take until "
    "the spring at least, and perhaps until the summer if the winter is a hard one.",
    "Ferries will carry commuters across the river in the meantime, said the mayor, who had opposed the plan when it "
    "was first proposed two years ago and came round to it slowly.",
    "No one spoke against it.",
]


@pytest.mark.parametrize("width", [60, 72, 80])
@pytest.mark.parametrize("separator", ["\n\n", "\n"])
def test_broken_paragraphs_are_joined(width: int, separator: str) -> None:
    indent = "" if separator == "\n\n" else "    "
    text = separator.join(textwrap.fill(one, width, initial_indent=indent) for one in PARAGRAPHS)
    assert split_paragraphs(text).texts == PARAGRAPHS
    assert " ".join(clean(text).body.split()) == " ".join(PARAGRAPHS)


def test_quoted_mail_tables_and_signatures_stay_as_they_are() -> None:
    prose = textwrap.fill(" ".join(PARAGRAPHS), 70)
    laid_out = [
        "> The council has no idea of what it is doing, and neither has",
        "> the mayor, as far as I can tell from here.",
        "Bridge        Built    Length",
        "Harbour       1911     204 m",
        "--",
        "Jane Doe * jane@example.org * I speak for myself",
    ]
    text = f"{prose}\n\n" + "\n".join(laid_out)
    lines = split_paragraphs(text).texts
    assert lines == [" ".join(PARAGRAPHS), *(" ".join(line.split()) for line in laid_out)]
    assert clean(text).removed_lines == 0


def test_a_line_a_paragraph_is_not_joined() -> None:
    lines = [f"{'Word ' * count}and no more." for count in range(3, 30)]
    assert split_paragraphs("\n".join(lines)).texts == lines


def test_headlines_in_a_list_are_not_joined() -> None:
    headlines = [f"Council Votes to Close Harbour Bridge Number {number} Until Next Spring" for number in range(10)]
    assert split_paragraphs("\n".join(headlines)).texts == headlines


def test_lines_within_a_paragraph_stay_lines() -> None:
    text = "One line of prose, and\nanother one.\n\nNext."
    assert clean(text).body == "One line of prose, and\nanother one.\n\nNext."


def test_a_text_without_blank_lines_has_a_paragraph_a_line() -> None:
    assert clean("The first sentence is long enough.\nThe second.").body == (
        "The first sentence is long enough.\n\nThe second."
    )


@given(st.text(alphabet="ab .\n\t\u00a0>", max_size=600))
def test_no_word_is_lost(text: str) -> None:
    lines, apart, _ = split_paragraphs(text)
    assert " ".join(lines).split() == text.split()
    assert all(line == " ".join(line.split()) != "" for line in lines)
    assert len(apart) == len(lines)
