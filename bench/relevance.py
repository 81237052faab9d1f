"""How well the engine ranks: test collections with judgements of which articles answer which query."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from index import SearchRequest, open_engine
from index.engines import open_writer
from index.sources import find_files, read_file

COLLECTIONS = Path("../shared/data/ir")

# How deep a ranking is judged.
DEPTH = 100


class Relevance(NamedTuple):
    """Both measures, averaged over the queries that have a relevant article."""

    ndcg_at_10: float
    ap_at_100: float


# What each collection reached when it was measured last. A floor rises with what is measured, and is never lowered.
FLOORS: Mapping[str, Relevance] = {
    "cisi": Relevance(0.421, 0.190),
    "cran": Relevance(0.412, 0.324),
    "npl": Relevance(0.460, 0.274),
}


class Collection:
    """A folder with articles (`corpus.jsonl`), queries (`queries.tsv`) and judgements (`qrels.txt`, in TREC's form)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    def queries(self) -> Iterator[tuple[str, str]]:
        """Yield the number and the words of each query."""
        for line in (self.folder / "queries.tsv").read_text(encoding="utf-8").splitlines():
            number, _, words = line.partition("\t")
            yield number, words

    def judgements(self) -> dict[str, dict[str, int]]:
        """Return how relevant articles are to queries, where somebody has judged."""
        judged: dict[str, dict[str, int]] = {}
        for line in (self.folder / "qrels.txt").read_text(encoding="utf-8").splitlines():
            number, _, article_id, grade = line.split()
            judged.setdefault(number, {})[article_id] = int(grade)
        return judged

    def build(self, index: Path) -> None:
        """Index the articles; those without a word are left out."""
        with open_writer(str(index)) as writer:
            for file in find_files([self.folder / "corpus.jsonl"]):
                for article in read_file(file, on_error=lambda _: None):
                    writer.put(article)
            writer.commit()


def read_collections(folder: Path) -> list[Collection]:
    """Return the collections in a folder, in the order of their names."""
    return [Collection(path.parent) for path in sorted(folder.glob("*/qrels.txt"))]


def rank(collection: Collection, index: Path, *, feedback: bool = False) -> dict[str, dict[str, float]]:
    """Return the best articles for each query, each with a score that falls from rank to rank."""
    run: dict[str, dict[str, float]] = {}
    with open_engine(str(index)) as engine:
        for number, words in collection.queries():
            request = SearchRequest(
                query=words, match="any", size=DEPTH, snippets=False, duplicates="show", feedback=feedback
            )
            results = engine.search(request).results
            # By rank: the measures order equal scores by the names of the articles.
            run[number] = {result.id: float(DEPTH - place) for place, result in enumerate(results)}
    return run


def measure(collection: Collection, *, feedback: bool = False) -> Relevance:
    """Build an index of a collection, ask all of its queries, and judge the answers."""
    import ir_measures

    ndcg, average_precision = ir_measures.nDCG @ 10, ir_measures.AP @ DEPTH
    with tempfile.TemporaryDirectory() as folder:
        collection.build(Path(folder) / "index")
        run = rank(collection, Path(folder) / "index", feedback=feedback)
    figures = ir_measures.calc_aggregate([ndcg, average_precision], collection.judgements(), run)
    return Relevance(figures[ndcg], figures[average_precision])


def table(measured: Mapping[str, Relevance]) -> str:
    """Return what was measured beside its floors, as a Markdown table."""
    lines = ["| collection | nDCG@10 | floor | AP@100 | floor |", "|---|--:|--:|--:|--:|"]
    for name, figures in measured.items():
        floors = [f"{each:.3f}" for each in FLOORS.get(name, ())] or ["", ""]
        lines.append(f"| {name} | {figures.ndcg_at_10:.4f} | {floors[0]} | {figures.ap_at_100:.4f} | {floors[1]} |")
    return "\n".join(lines)
