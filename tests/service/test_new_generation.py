"""What is committed is served by every process within a second, and no request fails on the way."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from index.job import run
from tests.service.test_gunicorn import get, served


def test_a_new_generation_is_served_within_a_second(seed_folder: Path, tmp_path: Path) -> None:
    index, home = tmp_path / "index", tmp_path / "home"
    home.mkdir()
    run([seed_folder], str(index))
    failed: list[str] = []
    done = threading.Event()

    def keep_asking(address: str) -> None:
        while not done.wait(0.02):
            try:
                get(f"{address}/api/search?q=moscow")
            except OSError as error:
                failed.append(str(error))

    with served(index, home) as (_, address):
        asking = threading.Thread(target=keep_asking, args=(address,))
        asking.start()
        try:
            for generation in (2, 3):
                name = f"flood-{generation}.txt"
                (seed_folder / name).write_text(f"Flood {generation} in the valley\n\nThe river rose in the night.")
                assert run([seed_folder], str(index)).generation == generation
                time.sleep(1)
                # Whichever process answers.
                for _ in range(10):
                    assert json.loads(get(f"{address}/api/search?q=flood")[1])["total"] == generation - 1
                    assert json.loads(get(f"{address}/readyz")[1])["generation"] == generation
            assert f"dateline_index_generation {generation}.0" in get(f"{address}/metrics")[1]
        finally:
            done.set()
            asking.join()
    assert failed == []
