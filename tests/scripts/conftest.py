"""Fixtures for tests of a whole checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.checkout import KERNELS, copy_checkout, lend_kernels, run


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a fresh copy of the checkout, at a path with spaces, whose scripts have set themselves up.

    Setting up takes most of the time of these tests, so that they share one copy; nobody changes its files.
    """
    folder = tmp_path_factory.mktemp("news archive") / "dateline"
    copy_checkout(folder)
    lend_kernels(folder / KERNELS, folder / KERNELS / "__pycache__")
    setting_up = run([folder / "scripts" / "reindex", "--help"], cwd=Path("/"))
    assert setting_up.returncode == 0, setting_up.stderr
    assert "Setting up the environment (once)" in setting_up.stderr
    return folder
