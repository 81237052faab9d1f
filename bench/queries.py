"""The queries that are timed: several classes of them, drawn from the articles with a fixed seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import regex

from bench.corpus import Document
from index.analysis import is_stop_word

Kind = Literal["term", "or", "and", "phrase", "common", "prefix"]

_WORD = regex.compile(r"\b[a-z]{3,15}\b")
# Words are common or rare by what stands in this many articles.
_SAMPLE = 20_000
# The same queries each time.
_SEED = 11


@dataclass(frozen=True, slots=True)
class BenchQuery:
    """One query: lower-case English words without signs, so that every contender reads it the same way."""

    kind: Kind
    words: tuple[str, ...]


# What each class stands for, in the order of the report.
CLASSES: dict[Kind, str] = {
    "term": "one word of a title",
    "or": "any of 2 to 4 words of a title",
    "and": "both of two words of a title",
    "phrase": "two words in a row in a body",
    "common": "any of three very frequent words",
    "prefix": "words that begin with three letters",
}


def make_queries(documents: Iterable[Document], count: int) -> list[BenchQuery]:
    """Return `count` queries of each class."""
    generator = random.Random(_SEED)
    sample = [document for document, _ in zip(documents, range(_SAMPLE), strict=False)]
    doc_freqs: Counter[str] = Counter()
    for document in sample:
        doc_freqs.update(set(_WORD.findall(document.body.lower())))
    frequent = [word for word, _ in doc_freqs.most_common(400) if not is_stop_word(word)][:100]
    queries = []
    for kind in CLASSES:
        made = 0
        while made < count:
            words = _draw(kind, generator.choice(sample), generator, frequent)
            if words:
                queries.append(BenchQuery(kind, words))
                made += 1
    return queries


def _draw(kind: Kind, document: Document, generator: random.Random, frequent: list[str]) -> tuple[str, ...]:
    """Draw the words of one query from an article; empty where it has none that will do."""
    if kind == "common":
        return tuple(generator.sample(frequent, 3))
    title = [word for word in dict.fromkeys(_WORD.findall(document.title.lower())) if not is_stop_word(word)]
    body = _WORD.findall(document.body.lower())
    if kind == "prefix":
        return (generator.choice(body)[:3],) if body else ()
    if kind == "phrase":
        pairs = regex.findall(r"\b([a-z]{3,15}) ([a-z]{3,15})\b", document.body.lower(), overlapped=True)
        return generator.choice(pairs) if pairs else ()
    wanted = {"term": 1, "and": 2, "or": generator.randint(2, 4)}[kind]
    return tuple(generator.sample(title, wanted)) if len(title) >= wanted else ()
