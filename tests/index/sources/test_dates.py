from __future__ import annotations

import datetime as dt
import time

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from index.sources import dates
from index.sources.dates import _from_plain, _from_words, date_in_file, date_in_url, parse_date


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # ISO 8601, whole and in part
        ("2017-04-13", "2017-04-13"),
        ("20170413", "2017-04-13"),
        ("2017-04", "2017-04-01"),
        ("2017", "2017-01-01"),
        ("2017-W15-4", "2017-04-13"),
        ("2017-04-13T10:11:12Z", "2017-04-13T10:11:12+00:00"),
        ("2017-04-13T10:11:12+02:00", "2017-04-13T08:11:12+00:00"),
        ("2017-04-13 10:11:12", "2017-04-13T10:11:12+00:00"),
        ("2017-04-13 10:11:12 +0200", "2017-04-13T08:11:12+00:00"),
        ("2017-04-13 10:11:12 UTC", "2017-04-13T10:11:12+00:00"),
        ("20170413T101112Z", "2017-04-13T10:11:12+00:00"),
        ("2017-04-13 10:11 PM", "2017-04-13T22:11:00+00:00"),
        # RFC 2822
        ("Thu, 13 Apr 2017 10:11:12 GMT", "2017-04-13T10:11:12+00:00"),
        ("Thu, 13 Apr 2017 10:11:12 -0400", "2017-04-13T14:11:12+00:00"),
        # Reuters
        ("26-FEB-1987 15:01:01.79", "1987-02-26T15:01:01+00:00"),
        (" 6-MAR-1987 18:17:34.48", "1987-03-06T18:17:34+00:00"),
        ("27-MAR-1987 13:59:45.20\x05\x05\x05F", "1987-03-27T13:59:45+00:00"),
        # In words
        ("April 13, 2017", "2017-04-13"),
        ("Apr. 13, 2017", "2017-04-13"),
        ("Sept. 5, 2016", "2016-09-05"),
        ("13th of April, 2017", "2017-04-13"),
        ("Thursday 13 April 2017 10.00 pm", "2017-04-13"),
        ("April 13, 2017 at 10:05 a.m. EDT", "2017-04-13T14:05:00+00:00"),
        ("Updated 9:14 PM, Thu April 13, 2017", "2017-04-13T21:14:00+00:00"),
        ("13 avril 2017", "2017-04-13"),
        ("1er mai 2017 à 15h30", "2017-05-01T15:30:00+00:00"),
        ("13. April 2017", "2017-04-13"),
        ("13 de abril de 2017", "2017-04-13"),
        ("13 aprile 2017", "2017-04-13"),
        ("13 kwietnia 2017", "2017-04-13"),
        ("13 апреля 2017 г.", "2017-04-13"),
        ("13 أبريل 2017", "2017-04-13"),
        ("۱۳ آوریل ۲۰۱۷", "2017-04-13"),
        ("2017年4月13日", "2017-04-13"),
        ("2017년 4월 13일", "2017-04-13"),
        # In numbers, where there is one way to read them
        ("2017/4/13", "2017-04-13"),
        ("13/04/2017", "2017-04-13"),
        ("04/13/2017", "2017-04-13"),
        ("13.04.2017", "2017-04-13"),
        ("04/04/2017", "2017-04-04"),
        ("1492041600", "2017-04-13T00:00:00+00:00"),
        ("1492041600000", "2017-04-13T00:00:00+00:00"),
        (1492041600, "2017-04-13T00:00:00+00:00"),
        (1492041600.5, "2017-04-13T00:00:00.500000+00:00"),
        (1492041600000, "2017-04-13T00:00:00+00:00"),
        (20170413, "2017-04-13"),
        # The date alone where the time makes no sense, or its zone is not known
        ("31-MAR-1987 605:12:19.12", "1987-03-31"),
        ("13 April 2017 10:00 IST", "2017-04-13"),
        ("13 April 2017 25:00", "2017-04-13"),
        ("13 April 2017 13:00 pm", "2017-04-13"),
        # What is no date, or more than one
        ("04/05/2017", None),
        ("5.4.2017", None),
        ("13/04/17", None),
        ("April 2017", None),
        ("April 13", None),
        ("yesterday", None),
        ("13 Apr 2017, updated 14 Apr 2017", None),
        ("8 listopada 2016", None),
        ("31 February 2017", None),
        ("2017-02-31", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("12", None),
        ("", None),
        ("x" * 200 + "2017-04-13", None),
        (float("nan"), None),
        (float("inf"), None),
        (12, None),
        (-1, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_dates_are_read_as_they_are_written_or_not_at_all(written: object, read: str | None) -> None:
    parsed = parse_date(written)
    assert (parsed.isoformat() if parsed else None) == read


def test_dates_that_are_dates_already() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    assert parse_date(dt.date(2017, 4, 13)) == dt.date(2017, 4, 13)
    assert parse_date(dt.datetime(2017, 4, 13, 1, tzinfo=zone)) == dt.datetime(2017, 4, 12, 23, tzinfo=dt.UTC)
    assert parse_date(dt.datetime(2017, 4, 13, 1)) == dt.datetime(2017, 4, 13, 1, tzinfo=dt.UTC)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("path", "date"),
    [
        ("/2017/04/13/a-story", dt.date(2017, 4, 13)),
        ("/news/2017/4/3/", dt.date(2017, 4, 3)),
        ("/2017/apr/13/a-story", dt.date(2017, 4, 13)),
        ("/a-story-2017-04-13.html", dt.date(2017, 4, 13)),
        ("/20170413/a", dt.date(2017, 4, 13)),
        ("/2017/13/45/", None),
        ("/20171345/", None),
        ("/id/12345678", None),
        ("/2017/04/a-story", None),
        ("", None),
    ],
)
def test_dates_in_urls(path: str, date: dt.date | None) -> None:
    assert date_in_url(path) == date


@pytest.mark.parametrize(
    ("path", "date"),
    [
        ("news/2017/04/13/a.txt", dt.date(2017, 4, 13)),
        ("news/2017-04-13-a-story.txt", dt.date(2017, 4, 13)),
        ("news/2017-04-13.txt", dt.date(2017, 4, 13)),
        # Of a crawl.
        ("news/2017-04-13/a.txt", None),
        ("news/a-2017-04-13.txt", None),
        ("news/201704130001.txt", None),
    ],
)
def test_dates_in_names_of_files(path: str, date: dt.date | None) -> None:
    assert date_in_file(path) == date


@given(st.text())
def test_any_text_is_a_date_in_utc_or_none(text: str) -> None:
    date = parse_date(text)
    assert date is None or not isinstance(date, dt.datetime) or date.tzinfo is dt.UTC


@given(st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(2199, 1, 1)))  # noqa: DTZ001
def test_dates_survive_being_written(moment: dt.datetime) -> None:
    expected = moment.replace(tzinfo=dt.UTC)
    assert parse_date(moment.isoformat() + "Z") == expected
    assert parse_date(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").replace(str(moment.year), f"{moment.year:04}")) == (
        expected.replace(microsecond=0)
    )
    assert parse_date(moment.strftime("%B %d, %Y")) == moment.date()


def test_long_texts_of_digits_take_no_time() -> None:
    started = time.perf_counter()
    for text in ("1 " * 60, "1/" * 60, "2017 " * 24, "11:11 " * 20, "1 a " * 30):
        for _ in range(20):
            parse_date(text)
    assert time.perf_counter() - started < 1


@given(
    st.sampled_from(["", "Thu, ", "Mar, ", "may "]),
    st.integers(0, 40).map(str) | st.integers(0, 31).map("{:02}".format),
    st.sampled_from(["-", " "]),
    st.sampled_from(["MAR", "Apr", "april", "mai", "de", "sept", "abc", "listopad"]),
    st.sampled_from(["1987", "2017", "0017", "9999", "1499"]),
    st.sampled_from(["", " 03:32:43", " 03:32:43.98", " 25:00:00", " 23:59:59 GMT"])
    | st.sampled_from([" 23:59:59 -0400", " 00:30:00 +1400", " 00:30:00 +1500", " 10:00:00 IST", " 10:61:00 UTC"]),
)
def test_plain_dates_are_read_as_all_others_are(
    day_name: str, day: str, sign: str, month: str, year: str, rest: str
) -> None:
    text = f"{day_name}{day}{sign}{month}{sign}{year}{rest}"
    quick = _from_plain(text)
    assert quick is None or quick == _from_words(text), text


def test_names_of_months_that_are_known_at_once_are_those_of_babel() -> None:
    known, all_names = dates._ENGLISH_MONTHS, dates._months()
    assert {name: all_names.get(name) for name in known} == known
    english = Locale("en").months["format"]
    assert {name.lower() for width in ("wide", "abbreviated") for name in english[width].values()} <= known.keys()
