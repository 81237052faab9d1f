"""The settings of the service: their names, defaults, meaning and limits, in one table.

Each is an environment variable, and a key of `create_app`'s config under the same name. The README's table is
printed from here (`python -m service.settings`), so that there is one place to read and none to forget.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from index.errors import DatelineError

PREFIX = "DATELINE_"

# A scheme, a host and perhaps a port, as a browser writes them.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")


# What a header can carry, and nobody guesses.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")


class SettingError(DatelineError):
    """A setting with a value that cannot be used; the text says which, and what is allowed."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"{name} is {value!r}; it must be {allowed}.")
        self.name = name


class Setting(NamedTuple):
    """One setting: its variable, its default as it would be written there, its meaning, and how it is read."""

    name: str
    default: str
    help: str
    read: Callable[[str, str], str | int]


def _text(_name: str, value: str) -> str:
    return value


def _whole_number(minimum: int, maximum: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        # The length is looked at first: Python refuses to convert thousands of digits, with an error of its own.
        if value.isascii() and value.isdigit() and len(value) < 12 and minimum <= int(value) <= maximum:
            return int(value)
        raise SettingError(name, value, f"a whole number from {minimum} to {maximum}")

    return read


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value.lower() in allowed:
            return value.lower()
        raise SettingError(name, value, f"one of {', '.join(allowed)}")

    return read


def _origins(name: str, value: str) -> str:
    origins = [origin.strip().rstrip("/") for origin in value.split(",") if origin.strip()]
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise SettingError(name, value, "addresses such as https://example.org with commas between, or *")
    return ",".join(origins)


def _token(name: str, value: str) -> str:
    if value and not _TOKEN.fullmatch(value):
        # What is nearly right is not for the log either.
        raise SettingError(name, "*" * len(value), "16 or more letters, digits and any of - . _ ~ + / =")
    return value


def _rate(name: str, value: str) -> str:
    if value:
        # Its own reading is the only one that is sure; it is loaded by those alone who want a limit.
        from limits import parse_many  # noqa: PLC0415

        try:
            parse_many(value)
        except ValueError as error:
            raise SettingError(name, value, "as `60/minute` or `10/second;1000/hour`") from error
    return value


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DATELINE_INDEX",
        "var/index",
        "the folder of the index that is searched, or its name on a cluster (docs/opensearch.md)",
        _text,
    ),
    Setting("DATELINE_ARCHIVE_NAME", "Dateline", "what the archive is called, at the head of every page", _text),
    Setting("DATELINE_PAGE_SIZE", "10", "results on a page when the request does not say", _whole_number(1, 1000)),
    Setting("DATELINE_MAX_PAGE_SIZE", "100", "the most results that one request may ask for", _whole_number(1, 1000)),
    Setting(
        "DATELINE_MAX_QUERY_LENGTH", "2000", "the longest query that is answered, in characters", _whole_number(1, 8000)
    ),
    Setting(
        "DATELINE_MAX_QUERY_COST",
        "500000000",
        "how many places in the index, each some 2 ns, a query may touch; what would touch more is refused; `0`: any",
        _whole_number(0, 99_999_999_999),
    ),
    Setting(
        "DATELINE_MAX_QUERY_SECONDS",
        "10",
        "how long a query may take before it is broken off, in seconds; `0`: any time",
        _whole_number(0, 3600),
    ),
    Setting(
        "DATELINE_MAX_REQUEST_SIZE",
        "1048576",
        "the largest body of a request that is taken, in bytes",
        _whole_number(0, 99_999_999_999),
    ),
    Setting(
        "DATELINE_RATE_LIMIT",
        "",
        "how often one address may ask, as `60/minute` or `10/second;1000/hour`; blank is as often as it likes",
        _rate,
    ),
    Setting(
        "DATELINE_RATE_STORAGE",
        "memory://",
        "where that is counted: `memory://`, each process for itself, or `redis://HOST:PORT`, all of them together",
        _text,
    ),
    Setting(
        "DATELINE_TRUSTED_PROXIES",
        "0",
        "how many proxies of yours a request comes through, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed",
        _whole_number(0, 10),
    ),
    Setting(
        "DATELINE_ADMIN_TOKEN",
        "",
        "who sends it may change the index over HTTP: 16 or more letters and digits; blank: nobody may",
        _token,
    ),
    Setting("DATELINE_SEEDS", "seeds", "the file or folder that `POST /api/reindex` indexes", _text),
    Setting("DATELINE_HOST", "127.0.0.1", "the address to listen on; `0.0.0.0` is every one", _text),
    Setting("DATELINE_PORT", "8000", "the port to listen on; `0` is any free one", _whole_number(0, 65535)),
    Setting("DATELINE_WORKERS", "2", "processes that answer requests", _whole_number(1, 256)),
    Setting(
        "DATELINE_THREADS",
        "4",
        "connections that each process reads from and writes to at the same time",
        _whole_number(1, 256),
    ),
    Setting(
        "DATELINE_TIMEOUT", "30", "seconds without a sign of life before a process is replaced", _whole_number(1, 3600)
    ),
    Setting(
        "DATELINE_SEND_TIMEOUT",
        "30",
        "seconds that a client may take nothing of its answer before its connection is closed",
        _whole_number(1, 3600),
    ),
    Setting(
        "DATELINE_LOG_LEVEL",
        "info",
        "the least serious message that is logged: `debug`, `info`, `warning`, `error` or `critical`",
        _one_of("debug", "info", "warning", "error", "critical"),
    ),
    Setting(
        "DATELINE_LOG_FORMAT",
        "auto",
        "`json`, a JSON object a line, or `text`; `auto` is text at a terminal and JSON elsewhere",
        _one_of("auto", "json", "text"),
    ),
    Setting(
        "DATELINE_LOG_QUERIES",
        "off",
        "whether the log has what was searched for: `on` or `off`",
        _one_of("on", "off"),
    ),
    Setting(
        "DATELINE_CORS_ORIGINS",
        "",
        "sites whose pages may ask the API, such as `https://example.org`, with commas between; `*` is every one",
        _origins,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The value of every setting, read and checked; a field is its setting's name without the prefix."""

    index: str
    archive_name: str
    page_size: int
    max_page_size: int
    max_query_length: int
    max_query_cost: int
    max_query_seconds: int
    max_request_size: int
    rate_limit: str
    rate_storage: str
    trusted_proxies: int
    # Not shown: the settings are a part of what every answer's tag is made from.
    admin_token: str = field(repr=False)
    seeds: str
    host: str
    port: int
    workers: int
    threads: int
    timeout: int
    send_timeout: int
    log_level: str
    log_format: str
    log_queries: str
    cors_origins: str


def read_settings(
    overrides: Mapping[str, object] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings: from `overrides`, else from the environment, else the defaults.

    A blank variable is one that is not set, as compose files and unit files write it. Raises `SettingError`.
    """
    overrides = overrides or {}
    environment = os.environ if environment is None else environment
    known = [setting.name for setting in SETTINGS]
    for name in overrides:
        # The environment may hold names that other programs of Dateline read; a config is written for this one.
        if name.startswith(PREFIX) and name not in known:
            raise DatelineError(f"There is no setting {name}; there are {', '.join(known)}.")
    values: dict[str, str | int] = {}
    for setting in SETTINGS:
        written = str(overrides.get(setting.name, environment.get(setting.name, ""))).strip()
        values[setting.name.removeprefix(PREFIX).lower()] = setting.read(setting.name, written or setting.default)
    settings = Settings(**values)  # type: ignore[arg-type]  # each reader returns what its field holds
    if settings.page_size > settings.max_page_size:
        allowed = f"no more than DATELINE_MAX_PAGE_SIZE, which is {settings.max_page_size}"
        raise SettingError("DATELINE_PAGE_SIZE", settings.page_size, allowed)
    return settings


def settings_table() -> str:
    """Return the settings as the Markdown table that stands in the README."""
    rows = [f"| `{setting.name}` | `{setting.default}` | {setting.help} |" for setting in SETTINGS]
    return "\n".join(["| setting | default | what it is |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(settings_table())  # noqa: T201 -- printing is what running this module is for
