"""The walls that ARCHITECTURE.md promises: what imports what, how long modules are, and that it names real places."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import regex

ROOT = Path(__file__).parent.parent
INDEX = sorted((ROOT / "index").rglob("*.py"))
SERVICE = sorted((ROOT / "service").rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def matching(names: set[str], *packages: str) -> set[str]:
    return {name for name in names for package in packages if name == package or name.startswith(package + ".")}


@pytest.mark.parametrize("path", INDEX, ids=str)
def test_the_index_knows_nothing_of_the_service(path: Path) -> None:
    assert matching(imported(path), "flask", "werkzeug", "service") == set()


@pytest.mark.parametrize("path", SERVICE, ids=str)
def test_the_service_knows_an_engine_by_its_port_alone(path: Path) -> None:
    assert matching(imported(path), "whoosh", "index.engines", "index.schema", "index.query_tree", "index.job") == set()


KERNELS = [path for path in INDEX if path.parent.name == "kernels"]


@pytest.mark.parametrize("path", KERNELS, ids=str)
def test_kernels_import_numpy_and_numba_alone(path: Path) -> None:
    names = imported(path)
    allowed = matching(names, "numpy", "numba", "__future__", "math")
    # numba's cache of a kernel does not see an edit in another file; of these it is told by a number.
    allowed |= matching(names, "ctypes", "typing") if path.stem == "addresses" else matching(names, *_NUMBERED)
    allowed |= matching(names, "sys") if path.stem == "__init__" else set()
    assert names - allowed - {"index.codec.kernels"} == set()


_NUMBERED = tuple(f"index.codec.kernels.{name}" for name in ("addresses", "lists", "phrases", "top_k"))


@pytest.mark.parametrize("arguments", [["-m", "index.cli", "--help"], ["-c", "import index, index.codec"]], ids=str)
def test_what_runs_no_kernel_does_not_import_numba(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "index.engine" in done.stderr
    assert "numba" not in done.stderr


def test_a_run_that_changes_nothing_loads_no_kernel(seed_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "index.cli", str(seed_folder), "--index", str(tmp_path / "i")]
    first, second = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr for _ in range(2)
    )
    assert "numba" in first
    assert "index.engines.local.writer" in second
    assert "numba" not in second
    assert "trafilatura" not in second


@pytest.mark.parametrize("path", [*INDEX, *SERVICE], ids=str)
def test_modules_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    # Kernels that call each other share a file: numba's cache does not notice an edit in another.
    assert len(text.splitlines()) <= (600 if path in KERNELS else 500)


def test_architecture_names_real_places_and_is_short() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    for heading in regex.findall(r"^## (.*)$", text, regex.MULTILINE):
        assert heading.endswith("?")
        for place in regex.findall(r"`([^`]+)`", heading):
            assert (ROOT / place).exists(), place


def test_architecture_has_a_place_for_every_module() -> None:
    everywhere = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    of_clusters = (ROOT / "docs" / "opensearch.md").read_text(encoding="utf-8")
    for path in [*INDEX, *SERVICE]:
        relative = path.relative_to(ROOT)
        text = of_clusters if path.parent.name == "opensearch" else everywhere
        if path.name != "__init__.py":
            assert regex.search(rf"[`/]{regex.escape(path.name)}`", text), relative
