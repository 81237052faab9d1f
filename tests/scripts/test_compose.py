"""The compose file without an engine: what it names is there, in the image and in the settings."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from typing import Any

import pytest
import yaml

from service.settings import SETTINGS
from tests.scripts.checkout import PROJECT
from tests.scripts.test_dockerfile import arguments_of


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
    return loaded


def test_there_are_a_service_a_job_and_the_volume_of_both(compose: dict[str, Any]) -> None:
    assert list(compose["services"]) == ["service", "reindex"]
    assert list(compose["volumes"]) == ["index"]
    for service in compose["services"].values():
        assert (service["image"], service["build"], service["read_only"]) == ("dateline", ".", True)
        assert f"index:{arguments_of('VOLUME')[0]}" in service["volumes"]


def test_the_job_reads_the_folder_that_the_image_looks_into(compose: dict[str, Any]) -> None:
    job, service = (compose["services"][name] for name in ("reindex", "service"))
    assert job["command"] == ["reindex"]
    setup = configparser.ConfigParser()
    setup.read(PROJECT / "setup.cfg")
    assert "reindex = " in setup["options.entry_points"]["console_scripts"]
    assert f"${{DATELINE_ARTICLES:-./seeds}}:{_environment()['DATELINE_SEEDS']}:ro" in job["volumes"]
    # It may be asked to begin the same.
    assert service["volumes"] == job["volumes"]
    assert (PROJECT / "seeds").is_dir()


def test_the_port_and_the_settings_are_those_of_the_service(compose: dict[str, Any]) -> None:
    service = compose["services"]["service"]
    assert [port.rpartition(":")[2] for port in service["ports"]] == [_environment()["DATELINE_PORT"]]
    assert set(service["environment"]) <= {setting.name for setting in SETTINGS}
    assert json.loads(arguments_of("CMD")[0])[0] == "gunicorn"
    grace = re.search(r"^graceful_timeout = (\d+)$", (PROJECT / "service/gunicorn.conf.py").read_text(), re.MULTILINE)
    assert grace is not None
    assert int(service["stop_grace_period"].removesuffix("s")) > int(grace[1])


def test_nothing_is_written_to_a_file_system_that_is_read_only() -> None:
    assert _environment()["TMPDIR"] == "/dev/shm"
    assert _environment()["NUMBA_CACHE_DIR"].startswith("/dev/shm/")


def _environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in arguments_of("ENV") for pair in shlex.split(rest))
