from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Article
from index.engines import open_writer

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-the-tests"
COMMAND = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"]


def environment(**settings: object) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    return kept | {name: str(value) for name, value in settings.items()}


def check(**settings: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "--print-config"]
    return subprocess.run(
        command, cwd=PROJECT, env=environment(**settings), capture_output=True, text=True, check=False, timeout=60
    )


def test_settings_reach_gunicorn() -> None:
    done = check(DATELINE_HOST="::1", DATELINE_PORT=8123, DATELINE_WORKERS=3, DATELINE_THREADS=5, DATELINE_TIMEOUT=7)
    assert done.returncode == 0, done.stderr
    printed = dict(re.findall(r"^(\w+)\s+= (.*)$", done.stdout, re.MULTILINE))
    expected = {
        "bind": "['[::1]:8123']",
        "workers": "3",
        "threads": "5",
        "timeout": "7",
        "graceful_timeout": "30",
        "preload_app": "True",
        "worker_class": "gthread",
        "limit_request_line": "131072",
        "accesslog": "None",
        "loglevel": "info",
        "wsgi_app": "service:create_app()",
    }
    assert {name: printed[name] for name in expected} == expected
    assert printed["worker_tmp_dir"] == ("/dev/shm" if Path("/dev/shm").is_dir() else "None")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("DATELINE_WORKERS", "many", "a whole number from 1 to 256"),
        ("DATELINE_LOG_LEVEL", "loud", "one of debug, info, warning, error, critical"),
    ],
)
def test_wrong_setting_ends_with_one_line(name: str, value: str, allowed: str) -> None:
    done = check(**{name: value})
    line = f"dateline: {name} is {value!r}; it must be {allowed}.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)


@contextlib.contextmanager
def served(index: Path, home: Path, **more: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run gunicorn on a free port; gives the process and the address that it names in its log."""
    usual = {"DATELINE_INDEX": index, "DATELINE_PORT": 0, "DATELINE_WORKERS": 2, "HOME": home, "TMPDIR": home}
    settings = environment(**(usual | more))
    with subprocess.Popen(
        COMMAND, cwd=PROJECT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            found = None
            while found is None:
                line = process.stderr.readline()
                assert line, "gunicorn ended before it listened"
                found = re.search(r"Listening at: (http://\S+)", line)
            yield process, found[1]
        finally:
            if process.poll() is None:
                process.kill()


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=20) as response:
        return response.status, response.read().decode()


def test_service_answers_under_gunicorn_and_stops_when_told(seed_index: Path, tmp_path: Path) -> None:
    with served(seed_index, tmp_path) as (process, address):
        # Both workers, and every thread of each, have the engine from before the fork.
        for _ in range(20):
            assert get(f"{address}/api/search?q=lovefest")[1].count("<mark>lovefest</mark>") >= 1
        status, page = get(f"{address}/search?q=" + "x" * 2000)
        assert (status, "No articles" in page) == (200, True)
        # Whichever process is asked knows what all have counted.
        counted = 'dateline_requests_total{method="GET",route="/api/search",status="200"} 20.0'
        assert counted in get(f"{address}/metrics")[1]
        assert [path.name.rpartition("-")[0] for path in tmp_path.iterdir()] == ["dateline-metrics"]
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output, log = process.communicate(timeout=30)
        assert time.monotonic() - started < 15
    assert process.returncode == 0
    answered = [line for line in map(json.loads, output.splitlines()) if line["route"] == "/api/search"]
    assert [line["status"] for line in answered] == [200] * 20
    assert "lovefest" not in output
    assert "Traceback" not in log
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("character", ["x", "é", "語", "😀"])
def test_ten_thousand_characters_of_anything_get_an_answer_that_says_what_is_wrong(
    seed_index: Path, tmp_path: Path, character: str
) -> None:
    with served(seed_index, tmp_path) as (_, address):
        url = f"{address}/api/search?q={urllib.parse.quote(character * 10_000)}"
        with pytest.raises(urllib.error.HTTPError) as error, urllib.request.urlopen(url):
            pass
        with error.value as answer:
            assert answer.status == 400
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert "at most 2,000 characters; this one has 10,000" in answer.read().decode()


def test_a_request_line_has_an_end(seed_index: Path, tmp_path: Path) -> None:
    with served(seed_index, tmp_path) as (_, address):
        url = f"{address}/api/search?q={'x' * 200_000}"
        with pytest.raises(urllib.error.HTTPError) as error, urllib.request.urlopen(url):
            pass
        with error.value as answer:
            assert answer.status == 414


def test_who_takes_nothing_of_an_export_does_not_keep_the_thread(tmp_path: Path) -> None:
    with open_writer(str(tmp_path / "index")) as writer:
        for number in range(80):
            # More than all buffers between the two hold.
            writer.put(Article(id=f"article-{number}", title="A zebra", body=f"zebra {number} " * 12_000))
        writer.commit()
    alone = {"DATELINE_WORKERS": 1, "DATELINE_THREADS": 1, "DATELINE_SEND_TIMEOUT": 1}
    with served(tmp_path / "index", tmp_path, **alone) as (_, address), socket.socket() as client:
        # It listens a moment before it is ready, and who comes before that is not bound.
        assert get(f"{address}/healthz")[0] == 200
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        host, port = address.removeprefix("http://").split(":")
        client.connect((host, int(port)))
        client.sendall(b"GET /export.jsonl HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        started = time.monotonic()
        assert get(f"{address}/healthz")[0] == 200
        assert time.monotonic() - started > 0.5
        # What was on its way comes, and then the end: before the last chunk, which says that all is there.
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(1 << 20):
                received = part
        assert not received.endswith(b"0\r\n\r\n")


def send(address: str, path: str, method: str, body: bytes | None = None) -> int:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}{path}", body, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        status: int = response.status
        return status


def test_what_is_put_is_served_by_every_process_and_a_run_outlives_the_service(
    seed_index: Path, seed_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(seed_index, tmp_path / "index")
    changing = {"DATELINE_ADMIN_TOKEN": TOKEN, "DATELINE_SEEDS": seed_folder}
    with served(tmp_path / "index", tmp_path, **changing) as (process, address):
        for number in range(3):
            article = json.dumps({"title": f"Zebra {number}", "body": "A zebra."}).encode()
            assert send(address, "/api/articles/zebra", "PUT", article) == (200 if number else 201)
            titles = {json.loads(get(f"{address}/api/articles/zebra")[1])["title"] for _ in range(20)}
            assert titles == {f"Zebra {number}"}
        assert send(address, "/api/reindex", "POST") == 202
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    deadline = time.monotonic() + 60
    while not (tmp_path / "index" / "reindex.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_is_loaded_before_the_fork_is_no_more_looked_at_for_garbage() -> None:
    program = """
import gc, runpy, types
runpy.run_path("service/gunicorn.conf.py")["when_ready"](types.SimpleNamespace(LISTENERS=[]))
print(gc.get_freeze_count())
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, env=environment(), capture_output=True, text=True, check=True)
    assert int(done.stdout) > 1000
