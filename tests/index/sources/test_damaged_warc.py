"""Web archives of which a part is damaged: all that is not is read."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.warcwriter import WARCWriter

from index.sources import limits
from index.sources.limits import Budget, BudgetError
from index.sources.packing import Unpacked, unpack
from tests.index.sources.conftest import ReadBytes, read_folder
from tests.index.sources.packed import PACK, make_tar

TEXT = "The minister left city {0} on Monday after {0} weeks of talks. Nobody said why, and nobody was asked to."
NUMBERS = range(8)


def make_member(number: int) -> bytes:
    """Make a record of a text, packed by itself, as Common Crawl has them."""
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=True)
    body = TEXT.format(number).encode()
    record = writer.create_warc_record(
        f"https://a.example/{number}",
        "conversion",
        payload=io.BytesIO(body),
        length=len(body),
        warc_content_type="text/plain",
    )
    writer.write_record(record)
    return stream.getvalue()


MEMBERS = [make_member(number) for number in NUMBERS]
STARTS = [sum(map(len, MEMBERS[:number])) for number in NUMBERS]
ARCHIVE = b"".join(MEMBERS)


def read_numbers(read_bytes: ReadBytes, content: bytes, name: str = "a.warc.gz") -> tuple[list[int], list[str]]:
    reading = read_bytes({name: content})
    return [int((article.url or "").rpartition("/")[2]) for article in reading.articles], reading.failed


@pytest.mark.parametrize("name", ["a.warc.gz", "a.tar"])
def test_a_damaged_member_is_told_with_its_place_and_the_rest_is_read(read_bytes: ReadBytes, name: str) -> None:
    content = bytearray(ARCHIVE)
    middle = STARTS[3] + len(MEMBERS[3]) // 2
    content[middle : middle + 4] = b"\xff\xff\xff\xff"
    packed = make_tar({"day/b.warc.gz": bytes(content), "c.txt": b"More."}) if name == "a.tar" else bytes(content)
    reading = read_bytes({name: packed})
    numbers = [article.url for article in reading.articles if article.url]
    assert numbers == [f"https://a.example/{number}" for number in NUMBERS if number != 3]
    assert len(reading.articles) == 7 + (name == "a.tar")
    (failure,) = reading.failed
    place = "a.tar!day/b.warc.gz" if name == "a.tar" else name
    assert failure.startswith(f"{place}[3]: is damaged: ")
    assert failure.endswith(f" at byte {STARTS[3]:,}, and read on from byte {STARTS[4]:,}")


def test_a_member_of_which_the_end_is_missing_does_not_take_the_next_with_it(read_bytes: ReadBytes) -> None:
    content = ARCHIVE[: STARTS[3] - 20] + ARCHIVE[STARTS[3] :]
    numbers, failed = read_numbers(read_bytes, content)
    assert numbers == [0, 1, 3, 4, 5, 6, 7]
    assert len(failed) == 1


@pytest.mark.parametrize("at", [5, 12, 100, pytest.param(len(MEMBERS[0]) - 6, id="end")])
def test_damage_at_the_very_beginning(read_bytes: ReadBytes, at: int) -> None:
    content = bytearray(ARCHIVE)
    content[at : at + 3] = b"\xff\xff\xff"
    numbers, failed = read_numbers(read_bytes, bytes(content))
    # The fifth byte is of the time.
    assert numbers == list(NUMBERS)[at > 5 :]
    assert len(failed) == (at > 5)


def test_what_is_before_the_damage_is_read(read_bytes: ReadBytes) -> None:
    content = bytearray(PACK[".gz"](b"".join(b'{"title": "%d", "body": "B"}\n' % number for number in range(9000))))
    assert len(content) < 1 << 16
    content[len(content) // 2] ^= 0xFF
    reading = read_bytes({"a.jsonl.gz": bytes(content)})
    assert len(reading.articles) > 3000
    assert reading.failed[-1].startswith("a.jsonl.gz: is damaged: ")


def test_rubbish_and_zeros_between_members(read_bytes: ReadBytes) -> None:
    content = ARCHIVE[: STARTS[3]] + b"rubbish" * 50_000 + ARCHIVE[STARTS[3] : STARTS[5]] + bytes(100_000)
    numbers, failed = read_numbers(read_bytes, content + ARCHIVE[STARTS[5] :] + bytes(100_000))
    assert numbers == list(NUMBERS)
    assert len(failed) == 1


def test_a_cut_off_end_is_that_of_the_file(read_bytes: ReadBytes) -> None:
    content = bytearray(ARCHIVE[:-5])
    content[STARTS[2] + 30] ^= 0xFF
    numbers, failed = read_numbers(read_bytes, bytes(content))
    assert numbers[:6] == [0, 1, 3, 4, 5, 6]
    assert failed[0].startswith("a.warc.gz[2]: is damaged: ")
    assert failed[1:] == ["a.warc.gz: is cut off"]


def test_what_is_no_web_archive_ends_with_its_damage(read_bytes: ReadBytes) -> None:
    line = PACK[".gz"](b'{"title": "A", "body": "B"}\n')
    damaged = bytearray(line)
    damaged[15] ^= 0xFF
    reading = read_bytes({"a.jsonl.gz": line + bytes(damaged) + line})
    assert reading.titles == ["A"]
    assert reading.failed[-1].startswith("a.jsonl.gz: is damaged: ")


def test_damage_without_end_comes_to_one(read_bytes: ReadBytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DAMAGED", 20)
    opening = MEMBERS[0][: len(MEMBERS[0]) // 2]
    numbers, failed = read_numbers(read_bytes, opening * 50 + MEMBERS[0])
    assert (numbers, len(failed)) == ([], 21)
    assert failed[-1].startswith("a.warc.gz: is damaged: ")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(ARCHIVE) - 1), size=st.integers(0, 300), rubbish=st.binary(max_size=300))
def test_what_no_damage_touches_is_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, size: int, rubbish: bytes
) -> None:
    # The first header tells what the file is.
    at = max(at, 10)
    folder: Path = tmp_path_factory.mktemp("damaged") / "news"
    folder.mkdir()
    (folder / "a.warc.gz").write_bytes(ARCHIVE[:at] + rubbish + ARCHIVE[at + size :])
    reading = read_folder(folder)
    read = {(article.url or "").rpartition("/")[2]: article.body for article in reading.articles}
    untouched = [
        number for number in NUMBERS if STARTS[number] + len(MEMBERS[number]) <= at or STARTS[number] >= at + size
    ]
    assert read.keys() >= {str(number) for number in untouched}
    # What is damaged is no article either, unless the damage is taken for the end.
    if reading.failed[-1:] != ["a.warc.gz: is cut off"]:
        assert read == {number: TEXT.format(number) for number in read}


def test_a_bomb_is_not_taken_for_damage(read_bytes: ReadBytes) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(b"WARC/1.0\r\n" + bytes(64 << 20)) + packer.flush()
    numbers, failed = read_numbers(read_bytes, MEMBERS[0] + bomb + MEMBERS[1])
    assert 1 not in numbers
    assert failed == ["a.warc.gz: unpacks to more than 250 times its size; no news does"]


def test_the_budget_counts_on_through_damage() -> None:
    budget = Budget("a.warc.gz", 0)
    content = MEMBERS[0] + b"rubbish" + MEMBERS[1]
    with unpack(io.BytesIO(content), ".gz", "a.warc.gz", budget) as stream:
        assert isinstance(stream.raw, Unpacked)
        assert stream.raw.go_on(b"WARC/") is None
        before = len(stream.read1())
        with pytest.raises(Exception, match="is damaged"):
            stream.read1()
        assert stream.raw.go_on(b"WARC/") == (len(MEMBERS[0]), len(MEMBERS[0]) + 7)
        after = len(stream.read())
    with pytest.raises(BudgetError):
        budget.spend(limits.FREE_SIZE_IN_ALL - before - after + 1)
