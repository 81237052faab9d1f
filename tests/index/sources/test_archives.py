from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.index.sources.conftest import ReadBytes, read_folder
from tests.index.sources.packed import PACK, make_tar, make_zip

TEXT = "A Headline of Five Words\n\nA zebra was seen in the city on Monday."
TITLE = "A Headline of Five Words"
MEMBERS = {
    "one.txt": TEXT.encode(),
    "deep/er/two.html": b"<html><title>The second of two</title><p>It was seen again on Tuesday.</p></html>",
    "three.jsonl": b'{"title": "Three", "body": "Text"}\n{"title": "Four", "body": "Text"}\n',
    "picture.jpg": b"\xff\xd8\xff\xe0",
    ".hidden.txt": b"no",
    "__MACOSX/._one.txt": b"no",
}
TITLES = [TITLE, "The second of two", "Three", "Four"]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("is_named", [True, False])
def test_compressed_files_are_read_whatever_their_name(read_bytes: ReadBytes, suffix: str, is_named: bool) -> None:
    name = f"a.txt{suffix if is_named else ''}"
    reading = read_bytes({name: PACK[suffix](TEXT.encode())})
    assert (reading.titles, reading.failed) == ([TITLE], [])


@pytest.mark.parametrize("suffix", PACK)
def test_several_streams_in_a_row_are_one(read_bytes: ReadBytes, suffix: str) -> None:
    lines = [b'{"title": "%d", "body": "Text"}\n' % number for number in range(3)]
    reading = read_bytes({f"a.jsonl{suffix}": b"".join(map(PACK[suffix], lines))})
    assert (reading.titles, reading.failed) == (["0", "1", "2"], [])


def test_a_file_that_only_claims_to_be_compressed_is_read_as_it_is(read_bytes: ReadBytes) -> None:
    assert read_bytes({"a.txt.gz": TEXT}).titles == [TITLE]


@pytest.mark.parametrize("suffix", PACK)
def test_what_can_be_read_of_a_cut_off_file_is_read(read_bytes: ReadBytes, suffix: str) -> None:
    chance = random.Random(1)
    lines = [
        b'{"title": "%d", "body": "%s"}\n' % (number, chance.randbytes(500).hex().encode()) for number in range(3000)
    ]
    content = PACK[suffix](b"".join(lines))
    reading = read_bytes({f"a.jsonl{suffix}": content[: len(content) // 2]})
    assert 1 < len(reading.articles) < 2000
    # xz at its fastest works in blocks of megabytes, bzip2 of 900 KB.
    assert reading.titles == [str(number) for number in range(len(reading.articles))]
    assert reading.failed[-1] == f"a.jsonl{suffix}: is cut off"


@pytest.mark.parametrize("suffix", PACK)
def test_a_damaged_file_is_told(read_bytes: ReadBytes, suffix: str) -> None:
    content = bytearray(PACK[suffix](random.Random(1).randbytes(100_000)))
    content[50_000:50_010] = b"0123456789"
    (failure,) = read_bytes({f"a.txt{suffix}": bytes(content)}).failed
    # Zstandard has no check of its own by default, and gives other bytes.
    assert "is damaged" in failure or suffix == ".zst"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_archives_are_read(read_bytes: ReadBytes, method: int) -> None:
    reading = read_bytes({"a.zip": make_zip(MEMBERS, method)})
    assert (reading.titles, reading.failed) == (TITLES, [])


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("suffix", ["", *PACK])
def test_tar_archives_are_read_compressed_or_not(read_bytes: ReadBytes, suffix: str, kind: int) -> None:
    content = make_tar(MEMBERS | {f"{'long-' * 18}.txt": b"The name of it is long."}, kind)
    reading = read_bytes({f"a.tar{suffix}": PACK[suffix](content) if suffix else content})
    assert (reading.titles, reading.failed) == ([*TITLES, "The name of it is long."], [])


def test_ids_depend_on_the_archive_and_the_member_alone(read_bytes: ReadBytes) -> None:
    members = dict(list(MEMBERS.items())[:3])
    more = {"zero.txt": b"Another text."} | dict(reversed(members.items()))
    ids = {article.id for article in read_bytes({"a.zip": make_zip(members)}).articles}
    assert len(ids) == 4
    assert ids < {article.id for article in read_bytes({"a.zip": make_zip(more)}).articles}
    assert not ids & {article.id for article in read_bytes({"b.zip": make_zip(members)}).articles}


def test_archives_in_archives_are_read(read_bytes: ReadBytes) -> None:
    inner = make_zip({"a.txt.gz": PACK[".gz"](TEXT.encode())})
    reading = read_bytes({"outer.tar.xz": PACK[".xz"](make_tar({"day/inner.zip": inner, "b.txt": b"More."}))})
    assert (reading.titles, reading.failed) == ([TITLE, "More."], [])
    content = TEXT.encode()
    for _ in range(5):
        content = PACK[".gz"](content)
    (failure,) = read_bytes({"a.txt.gz": content, "b.txt": "Text"}).failed
    assert failure == "a.txt.gz: is packed more than 4 times over"


def test_a_file_in_itself_comes_to_an_end(read_bytes: ReadBytes) -> None:
    content = make_zip({"a.txt": TEXT.encode()})
    for _ in range(20):
        content = make_zip({"again.zip": content, "a.txt": TEXT.encode()})
    reading = read_bytes({"a.zip": content})
    assert len(reading.articles) == 4
    assert reading.failed == ["a.zip!" + "!".join(["again.zip"] * 4) + ": is packed more than 4 times over"]


def test_a_bad_member_is_told_with_its_place_and_the_rest_is_read(read_bytes: ReadBytes) -> None:
    packed = bytearray(make_zip({"one.txt": TEXT.encode() * 50, "two.txt": b"Two."}))
    packed[60:64] = b"\xff\xff\xff\xff"
    members = {
        "broken.txt.gz": PACK[".gz"](TEXT.encode())[:-9],
        "empty.txt": b"",
        "inner.zip": bytes(packed),
        "b.txt": b"B.",
    }
    for name, content in (("a.zip", make_zip(members)), ("a.tar", make_tar(members))):
        reading = read_bytes({name: content})
        assert reading.titles == ["Two.", "B."]
        assert [failure.partition(": is damaged")[0] for failure in reading.failed] == [
            f"{name}!broken.txt.gz: is cut off",
            f"{name}!empty.txt: holds no text",
            f"{name}!inner.zip!one.txt",
        ]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_cut_off_tar_gives_its_first_members(read_bytes: ReadBytes, suffix: str) -> None:
    chance = random.Random(1)
    content = make_tar({f"{number}.txt": b"Text. " + chance.randbytes(9000).hex().encode() for number in range(9)})
    content = PACK[suffix](content) if suffix else content
    reading = read_bytes({f"a.tar{suffix}": content[: len(content) // 2]})
    assert 3 <= len(reading.articles) <= 4
    assert reading.failed == [f"a.tar{suffix}: is cut off"]


def test_a_tar_with_a_damaged_header_is_not_taken_for_its_end(read_bytes: ReadBytes) -> None:
    content = bytearray(make_tar({"a.txt": b"A.", "b.txt": b"B.", "c.txt": b"C."}))
    content[1024 + 10] ^= 0xFF
    reading = read_bytes({"a.tar": bytes(content)})
    assert (reading.titles, reading.failed) == (["A."], ["a.tar: is damaged or cut off"])


def test_a_cut_off_zip_is_told(read_bytes: ReadBytes) -> None:
    assert read_bytes({"a.zip": make_zip(MEMBERS)[:-30]}).failed == ["a.zip: is cut off"]


def test_an_encrypted_member_is_told(read_bytes: ReadBytes) -> None:
    content = bytearray(make_zip({"secret.txt": b"Text", "open.txt": b"Open."}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    reading = read_bytes({"a.zip": bytes(content)})
    assert (reading.titles, reading.failed) == (["Open."], ["a.zip!secret.txt: is encrypted"])


def test_links_in_a_tar_are_passed_over_and_names_lead_nowhere(read_bytes: ReadBytes, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            link = tarfile.TarInfo(f"link{kind.decode()}.txt")
            link.type, link.linkname = kind, str(tmp_path / "secret.txt")
            archive.addfile(link)
        for name in ("../../up.txt", "/etc/absolute.txt", "a/../b.txt", "./fine.txt"):
            member = tarfile.TarInfo(name)
            member.size = 5
            archive.addfile(member, io.BytesIO(b"Text."))
    reading = read_bytes({"a.tar": packed.getvalue(), "b.zip": make_zip({"../../../up.txt": b"Text."})})
    assert reading.failed == ["b.zip: holds no article"]
    assert len(reading.articles) == 2
    assert not list(tmp_path.rglob("up.txt"))


def test_an_archive_without_articles_is_told(read_bytes: ReadBytes) -> None:
    assert read_bytes({"a.zip": make_zip({"a.jpg": b"\xff\xd8"})}).failed == ["a.zip: holds no article"]
    assert read_bytes({"a.zip": make_zip({})}).failed == ["a.zip: holds no article"]


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_what_is_passed_over_in_a_folder_is_passed_over_in_an_archive(
    read_bytes: ReadBytes, make: Callable[[Mapping[str, bytes]], bytes]
) -> None:
    chapter = make_zip({"chapter.html": MEMBERS["deep/er/two.html"], "b.txt": MEMBERS["one.txt"]})
    files = {f"a{suffix}": chapter for suffix in (".epub", ".jar", ".docx", ".odt", ".pages", ".zip", "")}
    files |= {
        "state": b'{"title": "State"}',
        "page.php": MEMBERS["deep/er/two.html"],
        "page.xml": MEMBERS["deep/er/two.html"],
        "c.txt": MEMBERS["one.txt"],
    }
    in_folder = read_bytes(files)
    in_archive = read_bytes({"all.zip": make(files)})
    assert len(in_folder.articles) == 6
    assert sorted(in_archive.titles) == sorted(in_folder.titles)
    assert in_archive.failed == in_folder.failed == []


def test_a_side_car_in_a_zip_belongs_to_its_text(read_bytes: ReadBytes) -> None:
    members = {"a.txt": b"Text.", "a.json": b'{"author": "Jane Doe"}', "b.json": b'{"title": "B", "body": "Text"}'}
    reading = read_bytes({"a.zip": make_zip(members)})
    assert [(article.title, article.authors) for article in reading.articles] == [("Text.", ("Jane Doe",)), ("B", ())]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_side_car_in_a_tar_stands_next_to_its_text(read_bytes: ReadBytes, suffix: str) -> None:
    def said(number: int) -> bytes:
        return b'{"author": "Jane %s"}' % (b"Doe" * number)

    members = {
        "1.json": said(1), "1.txt": b"One.",
        "2.txt": b"Two.", "._2.json": b"\0", "2.json": said(2),
        "3.txt": b"Three.", "x/3.json": b'{"title": "X", "body": "Text"}',
        "4.json": said(4), "a.jsonl": b'{"title": "A"}', "4.txt": b"Four.",
        "5.txt": b"Five.", "6.txt": b"Six.", "6.json": said(6), "7.txt": b"Seven.",
    }  # fmt: skip
    content = make_tar(members)
    reading = read_bytes({f"a.tar{suffix}": PACK[suffix](content) if suffix else content})
    assert [(article.title, article.authors) for article in reading.articles] == [
        ("One.", ("Jane Doe",)),
        ("Two.", ("Jane DoeDoe",)),
        ("Three.", ()),
        ("X", ()),
        ("A", ()),
        ("Four.", ()),
        ("Five.", ()),
        ("Six.", ("Jane " + "Doe" * 6,)),
        ("Seven.", ()),
    ]
    # What stands apart from its text is taken for a record, which it is not.
    assert reading.failed == [f"a.tar{suffix}!4.json: holds no text"]
    plain = read_bytes(
        {f"a.tar{suffix}": PACK[suffix](make_tar({"1.txt": b"One."})) if suffix else make_tar({"1.txt": b"One."})}
    )
    assert plain.articles[0].id == reading.articles[0].id


@pytest.mark.parametrize("make", [None, make_zip, make_tar], ids=["folder", "zip", "tar"])
def test_a_side_car_may_be_of_a_text_in_capitals_and_is_in_small_letters(
    read_bytes: ReadBytes, make: Callable[[Mapping[str, bytes]], bytes] | None
) -> None:
    of_a, of_b = b'{"title": "A", "author": "Jane Doe"}', b'{"title": "B", "author": "Jane Doe"}'
    files = {"A.TXT": b"Text.", "A.json": of_a, "b.JSON": of_b, "b.txt": b"Text."}
    reading = read_bytes({"packed": make(files)} if make else files)
    told = [(article.title, article.authors) for article in reading.articles]
    assert (told, reading.failed) == ([("A", ("Jane Doe",)), ("B", ("Jane Doe",)), ("Text.", ())], [])


def test_the_text_before_a_cut_is_not_lost_for_waiting(read_bytes: ReadBytes) -> None:
    content = make_tar({"1.json": b'{"author": "Jane Doe"}', "1.txt": b"One.", "2.txt": b"Two.", "3.txt": b"x " * 9000})
    reading = read_bytes({"a.tar": content[:8000]})
    assert (reading.titles, reading.failed) == (["One.", "Two."], ["a.tar: is cut off"])


def test_links_beside_a_text_are_no_side_cars(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (tmp_path / "secret.json").write_text('{"title": "secret"}')
    (folder / "a.json").symlink_to(tmp_path / "secret.json")
    (folder / "a.txt").write_text("Text.")
    assert read_folder(folder).titles == ["Text."]
