"""A plugin of pytest for Whoosh's own tests: checks that the codec is the default, and treats `exceptions.txt`.

A file that is listed there is left out. A test that is listed must fail: one that passes, or is no longer there, is a
failure of the run, so that the list cannot grow old.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import whoosh.codec

from index.codec import ColumnarCodec

LIST = Path(__file__).with_name("exceptions.txt")


def read_exceptions() -> dict[str, str]:
    """Return the reasons by what is excepted: a file, or a test by pytest's name for it."""
    exceptions: dict[str, str] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            exceptions[name] = reason.strip()
    return exceptions


def pytest_configure(config: pytest.Config) -> None:
    """Fail at once if the codec is not in place, or a file is not there; Python only warns of a broken hook."""
    if not isinstance(whoosh.codec.default_codec(), ColumnarCodec):
        raise pytest.UsageError("Whoosh's default codec is not the columnar one: is sitecustomize.py on the path?")
    for name in read_exceptions():
        if not (config.rootpath / name.partition("::")[0]).is_file():
            raise pytest.UsageError(f"{LIST}: there is no {name} any more")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files that are listed."""
    name = collection_path.relative_to(config.rootpath).as_posix() if collection_path.is_file() else ""
    return True if name in read_exceptions() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect the tests that are listed to fail."""
    exceptions = {name: reason for name, reason in read_exceptions().items() if "::" in name}
    for item in items:
        reason = exceptions.pop(item.nodeid, None)
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    whole_run = config.args == ["tests"] and not config.option.keyword
    if exceptions and whole_run:
        raise pytest.UsageError(f"{LIST}: there are no tests {', '.join(exceptions)} any more")
