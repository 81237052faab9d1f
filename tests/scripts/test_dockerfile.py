"""The Dockerfile without Docker: its own commands, run in folders of this machine.

The image's folders become folders of the test, and its Python the one that runs the tests; what makes users and
permissions is left out. Then the service is started by the image's command, with the image's settings.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from numba.core.caching import _CacheLocator as CacheLocator

from tests.scripts.checkout import (
    KERNELS,
    PROJECT,
    copy_checkout,
    free_port,
    get,
    lend_kernels,
    newcomers_environment,
    run,
    serving,
)

DOCKERFILE = PROJECT / "Dockerfile"
SITE_PACKAGES = f"lib/python3.{sys.version_info.minor}/site-packages"


def _instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with their arguments, continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    logical = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in logical)]


def arguments_of(instruction: str) -> list[str]:
    return [rest for word, rest in _instructions() if word == instruction]


@dataclass(frozen=True)
class Image:
    """What the Dockerfile makes, with its folders in a folder of the test."""

    root: Path
    environment: Mapping[str, str]

    def here(self, text: str) -> str:
        """Return a text of the Dockerfile with the image's folders replaced."""
        return re.sub(r"(?<![\w.])/(opt/dateline|source|data)\b", lambda found: f"{self.root}{found[0]}", text)

    def command(self, words: str) -> list[str]:
        """Return a command of the Dockerfile, which is in exec form: a list of strings in JSON."""
        program, *arguments = json.loads(self.here(words))
        return [str(self.root / "opt/dateline/bin" / program), *arguments]

    def started(self, words: str) -> list[str]:
        """Return a command as a container starts it."""
        (entrypoint,) = arguments_of("ENTRYPOINT")
        script = self.root / "container"
        script.write_text(self.here(Path(json.loads(self.here(entrypoint))[0]).read_text()))
        return ["sh", str(script), *self.command(words)]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    root = tmp_path_factory.mktemp("image")
    image = Image(root, {})
    context = tmp_path_factory.mktemp("context")
    copy_checkout(context)
    for folder in ("source", "opt", "data"):
        (root / folder).mkdir()
    build = newcomers_environment() | {"PYTHONDONTWRITEBYTECODE": ""}
    build["PATH"] = f"{Path(sys.executable).parent}:{build['PATH']}"
    for word, rest in _instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *names, target = rest.split()
            _copy(context, names, Path(image.here(target)) if target.startswith("/") else root / "source" / target)
        elif word == "RUN" and "useradd" not in rest:
            step = re.sub(r"^(--mount=\S+\s+)+", "", rest)
            if "index.codec.warm" in step:
                kernels = root / "opt/dateline" / SITE_PACKAGES / KERNELS
                subfolder = CacheLocator.get_suitable_cache_subpath(kernels / "terms.py")  # type: ignore[no-untyped-call]
                lend_kernels(kernels, root / "opt/dateline/kernels" / subfolder)
            outcome = run(["sh", "-ec", image.here(step)], cwd=root / "source", environment=build)
            assert outcome.returncode == 0, outcome.stderr
    shutil.rmtree(root / "source")
    settings = dict(pair.split("=", 1) for rest in arguments_of("ENV") for pair in shlex.split(image.here(rest))) | {
        "DATELINE_PORT": str(free_port()),
        "DATELINE_HOST": "127.0.0.1",
    }
    settings["PATH"] = settings["PATH"].replace("$PATH", os.defpath)
    settings["NUMBA_CACHE_DIR"] = str(root / "shm-kernels")
    return Image(root, settings)


def _copy(context: Path, names: list[str], target: Path) -> None:
    for name in names:
        if (context / name).is_dir():
            shutil.copytree(context / name, target)
        elif target.suffix:
            shutil.copy2(context / name, target)
        else:
            shutil.copy2(context / name, target / name)


def _files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_package_holds_all_that_the_service_needs(image: Image) -> None:
    installed = image.root / "opt/dateline" / SITE_PACKAGES
    wanted = [
        path.relative_to(PROJECT)
        for package in ("index", "service")
        for path in (PROJECT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert wanted
    assert [str(name) for name in wanted if not (installed / name).is_file()] == []


def test_package_brings_nothing_else_to_the_top(image: Image) -> None:
    """No tests, and no installer."""
    installed = {path.name for path in (image.root / "opt/dateline" / SITE_PACKAGES).iterdir()}
    assert {"index", "service"} <= installed
    assert not {"tests", "scripts", "seeds", "pip", "setuptools", "pytest"} & installed


def test_versions_are_those_of_the_constraints(image: Image) -> None:
    lines = (PROJECT / "constraints.txt").read_text().splitlines()
    pairs = (line.lower().split("==") for line in lines if line and not line.startswith("#"))
    pinned = {name.replace("-", "_").replace(".", "_"): version for name, version in pairs}
    names = [path.name.removesuffix(".dist-info") for path in (image.root / "opt/dateline").rglob("*.dist-info")]
    installed = dict(name.lower().replace("-", "_").rsplit("_", 1) for name in names)
    del installed["dateline"]
    assert installed
    assert installed == {name: pinned.get(name) for name in installed}


def test_service_runs_from_a_folder_that_nobody_writes_to(image: Image, tmp_path: Path) -> None:
    """Without an index it is up but not ready; after `reindex` it is both; and the image is as it was."""
    before = _files(image.root / "opt")
    (image.root / "data/index").mkdir()
    shutil.copytree(PROJECT / "seeds", image.root / "data/articles")
    port = int(image.environment["DATELINE_PORT"])
    (command,) = arguments_of("CMD")
    (check,) = (rest.partition("CMD ")[2] for rest in arguments_of("HEALTHCHECK"))
    health_check = image.command(check)
    assert run(health_check, cwd=tmp_path, environment=image.environment).returncode != 0
    with serving(
        image.started(command), port, tmp_path / "log", cwd=tmp_path, environment=image.environment
    ) as service:
        assert run(health_check, cwd=tmp_path, environment=image.environment).returncode == 0
        assert get(port, "/readyz")[0] == 503
        status, page = get(port, "/search?q=tillerson")
        assert (status, "reindex" in page) == (503, True)

        indexing = run(image.started('["reindex"]'), cwd=tmp_path, environment=image.environment)
        assert indexing.returncode == 0, indexing.stderr
        assert get(port, "/readyz")[0] == 200
        status, page = get(port, "/search?q=tillerson")
        assert (status, "Tillerson" in page) == (200, True)
        static = re.findall(r'"(/static/[^"]+)"', page)
        assert static
        assert [get(port, path)[0] for path in static] == [200] * len(static)
        assert service.stop() == 0
        kernels = {path.name for path in Path(image.environment["NUMBA_CACHE_DIR"]).rglob("*")}
        assert kernels == {path.name for path in (image.root / "opt/dateline/kernels").rglob("*")}
    assert _files(image.root / "opt") == before


def test_kernels_are_compiled_for_the_path_that_they_are_installed_at(image: Image) -> None:
    """Whoever compiles others, such as those of the build's own folder, leaves it to each container to compile."""
    cache = image.root / "opt/dateline/kernels"
    lent = PROJECT / KERNELS / "__pycache__"
    assert {path.name for path in cache.rglob("*.nbi")} == {path.name for path in lent.glob("*.nbi")}
    assert len(list(cache.iterdir())) == 1


def test_build_is_sent_all_that_is_copied_and_no_more() -> None:
    ignored, *sent = [
        line for line in (PROJECT / ".dockerignore").read_text().splitlines() if not line.startswith(("#", "**"))
    ]
    assert ignored == "*"
    copied = {
        name.rstrip("/") for rest in arguments_of("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]
    }
    top = {name.split("/")[0] for name in copied}
    assert {line.removeprefix("!").split("/")[0] for line in sent} == top


def test_container_is_not_run_by_root() -> None:
    (user,) = arguments_of("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
