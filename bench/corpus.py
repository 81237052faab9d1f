"""The articles that are measured on: any JSONL, and as many as one likes made from it."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import orjson
import regex


class Document(NamedTuple):
    """What is indexed of an article, by every contender alike."""

    id: str
    title: str
    body: str


_SENTENCE = regex.compile(r"[^.!?]+[.!?]*\s*")
# Enough to be as varied as the corpus, and little enough to stay in memory.
_MAX_SENTENCES = 400_000
# The same articles each time.
_SEED = 7


def read_documents(path: Path) -> Iterator[Document]:
    """Yield the articles of a JSONL file with `id`, `title` and `body`, compressed with gzip or not."""
    for line in read_lines(path):
        fields = orjson.loads(line)
        yield Document(fields["id"], fields["title"], fields["body"])


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, compressed with gzip or not."""
    with _open(path) as file:
        yield from file


def _open(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def make_documents(base: Path, count: int) -> Iterator[Document]:
    """Yield made articles: as long as those of `base`, each of sentences drawn from all of them."""
    generator = random.Random(_SEED)
    titles: list[str] = []
    lengths: list[int] = []
    sentences: list[str] = []
    for document in read_documents(base):
        found = _SENTENCE.findall(document.body)
        titles.append(document.title)
        lengths.append(len(found))
        if len(sentences) < _MAX_SENTENCES:
            sentences += found
    for number in range(count):
        body = "".join(generator.choices(sentences, k=max(1, generator.choice(lengths))))
        yield Document(f"made-{number}", generator.choice(titles), body)


def write_documents(documents: Iterator[Document], path: Path) -> None:
    """Write articles as JSONL; the file appears when it is whole."""
    write_lines((json.dumps(document._asdict(), ensure_ascii=False).encode() for document in documents), path)


def write_lines(lines: Iterable[bytes], path: Path) -> None:
    """Write lines; the file appears when it is whole."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for line in lines:
            file.write(line + b"\n")
    partial.replace(path)
