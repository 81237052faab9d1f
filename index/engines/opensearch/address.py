"""Where a cluster is and what the index is called there: `opensearch+https://user@host:9200/articles`.

Secrets are never part of it, since names of indexes are printed and logged; they come from the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from index.errors import DatelineError

SCHEMES = ("opensearch+https", "opensearch+http")
PASSWORD, CA_FILE = "DATELINE_OPENSEARCH_PASSWORD", "DATELINE_OPENSEARCH_CA"
SHARDS, REPLICAS, TIMEOUT = "DATELINE_OPENSEARCH_SHARDS", "DATELINE_OPENSEARCH_REPLICAS", "DATELINE_OPENSEARCH_TIMEOUT"

_DEFAULT_PORT = 9200
# What OpenSearch allows, and shorter: builds have a number behind it.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# A whole number that fits where it is used.
_MOST = {SHARDS: 1024, REPLICAS: 32, TIMEOUT: 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A cluster by its nodes, each as (host, port), and the name of the index; `timeout` is in seconds."""

    hosts: tuple[tuple[str, int], ...]
    name: str
    uses_tls: bool
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None
    shards: int = 1
    replicas: int = 1
    timeout: int = 30

    def __str__(self) -> str:
        nodes = ",".join(f"{host}:{port}" for host, port in self.hosts)
        return f"{SCHEMES[not self.uses_tls]}://{nodes}/{self.name}"


def is_address(path_or_url: str) -> bool:
    """Say whether an index is named as one on a cluster."""
    return path_or_url.partition("://")[0] in SCHEMES


def read_address(url: str, environment: Mapping[str, str] | None = None) -> Address:
    """Return the parts of an index's name; raises `DatelineError` for what is no such name, and for secrets in it."""
    environment = os.environ if environment is None else environment
    scheme, _, rest = url.partition("://")
    netloc, _, name = rest.partition("/")
    user, at, nodes = netloc.rpartition("@")
    if ":" in user:
        raise DatelineError(f"An index's name is no place for a password. Put it into the environment as {PASSWORD}.")
    if not _NAME.fullmatch(name):
        raise DatelineError(
            f"{name!r} is no name for an index on a cluster; write {scheme}://HOST:9200/articles, in small letters."
        )
    hosts = tuple(_read_node(scheme, node) for node in nodes.split(","))
    uses_tls = scheme == "opensearch+https"
    if at and not uses_tls and not all(host in _LOOPBACK for host, _ in hosts):
        raise DatelineError("A password is sent in clear by opensearch+http; name the index by opensearch+https.")
    return Address(
        hosts=hosts,
        name=name,
        uses_tls=uses_tls,
        user=unquote(user) if at else None,
        password=environment.get(PASSWORD) or None,
        ca_file=environment.get(CA_FILE) or None,
        shards=_read_number(environment, SHARDS, 1, 1),
        replicas=_read_number(environment, REPLICAS, 1, 0),
        timeout=_read_number(environment, TIMEOUT, 30, 1),
    )


def _read_node(scheme: str, node: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{node}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise DatelineError(f"{node!r} is no node of a cluster; write {scheme}://HOST:9200/articles.")
    return host, _DEFAULT_PORT if port is None else port


def _read_number(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    written = environment.get(name, "").strip() or str(default)
    if not (written.isascii() and written.isdigit() and len(written) < 6 and least <= int(written) <= _MOST[name]):
        raise DatelineError(f"{name} is {written!r}; it must be a whole number from {least} to {_MOST[name]}.")
    return int(written)
