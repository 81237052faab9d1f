"""Two OpenSearch nodes on this machine, each a process of its own: `python -m tests.opensearch.nodes` runs them.

Their jars come from Maven Central, as `pom.xml` says. The first node decides for the cluster, as one of two must; the
second holds as many shards, and can be killed.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FOLDER = Path(__file__).parent
# Of each node. What is searched here is a few megabytes.
_HEAP = ("-Xms256m", "-Xmx512m")
# Compiled once, not well: the nodes live for a minute or two.
_JVM = (*_HEAP, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_START_SECONDS = 180


class NoClusterError(Exception):
    """The nodes cannot run here; the text says why."""


def class_path() -> str:
    """Return the jars of OpenSearch, which Maven downloads the first time; raises `NoClusterError`."""
    for program in ("java", "mvn"):
        if not shutil.which(program):
            raise NoClusterError(f"there is no {program} here")
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "classpath"
        command = ["mvn", "--quiet", "--batch-mode", f"--file={FOLDER / 'pom.xml'}", "dependency:build-classpath"]
        done = subprocess.run(
            [*command, f"-Dmdep.outputFile={written}"],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise NoClusterError(f"Maven says: {done.stdout.strip()[-1000:]}")
        return written.read_text(encoding="utf-8")


class Nodes:
    """A cluster of two nodes, while the `with` block lasts; its data is deleted then."""

    def __init__(self) -> None:
        self._class_path = class_path()
        self._folder = Path(tempfile.mkdtemp(prefix="opensearch-"))
        self._transports = [_free_port(), _free_port()]
        self.ports = [_free_port(), _free_port()]
        self._processes: list[subprocess.Popen[bytes] | None] = [None, None]

    @property
    def url(self) -> str:
        """Return what an index on the cluster is called, but for its name."""
        return "opensearch+http://" + ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def __enter__(self) -> Self:
        try:
            for number in range(2):
                self.start(number)
            self.wait_for("/_cluster/health", number_of_nodes=2)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, number: int) -> None:
        """Start a node, with the data that it had."""
        base = self._folder / f"node-{number}"
        base.mkdir(exist_ok=True)
        settings = {
            "base": base,
            "cluster.name": f"dateline-{self._folder.name}",
            "node.name": f"node-{number}",
            "node.roles": "data" if number else "cluster_manager,data",
            "network.host": "127.0.0.1",
            "http.port": self.ports[number],
            "transport.port": self._transports[number],
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for port in self._transports),
            # A disk that is nearly full is none of the tests' business.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }
        if not number:
            settings["cluster.initial_cluster_manager_nodes"] = "node-0"
        log = (self._folder / f"node-{number}.log").open("ab")
        with log:
            self._processes[number] = subprocess.Popen(
                [
                    "java", *_JVM, "-cp", self._class_path, str(FOLDER / "ClusterNode.java"),
                    *(f"{name}={value}" for name, value in settings.items()),
                ],
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=base,
                env=os.environ | {"JAVA_TOOL_OPTIONS": ""},
            )  # fmt: skip

    def kill(self, number: int) -> None:
        """Kill a node: nothing is said to anybody."""
        process = self._processes[number]
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
            self._processes[number] = None

    def ask(self, path: str, method: str = "GET") -> Any:
        """Return what the first node answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=10)
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def wait_for(self, path: str, **values: object) -> None:
        """Wait until an answer has some values; raises `NoClusterError` where that takes too long, or a node ended."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            for number, process in enumerate(self._processes):
                if process is not None and process.poll() is not None:
                    raise NoClusterError(f"node {number} has ended: {self._last_words(number)}")
            try:
                answer = self.ask(path)
            except (OSError, ValueError, http.client.HTTPException):
                answer = {}
            if all(answer.get(name) == value for name, value in values.items()):
                return
            time.sleep(0.2)
        raise NoClusterError(f"{path} has not had {values} in {_START_SECONDS} s: {self._last_words(0)}")

    def _last_words(self, number: int) -> str:
        log = self._folder / f"node-{number}.log"
        return log.read_text(encoding="utf-8", errors="replace")[-1000:] if log.exists() else "it has said nothing"

    def close(self) -> None:
        """Kill both, and delete their data."""
        for number in range(2):
            self.kill(number)
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


if __name__ == "__main__":
    with Nodes() as nodes:
        sys.stdout.write(f"{nodes.url}/articles\n")
        sys.stdout.flush()
        sys.stdin.read()
