"""What the page of results shows beside the results: toggles, filters, facets and the pager, each as links.

A template is no place to reckon. Here an answer becomes words and links, and the template lays them out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for

from index import SearchRequest, SearchResponse
from index.engine import FACETS, NO_DATE, NOT_KNOWN, FacetCount, FacetName, SearchResult
from index.periods import first_day, last_day
from service.arguments import request_pairs
from service.formatting import format_count
from service.links import Links, join_url
from service.reading import FACET_LABELS, InForce, read_filters, read_parts, read_patterns, text_of, url_without
from service.settings import Settings
from service.timeline import Timeline, make_timeline

# Enough to choose from at a glance.
FACET_CHOICES = 8
# Sources named in the line below a result that has duplicates; all are in the list that it opens.
DUPLICATE_SOURCES = 3
# Pages shown on each side of the current one.
PAGER_REACH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One thing to choose; `count` says how many articles it leads to."""

    text: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetLink(Link):
    """A value of a facet: chosen (`current`), `excluded` or neither, which `url` changes; `without_url` excludes it."""

    excluded: bool = False
    without_url: str | None = None


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
        # Nearly every link leads to a first page.
        self._links = Links(replace(request, page=1), settings)
        self._arguments = self._links.arguments(page=request.page)
        # Counting articles needs no page of results, and so has none.
        self.last_page = max(1, -(-response.total // request.size)) if request.size else 1

    def url(self, **changes: Any) -> str:
        """Return the link to this search with changes, from its first page on."""
        return self._links.url(**changes)

    def article_url(self, article_id: str) -> str:
        """Return the link to an article that keeps this search, for the marks and for the way back."""
        return join_url(url_for("pages.article", article_id=article_id), self._arguments)

    @property
    def api_url(self) -> str:
        """Return the link to the same answer as JSON."""
        return join_url(url_for("api.search"), self._arguments)

    @property
    def feed_url(self) -> str:
        """Return the link to a feed of what this search finds, whatever the page and its order."""
        arguments = self._links.arguments(sort="relevance", size=self._settings.page_size)
        return join_url(url_for("feeds.feed"), arguments)

    @property
    def export_urls(self) -> list[Link]:
        """Return the links to all that is found as files, whatever the page."""
        arguments = self._links.arguments(size=self._settings.page_size)
        formats = (("CSV", "exports.export_table"), ("JSON Lines", "exports.export_json_lines"))
        return [Link(text=text, url=join_url(url_for(endpoint), arguments)) for text, endpoint in formats]

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
        """Return what the search box has to carry along, so that new words keep all else but the page."""
        return self._form_fields(query="")

    @property
    def carried_fields(self) -> list[tuple[str, str]]:
        """Return what the form of dates has to carry along; the periods chosen give way to it."""
        return self._form_fields(published=(), published_from=None, published_to=None)

    def _form_fields(self, **changes: Any) -> list[tuple[str, str]]:
        return request_pairs(replace(self.request, page=1, facets=(), **changes), self._settings)

    @property
    def unfolded(self) -> Link | None:
        """Return the link that gives every near-duplicate a place of its own, or `None` where nothing is folded."""
        if not self.response.folded:
            return None
        count = self.response.total + self.response.folded
        return Link(text=f"Show all {format_count(count, 'article')}", url=self.url(duplicates="show"), count=count)

    def matches(self) -> list[Link]:
        """Return the choice between all words and any word; with one word or none there is nothing to choose."""
        if len(self.response.interpreted.terms) < 2 and self.request.match == "all":
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

    def parts(self) -> list[InForce]:
        """Return the parts of the query, each of which can be taken away."""
        return read_parts(self.request, self.url)

    def patterns(self) -> list[tuple[str, list[str]]]:
        """Return what the patterns of the query stand for."""
        return read_patterns(self.response.interpreted)

    def filters(self) -> list[InForce]:
        """Return the filters that are in force."""
        return read_filters(self.request, self.url)

    def _url_without(self, parameter: str, value: str) -> str:
        return url_without(self.request, parameter, value, self.url)

    @property
    def unfiltered_url(self) -> str:
        """Return the link to the same words without any filter."""
        filters = {prefix + name: () for name in FACETS for prefix in ("", "not_")}
        return self.url(published_from=None, published_to=None, **filters)

    def timeline(self) -> Timeline | None:
        """Return how many articles were found of each day, month or year, or None where that is one alone."""
        return make_timeline(self.response.facets.get("published", ()), self._url_between, self.request.published)

    @property
    def undated_url(self) -> str:
        """Return the link to those of the articles found that have no date."""
        return self.url(published=(NO_DATE,), published_from=None, published_to=None)

    def _url_between(self, start: dt.date, end: dt.date) -> str:
        # A range rather than a value among others: within it shorter periods are counted, down to its days. What lies
        # outside the range in force was not counted.
        start = max(start, self.request.published_from or start)
        end = min(end, self.request.published_to or end)
        return self.url(published=(), published_from=start, published_to=end)

    def facets(self) -> list[tuple[str, list[FacetLink]]]:
        """Return, by label, the values that would change the results: one that all articles have narrows nothing."""
        groups = []
        for name, counts in self.response.facets.items():
            chosen = {*self.request.wanted(name), *self.request.unwanted(name)}
            narrowing = [count for count in counts if chosen or count.count < self.response.total]
            none = NO_DATE if name == "published" else NOT_KNOWN
            known = [count for count in narrowing if count.value != none]
            choices = sorted(known, key=lambda count: (count.value not in chosen, -count.count))[:FACET_CHOICES]
            if name == "published":
                # Periods are looked for by their place in time, not by how much was written in them.
                choices.sort(key=lambda count: count.value, reverse=True)
            # What is not known is no value among others, and never crowded out by them.
            choices += [count for count in narrowing if count.value == none]
            if choices:
                groups.append((FACET_LABELS[name], [self._facet_link(name, count) for count in choices]))
        return groups

    def _facet_link(self, name: FacetName, count: FacetCount) -> FacetLink:
        value, wanted, unwanted = count.value, self.request.wanted(name), self.request.unwanted(name)
        text, without = text_of(name, value), None
        if value in wanted:
            url = self._url_without(name, value)
        elif value in unwanted:
            url = self._url_without(f"not_{name}", value)
        elif name == "published" and value != NO_DATE:
            url = self._url_between(first_day("from", value), last_day("to", value))
        elif name == "published":
            url = self.url(published=(*wanted, value), published_from=None, published_to=None)
        else:
            url = self.url(**{name: (*wanted, value)})
        # Where some values are chosen the others are left out already.
        if not wanted and value not in unwanted:
            without = self.url(**{f"not_{name}": (*unwanted, value)})
        return FacetLink(
            text=text,
            url=url,
            count=count.count,
            current=value in wanted,
            excluded=value in unwanted,
            without_url=without,
        )

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


def also_in(result: SearchResult) -> tuple[list[str], int]:
    """Return where the duplicates of a result stood, as far as that is elsewhere, and how many there are besides."""
    sources = [duplicate.source for duplicate in result.duplicates if duplicate.source]
    named = [source for source in dict.fromkeys(sources) if source != result.source][:DUPLICATE_SOURCES]
    return named, result.num_duplicates - len(named)
