"""Dates as people type them in a query, into ranges of days; and ranges back into words."""

from __future__ import annotations

import calendar
import datetime as dt

import regex

Dates = tuple[dt.date | None, dt.date | None]  # the first day and the last; None where the range is open

_DAY = dt.timedelta(days=1)
_ABSOLUTE = regex.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?")
_RELATIVE = regex.compile(r"-(\d{1,4})([dwmy])")
_COMPARED = regex.compile(r"(>=|<=|>|<)(.*)")
_BETWEEN = regex.compile(r"\[\s*([^\s\]]*)\s+TO\s+([^\s\]]*)\s*\]")
_DAYS_BACK = {"today": 0, "yesterday": 1}
_OPEN = ("", "*")


def read_dates(field: str, text: str, today: dt.date | None = None) -> Dates | None:
    """Return the range that `field` (published, after or before) and what is typed behind it name; None for none.

    A year or a month is all its days, so that `after:2017` begins with 2018. Days, weeks, months and years (`-7d`)
    count back from `today`, and range to what is newest where they stand alone.
    """
    try:
        if field == "after":
            return _compare(">", text, today)
        if field == "before":
            return _compare("<", text, today)
        if compared := _COMPARED.fullmatch(text):
            return _compare(compared[1], compared[2], today)
        if between := _BETWEEN.fullmatch(text):
            start = None if between[1] in _OPEN else _read(between[1], today)[0]
            end = None if between[2] in _OPEN else _read(between[2], today)[1]
            return None if start and end and start > end else (start, end)
        if text == "*":
            return None, None
        first, last = _read(text, today)
        return first, None if text.startswith("-") else last
    except (ValueError, OverflowError):  # what is no date, or of no year that a date can have
        return None


def _compare(operator: str, text: str, today: dt.date | None) -> Dates:
    first, last = _read(text, today)
    match operator:
        case ">":
            return last + _DAY, None
        case ">=":
            return first, None
        case "<":
            return None, first - _DAY
        case _:
            return None, last


def _read(text: str, today: dt.date | None) -> tuple[dt.date, dt.date]:
    """Return the first day and the last of a year, a month or a day; raises `ValueError`."""
    if absolute := _ABSOLUTE.fullmatch(text):
        year, month, day = (int(part) if part else None for part in absolute.groups())
        first = dt.date(year or 0, month or 1, day or 1)
        if day:
            return first, first
        last_month = month or 12
        return first, first.replace(month=last_month, day=calendar.monthrange(first.year, last_month)[1])
    today = today or dt.datetime.now(tz=dt.UTC).date()
    if relative := _RELATIVE.fullmatch(text):
        back = _count_back(today, int(relative[1]), relative[2])
        return back, back
    if text.lower() not in _DAYS_BACK:
        raise ValueError(text)
    back = today - _DAY * _DAYS_BACK[text.lower()]
    return back, back


def _count_back(today: dt.date, count: int, unit: str) -> dt.date:
    if unit in "dw":
        return today - _DAY * (count * 7 if unit == "w" else count)
    months = today.year * 12 + today.month - 1 - (count * 12 if unit == "y" else count)
    year, month = divmod(months, 12)
    if year < dt.MINYEAR:
        raise ValueError(f"{count}{unit}")
    # A month before the 31st is the last day of a shorter month.
    return dt.date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def write_dates(start: dt.date | None, end: dt.date | None) -> str:
    """Return a range as it is read again."""
    return f"[{start or '*'} TO {end or '*'}]"
