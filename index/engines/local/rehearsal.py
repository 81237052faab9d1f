"""A writer that writes nothing: for a dry run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from index.article import Article
from index.bundle import Bundle
from index.engines.local.folder import IndexFolder
from index.errors import IndexMissingError
from index.index_writer import IndexWriter
from index.kept import Kept
from index.ledger import Ledger


class LocalRehearsal(IndexWriter):
    """Takes what a writer takes, and has a ledger that is thrown away."""

    def __init__(self, path: str, *, rebuild: bool = False) -> None:
        folder = IndexFolder(path)
        ledger_path: Path | None = None
        if not rebuild:
            with suppress(IndexMissingError):
                ledger_path = folder.ledger_path(folder.build_path(folder.read_current()))
        self.kept = Kept(folder.path)
        self.ledger = Ledger.rehearse(ledger_path)

    def prepare(self) -> None:
        """Load nothing."""

    def put(self, article: Article) -> None:
        """Add nothing."""

    def put_all(self, bundle: Bundle) -> None:
        """Add nothing."""

    def delete(self, article_id: str) -> None:
        """Delete nothing."""

    def articles(self) -> Iterator[tuple[str, str]]:
        """Yield nothing: what is in the index is not looked at."""
        return iter(())

    def num_articles(self) -> int:
        """Return how many articles were looked at."""
        return 0

    def commit(self) -> int:
        """Change nothing."""
        return 0

    def cancel(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()
