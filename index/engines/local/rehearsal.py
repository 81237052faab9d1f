"""A writer that writes nothing: for a dry run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from index.engines.local.folder import IndexFolder
from index.errors import IndexMissingError
from index.index_writer import IndexRehearsal
from index.kept import Kept
from index.ledger import Ledger


class LocalRehearsal(IndexRehearsal):
    """Takes what a writer takes, and has a ledger that is thrown away."""

    def __init__(self, path: str, *, rebuild: bool = False) -> None:
        folder = IndexFolder(path)
        ledger_path: Path | None = None
        if not rebuild:
            with suppress(IndexMissingError):
                ledger_path = folder.ledger_path(folder.build_path(folder.read_current()))
        self.kept = Kept(folder.path)
        self.ledger = Ledger.rehearse(ledger_path)
