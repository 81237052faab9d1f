from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from index import SearchRequest, job, open_engine
from index.cli import main
from index.editing import FIELDS, put_article, withdraw_article
from index.engines import open_writer
from index.errors import ArticleInvalidError, ArticleNotFoundError, DatelineError, IndexLockedError
from index.kept import Kept
from tests.index.job.killing import Killer

RECORD = {"title": "A zebra", "body": "A zebra ran through the city.", "published": "2017-04-12"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three articles of one file each, and two in one file."""
    folder = tmp_path / "news"
    folder.mkdir()
    for name in ("one", "two", "three"):
        record = {"id": name, "title": f"Article {name}", "body": f"The island of {name} is a place."}
        (folder / f"{name}.json").write_text(json.dumps(record))
    lines = [{"id": name, "title": f"Line {name}", "body": f"The island of line {name}."} for name in ("four", "five")]
    (folder / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture
def index(folder: Path, tmp_path: Path) -> str:
    index = str(tmp_path / "index")
    assert job.run([folder], index).added == 5
    return index


def titles(index: str) -> dict[str, str]:
    with open_engine(index) as engine:
        return {one.id: one.title for one in engine.search(SearchRequest(query="", size=100)).results}


def require_sound(index: str, articles: int) -> None:
    report = job.verify(index)
    assert (report.damage, report.changed, report.vanished, report.articles) == ([], [], [], articles)


def test_an_article_is_put_and_stays(index: str, folder: Path) -> None:
    assert put_article(index, "zebra", RECORD)
    with open_engine(index) as engine:
        article = engine.article("zebra")
    assert (article.title, str(article.published), article.published_from) == ("A zebra", "2017-04-12", "metadata")
    require_sound(index, 6)
    second = job.run([folder], index)
    assert (second.unchanged, second.removed, second.elsewhere, second.generation) == (6, 0, 0, 2)
    assert job.run([folder], index, rebuild=True).added == 6
    assert job.run([folder], index, rebuild=True, dry_run=True).added == 6
    assert titles(index)["zebra"] == "A zebra"
    require_sound(index, 6)


def test_putting_again_replaces(index: str, folder: Path) -> None:
    put_article(index, "zebra", RECORD)
    assert not put_article(index, "zebra", RECORD | {"title": "Two zebras"})
    assert titles(index)["zebra"] == "Two zebras"
    assert job.run([folder], index).unchanged == 6
    require_sound(index, 6)


def test_putting_the_same_again_changes_nothing(index: str) -> None:
    put_article(index, "zebra", RECORD)
    put_article(index, "zebra", RECORD)
    with open_engine(index) as engine:
        assert engine.stats().generation == 2


@pytest.mark.parametrize("article_id", ["two", "four"])
def test_what_is_put_takes_the_place_of_what_a_file_says(index: str, folder: Path, article_id: str) -> None:
    assert not put_article(index, article_id, RECORD)
    assert titles(index)[article_id] == "A zebra"
    report = job.run([folder], index)
    assert (report.unchanged, report.updated, report.failed) == (5, 0, [])
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    assert (job.run([folder], index).unchanged, titles(index)[article_id]) == (5, "A zebra")
    for path in folder.iterdir():
        path.write_text(path.read_text() + "\n")
    report = job.run([folder], index)
    assert (report.unchanged, report.failed, titles(index)[article_id]) == (5, [], "A zebra")
    report = job.run([folder], index, rebuild=True)
    assert (report.added, report.failed, titles(index)[article_id]) == (5, [], "A zebra")
    require_sound(index, 5)


def test_without_its_record_a_file_has_its_article_again(index: str, folder: Path) -> None:
    put_article(index, "four", RECORD)
    Kept(Path(index)).path_of("four").unlink()
    assert (job.run([folder], index).added, titles(index)["four"]) == (1, "Line four")
    require_sound(index, 5)


@pytest.mark.parametrize("article_id", ["two", "four"])
def test_what_is_withdrawn_stays_out_until_it_is_put(index: str, folder: Path, article_id: str) -> None:
    withdraw_article(index, article_id)
    assert article_id not in titles(index)
    require_sound(index, 4)
    report = job.run([folder], index)
    assert (report.unchanged, report.added, report.withdrawn, report.failed) == (4, 0, 1, [])
    for path in folder.iterdir():
        path.write_text(path.read_text() + "\n")
    report = job.run([folder], index)
    assert (report.unchanged, report.added, report.withdrawn, report.failed) == (4, 0, 1, [])
    report = job.run([folder], index, rebuild=True)
    assert (report.added, report.withdrawn, report.failed) == (4, 1, [])
    assert article_id not in titles(index)
    require_sound(index, 4)
    assert put_article(index, article_id, RECORD)
    assert (job.run([folder], index).withdrawn, titles(index)[article_id]) == (0, "A zebra")
    with pytest.raises(ArticleNotFoundError, match="nothing"):
        withdraw_article(index, "nothing")


def test_the_summary_counts_what_is_withdrawn(index: str, folder: Path) -> None:
    withdraw_article(index, "two")
    result = CliRunner().invoke(main, [str(folder), "--index", index])
    assert "  withdrawn         1\n" in result.output


def test_what_was_put_and_withdrawn_is_gone(index: str, folder: Path) -> None:
    put_article(index, "four", RECORD)
    put_article(index, "zebra", RECORD)
    for article_id in ("four", "zebra"):
        withdraw_article(index, article_id)
        with pytest.raises(ArticleNotFoundError):
            withdraw_article(index, article_id)
    # Also where a page with personal data was to be.
    assert "zebra ran" not in "".join(path.read_text() for path in (Path(index) / "articles").iterdir())
    assert job.run([folder], index, rebuild=True).withdrawn == 2
    assert set(titles(index)) == {"one", "two", "three", "five"}


def test_without_their_folder_articles_that_were_put_stay(index: str, folder: Path) -> None:
    put_article(index, "zebra", RECORD)
    shutil.rmtree(Path(index) / "articles")
    assert job.run([folder], index).removed == 0
    assert titles(index)["zebra"] == "A zebra"
    assert len(job.verify(index).vanished) == 1


def test_names_of_fields_in_the_archive_are_not_those_of_what_is_put(index: str, folder: Path) -> None:
    put_article(index, "zebra", RECORD)
    report = job.run([folder], index, rebuild=True, mapping={"title": "headline", "body": "title"})
    assert (report.added, report.failed, titles(index)["zebra"]) == (6, [], "A zebra")
    assert job.run([folder], index, mapping={"title": "headline", "body": "title"}).bytes_read == 0


def test_an_index_that_was_moved_goes_on(index: str, folder: Path, tmp_path: Path) -> None:
    put_article(index, "zebra", RECORD)
    moved = str(tmp_path / "elsewhere")
    shutil.move(index, moved)
    report = job.run([folder], moved)
    assert (report.unchanged, report.added, report.elsewhere) == (6, 0, 0)
    assert job.run([folder], moved).unchanged == 6
    require_sound(moved, 6)


def test_a_folder_that_holds_the_index_may_be_given(index: str, tmp_path: Path) -> None:
    put_article(index, "zebra", RECORD)
    withdraw_article(index, "two")
    report = job.run([tmp_path], index)
    assert (report.unchanged, report.added, report.removed, report.failed) == (5, 0, 0, [])


def test_a_repair_leaves_out_what_is_withdrawn(index: str) -> None:
    put_article(index, "three", RECORD)
    withdraw_article(index, "four")
    for segment in sorted(Path(index).rglob("*.segment")):
        content = bytearray(segment.read_bytes())
        content[len(content) // 2] ^= 0xFF
        segment.write_bytes(content)
    report = job.repair(index)
    assert (report.lost, report.unreadable) == ([], [])
    assert titles(index) == {"one": "Article one", "two": "Article two", "three": "A zebra", "five": "Line five"}


def test_the_first_article_makes_the_index(tmp_path: Path) -> None:
    assert put_article(str(tmp_path / "new"), "zebra", RECORD)
    assert titles(str(tmp_path / "new")) == {"zebra": "A zebra"}


def test_one_writes_at_a_time(index: str) -> None:
    with open_writer(index), pytest.raises(IndexLockedError):
        put_article(index, "zebra", RECORD)
    with open_writer(index), pytest.raises(IndexLockedError):
        withdraw_article(index, "one")
    assert len(titles(index)) == 5


@pytest.mark.parametrize(
    ("article_id", "change", "field"),
    [
        ("a/b", {}, "id"),
        ("a b", {}, "id"),
        ("x" * 201, {}, "id"),
        ("..", {}, "id"),
        ("zebra", {"id": "lion"}, "id"),
        ("zebra", {"title": " "}, "title"),
        ("zebra", {"body": None}, "body"),
        ("zebra", {"body": ["A", "B"]}, "body"),
        ("zebra", {"url": "javascript:alert(1)"}, "url"),
        ("zebra", {"published": "4/5/2017"}, "published"),
        ("zebra", {"published": 2017}, "published"),
        ("zebra", {"authors": "Jane Doe"}, "authors"),
        ("zebra", {"authors": [1]}, "authors"),
        ("zebra", {"language": "Klingonish"}, "language"),
        ("zebra", {"headline": "A zebra"}, "headline"),
    ],
)
def test_what_is_no_article_is_told_and_changes_nothing(
    index: str, article_id: str, change: dict[str, object], field: str
) -> None:
    with pytest.raises(ArticleInvalidError) as error:
        put_article(index, article_id, RECORD | change)
    assert error.value.field == field
    assert len(titles(index)) == 5
    assert not (Path(index) / "articles").exists()


@pytest.mark.parametrize("record", [[], "text", None, {"title": "<p></p>", "body": "<br>"}])
def test_what_holds_no_text_is_no_article(index: str, record: object) -> None:
    with pytest.raises(ArticleInvalidError):
        put_article(index, "zebra", record)


def test_what_is_answered_can_be_put(index: str) -> None:
    put_article(index, "zebra", RECORD | {"authors": ["Jane Doe"], "url": "https://example.org/a", "place": "MOSCOW"})
    with open_engine(index) as engine:
        article = engine.article("zebra")
        assert set(article.to_dict()) == set(FIELDS)
        put_article(index, "zebra", article.to_dict())
        assert engine.article("zebra") == article


def test_a_list_that_is_damaged_is_told(index: str, folder: Path) -> None:
    withdraw_article(index, "two")
    (Path(index) / "withdrawn").write_text("[")
    with pytest.raises(DatelineError, match="withdrawn is damaged"):
        job.run([folder], index)


# To put an article takes many steps, of which each test has its own.
@pytest.mark.parametrize(
    ("article_id", "record", "step"),
    [("zebra", RECORD, 1), ("two", RECORD, 2), ("kept", RECORD, 3), ("four", None, 0), ("kept", None, 0)],
    ids=["new", "over a file's", "again", "a file's withdrawn", "withdrawn"],
)
def test_a_change_that_is_killed_at_any_step_is_done_or_not(
    killer: Killer, index: str, folder: Path, article_id: str, record: dict[str, str] | None, step: int
) -> None:
    put_article(index, "kept", RECORD | {"title": "As it was"})
    before, states = titles(index), set()
    after = {name: title for name, title in before.items() if name != article_id}
    if record is not None:
        after[article_id] = record["title"]
    as_it_was = Path(index).with_name("copy")
    shutil.copytree(index, as_it_was)
    while True:
        step += 1 if record is None else 9
        ended = killer.run(folder, Path(index), rebuild=False, at_step=step, edit=(article_id, record))
        assert ended.error == ""
        # Whatever is served, the next run ends with one or the other.
        assert titles(index) in (before, after)
        job.run([folder], index)
        found = titles(index)
        assert found in (before, after)
        states.add(found == after)
        require_sound(index, len(found))
        if not ended.killed:
            break
        shutil.rmtree(index)
        shutil.copytree(as_it_was, index)
    assert states == {False, True}
    assert step > 5
    assert not list(Path(index).glob("*.new"))
