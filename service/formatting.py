"""How dates, numbers, links and text appear on the pages: the filters of the templates."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import re
from html import unescape
from urllib.parse import urlsplit

from babel import Locale
from flask import Flask
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

# BCP 47 as far as it can be told by its form; anything else in `lang` would mislead a screen reader.
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# The values of a `published` facet but for years, which are printed as they are.
_PERIOD = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")
# What turns the direction of all that follows, even outside the text that it is in, where no element holds it in.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENGLISH = Locale("en")
# What `strftime` gives takes ten times as long, and depends on the locale of the machine.
_MONTHS = _ENGLISH.months["format"]["wide"]
MONTHS_IN_SHORT = _ENGLISH.months["format"]["abbreviated"]
_TAG = re.compile(r"<[^>]*>")
_CODE = re.compile(r"`([^`]+)`")
# Margins at which typewriters, wires and mail break their lines, in characters.
_NARROWEST, _WIDEST = 45, 100
# What a line begins with that is no more of the one before: what somebody quotes, an item of a list, a row of a table.
_BEGINS_ANEW = re.compile(r"[>|*•+-]|\s|$")
# The languages that are written from right to left, by the part of the tag before the first hyphen.
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


def format_day(day: dt.date) -> str:
    """Return a date as it is printed on a page: 12 April 2017."""
    return f"{day.day} {_MONTHS[day.month]} {day.year}"


def format_moment(moment: dt.datetime) -> str:
    """Return a time as it is printed on a page, in UTC, since the reader may be anywhere."""
    moment = moment.astimezone(dt.UTC)
    return f"{format_day(moment)}, {moment:%H:%M} UTC"


def machine_time(day: dt.date) -> str:
    """Return a day, or a moment to the second, as HTML has it; of fractions it allows no more than three digits."""
    return day.isoformat(timespec="seconds") if isinstance(day, dt.datetime) else day.isoformat()


def format_span(earliest: dt.date, latest: dt.date) -> str:
    """Return a span of days without saying anything twice: 6–12 April 2017."""
    if earliest == latest:
        return format_day(earliest)
    if (earliest.year, earliest.month) == (latest.year, latest.month):
        return f"{earliest.day}–{format_day(latest)}"
    if earliest.year == latest.year:
        return f"{earliest.day} {_MONTHS[earliest.month]} – {format_day(latest)}"
    return f"{format_day(earliest)} – {format_day(latest)}"


def format_number(number: int) -> str:
    """Return a number with its thousands set apart: 39,976."""
    return f"{number:,}"


def format_count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: 1 article, 2 articles."""
    return f"{format_number(number)} {one if number == 1 else many or one + 's'}"


def format_period(text: str) -> str:
    """Return the value of a `published` facet as it is printed: 2017-04 is April 2017, and 2017-04-12 a day of it."""
    day = _PERIOD.fullmatch(text)
    if not day:
        return text
    first = dt.date(int(day[1]), int(day[2]), int(day[3] or 1))
    return format_day(first) if day[3] else f"{_MONTHS[first.month]} {first.year}"


def format_language(code: str) -> str:
    """Return the name of a language in English, or its code where there is none."""
    name: str = _ENGLISH.languages.get(code, code)
    return name


def engine_html(html: str) -> Markup:
    """Return HTML that the engine made, in which all but its own marks is escaped already.

    This is the only way past the templates' escaping, under a name that can be searched for.
    """
    return Markup(html)  # noqa: S704 -- see the contract of `SearchResult` and `MarkedArticle`


def join_wrapped_lines(html: str) -> str:
    """Return a paragraph in which lines that were broken at a margin are one: a screen has its own.

    A line was broken if the first word of the next had no room in it. The other line ends say something, and stay; and
    so do all where such lines are fewer than half, as in a list or in verse.
    """
    lines = html.split("\n")
    texts = [unescape(_TAG.sub("", line)) for line in lines]
    margin = max(map(len, texts))
    if not _NARROWEST <= margin <= _WIDEST:
        return html
    is_broken = [
        len(line) + 1 + len(following.partition(" ")[0]) > margin and not _BEGINS_ANEW.match(following)
        for line, following in itertools.pairwise(texts)
    ]
    if 2 * sum(is_broken) < len(is_broken):
        return html
    return lines[0] + "".join(
        (" " if broken else "\n") + line for broken, line in zip(is_broken, lines[1:], strict=True)
    )


@functools.lru_cache
def text_attributes(language: str | None) -> Markup:
    """Return the attributes of an element that holds an article's text: its language and direction."""
    if not language or not _LANGUAGE_TAG.fullmatch(language):
        return Markup('dir="auto"')
    direction = "rtl" if language.split("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"
    return Markup('lang="{}" dir="{}"').format(language, direction)


def without_overrides(text: str) -> str:
    """Return text for where there are no elements, as a window's title, in which it turns nothing around."""
    return _OVERRIDES.sub("", text)


def web_host(url: str | None) -> str | None:
    """Return the host of a URL that is safe to link to, and `None` for any other kind, such as javascript:."""
    try:
        parts = urlsplit(url or "")
        host = parts.hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host and parts.scheme in {"http", "https"} else None


def with_code(text: str) -> Markup:
    """Return a text of ours as HTML, with what stands between two backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 -- all of it is escaped


def register(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.filters.update(
        day=format_day,
        moment=format_moment,
        machine_time=machine_time,
        join_wrapped_lines=join_wrapped_lines,
        number=format_number,
        count_of=format_count,
        engine_html=engine_html,
        text_attributes=text_attributes,
        without_overrides=without_overrides,
        web_host=web_host,
        with_code=with_code,
    )
    app.jinja_env.globals["span"] = format_span
    # A misspelt name in a template is an error in its test, not a gap on a page.
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
