"""How well the engine ranks may get better, and may not get worse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import relevance
from bench.relevance import Collection, Relevance

COLLECTIONS = Path(__file__).parents[3] / "shared" / "data" / "ir"

# When a change brings this much more, the floor rises with it.
RATCHET = 0.01


@pytest.mark.skipif(not COLLECTIONS.exists(), reason="the collections to measure on are not beside the checkout")
@pytest.mark.parametrize("name", relevance.FLOORS)
def test_what_people_judged_relevant_is_found(name: str) -> None:
    measured, floor = relevance.measure(Collection(COLLECTIONS / name)), relevance.FLOORS[name]
    for figure, least in zip(measured, floor, strict=True):
        assert figure >= least, measured
        assert figure < least + RATCHET, f"better than the floor: raise it to {measured}"


@pytest.mark.skipif(not COLLECTIONS.exists(), reason="the collections to measure on are not beside the checkout")
def test_feedback_finds_more_of_what_people_judged_relevant() -> None:
    collection = Collection(COLLECTIONS / "cran")
    assert relevance.measure(collection, feedback=True).ap_at_100 > relevance.FLOORS["cran"].ap_at_100 + 0.015


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    folder = tmp_path / "made"
    folder.mkdir()
    bodies = {"1": "The river rose.", "2": "The river and the bridge stand.", "3": "A bridge.", "4": ""}
    articles = [{"id": name, "title": "Of water", "body": body} for name, body in bodies.items()]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, articles)), encoding="utf-8")
    (folder / "queries.tsv").write_text("q1\triver bridge\nq2\tbridge\n", encoding="utf-8")
    (folder / "qrels.txt").write_text("q1 0 2 1\nq2 0 1 1\nq2 0 2 1\n", encoding="utf-8")
    return Collection(folder)


def test_a_ranking_is_judged_by_the_articles_that_are_relevant(collection: Collection) -> None:
    measured = relevance.measure(collection)
    # The first query has its article at rank 1; the second has one of two, below the article that is shorter.
    assert measured.ap_at_100 == pytest.approx((1 + 1 / 4) / 2)


def test_figures_are_reported_beside_their_floors() -> None:
    table = relevance.table({"cran": Relevance(0.5, 0.25), "other": Relevance(0.5, 0.25)})
    floor = relevance.FLOORS["cran"]
    assert f"| cran | 0.5000 | {floor.ndcg_at_10:.3f} | 0.2500 | {floor.ap_at_100:.3f} |" in table
    assert table.endswith("| other | 0.5000 |  | 0.2500 |  |")


def test_collections_are_those_with_judgements(collection: Collection) -> None:
    (collection.folder.parent / "empty").mkdir()
    assert [each.name for each in relevance.read_collections(collection.folder.parent)] == ["made"]
