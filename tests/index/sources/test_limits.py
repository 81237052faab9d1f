from __future__ import annotations

import bz2
import gzip
import io
import resource
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard

from index.sources import limits
from tests.conftest import ROOT
from tests.index.sources.conftest import ReadBytes
from tests.index.sources.packed import make_tar, make_zip

MB = 1 << 20


@contextmanager
def costs_little(seconds: float = 2.0, memory_mb: int = 150) -> Iterator[None]:
    """Refuse what takes long, or makes the process grow."""
    # The time of the processor: others may be at work on this machine.
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.process_time() - started < seconds
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < memory_mb * 1024


def zeros_in_gzip(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    piece = bytes(64 * MB)
    return b"".join(packer.compress(piece) for _ in range(size // len(piece))) + packer.flush()


def test_ten_gigabytes_of_zeros_in_a_few_kilobytes(read_bytes: ReadBytes) -> None:
    # A gigabyte is what a test has time to pack; ten times the same blocks are ten.
    block = bz2.compress(bytes(900_000 * 50))
    bomb = block * 230
    assert len(bomb) < 20_000
    assert len(block) < 200
    with costs_little():
        for name in ("a.txt.bz2", "a.jsonl.bz2", "a.csv.bz2", "a.warc.bz2", "a.json.bz2", "a.html.bz2"):
            failure = read_bytes({name: bomb}).failed[-1]
            assert "250 times its size" in failure or "is larger than 8 MB" in failure or "is " in failure
            assert len(failure) < 300


def test_zeros_packed_twice(read_bytes: ReadBytes) -> None:
    once = zeros_in_gzip(256 * MB)
    bombs = {
        "a.jsonl.gz": gzip.compress(once),
        "b.jsonl.zst": zstandard.ZstdCompressor().compress(once),
        "c.csv.gz": once,
        "d.zip": make_zip({"a.jsonl": bytes(64 * MB), "good.txt": b"Text."}),
        "e.tar": make_tar({"a.jsonl.gz": once, "good.txt": b"Text."}),
    }
    with costs_little(4.0):
        reading = read_bytes(bombs)
    refused = {failure.partition(":")[0] for failure in reading.failed if "250 times its size" in failure}
    assert refused == {"a.jsonl.gz", "b.jsonl.zst", "c.csv.gz", "d.zip!a.jsonl", "e.tar!a.jsonl.gz"}
    assert reading.titles == ["Text.", "Text."]


def test_a_zstandard_bomb(read_bytes: ReadBytes) -> None:
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    bomb = b"".join(packer.compress(bytes(8 * MB)) for _ in range(128)) + packer.flush()
    assert len(bomb) < 50_000
    with costs_little():
        assert "250 times its size" in read_bytes({"a.jsonl.zst": bomb}).failed[-1]
    # A window of two gigabytes.
    header = b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3]) + b"\x01\x00\x00"
    with costs_little():
        assert "is damaged" in read_bytes({"a.txt.zst": header}).failed[0]


def test_many_members_that_are_each_no_bomb(read_bytes: ReadBytes) -> None:
    bomb = make_zip({f"{number}.jsonl": bytes(15 * MB) for number in range(10)})
    with costs_little():
        reading = read_bytes({"a.zip": bomb})
    assert reading.failed[-1] == "a.zip: unpacks to more than 250 times its size; no news does"


def test_a_page_of_blanks_is_no_bomb(read_bytes: ReadBytes) -> None:
    text = "A Headline of Five Words\n\nText.\n" + " " * (7 * MB)
    assert read_bytes({"a.txt.gz": gzip.compress(text.encode())}).titles == ["A Headline of Five Words"]


def test_a_zip_archive_of_a_million_members(read_bytes: ReadBytes) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.txt"
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 4, 0)
    with costs_little():
        (failure,) = read_bytes({"a.zip": b"PK\x03\x04" + directory + end}).failed
    assert failure == "a.zip: has too many members for a zip archive; pack it as .tar"
    # Said in the records of a large archive, whatever the usual one claims.
    end_64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, len(directory), 4)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 4 + len(directory), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 50, 4, 0)
    with costs_little():
        (failure,) = read_bytes({"a.zip": b"PK\x03\x04" + directory + end_64 + locator + end}).failed
    assert failure == "a.zip: has too many members for a zip archive; pack it as .tar"


def test_the_number_of_members_is_bounded(read_bytes: ReadBytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MEMBERS", 3)
    members = {f"{number}.txt": b"Text." for number in range(5)}
    reading = read_bytes({"a.tar": make_tar(members), "b.zip": make_zip(members)})
    assert len(reading.articles) == 6
    assert reading.failed == ["a.tar: has more than 3 members; split it", "b.zip: has more than 3 members; split it"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_would_be_unpacked_at_once_are_refused(read_bytes: ReadBytes, method: int) -> None:
    bomb = make_zip({"a.txt": bytes(20 * MB)}, method)
    with costs_little():
        (failure,) = read_bytes({"a.zip": bomb}).failed
    assert failure == "a.zip!a.txt: is packed in a way that is not read; pack it with deflate, as usual"


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_tar_header_of_gigabytes_is_refused(read_bytes: ReadBytes, kind: bytes) -> None:
    header = tarfile.TarInfo("long")
    header.type, header.size = kind, 8 << 30
    content = header.tobuf(tarfile.GNU_FORMAT) + b"a" * MB
    with costs_little():
        assert read_bytes({"a.tar": content}).failed == ["a.tar: has a header that is too large"]


def test_a_text_that_is_too_large_is_not_read(read_bytes: ReadBytes) -> None:
    content = b"a" * (limits.MAX_TEXT_SIZE + 1)
    for name in ("a.txt", "a.html"):
        reading = read_bytes({name: content, f"{name}.gz": gzip.compress(content), "a.zip": make_zip({name: content})})
        assert [failure.rpartition(": ")[2] for failure in reading.failed] == ["is larger than 8 MB"] * 3
    reading = read_bytes({"a.json": b'{"title": "A", "body": "' + content + b'"}'})
    assert reading.failed == ["a.json: is larger than 8 MB"]


MEASURE = """
import resource, sys
from index.sources import find_files, read_file
from index.language import detect_language

detect_language("The first call loads the model.")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
number = 0
for file in find_files([sys.argv[1]]):
    for article in read_file(file):
        number += 1
print(number, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.tar.gz"])
def test_an_archive_larger_than_memory_is_read_as_a_stream(tmp_path: Path, name: str) -> None:
    # Few articles, since it is not the speed that is measured.
    record = b'{"title": "A title", "body": "' + b"The minister left on Monday. " * 35_000 + b'"}'
    number = 300 if name == "a.jsonl" else 100
    path = tmp_path / name
    with path.open("wb") as file:
        if name == "a.tar.gz":
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
                for place in range(number):
                    member = tarfile.TarInfo(f"{place}.jsonl")
                    member.size = len(record)
                    archive.addfile(member, io.BytesIO(record))
        else:
            separator = b"\n" if name == "a.jsonl" else b",\n"
            file.write(b"[" if name == "a.json" else b"")
            for place in range(number):
                file.write((separator if place else b"") + record)
            file.write(b"]" if name == "a.json" else b"")
            assert file.tell() > number * 1_000_000
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    articles, grown_mb = map(int, done.stdout.split())
    assert articles == number
    assert grown_mb < 60


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "<!---->" * 5000),
        ("a.txt", "<?xml ?>" * 5000),
        ("a.txt", " " * 100_000 + "{"),
        ("a.txt", "---\n" + "a: b\n" * 20_000),
        ("a.html", "<html><meta " + "a " * 100_000),
        ("a.jsonl", '{"title": "T", "author": "' + ", a" * 200_000 + '"}'),
        ("a.jsonl", '{"title": "' + "&amp; <b>" * 100_000 + '", "body": "B"}'),
        ("a.jsonl", '{"body": "' + "<p <p" * 100_000 + '"}'),
        ("a.jsonl", '{"body": "' + "\\n \\t" * 100_000 + 'x"}'),
        (
            "a.jsonl",
            '{"title": "T", "url": "https://a.example' + "/2017" * 100_000 + '", "date": "' + "1 " * 50_000 + '"}',
        ),
        ("a.json", '{"a": ' * 500 + "1" + "}" * 500),
        ("a.csv", "title," + "x," * 100_000 + "\n" + "a," * 100_000),
    ],
    ids=range(12),
)
def test_what_is_made_to_take_long_does_not(read_bytes: ReadBytes, name: str, content: str) -> None:
    with costs_little(3.0):
        reading = read_bytes({name: content})
    assert len(reading.articles) + len(reading.failed) == 1
