"""What an index holds, and the one who changes it: the other half of the port, for the job.

`index.engine` is the half that answers; an engine of another kind has both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from index.article import Article
from index.kept import Kept
from index.ledger import Ledger

if TYPE_CHECKING:
    from index.bundle import Bundle


class Holdings(ABC):
    """What an index holds, as it was committed last, to be compared with its ledger, which remembers of its files.

    `is_torn` says that a crash came between the commits of the two, so that they do not fit. `damage` is what is wrong
    with the parts that are left out for it, and `leftovers` are files that belong to nothing.
    """

    ledger: Ledger
    is_torn: bool = False
    damage: Sequence[str] = ()
    leftovers: Sequence[str] = ()

    @abstractmethod
    def articles(self) -> Iterator[tuple[str, str]]:
        """Yield id and digest of all articles that are committed and were not deleted, in no order."""

    @abstractmethod
    def num_articles(self) -> int:
        """Return how many there are."""


class IndexWriter(Holdings):
    """Changes an index, all at once: nothing is seen by any reader before `commit`.

    There is one writer at a time; a second raises `IndexLockedError`. Leaving the `with` block without a commit
    leaves the index as it was. The caller keeps the ledger, and it is committed right after the rest; so is what is
    staged in `kept`, the articles that were put by themselves. `scratch` is a folder on the disk of the index, for
    files that are deleted as soon as they are closed. Either is `None` where there is none.
    """

    scratch: str | None = None
    kept: Kept | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Load what the first `put` would wait for."""

    @abstractmethod
    def put(self, article: Article) -> None:
        """Add an article; it replaces the committed one with the same id.

        An id can be put once between two commits; a second time raises `ValueError`.
        """

    @abstractmethod
    def put_all(self, bundle: Bundle) -> None:
        """Add the articles of a bundle, as `put` does."""

    @abstractmethod
    def delete(self, article_id: str) -> None:
        """Delete an article; one that is not there is no error."""

    @abstractmethod
    def commit(self) -> int:
        """Make every change visible in one step; returns the new generation."""

    @abstractmethod
    def cancel(self) -> None:
        """Throw the changes away; after `commit` it does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()


class IndexRehearsal(IndexWriter):
    """A writer that writes nothing, to see what another would do: the ledger alone keeps what it is told, a copy."""

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
