from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from index.codec.warm import signatures, warm

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="the kernels are not compiled")

FIXED = """
from numba import int64, njit

@njit([int64(int64)], nogil=True)
def fixed(number):
    return number + 1
"""
VARYING = """
import numpy as np
from numba import njit

@njit(nogil=True)
def _helper(numbers):
    return numbers.sum()

@njit(nogil=True)
def varying(numbers):
    return _helper(numbers)

@njit(nogil=True)
def forgotten(numbers):
    return _helper(numbers)

def warm():
    for dtype in (np.uint8, np.uint32):
        varying(np.zeros(1, dtype))
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    folder = tmp_path / "made_kernels"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "fixed.py").write_text(FIXED)
    (folder / "varying.py").write_text(VARYING)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("made_kernels")
    for name in [name for name in sys.modules if name.partition(".")[0] == "made_kernels"]:
        del sys.modules[name]


def test_kernels_are_ready_by_their_decorator_or_by_their_module(package: ModuleType) -> None:
    warm(package)
    ready = {name: len(types) for name, types in signatures(package).items()}
    assert ready == {"fixed.fixed": 1, "varying.varying": 2, "varying.forgotten": 0}


def test_every_kernel_is_warmed() -> None:
    # In a process of its own: in this one, other tests have made kernels ready.
    script = (
        "from index.codec.warm import signatures, warm; warm(); print(*(k for k, s in signatures().items() if not s))"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
