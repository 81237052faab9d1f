"""What the page of results shows beside the results: toggles, filters, facets and the pager, each as links.

A template is no place to reckon. Here an answer becomes words and links, and the template lays them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from flask import url_for

from index import SearchRequest, SearchResponse
from index.engine import NO_DATE, NOT_KNOWN, FacetCount, SearchResult
from service.arguments import first_day, last_day, query_string
from service.formatting import format_count, format_day, format_month, format_number, format_span
from service.settings import Settings

# Enough to choose from at a glance.
FACET_CHOICES = 8
# Sources named in the line below a result that has duplicates; all are in the list that it opens.
DUPLICATE_SOURCES = 3
# Pages shown on each side of the current one.
PAGER_REACH = 2

_FACET_LABELS = {"source": "Source", "author": "Author", "language": "Language", "published": "Published"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One thing to choose; `count` says how many articles it leads to."""

    text: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterInForce:
    """A filter that is in force, and the link to the same search without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """The way through the pages; `None` among the pages is a gap."""

    previous: str | None
    following: str | None
    pages: tuple[Link | None, ...]


class ResultsPage:
    """An answer, together with every link that leads on from it."""

    def __init__(self, request: SearchRequest, response: SearchResponse, settings: Settings) -> None:
        self.request = request
        self.response = response
        self._settings = settings
        # Counting articles needs no page of results, and so has none.
        self.last_page = max(1, -(-response.total // request.size)) if request.size else 1

    def url(self, **changes: Any) -> str:
        """Return the link to this search with changes, from its first page on."""
        return search_url(replace(self.request, **{"page": 1} | changes), self._settings)

    def article_url(self, article_id: str) -> str:
        """Return the link to an article that keeps this search, for the marks and for the way back."""
        return _join(url_for("pages.article", article_id=article_id), query_string(self.request, self._settings))

    @property
    def api_url(self) -> str:
        """Return the link to the same answer as JSON."""
        return _join(url_for("api.search"), query_string(self.request, self._settings))

    @property
    def feed_url(self) -> str:
        """Return the link to a feed of what this search finds, whatever the page and its order."""
        request = replace(self.request, page=1, sort="relevance", size=self._settings.page_size)
        return _join(url_for("feeds.feed"), query_string(request, self._settings))

    @property
    def heading(self) -> str:
        """Return how many articles were found, in words."""
        return format_count(self.response.total, "article") if self.response.total else "No articles"

    @property
    def first_rank(self) -> int:
        """Return the rank of the first result of this page."""
        return (self.request.page - 1) * self.request.size + 1

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Return what the search box has to carry along, so that new words keep the filters."""
        request = self.request
        dates = (("from", request.published_from), ("to", request.published_to))
        fields = self.carried_fields + [(name, day.isoformat()) for name, day in dates if day]
        return [*fields, ("undated", "1")] if request.undated else fields

    @property
    def carried_fields(self) -> list[tuple[str, str]]:
        """Return what the form of dates has to carry along, other than words."""
        request = self.request
        fields: list[tuple[str, str]] = [("match", request.match)] if request.match != "all" else []
        fields += [("sort", request.sort)] if request.sort != "relevance" else []
        fields += [("size", str(request.size))] if request.size != self._settings.page_size else []
        fields += [("duplicates", request.duplicates)] if request.duplicates != "fold" else []
        for name in ("source", "author", "language"):
            fields += [(name, value) for value in getattr(request, name)]
        return fields

    @property
    def unfolded(self) -> Link | None:
        """Return the link that gives every near-duplicate a place of its own, or `None` where nothing is folded."""
        if not self.response.folded:
            return None
        count = self.response.total + self.response.folded
        return Link(text=f"Show all {format_count(count, 'article')}", url=self.url(duplicates="show"), count=count)

    def matches(self) -> list[Link]:
        """Return the choice between all words and any word; without words there is nothing to choose."""
        if not self.request.query:
            return []
        in_force = "any" if self.response.relaxed else self.request.match
        return [
            Link(text="all words", url=self.url(match="all"), current=in_force == "all"),
            Link(text="any word", url=self.url(match="any"), current=in_force == "any"),
        ]

    def sorts(self) -> list[Link]:
        """Return the orders to choose from; without words no article is more relevant than another."""
        orders = ("relevance", "newest", "oldest") if self.request.query else ("newest", "oldest")
        return [Link(text=order, url=self.url(sort=order), current=order == self.request.sort) for order in orders]

    @property
    def has_dates(self) -> bool:
        """Return whether there is anything to choose by date: a date among the articles found, or in the request."""
        in_force = self.request.published_from or self.request.published_to
        return bool(in_force or any(count.value != NO_DATE for count in self.response.facets.get("published", ())))

    def filters(self) -> list[FilterInForce]:
        """Return the filters that are in force."""
        request, found = self.request, []
        for name in ("source", "author", "language"):
            values: tuple[str, ...] = getattr(request, name)
            for value in values:
                others = tuple(other for other in values if other != value)
                url = self.url(**{name: others})
                found.append(FilterInForce(label=_FACET_LABELS[name], value=value, remove_url=url))
        start, end = request.published_from, request.published_to
        if start or end:
            if start and end:
                value = format_span(start, end)
            else:
                value = f"since {format_day(start)}" if start else f"until {format_day(end)}" if end else ""
            url = self.url(published_from=None, published_to=None)
            found.append(FilterInForce(label="Published", value=value, remove_url=url))
        if request.undated:
            found.append(FilterInForce(label="Published", value=NO_DATE, remove_url=self.url(undated=False)))
        return found

    @property
    def unfiltered_url(self) -> str:
        """Return the link to the same words without any filter."""
        return self.url(source=(), author=(), language=(), published_from=None, published_to=None, undated=False)

    def facets(self) -> list[tuple[str, list[Link]]]:
        """Return, by label, the values that would leave out some article: the others narrow nothing."""
        groups = []
        for name, counts in self.response.facets.items():
            narrowing = [count for count in counts if 0 < count.count < self.response.total]
            none = NO_DATE if name == "published" else NOT_KNOWN
            known = [count for count in narrowing if count.value != none]
            choices = sorted(known, key=lambda count: count.count, reverse=True)[:FACET_CHOICES]
            if name == "published":
                # Months are looked for by their place in time, not by how much was written in them.
                choices.sort(key=lambda count: count.value, reverse=True)
            # What is not known is no value among others, and never crowded out by them.
            choices += [count for count in narrowing if count.value == none]
            if choices:
                groups.append((_FACET_LABELS[name], [self._facet_link(name, count) for count in choices]))
        return groups

    def _facet_link(self, name: str, count: FacetCount) -> Link:
        text, changes = count.value, cast(dict[str, Any], {name: (count.value,)})
        if (name, count.value) == ("published", NO_DATE):
            changes = {"undated": True, "published_from": None, "published_to": None}
        elif name == "published":
            text = format_month(count.value)
            changes = {
                "published_from": first_day("from", count.value),
                "published_to": last_day("to", count.value),
                "undated": False,
            }
        return Link(text=text, url=self.url(**changes), count=count.count)

    def pager(self) -> Pager | None:
        """Return the way through the pages, or `None` where there is but one."""
        page, last = self.request.page, self.last_page
        if last == 1 or page > last:
            return None
        return Pager(
            previous=self.url(page=page - 1) if page > 1 else None,
            following=self.url(page=page + 1) if page < last else None,
            pages=tuple(self._page_links(page, last)),
        )

    def _page_links(self, page: int, last: int) -> Iterator[Link | None]:
        near = range(page - PAGER_REACH, page + PAGER_REACH + 1)
        previous = 0
        for number in sorted(number for number in {1, last, *near} if 1 <= number <= last):
            # A gap of one page takes as much room as its number.
            if number - previous == 2:
                yield self._page_link(number - 1)
            elif number - previous > 2:
                yield None
            yield self._page_link(number)
            previous = number

    def _page_link(self, number: int) -> Link:
        return Link(text=str(number), url=self.url(page=number), current=number == self.request.page)


def also_in(result: SearchResult) -> str:
    """Return in words where the duplicates of a result stood, as far as that is elsewhere."""
    sources = [duplicate.source for duplicate in result.duplicates if duplicate.source]
    others = [source for source in dict.fromkeys(sources) if source != result.source]
    if not others:
        return format_count(result.num_duplicates, "more version")
    named = others[:DUPLICATE_SOURCES]
    left = result.num_duplicates - len(named)
    return f"Also in {', '.join(named)}" + (f" and {format_number(left)} more" if left else "")


def search_url(request: SearchRequest, settings: Settings, *, external: bool = False) -> str:
    """Return the link to the page of results of a request; an external one has the name of the host."""
    return _join(url_for("pages.search", _external=external), query_string(request, settings))


def _join(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
