"""A query string into a `SearchRequest`, and back: the one place that knows the names of the arguments.

API and pages read with the same rules, and every state of a page is a link that is written here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from index import SearchRequest
from index.engine import FACETS, Duplicates, FacetName, Match, Sort
from index.errors import RequestError
from index.periods import first_day, last_day
from service.settings import Settings

ARGUMENTS = (
    "q", "match", "page", "cursor", "size", "sort", "from", "to", "source", "author", "language", "published", "facets",
    "snippets", "duplicates", "recency", "feedback", "explain",
)  # fmt: skip

SUGGEST_ARGUMENTS = ("q", "size")
RELATED_ARGUMENTS = ("size",)

# Suggestions and related articles when the request does not say.
SUGGESTIONS, RELATED = 8, 5

# Far beyond any archive, and small enough for the arithmetic of any engine.
MAX_PAGE = 1_000_000_000

# Nobody types these into a search box, and HTML cannot carry them back into it.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
DAYS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_SWITCH = {"1": True, "true": True, "0": False, "false": False}

Arguments = MultiDict[str, str]

# What is written as arguments, in the order of a query string: of each the fields of `SearchRequest` that it says.
WRITTEN: dict[str, tuple[str, ...]] = {
    "q": ("query",), "match": ("match",), "sort": ("sort",), "from": ("published_from",), "to": ("published_to",),
    **{name: (name, f"not_{name}") for name in FACETS}, "size": ("size",), "facets": ("facets",),
    "snippets": ("snippets",), "duplicates": ("duplicates",), "recency": ("recency",), "feedback": ("feedback",),
    "explain": ("explain",), "page": ("page",), "cursor": ("cursor",),
}  # fmt: skip
_DEFAULTS = {name: getattr(SearchRequest(), names[0]) for name, names in WRITTEN.items()}
_TEXTS: dict[str, Callable[[Any], str]] = {
    "facets": ",".join,
    "recency": lambda days: f"{days:.6f}".rstrip("0").rstrip("."),
    **{name: lambda is_on: "1" if is_on else "0" for name in ("snippets", "feedback", "explain")},
}


def read_request(arguments: Arguments, settings: Settings) -> SearchRequest:
    """Return what a query string asks for; raises `RequestError` naming the argument that makes no sense.

    A blank argument is one that was not given, as forms send it. Names that are not known are passed over here:
    a page's link must still open with a tracking parameter added to it.
    """
    query = _read_query(arguments, settings)
    published_from, published_to = _read_one(arguments, "from"), _read_one(arguments, "to")
    source, not_source = _read_filter(arguments, "source")
    author, not_author = _read_filter(arguments, "author")
    language, not_language = _read_filter(arguments, "language")
    published, not_published = _read_filter(arguments, "published")
    return SearchRequest(
        query=query,
        # `SearchRequest` itself refuses what is not a `Match`, a `Sort` or one of `Duplicates`.
        match=cast(Match, _read_one(arguments, "match") or "all"),
        cursor=_read_cursor(arguments),
        page=_read_whole_number(arguments, "page", default=1, minimum=1, maximum=MAX_PAGE),
        size=_read_whole_number(arguments, "size", settings.page_size, minimum=0, maximum=settings.max_page_size),
        sort=cast(Sort, _read_one(arguments, "sort") or "relevance"),
        published_from=first_day("from", published_from) if published_from else None,
        published_to=last_day("to", published_to) if published_to else None,
        source=source,
        author=author,
        language=language,
        published=published,
        not_source=not_source,
        not_author=not_author,
        not_language=not_language,
        not_published=not_published,
        facets=_read_facets(arguments),
        snippets=_read_switch(arguments, "snippets", default=True),
        duplicates=cast(Duplicates, _read_one(arguments, "duplicates") or "fold"),
        recency=_read_days(arguments, "recency"),
        feedback=_read_switch(arguments, "feedback", default=False),
        explain=_read_switch(arguments, "explain", default=False),
    )


def _read_query(arguments: Arguments, settings: Settings) -> str:
    # As it is given: what is cut off at its ends is no less to read.
    length = max(map(len, arguments.getlist("q")), default=0)
    if length > settings.max_query_length:
        raise RequestError(
            "q", f"a query has at most {settings.max_query_length:,} characters; this one has {length:,}"
        )
    return _read_one(arguments, "q")


def read_typed(arguments: Arguments, settings: Settings) -> str:
    """Return what somebody has typed so far; a space at its end says that its last word is whole."""
    query = _read_query(arguments, settings)
    ends_in_space = any(value[-1:].isspace() for value in arguments.getlist("q"))
    return f"{query} " if query and ends_in_space else query


def read_size(arguments: Arguments, settings: Settings, default: int) -> int:
    """Return how many of something are asked for."""
    default = min(default, settings.max_page_size)
    return _read_whole_number(arguments, "size", default, minimum=0, maximum=settings.max_page_size)


def require_known(arguments: Iterable[str], known: tuple[str, ...] = ARGUMENTS) -> None:
    """Raise `RequestError` for an argument that is not known.

    The API is asked by programs: a filter whose name is misspelt would be passed over, and the counts of the
    whole archive taken for those of a part.
    """
    for name in arguments:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known) or 'none here'}"
            raise RequestError(name, f"there is no such parameter; {hint}")


def query_string(request: SearchRequest, settings: Settings) -> str:
    """Return the shortest query string that `read_request` reads as `request`."""
    return urlencode(request_pairs(request, settings))


def request_pairs(request: SearchRequest, settings: Settings) -> list[tuple[str, str]]:
    """Return the arguments that `read_request` reads as `request`, without those that say what is so anyway."""
    return [
        (name, text)
        for name, fields in WRITTEN.items()
        for text in write_argument(name, [getattr(request, field) for field in fields], settings)
    ]


def write_argument(name: str, values: Sequence[Any], settings: Settings) -> list[str]:
    """Return what is written of an argument, by the values of its fields (`WRITTEN`); nothing if that is so anyway."""
    if name in FACETS:
        wanted, unwanted = values
        # A value that itself begins with a sign gets a backslash before it.
        written = [f"\\{value}" if value.startswith(("-", "\\")) else value for value in wanted]
        return [*written, *(f"-{value}" for value in unwanted)]
    (value,) = values
    if value == (settings.page_size if name == "size" else _DEFAULTS[name]):
        return []
    return [_TEXTS.get(name, str)(value)]


def _read_filter(arguments: Arguments, name: FacetName) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which values of a facet are wanted, and which are not: those with a minus before them."""
    values = _read_all(arguments, name)
    if "-" in values:
        raise RequestError(name, "a value has to follow the minus; for the value that is a minus, write \\-")
    wanted = (value.removeprefix("\\").strip() or value for value in values if value[0] != "-")
    unwanted = (value[1:].strip() for value in values if value[0] == "-")
    return tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted))


def clean_text(text: str) -> str:
    """Return text from a request as it can be shown again: control characters are spaces, none at the ends."""
    return _CONTROL_CHARACTERS.sub(" ", text).strip()


def _read_cursor(arguments: Arguments) -> str | None:
    cursor = _read_one(arguments, "cursor")
    if cursor and _read_one(arguments, "page"):
        raise RequestError("cursor", "it says where to go on; leave out page")
    return cursor or None


def _read_all(arguments: Arguments, name: str) -> tuple[str, ...]:
    values = (clean_text(value) for value in arguments.getlist(name))
    return tuple(dict.fromkeys(value for value in values if value))


def _read_one(arguments: Arguments, name: str) -> str:
    values = _read_all(arguments, name)
    if len(values) > 1:
        # To take the first or the last would answer a question that may not be the one that was meant.
        raise RequestError(name, f"it is given {len(values)} times, with different values; give it once")
    return values[0] if values else ""


def _read_whole_number(arguments: Arguments, name: str, default: int, minimum: int, maximum: int) -> int:
    text = _read_one(arguments, name)
    if not text:
        return default
    # The length is looked at first: Python refuses to convert thousands of digits, with an error of its own.
    if text.isascii() and text.isdigit() and len(text) < 12 and minimum <= int(text) <= maximum:
        return int(text)
    raise RequestError(name, f"{_shorten(text)!r} is not a whole number from {minimum:,} to {maximum:,}")


def _read_days(arguments: Arguments, name: str) -> float | None:
    text = _read_one(arguments, name)
    if text and not (DAYS.fullmatch(text) and float(text)):
        raise RequestError(name, f"{_shorten(text)!r} is not a number of days, as 7 or 0.5")
    return float(text) if text else None


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _read_switch(arguments: Arguments, name: str, *, default: bool) -> bool:
    text = _read_one(arguments, name).lower()
    if text and text not in _SWITCH:
        raise RequestError(name, f"{_shorten(text)!r} is not one of {', '.join(_SWITCH)}")
    return _SWITCH.get(text, default)


def _read_facets(arguments: Arguments) -> tuple[FacetName, ...]:
    names = [name.strip() for value in _read_all(arguments, "facets") for name in value.split(",")]
    if "all" in names:
        return FACETS
    return tuple(cast(FacetName, name) for name in dict.fromkeys(names) if name)
