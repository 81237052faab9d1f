"""The tree of errors: everything that can go wrong in a way that a caller should know about.

The text of each is written for the person who reads it: what happened, where, and what to do.
"""

from __future__ import annotations

# What fits on two lines of a report.
_MAX_SAID = 160


class DatelineError(Exception):
    """The root of all errors that Dateline raises on purpose."""


class SourceError(DatelineError):
    """A file or folder of articles that cannot be read.

    `path` names it, `reason` says why.
    """

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, str]]:
        # It is sent between processes, and an exception is made anew from its message alone otherwise.
        return type(self), (self.path, self.reason)


class PassingError(SourceError):
    """A failure of the machine and not of the content, of time, memory or a disk, which may be gone the next time."""


def in_brief(error: BaseException) -> str:
    """Return what an error of a library says, for a reason: some quote what they could not read, all of it."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= _MAX_SAID else f"{said[:_MAX_SAID]}…"


class RequestError(DatelineError, ValueError):
    """A search request with a value that makes no sense; `parameter` names it."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason


class ArticleNotFoundError(DatelineError):
    """No article has this id."""

    def __init__(self, article_id: str) -> None:
        super().__init__(f"There is no article with the id {article_id!r}.")
        self.article_id = article_id


class ArticleInvalidError(DatelineError, ValueError):
    """A record that cannot be an article as it is; `field` names what is wrong, where it is one field."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field


class CursorExpiredError(DatelineError):
    """The index has changed since the cursor was given, so that going on might repeat results or miss some."""

    def __init__(self) -> None:
        super().__init__("The index has changed since the cursor was given. Begin again without a cursor.")


class QueryTooCostlyError(DatelineError):
    """To answer a query would take more than one may: it was not begun."""

    def __init__(self, cost: int, max_cost: int) -> None:
        super().__init__(
            f"The query would touch about {cost:,} places in the index, and one may touch {max_cost:,}. Rarer words, "
            "longer prefixes and shorter phrases take less."
        )
        self.cost = cost
        self.max_cost = max_cost


class QueryTimedOutError(DatelineError):
    """To answer a query took longer than one may: it was broken off."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The query took longer than the {seconds:g} seconds that one may take. Rarer words, longer prefixes and "
            "shorter phrases take less; so does the same when fewer others ask."
        )
        self.seconds = seconds


class IndexUnavailableError(DatelineError):
    """The index cannot be used now; the root of the errors that say why."""


class IndexMissingError(IndexUnavailableError):
    """There is no index yet."""


class IndexCorruptError(IndexUnavailableError):
    """The index is damaged."""


class IndexVersionError(IndexUnavailableError):
    """The index was written by a version of Dateline that this one does not understand."""


class IndexLockedError(IndexUnavailableError):
    """Another run is writing to the index."""


class IndexNotWritableError(IndexUnavailableError):
    """The index can be read, but what was to be changed cannot be written."""


class ClusterUnavailableError(IndexUnavailableError):
    """The cluster that holds the index does not answer, or not all of it; it may well in a moment."""
