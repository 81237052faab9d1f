"""Every command of README.md, run as a newcomer would: in order, in a fresh copy of the checkout.

The convention for whoever writes the README:

- A block fenced as ```sh is run, each command by itself under bash, its status checked. Of a block fenced as
  ```console the lines that begin with `$ ` are run; the others show output, and are not compared. Any other fence
  (```text, ```python, ```json, ```yaml, ```ini …) is not run: it is the place for what is not true as it stands, such
  as a command with a placeholder.
- The current folder and exported variables are kept from one command to the next. With a `git clone`, which the copy
  stands for, the folder at first is the one above the copy; without one it is the copy.
- A command that serves (`./scripts/serve …`, gunicorn, `docker run -p …`) goes on in the background, as in a
  terminal of its own, until another one serves. The next command comes when it answers on /healthz. A container
  is not detached, so that it can be stopped.
- curl fails for a status of 400 and more.
- A port that something else on this machine listens on is replaced by a free one in every command.
- What is not run is listed as skipped, with the reason; `SKIPPED` has the rules.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.scripts.checkout import PROJECT, free_port, is_free, newcomers_environment, run, serving
from tests.scripts.readme import Command, read_commands

README = PROJECT / "README.md"
COMMANDS = read_commands(README.read_text(encoding="utf-8")) if README.exists() else []

SKIPPED = {
    "test": "runs the tests, this one among them",
    "bench": "takes minutes",
    "sudo": "changes the machine",
    "apt": "changes the machine",
    "apt-get": "changes the machine",
    "brew": "changes the machine",
    "systemctl": "changes the machine",
    "open": "needs a desktop",
    "xdg-open": "needs a desktop",
}
CLONE = re.compile(r"git clone( -\S+)* \S+")
STANDARD_PORT = 8000


@cache
def _has_docker_engine() -> bool:
    """Say whether the image could be built: an engine runs, and can get the base image."""
    if shutil.which("docker") is None:
        return False
    base = re.findall(r"^FROM (\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)[-1]
    steps = [["docker", "info"], ["docker", "pull", "--quiet", base]]
    return all(subprocess.run(step, capture_output=True, check=False).returncode == 0 for step in steps)


def _reason_to_skip(command: Command) -> str | None:
    if command.program == "docker" and not _has_docker_engine():
        return "there is no Docker engine here that can get the base image"
    if command.program == "curl" and shutil.which("curl") is None:
        return "there is no curl here"
    return SKIPPED.get(command.program)


class Reader:
    """Runs the commands one after the other, and remembers what came of each."""

    def __init__(self, checkout: Path, home: Path) -> None:
        self._folder = checkout.parent if any(CLONE.search(command.text) for command in COMMANDS) else checkout
        self._home = home
        (home / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        self._environment = newcomers_environment() | {"CURL_HOME": str(home)}
        self._serving = contextlib.ExitStack()
        self._failures: list[str | None] = []
        ports = {command.port for command in COMMANDS if command.serves} - {None} | {STANDARD_PORT}
        self._ports = {port: port if is_free(port) else free_port() for port in ports if port is not None}
        if self._ports[STANDARD_PORT] != STANDARD_PORT:
            self._environment["DATELINE_PORT"] = str(self._ports[STANDARD_PORT])

    def failure(self, number: int) -> str | None:
        """Run the commands up to this one, where not done yet, and return how it failed, if it did."""
        while len(self._failures) <= number:
            command = COMMANDS[len(self._failures)]
            self._failures.append(None if _reason_to_skip(command) else self._run(command))
        return self._failures[number]

    def close(self) -> None:
        """Stop what still serves."""
        self._serving.close()

    def _run(self, command: Command) -> str | None:
        text = CLONE.sub(":", command.text)
        for port, replacement in self._ports.items():
            # Of `docker run -p 8000:8000` the second is the port inside of the container.
            text = re.sub(rf"(?<!{port}:)\b{port}\b", str(replacement), text)
        if command.serves:
            return self._serve(command, text.rstrip("& "))
        # The folder and the variables that the command leaves behind are the next one's.
        state = self._home / "state"
        script = f'trap \'env -0 >"$0"; pwd >"$0.folder"\' EXIT\n{text}'
        outcome = run(["bash", "-o", "pipefail", "-c", script, state], cwd=self._folder, environment=self._environment)
        self._folder = Path(state.with_suffix(".folder").read_text().removesuffix("\n"))
        variables = (line.partition("=") for line in state.read_text().split("\0") if line)
        self._environment = {name: value for name, _, value in variables}
        if outcome.returncode:
            return f"status {outcome.returncode} of: {text}\n{outcome.stdout}{outcome.stderr}"
        return None

    def _serve(self, command: Command, text: str) -> str | None:
        self._serving.close()
        if command.program == "docker":
            text = re.sub(r" (-d|--detach|--rm)\b", "", text).replace("docker run", "docker run --rm", 1)
        port = self._ports[command.port or STANDARD_PORT]
        log = self._home / f"service-{len(self._failures)}"
        try:
            self._serving.enter_context(
                serving(["bash", "-c", f"exec {text}"], port, log, cwd=self._folder, environment=self._environment)
            )
        except AssertionError as error:
            return f"{text}: {error}"
        return None


@pytest.fixture(scope="module")
def reader(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    reader = Reader(checkout, tmp_path_factory.mktemp("reader"))
    yield reader
    reader.close()


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, id=f"line {command.line}: {command.text.splitlines()[0]}")
        for number, command in enumerate(COMMANDS)
    ],
)
def test_command(reader: Reader, number: int) -> None:
    reason = _reason_to_skip(COMMANDS[number])
    if reason:
        pytest.skip(f"{COMMANDS[number].text}: {reason}")
    failure = reader.failure(number)
    assert failure is None, failure


def test_readme_shows_the_two_commands_that_start_everything() -> None:
    assert {"./scripts/serve", "./scripts/test"} <= {command.text for command in COMMANDS}


def test_commands_are_read_from_their_fences() -> None:
    markdown = """
```sh
# A remark.
./scripts/serve --port 9000   # until Ctrl-C

curl \\
  'http://127.0.0.1:9000/'
for x in 1 2; do
    echo $x
done
```
- an item
  ```console
  $ LANG=C ./scripts/test
  1 passed
  ```
```python
print("no command")
```
"""
    commands = read_commands(markdown)
    assert [(command.line, command.program, command.serves, command.port) for command in commands] == [
        (4, "serve", True, 9000),
        (6, "curl", False, 9000),
        (8, "for", False, None),
        (14, "test", False, None),
    ]
