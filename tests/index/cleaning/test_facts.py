"""Names, dates and places: taken where they are told, and not guessed."""

from __future__ import annotations

import datetime as dt

import pytest

from index.cleaning import clean
from index.cleaning.facts import find_authors, find_dateline, find_published

BODY = "The council voted on Monday to close the old bridge over the harbour until spring.\n\nFerries will sail."


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("By Jane Doe and John Smith", ("Jane Doe", "John Smith")),
        ("By Jane Doe, John F. Smith and Jean-Luc O’Neil", ("Jane Doe", "John F. Smith", "Jean-Luc O’Neil")),
        ("by Ursula von der Leyen, CNN", ("Ursula von der Leyen",)),
        ("By Justine Coleman - 11/18/19 11:04 PM EST", ("Justine Coleman",)),
        ("by Jeff Foust — November 18, 2019", ("Jeff Foust",)),
        ("Written by Rachael Link on November 14, 2019", ("Rachael Link",)),
        ("Von Moritz Bachmann", ("Moritz Bachmann",)),
        ("By REUTERS", ()),
        ("By Jerusalem Post Staff", ()),
        ("By Land and Sea", ()),
        ("By the time that the council voted", ()),
        ("Jane Doe", ()),
    ],
)
def test_authors(line: str, authors: tuple[str, ...]) -> None:
    assert find_authors([line]) == authors


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("Published: 12 Apr 2017 • 10:15 GMT", dt.date(2017, 4, 12)),
        ("Published Monday, November 18, 2019 8:22AM EST", dt.date(2019, 11, 18)),
        ("Updated 9:14 AM ET, Thu April 13, 2017", dt.date(2017, 4, 13)),
        ("Posted on 2019-11-18", dt.date(2019, 11, 18)),
        ("by Jeff Foust — November 18, 2019", dt.date(2019, 11, 18)),
        ("Veröffentlicht am 3. März 2019", dt.date(2019, 3, 3)),
        ("Publicado em 5 de maio de 2018", dt.date(2018, 5, 5)),
        # Whose day it is nobody says; which of the two numbers is the month nobody knows; there is no such day.
        ("November 18, 2019", None),
        ("Published 11/12/2019", None),
        ("Published February 30, 2019", None),
        ("Published 3 hours ago", None),
    ],
)
def test_published(line: str, published: dt.date | None) -> None:
    assert find_published([line]) == published


def test_what_was_published_counts_for_more_than_what_was_updated() -> None:
    lines = ["Updated April 14, 2017", "Published April 13, 2017"]
    assert find_published(lines) == dt.date(2017, 4, 13)


@pytest.mark.parametrize(
    ("paragraph", "place", "agency"),
    [
        ("WASHINGTON — The minister left.", "WASHINGTON", None),
        ("MOSCOW (Reuters) - The minister left.", "MOSCOW", "Reuters"),
        ("HANOI, Vietnam (AP) — The minister left.", "HANOI, Vietnam", "AP"),
        ("Hong Kong (CNN Business) — The minister left.", "Hong Kong", "CNN Business"),
        ("Washington CNN — The minister left.", "Washington", "CNN"),
        ("Dekalb, Ill. — The minister left.", "Dekalb, Ill.", None),
        ("BERLIN -- The minister left.", "BERLIN", None),
        ("MOSCOW, April 12 (Reuters) - The minister left.", "MOSCOW", "Reuters"),
        ("BEIJING, Nov. 18, 2019 (Xinhua) -- The minister left.", "BEIJING", "Xinhua"),
        ("PARIS, 12 avril (AFP) – The minister left.", "PARIS", "AFP"),
        ("SAN FRANCISCO, Calif., Sept. 3 — The minister left.", "SAN FRANCISCO, Calif.", None),
        ("WASHINGTON/MOSCOW (Reuters) - The minister left.", "WASHINGTON/MOSCOW", "Reuters"),
    ],
)
def test_datelines(paragraph: str, place: str, agency: str | None) -> None:
    dateline = find_dateline(paragraph)
    assert dateline is not None
    assert (dateline.place, dateline.agency) == (place, agency)
    assert paragraph[dateline.length :] == "The minister left."


@pytest.mark.parametrize(
    "paragraph",
    [
        "The well-known minister — nobody else — left on Monday.",
        "Putin — a former officer — left on Monday.",
        "Rex Tillerson - the minister - left on Monday.",
        "The minister left on Monday.",
        "WATCH — The minister leaves.",
        "FOR SALE (RELUCTANTLY) - A bicycle.",
        "NOTE - local groups were left out.",
        "WANTED - 4 zebras",
        "April 12 — The minister left.",
    ],
)
def test_a_dash_makes_no_dateline(paragraph: str) -> None:
    assert find_dateline(paragraph) is None


def test_what_stands_between_headline_and_text_is_read_and_taken_out() -> None:
    text = f"Council Votes to Close Bridge\nBy Jane Doe\nPublished April 13, 2017\n\nSEAPORT (AP) — {BODY}"
    cleaned = clean(text)
    assert cleaned.title == "Council Votes to Close Bridge"
    assert cleaned.authors == ("Jane Doe",)
    assert cleaned.published == dt.date(2017, 4, 13)
    assert (cleaned.dateline, cleaned.agency) == ("SEAPORT", "AP")
    assert cleaned.body == f"SEAPORT (AP) — {BODY}"


def test_names_and_dates_within_the_article_are_not_its_own() -> None:
    cleaned = clean(f"{BODY}\n\nBy John Smith\n\nPublished April 13, 2017\n\n{BODY[:-1]} and more.")
    assert cleaned.authors == ()
    assert cleaned.published is None
