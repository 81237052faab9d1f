"""The doctor: real damage to the files of an index is noticed, told, and mended as far as the sources allow."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from index import SearchRequest, job, open_engine
from index.cli import main
from index.engines import open_writer
from index.engines.local import writer as local_writer
from index.errors import (
    IndexCorruptError,
    IndexLockedError,
    IndexMissingError,
    IndexUnavailableError,
    IndexVersionError,
)
from tests.conftest import SEEDS

WORDS = "moscow zebra lion tiger election market river bridge minister court storm school train island harvest".split()


def make_sources(folder: Path) -> Path:
    """Files of one article and of many, in folders and in an archive."""
    rng = random.Random(5)

    def text() -> str:
        return f"{' '.join(rng.choices(WORDS, k=6)).capitalize()}\n\n{' '.join(rng.choices(WORDS, k=60))}.\n"

    (folder / "within").mkdir(parents=True)
    for number in range(12):
        (folder / ("within" * (number % 2)) / f"text-{number}.txt").write_text(text())
    (folder / "text-0.json").write_text('{"source": "The Daily Zebra"}')
    with (folder / "many.jsonl").open("w") as file:
        for number in range(25):
            file.write(json.dumps({"id": f"record-{number}", "title": f"Record {number}", "text": text()}) + "\n")
    with zipfile.ZipFile(folder / "within" / "packed.zip", "w") as archive:
        for number in range(6):
            archive.writestr(f"inside/{number}.txt", text())
    return folder


def make_segments(folder: Path, index: Path) -> None:
    """Have an index in several segments, some articles deleted: three commits, the second with changes."""
    job.run([folder / "many.jsonl"], str(index))
    job.run([folder], str(index))
    changed = folder / "text-2.txt"
    changed.write_text(changed.read_text() + "And a walrus.")
    job.run([folder], str(index))


State = tuple[dict[str, str], list[list[tuple[str, float]]]]


def state_of(index: Path) -> State:
    """Every article with its digest, and what some queries find."""
    with open_engine(str(index)) as engine, engine.ledger() as ledger:
        digests = {one: engine.article(one).digest() for one, _, _ in ledger.articles()}
        answers = [
            [(one.id, one.score) for one in engine.search(SearchRequest(query=query, match="any", size=100)).results]
            for query in ("", "zebra", '"zebra lion"', "elect*", "moscow OR walrus")
        ]
        assert engine.stats().articles == len(digests)
    return digests, answers


def ids_and_digests(index: Path) -> dict[str, str]:
    return state_of(index)[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `sources` and their `index`; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_writer, "choose_merge", lambda sizes: [])
        make_segments(make_sources(folder / "sources"), folder / "index")
    assert len(list((folder / "index").rglob("*.segment"))) == 3
    return folder


class Case:
    """An index to damage, and the sources to mend it from: copies, the sources at the place that the index knows."""

    def __init__(self, made: Path, folder: Path) -> None:
        self.sources = made / "sources"
        self.index = folder / "index"
        shutil.copytree(made / "index", self.index)
        self.build = self.index / "build-0001"
        self.ledger = self.build / "sources.sqlite"

    @property
    def segments(self) -> list[Path]:
        """Largest last."""
        return sorted(self.build.glob("*.segment"), key=lambda path: path.stat().st_size)

    def change_ledger(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.ledger)) as connection:
            connection.execute(statement, values)
            connection.commit()


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Case:
    return Case(made, tmp_path)


@pytest.fixture(scope="module")
def sound(made: Path) -> State:
    """What the sound index answers."""
    return state_of(made / "index")


@pytest.fixture
def own_sources(case: Case, tmp_path: Path) -> Path:
    """The sources at a place of their own, which the index knows, to be deleted from."""
    shutil.copytree(case.sources, tmp_path / "sources")
    job.run([tmp_path / "sources"], str(case.index), rebuild=True)
    case.build = case.index / "build-0002"
    return tmp_path / "sources"


def content_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sound_index_is_sound_and_nothing_is_changed(case: Case) -> None:
    before = content_of(case.index)
    for look in (job.verify, job.repair):
        report = look(str(case.index))
        assert (report.articles, report.files, report.damage, report.is_sound) == (43, 14, [], True)
        assert (report.changed, report.vanished, report.unreadable, report.leftovers) == ([], [], [], [])
        assert report.generation is None
    assert content_of(case.index) == before


def test_files_that_are_not_as_they_were_are_told(seed_folder: Path, tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    job.run([seed_folder], index)
    changed, vanished, touched, replaced, _ = sorted(seed_folder.iterdir())
    changed.write_text("Other text")
    vanished.unlink()
    os.utime(touched, (0, 0))
    replaced.unlink()
    os.mkfifo(replaced)  # whoever opens it waits for ever
    report = job.verify(index)
    assert (report.articles, report.files, report.damage) == (5, 5, [])
    assert (report.changed, report.vanished) == ([str(changed)], [str(vanished), str(replaced)])


def test_a_file_whose_content_is_read_in_part_only_is_told_as_changed(tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    path = tmp_path / "news" / "a.jsonl.gz"
    path.write_bytes(b"\x1f\x8bno gzip")
    (tmp_path / "news" / "b.txt").write_text("A zebra was seen.")
    job.run([tmp_path / "news"], str(tmp_path / "index"))
    assert job.verify(str(tmp_path / "index")).damage == []


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "noise": lambda path: path.write_bytes(random.Random(1).randbytes(path.stat().st_size)),
    "a bit": lambda path: path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 2, 1)),
    "another version": lambda path: path.write_bytes(flipped(path.read_bytes(), 8, 8)),
}


def flipped(content: bytes, place: int, bits: int) -> bytes:
    return content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_segment_is_told_and_read_again(case: Case, sound: State, damage: str) -> None:
    DAMAGE[damage](case.segments[-1])
    before = content_of(case.index)
    report = job.verify(str(case.index))
    assert content_of(case.index) == before
    assert report.damage[0].startswith(str(case.build))
    assert "rebuild" not in report.damage[0]
    assert any(line.startswith(f"{case.sources}/many.jsonl: 25 articles, ") for line in report.damage[1:])
    told: list[tuple[int, int]] = []
    read: list[job.Done] = []
    mended = job.repair(str(case.index), lambda done, total: told.append((done, total)), on_read=read.append)
    assert (mended.damage, mended.lost, mended.mended, mended.is_sound) == (report.damage, [], 25, True)
    assert (told[-1], read[-1].files, read[-1].all_files, read[-1].articles) == ((18, 18), 1, 1, 25)
    assert ids_and_digests(case.index) == sound[0]
    after = job.verify(str(case.index))
    assert (after.damage, after.leftovers) == ([], [])
    assert job.run([case.sources], str(case.index)).bytes_read == 0


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_said_of_near_duplicates_is_made_anew(case: Case, sound: State, damage: str) -> None:
    (path,) = case.build.glob("stories-*")
    # Its few arrays end at the directory; there is padding before them.
    DAMAGE[damage if damage != "a bit" else "cut off"](path)
    (told,) = job.verify(str(case.index)).damage
    assert told.startswith(str(path))
    assert job.repair(str(case.index)).is_sound
    assert state_of(case.index) == sound
    assert job.verify(str(case.index)).damage == []


def test_all_segments_damaged_are_all_read_again(case: Case, sound: State) -> None:
    for path in case.segments:
        DAMAGE["noise"](path)
    mended = job.repair(str(case.index))
    assert (mended.mended, mended.lost) == (43, [])
    assert ids_and_digests(case.index) == sound[0]
    assert job.verify(str(case.index)).damage == []


def test_what_is_sound_stays_and_what_cannot_be_read_again_is_lost(case: Case, own_sources: Path) -> None:
    (own_sources / "new.txt").write_text("A walrus was seen at the bridge.")
    job.run([own_sources], str(case.index))
    before = ids_and_digests(case.index)
    (small, _) = case.segments
    with closing(sqlite3.connect(case.build / "sources.sqlite")) as connection:
        ((lost,),) = connection.execute(
            "SELECT id FROM article JOIN source_file ON file = number WHERE path = ?", (str(own_sources / "new.txt"),)
        ).fetchall()
    small.unlink()
    content = {path: path.read_bytes() for path in own_sources.rglob("*") if path.is_file()}
    shutil.rmtree(own_sources)
    report = job.repair(str(case.index))
    assert report.lost == [job.Lost(lost, str(own_sources / "new.txt"))]
    assert (report.is_sound, len(report.vanished)) == (False, 15)
    del before[lost]
    assert ids_and_digests(case.index) == before
    assert job.verify(str(case.index)).damage == []
    # When the files come back the next run has it again.
    for path, written in content.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
    assert job.run([own_sources], str(case.index)).added == 1
    assert lost in ids_and_digests(case.index)


def test_a_file_with_some_articles_left_is_read_whole_when_it_comes_back(case: Case, own_sources: Path) -> None:
    many = own_sources / "many.jsonl"
    written = many.read_text()
    many.write_text(written + json.dumps({"id": "late", "title": "Late", "text": "A late walrus."}) + "\n")
    job.run([own_sources], str(case.index))
    before = ids_and_digests(case.index)
    case.segments[0].unlink()
    hidden = many.rename(many.with_suffix(".hidden"))
    assert [one.id for one in job.repair(str(case.index)).lost] == ["late"]
    assert len(ids_and_digests(case.index)) == len(before) - 1
    hidden.rename(many)
    job.run([own_sources], str(case.index))
    assert ids_and_digests(case.index) == before


def test_an_article_that_differs_is_read_again_or_stays_as_it_is(case: Case, own_sources: Path) -> None:
    before = ids_and_digests(case.index)
    path = own_sources / "text-0.txt"
    gone = own_sources / "text-4.txt"
    rows = "SELECT id FROM article JOIN source_file ON file = number WHERE path = ?"
    case.ledger = case.build / "sources.sqlite"
    with closing(sqlite3.connect(case.ledger)) as connection:
        ids = [connection.execute(rows, (str(one),)).fetchone()[0] for one in (path, gone)]
    for one in ids:
        case.change_ledger("UPDATE article SET digest = ? WHERE id = ?", bytes(16), one)
    gone.unlink()
    assert job.verify(str(case.index)).damage == [
        f"{one}: the article {article_id} differs from what was indexed. The file is to be read again."
        for one, article_id in zip((path, gone), ids, strict=True)
    ]
    report = job.repair(str(case.index))
    assert (report.mended, report.lost, report.is_sound) == (1, [], True)
    assert ids_and_digests(case.index) == before
    assert job.verify(str(case.index)).damage == []


def test_an_article_of_no_file_is_deleted(case: Case, sound: State) -> None:
    case.change_ledger("DELETE FROM article WHERE id = 'record-3'")
    assert [line for line in job.verify(str(case.index)).damage if "record-3 is in the index, but of no file" in line]
    assert job.repair(str(case.index)).deleted == 1
    assert ids_and_digests(case.index) == {one: digest for one, digest in sound[0].items() if one != "record-3"}
    assert job.verify(str(case.index)).damage == []


def test_an_index_beside_the_ledger_of_another_is_mended(case: Case, sound: State, tmp_path: Path) -> None:
    job.run([SEEDS], str(tmp_path / "other"))
    other = tmp_path / "other" / "build-0001" / "sources.sqlite"
    shutil.copy(case.ledger, other)
    report = job.verify(str(tmp_path / "other"))
    assert sum("missing" in line for line in report.damage) == 14
    assert sum("of no file" in line for line in report.damage) == 5
    assert (job.repair(str(tmp_path / "other")).mended, ids_and_digests(tmp_path / "other")) == (43, sound[0])
    assert job.verify(str(tmp_path / "other")).damage == []


def test_a_run_that_was_stopped_between_its_commits_is_mended(case: Case, sound: State) -> None:
    case.change_ledger("UPDATE state SET generation = generation - 1")
    assert job.verify(str(case.index)).damage == [
        "A run was stopped just after its commit. The next one mends that, too."
    ]
    assert job.repair(str(case.index)).is_sound
    assert job.verify(str(case.index)).damage == []
    assert ids_and_digests(case.index) == sound[0]


def test_mapped_fields_are_read_as_they_were(tmp_path: Path) -> None:
    index, folder = tmp_path / "index", tmp_path / "news"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"id": "a", "title": "T", "text": "A zebra.", "who": "Jane Doe"}\n')
    (folder / "b.jsonl").write_text('{"id": "b", "title": "T", "text": "A lion.", "who": "Jane Doe"}\n')
    job.run([folder / "a.jsonl"], str(index), mapping={"source": "who"})
    job.run([folder / "b.jsonl"], str(index))
    before = ids_and_digests(index)
    for path in index.rglob("*.segment"):
        path.unlink()
    assert job.repair(str(index)).mended == 2
    assert ids_and_digests(index) == before
    with open_engine(str(index)) as engine:
        assert (engine.article("a").source, engine.article("b").source) == ("Jane Doe", None)


@pytest.mark.parametrize("name", ["CURRENT", "_MAIN_3.toc", "sources.sqlite"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut off", "noise"])
def test_what_only_a_rebuild_mends_is_said_and_nothing_is_changed(
    case: Case, sound: State, name: str, damage: str
) -> None:
    (path,) = case.index.rglob(name)
    DAMAGE[damage](path)
    before = content_of(case.index)
    for look in (job.verify, job.repair):
        if (name, damage) == ("CURRENT", "missing"):
            with pytest.raises(IndexMissingError):
                look(str(case.index))
            continue
        report = look(str(case.index))
        assert report.needs_rebuild
        assert not report.is_sound
        assert "--rebuild" in report.damage[0]
        assert str(case.index) in report.damage[0]
    after = content_of(case.index)
    assert {path: content for path, content in after.items() if path.name != "lock"} == {
        path: content for path, content in before.items() if path.name != "lock"
    }
    job.run([case.sources], str(case.index), rebuild=True)
    assert ids_and_digests(case.index) == sound[0]


def test_a_path_in_the_ledger_that_is_no_text_is_damage(case: Case) -> None:
    """Python's sqlite3 tells it by an error that has none of SQLite's codes."""
    with closing(sqlite3.connect(case.build / "sources.sqlite")) as connection, connection:
        connection.execute("UPDATE source_file SET path = CAST(X'FF2F61' AS TEXT) WHERE number = 1")
    report = job.verify(str(case.index))
    assert report.needs_rebuild
    assert "sources.sqlite is damaged" in report.damage[0]


def test_damage_at_any_place_is_noticed_or_means_nothing(made: Path, sound: State, tmp_path: Path) -> None:
    """Bytes flipped at random places of every file; whatever is told can be mended, by a repair or by a rebuild."""
    rng = random.Random(20)
    names = sorted(path.relative_to(made / "index") for path in (made / "index").rglob("*") if path.is_file())
    noticed = mended = 0
    for number in range(60):
        case = Case(made, tmp_path / str(number))
        path = case.index / names[number % len(names)]
        content = bytearray(path.read_bytes())
        for _ in range(rng.choice((1, 1, 3, 20)) if content else 0):
            content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
        path.write_bytes(content)
        try:
            report = job.verify(str(case.index))
        except IndexVersionError:
            continue  # the first bytes of CURRENT say which version may read the rest
        if not report.damage:
            # Padding, a mark of the ledger, the lock: no answer depends on it.
            assert state_of(case.index) == sound, path
            continue
        noticed += 1
        if job.repair(str(case.index)).is_sound:
            mended += 1
            assert ids_and_digests(case.index) == sound[0], path
            assert job.verify(str(case.index)).damage == [], path
        shutil.rmtree(case.index)
    assert noticed > 25
    assert mended > 10


def test_leftovers_are_told_and_go_with_the_next_run(case: Case) -> None:
    left = [case.index / "CURRENT.new", case.index / "build-0007"]
    left += [
        case.build / name for name in ("MAIN_abc.segment", "_MAIN_2.toc", "_MAIN_9.toc.new", "tmpabcd_123", "stories-9")
    ]
    (case.index / "build-0007").mkdir()
    for path in left:
        if not path.exists():
            path.write_text("half")
    assert job.verify(str(case.index)).leftovers == sorted(map(str, left))
    assert job.verify(str(case.index)).damage == []
    job.run([case.sources], str(case.index))
    assert [path for path in left if path.exists()] == []


def test_a_writer_at_work_is_no_damage(case: Case) -> None:
    with open_writer(str(case.index)):
        (case.build / "MAIN_abc.segment").write_text("half")
        report = job.verify(str(case.index))
        assert (report.damage, report.leftovers) == ([], [])
        with pytest.raises(IndexLockedError, match=f"process {os.getpid()}"):
            job.repair(str(case.index))


def test_another_version_is_no_damage(case: Case) -> None:
    current = json.loads((case.index / "CURRENT").read_text())
    (case.index / "CURRENT").write_text(json.dumps(current | {"format": 99}))
    for look in (job.verify, job.repair):
        with pytest.raises(IndexVersionError):
            look(str(case.index))


def test_a_table_of_contents_with_a_flipped_bit_is_not_read(case: Case) -> None:
    (path,) = case.build.glob("*.toc")
    content = path.read_bytes()
    for place in range(0, len(content), 97):
        path.write_bytes(flipped(content, place, 4))
        with open_engine(str(case.index)) as engine, pytest.raises(IndexCorruptError, match="--rebuild"):
            engine.search(SearchRequest())


def reindex(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_command_tells_what_is_damaged_and_mends_it(case: Case, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    case.segments[-1].unlink()
    told = reindex("--verify", "--index", case.index, "--report", report)
    assert (told.exit_code, told.stderr) == (
        1,
        f"Error: {case.index} is damaged. Mend it with: reindex --repair --index {case.index}\n",
    )
    assert len(json.loads(report.read_text())["damage"]) == 2
    for options in (("--repair",), ("--verify", "--repair")):
        mended = reindex(*options, "--index", case.index, "--report", report)
        assert (mended.exit_code, mended.stderr) == (0, "")
    written = json.loads(report.read_text())
    assert (written["damage"], written["generation"], written["articles"]) == ([], None, 43)
    assert reindex("--verify", "--index", case.index).stdout.splitlines()[-1] == "The index is sound."


def test_the_command_lists_what_is_lost(case: Case, own_sources: Path) -> None:
    case.segments[-1].unlink()
    (own_sources / "many.jsonl").unlink()
    result = reindex("--repair", "--index", case.index)
    assert (result.exit_code, "Traceback" in result.output) == (1, False)
    assert f"  record-0 of {own_sources / 'many.jsonl'}" in result.stdout
    assert "25 articles are lost" in result.stderr
    assert reindex("--verify", "--index", case.index).exit_code == 0


@pytest.mark.parametrize("option", ["--verify", "--repair"])
def test_the_command_says_when_only_a_rebuild_mends(case: Case, option: str) -> None:
    DAMAGE["noise"](case.ledger)
    result = reindex(option, "--index", case.index)
    assert result.exit_code == 1
    assert "sources.sqlite is damaged" in result.stdout
    assert "can't be mended, and was not changed. Make it anew with: reindex PATHS --rebuild" in result.stderr
    with open_engine(str(case.index)) as engine:
        assert engine.search(SearchRequest(query="zebra")).total > 0


def test_an_index_that_is_not_there_is_told(tmp_path: Path) -> None:
    for look in (job.verify, job.repair):
        with pytest.raises(IndexUnavailableError, match="There is no index"):
            look(str(tmp_path / "index"))
    assert not (tmp_path / "index").exists()
