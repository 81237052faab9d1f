"""What the processes do that parse documents."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence

from index.article import Article
from index.errors import SourceError
from index.sources import Document, Removed, parse_document

# What comes of a document: its articles with their digests, what kept others from being one, what was cleaned away.
Outcome = list[tuple[Article, str] | SourceError | Removed]


def start() -> None:
    """Leave it to the parent what Ctrl-C means: all processes of a terminal get it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def parse(documents: Sequence[Document], mapping: Mapping[str, str]) -> list[Outcome]:
    """Return what comes of each document."""
    return [
        [(one, one.digest()) if isinstance(one, Article) else one for one in parse_document(document, mapping)]
        for document in documents
    ]
