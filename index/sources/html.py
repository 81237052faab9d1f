"""HTML pages: trafilatura finds the article in them and who says it.

The date is looked for here. trafilatura takes one from anywhere in the page if it must, of days alone and since 1995;
what a page says of itself in its head is certain, and what is not there stays unknown.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import lxml.etree
import lxml.html

from index.cleaning import clean
from index.errors import SourceError, in_brief
from index.sources.dates import parse_date
from index.sources.decoding import decode_html

# The names of meta elements that date an article, the surest first; "modified" and the like are of another day.
_DATE_NAMES = (
    *("article:published_time", "og:article:published_time", "article:published", "og:published_time"),
    *("datepublished", "date_published", "pubdate", "publishdate", "publish-date", "publish_date", "published-date"),
    *("publication_date", "parsely-pub-date", "sailthru.date", "dcterms.issued", "dcterms.created", "dc.date.issued"),
    *("dcterms.date", "dc.date", "citation_publication_date", "article.published", "date", "rnews:datepublished"),
)
_MAX_JSON_DEPTH = 6


@cache
def _trafilatura() -> ModuleType:
    import trafilatura  # noqa: PLC0415 -- a quarter of a second, for who reads HTML

    # What it has to say of a page is no more than what comes of it, and it would say it into the midst of the progress.
    for name in ("trafilatura", "htmldate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return trafilatura


def parse_html(content: bytes, url: str | None, charset: str | None) -> dict[str, object]:
    """Return what a page holds as the values of an article's fields; raises `SourceError` where there is no text."""
    page = decode_html(content, charset)
    try:
        tree = _trafilatura().load_html(page)
        if tree is None:
            raise SourceError("", "holds no text")
        values: dict[str, object] = {"published": _find_date(tree), "language": tree.get("lang")}
        found = _trafilatura().bare_extraction(
            tree,
            url=url,
            include_comments=False,
            # Of the shingles of 91 pages it gets 0.976 right, and the default 0.965: there are fewer "related" lists.
            favor_precision=True,
            with_metadata=True,
            # Its own date is not used; this keeps the search for one short.
            date_extraction_params={"extensive_search": False},
        )
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # What a parser makes of any page of the web is in no documentation.
        raise SourceError("", f"is a page that cannot be parsed: {in_brief(error)}") from error
    if found is None or not found.text:
        return values | _whole_text(tree)
    lines = found.text.split("\n")
    if lines[0] == found.title:
        del lines[0]
    values |= {"title": found.title, "body": "\n\n".join(lines), "url": url or found.url}
    values |= {"authors": (found.author or "").split("; "), "source": found.sitename or found.hostname}
    return {name: value for name, value in values.items() if value}


def _whole_text(tree: lxml.html.HtmlElement) -> dict[str, object]:
    """Return all the text of a page in which no article was found, cleaned as a text file is."""
    lxml.etree.strip_elements(tree, "script", "style", "noscript", "template", lxml.etree.Comment, with_tail=False)
    cleaned = clean("\n\n".join(filter(None, map(str.strip, tree.itertext()))))
    named = tree.findtext(".//title")
    return {"title": (named or cleaned.title).strip(), "body": cleaned.body}


def _find_date(tree: lxml.html.HtmlElement) -> object:
    """Return what a page says of when it was published, as it says it."""
    metas: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        if name:
            metas.setdefault(name.strip().lower(), []).append(meta.get("content") or "")
    said = [text for name in _DATE_NAMES[:4] for text in metas.get(name, ())]
    said += _json_dates(tree)
    said += [text for name in _DATE_NAMES[4:] for text in metas.get(name, ())]
    said += [
        str(element.get("datetime") or element.get("content") or element.text_content())
        for element in tree.xpath("//*[@itemprop='datePublished' or @pubdate or contains(@class, 'published')]")[:5]
    ]
    # One time in the whole page is that of its article; of several some are of other articles.
    times = {str(element.get("datetime")) for element in tree.iter("time") if element.get("datetime")}
    said += times if len(times) == 1 else []
    return next((text for text in said if parse_date(text)), None)


def _json_dates(tree: lxml.html.HtmlElement) -> Iterator[str]:
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            yield from _dates_in(json.loads(script.text or "", strict=False))
        except (ValueError, RecursionError):
            continue


def _dates_in(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > _MAX_JSON_DEPTH:
        return
    if isinstance(value, list):
        for part in value:
            yield from _dates_in(part, depth + 1)
    elif isinstance(value, Mapping):
        if isinstance(date := value.get("datePublished"), str):
            yield date
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _dates_in(value.get(name), depth + 1)
