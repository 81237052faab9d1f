"""What an index remembers of the files that it was made from, in a small SQLite file: which articles came from which.

By it the next run tells what has changed, and the doctor what is missing. It is on the disk and not in memory, since
there may be millions of articles; what is asked for at once is a batch, or the files.

It is committed after the index, with the generation that it belongs to, so that a crash between the two is noticed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from index.errors import DatelineError, IndexCorruptError

_CREATE = """
CREATE TABLE IF NOT EXISTS state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    generation INTEGER NOT NULL,
    run INTEGER NOT NULL
);
INSERT OR IGNORE INTO state VALUES (1, 0, 0);
CREATE TABLE IF NOT EXISTS source_file (
    number INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL,
    mapping TEXT NOT NULL,
    num_articles INTEGER NOT NULL,
    num_taken INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS article (
    id TEXT PRIMARY KEY,
    file INTEGER NOT NULL,
    digest BLOB NOT NULL,
    run INTEGER NOT NULL  -- that last saw it
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS article_by_file ON article (file);
"""

# Never the time of a file: one that has it is read again.
UNREAD = -1

# Names in one question; SQLite's own limit is 32,766.
_BATCH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """What is remembered of a file, to tell later whether it has changed.

    `path` is absolute; `digest` is of the file's bytes; `mapping` names the fields of its records, as `--map` did.
    `num_articles` are its own, and `num_taken` those whose ids another file had first.
    """

    path: str
    size: int
    mtime_ns: int
    digest: str
    mapping: str = ""
    num_articles: int = 0
    num_taken: int = 0


class Owner(NamedTuple):
    """The file that an article is from, its digest, and whether this run has seen it there."""

    path: str
    digest: str
    is_seen: bool


class Ledger:
    """The files of an index, and the digest of each of their articles. Changes are kept by `commit` alone."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._number_of: tuple[str, int] | None = None
        with self._told_as_damage():
            state = connection.execute("SELECT generation, run FROM state").fetchone()
            self.generation: int = state[0]
            self._run: int = state[1] + 1

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Open a ledger to be changed; it is made where there is none. Raises `IndexCorruptError`."""
        with _told_as_damage(path):
            connection = sqlite3.connect(path)
            connection.executescript(_CREATE)
        return cls(path, connection)

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Open a ledger as it was committed last, to be asked alone. Raises `IndexCorruptError`."""
        with _told_as_damage(path):
            connection = _connect_to_read(path)
        return cls(path, connection)

    @classmethod
    def rehearse(cls, path: Path | None) -> Ledger:
        """Open a copy, or an empty ledger, that is thrown away. Raises `IndexCorruptError`."""
        path = path or Path()
        with _told_as_damage(path):
            # Without a name it is a file that SQLite deletes.
            connection = sqlite3.connect("")
            if path.is_file():
                with closing(_connect_to_read(path)) as source:
                    source.backup(connection)
            connection.executescript(_CREATE)
        return cls(path, connection)

    def files(self) -> dict[str, SourceFile]:
        """Return all files by path."""
        columns = "path, size, mtime_ns, digest, mapping, num_articles, num_taken"
        with self._told_as_damage():
            return {
                row[0]: SourceFile(
                    path=row[0],
                    size=row[1],
                    mtime_ns=row[2],
                    digest=row[3],
                    mapping=row[4],
                    num_articles=row[5],
                    num_taken=row[6],
                )
                for row in self._connection.execute(f"SELECT {columns} FROM source_file")  # noqa: S608 -- ours
            }

    def articles(self) -> Iterator[tuple[str, str, str]]:
        """Yield id, digest and path of every article, those of a file one after another."""
        rows = "SELECT id, article.digest, path FROM source_file JOIN article ON file = number ORDER BY number"
        with self._told_as_damage():
            for article_id, digest, path in self._connection.execute(rows):
                yield article_id, digest.hex(), path

    def ids_of(self, path: str, *, most: int = -1) -> list[str]:
        """Return the ids of a file's articles, or of `most` of them."""
        return self._ids("WHERE file = ? LIMIT ?", path, most)

    def unseen(self, path: str) -> list[str]:
        """Return the ids that a file had, and that this run has not seen there."""
        return self._ids("WHERE file = ? AND run < ?", path, self._run)

    def _ids(self, where: str, path: str, value: int) -> list[str]:
        with self._told_as_damage():
            number = self._number(path)
            rows = self._connection.execute(f"SELECT id FROM article {where}", (number, value))  # noqa: S608 -- ours
            return [row[0] for row in rows]

    def owners(self, ids: Collection[str]) -> dict[str, Owner]:
        """Return who has these articles; those that nobody has are left out."""
        owners: dict[str, Owner] = {}
        asked = list(ids)
        for start in range(0, len(asked), _BATCH):
            batch = asked[start : start + _BATCH]
            rows = (
                "SELECT id, path, article.digest, run FROM article JOIN source_file ON number = file "  # noqa: S608
                f"WHERE id IN ({','.join('?' * len(batch))})"
            )
            with self._told_as_damage():
                for article_id, path, digest, run in self._connection.execute(rows, batch):
                    owners[article_id] = Owner(path, digest.hex(), run == self._run)
        return owners

    def own(self, path: str, digests: Mapping[str, str]) -> None:
        """Remember articles, each by its id with its digest, as those of a file, which this run has seen there."""
        with self._told_as_failure():
            number = self._number(path, add=True)
            self._connection.executemany(
                "INSERT OR REPLACE INTO article VALUES (?, ?, ?, ?)",
                [(article_id, number, bytes.fromhex(digest), self._run) for article_id, digest in digests.items()],
            )

    def disown(self, ids: Collection[str]) -> None:
        """Forget articles; one that is not known is no error."""
        with self._told_as_failure():
            self._connection.executemany("DELETE FROM article WHERE id = ?", [(article_id,) for article_id in ids])

    def put_file(self, file: SourceFile) -> None:
        """Remember a file in place of what was known of its path; its articles stay, and are counted here."""
        with self._told_as_failure():
            number = self._number(file.path, add=True)
            counted = self._connection.execute("SELECT COUNT(*) FROM article WHERE file = ?", (number,)).fetchone()
            self._connection.execute(
                "UPDATE source_file SET size = ?, mtime_ns = ?, digest = ?, mapping = ?, num_articles = ?, "
                "num_taken = ? WHERE number = ?",
                (file.size, file.mtime_ns, file.digest, file.mapping, counted[0], file.num_taken, number),
            )

    def forget_file(self, path: str) -> None:
        """Forget a file and its articles; one that is not known is no error."""
        with self._told_as_failure():
            number = self._number(path)
            self._connection.execute("DELETE FROM article WHERE file = ?", (number,))
            self._connection.execute("DELETE FROM source_file WHERE number = ?", (number,))
            self._number_of = None

    def read_again(self, paths: Collection[str]) -> None:
        """Have files read by the next run, whatever their times say."""
        with self._told_as_failure():
            self._connection.executemany(
                "UPDATE source_file SET mtime_ns = ?, digest = '' WHERE path = ?", [(UNREAD, path) for path in paths]
            )

    def commit(self, generation: int) -> None:
        """Keep the changes, as those that led to a generation of the index."""
        with self._told_as_failure():
            self._connection.execute("UPDATE state SET generation = ?, run = ?", (generation, self._run))
            self._connection.commit()
        self.generation = generation

    def close(self) -> None:
        """Let go of the file; what was not committed is lost."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _number(self, path: str, *, add: bool = False) -> int:
        """Return the number of a file; 0, which none has, where it is not known."""
        if self._number_of is not None and self._number_of[0] == path:
            return self._number_of[1]
        row = self._connection.execute("SELECT number FROM source_file WHERE path = ?", (path,)).fetchone()
        if row is None and not add:
            return 0
        if row is None:
            unread = "INSERT INTO source_file VALUES (NULL, ?, 0, ?, '', '', 0, 0) RETURNING number"
            row = self._connection.execute(unread, (path, UNREAD)).fetchone()
        self._number_of = path, int(row[0])
        return int(row[0])

    def _told_as_damage(self) -> AbstractContextManager[None]:
        return _told_as_damage(self._path)

    @contextmanager
    def _told_as_failure(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise DatelineError(f"{self._path} can't be written: {error}") from error


@contextmanager
def _told_as_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise IndexCorruptError(f"{path} is damaged ({error}). Make the index anew with: reindex --rebuild") from error


def _connect_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
