"""`scripts/environment.sh`: when the environment is made, made again, and left alone.

A made-up project stands in for Dateline, and a made-up Python writes down when it is asked to make an environment
or to install, so that a case takes a moment. The real thing is the `checkout` of the other tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.scripts.checkout import PROJECT, newcomers_environment, run

# Making an environment puts a copy of this in it; $LOG and the rest come from the test.
PYTHON = r"""#!/usr/bin/env bash
case "$*" in
    *"-m venv"*)
        rm -rf "${@: -1}"
        mkdir -p "${@: -1}/bin"
        cp "$0" "${@: -1}/bin/python"
        echo venv >>"$LOG"
        ;;
    *"-m pip install"*)
        echo "pip ${@: -1}" >>"$LOG"
        sleep "${INSTALLING_TAKES:-0}"
        [[ -z ${INSTALLING_FAILS:-} ]] || { echo "no such package" >&2; exit 1; }
        printf '#!/bin/sh\necho "reindex $DATELINE_SEEDS $DATELINE_INDEX $@"\n' >"$(dirname "$0")/reindex"
        chmod +x "$(dirname "$0")/reindex"
        ;;
    *"-m pytest"*)
        echo "$*" >>"$LOG"
        echo "1 passed"
        ;;
    *"-m index.codec.warm"*) echo "kernels" >>"$LOG" ;;
    *ensurepip*) [[ -z ${NO_ENSUREPIP:-} ]] || exit 1 ;;
    *) exec "$REAL_PYTHON" "$@" ;;
esac
"""

# Stands in for ruff and mypy.
TOOL = r"""#!/usr/bin/env bash
echo "$(basename "$0") $*" >>"$LOG"
[[ ${FAILING:-} != "$(basename "$0")" ]]
"""


class Project:
    """A made-up project with Dateline's scripts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a project"
        self.log = folder / "log"
        self.python = folder / "python"
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)
        shutil.copytree(PROJECT / "scripts", self.folder / "scripts")
        tools = folder / "tools"
        tools.mkdir()
        for name in ("ruff", "mypy"):
            (tools / name).write_text(TOOL)
            (tools / name).chmod(0o755)
        for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
            (self.folder / name).write_text("one\n")
        self.kernels = self.folder / "index" / "codec" / "kernels"
        (self.kernels / "__pycache__").mkdir(parents=True)
        (self.kernels / "scoring.py").write_text("one\n")
        self.environment = newcomers_environment() | {
            "LOG": str(self.log),
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHON": str(self.python),
            "REAL_PYTHON": sys.executable,
        }

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the project, from elsewhere."""
        command = [self.folder / "scripts" / script, *arguments]
        return run(command, cwd=Path("/"), environment=self.environment | variables)

    def done(self) -> list[str]:
        """Return what was made and installed since the last time this was asked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def made(project: Project) -> Project:
    assert project.run("reindex").returncode == 0
    assert project.done() == ["venv", "pip .", "kernels"]
    return project


def test_first_run_makes_the_environment_and_says_so(project: Project) -> None:
    outcome = project.run("reindex")
    assert outcome.returncode == 0
    assert outcome.stderr == "Setting up the environment (once)…\nCompiling the kernels (once)…\n"
    assert outcome.stdout == f"reindex {project.folder}/seeds {project.folder}/var/index \n"


def test_second_run_makes_nothing_and_is_silent(made: Project) -> None:
    outcome = made.run("reindex")
    assert (outcome.returncode, outcome.stderr, made.done()) == (0, "", [])


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_on_top(made: Project, name: str) -> None:
    (made.folder / name).write_text("two\n")
    assert made.run("reindex").returncode == 0
    assert made.done() == ["pip .", "kernels"]
    assert made.run("reindex").returncode == 0
    assert made.done() == []


def test_a_changed_kernel_has_all_of_them_compiled_anew(made: Project) -> None:
    compiled = made.kernels / "__pycache__" / "sets.one.nbi"
    compiled.touch()
    (made.kernels / "scoring.py").write_text("two\n")
    outcome = made.run("reindex")
    assert (outcome.returncode, outcome.stderr) == (0, "Compiling the kernels (once)…\n")
    assert made.done() == ["kernels"]
    assert not compiled.exists()
    assert made.run("reindex").stderr == ""


def test_extras_are_installed_once_and_do_not_disturb_the_others(made: Project) -> None:
    made.run("test")
    assert made.done()[0] == "pip .[test]"
    made.run("reindex")
    assert made.done() == []
    made.run("test")
    assert not any(line.startswith(("venv", "pip")) for line in made.done())


def test_failed_installation_shows_its_reason_and_is_done_again(project: Project) -> None:
    outcome = project.run("reindex", INSTALLING_FAILS="yes")
    assert outcome.returncode == 1
    assert "no such package" in outcome.stderr
    assert outcome.stderr.endswith("dateline: the environment could not be made; pip's reason is above\n")
    project.done()
    assert project.run("reindex").returncode == 0
    assert project.done() == ["venv", "pip .", "kernels"]


def test_environment_whose_making_was_killed_is_made_again(project: Project) -> None:
    with subprocess.Popen(
        [project.folder / "scripts" / "reindex"],
        env=project.environment | {"INSTALLING_TAKES": "600"},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        while not project.log.exists() or "pip" not in project.log.read_text():
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    project.done()
    assert project.run("reindex").returncode == 0
    assert project.done() == ["venv", "pip .", "kernels"]


def test_update_that_was_killed_starts_from_nothing(made: Project) -> None:
    (made.folder / "constraints.txt").write_text("two\n")
    assert made.run("reindex", INSTALLING_FAILS="yes").returncode == 1
    assert made.done() == ["pip ."]
    assert made.run("reindex").returncode == 0
    assert made.done() == ["venv", "pip .", "kernels"]


def test_moved_checkout_gets_a_new_environment(made: Project) -> None:
    made.folder = made.folder.rename(made.folder.with_name("moved"))
    assert made.run("reindex").returncode == 0
    assert made.done() == ["venv", "pip .", "kernels"]


def test_environment_whose_python_is_gone_is_made_again(made: Project) -> None:
    (made.folder / ".venv" / "bin" / "python").unlink()
    (made.folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    assert made.run("reindex").returncode == 0
    assert made.done() == ["venv", "pip .", "kernels"]


def test_two_scripts_at_once_make_one_environment(project: Project) -> None:
    running = [
        subprocess.Popen(
            [project.folder / "scripts" / "reindex"],
            env=project.environment | {"INSTALLING_TAKES": "0.5"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    errors = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    assert project.done() == ["venv", "pip .", "kernels"]
    assert "Waiting for another script that is setting up the environment" in "".join(errors)


def test_old_python_is_refused_in_one_line(project: Project) -> None:
    old = project.folder / "old"
    old.write_text('#!/bin/sh\ncase "$*" in --version) echo Python 3.10.13 ;; *version_info*) exit 1 ;; esac\n')
    old.chmod(0o755)
    outcome = project.run("reindex", PYTHON=str(old))
    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"dateline: Python 3.11 or newer is needed, but {old} is Python 3.10.13; PYTHON=/path/to/python3 names one\n"
    )


def test_missing_python_is_named(project: Project) -> None:
    outcome = project.run("reindex", PYTHON="/nowhere/python3")
    assert outcome.returncode == 1
    assert "but there is no /nowhere/python3;" in outcome.stderr


def test_python_without_venv_is_told_how_to_get_it(project: Project) -> None:
    outcome = project.run("reindex", NO_ENSUREPIP="yes")
    assert outcome.returncode == 1
    assert outcome.stderr.endswith("apt install python3-venv\n")
    assert len(outcome.stderr.splitlines()) == 1


def test_test_runs_every_step_and_ends_with_pytests_line(made: Project) -> None:
    outcome = made.run("test", "tests/one", "-k", "a b")
    assert outcome.returncode == 0, outcome.stderr
    assert made.done()[2:] == ["ruff check", "ruff format --check", "mypy ", "-m pytest tests/one -k a b"]
    assert outcome.stdout.splitlines()[-1] == "1 passed"
    assert [line for line in outcome.stdout.splitlines() if line.startswith("==")] == [
        "== ruff check ==",
        "== ruff format --check ==",
        "== mypy ==",
        "== pytest tests/one -k a b ==",
    ]


def test_test_stops_at_the_first_step_that_fails(made: Project) -> None:
    outcome = made.run("test", FAILING="mypy")
    assert outcome.returncode == 1
    assert "== pytest" not in outcome.stdout
    assert outcome.stderr.endswith("dateline: 'mypy' failed, and what comes after it was not run\n")
