"""How many documents become articles in a second, on one core: what a worker of the indexing job does with its time.

Cutting a file into documents is not in it, and neither is building the index; the digest by which the job tells an
update is.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from bench.pages import lines_of_blocks, read_pages
from index.article import Article
from index.cleaning import headline, shapes
from index.errors import SourceError
from index.sources import NO_MAPPING, divide, find_files, split_file
from index.sources.documents import parse_document
from index.sources.parts import Document

# Text pages of so many characters are timed: those that a page's text comes to, without the few books among them.
_TIMED = range(3_000, 10_001)


class Rate(NamedTuple):
    """Documents a second, and the same with nothing remembered of the lines of earlier pages, where that matters."""

    documents: int
    known: float
    unknown: float


def read_kinds(corpus: Path, pages: Path, limit: int) -> dict[str, list[Document]]:
    """Return documents to time, by kind: at most so many of each."""
    (file,) = find_files([corpus])
    found = (one for one in split_file(file) if not isinstance(one, SourceError))
    records = list(itertools.islice((record for one in found for record in divide(one)), limit))
    read = read_pages(pages)
    texts = [(page.id, text) for page in read if len(text := lines_of_blocks(page.html)) in _TIMED]
    return {
        "news records": records,
        "text pages": [_document("text", name, text) for name, text in texts[:limit]],
        "HTML pages": [_document("html", page.id, page.html) for page in read[:limit]],
    }


def _document(form: Literal["text", "html"], name: str, text: str) -> Document:
    return Document(form, text.encode(), name, f"pages/{name}", name)


def documents_per_second(documents: Sequence[Document], rounds: int) -> Rate:
    """Return how many documents become articles in a second of the processor's; the median of some rounds."""
    # What is loaded once, the detector of languages and trafilatura, is not timed.
    _count_articles(documents[:1])
    unknown = [_time(documents, forget=True) for _ in range(rounds)]
    known = [_time(documents, forget=False) for _ in range(rounds)]
    return Rate(len(documents), *(len(documents) / (statistics.median(times) or 1e-9) for times in (known, unknown)))


def _time(documents: Sequence[Document], *, forget: bool) -> float:
    if forget:
        shapes.forget()
        headline.has_form_of_headline.cache_clear()
    started = time.process_time()
    _count_articles(documents)
    return time.process_time() - started


def _count_articles(documents: Sequence[Document]) -> int:
    digests = set()
    for document in documents:
        for article in parse_document(document, NO_MAPPING):
            if isinstance(article, Article):
                digests.add(article.digest())
    return len(digests)


def rates_table(rates: dict[str, Rate]) -> str:
    """Return the rates as a Markdown table."""
    lines = ["| | documents | a second | a second, no line seen before |", "|---|--:|--:|--:|"]
    for kind, rate in rates.items():
        lines.append(f"| {kind} | {rate.documents:,} | {rate.known:,.0f} | {rate.unknown:,.0f} |")
    return "\n".join(lines)
