"""Related articles: those that share telling words come first, and neither the article nor its story is among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import SearchEngine
from index.errors import ArticleNotFoundError
from tests.index.suggested import article, make_engine

DAM = (
    "The old dam above the town broke in the night after weeks of rain, and water ran through the streets until the "
    "morning, when the fire brigade and volunteers from all over the valley had laid bags of sand at the bridge."
)
ARTICLES = [
    article(0, "Dam breaks", DAM),
    article(1, "Dam has broken", f"{DAM} More follows."),
    article(2, "Engineers had warned of the dam", "The dam was old, engineers said. The valley knew of the rain."),
    article(3, "A bridge for the valley", "The bridge will be built of stone. The town pays."),
    article(4, "Harbour strike", "Dockers strike for wages. The harbour is quiet in the morning."),
    article(5, "The and of", "It is what it was."),
    article(6, "Zebra", "Xylophone quagga."),
    article(7, "Dammbruch", "Der Damm brach in der Nacht.", language="de"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    with make_engine(tmp_path_factory.mktemp("related") / "index", ARTICLES) as engine:
        yield engine


def ids(engine: SearchEngine, article_id: str, size: int = 5) -> list[str]:
    return [result.id for result in engine.related(article_id, size)]


def test_those_that_share_telling_words_come_first(engine: SearchEngine) -> None:
    assert ids(engine, "0")[:2] == ["2", "3"]
    assert "6" not in ids(engine, "0", 100)


def test_neither_it_nor_its_duplicates_are_related(engine: SearchEngine) -> None:
    for article_id in ("0", "1"):
        assert not {"0", "1"} & {*ids(engine, article_id, 100)}


def test_a_story_that_is_related_is_one_result(engine: SearchEngine) -> None:
    (story, *_) = engine.related("2")
    assert (story.id, [each.id for each in story.duplicates], story.num_duplicates) == ("0", ["1"], 1)
    assert "1" not in ids(engine, "2", 100)


def test_no_more_are_given_than_asked_for(engine: SearchEngine) -> None:
    assert ids(engine, "0", 1) == ["2"]
    assert ids(engine, "0", 0) == []


def test_what_shares_no_telling_word_is_related_to_nothing(engine: SearchEngine) -> None:
    assert ids(engine, "5") == []
    assert ids(engine, "6") == []


def test_an_article_that_is_not_there_has_none(engine: SearchEngine) -> None:
    with pytest.raises(ArticleNotFoundError):
        engine.related("none")


def test_deleted_articles_are_not_related(tmp_path: Path) -> None:
    with make_engine(tmp_path / "index", ARTICLES, ["2"]) as engine:
        assert ids(engine, "0")[0] == "3"
        with pytest.raises(ArticleNotFoundError):
            engine.related("2")
