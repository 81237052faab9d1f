"""A query string into a `SearchRequest`, and back: the one place that knows the names of the arguments.

API and pages read with the same rules, and every state of a page is a link that is written here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import cast
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
_DAYS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_SWITCH = {"1": True, "true": True, "0": False, "false": False}

Arguments = MultiDict[str, str]


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
    query = _read_one(arguments, "q")
    if len(query) > settings.max_query_length:
        raise RequestError(
            "q", f"a query has at most {settings.max_query_length:,} characters; this one has {len(query):,}"
        )
    return query


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
    pairs = [
        ("q", request.query),
        ("match", "" if request.match == "all" else request.match),
        ("sort", "" if request.sort == "relevance" else request.sort),
        ("from", request.published_from.isoformat() if request.published_from else ""),
        ("to", request.published_to.isoformat() if request.published_to else ""),
        *_filter_pairs(request),
        ("size", "" if request.size == settings.page_size else str(request.size)),
        ("facets", ",".join(request.facets)),
        ("snippets", "" if request.snippets else "0"),
        ("duplicates", "" if request.duplicates == "fold" else request.duplicates),
        ("recency", "" if request.recency is None else f"{request.recency:.6f}".rstrip("0").rstrip(".")),
        ("feedback", "1" if request.feedback else ""),
        ("explain", "1" if request.explain else ""),
        ("page", "" if request.page == 1 else str(request.page)),
        ("cursor", request.cursor or ""),
    ]
    return [(name, value) for name, value in pairs if value]


def _filter_pairs(request: SearchRequest) -> list[tuple[str, str]]:
    """Return a request's filters as arguments, in an order that does not change."""
    pairs: list[tuple[str, str]] = []
    for name in FACETS:
        # A value that itself begins with a sign gets a backslash before it.
        pairs += [(name, f"\\{value}" if value.startswith(("-", "\\")) else value) for value in request.wanted(name)]
        pairs += [(name, f"-{value}") for value in request.unwanted(name)]
    return pairs


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
    if text and not (_DAYS.fullmatch(text) and float(text)):
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
