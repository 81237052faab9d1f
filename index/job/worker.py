"""What the processes do that parse documents."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait

from index.article import Article
from index.errors import SourceError
from index.sources import Document, Removed, parse_document

# What comes of a document: its articles with their digests, what kept others from being one, what was cleaned away.
Outcome = list[tuple[Article, str] | SourceError | Removed]


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


def parse(documents: Sequence[Document], mapping: Mapping[str, str]) -> list[Outcome]:
    """Return what comes of each document."""
    return [
        [(one, one.digest()) if isinstance(one, Article) else one for one in parse_document(document, mapping)]
        for document in documents
    ]
