"""One writer at a time: a document on the cluster that says who it is, and until when.

The writer puts that off while it is at work. What it left when it was killed runs out after a minute; on the machine
that it ran on, it is seen at once that it is gone.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

from index.engines.opensearch.cluster import Cluster, Json
from index.engines.opensearch.ledgers import make_if_missing
from index.errors import IndexLockedError, IndexMissingError, IndexUnavailableError

# Seconds: a lock holds so long by itself, and is put off so often.
_HOLDS, _PUT_OFF_EVERY = 60.0, 15.0
_FIELDS = {"host": "keyword", "pid": "long", "started": "keyword", "until": "double"}
_BODY = {
    "settings": {"number_of_shards": 1},
    "mappings": {"dynamic": "strict", "properties": {name: {"type": kind} for name, kind in _FIELDS.items()}},
}
_KEY = "writer"


class WriterLock:
    """The lock of an index, held until `close`; raises `IndexLockedError` while another holds it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._index = f"{cluster.address.name}-locks"
        make_if_missing(cluster, self._index, _BODY)
        self._version = self._take()
        self._is_closed = threading.Event()
        self._keeping = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="writer-lock", daemon=True)
        self._thread.start()

    def _take(self) -> Json:
        try:
            found = self._cluster.ask("GET", f"/{self._index}/_doc/{_KEY}")
        except IndexMissingError:
            return self._write(op_type="create")
        holder = found["_source"]
        if holder["until"] > time.time() and not _is_gone(holder):
            raise IndexLockedError(
                f"Another reindex is writing to {self._cluster.address}: process {holder['pid']} on {holder['host']}. "
                "Wait until it has finished."
            )
        return self._write(if_seq_no=found["_seq_no"], if_primary_term=found["_primary_term"])

    def _write(self, **condition: object) -> Json:
        said = {"host": socket.gethostname(), "pid": os.getpid(), "started": _started(os.getpid())}
        document = said | {"until": time.time() + _HOLDS}
        try:
            written = self._cluster.ask("PUT", f"/{self._index}/_doc/{_KEY}", document, **condition)
        except IndexUnavailableError as error:
            if "409" in str(error):
                raise IndexLockedError(f"Another reindex has just begun to write to {self._cluster.address}.") from None
            raise
        return {"if_seq_no": written["_seq_no"], "if_primary_term": written["_primary_term"]}

    def _keep(self) -> None:
        while not self._is_closed.wait(_PUT_OFF_EVERY):
            try:
                self.require()
            except IndexLockedError:
                return  # the commit finds it out
            except IndexUnavailableError:
                continue  # a node that is lost; there are three tries more

    def require(self) -> None:
        """Put the end of the lock off; raises `IndexLockedError` if somebody else has it, after a long standstill."""
        with self._keeping:
            if not self._is_closed.is_set():
                self._version = self._write(**self._version)

    def close(self) -> None:
        """Let another have it."""
        if self._is_closed.is_set():
            return
        self._is_closed.set()
        with self._keeping:
            self._cluster.ask("DELETE", f"/{self._index}/_doc/{_KEY}", **self._version)


def _is_gone(holder: dict[str, Any]) -> bool:
    """Say whether a process that ran on this machine does so no more."""
    return bool(holder["host"] == socket.gethostname() and holder["started"] != _started(holder["pid"]))


def _started(pid: int) -> str:
    """Return what tells a process from others that had its number; empty where it cannot be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "" if Path("/proc/self").is_dir() else str(pid)
    # Behind the name, which may hold anything: the 22nd field of all is the time of its start.
    return stat.rpartition(")")[2].split()[19]
