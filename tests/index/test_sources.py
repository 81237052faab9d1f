from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from index import sources
from index.errors import SourceError
from index.sources import find_files, finding, limits, read_articles
from index.sources.decoding import decode
from tests.conftest import SEEDS
from tests.index.conftest import RunWithoutRights

TEXT = "Ein Überblick über die Straße — “quoted”\nZweite Zeile\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_with_and_without_a_byte_order_mark(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == TEXT


FRENCH = "Les négociations à Orléans ont été très difficiles, a déclaré le ministre des affaires étrangères. "
GERMAN = "„Das ist schön“, sagte Präsident Müller – in Köln. Die Straße heißt Königsstraße. "
SPANISH = "El señor Muñoz llegó mañana a la oficina del presidente en España. ¿Qué pasó? ¡Nada! "
ENGLISH = "He said “the café’s closed” on Monday – too late. The résumé costs £5 – it’s “naïve”… "
SWEDISH = "Det är så här på ön. Åke går hem över ån. "
POLISH = "Prezydent powiedział, że będzie to trudna zima. Wrócił z Łodzi w środę i spotkał się z ministrem. "
CZECH = "Ministr zahraničí řekl, že příští týden přijede do Moskvy. Návštěva bude krátká a důležitá. "
RUSSIAN = "Министр иностранных дел заявил в четверг, что переговоры в Москве продолжаются. "
GREEK = "Ο υπουργός Εξωτερικών δήλωσε την Πέμπτη ότι οι διαπραγματεύσεις συνεχίζονται. "
JAPANESE = "東京で今日、外務大臣が会見を開いた。明日はモスクワを訪問する予定だという。"


@pytest.mark.parametrize("times", [1, 40])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, "cp1252") for text in (FRENCH, GERMAN, SPANISH, ENGLISH, SWEDISH)),
        *((text, encoding) for text in (POLISH, CZECH) for encoding in ("cp1250", "iso8859_2")),
        *((RUSSIAN, encoding) for encoding in ("cp1251", "koi8-r")),
        (GREEK, "cp1253"),
        (JAPANESE, "shift_jis"),
    ],
)
def test_other_encodings_are_detected(text: str, encoding: str, times: int) -> None:
    assert decode((text * times).encode(encoding)) == text * times


@pytest.mark.parametrize("text", ["L’été à Paris", "Größe über alles", "¡Qué mañana!", "It’s late", "The price is £5"])
def test_a_few_words_are_enough_for_western_languages(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866"])
def test_a_few_words_are_enough_for_russian(encoding: str) -> None:
    assert decode("Привет, мир".encode(encoding)) == "Привет, мир"


def test_a_page_is_read_by_its_letters_beyond_ascii_however_late_they_come() -> None:
    text = "All of this is ASCII. " * 20_000 + POLISH
    assert decode(text.encode("cp1250")) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [RUSSIAN, GREEK, ENGLISH, "Да", "قال وزير الخارجية إن المفاوضات مستمرة"])
def test_utf16_without_a_byte_order_mark_is_known_by_its_upper_bytes(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text
    # Cut off in the middle of a character.
    assert decode((text * 20).encode(encoding)[:-1])[:-1] == (text * 20)[:-1]


@pytest.mark.parametrize("text", [RUSSIAN, ENGLISH, JAPANESE, "Ein Überblick über die Straße. "])
def test_a_few_bad_bytes_do_not_make_utf8_something_else(text: str) -> None:
    content = (text * 20).encode()
    cut = len(text.encode()) * 10
    assert decode(content[:cut] + b"\x93" + content[cut:]) == text * 10 + "\ufffd" + text * 10
    assert decode(content[:-1] + b"\xc3").startswith(text * 19)


def test_a_bad_byte_in_an_ascii_text_is_what_windows_makes_of_it_or_nothing() -> None:
    text = "A text of which nearly every character is ASCII. " * 20
    assert decode(text.encode() + b"It\x92s late") == text + "It’s late"
    assert decode(text.encode() + b"One \x81\x8d") == text + "One \ufffd\ufffd"


def test_line_ends_and_control_characters() -> None:
    assert decode(b"a\r\nb\rc\x00d\n\te") == "a\nb\ncd\n\te"
    assert decode(b"the colour \x1b[31mred\x1b[0m, a\x7f b\x08\x01") == "the colour [31mred[0m, a b"
    # These part pages and lines.
    assert decode(b"end of page\x0cStart\x0bagain") == "end of page\nStart\nagain"


def test_a_cut_off_character_is_no_reason_to_lose_the_file() -> None:
    assert decode(TEXT.encode("utf-16")[:-1]).startswith("Ein Überblick")


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(content: bytes) -> None:
    try:
        text = decode(content)
    except SourceError:
        return
    assert not regex.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)


CONTROLS = "".join(map(chr, [*range(0x09), *range(0x0B, 0x20), 0x7F]))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters=CONTROLS + "\ufeff")))
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


def test_a_link_beside_its_file_is_no_second_article(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("text")
    (tmp_path / "a.txt").symlink_to("b.txt")
    (tmp_path / "c.txt").symlink_to(tmp_path / "b.txt")
    assert [file.path.name for file in find_files([tmp_path])] == ["b.txt"]


def test_a_link_to_what_is_not_found_otherwise_is_followed_once(tmp_path: Path) -> None:
    (tmp_path / ".store").mkdir()
    (tmp_path / ".store" / "1.txt").write_text("text")
    (tmp_path / "blob").write_text("text")
    for name, target in (("a.txt", ".store/1.txt"), ("b.txt", "blob"), ("c.txt", ".store/1.txt")):
        (tmp_path / name).symlink_to(target)
    assert [file.path.name for file in find_files([tmp_path])] == ["a.txt", "b.txt"]


def test_a_name_that_is_not_utf8_goes_to_on_error(tmp_path: Path) -> None:
    (tmp_path / "open.txt").write_text("text")
    for name in (b"caf\xe9.txt", b"caf\xe9.jpg"):
        (tmp_path / os.fsdecode(name)).write_text("text")
    folder = tmp_path / os.fsdecode(b"dossier-\xe9")
    folder.mkdir()
    (folder / "a.txt").write_text("text")
    errors: list[SourceError] = []
    assert [file.path.name for file in find_files([tmp_path], errors.append)] == ["open.txt"]
    assert sorted(error.path for error in errors) == [str(tmp_path / "caf\udce9.txt"), str(folder)]
    assert {error.reason for error in errors} == {"its name is not UTF-8; rename it"}
    with pytest.raises(SourceError, match="not UTF-8"):
        list(find_files([folder]))


def test_folders_nested_deeper_than_the_stack_are_walked(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range((4000 - len(str(tmp_path))) // 2):
            os.mkdir("d", dir_fd=here)
            outer, here = here, os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(outer)
        (tmp_path / "z.txt").write_text("text")
        assert [file.path.name for file in find_files([tmp_path])] == ["z.txt"]
    finally:
        os.close(here)
        # Python's own way to delete a tree, which pytest uses, is by recursion.
        subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)


FIND = "import sys; from index.sources import find_files; print(len(list(find_files([sys.argv[1]]))))"


@pytest.mark.skipif(not shutil.which("strace"), reason="only strace can count what Python asks the system")
def test_a_file_that_is_found_costs_one_system_call(tmp_path: Path) -> None:
    """Whatever is asked for one that has not changed is asked 40,000 times."""
    folder, trace = tmp_path / "news", tmp_path / "trace"
    folder.mkdir()
    for number in range(2_000):
        (folder / f"{number}.txt").write_text("text")
    (folder / "7.json").write_text("{}")
    command = ["strace", "-f", "-e", "trace=%file", "-o", str(trace), sys.executable, "-c", FIND, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no process may be traced here")
    assert done.stdout == "2000\n"
    asked = [line for line in trace.read_text().splitlines() if f"{folder}/" in line and ".txt" in line]
    assert 2_000 <= len(asked) < 2_010


def test_a_file_that_vanishes_while_it_is_found_goes_to_on_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone.txt", "here.txt"):
        (tmp_path / name).write_text("text")
    list_folder = finding._list_folder

    def list_and_delete(folder: str) -> list[os.DirEntry[str]]:
        inside = list_folder(folder)
        (tmp_path / "gone.txt").unlink()
        return inside

    monkeypatch.setattr(finding, "_list_folder", list_and_delete)
    errors: list[SourceError] = []
    assert [file.path.name for file in find_files([tmp_path], errors.append)] == ["here.txt"]
    assert [error.path for error in errors] == [str(tmp_path / "gone.txt")]


FIND_AND_READ = """
import os, sys
from index.sources import find_files, read_content
from index.errors import SourceError

os.chdir(sys.argv[1])
for folder, mode in (("closed", 0), ("listed", 0o444), ("open", 0o755)):
    os.mkdir(folder)
    for name in ("a", "b"):
        open(f"{folder}/{name}.txt", "w").close()
    os.chmod(folder, mode)
os.chmod("open/a.txt", 0)
try:
    for file in find_files(["."], lambda error: print(os.path.basename(error.path), error.reason)):
        try:
            read_content(file)
            print(file.path.name, "read")
        except SourceError as error:
            print(file.path.name, error.reason)
finally:
    for folder in ("closed", "listed"):
        os.chmod(folder, 0o755)
"""


def test_what_may_not_be_read_is_told_once(run_without_rights: RunWithoutRights) -> None:
    assert run_without_rights(FIND_AND_READ).splitlines() == [
        "closed Permission denied",
        "listed Permission denied",
        "a.txt Permission denied",
        "b.txt read",
    ]


def test_a_file_that_is_no_article_by_its_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.MAX_TEXT_SIZE == 8 << 20
    monkeypatch.setattr(limits, "MAX_TEXT_SIZE", 1 << 20)
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * (1 << 20))
    (found,) = find_files([path])
    assert len(sources.read_content(found)[0]) == 1 << 20
    # It grows after it was found, and is too large when it is found.
    path.write_bytes(b"a" * ((1 << 20) + 1))
    for file in (found, *find_files([path])):
        with pytest.raises(SourceError, match=r"a\.txt: is larger than 1 MB"):
            sources.read_content(file)


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
