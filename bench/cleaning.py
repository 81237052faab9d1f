"""How well articles are found in pages, how fast, and how little is lost of texts that are articles already."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.corpus import read_documents
from bench.pages import WAYS, Figures, Page, average, compare
from index.cleaning import clean
from index.sources.html import parse_html

# Pages of so many characters are timed.
_TIMED = range(3_000, 10_001)
_ROUNDS = 3


def clean_body(text: str) -> str:
    """Return the body that the cleaner finds in plain lines."""
    return clean(text).body


def everything(text: str) -> str:
    """Return all of the text: the least that any cleaner has to better."""
    return text


def trafilatura_body(html: str) -> str:
    """Return what trafilatura by itself finds in a page with its markup."""
    from trafilatura import extract

    return extract(html, include_comments=False) or ""


def html_source_body(html: str) -> str:
    """Return the body that Dateline's source of HTML pages finds in one."""
    return str(parse_html(html.encode(), None, None)["body"])


def justext_body(html: str) -> str:
    """Return what jusText finds in a page with its markup."""
    from justext import get_stoplist, justext

    paragraphs = justext(html.encode(), get_stoplist("English"))
    return "\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)


# What reads a page with its markup, to compare with; needs packages that Dateline does not.
WITH_MARKUP: dict[str, Callable[[str], str]] = {"trafilatura": trafilatura_body, "justext": justext_body}


def measure_pages(pages: Sequence[Page], find_body: Callable[[str], str]) -> list[Figures]:
    """Return the figures of each page; `find_body` gets its HTML."""
    return [compare(page.body, find_body(page.html)) for page in pages]


def measure_lines(pages: Sequence[Page], way: str, find_body: Callable[[str], str] = clean_body) -> list[Figures]:
    """Return the figures of each page turned into plain lines."""
    return measure_pages(pages, lambda html: find_body(WAYS[way](html)))


def pages_table(pages: Sequence[Page], measured: dict[str, list[Figures]]) -> str:
    """Return the figures over all pages, and F1 of either half, as a Markdown table."""
    lines = ["| | precision | recall | F1 | F1, one half | F1, the other |", "|---|--:|--:|--:|--:|--:|"]
    for name, figures in measured.items():
        whole = average(figures)
        halves = [
            average(one for one, page in zip(figures, pages, strict=True) if page.half == half).f1 for half in (0, 1)
        ]
        lines.append(
            f"| {name} | {whole.precision:.3f} | {whole.recall:.3f} | {whole.f1:.3f} "
            f"| {halves[0]:.3f} | {halves[1]:.3f} |"
        )
    return "\n".join(lines)


def worst_table(pages: Sequence[Page], figures: Sequence[Figures], count: int) -> str:
    """Return the pages on which F1 is least."""
    lines = ["| precision | recall | page |", "|--:|--:|---|"]
    ordered = sorted(zip(figures, pages, strict=True), key=lambda pair: pair[0].f1)
    lines += [f"| {one.precision:.2f} | {one.recall:.2f} | {page.url} |" for one, page in ordered[:count]]
    return "\n".join(lines)


def words_lost(jsonl: Path) -> dict[str, tuple[int, int]]:
    """Return how many words the bodies of a JSONL have, and how many of them cleaning takes away, by kind of id."""
    words: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for document in read_documents(jsonl):
        cleaned = clean(document.body)
        before = Counter(document.body.split())
        kind = _kind(document.id)
        words[kind] += before.total()
        lost[kind] += (before - Counter(f"{cleaned.title} {cleaned.body}".split())).total()
    return {kind: (words[kind], lost[kind]) for kind in words}


def _kind(identifier: str) -> str:
    """Return where an article of the corpus comes from, by how its id begins."""
    return {"r": "Reuters-21578", "b": "BBC", "n": "20 Newsgroups"}.get(identifier[:1], "others")


def pages_per_second(texts: Iterable[str]) -> float:
    """Return how many texts of 3 to 10 KB are cleaned in a second; the best of some rounds."""
    timed = [text for text in texts if len(text) in _TIMED]
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        for text in timed:
            clean(text)
        best = min(best, time.perf_counter() - started)
    return len(timed) / best
