"""A generation that answers goes on where what takes its place cannot be opened, and it is told why."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from index import SearchEngine, SearchRequest, job, open_engine
from index.engines.local import engine as local_engine
from index.engines.local.folder import Current, IndexFolder
from index.errors import IndexCorruptError, IndexMissingError, IndexUnavailableError, IndexVersionError


def _rebuilt(index: Path) -> Path:
    """Make a second build in the place of the first; returns its folder."""
    articles = index.parent / "other"
    articles.mkdir(exist_ok=True)
    (articles / "lion.txt").write_text("A lion was seen.")
    job.run([articles], str(index), rebuild=True)
    (build,) = index.glob("build-*")
    return build


def _cut_segment(index: Path) -> None:
    (segment,) = _rebuilt(index).glob("*.segment")
    segment.write_bytes(segment.read_bytes()[:100])


def _overwrite_segment(index: Path) -> None:
    (segment,) = _rebuilt(index).glob("*.segment")
    segment.write_bytes(b"\xff" * segment.stat().st_size)


def _overwrite_contents(index: Path) -> None:
    (contents,) = _rebuilt(index).glob("*.toc")
    contents.write_bytes(b"\x00" * 100)


def _name_no_build(index: Path) -> None:
    shutil.rmtree(_rebuilt(index))


def _damage_current(index: Path) -> None:
    (index / "CURRENT").write_text("{")


def _be_newer(index: Path) -> None:
    (index / "CURRENT").write_text('{"format": 99, "schema_version": 99}')


def _delete(index: Path) -> None:
    shutil.rmtree(index)


DAMAGE: dict[Callable[[Path], None], type[IndexUnavailableError]] = {
    _cut_segment: IndexCorruptError,
    _overwrite_segment: IndexCorruptError,
    _overwrite_contents: IndexCorruptError,
    _name_no_build: IndexCorruptError,
    _damage_current: IndexCorruptError,
    _be_newer: IndexVersionError,
    _delete: IndexMissingError,
}


def _answer(engine: SearchEngine) -> tuple[int, int, int]:
    """Return the generation, and how many zebras and lions there are."""
    zebras, lions = (engine.search(SearchRequest(query=word)) for word in ("zebra", "lion"))
    assert zebras.generation == lions.generation
    return zebras.generation, zebras.total, lions.total


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__.strip("_"))
def test_the_old_generation_goes_on_until_there_is_a_sound_one(
    make_index: Callable[..., Path], damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    index = make_index("A zebra was seen.")
    with open_engine(str(index)) as engine:
        assert (_answer(engine), engine.trouble()) == ((1, 1, 0), None)
        (result,) = engine.search(SearchRequest(query="zebra")).results
        damage(index)
        with caplog.at_level(logging.WARNING, "dateline.index"):
            for _ in range(3):
                assert _answer(engine) == (1, 1, 0)
                assert engine.article(result.id).body == "A zebra was seen."
        trouble = engine.trouble()
        assert type(trouble) is DAMAGE[damage]
        with pytest.raises(DAMAGE[damage]):
            engine.verify()
        # It is told once, and not by each request.
        assert caplog.messages == [f"Generation 1 goes on answering: {trouble}"]
        # Who comes now has nothing to go on with.
        with open_engine(str(index)) as other, pytest.raises(DAMAGE[damage]):
            other.stats()
        caplog.clear()
        _rebuilt(index)
        with caplog.at_level(logging.WARNING, "dateline.index"):
            generation = engine.stats().generation
            assert _answer(engine) == (generation, 0, 1)
        assert engine.trouble() is None
        engine.verify()
        assert caplog.messages == [f"Generation {generation} answers now."]


def test_what_is_mended_in_place_is_noticed(make_index: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_engine, "_LOOK_AGAIN_SECONDS", 0)
    index = make_index("A zebra was seen.")
    with open_engine(str(index)) as engine:
        engine.stats()
        (segment,) = _rebuilt(index).glob("*.segment")
        content = segment.read_bytes()
        segment.write_bytes(bytes(len(content)))
        assert (_answer(engine)[1:], type(engine.trouble())) == ((1, 0), IndexCorruptError)
        segment.write_bytes(content)
        assert (_answer(engine)[1:], engine.trouble()) == ((0, 1), None)


def test_a_build_that_is_replaced_while_it_is_looked_at_is_no_trouble(
    make_index: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index = make_index("A zebra was seen.")
    with open_engine(str(index)) as engine:
        assert _answer(engine) == (1, 1, 0)
        # A writer makes files in the build, so that its generation is looked at; and then it is gone.
        (index / "build-0001" / "unfinished").touch()
        generation = IndexFolder.generation

        def replace_first(self: IndexFolder, current: Current) -> int:
            monkeypatch.undo()
            _rebuilt(index)
            return generation(self, current)

        monkeypatch.setattr(IndexFolder, "generation", replace_first)
        assert (_answer(engine)[1:], engine.trouble()) == ((0, 1), None)
    assert caplog.messages == []
