"""Is an index as it should be? What it says of itself compared with what is there, and with its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from index.engine import IndexWriter
from index.engines import open_engine
from index.errors import ArticleNotFoundError


@dataclass(slots=True)
class VerifyReport:
    """What comparing an index with itself and with its sources showed; `damage` is what should never be."""

    articles: int = 0
    files: int = 0
    damage: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def verify(index: str, progress: Callable[[int, int], None] | None = None) -> VerifyReport:
    """Read every article back from an index and compare it with what was put in; look at every source file.

    `progress` is told how many articles are done, of how many. Raises `IndexUnavailableError` where the index cannot be
    opened at all, or differs from its checksums.
    """
    report = VerifyReport()
    with open_engine(index) as engine, engine.ledger() as ledger:
        engine.verify()
        held = engine.stats().articles
        for article_id, digest, path in ledger.articles():
            report.articles += 1
            try:
                if engine.article(article_id).digest() != digest:
                    report.damage.append(f"The article {article_id} of {path} differs from what was indexed.")
            except ArticleNotFoundError:
                report.damage.append(f"The article {article_id} of {path} is missing.")
            if progress:
                progress(report.articles, held)
        for file in ledger.files().values():
            report.files += 1
            try:
                status = Path(file.path).stat()
            except OSError:
                report.vanished.append(file.path)
            else:
                if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
                    report.changed.append(file.path)
        if held != report.articles:
            report.damage.append(f"The index holds {held:,} articles, but its files have {report.articles:,}.")
    return report


def reconcile(writer: IndexWriter) -> None:
    """Mend an index whose ledger is of another generation: a crash came between their commits.

    What only the index has is deleted, since nobody knows from where it is; files of which the index lacks something
    are read again.
    """
    left = set(writer.article_ids())
    missing: dict[str, str] = {}
    for article_id, _, path in writer.ledger.articles():
        if article_id in left:
            left.remove(article_id)
        else:
            missing[article_id] = path
    for article_id in left:
        writer.delete(article_id)
    writer.ledger.disown(missing)
    writer.ledger.read_again(set(missing.values()))
