"""Runs a target under atheris: `python -m tests.fuzz TARGET [OPTIONS]`; the options are libFuzzer's."""

from __future__ import annotations

import sys
import tempfile

import atheris

with atheris.instrument_imports(include=["index"]):
    from tests.fuzz.targets import CORPUS, TARGETS


def main() -> None:
    """Fuzz until something is found or the options say that it is enough."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"Name what to fuzz: {', '.join(TARGETS)}")
    name = sys.argv.pop(1)
    # What is new goes into the first folder, and the corpus stays as it is.
    atheris.Setup([*sys.argv, tempfile.mkdtemp(prefix="dateline-fuzz-"), str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
