"""What an index remembers of the files that it was made from, in a small SQLite file beside it.

It is committed after the index. A crash between the two makes the next run read a few files again, which does no
harm: putting an article twice is the same as putting it once.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from index.engine import SourceFile
from index.errors import IndexCorruptError

_CREATE = """
CREATE TABLE IF NOT EXISTS source_file (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL,
    articles TEXT NOT NULL  -- JSON: the digest of each article by its id
) WITHOUT ROWID
"""


class SourceFiles:
    """The table of source files, open for writing; changes are kept by `commit` alone."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute(_CREATE)

    def put(self, file: SourceFile) -> None:
        """Remember a file in place of what was known of its path."""
        row = (file.path, file.size, file.mtime_ns, file.digest, json.dumps(dict(file.articles)))
        self._connection.execute("INSERT OR REPLACE INTO source_file VALUES (?, ?, ?, ?, ?)", row)

    def forget(self, path: str) -> None:
        """Forget a file; one that is not known is no error."""
        self._connection.execute("DELETE FROM source_file WHERE path = ?", (path,))

    def commit(self) -> None:
        """Keep the changes."""
        self._connection.commit()

    def close(self) -> None:
        """Let go of the file; what was not committed is lost."""
        self._connection.close()


def read_source_files(path: Path) -> dict[str, SourceFile]:
    """Return what is remembered, by path; raises `IndexCorruptError`."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT path, size, mtime_ns, digest, articles FROM source_file")
            return {
                row[0]: SourceFile(
                    path=row[0], size=row[1], mtime_ns=row[2], digest=row[3], articles=json.loads(row[4])
                )
                for row in rows
            }
    except (sqlite3.Error, ValueError) as error:
        raise IndexCorruptError(f"{path} is damaged ({error}). Make the index anew with: reindex --rebuild") from error
