"""Fixtures that several packages' tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from index import job
from tests.opensearch.nodes import Nodes

# How long an example takes says nothing on a machine that has other work to do.
settings.register_profile("dateline", deadline=None)
settings.load_profile("dateline")

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"


@pytest.fixture(scope="session")
def seed_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the five sample articles; not to be written to."""
    index = tmp_path_factory.mktemp("seeds") / "index"
    report = job.run([SEEDS], str(index))
    assert (report.added, report.failed) == (5, [])
    return index


@pytest.fixture
def seed_folder(tmp_path: Path) -> Path:
    """A copy of the five sample articles, to change at will."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for path in SEEDS.glob("*.txt"):
        shutil.copy2(path, folder)
    return folder


@pytest.fixture
def make_index(tmp_path: Path) -> Callable[..., Path]:
    """Index texts, each an article of its own, named article-0 and so on; returns the index."""

    def make(*texts: str, name: str = "index") -> Path:
        folder = tmp_path / f"{name}-articles"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"article-{number}.txt").write_text(text, encoding="utf-8")
        report = job.run([folder], str(tmp_path / name))
        assert report.failed == []
        return tmp_path / name

    return make


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("a small disk can't be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def fill(disk: Path, free: int) -> Path:
    """Make a file that leaves so many bytes free."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    room = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_bsize - free)
    return filler


@pytest.fixture(scope="session")
def opensearch_nodes() -> Iterator[Nodes]:
    """Two nodes of OpenSearch, which take some fifteen seconds to start: where they are asked for."""
    if os.environ.get("DATELINE_REQUIRE_CLUSTER") != "1":
        pytest.skip("there is no OpenSearch cluster; DATELINE_REQUIRE_CLUSTER=1 starts one, with Java and Maven")
    with Nodes() as nodes:
        yield nodes
