"""How long suggestions take: queries put right, words completed, articles related, on made articles of many words."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import regex

from bench.corpus import Document, make_documents, read_documents
from index import Article, SearchEngine, SearchRequest, open_engine
from index.analysis import is_stop_word
from index.engines import open_writer

_LETTERS = "etaoinsrhldcumfpgwybvk"
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = [first + vowel + last for first in _CONSONANTS for vowel in _VOWELS for last in ("", "n", "r", "s")]
# Coprime to the number of words of four syllables, so that each is made once and neighbours are not alike.
_STEP = 1_000_003
# Prefixes of a word are this long, as they come while it is typed.
_PREFIXES = range(1, 7)
_TITLE_WORD = regex.compile(r"\b[A-Za-z]{5,15}\b")


class Timed(NamedTuple):
    """How long the calls of one kind took, in ms of one processor; `answered` is the share that had an answer.

    The first call makes lists of words, and is told by itself.
    """

    first: float
    p50: float
    p95: float
    answered: float


def made_word(number: int) -> str:
    """Return one of the words that are made to fill the lexicon, each number's its own."""
    number = number * _STEP % len(_SYLLABLES) ** 4
    syllables = []
    for _ in range(4):
        number, place = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables)


def make_articles(base: Path, count: int, words: int) -> Iterator[Article]:
    """Yield made articles that have so many made words between them, each in two articles at least."""
    share = -(-2 * words // count)
    for number, document in enumerate(make_documents(base, count)):
        more = " ".join(made_word(place % words) for place in range(number * share, (number + 1) * share))
        yield Article(id=document.id, title=document.title, body=f"{document.body} {more}", language="en")


def build(base: Path, count: int, words: int, index: Path) -> None:
    """Make an index of made articles."""
    with open_writer(str(index)) as writer:
        for article in make_articles(base, count, words):
            writer.put(article)
        writer.commit()


def measure(index: Path, base: Path, calls: int, seed: int = 13) -> dict[str, Timed]:
    """Return how long each kind of suggestion takes, one call after another."""
    generator = random.Random(seed)
    titles = [_words(document) for document, _ in zip(read_documents(base), range(20_000), strict=False)]
    titles = [words for words in titles if len(words) > 1]
    with open_engine(str(index)) as engine:
        engine.warm()
        engine.search(SearchRequest(query="*", size=1))
        return {
            "did you mean": _time(_corrections(engine, titles, generator), calls),
            "completions and titles": _time(_completions(engine, titles, generator), calls),
            "related articles": _time(_related(engine, titles, generator), calls),
        }


def _words(document: Document) -> list[str]:
    return [word for word in _TITLE_WORD.findall(document.title) if not is_stop_word(word.lower())]


Call = Callable[[], object]


def _corrections(engine: SearchEngine, titles: Sequence[Sequence[str]], generator: random.Random) -> Iterator[Call]:
    """Yield searches for two words, one with a slip; without results, which take what they take for any query."""
    while True:
        words = generator.sample(generator.choice(titles), 2)
        request = SearchRequest(query=f"{words[0]} {_slip(words[1], generator)}", size=0, snippets=False)
        response = engine.search(request)
        if response.relaxed or not response.total:
            yield lambda request=request: engine.search(request).suggestion  # type: ignore[misc]


def _slip(word: str, generator: random.Random) -> str:
    place = generator.randrange(1, len(word))
    letter = generator.choice(_LETTERS)
    return word[:place] + generator.choice([word[place + 1 :], letter + word[place:], letter + word[place + 1 :]])


def _completions(engine: SearchEngine, titles: Sequence[Sequence[str]], generator: random.Random) -> Iterator[Call]:
    """Yield what comes while somebody types the second of two words, or the first."""
    while True:
        first, second = generator.sample(generator.choice(titles), 2)
        for length in _PREFIXES:
            typed = first[:length] if generator.random() < 0.5 else f"{first} {second[:length]}"
            yield lambda typed=typed: engine.suggest(typed).completions  # type: ignore[misc]


def _related(engine: SearchEngine, titles: Sequence[Sequence[str]], generator: random.Random) -> Iterator[Call]:
    while True:
        found = engine.search(SearchRequest(query=generator.choice(generator.choice(titles)), size=1, snippets=False))
        for result in found.results:
            yield lambda result=result: engine.related(result.id)  # type: ignore[misc]


def _time(made: Iterator[Call], count: int) -> Timed:
    started = time.process_time_ns()
    next(made)()
    first = (time.process_time_ns() - started) / 1e6
    times, answered = [], 0
    for _ in range(count):
        call = next(made)
        started = time.process_time_ns()
        answered += bool(call())
        times.append((time.process_time_ns() - started) / 1e6)
    return Timed(first, statistics.median(times), statistics.quantiles(times, n=20)[-1], answered / count)


def table(timed: dict[str, Timed]) -> str:
    """Return the times as a Markdown table."""
    lines = ["| | p50, ms | p95, ms | first, ms | answered |", "|---|--:|--:|--:|--:|"]
    for name, each in timed.items():
        lines.append(f"| {name} | {each.p50:.2f} | {each.p95:.2f} | {each.first:.0f} | {each.answered:.0%} |")
    return "\n".join(lines)
