"""What the processes do that parse documents; they are forked from one that has imported this, and nothing else.

So all of it is loaded once, and before the first document comes; it must not start a thread.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence

import trafilatura  # noqa: F401 -- a quarter of a second that each would take for itself

from index.article import Article
from index.errors import SourceError
from index.language import detect_language
from index.sources import Document, Removed, parse_document

# What comes of a document: its articles with their digests, what kept others from being one, what was cleaned away.
Outcome = list[tuple[Article, str] | SourceError | Removed]

# Loads the detector.
detect_language("Die Katze.")


def start() -> None:
    """Leave it to the parent what Ctrl-C means: all processes of a terminal get it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def parse(documents: Sequence[Document], mapping: Mapping[str, str]) -> list[Outcome]:
    """Return what comes of each document."""
    return [
        [(one, one.digest()) if isinstance(one, Article) else one for one in parse_document(document, mapping)]
        for document in documents
    ]
