"""A date as somebody wrote it into a date, or none: nothing is guessed.

What can be read in two ways is not read: 4/5/2017 is the fourth of May or the fifth of April. Of a time that is not
understood, or is of a zone that is not known, the date alone is kept. A time that names no zone is taken as UTC.

ISO 8601 is read by the standard library. Dates in words, which a general parser reads at some hundreds a second and
fills up from today's date where something is missing, are found by two patterns and the names of months that Babel has
from the Unicode consortium's tables.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache

import regex
from babel import Locale

# The names that most dates have; to load those of the other languages takes a tenth of a second.
_ENGLISH_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun"),
            *("july jul", "august aug", "september sep sept", "october oct", "november nov", "december dec"),
        ),
        start=1,
    )
    for name in names.split()
}
# The languages whose names of months are known, where two disagree the first one's: in which newspapers date.
_LANGUAGES = (
    "en de fr es it pt nl sv da nb fi pl cs sk hu ro tr ru uk bg el hr sl ca id vi ar fa he hi et lv lt".split()
)

# A date is written in fewer characters; what is longer is something else, and patterns take time.
_MAX_LENGTH = 120

# Numbers of seconds since 1970 and their fractions, told apart by size: from 1973 until 2286 they do not overlap.
# What is smaller would be of 1970 to 1973 or be no such number, and eight digits are a date.
_EPOCH_UNITS = ((1e8, 1e10, 1), (1e11, 1e13, 1_000), (1e14, 1e16, 1_000_000), (1e17, 1e19, 1_000_000_000))

_EARLIEST_YEAR = 1500  # The first newspapers are of 1605; a smaller number is something else than a year.
_LATEST_YEAR = 2200

_YEAR = r"(?P<year>\d{4})"
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|\.)?"
_WORD = r"(?P<month>\p{L}[\p{L}\p{M}]+)\.?"
_GAP = r"[\s,./_-]{0,3}(?:\b(?:de|del|of|di|da)\b\s*)?"
_ALONE = r"(?<![\d.:/-])"
_DATES = (
    # 26-FEB-1987, 13 avril 2017, 13. April 2017, 13 de abril de 2017, the 13th of April, 2017
    regex.compile(rf"{_ALONE}(?P<day>\d{{1,2}}){_ORDINAL}{_GAP}{_WORD}{_GAP}{_YEAR}(?!\d)"),
    # April 13, 2017
    regex.compile(rf"\b{_WORD}\s*(?P<day>\d{{1,2}}){_ORDINAL}(?:\s*,\s*|\s+){_YEAR}(?!\d)"),
    # 2017 April 13
    regex.compile(rf"{_ALONE}{_YEAR}{_GAP}{_WORD}{_GAP}(?P<day>\d{{1,2}})(?!\d)"),
    # 2017-04-13, 2017/4/13, 2017年4月13日
    regex.compile(
        rf"{_ALONE}{_YEAR}(?:\s*[./-]\s*|\s*[年년]\s*)(?P<month_number>\d{{1,2}})(?:\s*[./-]\s*|\s*[月월]\s*)"
        r"(?P<day>\d{1,2})(?!\d)"
    ),
)
# 13/04/2017 and 04/13/2017, where one of the two is more than 12.
_NUMBERS = regex.compile(rf"{_ALONE}(\d{{1,2}})([./-])(\d{{1,2}})\2{_YEAR}(?!\d)")
_TIME = regex.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})(?::|h)(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?![\d:])"
    r"\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>(?:(?:UTC|GMT)\s*)?[+-]\d{1,2}(?::?\d{2})?\b|\p{Lu}[\p{L}]*)?",
    regex.IGNORECASE,
)
# Zones that mean one thing wherever they are written: those of RFC 2822 and of Europe. IST is three, BST is two.
_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "EST": -5, "EDT": -4, "PST": -8, "PDT": -7, "MST": -7, "MDT": -6}
_ZONES |= {"CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "WET": 0, "WEST": 1}
_ZONES["UHR"] = 0  # German for "o'clock", and no zone

# What wires, mail and feeds write, of which there is nothing to find out: the patterns above take ten times as long.
_PLAIN = re.compile(
    r"(?:[A-Za-z]{3}, )?(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})"
    r"(?: (\d\d):(\d\d):(\d\d)(?:\.\d{1,3})?(?: (GMT|UTC|[+-]\d{4}))?)?",
    re.ASCII,
)
# A space before the zone, as some databases write it, is not for fromisoformat.
_BEFORE_ZONE = regex.compile(r"\s+(?=[+-]\d\d:?\d\d$)|\s*UTC$")
_BEFORE_OFFSET = regex.compile(r"^(?:UTC|GMT)\s*(?=[+-])")

_FOUR_DIGITS = regex.compile(r"\d{4}")
_CONTROLS = regex.compile(r"\p{Cc}+")

_IN_URL = regex.compile(
    r"/(?P<year>(?:19|20)\d{2})/(?P<month>\d{1,2}|[a-z]{3})/(?P<day>\d{1,2})(?=/|$)"
    r"|[/_-](?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})(?=[/._-]|$)"
    r"|/(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?=[/_-]|$)"
)

# Folders by year, month and day, or a name that begins with its date; a date elsewhere is of the crawl more often.
_IN_FILE = regex.compile(
    r"/(?P<year>(?:19|20)\d{2})/(?P<month>\d{1,2})/(?P<day>\d{1,2})/"
    r"|/(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})(?=[ ._-][^/]*\Z|\Z)"
)


def parse_date(value: object) -> dt.date | None:
    """Return a date, or a datetime in UTC where the time is there, from text, a number of seconds or a date."""
    if isinstance(value, dt.datetime):
        return _to_utc(value)
    if isinstance(value, dt.date):
        return value if _EARLIEST_YEAR <= value.year <= _LATEST_YEAR else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not text or len(text) > _MAX_LENGTH:
        return None
    return _from_iso(text) or _from_plain(text) or _from_words(text)


def date_in_url(path: str) -> dt.date | None:
    """Return the date that the path of a URL holds: /2017/04/13/, /2017/apr/13/, /2017-04-13-, /20170413/."""
    return _date_in_path(_IN_URL, path)


def date_in_file(path: str) -> dt.date | None:
    """Return the date that the path of a file holds: 2017/04/13/a.txt, 2017-04-13-a.txt."""
    return _date_in_path(_IN_FILE, f"/{path}")


def _date_in_path(pattern: regex.Pattern[str], path: str) -> dt.date | None:
    for found in pattern.finditer(path.lower()):
        month = found["month"]
        date = _make_date(found["year"], _number_of_month(month) if month.isalpha() else month, found["day"])
        if date:
            return date
    return None


def _from_iso(text: str) -> dt.date | None:
    if not text[:4].isdecimal():
        return None
    if text.replace(".", "", 1).isdecimal() and len(text) not in (4, 8):
        return _from_number(float(text))
    try:
        if len(text) > 10:
            return _to_utc(dt.datetime.fromisoformat(_BEFORE_ZONE.sub("", text)))
        if len(text) in (4, 7):
            # A year or a month is dated to its first day, as in a search for it.
            text += "-01-01"[: 10 - len(text)] if len(text) == 4 else "-01"
        return parse_date(dt.date.fromisoformat(text))
    except ValueError:
        return None


def _from_number(number: float) -> dt.date | None:
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 -- only NaN differs from itself
        return None
    if 1e7 <= number < 1e8 and number == int(number):
        return _from_iso(str(int(number)))
    for least, most, unit in _EPOCH_UNITS:
        if least <= number < most:
            return dt.datetime.fromtimestamp(number / unit, dt.UTC)
    return None


def _to_utc(moment: dt.datetime) -> dt.datetime | None:
    if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        return None
    return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _from_plain(text: str) -> dt.date | None:
    """Return the date of "31-MAR-1987 03:32:43.98" and the like, as `_from_words` reads it; `None` for others."""
    found = _PLAIN.fullmatch(text)
    if not found:
        return None
    day, month, year, hour, minute, second, zone = found.groups()
    number = _number_of_month(month.lower())
    if number is None:
        return None
    try:
        if hour is None:
            date = dt.date(int(year), number, int(day))
            return date if _EARLIEST_YEAR <= date.year <= _LATEST_YEAR else None
        offset = _offset(zone) if zone else dt.timedelta()
        if offset is None:
            return None
        moment = dt.datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=dt.UTC)
        return _to_utc(moment - offset if offset else moment)
    except (ValueError, OverflowError):
        return None


def _from_words(text: str) -> dt.date | None:
    # Control characters part what a wire service put into one field: "27-MAR-1987 13:59:45.20\x05\x05\x05F".
    text = _CONTROLS.sub(" | ", text)
    dates = _find_dates(text)
    first = next(dates, None)
    if first is None:
        return None
    date, (start, end) = first
    # Where there is one year there is one date, and the other patterns, which take the time, have nothing to find.
    if len(_FOUR_DIGITS.findall(text)) > 1 and any(other != date for other, _ in dates):
        return None
    return _with_time(date, text[:start] + " | " + text[end:])


def _find_dates(text: str) -> Iterator[tuple[dt.date, tuple[int, int]]]:
    for pattern in _DATES:
        for found in pattern.finditer(text, overlapped=True):
            groups = found.groupdict()
            month = groups.get("month_number") or _number_of_month((groups.get("month") or "").lower())
            date = _make_date(found["year"], month, found["day"])
            if date:
                yield date, found.span()
    for found in _NUMBERS.finditer(text):
        first, second = int(found[1]), int(found[3])
        # The two are day and month or month and day; one that is more than 12 is the day.
        if first > 12 or first == second:
            first, second = second, first
        if second > 12 or first == second:
            date = _make_date(found["year"], first, second)
            if date:
                yield date, found.span()


def _with_time(date: dt.date, rest: str) -> dt.date:
    """Return the date with the time that stands beside it; without where that is not understood."""
    times = list(_TIME.finditer(rest))
    if len(times) != 1:
        return date
    (found,) = times
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    half = (found["half"] or "").lower()[:1]
    offset = _offset(found["zone"] or "Z")
    if offset is None or (half and not 1 <= hour <= 12):
        return date
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return (
            _to_utc(dt.datetime(date.year, date.month, date.day, hour, minute, second, tzinfo=dt.timezone(offset)))
            or date
        )
    except ValueError:
        return date


def _offset(zone: str) -> dt.timedelta | None:
    name = zone.upper()
    if name in _ZONES:
        return dt.timedelta(hours=_ZONES[name])
    name = _BEFORE_OFFSET.sub("", name)
    if name[0] not in "+-":
        return None
    digits = name[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return dt.timedelta(hours=hours, minutes=minutes) * (-1 if name[0] == "-" else 1) if hours <= 14 else None


def _make_date(year: object, month: object, day: object) -> dt.date | None:
    if month is None:
        return None
    try:
        date = dt.date(int(str(year)), int(str(month)), int(str(day)))
    except ValueError:
        return None
    return date if _EARLIEST_YEAR <= date.year <= _LATEST_YEAR else None


def _number_of_month(name: str) -> int | None:
    """Return the number of a month by its name or abbreviation, in small letters."""
    return _ENGLISH_MONTHS.get(name) or _months().get(name)


@cache
def _months() -> dict[str, int]:
    """Return the number of a month by its name or abbreviation, in small letters."""
    numbers: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        contexts = Locale(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in contexts[context][width].items():
                    first_word = regex.match(r"\p{L}[\p{L}\p{M}]+(?=\.?$)", name.strip().lower())
                    if first_word:
                        numbers.setdefault(first_word[0], set()).add(number)
    numbers |= {"sept": {9}}
    # A name that is one month here and another there is none: the Croatian listopad is October, the Polish November.
    return {name: months.copy().pop() for name, months in numbers.items() if len(months) == 1}
