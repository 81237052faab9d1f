"""Real pages with their true bodies, turned into plain lines in several ways, and the measure of what comes out.

The pages and the measure are those of scrapinghub/article-extraction-benchmark: bags of four-word shingles, precision
and recall averaged over the pages, F1 of the two averages.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

PAGES = Path("../shared/data/pages")

_WORD = re.compile(r"\w+")
_SHINGLE = 4

# What ends a line where it starts and where it ends; everything else stands within a line.
_BLOCKS = frozenset(
    """
    address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html iframe legend li main menu nav ol option p pre
    section select summary table tbody textarea tfoot thead tr ul
    """.split()
)
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript", "svg", "math", "object"})


class Page(NamedTuple):
    """One page, and the article that a person found in it."""

    id: str
    url: str
    html: str
    body: str

    @property
    def half(self) -> int:
        """0 or 1, by the page's address: a rule that helps the one half alone knows its pages."""
        return hashlib.blake2b(self.url.encode(), digest_size=1).digest()[0] & 1


def read_pages(folder: Path = PAGES) -> list[Page]:
    """Return the pages of a folder: `ID.html.gz` each, and `ground-truth.json`."""
    truth: dict[str, dict[str, str]] = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    pages = []
    for name, known in sorted(truth.items()):
        html = gzip.decompress((folder / f"{name}.html.gz").read_bytes()).decode()
        pages.append(Page(name, known["url"], html, known["articleBody"]))
    return pages


def lines_of_blocks(html: str) -> str:
    """Return a page's text with a line a block, the cells of a table's row side by side."""
    return _lines(html, _BLOCKS)


def lines_of_cells(html: str) -> str:
    """Return a page's text with a line a block, each cell of a table one too."""
    return _lines(html, _BLOCKS | _CELLS)


def lines_of_inscriptis(html: str) -> str:
    """Return a page's text as inscriptis lays it out: indented lists, aligned tables, blank lines."""
    from inscriptis import get_text

    laid_out: str = get_text(html)
    return laid_out


# The ways to make plain lines of a page; rules must not know one of them.
WAYS: dict[str, Callable[[str], str]] = {
    "blocks": lines_of_blocks,
    "cells": lines_of_cells,
    "inscriptis": lines_of_inscriptis,
}


def _lines(html: str, blocks: frozenset[str]) -> str:
    from lxml.html import HTMLParser, document_fromstring

    parts: list[str] = []
    _write_lines(document_fromstring(html.encode(), parser=HTMLParser(encoding="utf-8")), parts, blocks)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _write_lines(element: Any, parts: list[str], blocks: frozenset[str]) -> None:
    tag = element.tag
    if not isinstance(tag, str) or tag in _UNSEEN:
        return
    around = "\n" if tag in blocks else " " if tag in _CELLS else ""
    # A line that ends in the source of a page is a space.
    parts += around, (element.text or "").replace("\n", " ")
    for child in element:
        _write_lines(child, parts, blocks)
        parts.append((child.tail or "").replace("\n", " "))
    parts.append(around)


class Figures(NamedTuple):
    """Precision and recall of a page, or averaged over pages, and F1 of the two."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1.0)


def compare(true: str, found: str) -> Figures:
    """Return the figures of one page."""
    true_bag, found_bag = _shingles(true), _shingles(found)
    if true_bag == found_bag:
        return Figures(1.0, 1.0)
    both = (true_bag & found_bag).total()
    return Figures(both / (found_bag.total() or 1), both / (true_bag.total() or 1))


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if not words:
        return Counter()
    return Counter(tuple(words[place : place + _SHINGLE]) for place in range(max(1, len(words) - _SHINGLE + 1)))


def average(figures: Iterable[Figures]) -> Figures:
    """Return the figures over many pages."""
    precisions, recalls = zip(*figures, strict=True)
    return Figures(statistics.fmean(precisions), statistics.fmean(recalls))
