"""A run that is killed, or has no room: the index stays whole, the next run carries on, and nothing is left behind."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from index import SearchRequest, job, ledger, open_engine
from index.errors import IndexLockedError, IndexMissingError
from index.sources import read_articles
from tests.conftest import ROOT, fill
from tests.index.job.killing import Ended, Killer

WORDS = "moscow zebra lion tiger election market river bridge minister court storm school train island".split()
KILLS = 200

# The digest of every article by its id.
State = dict[str, str]


def make_text(rng: random.Random) -> str:
    return f"{' '.join(rng.choices(WORDS, k=5)).capitalize()}\n\n{' '.join(rng.choices(WORDS, k=600))}.\n"


def make_folder(folder: Path, rng: random.Random) -> Path:
    (folder / "within").mkdir(parents=True)
    for number in range(30):
        (folder / f"text-{number}.txt").write_text(make_text(rng))
    write_records(folder, rng)
    return folder


def write_records(folder: Path, rng: random.Random) -> None:
    with (folder / "within" / "records.jsonl").open("w") as file:
        for number in sorted(rng.sample(range(40), 25)):
            file.write(json.dumps({"id": f"record-{number}", "title": "Record", "text": make_text(rng)}) + "\n")


def change(folder: Path, rng: random.Random) -> None:
    """Add, change and remove files."""
    for number in rng.sample(range(40), rng.randint(1, 6)):
        path = folder / f"text-{number}.txt"
        if path.exists() and rng.random() < 0.4:
            path.unlink()
        else:
            path.write_text(make_text(rng))
    if rng.random() < 0.3:
        write_records(folder, rng)


def state_of(folder: Path) -> State:
    """What an index of a folder is to hold, as the files say."""
    return {article.id: article.digest() for article in read_articles(folder)}


def state_in(index: Path) -> State:
    """What an index holds; it finds what is in its articles, no more and no less."""
    with open_engine(str(index)) as engine:
        found = engine.search(SearchRequest(query="", size=100))
        articles = [engine.article(result.id) for result in found.results]
        assert found.total == len(articles) == engine.stats().articles
        for word in ("zebra", "island"):
            having = sum(word in f"{article.title} {article.body}".lower() for article in articles)
            assert engine.search(SearchRequest(query=word)).total == having
    return {article.id: article.digest() for article in articles}


def files_in(index: Path) -> list[str]:
    return sorted(str(path.relative_to(index)) for path in index.rglob("*"))


def require_whole(folder: Path, index: Path) -> None:
    """An index after a run to the end: it has what the folder has, is sound, and there is nothing besides."""
    assert state_in(index) == state_of(folder)
    report = job.verify(str(index))
    assert (report.damage, report.changed, report.vanished, report.leftovers) == ([], [], [], [])
    (build,) = index.glob("build-*")
    others = [name for name in files_in(index) if not name.endswith((".segment", ".toc")) and "stories-" not in name]
    assert others == sorted(["CURRENT", "lock", build.name, f"{build.name}/sources.sqlite"])
    assert len(list(build.glob("*.toc"))) == len(list(build.glob("stories-*"))) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of articles to change."""
    return make_folder(tmp_path / "news", random.Random(4))


def require_end(ended: Ended) -> None:
    assert (ended.killed, ended.error) == (False, "")


def test_runs_that_are_killed_at_any_moment(killer: Killer, folder: Path, tmp_path: Path) -> None:
    rng, index = random.Random(12), tmp_path / "index"
    seconds = {False: 0.0, True: 0.0}
    for rebuild in (False, True, False, True):
        change(folder, rng)
        ended = killer.run(folder, index, rebuild=rebuild)
        require_end(ended)
        seconds[rebuild] = ended.seconds  # of the second: the first of all loads what it needs
    before, num_killed, num_new = state_in(index), 0, 0
    while num_killed < KILLS:
        change(folder, rng)
        rebuild = rng.random() < 0.5
        ended = killer.run(folder, index, rebuild=rebuild, after=rng.uniform(0, seconds[rebuild]))
        assert ended.error == ""
        after = state_in(index)
        assert after == before or after == state_of(folder)
        num_killed += ended.killed
        num_new += after != before
        # Machines are faster and slower from one minute to the next, and all of a run is to be hit.
        seconds[rebuild] = seconds[rebuild] * 1.02 if after == before else 0.9 * seconds[rebuild] + 0.1 * ended.seconds
        before = after
    assert num_new > KILLS * 0.05
    require_end(killer.run(folder, index, rebuild=False))
    require_whole(folder, index)
    require_no_process(killer)


def require_no_process(killer: Killer) -> None:
    deadline = time.monotonic() + 10
    while killer.parsing() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert killer.parsing() == []


@pytest.mark.parametrize("rebuild", [False, True])
def test_runs_that_are_killed_at_every_step(killer: Killer, folder: Path, tmp_path: Path, rebuild: bool) -> None:
    """A step is a file of the index that is made, renamed or deleted; the next run ends well after each."""
    rng, index = random.Random(3), tmp_path / "index"
    require_end(killer.run(folder, index, rebuild=False))
    before, step, num_torn, num_whole = state_in(index), 0, 0, 0
    # Some runs have fewer segments than others, and so fewer steps.
    while num_whole < 4:
        step += 1
        change(folder, rng)
        ended = killer.run(folder, index, rebuild=rebuild, at_step=step)
        assert ended.error == ""
        after = state_in(index)
        assert after == before or after == state_of(folder)
        num_whole += not ended.killed
        num_torn += any("just after its commit" in line for line in job.verify(str(index)).damage)
        # Another kind of run as the next is no harder.
        require_end(killer.run(folder, index, rebuild=False))
        require_whole(folder, index)
        before = state_in(index)
    require_whole(folder, index)
    assert step > (8, 12)[rebuild]
    # Between the commits of the index and its ledger.
    assert num_torn > 0 or rebuild


def test_the_first_run_of_all_can_be_killed_at_every_step(killer: Killer, folder: Path, tmp_path: Path) -> None:
    index, step = tmp_path / "index", 0
    while True:
        step += 1
        ended = killer.run(folder, index, rebuild=False, at_step=step)
        assert ended.error == ""
        if not ended.killed:
            break
        try:
            assert state_in(index) == state_of(folder)
        except IndexMissingError:
            continue
        shutil.rmtree(index)
    assert step > 8
    require_whole(folder, index)


def processes_of(session: int) -> list[str]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of, *_ = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(of) == session and state != "Z":
            found.append(status.parent.name)
    return found


@pytest.mark.parametrize("after", [0.4, 0.9, 1.6])
def test_no_process_outlives_a_command_that_is_killed(folder: Path, tmp_path: Path, after: float) -> None:
    command = [sys.executable, "-m", "index.cli", str(folder), "--index", str(tmp_path / "index"), "--workers", "2"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        time.sleep(after)
        process.kill()
    deadline = time.monotonic() + 10
    while processes_of(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(process.pid) == []


HALF_WRITTEN = """
import os, signal, sys
from pathlib import Path
from index.ledger import Ledger

ledger = Ledger.open(Path(sys.argv[1]))
# As where more changes than is kept in memory.
ledger._connection.execute("PRAGMA cache_size = 100")
for file in range(40):
    ledger.own(f"/news/{file}", {f"article-{file}-{number}": "00" * 16 for number in range(2_000)})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_ledger_that_was_half_written_is_as_it_was(folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    job.run([folder], str(index))
    path = index / "build-0001" / "sources.sqlite"
    before = path.read_bytes()
    subprocess.run([sys.executable, "-c", HALF_WRITTEN, str(path)], cwd=ROOT, check=False)
    # It is in the file already, and what was there before beside it.
    assert path.stat().st_size > 2 * len(before)
    assert path.with_name("sources.sqlite-journal").exists()
    report = job.verify(str(index))
    assert (report.articles, report.damage, report.leftovers) == (len(state_of(folder)), [], [])
    assert job.run([folder], str(index), dry_run=True).unchanged == report.articles
    job.run([folder], str(index))
    require_whole(folder, index)


def test_a_ledger_that_is_being_written_is_not_damaged(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    job.run([folder], str(index))
    monkeypatch.setattr(ledger, "_READER_PATIENCE", 0.05)
    with closing(sqlite3.connect(index / "build-0001" / "sources.sqlite")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(IndexLockedError, match="Wait until it has finished"):
            job.verify(str(index))
    assert job.verify(str(index)).damage == []


SLOW = """
import sys, time
from index import job

def stop(done):
    print("begun", flush=True)
    time.sleep(60)

job.run([sys.argv[1]], sys.argv[2], progress=stop)
"""


def test_a_second_run_names_the_first_and_takes_its_place_when_it_is_dead(folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    second = [sys.executable, "-m", "index.cli", str(folder), "--index", str(index)]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder), str(index)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "begun\n"
        refused = subprocess.run(second, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (refused.returncode, refused.stderr) == (
            1,
            f"Error: Another reindex (process {first.pid}) is writing to {index}. Wait until it has finished.\n",
        )
        first.send_signal(signal.SIGKILL)
    done = subprocess.run(second, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "Error" in done.stderr) == (0, False)
    require_whole(folder, index)


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_disk_that_is_full_at_every_size(killer: Killer, folder: Path, small_disk: Path, rebuild: bool) -> None:
    rng, index = random.Random(6), small_disk / "index"
    require_end(killer.run(folder, index, rebuild=False))
    before, sizes, errors = state_in(index), 0, set()
    while True:
        if sizes % 8 == 0:
            change(folder, rng)
        files = files_in(index)
        filler = fill(small_disk, 4096 * sizes * (2 if rebuild else 1))
        ended = killer.run(folder, index, rebuild=rebuild)
        filler.unlink()
        if not ended.error:
            break
        errors.add(ended.error)
        after = state_in(index)
        if after != before:
            # The room ended between the index and its ledger.
            assert after == state_of(folder)
        elif not rebuild:
            assert files_in(index) == files
        assert len(list(index.glob("build-*"))) == 1
        if sizes % 4 == 0:
            require_end(killer.run(folder, index, rebuild=False))
            require_whole(folder, index)
            change(folder, rng)
        before = state_in(index)
        sizes += 1
    require_whole(folder, index)
    # The table of contents, segments and what waits for them, the ledger.
    assert f"The index at {index} can't be written: No space left on device" in errors
    ledgers = {error for error in errors if error.startswith(f"{index}/build-")}
    assert len(errors) == len(ledgers) + 1
    assert all(error.endswith(("database or disk is full", "disk I/O error")) for error in ledgers)
    assert ledgers


@pytest.mark.parametrize("rebuild", [False, True])
def test_files_that_may_not_grow(killer: Killer, folder: Path, tmp_path: Path, rebuild: bool) -> None:
    """What a quota does, which anybody can set; segments, tables and ledger reach it at different sizes."""
    rng, index = random.Random(7), tmp_path / "index"
    require_end(killer.run(folder, index, rebuild=False))
    failed = 0
    for size in (0, 1, 40, 500, 3_000, 6_000, 9_000, 15_000, 25_000, 40_000):
        before = state_in(index)
        change(folder, rng)
        ended = killer.run(folder, index, rebuild=rebuild, file_size=size)
        failed += bool(ended.error)
        assert "Traceback" not in ended.error
        assert state_in(index) in (before, state_of(folder))
        require_end(killer.run(folder, index, rebuild=False))
        require_whole(folder, index)
    assert failed > 5


def test_the_command_says_that_the_disk_is_full(folder: Path, small_disk: Path) -> None:
    index = small_disk / "index"
    job.run([folder], str(index))
    (folder / "new.txt").write_text("A walrus was seen.")
    filler = fill(small_disk, 0)
    command = [sys.executable, "-m", "index.cli", str(folder), "--index", str(index)]
    for options in ([], ["--rebuild"]):
        done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith("Error: ")
        assert str(index) in done.stderr
        assert "Traceback" not in done.stderr
    filler.unlink()
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    require_whole(folder, index)
