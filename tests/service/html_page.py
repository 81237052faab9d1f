"""A page as a tree, parsed as strictly as HTML can be, and the questions that the tests ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?")
LABELLED = {"input", "select", "textarea"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LOADING_ATTRIBUTES = ("src", "srcset", "poster", "data", "background")


class HtmlPage:
    """One page; a parse error is an error."""

    def __init__(self, text: str) -> None:
        self.root: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a tag that have these attributes; `class_` holds one of the classes."""
        css_class = attributes.pop("class_", None)
        return [
            element
            for element in self.root.iter(tag)
            if all(element.get(name.replace("_", "-")) == value for name, value in attributes.items())
            and (css_class is None or css_class in (element.get("class") or "").split())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """Return the only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag}> {attributes}"
        return found[0]

    def text(self, element: Element | None = None) -> str:
        """Return what is to be read, with its spaces made one."""
        return text_of(self.root.find("body") if element is None else element)

    def links(self) -> dict[str, str]:
        """Return the address of each link by its text; the first where several read the same."""
        links: dict[str, str] = {}
        for element in self.all("a"):
            links.setdefault(text_of(element), element.get("href", ""))
        return links

    def problems(self) -> Iterator[str]:
        """Yield what would keep someone from using the page."""
        ids = [element.get("id", "") for element in self.root.iter() if element.get("id")]
        yield from (f"id {name} is there twice" for name in {*ids} if ids.count(name) > 1)
        levels = [int(element.tag[1]) for element in self.root.iter() if element.tag in HEADINGS]
        if levels.count(1) != 1 or levels[0] != 1:
            yield f"headings do not begin with the only h1: {levels}"
        yield from (f"h{a} is followed by h{b}" for a, b in pairwise(levels) if b > a + 1)
        labels = {element.get("for") for element in self.all("label")}
        for element in self.root.iter():
            yield from self._problems_of(element, ids, labels)
        for tag in ("main", "header", "footer", "title"):
            if not self.all(tag):
                yield f"there is no <{tag}>"
        if self.one("html").get("lang") != "en":
            yield "the page does not say its language"

    def _problems_of(self, element: Element, ids: list[str], labels: set[str | None]) -> Iterator[str]:
        is_inline_script = element.tag == "script" and (not element.get("src") or text_of(element))
        if is_inline_script or element.tag in {"style", "iframe", "object"}:
            yield f"there is a <{element.tag}>"
        if element.tag in LABELLED and element.get("type") != "hidden" and element.get("id") not in labels:
            yield f"<{element.tag} name={element.get('name')}> has no label"
        if element.tag == "time" and not TIME.fullmatch(element.get("datetime", "")):
            yield f"{element.get('datetime')} is no time"
        if element.tag == "a" and not text_of(element):
            yield f"the link to {element.get('href')} has no text"
        for name, value in element.items():
            if name == "style" or name.startswith("on"):
                yield f"<{element.tag}> has an attribute {name}"
            loads = name in LOADING_ATTRIBUTES or (element.tag == "link" and name == "href")
            if loads and (not value.startswith("/") or value.startswith("//")):
                yield f"<{element.tag}> loads {value}"
            if name in {"aria-labelledby", "aria-describedby", "for"} and value not in ids:
                yield f"{name} names {value}, which is not there"
            if name == "href" and value.startswith("#") and value[1:] not in ids:
                yield f"the link {value} leads nowhere"


def text_of(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def get(client: FlaskClient, url: str) -> HtmlPage:
    response = client.get(url)
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8"), url
    return HtmlPage(response.text)


def titles(page: HtmlPage) -> list[Element]:
    return [title for item in page.one("ol", class_="results") for title in item.iter("h2")]


def arguments(link: str | None) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link or "").query)


def page_total(page: HtmlPage) -> int:
    return int(page.text(page.one("h1")).split()[0].replace("No", "0"))


def fields(form: Element) -> list[tuple[str, str]]:
    return [(field.get("name", ""), field.get("value", "")) for field in form.iter("input")]
