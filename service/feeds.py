"""What other programs of a reader take up: a feed of a search, and how a browser asks this archive."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from flask import Blueprint, Response, render_template, request, url_for

from index.engine import SearchResult, Stats
from service.arguments import query_string, read_request
from service.caching import keep_by_generation
from service.context import current_service, search_engine
from service.links import join_url, search_url

blueprint = Blueprint("feeds", __name__)
keep_by_generation(blueprint)

# What a reader of feeds asks for every hour; who was away for longer reads the page.
ENTRIES = 50

# Of a name that a browser shows in a narrow menu; the standard allows no more.
_LONGEST_SHORT_NAME = 16

# XML 1.0 has no way to write these, escaped or not.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article of a feed: its address here, when it was published or else indexed, and what of it matches."""

    result: SearchResult
    url: str
    updated: str

    @property
    def summary(self) -> str:
        """Return its snippets as HTML."""
        return "".join(f"<p>{snippet}</p>" for snippet in self.result.snippets)


@blueprint.get("/feed.atom")
def feed() -> Response:
    """Return what a search finds, the newest first, to be subscribed to."""
    service = current_service()
    asked = read_request(request.args, service.settings)
    asked = replace(asked, sort="newest", page=1, size=min(ENTRIES, service.settings.max_page_size), facets=())
    stats = service.engine.stats()
    return _xml(
        "feed.atom.xml",
        "application/atom+xml",
        asked=asked,
        entries=[_entry(result, stats) for result in search_engine(asked).results],
        updated=_time(stats),
        feed_url=join_url(
            url_for("feeds.feed", _external=True), query_string(replace(asked, sort="relevance"), service.settings)
        ),
        page_url=search_url(asked, service.settings, external=True),
    )


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """Describe the search box, so that a browser can add the archive to its own."""
    name = current_service().settings.archive_name
    return _xml(
        "opensearch.xml",
        "application/opensearchdescription+xml",
        short_name=name if len(name) <= _LONGEST_SHORT_NAME else name[: _LONGEST_SHORT_NAME - 1].rstrip() + "…",
        # The braces are the browser's to fill in, and must not be escaped.
        page_template=f"{url_for('pages.search', _external=True)}?q={{searchTerms}}",
        feed_template=f"{url_for('feeds.feed', _external=True)}?q={{searchTerms}}",
    )


def _entry(result: SearchResult, stats: Stats) -> Entry:
    return Entry(
        result=result,
        url=url_for("pages.article", article_id=result.id, _external=True),
        updated=f"{result.published.isoformat()}T00:00:00Z" if result.published else _time(stats),
    )


def _time(stats: Stats) -> str:
    return stats.committed_at.isoformat(timespec="seconds")


def _xml(template: str, mimetype: str, **values: object) -> Response:
    text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", render_template(template, **values))
    return Response(text, mimetype=mimetype)
