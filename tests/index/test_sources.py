from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SourceError
from index.sources import find_files, read_articles
from index.sources.text import decode
from tests.conftest import SEEDS

TEXT = "Ein Überblick über die Straße — “quoted”\nZweite Zeile\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_with_and_without_a_byte_order_mark(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == TEXT


def test_other_encodings_are_detected() -> None:
    text = "Le ministère des Affaires étrangères a déclaré jeudi qu'il n'y avait rien à négocier. " * 5
    assert decode(text.encode("cp1252")) == text
    russian = "Министр иностранных дел заявил в четверг, что переговоры продолжаются. " * 5
    assert decode(russian.encode("cp1251")) == russian


def test_line_ends_and_nuls() -> None:
    assert decode(b"a\r\nb\rc\x00d\n") == "a\nb\ncd\n"


def test_a_cut_off_character_is_no_reason_to_lose_the_file() -> None:
    assert decode(TEXT.encode("utf-16")[:-1]).startswith("Ein Überblick")


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(content: bytes) -> None:
    try:
        text = decode(content)
    except SourceError:
        return
    assert "\x00" not in text
    assert "\r" not in text


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff")))
def test_utf8_is_read_as_it_is(text: str) -> None:
    content = text.encode()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return
    assert decode(content) == text


def test_an_empty_file_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text(" \n")
    with pytest.raises(SourceError, match=r"empty\.txt: holds no text"):
        list(read_articles(path))


def test_a_folder_is_walked_in_order_and_other_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/two.txt", "a.TXT", "c.txt", ".hidden.txt", "image.jpg", "README.md"):
        (tmp_path / name).write_text("Some text")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("no")
    names = [file.path.relative_to(tmp_path).as_posix() for file in find_files([tmp_path])]
    assert names == ["a.TXT", "b/two.txt", "c.txt"]
    assert [file.path.name for file in find_files([tmp_path, tmp_path / "c.txt"])].count("c.txt") == 1


def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (inside / "real.txt").write_text("text")
    (inside / "link.txt").symlink_to(outside / "secret.txt")
    (inside / "folder").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "broken.txt").symlink_to(tmp_path / "nowhere")
    assert [file.path.name for file in find_files([inside])] == ["real.txt"]


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match="/no/such/place: there is no such file or folder"):
        list(find_files(["/no/such/place"]))


def test_a_file_of_another_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    path.write_bytes(b"\xff\xd8")
    with pytest.raises(SourceError, match="is not an article file"):
        list(find_files([path]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every folder")
def test_a_folder_that_cannot_be_read_goes_to_on_error(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    (tmp_path / "open.txt").write_text("text")
    errors: list[SourceError] = []
    assert [file.path.name for file in find_files([tmp_path], errors.append)] == ["open.txt"]
    assert [error.path for error in errors] == [str(closed)]


def test_ids_depend_on_neither_the_place_of_the_folder_nor_the_way_a_file_is_given(tmp_path: Path) -> None:
    moved = tmp_path / "seeds"
    shutil.copytree(SEEDS, moved)
    ids = [file.id for file in find_files([SEEDS])]
    assert [file.id for file in find_files([moved])] == ids
    assert [file.id for path in sorted(moved.glob("*.txt")) for file in find_files([path])] == ids
    assert len(set(ids)) == 5


def test_files_of_the_same_name_have_different_ids(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "001.txt").write_text("text")
    assert len({file.id for file in find_files([tmp_path / "a", tmp_path / "b"])}) == 2
