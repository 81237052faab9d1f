"""One generation of an index, open for reading, and the figures about it that are worth keeping."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.article import Article
from index.codec.commit import open_segments
from index.codec.format import SegmentFile
from index.codec.searching.evaluate import ColumnarSearcher, Hits
from index.codec.segment import ColumnarSegment
from index.codec.stored import StoredReader
from index.codec.terms import TermTable
from index.engine import NO_DATE, NOT_KNOWN, FacetCount, FacetName, Stats
from index.engines.local.folder import Current, IndexFolder, told_as_damage
from index.errors import IndexCorruptError, IndexMissingError

# How often to look for the live build again when a rebuild or a commit replaced it between two looks.
_OPEN_ATTEMPTS = 20

_EXACT_FIELDS: dict[FacetName, str] = {"source": "source_exact", "author": "author_exact", "language": "language"}

DocIds = NDArray[np.int64]


class _Part:
    """A segment of the snapshot: its articles are `base` to `end` in the numbers of the whole."""

    def __init__(self, segment: ColumnarSegment, file: SegmentFile, base: int) -> None:
        self.segment = segment
        self.file = file
        self.base = base
        self.end = base + file.num_docs
        self.stored = StoredReader(file)
        self.terms = TermTable(file)

    def live_doc_ids(self) -> DocIds:
        deleted = self.segment.deleted_mask()
        live = np.arange(self.file.num_docs) if deleted is None else np.flatnonzero(~deleted[: self.file.num_docs])
        return live + self.base


class Snapshot:
    """The index as one commit left it. It never changes, and is safe to share between threads."""

    def __init__(self, folder: IndexFolder, current: Current) -> None:
        build = folder.build_path(current)
        with told_as_damage(build):
            generation, whoosh_schema, segments = open_segments(build)
            self._committed_at = folder.committed_at(build, generation)
        self.generation = current.base_generation + generation
        self._parts: list[_Part] = []
        base = 0
        for segment, file in segments:
            self._parts.append(_Part(segment, file, base))
            base += file.num_docs
        self._bases = np.array([part.base for part in self._parts], np.int64)
        self._searcher = ColumnarSearcher([(file, segment.deletions) for segment, file in segments], whoosh_schema)

    def search(self, tree: Any, limit: int) -> Hits:
        """Return the exact total and the best articles: by score, then by id."""
        return self._searcher.search(tree, limit)

    def match(self, tree: Any) -> tuple[DocIds, NDArray[np.float64]]:
        """Return all articles that match, ascending, and their scores."""
        return self._searcher.match(tree)

    def article_at(self, doc_id: int) -> Article:
        """Return an article by its number in this snapshot."""
        part = self._parts[int(np.searchsorted(self._bases, doc_id, side="right")) - 1]
        return schema.from_stored(part.stored.encoded(doc_id - part.base))

    def article(self, article_id: str) -> Article | None:
        """Return an article by its id."""
        term = article_id.encode("utf-8", "surrogatepass")
        for part in self._parts:
            term_id = part.terms.find("id", term)
            for doc_id in part.terms.doc_ids(term_id).tolist() if term_id is not None else ():
                if not part.segment.is_deleted(doc_id):
                    return schema.from_stored(part.stored.encoded(doc_id))
        return None

    @cached_property
    def published(self) -> NDArray[np.int64]:
        """Return the time of every article in seconds since 1970; `schema.UNDATED` where it has none."""
        columns = [_read_published(part.file) for part in self._parts]
        return np.concatenate(columns) if columns else np.empty(0, np.int64)

    def count_facet(self, name: FacetName, doc_ids: DocIds) -> tuple[FacetCount, ...]:
        """Count the values of a facet over some articles: most frequent first, months in order of time, none last."""
        if name == "published":
            return self._count_months(doc_ids)
        wanted = np.zeros(self._searcher.num_docs + 1, np.bool_)
        wanted[doc_ids] = True
        counts: dict[str, int] = {}
        for part in self._parts:
            for value, count in _count_terms(part, _EXACT_FIELDS[name], wanted[part.base : part.end]):
                counts[value] = counts.get(value, 0) + count
        facets = [FacetCount(value, count) for value, count in counts.items()]
        return tuple(sorted(facets, key=lambda facet: (facet.value == NOT_KNOWN, -facet.count, facet.value)))

    def _count_months(self, doc_ids: DocIds) -> tuple[FacetCount, ...]:
        seconds = self.published[doc_ids]
        dated = seconds[seconds != schema.UNDATED]
        values, counts = np.unique(dated.astype("datetime64[s]").astype("datetime64[M]"), return_counts=True)
        months = tuple(FacetCount(str(month), int(count)) for month, count in zip(values, counts, strict=True))
        undated = len(seconds) - len(dated)
        return (*months, FacetCount(NO_DATE, undated)) if undated else months

    @cached_property
    def languages(self) -> tuple[str | None, ...]:
        """Return the languages of its articles, `None` among them where that of an article is not known."""
        live = [part.live_doc_ids() for part in self._parts]
        counts = self.count_facet("language", np.concatenate(live)) if live else ()
        has_unknown = sum(facet.count for facet in counts) < sum(map(len, live))
        return (*(facet.value for facet in counts), *((None,) if has_unknown or not counts else ()))

    @cached_property
    def stats(self) -> Stats:
        """Count what is in the index."""
        live = [part.live_doc_ids() for part in self._parts]
        doc_ids = np.concatenate(live) if live else np.empty(0, np.int64)
        seconds = self.published[doc_ids]
        dated = seconds[seconds != schema.UNDATED]
        return Stats(
            articles=len(doc_ids),
            generation=self.generation,
            size_bytes=sum(part.file.size for part in self._parts),
            committed_at=self._committed_at,
            earliest=_to_date(dated.min()) if len(dated) else None,
            latest=_to_date(dated.max()) if len(dated) else None,
            undated=len(doc_ids) - len(dated),
            sources=_known(self.count_facet("source", doc_ids)),
            languages=_known(self.count_facet("language", doc_ids)),
        )

    def verify(self) -> None:
        """Read every byte of the index and compare it with its checksum; raises `IndexCorruptError`."""
        for part in self._parts:
            part.file.verify()


def open_snapshot(folder: IndexFolder) -> Snapshot:
    """Open what is live; raises the `IndexUnavailableError` that says why it can't be."""
    for attempt in range(_OPEN_ATTEMPTS):
        state = folder.state()
        current = folder.read_current()
        try:
            return Snapshot(folder, current)
        except IndexCorruptError:
            # A commit may have replaced and deleted what was just named; what stays as it is, is damaged.
            if attempt and folder.state() == state:
                raise
    raise IndexMissingError(f"The index at {folder.path} is replaced faster than it can be opened.")


def _known(counts: tuple[FacetCount, ...]) -> tuple[FacetCount, ...]:
    return tuple(each for each in counts if each.value != NOT_KNOWN)


def _count_terms(part: _Part, field: str, wanted: NDArray[np.bool_]) -> list[tuple[str, int]]:
    """Count in how many of the wanted articles each term of a field is."""
    entry = part.file.fields.get(field)
    if entry is None or not entry.num_terms:
        return []
    starts = part.file["posting_starts"][entry.first_term : entry.end_term + 1].astype(np.int64)
    is_wanted = wanted[part.file["doc_ids"][starts[0] : starts[-1]]]
    counts = np.add.reduceat(is_wanted, starts[:-1] - starts[0], dtype=np.int64)
    return [
        (part.terms.term(entry.first_term + int(place)).decode("utf-8", "surrogatepass"), int(counts[place]))
        for place in np.flatnonzero(counts)
    ]


def _read_published(file: SegmentFile) -> NDArray[np.int64]:
    names = [column["name"] for column in file.meta.get("columns", ())]
    if "published" not in names:
        return np.full(file.num_docs, schema.UNDATED, np.int64)
    # Whoosh keeps a signed number as an unsigned one of the same order: shifted by half of the range.
    sortable = file[f"column:{names.index('published')}"]
    return (sortable ^ np.uint64(1 << 63)).view(np.int64)


def _to_date(seconds: np.int64) -> dt.date:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=int(seconds))).date()
