"""Real pages with their true bodies: read, turned into plain lines in several ways, and compared with what came out.

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
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

PAGES = Path("../shared/data/pages")

_WORD = re.compile(r"\w+")
_SHINGLE = 4

# What ends a line where it starts and where it ends; everything else stands within a line.
_BLOCKS = frozenset(
    """
    address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html iframe legend li main menu nav ol option p pre
    section select summary table tbody textarea tfoot thead tr ul
    """.split()
)
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript", "svg", "math", "object"})


class Page(NamedTuple):
    """One page, and the article that a person found in it."""

    id: str
    url: str
    html: str
    body: str

    @property
    def half(self) -> int:
        """0 or 1, by the page's address: rules are made by looking at the one half alone."""
        return hashlib.blake2b(self.url.encode(), digest_size=1).digest()[0] & 1


def read_pages(folder: Path = PAGES) -> list[Page]:
    """Return the pages of a folder: `ID.html.gz` each, and `ground-truth.json`."""
    truth: dict[str, dict[str, str]] = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    return [
        Page(name, known["url"], gzip.decompress((folder / f"{name}.html.gz").read_bytes()).decode(), known["articleBody"])
        for name, known in sorted(truth.items())
    ]


def lines_of_blocks(html: str, *, cells_apart: bool = False) -> str:
    """Return a page's text with a line a block; the cells of a row on one line, or each on its own."""
    from lxml.html import document_fromstring

    parts: list[str] = []
    _write_blocks(document_fromstring(html.encode(), parser=_parser()), parts, cells_apart)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _parser() -> Any:
    from lxml.html import HTMLParser

    return HTMLParser(encoding="utf-8")


def _write_blocks(element: Any, parts: list[str], cells_apart: bool) -> None:
    tag = element.tag
    if not isinstance(tag, str) or tag in _UNSEEN:
        return
    around = "\n" if tag in _BLOCKS or tag == "br" or (cells_apart and tag in {"td", "th"}) else ""
    parts.append(around or (" " if tag in {"td", "th"} else ""))
    # A newline in the source of a page is a space.
    parts.append(" ".join((element.text or "").split("\n")))
    for child in element:
        _write_blocks(child, parts, cells_apart)
        parts.append(" ".join((child.tail or "").split("\n")))
    parts.append(around)


def lines_of_cells(html: str) -> str:
    """Return a page's text with a line a block, table cells included."""
    return lines_of_blocks(html, cells_apart=True)


def lines_of_inscriptis(html: str) -> str:
    """Return a page's text as inscriptis lays it out: indented lists, aligned tables, blank lines."""
    from inscriptis import get_text

    return get_text(html)


# The ways to make plain lines: rules must not know one of them.
WAYS: dict[str, Callable[[str], str]] = {
    "blocks": lines_of_blocks,
    "cells": lines_of_cells,
    "inscriptis": lines_of_inscriptis,
}


class Figures(NamedTuple):
    """Precision and recall, averaged over pages, and F1 of the two."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1.0)


def compare(true: str, found: str) -> Figures:
    """Return the figures of one page."""
    true_bag, found_bag = _shingles(true), _shingles(found)
    both = (true_bag & found_bag).total()
    if true_bag == found_bag:
        return Figures(1.0, 1.0)
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


def best_lines(text: str, body: str) -> str:
    """Return the lines that stand in the true body: about what no choice of lines can better."""
    return "\n".join(_lines_within(text, body))


def _lines_within(text: str, body: str) -> Iterator[str]:
    true = " ".join(_WORD.findall(body))
    for line in text.split("\n"):
        words = _WORD.findall(line)
        bag = _shingles(line)
        if words and (bag & _shingles(body)).total() * 2 >= bag.total() if len(words) >= _SHINGLE else words and (
            f" {' '.join(words)} " in f" {true} "
        ):
            yield line
