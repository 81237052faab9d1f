from __future__ import annotations

import pytest

from index.cleaning import clean
from index.sources import read_articles
from tests.conftest import SEEDS


def test_titles_of_the_sample_articles() -> None:
    assert [article.title for article in read_articles(SEEDS)] == [
        "With Russia-tinged investigations swirling around his administration, President Trump has yet to…",
        "Tillerson's Visit To Moscow Does Little To Heal Rift, Clear Confusion",
        "A proxy battle with Russia in Syria and multiple Russia-related investigations in the US will follow…",
        "Rex Tillerson’s first visit to Moscow showed that the Trump-Russia lovefest is dead",
        "Donald Trump’s Russia reset already needs a reset.",
    ]


def test_a_headline_is_taken_out_of_the_body_with_what_stands_above_it() -> None:
    text = "menu search login\n\nA Headline of Five Words\n\nThe first sentence.\n\n\n\nThe second."
    assert clean(text)[:2] == ("A Headline of Five Words", "The first sentence.\n\nThe second.")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("MOSCOW (Reuters) - The minister left on Monday. More.", "The minister left on Monday."),
        ("WASHINGTON — The minister left the city on Monday.", "The minister left the city on Monday."),
        ("The well-known minister left the city on Monday.", "The well-known minister left the city on Monday."),
        (
            "The A.P. reports from N.Y. that the minister left. More.",
            "The A.P. reports from N.Y. that the minister left.",
        ),
        ("He flew with Gen. Mattis to Kyiv. Then he left.", "He flew with Gen. Mattis to Kyiv."),
        ("He left at 5:30 p.m. on a Monday of April. More.", "He left at 5:30 p.m. on a Monday of April."),
        ("He came to the U.S. Then he left.", "He came to the U.S. Then he left."),
        ("By John Smith and Jane Doe\n\nThe minister left on Monday.", "The minister left on Monday."),
        ("April 12, 2017 5:30 p.m. GMT\n\nThe minister left on Monday.", "The minister left on Monday."),
        ("By John Smith and Jane Doe", "By John Smith and Jane Doe"),
        ("short", "short"),
        ("word " * 100 + ".", "word " * 19 + "word…"),
        ("", ""),
        (" \n \n", ""),
    ],
)
def test_a_title_is_made_where_there_is_no_headline(text: str, title: str) -> None:
    assert clean(text).title == title


@pytest.mark.parametrize(
    "line",
    [
        "By John Smith and Jane Doe",
        "By John F. Smith, Jane Doe and Jean-Luc O’Neil, The Associated Press",
        "By Steve Holland and Andrew Osborn | WASHINGTON",
        "by Ursula von der Leyen, CNN",
        "Wednesday, April 12, 2017",
        "Updated 9:14 AM ET, Thu April 13, 2017",
        "Published: 12 Apr 2017 • 10:15 GMT",
        "April 12th, 2017 at 5:30 p.m.",
    ],
)
def test_bylines_and_dates_are_no_headlines(line: str) -> None:
    assert clean(f"{line}\n\nMinister Leaves the City Again\n\nThe text.")[:2] == (
        "Minister Leaves the City Again",
        "The text.",
    )


@pytest.mark.parametrize(
    "headline",
    [
        "A New Law for Washington, D.C.",
        "How the World Now Sees the U.S.",
        "The Rise and Fall of Acme Inc.",
        "By Land, Sea and Air They Came",
        "By the Numbers: A War in Charts",
        "March of the 300 Through Paris",
        "May Wins the 2017 Vote",
    ],
)
def test_headlines_that_look_like_something_else(headline: str) -> None:
    assert clean(f"{headline}\n\nThe text.")[:2] == (headline, "The text.")


def test_a_sentence_that_ends_in_one_capital_is_no_headline() -> None:
    assert clean("The minister then went on to plan B.\n\nThe text.").body.startswith("The minister")


def test_the_headline_of_a_page_is_the_line_that_shares_its_words_with_the_article() -> None:
    menu = ["Home", "World", "Business", "Subscribe", "Newsletters", "Search", "Log In", "Privacy Policy"]
    teasers = ["Ten Recipes for a Rainy Autumn Sunday", "The Cup Final in Nine Pictures and a Song"]
    article = ["The council voted on Monday to close the old harbour bridge for repairs until the spring. " * 2] * 1
    article += ["Ferries will carry commuters across the river while the bridge is closed, the mayor said. " * 2]
    page = [*menu, *teasers, "Council Votes to Close Harbour Bridge", "By Jane Doe", "Share on Facebook", *article]
    cleaned = clean("\n".join([*page, "Related Articles", *teasers, "Share on Twitter"]))
    assert cleaned.title == "Council Votes to Close Harbour Bridge"
    assert cleaned.authors == ("Jane Doe",)
    assert cleaned.body.split("\n\n") == [line.strip() for line in article]


def test_what_a_video_shows_is_no_headline() -> None:
    text = "The Minister Visits the Harbour\n01:27 - Source: CNN\n\nThe council voted on Monday to close the bridge."
    assert clean(text)[:2] == (
        "The council voted on Monday to close the bridge.",
        "The council voted on Monday to close the bridge.",
    )
