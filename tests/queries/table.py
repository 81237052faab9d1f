"""Reads the query table and its articles: what is asked, what must be found, and how it is read."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import regex

from index import SearchRequest

FOLDER = Path(__file__).parent
_DAYS_BACK = regex.compile(r"-(\d+)d")
_DATE_IN_BRACES = regex.compile(r"\{(-\d+d)\}")
# Keys of a row that are arguments of the request.
_ARGUMENTS = ("match", "sort", "page", "size", "duplicates")
_SEVERAL = ("source", "author", "language", "published")


@dataclass(frozen=True)
class Row:
    """One query of the table.

    `finds` are the ids of what must be found, and of nothing else; with `is_ordered` in that order. `expected` is what
    else a row says.
    """

    topic: str
    name: str
    request: SearchRequest
    finds: tuple[str, ...] | None
    is_ordered: bool
    expected: dict[str, Any] = field(default_factory=dict)


def day(text: str) -> str:
    """Return a date as it stands; `-2d` as the day that it is today."""
    back = _DAYS_BACK.fullmatch(text)
    return str(dt.datetime.now(tz=dt.UTC).date() - dt.timedelta(days=int(back[1]))) if back else text


def read_articles() -> list[dict[str, Any]]:
    """Return the articles of the corpus as records."""
    articles: list[dict[str, Any]] = tomllib.loads((FOLDER / "corpus.toml").read_text(encoding="utf-8"))["article"]
    return [
        article | ({"published": day(article["published"])} if "published" in article else {}) for article in articles
    ]


def read_rows() -> list[Row]:
    """Return the queries of the table, in its order."""
    topics = tomllib.loads((FOLDER / "table.toml").read_text(encoding="utf-8"))
    return [_read_row(topic, query) for topic, group in topics.items() for query in group["query"]]


def _read_row(topic: str, query: dict[str, Any]) -> Row:
    rest = dict(query)
    arguments: dict[str, Any] = {name: rest.pop(name) for name in _ARGUMENTS if name in rest}
    arguments |= {name: tuple(rest.pop(name)) for name in _SEVERAL if name in rest}
    for name, parameter in (("from", "published_from"), ("to", "published_to")):
        if name in rest:
            arguments[parameter] = dt.date.fromisoformat(rest.pop(name))
    if "facets" in rest:
        arguments["facets"] = tuple(rest["facets"])
    if "reads" in rest:
        rest["reads"] = _DATE_IN_BRACES.sub(lambda match: day(match[1]), rest["reads"])
    is_ordered = "finds_in_order" in rest
    finds: str | None = rest.pop("finds_in_order", None) if is_ordered else rest.pop("finds", None)
    typed = rest.pop("q") * rest.pop("times", 1)
    request = SearchRequest(query=typed, **{"size": 100, **arguments})
    return Row(topic, rest.pop("name"), request, None if finds is None else tuple(finds.split()), is_ordered, rest)
