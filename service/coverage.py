"""What the archive holds, shown where nothing was found: no hits is not the same as not covered."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index import SearchRequest, SearchResponse
from index.engine import FACETS, NO_DATE, NOT_KNOWN, FacetCount, Stats
from service.formatting import format_count, format_day, format_span
from service.links import Links, search_url
from service.results import Link
from service.settings import Settings
from service.timeline import MAX_BARS, Timeline, make_timeline

# Sources that are named; there may be thousands.
SOURCES = 12
# Years whose months an engine counts at once; see the contract of `SearchResponse.facets`.
_YEARS = 4

Search = Callable[[SearchRequest], SearchResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The articles of the archive by source and by month, and what of them the filters and dates of a search leave.

    `outside` says that the dates lie outside the archive's; `filtered` leads to what the filters let through.
    """

    stats: Stats
    sources: tuple[Link, ...]
    timeline: Timeline | None
    undated_url: str
    outside: str | None = None
    filtered: Link | None = None


def cover(search: Search, stats: Stats, asked: SearchRequest, response: SearchResponse, settings: Settings) -> Coverage:
    """Return what the archive holds beside a search that found nothing."""
    everything = SearchRequest(size=0, snippets=False, duplicates="show", facets=("source", "published"))
    counts = search(everything).facets

    url = Links(SearchRequest(size=settings.page_size), settings).url
    known = [count for count in counts["source"] if count.value != NOT_KNOWN]
    return Coverage(
        stats=stats,
        sources=tuple(
            Link(text=count.value, url=url(source=(count.value,)), count=count.count) for count in known[:SOURCES]
        ),
        timeline=make_timeline(
            _by_month(search, everything, counts["published"]),
            lambda start, end: url(published_from=start, published_to=end, sort="newest"),
        ),
        undated_url=url(published=(NO_DATE,)),
        outside=_tell_outside(stats, *_dates(asked, response)),
        filtered=_filtered(search, asked, settings),
    )


def _by_month(search: Search, everything: SearchRequest, counts: Sequence[FacetCount]) -> Sequence[FacetCount]:
    """Return the counts of months where the engine gave those of years, unless there are too many to be drawn."""
    years = [int(count.value) for count in counts if len(count.value) == 4]
    if not years or 12 * (years[-1] - years[0] + 1) > MAX_BARS:
        return counts
    months: Counter[str] = Counter()
    for first in range(years[0], years[-1] + 1, _YEARS):
        last = min(first + _YEARS - 1, years[-1])
        part = replace(
            everything, published_from=dt.date(first, 1, 1), published_to=dt.date(last, 12, 31), facets=("published",)
        )
        for count in search(part).facets["published"]:
            # A few weeks are counted by days.
            months[count.value[:7]] += count.count
    return [
        *(FacetCount(month, months[month]) for month in sorted(months)),
        *(count for count in counts if count.value == NO_DATE),
    ]


def _dates(asked: SearchRequest, response: SearchResponse) -> tuple[dt.date | None, dt.date | None]:
    """Return the days that a search is limited to, by its filter or by its query."""
    starts, ends = [asked.published_from], [asked.published_to]
    for term in response.interpreted.terms:
        if term.text.startswith("published:") and len(term.terms) == 2:
            start, end = (None if text == "*" else dt.date.fromisoformat(text) for text in term.terms)
            starts.append(start)
            ends.append(end)
    return max(filter(None, starts), default=None), min(filter(None, ends), default=None)


def _tell_outside(stats: Stats, start: dt.date | None, end: dt.date | None) -> str | None:
    if not (start or end):
        return None
    if not (stats.earliest and stats.latest):
        return "No article of the archive has a date, so that none is found by dates."
    span = format_span(stats.earliest, stats.latest)
    if end and end < stats.earliest:
        return f"The archive has nothing so early: you asked for articles until {format_day(end)}, and it has {span}."
    if start and start > stats.latest:
        return f"The archive has nothing so late: you asked for articles since {format_day(start)}, and it has {span}."
    return None


def _filtered(search: Search, asked: SearchRequest, settings: Settings) -> Link | None:
    """Return what the filters let through whatever the words are, where there are both."""
    is_filtered = any(asked.wanted(name) or asked.unwanted(name) for name in FACETS)
    if not asked.query or not (is_filtered or asked.published_from or asked.published_to):
        return None
    wordless = replace(asked, query="", page=1)
    total = search(replace(wordless, size=0, snippets=False, facets=())).total
    return Link(text=format_count(total, "article"), url=search_url(wordless, settings), count=total)
