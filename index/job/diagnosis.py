"""What differs between an index and its ledger, and what is marked in the two so that reading files again mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from index.index_writer import Holdings, IndexWriter

# Articles that are compared with the ledger at once.
_BATCH = 256

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Diagnosis:
    """What is wrong, article by article.

    `missing`, `differing` and `doubled` are the ids of articles by the file that they came from, with the digest of
    what the index has where it has something. Nobody knows from where the `orphans` are.
    """

    segments: list[str] = field(default_factory=list)
    is_torn: bool = False
    articles: int = 0
    missing: dict[str, list[str]] = field(default_factory=dict)
    differing: dict[str, dict[str, str]] = field(default_factory=dict)
    doubled: dict[str, dict[str, str]] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """Return the files of which the index lacks something, or has something else."""
        return sorted({*self.missing, *self.differing, *self.doubled})

    def describe(self) -> Iterator[str]:
        """Yield what is wrong and what mends it, in sentences."""
        for segment in self.segments:
            yield f"{segment} It is to be made anew."
        if self.is_torn:
            yield "A run was stopped just after its commit. The next one mends that, too."
        for path, ids in self.missing.items():
            yield f"{path}: {_several(ids, 'is', 'are')} missing in the index. The file is to be read again."
        for path, digests in self.differing.items():
            what = _several(list(digests), "differs", "differ")
            yield f"{path}: {what} from what was indexed. The file is to be read again."
        for path, digests in self.doubled.items():
            yield f"{path}: {_several(list(digests), 'is', 'are')} in the index twice. The file is to be read again."
        for article_id in self.orphans:
            yield f"The article {article_id} is in the index, but of no file. It is to be deleted."


def diagnose(holdings: Holdings, progress: Progress | None = None) -> Diagnosis:
    """Compare every article in an index with its ledger; `progress` is told how many are done, of how many.

    In memory there are the ids of all articles, and no more.
    """
    diagnosis = Diagnosis(list(holdings.damage), holdings.is_torn)
    seen: set[str] = set()
    total = holdings.num_articles()
    batch: list[tuple[str, str]] = []
    for article in holdings.articles():
        batch.append(article)
        if len(batch) == _BATCH:
            _compare(batch, seen, holdings, diagnosis)
            batch = []
            if progress:
                progress(diagnosis.articles, total)
    _compare(batch, seen, holdings, diagnosis)
    if progress:
        progress(diagnosis.articles, total)
    for article_id, _, path in holdings.ledger.articles():
        if article_id not in seen:
            diagnosis.missing.setdefault(path, []).append(article_id)
    return diagnosis


def _compare(batch: list[tuple[str, str]], seen: set[str], holdings: Holdings, diagnosis: Diagnosis) -> None:
    owners = holdings.ledger.owners([article_id for article_id, _ in batch])
    for article_id, digest in batch:
        diagnosis.articles += 1
        owner = owners.get(article_id)
        if owner is None:
            diagnosis.orphans.append(article_id)
        elif article_id in seen:
            diagnosis.doubled.setdefault(owner.path, {})[article_id] = digest
        elif owner.digest != digest:
            diagnosis.differing.setdefault(owner.path, {})[article_id] = digest
        seen.add(article_id)


def prescribe(diagnosis: Diagnosis, writer: IndexWriter) -> None:
    """Delete what is of no file, and have the files be read again of which something is wrong."""
    for article_id in diagnosis.orphans:
        writer.delete(article_id)
    for ids in (*diagnosis.missing.values(), *diagnosis.differing.values(), *diagnosis.doubled.values()):
        writer.ledger.distrust(ids)
    writer.ledger.read_again(diagnosis.paths)


def _several(ids: list[str], one: str, many: str) -> str:
    if len(ids) == 1:
        return f"the article {ids[0]} {one}"
    return f"{len(ids):,} articles, {ids[0]} and others, {many}"
