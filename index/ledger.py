"""What an index remembers of the files that it was made from, in a small SQLite file: which articles came from which.

By it the next run tells what has changed, and the doctor what is missing. It is on the disk and not in memory, since
there may be millions of articles; what is asked for at once is a batch, or the files.

It is committed after the index, with the generation that it belongs to, so that a crash between the two is noticed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from index.errors import DatelineError, IndexCorruptError, IndexLockedError

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
    num_taken INTEGER NOT NULL,
    root TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS article (
    id TEXT PRIMARY KEY,
    file INTEGER NOT NULL,
    digest BLOB NOT NULL,
    run INTEGER NOT NULL  -- that last saw it
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS article_by_file ON article (file);
"""

# What was read and is no article, by the file that it is a part of. Ledgers that were made before it get it.
_CREATE_FAILURES = """
CREATE TABLE IF NOT EXISTS failure (
    file INTEGER NOT NULL,
    number INTEGER NOT NULL,
    place TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (file, number)
) WITHOUT ROWID;
"""

# The smallest one first: at the end of the file nothing would tell that a page that is empty is cut off.
_CREATE_ALL = _CREATE_FAILURES + _CREATE

# Never the time of a file: one that has it is read again, even if its digest is the same.
UNREAD = -1

# Names in one question; SQLite's own limit is 32,766.
_BATCH = 512

# In seconds: how long a commit waits for whoever copies the ledger, a fifth of a second for 100 MB; and how long who
# reads waits for a commit. Of a run that changes much, what waits is in the file already, which nobody can read then.
_WRITER_PATIENCE = 60.0
_READER_PATIENCE = 2.0

# In KB: new articles go anywhere into the tables, and what is in memory of these need not be read and written again.
_CACHE_SIZE = 32 << 10

# Of an article that is to be put again, whatever is read.
_DISTRUSTED = b""

# What SQLite itself does not check, each a question whose answer is to be nothing.
_CHECKS = {
    "has no state": "SELECT 1 WHERE (SELECT COUNT(*) FROM state) <> 1",
    "is of an earlier run than its articles": "SELECT 1 FROM article WHERE run > (SELECT run FROM state) LIMIT 1",
    "has articles of no file": (
        "SELECT 1 FROM article WHERE NOT EXISTS (SELECT 1 FROM source_file WHERE number = file) LIMIT 1"
    ),
    "has values of the wrong kind": (
        "SELECT 1 FROM source_file WHERE typeof(path) <> 'text' OR typeof(root) <> 'text' OR typeof(mapping) <> 'text' "
        "OR typeof(digest) <> 'text' OR typeof(size + mtime_ns + num_articles + num_taken) <> 'integer' UNION ALL "
        "SELECT 1 FROM article WHERE typeof(id) <> 'text' OR typeof(digest) <> 'blob' UNION ALL "
        "SELECT 1 FROM failure WHERE typeof(place) <> 'text' OR typeof(reason) <> 'text' LIMIT 1"
    ),
}


class SourceFile(NamedTuple):
    """What is remembered of a file, to tell later whether it has changed.

    `path` is absolute; `digest` is of the file's bytes; `mapping` names the fields of its records, as `--map` did.
    `num_articles` are its own, and `num_taken` those whose ids another file had first. `root` is the folder that was
    given.
    """

    path: str
    size: int
    mtime_ns: int
    digest: str
    mapping: str = ""
    num_articles: int = 0
    num_taken: int = 0
    root: str = ""


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
        try:
            with self._told_as_damage():
                connection.execute(f"PRAGMA cache_size = -{_CACHE_SIZE}")
                state = connection.execute("SELECT generation, run FROM state").fetchone()
                self.generation: int = state[0]
                self._run: int = state[1] + 1
        except BaseException:
            connection.close()
            raise

    @classmethod
    def create(cls, path: Path) -> Ledger:
        """Make a ledger. Raises `DatelineError`."""
        connection = sqlite3.connect(path, timeout=_WRITER_PATIENCE)
        try:
            with _told_as_failure(path):
                connection.executescript(_CREATE_ALL)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection)

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Open a ledger to be changed. Raises `IndexCorruptError`."""
        return cls(path, _connect(path, _WRITER_PATIENCE))._with_failures()

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Open a ledger as it was committed last, to be asked alone. Raises `IndexCorruptError`."""
        return cls(path, _connect_to_read(path))

    @classmethod
    def rehearse(cls, path: Path | None) -> Ledger:
        """Open a copy, or an empty ledger, that is thrown away. Raises `IndexCorruptError`."""
        # Without a name it is a file that SQLite deletes.
        connection = sqlite3.connect("")
        if path is None:
            connection.executescript(_CREATE_ALL)
            return cls(Path(), connection)
        try:
            with closing(_connect_to_read(path)) as source, _told_as_damage(path):
                source.backup(connection)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection)._with_failures()

    def _with_failures(self) -> Self:
        try:
            with self._told_as_failure():
                self._connection.executescript(_CREATE_FAILURES)
        except BaseException:
            self.close()
            raise
        return self

    def check(self) -> None:
        """Read all of it and look for damage; raises `IndexCorruptError`."""
        with self._told_as_damage():
            ((said,),) = self._connection.execute("PRAGMA integrity_check(1)").fetchall()
            wrong = [] if said == "ok" else [" ".join(said.split())]
            wrong += [name for name, rows in _CHECKS.items() if self._connection.execute(rows).fetchone()]
            for (mapping,) in self._connection.execute("SELECT DISTINCT mapping FROM source_file WHERE mapping <> ''"):
                json.loads(mapping)
            for _ in self.articles():
                pass
        if wrong:
            raise IndexCorruptError(_say_damaged(self._path, wrong[0]))

    def files(self) -> dict[str, SourceFile]:
        """Return all files by path."""
        columns = "path, size, mtime_ns, digest, mapping, num_articles, num_taken, root"
        with self._told_as_damage():
            rows = self._connection.execute(f"SELECT {columns} FROM source_file")  # noqa: S608 -- ours
            return {row[0]: SourceFile._make(row) for row in rows}

    def articles(self) -> Iterator[tuple[str, str, str]]:
        """Yield id, digest and path of every article, those of a file one after another."""
        rows = "SELECT id, article.digest, path FROM source_file JOIN article ON file = number ORDER BY number"
        with self._told_as_damage():
            for article_id, digest, path in self._connection.execute(rows):
                yield article_id, digest.hex(), path

    def failures(self) -> dict[str, list[tuple[str, str]]]:
        """Return what could not be read of files that were read to their end: places and reasons by path."""
        found: dict[str, list[tuple[str, str]]] = {}
        rows = (
            "SELECT path, place, reason FROM failure JOIN source_file ON source_file.number = file "
            "ORDER BY file, failure.number"
        )
        with self._told_as_damage():
            for path, place, reason in self._connection.execute(rows):
                found.setdefault(path, []).append((place, reason))
        return found

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
            rows = list(digests.items())
            for start in range(0, len(rows), _BATCH):
                batch = rows[start : start + _BATCH]
                # One statement: after each, a thread that builds a segment may take Python's lock and hold it.
                self._connection.execute(
                    f"INSERT OR REPLACE INTO article VALUES {','.join(['(?, ?, ?, ?)'] * len(batch))}",  # noqa: S608 -- question marks
                    [value for name, digest in batch for value in (name, number, bytes.fromhex(digest), self._run)],
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
                "num_taken = ?, root = ? WHERE number = ?",
                (file.size, file.mtime_ns, file.digest, file.mapping, counted[0], file.num_taken, file.root, number),
            )

    def put_failures(self, path: str, failures: Collection[tuple[str, str]]) -> None:
        """Remember what could not be read of a file that is known, in place of what that was before."""
        with self._told_as_failure():
            number = self._number(path)
            self._connection.execute("DELETE FROM failure WHERE file = ?", (number,))
            self._connection.executemany(
                "INSERT INTO failure VALUES (?, ?, ?, ?)",
                [(number, place, *each) for place, each in enumerate(failures)],
            )

    def move_file(self, path: str, to: str, root: str) -> None:
        """Remember a file that is known, and its articles, as one at another path, of which nothing is known."""
        with self._told_as_failure():
            self._connection.execute("UPDATE source_file SET path = ?, root = ? WHERE path = ?", (to, root, path))
            self._number_of = None

    def forget_file(self, path: str) -> None:
        """Forget a file and its articles; one that is not known is no error."""
        with self._told_as_failure():
            number = self._number(path)
            self._connection.execute("DELETE FROM article WHERE file = ?", (number,))
            self._connection.execute("DELETE FROM failure WHERE file = ?", (number,))
            self._connection.execute("DELETE FROM source_file WHERE number = ?", (number,))
            self._number_of = None

    def read_again(self, paths: Collection[str]) -> None:
        """Have files read by the next run, whatever their times say."""
        with self._told_as_failure():
            self._connection.executemany(
                "UPDATE source_file SET mtime_ns = ? WHERE path = ?", [(UNREAD, path) for path in paths]
            )

    def distrust(self, ids: Collection[str]) -> None:
        """Have articles put again when they are read again, even if they are as they were."""
        with self._told_as_failure():
            self._connection.executemany(
                "UPDATE article SET digest = ? WHERE id = ?", [(_DISTRUSTED, article_id) for article_id in ids]
            )

    def distrusted(self) -> list[tuple[str, str]]:
        """Return id and path of the articles that were not put again."""
        rows = "SELECT id, path FROM article JOIN source_file ON number = file WHERE article.digest = ? ORDER BY number"
        with self._told_as_damage():
            return self._connection.execute(rows, (_DISTRUSTED,)).fetchall()

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
            unread = "INSERT INTO source_file VALUES (NULL, ?, 0, ?, '', '', 0, 0, '') RETURNING number"
            row = self._connection.execute(unread, (path, UNREAD)).fetchone()
        self._number_of = path, int(row[0])
        return int(row[0])

    def _told_as_damage(self) -> AbstractContextManager[None]:
        return _told_as_damage(self._path)

    def _told_as_failure(self) -> AbstractContextManager[None]:
        return _told_as_failure(self._path)


@contextmanager
def _told_as_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise DatelineError(f"{path} can't be written: {error}") from error


@contextmanager
def _told_as_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, TypeError, ValueError) as error:
        # An error of Python's own module, as that of a text which is not UTF-8, has no code.
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise IndexLockedError(f"A reindex is writing to {path}. Wait until it has finished.") from error
        raise IndexCorruptError(_say_damaged(path, str(error))) from error


def _say_damaged(path: Path, how: str) -> str:
    return (
        f"{path} is damaged ({how}): which article came from which file can't be told any more. What is indexed can be "
        "searched as before. Make the index anew with: reindex PATHS --rebuild"
    )


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    # It is not made where there is none: an index without its ledger is damaged.
    with _told_as_damage(path):
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=patience)


def _connect_to_read(path: Path) -> sqlite3.Connection:
    # Not read-only: what a killed writer left half done must be undone first. SQLite makes it read-only where it must.
    connection = _connect(path, _READER_PATIENCE)
    try:
        with _told_as_damage(path):
            connection.execute("PRAGMA query_only = 1")
            # A copy would wait for ever for what this waits for.
            connection.execute("SELECT generation FROM state").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
