"""One generation of an index, open for reading, and the figures about it that are worth keeping."""

from __future__ import annotations

import datetime as dt
import weakref
from functools import cached_property

from whoosh import query as whoosh_query
from whoosh.scoring import BM25F

from index import schema
from index.engine import FacetCount, FacetName, Stats
from index.engines.local.folder import Current, IndexFolder, told_as_damage
from index.errors import IndexCorruptError, IndexMissingError

# How often to look for the live build again when a rebuild replaced it between two looks.
_OPEN_ATTEMPTS = 20

_EXACT_FIELDS: dict[FacetName, str] = {
    "source": "source_exact",
    "author": "author_exact",
    "language": "language",
}


class Snapshot:
    """A searcher over one generation; for one thread at a time."""

    def __init__(self, folder: IndexFolder, current: Current) -> None:
        # Taken first: a commit meanwhile makes this number too low, and the snapshot is opened again.
        self.generation = folder.generation(current)
        self._build = folder.build_path(current)
        index = folder.open_build(current)
        with told_as_damage(self._build):
            self.searcher = index.searcher(weighting=BM25F())
        self.reader = self.searcher.reader()
        # Threads come and go; what one leaves behind must not stay open. Calling the finalizer closes once.
        self._finalizer = weakref.finalize(self, self.searcher.close)

    def close(self) -> None:
        """Let go of the files; a second time does nothing."""
        self._finalizer()

    def published_of(self, doc_ids: list[int]) -> list[int]:
        """Return the time of each article in seconds since 1970; `schema.UNDATED` where it has none."""
        if not doc_ids:
            return []
        column = self.reader.column_reader("published")
        return [int(column[doc_id]) for doc_id in doc_ids]

    def count_facet(self, name: FacetName, doc_ids: list[int]) -> tuple[FacetCount, ...]:
        """Count the values of a facet over some articles: most frequent first, months in order of time."""
        if name == "published":
            months: dict[str, int] = {}
            for seconds in self.published_of(doc_ids):
                if seconds != schema.UNDATED:
                    month = _to_date(seconds).strftime("%Y-%m")
                    months[month] = months.get(month, 0) + 1
            return tuple(FacetCount(month, months[month]) for month in sorted(months))
        wanted = set(doc_ids)
        field = _EXACT_FIELDS[name]
        counts = [
            FacetCount(value, count)
            for value in self.reader.field_terms(field)
            if (count := len(wanted & set(self.searcher.docs_for_query(whoosh_query.Term(field, value)))))
        ]
        return tuple(sorted(counts, key=lambda facet: (-facet.count, facet.value)))

    @cached_property
    def stats(self) -> Stats:
        """Count what is in the index."""
        doc_ids = list(self.reader.all_doc_ids())
        dated = [seconds for seconds in self.published_of(doc_ids) if seconds != schema.UNDATED]
        files = [path.stat() for path in self._build.iterdir() if path.is_file()]
        return Stats(
            articles=len(doc_ids),
            generation=self.generation,
            size_bytes=sum(status.st_size for status in files),
            committed_at=dt.datetime.fromtimestamp(max(status.st_mtime for status in files), tz=dt.UTC),
            earliest=_to_date(min(dated)) if dated else None,
            latest=_to_date(max(dated)) if dated else None,
            undated=len(doc_ids) - len(dated),
            sources=self.count_facet("source", doc_ids),
            languages=self.count_facet("language", doc_ids),
        )


def open_snapshot(folder: IndexFolder) -> Snapshot:
    """Open what is live; raises the `IndexUnavailableError` that says why it can't be."""
    for attempt in range(_OPEN_ATTEMPTS):
        current = folder.read_current()
        try:
            return Snapshot(folder, current)
        except IndexCorruptError:
            # A rebuild may have replaced and deleted this build since CURRENT was read.
            if folder.read_current() == current and attempt:
                raise
    raise IndexMissingError(f"The index at {folder.path} is replaced faster than it can be opened.")


def _to_date(seconds: int) -> dt.date:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)).date()
