from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from index.engine import NO_DATE, FacetCount
from service.timeline import HEIGHT, MAX_BARS, MAX_LABELS, Timeline, make_timeline
from tests.service.html_page import HtmlPage, arguments, get, page_total, text_of

SVG = "{http://www.w3.org/2000/svg}"


def make(counts: dict[str, int], *chosen: str) -> Timeline:
    timeline = make_timeline(
        [FacetCount(value, count) for value, count in counts.items()], lambda start, end: f"{start}/{end}", chosen
    )
    assert timeline is not None
    return timeline


def test_gaps_are_filled_and_bars_lead_to_their_period() -> None:
    timeline = make({"2016-11": 4, "2017-02": 1, NO_DATE: 3})
    assert [(bar.title, bar.url) for bar in timeline.bars] == [
        ("November 2016: 4 articles", "2016-11-01/2016-11-30"),
        ("December 2016: no articles", None),
        ("January 2017: no articles", None),
        ("February 2017: 1 article", "2017-02-01/2017-02-28"),
    ]
    assert (timeline.unit, timeline.undated, timeline.highest.text) == ("month", 3, "November 2016")
    assert [(bar.x, bar.width, bar.y, bar.height) for bar in timeline.bars] == [
        (0, 25, 0, HEIGHT), (25, 25, HEIGHT, 0), (50, 25, HEIGHT, 0), (75, 25, HEIGHT * 3 / 4, HEIGHT / 4)
    ]  # fmt: skip


def test_days_and_years_are_filled_too() -> None:
    days = make({"2016-02-28": 1, "2016-03-01": 1})
    assert [bar.text for bar in days.bars] == ["28 February 2016", "29 February 2016", "1 March 2016"]
    years = make({"1998": 1, "2001": 1})
    assert [bar.text for bar in years.bars] == ["1998", "1999", "2000", "2001"]
    assert years.bars[0].url == "1998-01-01/1998-12-31"


def test_single_article_among_very_many_is_seen() -> None:
    few = make({"2017-01": 1, "2017-02": 1_000_000}).bars[0]
    assert few.height >= 2


def test_many_years_are_drawn_together() -> None:
    timeline = make({"1601": 2, "1987": 5, "1989": 6})
    assert timeline.unit == "10 years"
    assert timeline.bars[-1].title == "1980–1989: 11 articles"
    assert timeline.bars[-1].url == "1980-01-01/1989-12-31"
    assert timeline.bars[0].url == "1601-01-01/1609-12-31"
    assert len(make({"0001": 1, "9999": 1}).bars) <= MAX_BARS


@pytest.mark.parametrize("counts", [{}, {NO_DATE: 7}, {"2017": 7}, {"2017-03-04": 7, NO_DATE: 1}])
def test_one_period_is_nothing_to_choose_from(counts: dict[str, int]) -> None:
    assert make_timeline([FacetCount(*each) for each in counts.items()], lambda start, end: "") is None


def test_chosen_periods_are_told() -> None:
    timeline = make({"2016-12": 1, "2017-01": 1, "2017-02": 1, "2018-01": 1}, "2017", "2018-01")
    assert [bar.text for bar in timeline.bars if bar.current and bar.count] == [
        "January 2017", "February 2017", "January 2018"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2017-02", "2017-10", ["Mar 2017", "May", "Jul", "Sep"]),
        ("2016-11", "2017-02", ["Nov 2016", "Dec", "Jan 2017", "Feb"]),
        ("2014-02", "2018-11", ["2015", "2016", "2017", "2018"]),
        ("2017-03-01", "2017-04-17", ["1 Mar", "11 Mar", "21 Mar", "31 Mar", "10 Apr"]),
        ("2017-03-01", "2017-04-29", ["1 Mar", "11 Mar", "21 Mar", "31 Mar", "10 Apr", "20 Apr"]),
        ("1987", "2005", ["1990", "1995", "2000"]),
    ],
)
def test_labels_are_few_and_round(first: str, last: str, labels: list[str]) -> None:
    assert [bar.label for bar in make({first: 1, last: 1}).bars if bar.label] == labels


DAYS = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))


@given(DAYS, st.integers(1, 1900), st.sampled_from([4, 7, 10]))
def test_any_span_is_drawn_within_its_place(first: dt.date, length: int, letters: int) -> None:
    last = dt.date.fromordinal(
        min(first.toordinal() + min(length, 62 if letters == 10 else 1900), dt.date.max.toordinal())
    )
    counts = {first.isoformat()[:letters]: 3, last.isoformat()[:letters]: 1}
    if len(counts) == 1:
        return
    timeline = make(counts)
    assert sum(bar.count for bar in timeline.bars) == 4
    assert 2 <= len(timeline.bars) <= MAX_BARS
    assert len([bar for bar in timeline.bars if bar.label]) <= max(MAX_LABELS.values())
    ends = [bar.x + bar.width for bar in timeline.bars]
    assert ends == sorted(ends)
    assert abs(ends[-1] - 100) < 0.5
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in timeline.bars)


def drawn(page: HtmlPage) -> dict[str, str]:
    """Return where the bars lead, by what they say."""
    return {text_of(bar.find(f"{SVG}title")): bar.get("href", "") for bar in page.root.iter(f"{SVG}a")}


def test_bars_narrow_the_search_and_count_right(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike&page=2&source=Der+Bote")
    bars = drawn(page)
    assert "January 2017: 1 article" not in bars
    assert "March 2017: 1 article" not in bars
    assert bars["February 2017: 1 article"].startswith("/search?q=strike&from=2017-02-01&to=2017-02-28&source=")
    for title, url in bars.items():
        assert page_total(get(archive_client, url)) == int(title.split(": ")[1].split()[0])
    (table,) = page.all("table")
    assert {text_of(link): link.get("href") for link in table.iter("a")} == {
        title.split(":")[0]: url for title, url in bars.items()
    }
    assert sum(int(text_of(cell)) for cell in table.iter("td")) == page_total(page)


def test_bars_stay_within_the_dates_in_force(archive_client: FlaskClient) -> None:
    bars = drawn(get(archive_client, "/search?q=strike&from=2017-01-15&to=2017-06-10"))
    assert arguments(bars["January 2017: 1 article"])["from"] == ["2017-01-15"]
    assert arguments(bars["June 2017: 1 article"])["to"] == ["2017-06-10"]


def test_timeline_leads_to_what_has_no_date(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=a&match=any&sort=newest")
    url = page.links()["2 without a date"]
    assert page_total(get(archive_client, url)) == 2


def test_drawing_needs_no_style(archive_client: FlaskClient) -> None:
    page = get(archive_client, "/search?q=strike")
    (drawing,) = page.root.iter(f"{SVG}svg")
    assert drawing.get("aria-hidden") == "true"
    assert all(element.get("style") is None for element in drawing.iter())
    # What is hidden from who reads by ear must not be met by who goes by keyboard.
    assert {bar.get("tabindex") for bar in drawing.iter(f"{SVG}a")} == {"-1"}
