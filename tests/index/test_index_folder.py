from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from index import Article, SearchRequest, job, open_engine
from index.codec.contents import Contents, read_contents
from index.engines import open_writer
from index.engines.local import examination
from index.engines.local.folder import FORMAT, IndexFolder
from index.errors import DatelineError, IndexCorruptError, IndexUnavailableError, IndexVersionError
from index.schema import SCHEMA_VERSION


def total(index: Path, query: str = "") -> int:
    with open_engine(str(index)) as engine:
        return engine.search(SearchRequest(query=query)).total


def current(**changes: object) -> str:
    fields = {"build": "build-0001", "base_generation": 0, "format": FORMAT, "schema_version": SCHEMA_VERSION} | changes
    fields.setdefault("checksum", zlib.crc32(f"{fields['build']} {fields['base_generation']}".encode()))
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ("", IndexCorruptError, "CURRENT is damaged"),
        ("[]", IndexCorruptError, "CURRENT is damaged"),
        ("{}", IndexCorruptError, "CURRENT is damaged"),
        (b"\xff\xff", IndexCorruptError, "CURRENT is damaged"),
        (current(build=5), IndexCorruptError, "CURRENT is damaged"),
        (current(build=""), IndexCorruptError, "CURRENT is damaged"),
        (current(build="../elsewhere"), IndexCorruptError, "CURRENT is damaged"),
        (current(base_generation="x"), IndexCorruptError, "CURRENT is damaged"),
        (current(checksum=1), IndexCorruptError, "CURRENT is damaged"),
        (current(format="2"), IndexCorruptError, "CURRENT is damaged"),
        (current(build="build-0009"), IndexCorruptError, "can't be opened"),
        (current(format=99, new="field"), IndexVersionError, "a newer Dateline"),
        (current(schema_version=99), IndexVersionError, "a newer Dateline"),
        (current(schema_version=0), IndexVersionError, "an older Dateline"),
    ],
)
def test_a_damaged_or_foreign_index_is_told_and_can_be_rebuilt(
    seed_folder: Path, tmp_path: Path, content: str | bytes, error: type[DatelineError], says: str
) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    (index / "CURRENT").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(error, match=says):
        job.run([seed_folder], str(index))
    with open_engine(str(index)) as engine, pytest.raises(error, match=f"--rebuild --index {index}"):
        engine.search(SearchRequest(query="moscow"))
    assert (index / "build-0001").exists()
    assert job.run([seed_folder], str(index), rebuild=True).added == 5
    assert total(index) == 5


def test_an_index_that_is_a_file_is_told(tmp_path: Path, seed_folder: Path) -> None:
    index = tmp_path / "index"
    index.write_text("something else")
    with pytest.raises(DatelineError, match="is a file; an index is a folder"):
        job.run([seed_folder], str(index))
    with open_engine(str(index)) as engine, pytest.raises(IndexUnavailableError):
        engine.search(SearchRequest())
    assert index.read_text() == "something else"


@pytest.mark.parametrize("damage", ["missing", "empty", "cut off", "noise"])
def test_a_damaged_segment_is_told_by_name(seed_folder: Path, tmp_path: Path, damage: str) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    (segment,) = (index / "build-0001").glob("*.segment")
    content = segment.read_bytes()
    if damage == "missing":
        segment.unlink()
    else:
        segment.write_bytes({"empty": b"", "cut off": content[:-100], "noise": b"x" * len(content)}[damage])
    with open_engine(str(index)) as engine, pytest.raises(IndexCorruptError, match="--rebuild"):
        engine.search(SearchRequest(query="moscow"))
    with pytest.raises(IndexCorruptError, match=r"build-0001|\.segment"):
        job.run([seed_folder], str(index))
    assert job.run([seed_folder], str(index), rebuild=True).added == 5


def test_every_byte_of_a_segment_is_checked(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    (segment,) = (index / "build-0001").glob("*.segment")
    content = bytearray(segment.read_bytes())
    for place in range(70, len(content), len(content) // 7):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        if damaged[place] == 0x10:  # a zero: most likely padding between arrays, which nothing reads
            continue
        segment.write_bytes(damaged)
        with open_engine(str(index)) as engine, pytest.raises(IndexCorruptError, match=segment.name):
            engine.verify()


def test_leftovers_of_killed_writers_go(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    build = index / "build-0001"
    (index / "build-0007").mkdir()
    (index / "build-0007" / "MAIN_abc.segment").write_text("half")
    for name in ("MAIN_abc.segment", "_MAIN_9.toc.123.4"):
        (build / name).write_text("half")
    (seed_folder / "new.txt").write_text("A zebra came.")
    job.run([seed_folder], str(index))
    assert sorted(path.name for path in index.iterdir()) == ["CURRENT", "build-0001", "lock"]
    assert not {"MAIN_abc.segment", "_MAIN_9.toc.123.4", "_MAIN_1.toc"} & {path.name for path in build.iterdir()}
    assert total(index) == 6


FILL = """
import sys
from index import Article
from index.engines import open_writer
from index.errors import DatelineError
try:
    with open_writer(sys.argv[1], rebuild=sys.argv[2] == "rebuild") as writer:
        body = " x".join(map(str, range(900)))
        for number in range(400):
            writer.put(Article(id=f"new{number}", title="t", body=f"zebra {number} {body}"))
        writer.commit()
except DatelineError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a small disk")
@pytest.mark.parametrize("kind", ["update", "rebuild"])
def test_a_full_disk_leaves_the_index_as_it_was(tmp_path: Path, kind: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("a small disk can't be mounted here")
    try:
        with open_writer(str(disk / "index")) as writer:
            writer.put(Article(id="old", title="t", body="An old zebra."))
            writer.commit()
        command = [sys.executable, "-c", FILL, str(disk / "index"), kind]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "can't be written: No space left on device" in done.stdout, done.stderr
        assert "Traceback" not in done.stderr
        assert total(disk / "index", "zebra") == 1
        assert [path.name for path in (disk / "index").iterdir() if path.is_dir()] == ["build-0001"]
        with open_writer(str(disk / "index")) as writer:
            writer.put(Article(id="next", title="t", body="Another zebra."))
            writer.commit()
        assert total(disk / "index", "zebra") == 2
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_an_interrupt_after_the_commit_does_not_delete_what_is_live(tmp_path: Path) -> None:
    index = tmp_path / "index"
    writer = open_writer(str(index))
    writer.put(Article(id="a", title="t", body="A zebra."))
    folder = IndexFolder(index)
    make_live = IndexFolder.make_live

    def interrupted(self: IndexFolder, build: Path, base_generation: int) -> None:
        make_live(self, build, base_generation)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IndexFolder, "make_live", interrupted)
        with pytest.raises(KeyboardInterrupt), writer:
            writer.commit()
    assert folder.read_current().build == "build-0001"
    assert total(index, "zebra") == 1


@pytest.mark.parametrize("damage", ["gone", "CURRENT"])
def test_an_index_that_is_made_anew_is_noticed_though_it_has_the_same_generation(tmp_path: Path, damage: str) -> None:
    index = tmp_path / "index"
    for word in ("zebra", "lion"):
        (tmp_path / word).mkdir()
        (tmp_path / word / "a.txt").write_text(f"A {word} was seen.")
    job.run([tmp_path / "zebra"], str(index))
    with open_engine(str(index)) as engine:
        assert engine.search(SearchRequest(query="zebra")).generation == 1
        if damage == "gone":
            shutil.rmtree(index)
        else:
            (index / "CURRENT").write_text("")
        job.run([tmp_path / "lion"], str(index), rebuild=True)
        assert [engine.search(SearchRequest(query=word)).total for word in ("zebra", "lion")] == [0, 1]


def test_what_is_examined_while_it_is_replaced_is_looked_at_again(
    seed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = str(tmp_path / "index")
    job.run([seed_folder], index)

    def replace_first(build: Path) -> Contents:
        monkeypatch.undo()
        job.run([seed_folder], index, rebuild=True)
        return read_contents(build)

    monkeypatch.setattr(examination, "read_contents", replace_first)
    report = job.verify(index)
    assert (report.articles, report.damage, report.needs_rebuild) == (5, [], False)


def test_a_disk_without_locks_is_told(seed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(DatelineError, match=r"can't be locked: No locks available\. Put it on a disk that has locks"):
        job.run([seed_folder], str(tmp_path / "index"))
