"""The connection to a cluster: requests as JSON, and everything that can go wrong as one of our errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from opensearchpy import OpenSearch
from opensearchpy import exceptions as raised

from index.engines.opensearch.address import CA_FILE, PASSWORD, Address
from index.errors import ClusterUnavailableError, DatelineError, IndexMissingError, QueryTooCostlyError, in_brief

Json = dict[str, Any]

# A node that does not answer is passed over; so many others are asked.
_MAX_RETRIES = 3
# Requests that one process has under way at the same time, to each node.
_CONNECTIONS = 16
# The cluster's own words for a query of too many parts, and how many it allows where nothing else is set.
_TOO_MANY, _MAX_CLAUSES = "too_many_clauses", 1024
_TOO_BUSY = 429

_log = logging.getLogger("dateline.index")


class Cluster:
    """A cluster that holds an index; safe to share between threads, and made anew by each process."""

    def __init__(self, address: Address) -> None:
        self.address = address
        # What a node says about a failed request is told by who asked, in our own words.
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        options: dict[str, Any] = {}
        if address.user is not None:
            options["http_auth"] = (address.user, address.password or "")
        if address.uses_tls:
            options |= {"use_ssl": True, "verify_certs": True, "ssl_show_warn": False}
            if address.ca_file:
                options["ca_certs"] = address.ca_file
        try:
            self._client = OpenSearch(
                hosts=[{"host": host, "port": port} for host, port in address.hosts],
                timeout=address.timeout,
                max_retries=_MAX_RETRIES,
                retry_on_status=(502, 503, 504),
                pool_maxsize=_CONNECTIONS,
                **options,
            )
        except (OSError, raised.ImproperlyConfigured) as error:  # a file of certificates that is not there, or none
            raise DatelineError(f"{CA_FILE}: {in_brief(error)}") from error

    def ask(self, method: str, path: str, body: object = None, **parameters: object) -> Json:
        """Send a request and return the answer; raises the `IndexUnavailableError` that says why there is none.

        A body that is encoded is sent as it is.
        """
        encoded = body if isinstance(body, bytes) or body is None else _encode(body)
        written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in parameters.items()}
        try:
            answer = self._client.transport.perform_request(method, path, params=written, body=encoded)
        except raised.NotFoundError as error:
            raise IndexMissingError(
                f"There is no index {self.address} yet. Make it with: reindex PATHS --index {self.address}"
            ) from error
        except raised.SSLError as error:
            raise self._failed(
                f"its certificate is not one to trust ({in_brief(error)}). {CA_FILE} names a file of those to trust"
            ) from error
        except (raised.AuthenticationException, raised.AuthorizationException) as error:
            raise self._failed(f"it refuses who asks. The user is part of the name, {PASSWORD} the password") from error
        except raised.ConnectionError as error:
            raise self._failed(
                f"no node answers ({in_brief(error)}). See whether it runs and can be reached"
            ) from error
        except raised.TransportError as error:
            raise self._told(error) from error
        return answer if isinstance(answer, dict) else {}

    def search(self, index: str | None, body: Json, **parameters: object) -> Json:
        """Run a search over all of the index; one that a part of it does not answer raises as `ask` does.

        `index` is None where the body names a point in time.
        """
        path = f"/{index}/_search" if index else "/_search"
        # Words are worth what they are in the whole index, whichever shards an article and its like are on.
        kind = {"search_type": "dfs_query_then_fetch"}
        answer = self.ask("POST", path, body, allow_partial_search_results=False, **kind, **parameters)
        if answer.get("timed_out") or answer.get("_shards", {}).get("failed"):
            raise self._failed("a part of the index did not answer")
        return answer

    def bulk(self, lines: Iterable[Mapping[str, object]]) -> list[Json]:
        """Send changes, and return what became of each, in their order."""
        body = b"".join(_encode(line) + b"\n" for line in lines)
        answer = self.ask("POST", "/_bulk", body)
        return [next(iter(item.values())) for item in answer["items"]]

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def _failed(self, why: str) -> ClusterUnavailableError:
        return ClusterUnavailableError(f"The cluster of {self.address} can't be asked: {why}.")

    def _told(self, error: raised.TransportError) -> DatelineError:
        said = json.dumps(error.info) if isinstance(error.info, dict) else str(error.info)
        if _TOO_MANY in said:
            return QueryTooCostlyError(_MAX_CLAUSES + 1, _MAX_CLAUSES)
        if error.status_code == _TOO_BUSY:
            return self._failed("it has too much to do")
        return self._failed(f"it says {error.status_code}, {in_brief(error)}")


def _encode(value: object) -> bytes:
    """Return a value as JSON."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # the half characters of broken encodings, which escapes can carry
        return json.dumps(value).encode("ascii")
