"""The commands of a Markdown file, as a reader would type them; `test_readme.py` has the convention."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>sh|console)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_PROMPT = "$ "
_SERVES = re.compile(r"(^|[\s/])(serve|gunicorn)\s|^docker run\b.* (-p|--publish)\b")
_PORT = re.compile(r"--port[= ](\d+)|(?:-p|--publish)[= ](?:[\d.]+:)?(\d+):|:(\d+)\b")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its text, which may be of several lines, and the line of the file where it begins."""

    text: str
    line: int

    @property
    def serves(self) -> bool:
        """Say whether it goes on until it is stopped."""
        return bool(_SERVES.search(self.text + " ")) and "--help" not in self.text

    @property
    def port(self) -> int | None:
        """Return the port that it names, if it does."""
        found = _PORT.search(self.text)
        return int(next(filter(None, found.groups()))) if found else None

    @property
    def program(self) -> str:
        """Return the program that it runs, without a folder and without the variables set for it."""
        words = shlex.split(self.text, comments=True)
        return next((word.rsplit("/", 1)[-1] for word in words if not re.match(r"\w+=", word)), "")


def read_commands(markdown: str) -> list[Command]:
    """Return the commands of all blocks that are meant to be run, in their order."""
    commands: list[Command] = []
    for block in _FENCE.finditer(markdown):
        first_line = markdown.count("\n", 0, block.start("text")) + 1
        lines = [line.removeprefix(block["indent"]) for line in block["text"].splitlines()]
        commands += _commands_of(lines, first_line, prompted=block["language"] == "console")
    return commands


def _commands_of(lines: list[str], first_line: int, *, prompted: bool) -> list[Command]:
    commands: list[Command] = []
    begun: list[str] = []
    for number, line in enumerate(lines, start=first_line):
        if not begun and (not line.removeprefix(_PROMPT).split("#")[0].strip()):
            continue
        if not begun and prompted and not line.startswith(_PROMPT):
            continue  # what a command is shown to print
        begun.append(line if begun or not prompted else line.removeprefix(_PROMPT))
        if _is_complete("\n".join(begun)):
            commands.append(Command("\n".join(begun), number - len(begun) + 1))
            begun = []
    assert not begun, f"README.md, line {first_line}: the block ends within a command"
    return commands


def _is_complete(text: str) -> bool:
    """Ask bash whether a command ends here, or goes on in the next line."""
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return checked.returncode == 0 and "here-document" not in checked.stderr and not text.endswith("\\")
