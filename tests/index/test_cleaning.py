from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cleaning import clean
from index.sources import read_articles
from tests.conftest import SEEDS


def test_titles_of_the_sample_articles() -> None:
    assert [article.title for article in read_articles(SEEDS)] == [
        "With Russia-tinged investigations swirling around his administration, President Trump has yet to…",
        "Tillerson's Visit To Moscow Does Little To Heal Rift, Clear Confusion",
        "A proxy battle with Russia in Syria and multiple Russia-related investigations in the US will follow…",
        "Rex Tillerson’s first visit to Moscow showed that the Trump-Russia lovefest is dead",
        "Tillerson: US-Russia relations at a low point",
    ]


def test_a_headline_is_taken_out_of_the_body_with_what_stands_above_it() -> None:
    text = "menu search login\n\nA Headline of Five Words\n\nThe first sentence.\n\n\n\nThe second."
    assert clean(text) == ("A Headline of Five Words", "The first sentence.\n\nThe second.")


def test_a_text_without_blank_lines_has_a_paragraph_a_line() -> None:
    assert clean("The first sentence is long enough.\nThe second.").body == (
        "The first sentence is long enough.\n\nThe second."
    )


def test_lines_within_a_paragraph_stay_lines() -> None:
    assert (
        clean("One line of prose, and\nanother one.\n\nNext.").body == "One line of prose, and\nanother one.\n\nNext."
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("MOSCOW (Reuters) - The minister left on Monday. More.", "The minister left on Monday."),
        ("WASHINGTON — The minister left the city on Monday.", "The minister left the city on Monday."),
        ("The well-known minister left the city on Monday.", "The well-known minister left the city on Monday."),
        ("short", "short"),
        ("word " * 100 + ".", "word " * 19 + "word…"),
        ("", ""),
        (" \n \n", ""),
    ],
)
def test_a_title_is_made_where_there_is_no_headline(text: str, title: str) -> None:
    assert clean(text).title == title


@given(st.text())
def test_any_text_with_something_in_it_has_a_title(text: str) -> None:
    title, body = clean(text)
    assert bool(title) == bool(text.split())
    assert "\n" not in title
    assert body == body.strip()
