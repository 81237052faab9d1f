"""What a search was read as: the parts of its query and its filters, each with the link to the search without it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Protocol

from index import SearchRequest
from index.engine import FacetName, Interpretation
from index.query_language import take_apart
from service.formatting import format_day, format_language, format_period, format_span

# Parts of a query that can be taken away by a click.
MAX_PARTS = 24

FACET_LABELS: dict[FacetName, str] = {
    "source": "Source", "author": "Author", "language": "Language", "published": "Published"
}  # fmt: skip

# What a word, as opposed to a phrase or a date, is not looked up as.
_PATTERN = re.compile(r"^[^\s\"]*(?:[*?][^\s\"]*|~[0-9]?)$")


class MakeUrl(Protocol):
    """Makes the link to a search with changes."""

    def __call__(self, **changes: object) -> str:
        """Return the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A part of the query or a filter, and the link to the same search without it."""

    label: str
    value: str
    remove_url: str


def read_parts(request: SearchRequest, url: MakeUrl) -> list[InForce]:
    """Return the words, phrases, patterns and filters of a query."""
    parts = itertools.islice(take_apart(request.query), MAX_PARTS)
    return [
        InForce(label="not" if part.is_excluded else "", value=part.text, remove_url=url(query=part.rest))
        for part in parts
    ]


def read_patterns(interpreted: Interpretation) -> list[tuple[str, list[str]]]:
    """Return each pattern of a query with words that it stands for."""
    terms = {term.text: term.terms for term in (*interpreted.terms, *interpreted.excluded)}
    return [(text, words) for text, (written, *words) in terms.items() if words and _PATTERN.search(written)]


def read_filters(request: SearchRequest, url: MakeUrl) -> list[InForce]:
    """Return the filters of a search."""
    found = []
    for name, label in FACET_LABELS.items():
        for value in request.wanted(name):
            remove_url = url_without(request, name, value, url)
            found.append(InForce(label=label, value=text_of(name, value), remove_url=remove_url))
        for value in request.unwanted(name):
            remove_url = url_without(request, f"not_{name}", value, url)
            found.append(InForce(label=f"{label} not", value=text_of(name, value), remove_url=remove_url))
    start, end = request.published_from, request.published_to
    if start or end:
        if start and end:
            value = format_span(start, end)
        else:
            value = f"since {format_day(start)}" if start else f"until {format_day(end)}" if end else ""
        remove_url = url(published_from=None, published_to=None)
        found.append(InForce(label="Published", value=value, remove_url=remove_url))
    return found


def url_without(request: SearchRequest, parameter: str, value: str, url: MakeUrl) -> str:
    """Return the link to a search without one of the values of a filter."""
    values: tuple[str, ...] = getattr(request, parameter)
    return url(**{parameter: tuple(other for other in values if other != value)})


def text_of(name: FacetName, value: str) -> str:
    """Return the value of a facet as it is shown."""
    if name == "published":
        return format_period(value)
    return format_language(value) if name == "language" else value
