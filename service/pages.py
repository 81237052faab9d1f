"""The pages for people: the front page, the results, an article, and what each kind of problem means.

They ask the engine what the API asks, with the same arguments, and need no script: every choice is a link or a form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, render_template, request, url_for

from index import SearchRequest
from index.engine import FACETS
from service.arguments import RELATED, read_request
from service.caching import keep_by_generation
from service.context import current_service, search_engine
from service.coverage import cover
from service.errors import PROBLEM_KINDS
from service.help import HELP
from service.links import search_url
from service.results import ResultsPage, also_in

blueprint = Blueprint("pages", __name__)
keep_by_generation(blueprint, except_for=("pages.problem_kind", "pages.help_page"))

# Headlines on the front page.
LATEST = 6
# Sources named on the front page; there may be thousands.
SOURCES = 12

# Two words of five letters or more with nothing but a space between them: short ones are mostly stop words. The
# second is looked at and not taken, since it may be the first of the next pair.
_WORD_PAIR = re.compile(r"(?<![\w-])([^\W\d_]{5,})(?= ([^\W\d_]{5,})(?![\w-]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A query that finds something in this archive, and what it shows."""

    query: str
    meaning: str
    url: str


@blueprint.app_context_processor
def _common() -> dict[str, object]:
    settings = current_service().settings
    return {"archive_name": settings.archive_name, "max_query_length": settings.max_query_length}


@blueprint.get("/")
def home() -> Response:
    """Show what is in the archive, and the way in."""
    service = current_service()
    stats = service.engine.stats()
    newest = SearchRequest(sort="newest", size=LATEST, snippets=False)
    latest = search_engine(newest).results
    sources = [
        (source, search_url(SearchRequest(source=(source.value,), size=service.settings.page_size), service.settings))
        for source in stats.sources[:SOURCES]
    ]
    return _page(
        "home.html",
        stats=stats,
        latest=latest,
        sources=sources,
        examples=_examples([result.title for result in latest]),
        browse_url=url_for("pages.search", sort="newest"),
    )


@blueprint.get("/search")
def search() -> Response:
    """Show one page of results; without words or filters, the front page with its search box."""
    service = current_service()
    asked = _read_asked()
    if _asks_nothing(asked):
        return home()
    # The facets are what the page offers to narrow by, whichever of them the link asks for.
    response = search_engine(replace(asked, facets=FACETS))
    coverage = None
    if not response.total:
        coverage = cover(search_engine, service.engine.stats(), asked, response, service.settings)
    page = ResultsPage(asked, response, service.settings)
    return _page("results.html", page=page, coverage=coverage, also_in=also_in)


@blueprint.get("/articles/<path:article_id>")
def article(article_id: str) -> Response:
    """Show one article, with the words of the search that led to it marked."""
    service = current_service()
    asked = _read_asked()
    found = service.engine.article(article_id)
    return _page(
        "article.html",
        article=found,
        marked=service.engine.mark(found, asked.query),
        related=service.engine.related(article_id, RELATED),
        asked=asked,
        back_url="" if _asks_nothing(asked) else search_url(asked, service.settings),
        api_url=url_for("api.article", article_id=article_id),
    )


@blueprint.get("/problems/<name>")
def problem_kind(name: str) -> Response:
    """Explain a kind of problem: what a problem document's `type` refers to."""
    kind = PROBLEM_KINDS.get(name)
    if kind is None:
        abort(404)
    return _page("problem.html", kind=kind)


@blueprint.get("/help")
def help_page() -> Response:
    """Say what can be typed into the search box."""
    return _page("help.html", sections=HELP)


def _page(template: str, **values: object) -> Response:
    html = render_template(template, **values)
    # A lone surrogate in an article has no UTF-8; it is no reason to keep the rest of the page back.
    return Response(html.encode("utf-8", "replace"), mimetype="text/html")


def _read_asked() -> SearchRequest:
    """Return what is asked; a page is by its number, and a cursor is for programs."""
    return replace(read_request(request.args, current_service().settings), cursor=None)


def _asks_nothing(asked: SearchRequest) -> bool:
    # To ask for an order is to ask for everything in it: that is how the archive is browsed.
    narrowed = any(asked.wanted(name) or asked.unwanted(name) for name in FACETS)
    dated = asked.published_from or asked.published_to
    return not (asked.query or narrowed or dated) and asked.sort == "relevance"


def _examples(titles: list[str]) -> list[Example]:
    """Return queries made from the words of titles, so that each of them finds something."""
    pairs: list[tuple[str, str]] = [pair for title in titles for pair in _WORD_PAIR.findall(title)]
    if not pairs:
        return []
    # Names make the better examples: President Trump rather than investigations swirling.
    first, second = next((pair for pair in pairs if pair[0].istitle() and pair[1].istitle()), pairs[0])
    first, second = first.lower(), second.lower()
    queries = [
        (f"{first} {second}", "both words, in any of their forms"),
        (f'"{first} {second}"', "the words side by side, as a phrase"),
        (f"{first} OR {second}", "either of them"),
        (f"{second[:4]}*", "every word that begins so"),
    ]
    return [Example(query=query, meaning=meaning, url=url_for("pages.search", q=query)) for query, meaning in queries]
