"""What the processes do that parse documents."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import wait
from typing import NamedTuple

from index.article import Article
from index.bundle import Bundle
from index.errors import SourceError
from index.sources import Document, Removed, parse_documents

# What comes of a document: articles, what kept others from being one, what was cleaned away.
Outcome = list[Bundle | SourceError | Removed]


class Parsed(NamedTuple):
    """What comes of some documents: all of their articles, and for each how many of them it has and what else."""

    bundle: Bundle
    counts: list[int]
    others: list[list[SourceError | Removed]]

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what comes of each document."""
        bundles = self.bundle.split([count for count in self.counts if count])
        for count, others in zip(self.counts, self.others, strict=True):
            yield [*others, next(bundles)] if count else [*others]


def start() -> None:
    """Leave it to the parent what Ctrl-C means, which all processes of a terminal get; and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A parent that is killed with the lock of the processes in its hands would have them wait for a minute.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def parse(documents: Sequence[Document], mapping: Mapping[str, str]) -> Parsed:
    """Return what comes of each document."""
    articles: list[Article] = []
    counts: list[int] = []
    others: list[list[SourceError | Removed]] = []
    for found in parse_documents(documents, mapping):
        of_document = [one for one in found if isinstance(one, Article)]
        articles += of_document
        counts.append(len(of_document))
        others.append([one for one in found if not isinstance(one, Article)])
    bundle = Bundle.of(articles)
    bundle.batch.pack()
    return Parsed(bundle, counts, others)
