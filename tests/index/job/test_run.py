from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from index import SearchRequest, job, open_engine
from index.errors import IndexCorruptError, IndexLockedError, SourceError
from index.job.changes import Changes
from index.sources import finding
from tests.conftest import SEEDS
from tests.index.conftest import RunWithoutRights


def counts(report: job.JobReport) -> tuple[int, int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed, len(report.failed)


def total(index: Path, query: str = "") -> int:
    with open_engine(str(index)) as engine:
        return engine.search(SearchRequest(query=query)).total


def article_ids(index: Path) -> set[str]:
    with open_engine(str(index)) as engine, engine.ledger() as ledger:
        return {article_id for article_id, _, _ in ledger.articles()}


def test_a_second_run_does_nothing(seed_folder: Path, tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    first = job.run([seed_folder], index)
    second = job.run([seed_folder], index)
    assert counts(first) == (5, 0, 0, 0, 0)
    assert counts(second) == (0, 0, 5, 0, 0)
    assert second.bytes_read == 0
    assert (first.generation, second.generation) == (1, 1)


def test_changes_are_taken_up(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    changed, removed, touched, *_ = sorted(seed_folder.iterdir())
    changed.write_text(changed.read_text() + "\nA zebra was seen.")
    removed.unlink()
    os.utime(touched, (0, 0))
    (seed_folder / "new.txt").write_text("Another zebra came to the city.")
    report = job.run([seed_folder], str(index))
    assert counts(report) == (1, 1, 3, 1, 0)
    assert report.generation == 2
    assert total(index) == 5
    assert total(index, "zebra") == 2
    # A file that was only touched is known by its new time, and not read a third time.
    assert job.run([seed_folder], str(index)).bytes_read == 0


def test_a_file_that_was_only_touched_is_not_parsed(
    seed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = str(tmp_path / "index")
    job.run([seed_folder], index)
    for path in seed_folder.iterdir():
        os.utime(path, (0, 0))

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Changes, "take", fail)
    report = job.run([seed_folder], index)
    assert (counts(report), report.generation) == ((0, 0, 5, 0, 0), 1)
    assert report.bytes_read > 0
    assert job.run([seed_folder], index).bytes_read == 0


def test_what_comes_from_elsewhere_stays_unless_rebuilt(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    other = tmp_path / "other"
    other.mkdir()
    (other / "zebra.txt").write_text("A zebra was seen.")
    job.run([seed_folder], str(index))
    report = job.run([other], str(index))
    assert (counts(report), report.elsewhere) == ((1, 0, 0, 0, 0), 5)
    assert total(index) == 6
    report = job.run([other], str(index), rebuild=True)
    assert (counts(report), report.elsewhere) == ((1, 0, 0, 0, 0), 0)
    assert (total(index), report.generation) == (1, 3)


def test_a_file_that_cannot_be_read_is_reported_and_what_was_known_of_it_stays(
    seed_folder: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    broken = min(seed_folder.iterdir())
    broken.write_text("")
    (seed_folder / "empty.txt").write_text("\n")
    report = job.run([seed_folder], str(index))
    assert [(Path(failure.path).name, failure.reason) for failure in report.failed] == [
        (broken.name, "holds no text"),
        ("empty.txt", "holds no text"),
    ]
    assert total(index) == 5
    # It is tried again, since it may have been mended.
    broken.write_text("A zebra was seen.")
    assert counts(job.run([seed_folder], str(index))) == (0, 1, 4, 0, 1)


def test_two_files_with_one_id_are_not_mixed_up(tmp_path: Path) -> None:
    for parent in ("one", "two"):
        (tmp_path / parent / "news").mkdir(parents=True)
        (tmp_path / parent / "news" / "a.txt").write_text(f"Text {parent}")
    report = job.run([tmp_path / "one" / "news", tmp_path / "two" / "news"], str(tmp_path / "index"))
    assert report.added == 1
    (failure,) = report.failed
    assert failure.path.endswith("two/news/a.txt")
    assert "one/news/a.txt has." in failure.reason
    assert f"Give the folder that holds both, {tmp_path}, in place" in failure.reason
    # Done as it says, both are there, and the first has the id that it had.
    assert counts(job.run([tmp_path / "one", tmp_path / "two"], str(tmp_path / "index"))) == (1, 0, 1, 0, 0)


def test_an_article_keeps_its_id_whichever_folder_is_given(tmp_path: Path) -> None:
    index, outer, inner = tmp_path / "index", tmp_path / "ov", tmp_path / "ov" / "sub"
    inner.mkdir(parents=True)
    (outer / "a.txt").write_text("A lion was seen.")
    (inner / "b.txt").write_text("A tiger was seen.")
    job.run([outer], str(index))
    ids = article_ids(index)
    (inner / "b.txt").write_text("A zebra was seen.")
    report = job.run([inner], str(index))
    assert (counts(report), report.elsewhere) == ((0, 1, 0, 0, 0), 1)
    assert article_ids(index) == ids
    assert total(index, "zebra") == 1
    (inner / "b.txt").write_text("A hippo was seen.")
    assert counts(job.run([outer], str(index))) == (0, 1, 1, 0, 0)
    assert article_ids(index) == ids


def test_a_folder_that_is_suddenly_empty_does_not_empty_the_index(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    for path in seed_folder.iterdir():
        path.unlink()
    with pytest.raises(SourceError, match="--rebuild"):
        job.run([seed_folder], str(index))
    assert total(index) == 5


@pytest.mark.parametrize("dry_run", [False, True])
def test_one_of_several_folders_that_is_suddenly_empty_changes_nothing(
    seed_folder: Path, tmp_path: Path, dry_run: bool
) -> None:
    index = tmp_path / "index"
    disk = tmp_path / "disk"
    disk.mkdir()
    for name in ("a.txt", "b.txt"):
        (disk / name).write_text(f"A zebra, {name}.")
    job.run([seed_folder, disk], str(index))
    shutil.rmtree(disk)
    disk.mkdir()
    min(seed_folder.iterdir()).unlink()
    with pytest.raises(SourceError, match=r"disk: holds no article, but the index has 2 files from there.*--rebuild"):
        job.run([seed_folder, disk], str(index), dry_run=dry_run)
    assert (total(index), total(index, "zebra")) == (7, 2)
    # The other folder by itself is as good as ever, and so is the one that holds both.
    assert counts(job.run([seed_folder], str(index))) == (0, 0, 4, 1, 0)
    assert counts(job.run([tmp_path], str(index), dry_run=dry_run)) == (0, 0, 4, 2, 0)


DRY_RUN = """
import os, sys
from index import job

report = job.run([sys.argv[2]], sys.argv[3], dry_run=True)
print(report.unchanged, report.removed, *(f"{os.path.basename(one.path)}: {one.reason}" for one in report.failed))
"""


def test_what_may_not_be_looked_at_is_not_gone(run_without_rights: RunWithoutRights) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        articles, index = Path(folder) / "articles", Path(folder) / "index"
        shutil.copytree(SEEDS, articles / "open", ignore=shutil.ignore_patterns("*.md"))
        shutil.copytree(articles / "open", articles / "closed")
        job.run([articles], str(index))
        min((articles / "open").iterdir()).unlink()
        (articles / "closed").chmod(0)
        try:
            assert run_without_rights(DRY_RUN, articles, index) == "4 1 closed: Permission denied\n"
        finally:
            (articles / "closed").chmod(0o755)


def test_nothing_below_a_folder_that_cannot_be_read_is_removed(
    seed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    closed = seed_folder / "closed"
    (closed / "within").mkdir(parents=True)
    (closed / "within" / "a.txt").write_text("A zebra was seen.")
    # Its name begins like that of the closed folder, and it is gone all the same.
    (seed_folder / "closed.txt").write_text("A lion was seen.")
    job.run([seed_folder], str(index))
    (seed_folder / "closed.txt").unlink()
    list_folder = finding._list_folder

    def refuse(folder: str) -> list[os.DirEntry[str]]:
        if folder == str(closed):
            raise PermissionError(errno.EACCES, "Permission denied")
        return list_folder(folder)

    monkeypatch.setattr(finding, "_list_folder", refuse)
    report = job.run([seed_folder], str(index))
    assert counts(report) == (0, 0, 5, 1, 1)
    assert report.failed == [job.Failure(str(closed), "Permission denied")]
    assert (total(index, "zebra"), total(index, "lion")) == (1, 0)


def test_a_file_that_held_no_article_may_go(seed_folder: Path, tmp_path: Path) -> None:
    index, empty = str(tmp_path / "index"), tmp_path / "empty" / "empty.jsonl"
    empty.parent.mkdir()
    empty.touch()
    assert counts(job.run([seed_folder, empty.parent], index)) == (5, 0, 0, 0, 1)
    report = job.verify(index)
    assert (report.files, report.changed) == (5, [])
    empty.unlink()
    assert counts(job.run([seed_folder, empty.parent], index)) == (0, 0, 5, 0, 0)


def test_a_name_that_is_not_utf8_is_a_failure(seed_folder: Path, tmp_path: Path) -> None:
    path = seed_folder / os.fsdecode(b"caf\xe9.txt")
    path.write_text("A zebra was seen.")
    report = job.run([seed_folder], str(tmp_path / "index"))
    assert counts(report) == (5, 0, 0, 0, 1)
    assert report.failed == [job.Failure(str(path), "its name is not UTF-8; rename it")]


def test_a_missing_path_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        job.run([tmp_path / "nowhere"], str(tmp_path / "index"))
    assert not (tmp_path / "index").exists()


def test_a_dry_run_writes_nothing(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    report = job.run([seed_folder], str(index), dry_run=True)
    assert counts(report) == (5, 0, 0, 0, 0)
    assert not index.exists()
    job.run([seed_folder], str(index))
    before = {path: path.stat().st_mtime_ns for path in index.rglob("*")}
    min(seed_folder.iterdir()).unlink()
    assert counts(job.run([seed_folder], str(index), dry_run=True)) == (0, 0, 4, 1, 0)
    assert {path: path.stat().st_mtime_ns for path in index.rglob("*")} == before


def test_the_number_of_workers_does_not_change_the_index(seed_folder: Path, tmp_path: Path) -> None:
    for workers in (1, 7):
        job.run([seed_folder], str(tmp_path / f"index{workers}"), workers=workers)
    answers = []
    for workers in (1, 7):
        with open_engine(str(tmp_path / f"index{workers}")) as engine:
            response = engine.search(SearchRequest(query="moscow", match="any"))
            answers.append([(result.id, result.score) for result in response.results])
    assert answers[0] == answers[1]


def test_progress_ends_at_the_number_of_files(seed_folder: Path, tmp_path: Path) -> None:
    seen: list[job.Done] = []
    size = sum(path.stat().st_size for path in seed_folder.iterdir())
    job.run([seed_folder], str(tmp_path / "index"), progress=seen.append)
    assert [done.files for done in seen] == sorted(done.files for done in seen)
    assert (seen[0], seen[-1]) == (job.Done(0, 5, 0, size, 0), job.Done(5, 5, size, size, 5))
    seen.clear()
    job.run([seed_folder], str(tmp_path / "index"), progress=seen.append)
    assert seen == [job.Done(5, 5, 0, 0, 5)]


def test_two_writers_at_once_are_refused_and_the_holder_is_named(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    index.mkdir()
    with (index / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        with pytest.raises(IndexLockedError, match=r"process 4711.*Wait"):
            job.run([seed_folder], str(index))
    # The lock goes with its holder, whatever the file says.
    assert job.run([seed_folder], str(index)).added == 5


def test_an_engine_sees_the_old_index_whole_or_the_new_one_whole(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    with open_engine(str(index)) as engine:
        assert engine.search(SearchRequest(query="zebra")).total == 0
        (seed_folder / "new.txt").write_text("A zebra came.")
        job.run([seed_folder], str(index))
        assert engine.search(SearchRequest(query="zebra")).total == 1
        job.run([seed_folder], str(index), rebuild=True)
        response = engine.search(SearchRequest(query="zebra"))
        assert (response.total, response.generation) == (1, 3)


SLOW_REINDEX = """
import sys, time
from index import job

def stop_half_way(done):
    if done.articles == 150:
        print("half", flush=True)
        time.sleep(60)

job.run([sys.argv[1]], sys.argv[2], rebuild=sys.argv[3] == "rebuild", memory_mb=1, progress=stop_half_way)
"""


@pytest.mark.parametrize("kind", ["update", "rebuild"])
def test_a_killed_run_leaves_the_index_as_it_was(seed_folder: Path, tmp_path: Path, kind: str) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    for number in range(300):
        (seed_folder / f"new-{number}.txt").write_text(f"A zebra, the number {number}. " * 200)
    command = [sys.executable, "-c", SLOW_REINDEX, str(seed_folder), str(index), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    # What it had written so far is there, and counts for nothing.
    assert len(list(index.glob("build-*/*.segment"))) > 1
    assert (total(index), total(index, "zebra")) == (5, 0)
    assert job.run([seed_folder], str(index), rebuild=kind == "rebuild").failed == []
    assert (total(index), total(index, "zebra")) == (305, 300)
    builds = [path for path in index.iterdir() if path.is_dir()]
    assert len(builds) == 1
    assert not [path for path in builds[0].iterdir() if path.is_dir()]
    assert len(list(builds[0].glob("*.segment"))) <= 2


def test_a_cancelled_rebuild_leaves_nothing_behind(
    seed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.run([seed_folder], str(index), rebuild=True, progress=fail)
    assert [path.name for path in index.iterdir() if path.is_dir()] == ["build-0001"]
    assert total(index) == 5
    assert job.run([seed_folder], str(index)).unchanged == 5


def test_a_crash_between_the_commits_of_index_and_ledger_is_mended(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    ledger = index / "build-0001" / "sources.sqlite"
    job.run([seed_folder], str(index))
    before = ledger.read_bytes()
    changed, removed, *_ = sorted(seed_folder.iterdir())
    content, status = removed.read_bytes(), removed.stat()
    changed.write_text("A lion was seen.")
    removed.unlink()
    (seed_folder / "new.txt").write_text("A zebra came.")
    job.run([seed_folder], str(index))
    ledger.write_bytes(before)
    # What the index alone knows of is gone, and what the ledger alone knows of is as it was.
    (seed_folder / "new.txt").unlink()
    removed.write_bytes(content)
    os.utime(removed, ns=(status.st_atime_ns, status.st_mtime_ns))
    report = job.run([seed_folder], str(index))
    assert report.failed == []
    assert (total(index), total(index, "lion"), total(index, "zebra")) == (5, 1, 0)
    assert job.verify(str(index)).damage == []
    assert job.run([seed_folder], str(index)).bytes_read == 0


def test_a_damaged_file_list_is_told(seed_folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    job.run([seed_folder], str(index))
    (index / "build-0001" / "sources.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(IndexCorruptError, match=r"sources\.sqlite is damaged"):
        job.run([seed_folder], str(index))


def test_a_report_is_ready_for_json(seed_folder: Path, tmp_path: Path) -> None:
    (seed_folder / "empty.txt").write_text("")
    report = json.loads(json.dumps(job.run([seed_folder], str(tmp_path / "index")).to_dict()))
    assert report["added"] == 5
    assert report["failed"] == [{"path": str(seed_folder / "empty.txt"), "reason": "holds no text"}]
