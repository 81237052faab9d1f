"""The files that Python's own tools don't read: shell scripts and the Dockerfile."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.scripts.checkout import PROJECT, run

TOOLS = Path(sys.executable).parent
SHELL_SCRIPTS = sorted([*(PROJECT / "scripts").iterdir(), PROJECT / ".ci" / "run"])


def _lint(tool: str, *arguments: str | Path) -> str:
    if not (TOOLS / tool).exists():  # There is none to download for some processors.
        pytest.skip(f"{tool} is not installed")
    outcome = run([TOOLS / tool, *arguments], cwd=PROJECT)
    return outcome.stdout + outcome.stderr


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    assert _lint("shellcheck", "--external-sources", script) == ""


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_script_can_be_executed_unless_it_is_sourced(script: Path) -> None:
    assert os.access(script, os.X_OK) == script.read_text().startswith("#!")


def test_hadolint_has_nothing_to_say() -> None:
    assert _lint("hadolint", PROJECT / "Dockerfile") == ""
