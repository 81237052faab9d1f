"""What fails in a part of a file: what may pass is tried again and loses nothing, and the rest is told until mended."""

from __future__ import annotations

import errno
import io
import sqlite3
import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from index import job
from index.cli import main
from index.errors import PassingError
from index.job import runner
from index.job.parsing import Parser
from index.sources import containers
from index.sources.limits import Budget
from index.sources.packing import unpack
from tests.index.job.test_archives import article, write_lines
from tests.index.job.test_run import counts, total
from tests.index.sources.packed import make_tar, make_zip

PAGE = b"<html><body>%s</body></html>"
ZEBRA = b"<p>A zebra was seen in the city on Monday, and nobody knows why.</p>"


def test_a_document_that_takes_too_long_this_time_keeps_its_article(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, index = tmp_path / "news" / "a.zip", tmp_path / "index"
    path.parent.mkdir()
    texts = {"0.txt": b"A lion was seen.", "2.txt": b"A tiger was seen."}
    path.write_bytes(make_zip(texts | {"1.html": PAGE % ZEBRA}))
    assert counts(job.run([path], str(index))) == (3, 0, 0, 0, 0)
    path.write_bytes(make_zip(texts | {"1.html": PAGE % (ZEBRA * 60_000), "3.txt": b"A hippo was seen."}))
    with monkeypatch.context() as patch:
        patch.setattr(runner, "Parser", partial(Parser, seconds=2))
        for new, known in ((1, 2), (0, 3)):
            # The second run has nothing to tell by that the file has changed, and tries again.
            report = job.run([path], str(index))
            assert counts(report) == (new, 0, known, 0, 1)
            assert report.failed[0].reason == "takes longer than 2 seconds to read"
    assert (total(index), total(index, "zebra")) == (4, 1)
    assert job.verify(str(index)).changed == []
    path.write_bytes(make_zip(texts | {"1.html": PAGE % ZEBRA}))
    assert counts(job.run([path], str(index))) == (0, 0, 3, 1, 0)


class _FailingDisk(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_what_a_disk_says_is_none_of_the_content(suffix: str) -> None:
    stream = unpack(_FailingDisk(), suffix, "a.jsonl", Budget("a.jsonl", 100))
    with pytest.raises(PassingError, match="Input/output error"):
        stream.read()


def test_what_cannot_be_read_of_a_file_is_told_until_it_is_mended(tmp_path: Path) -> None:
    folder, index = tmp_path / "news", str(tmp_path / "index")
    path, other = folder / "a.jsonl", folder / "b.jsonl"
    write_lines(path, article(1), "broken", article(2), article(1, "A lion."))
    write_lines(other, article(3))
    first = job.run([folder], index)
    assert [Path(failure.path).name for failure in first.failed] == ["a.jsonl:2", "a.jsonl"]
    for _ in range(2):
        again = job.run([folder], index)
        assert (again.failed, again.bytes_read, again.unchanged) == (first.failed, 0, 3)
    assert job.run([folder], index, dry_run=True).failed == first.failed
    assert job.run([other], index).failed == []
    path.touch()
    assert job.run([folder], index).failed == first.failed
    for arguments, code in (([], 0), (["--strict"], 1)):
        assert CliRunner().invoke(main, [str(folder), "--index", index, *arguments]).exit_code == code
    write_lines(path, article(1), article(2))
    assert job.run([folder], index).failed == []
    assert job.run([folder], index).failed == []
    write_lines(path, "broken", article(1))
    assert len(job.run([folder], index).failed) == 1
    path.unlink()
    # The number of its file is another's now.
    write_lines(folder / "c.jsonl", article(5))
    for _ in range(2):
        assert job.run([folder], index).failed == []


def test_a_ledger_that_knows_of_no_failures_learns_of_them(tmp_path: Path) -> None:
    path, index = tmp_path / "news" / "a.jsonl", tmp_path / "index"
    write_lines(path, article(1))
    job.run([path], str(index))
    with closing(sqlite3.connect(index / "build-0001" / "sources.sqlite")) as ledger:
        ledger.execute("DROP TABLE failure")
    assert job.verify(str(index)).damage == []
    assert counts(job.run([path], str(index), dry_run=True)) == (0, 0, 1, 0, 0)
    write_lines(path, article(1), "broken")
    for _ in range(2):
        assert counts(job.run([path], str(index))) == (0, 0, 1, 0, 1)
    assert job.verify(str(index)).damage == []


def test_an_empty_side_car_is_told_whenever_it_comes(tmp_path: Path) -> None:
    path, index = tmp_path / "news" / "a.txt", str(tmp_path / "index")
    path.parent.mkdir()
    path.write_text("A zebra was seen.")
    assert counts(job.run([path.parent], index)) == (1, 0, 0, 0, 0)
    path.with_suffix(".json").touch()
    updated = job.run([path.parent], index)
    assert updated.failed == job.run([path.parent], str(tmp_path / "other")).failed
    assert len(updated.failed) == 1
    # What moves from the one to the other is a change, too.
    path.with_suffix(".json").write_text('{"source": "CNN"}')
    job.run([path.parent], index)
    path.write_text('A zebra was seen.{"source"')
    path.with_suffix(".json").write_text(': "CNN"}')
    assert len(job.run([path.parent], index).failed) == 1


def test_a_zip_archive_in_an_archive_is_copied_to_where_the_index_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, index = tmp_path / "news" / "a.tar", str(tmp_path / "index")
    path.parent.mkdir()
    path.write_bytes(make_tar({"b.zip": make_zip({"c.txt": b"A zebra was seen."}), "d.txt": b"A lion was seen."}))
    monkeypatch.setattr(containers, "SPOOLED_IN_MEMORY", 10)
    # The processes have theirs.
    job.run([path], str(tmp_path / "other"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    trial = job.run([path], index, dry_run=True)
    # What there is no room for takes nothing with it.
    assert counts(trial) == (1, 0, 0, 0, 1)
    assert f"and {tmp_path / 'nowhere'} can't take a copy of it" in trial.failed[0].reason
    assert counts(job.run([path], index)) == (2, 0, 0, 0, 0)
