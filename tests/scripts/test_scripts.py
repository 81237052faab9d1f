"""`scripts/serve` and `scripts/reindex` in a real checkout, called as people call them."""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

import pytest

from tests.scripts.checkout import PROJECT, free_port, get, newcomers_environment, run, serving

USAGE_ERRORS = [
    (["--nope"], "there is no option '--nope'"),
    (["--nope=3"], "there is no option '--nope'"),
    (["seeds"], "there is no option 'seeds'"),
    (["--port"], "--port needs a value"),
    (["--port="], "--port needs a value"),
    (["--host", "--port", "8000"], "--host needs a value"),
    (["--workers"], "--workers needs a value"),
    (["--index", ""], "--index needs a value"),
]


def test_serve_indexes_the_samples_once_and_starts_at_once_from_then_on(checkout: Path, tmp_path: Path) -> None:
    """From another folder, through a link, with an index named from there; twice."""
    serve = tmp_path / "serve"
    serve.symlink_to(checkout / "scripts" / "serve")
    # What gunicorn would import from the folder where it is started.
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "__init__.py").write_text("raise AssertionError\n")
    port = free_port()
    command = [serve, "--index", "my index", f"--port={port}", "--workers", "1"]
    environment = newcomers_environment()

    with serving(command, port, tmp_path / "first", cwd=tmp_path, environment=environment) as service:
        assert get(port, "/readyz")[0] == 200
        assert (tmp_path / "my index" / "CURRENT").is_file()
        assert service.stop() == 0
    assert f"Dateline is at http://127.0.0.1:{port}/" in service.output()
    assert "indexing the sample articles" in service.output()

    started = time.monotonic()
    with serving(command, port, tmp_path / "second", cwd=tmp_path, environment=environment) as service:
        # It takes a second. The bound leaves room for a busy machine, and still tells if anything is made anew.
        assert time.monotonic() - started < 10
        assert get(port, "/readyz")[0] == 200
        assert service.stop() == 0
    assert "indexing the sample articles" not in service.output()


def test_serve_stops_with_its_workers(checkout: Path, tmp_path: Path) -> None:
    port = free_port()
    command = [checkout / "scripts" / "serve", "--port", str(port), "--workers", "2"]
    environment = newcomers_environment() | {"DATELINE_INDEX": str(tmp_path / "index")}
    with serving(command, port, tmp_path / "log", cwd=Path("/"), environment=environment) as service:
        assert service.stop() == 0
        with pytest.raises(ConnectionRefusedError):
            get(port, "/healthz")


@pytest.mark.parametrize(("arguments", "message"), USAGE_ERRORS)
def test_serve_refuses_wrong_options_in_one_line(checkout: Path, arguments: list[str], message: str) -> None:
    outcome = run([checkout / "scripts" / "serve", *arguments], cwd=Path("/"))
    assert outcome.returncode == 2
    assert outcome.stderr == f"dateline: {message}; see scripts/serve --help\n"
    assert outcome.stdout == ""


def test_serve_help_names_every_option(checkout: Path) -> None:
    outcome = run([checkout / "scripts" / "serve", "--help"], cwd=Path("/"))
    assert outcome.returncode == 0
    for option in ("--host", "--port", "--workers", "--index"):
        assert option in outcome.stdout


def test_serve_says_in_one_line_that_a_port_is_taken(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "CURRENT").touch()  # the port is what is asked about, not the index
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome = run([checkout / "scripts" / "serve", "--index", tmp_path, "--port", str(port)], cwd=Path("/"))
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"dateline: cannot listen on 127.0.0.1, port {port}: address already in use")
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize("port", ["http", "65536", "-1"])
def test_serve_says_in_one_line_that_a_port_makes_no_sense(checkout: Path, tmp_path: Path, port: str) -> None:
    (tmp_path / "CURRENT").touch()
    outcome = run([checkout / "scripts" / "serve", "--index", tmp_path, "--port", port], cwd=Path("/"))
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"dateline: DATELINE_PORT is '{port}'")
    assert len(outcome.stderr.splitlines()) == 1


def test_serve_makes_no_index_that_is_not_a_folder(checkout: Path, tmp_path: Path) -> None:
    port = "http"  # ends it before it serves
    outcome = run([checkout / "scripts" / "serve", "--index", "https://search.example/", "--port", port], cwd=tmp_path)
    assert outcome.returncode == 1
    assert "indexing" not in outcome.stderr
    assert list(tmp_path.iterdir()) == []


def test_reindex_shows_its_help(checkout: Path) -> None:
    outcome = run([checkout / "scripts" / "reindex", "--help"], cwd=Path("/"))
    assert outcome.returncode == 0
    assert outcome.stdout.startswith("Usage: reindex")
    assert outcome.stderr == ""


def test_reindex_takes_paths_relative_to_the_caller(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "seeds", tmp_path / "my articles")
    outcome = run([checkout / "scripts" / "reindex", "my articles", "--index", "my index"], cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert (tmp_path / "my index" / "CURRENT").is_file()


def test_reindex_has_defaults_in_the_project_wherever_it_is_called(checkout: Path, tmp_path: Path) -> None:
    outcome = run([checkout / "scripts" / "reindex"], cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert (checkout / "var" / "index" / "CURRENT").is_file()
    assert list(tmp_path.iterdir()) == []


def test_reindex_leaves_wrong_options_to_the_command(checkout: Path) -> None:
    outcome = run([checkout / "scripts" / "reindex", "--nope"], cwd=Path("/"))
    assert outcome.returncode == 2
    assert "--nope" in outcome.stderr
