from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from index.errors import DatelineError
from service.settings import PREFIX, SETTINGS, SettingError, Settings, read_settings, settings_table

PROJECT = Path(__file__).resolve().parents[2]


def test_every_setting_has_its_field_and_every_field_its_setting() -> None:
    assert [setting.name for setting in SETTINGS] == [PREFIX + field.name.upper() for field in fields(Settings)]


def test_defaults_are_what_the_table_says() -> None:
    settings = read_settings(environment={})
    assert settings == Settings(
        index="var/index",
        archive_name="Dateline",
        page_size=10,
        max_page_size=100,
        max_query_length=2000,
        max_query_cost=500_000_000,
        max_query_seconds=10,
        max_request_size=1_048_576,
        rate_limit="",
        rate_storage="memory://",
        trusted_proxies=0,
        admin_token="",
        seeds="seeds",
        host="127.0.0.1",
        port=8000,
        workers=2,
        threads=4,
        timeout=30,
        send_timeout=30,
        log_level="info",
        log_format="auto",
        log_queries="off",
        cors_origins="",
    )
    for setting in SETTINGS:
        assert str(getattr(settings, setting.name.removeprefix(PREFIX).lower())) == setting.default


def test_the_token_is_in_nothing_that_is_made_of_the_settings() -> None:
    token = "a-token-of-the-tests"
    settings = read_settings({"DATELINE_ADMIN_TOKEN": token}, {})
    assert settings.admin_token == token
    # Tags of answers are made of it, from which a token that is easily guessed could be.
    assert token not in repr(settings)
    with pytest.raises(SettingError) as error:
        read_settings({"DATELINE_ADMIN_TOKEN": f"{token} "[-10:] + "!"}, {})
    assert token[-9:] not in str(error.value)


def test_config_wins_over_the_environment_and_the_environment_over_the_default() -> None:
    environment = {"DATELINE_PORT": "9000", "DATELINE_THREADS": "8"}
    settings = read_settings({"DATELINE_PORT": 7000}, environment)
    assert (settings.port, settings.threads, settings.workers) == (7000, 8, 2)


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_variable_is_one_that_is_not_set(blank: str) -> None:
    assert read_settings(environment={"DATELINE_PORT": blank, "DATELINE_INDEX": blank}) == read_settings(environment={})


def test_path_can_be_given_as_a_path_and_case_of_a_level_does_not_matter() -> None:
    settings = read_settings({"DATELINE_INDEX": Path("/srv/index")}, {"DATELINE_LOG_LEVEL": "WARNING"})
    assert (settings.index, settings.log_level) == ("/srv/index", "warning")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("DATELINE_PORT", "http", "a whole number from 0 to 65535"),
        ("DATELINE_LOG_QUERIES", "yes", "one of on, off"),
        ("DATELINE_CORS_ORIGINS", "example.org", "addresses such as https://example.org with commas between, or *"),
        ("DATELINE_CORS_ORIGINS", "https://a.org/x", "addresses such as https://example.org with commas between, or *"),
        ("DATELINE_PORT", "65536", "a whole number from 0 to 65535"),
        ("DATELINE_PORT", "-1", "a whole number from 0 to 65535"),
        ("DATELINE_PORT", "٨٠٠٠", "a whole number from 0 to 65535"),
        ("DATELINE_PORT", "9" * 5000, "a whole number from 0 to 65535"),
        ("DATELINE_MAX_QUERY_SECONDS", "0.5", "a whole number from 0 to 3600"),
        ("DATELINE_SEND_TIMEOUT", "0", "a whole number from 1 to 3600"),
        ("DATELINE_WORKERS", "0", "a whole number from 1 to 256"),
        ("DATELINE_THREADS", "2.5", "a whole number from 1 to 256"),
        ("DATELINE_TIMEOUT", "30s", "a whole number from 1 to 3600"),
        ("DATELINE_PAGE_SIZE", "0", "a whole number from 1 to 1000"),
        ("DATELINE_MAX_PAGE_SIZE", "1001", "a whole number from 1 to 1000"),
        ("DATELINE_MAX_QUERY_LENGTH", "9000", "a whole number from 1 to 8000"),
        ("DATELINE_LOG_LEVEL", "loud", "one of debug, info, warning, error, critical"),
    ],
)
def test_wrong_value_is_named_with_its_variable_and_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_settings(environment={name: value})
    assert str(caught.value) == f"{name} is {value!r}; it must be {allowed}."


def test_page_can_not_be_larger_than_the_largest_page() -> None:
    with pytest.raises(SettingError, match=r"DATELINE_PAGE_SIZE is 50; .* DATELINE_MAX_PAGE_SIZE, which is 20"):
        read_settings({"DATELINE_PAGE_SIZE": 50, "DATELINE_MAX_PAGE_SIZE": 20}, {})


def test_misspelt_setting_in_a_config_is_an_error_and_in_the_environment_another_programs() -> None:
    with pytest.raises(DatelineError, match="no setting DATELINE_PROT; there are DATELINE_INDEX"):
        read_settings({"DATELINE_PROT": 7000}, {})
    assert read_settings({"TESTING": True}, {"DATELINE_PROT": "7000"}).port == 8000


def test_running_the_module_prints_the_table_and_nothing_else() -> None:
    command = [sys.executable, "-m", "service.settings"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (settings_table() + "\n", "")


def test_readme_has_every_setting_as_it_is() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    rows = settings_table().splitlines()
    assert len(rows) == len(SETTINGS) + 2
    assert [row for row in rows if row not in readme] == [], "python -m service.settings prints the table"
