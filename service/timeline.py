"""A timeline: how many articles there are of each day, month or year, as bars that lead to those of it.

The bars are drawn as SVG with attributes alone, which the policy of the pages lets through where it would stop a style.
Sideways all is in percent, so that the drawing is as wide as its place and its letters stay as large as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.engine import NO_DATE, FacetCount
from index.periods import first_day, last_day
from service.formatting import MONTHS_IN_SHORT, format_count, format_period

# Bars that can be told apart on a wide screen; where there are more, years are drawn by tens, hundreds or thousands.
MAX_BARS = 240
# Labels below them that have room on a narrow one.
MAX_LABELS = {"day": 6, "month": 5, "year": 6}
# From there on the place of a label, in percent, is too near to the end.
_LAST_LABEL = 86
# The height of the highest bar, and of the lowest that is not empty, in pixels.
HEIGHT, _LEAST_HEIGHT = 64, 2
# How much of its place a bar takes.
_SHARE = 0.82

_UNITS = {4: "year", 7: "month", 10: "day"}
_LABEL_STEPS = {
    "year": (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
    "month": (1, 2, 3, 6, 12, 24, 60, 120),
    "day": (1, 2, 5, 10, 20, 50, 100),
}

# A link to the articles between two days, both of them among these.
MakeUrl = Callable[[dt.date, dt.date], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A period and how many articles it has; places and widths are in percent, heights and `y` in pixels."""

    text: str
    count: int
    url: str | None
    x: float
    width: float
    bar_x: float
    bar_width: float
    y: float
    height: float
    label: str | None = None
    current: bool = False

    @property
    def title(self) -> str:
        """Return what it says, in words."""
        return f"{self.text}: {format_count(self.count, 'article') if self.count else 'no articles'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The bars, what each of them is (`day`, `month`, `year`, `10 years` …), and which is the highest."""

    unit: str
    bars: tuple[Bar, ...]
    highest: Bar
    undated: int = 0

    @property
    def span(self) -> str:
        """Return the first and the last period, in words."""
        return f"{self.bars[0].text} – {self.bars[-1].text}"


@dataclass(frozen=True, slots=True)
class _Span:
    text: str
    start: dt.date
    end: dt.date
    count: int
    values: tuple[str, ...]


def make_timeline(counts: Sequence[FacetCount], make_url: MakeUrl, chosen: Sequence[str] = ()) -> Timeline | None:
    """Return the timeline of the counts of a `published` facet, or None where there are not two periods to tell apart.

    Periods without articles are filled in; `chosen` are the periods that are in force.
    """
    by_period = {count.value: count.count for count in counts if count.value != NO_DATE}
    undated = sum(count.count for count in counts if count.value == NO_DATE)
    periods = _fill(min(by_period), max(by_period)) if by_period else []
    if len(periods) < 2:
        return None
    unit = _UNITS[len(periods[0])]
    spans, years = _to_spans(periods, by_period)
    width = 100 / len(spans)
    highest = max(span.count for span in spans)
    labels = _labels(unit, [span.start for span in spans], years)
    bars = []
    for place, span in enumerate(spans):
        height = max(_LEAST_HEIGHT, round(span.count / highest * HEIGHT, 1)) if span.count else 0.0
        x = place * width
        bars.append(
            Bar(
                text=span.text,
                count=span.count,
                url=make_url(span.start, span.end) if span.count else None,
                x=round(x, 3),
                width=round(width, 3),
                bar_x=round(x + width * (1 - _SHARE) / 2, 3),
                bar_width=round(width * _SHARE, 3),
                y=round(HEIGHT - height, 1),
                height=height,
                label=labels.get(place) if x <= _LAST_LABEL else None,
                current=any(value.startswith(each) for value in span.values for each in chosen),
            )
        )
    return Timeline(
        unit=unit if years == 1 else f"{years:,} years",
        bars=tuple(bars),
        highest=max(bars, key=lambda bar: bar.count),
        undated=undated,
    )


def _fill(first: str, last: str) -> list[str]:
    """Return all days, months or years from one to another."""
    if len(first) == 10:
        start, end = dt.date.fromisoformat(first).toordinal(), dt.date.fromisoformat(last).toordinal()
        return [dt.date.fromordinal(day).isoformat() for day in range(start, end + 1)]
    if len(first) == 7:
        start, end = (12 * int(text[:4]) + int(text[5:]) - 1 for text in (first, last))
        return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(start, end + 1)]
    return [f"{year:04}" for year in range(int(first), int(last) + 1)]


def _to_spans(periods: Sequence[str], by_period: dict[str, int]) -> tuple[list[_Span], int]:
    """Return what there is a bar for, and of how many years each is where they are years."""
    years = 1
    groups: dict[str, list[str]] = {period: [period] for period in periods}
    while len(groups) > MAX_BARS:
        years *= 10
        groups = {}
        for period in periods:
            groups.setdefault(f"{int(period[:4]) // years}", []).append(period)
    spans = []
    for group in groups.values():
        text = format_period(group[0]) if len(group) == 1 else f"{int(group[0])}–{int(group[-1])}"
        start, end = first_day("from", group[0]), last_day("to", group[-1])
        spans.append(_Span(text, start, end, sum(by_period.get(each, 0) for each in group), tuple(group)))
    return spans, years


def _labels(unit: str, starts: Sequence[dt.date], years: int) -> dict[int, str]:
    """Return what is written below which bars: round years, the same months of each year, every so many days."""
    for step in _LABEL_STEPS[unit]:
        if unit == "day":
            places = list(range(0, len(starts), step))
        elif unit == "month":
            places = [place for place, day in enumerate(starts) if (12 * day.year + day.month - 1) % step == 0]
        else:
            places = [place for place, day in enumerate(starts) if day.year % (step * years) < years]
        if len(places) <= MAX_LABELS[unit]:
            break
    if unit == "year" or (unit == "month" and step >= 12):
        return {place: str(starts[place].year) for place in places}
    if unit == "day":
        return {place: f"{starts[place].day} {MONTHS_IN_SHORT[starts[place].month]}" for place in places}
    named = {place: MONTHS_IN_SHORT[starts[place].month] for place in places}
    for before, place in zip([None, *places], places, strict=False):
        if before is None or starts[before].year != starts[place].year:
            named[place] += f" {starts[place].year}"
    return named
