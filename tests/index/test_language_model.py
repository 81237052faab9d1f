"""The detector's model is unpacked once, and whatever happens to the files: it is the same model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.language import LANGUAGES
from index.language_model import Model, load_model

_FEW = LANGUAGES[:3]


def require_same(one: Model, other: Model) -> None:
    ours: tuple[NDArray[Any], ...] = one[:5]
    theirs: tuple[NDArray[Any], ...] = other[:5]
    for mine, its in zip(ours, theirs, strict=True):
        assert mine.dtype == its.dtype
        assert np.array_equal(mine, its)
    assert one[5:] == other[5:]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model]:
    """A folder into which the model was unpacked, and the model that this gave."""
    folder = tmp_path_factory.mktemp("cache") / "not" / "there"
    return folder, load_model(_FEW, folder)


def is_mapped(model: Model) -> bool:
    return not any(array.flags.writeable for array in model[:5])


def test_it_is_mapped_from_what_it_was_unpacked_into(unpacked: tuple[Path, Model]) -> None:
    folder, first = unpacked
    assert not is_mapped(first)
    again = load_model(_FEW, folder)
    assert is_mapped(again)
    require_same(again, first)
    assert sorted(first.languages) == sorted(_FEW)


@pytest.mark.parametrize("name", ["weights.npy", "languages.json"])
@pytest.mark.parametrize("size", [None, 0, 20])
def test_files_that_are_damaged_are_made_anew(unpacked: tuple[Path, Model], name: str, size: int | None) -> None:
    folder, first = unpacked
    (path,) = folder.glob(f"language-model-*/{name}")
    path.unlink() if size is None else os.truncate(path, size)
    mended = load_model(_FEW, folder)
    assert not is_mapped(mended)
    require_same(mended, first)
    assert is_mapped(load_model(_FEW, folder))
    assert len(list(folder.iterdir())) == 1


def test_another_choice_of_languages_takes_its_place(tmp_path: Path) -> None:
    load_model(_FEW, tmp_path)
    before = list(tmp_path.iterdir())
    assert "de" in load_model(["de", "en"], tmp_path).languages
    assert len(before) == len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) != before


def test_it_is_there_where_nothing_can_be_written(tmp_path: Path, unpacked: tuple[Path, Model]) -> None:
    (tmp_path / "file").write_text("no folder")
    require_same(load_model(_FEW, tmp_path / "file"), unpacked[1])
