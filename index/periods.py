"""Years, months and days as they are written in requests and counted in facets: `2017`, `2017-04`, `2017-04-12`."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from index.errors import RequestError

# Days that are told one by one, and that are told by their months; more are told by years.
MAX_DAYS, MAX_DAYS_OF_MONTHS = 62, 5 * 366

_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MAX_SHOWN = 40  # characters of what is no date, in the error


def first_day(parameter: str, text: str) -> dt.date:
    """Return the first day of a period; raises `RequestError` naming the parameter if it is none."""
    year, month, day = _read_parts(parameter, text)
    return _make_date(parameter, text, int(year), int(month or 1), int(day or 1))


def last_day(parameter: str, text: str) -> dt.date:
    """Return the last day of a period; raises `RequestError` naming the parameter if it is none."""
    year, month, day = _read_parts(parameter, text)
    last = _make_date(parameter, text, int(year), int(month or 12), int(day or 1))
    return last if day else last.replace(day=calendar.monthrange(last.year, last.month)[1])


def _read_parts(parameter: str, text: str) -> tuple[str, str | None, str | None]:
    parts = _PERIOD.fullmatch(text)
    if not parts:
        shown = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
        raise RequestError(parameter, f"{shown!r} is not a date; write 2017, 2017-04 or 2017-04-12")
    return parts[1], parts[2], parts[3]


def _make_date(parameter: str, text: str, year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise RequestError(parameter, f"{text!r} is not in the calendar") from None
