"""The benchmark of parsing runs on a few documents; its figures are for reading, and nothing here is a floor."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.exists(), reason="the articles and pages to measure on are not beside the checkout")
def test_the_command_tells_documents_a_second() -> None:
    arguments = ["--corpus", str(DATA / "news.jsonl.gz"), "--pages", str(DATA / "pages")]
    done = CliRunner().invoke(main, ["parsing", *arguments, "--documents", "2", "--rounds", "1"])
    assert done.exit_code == 0, done.output
    for kind in ("news records", "text pages", "HTML pages"):
        assert f"| {kind} | 2 | " in done.output
