"""The ledger of an index on a cluster: a file here while a run is at work, pieces of it there in between.

So that any machine may run the next one. A ledger belongs to a commit, by build and generation; its *slip* says which
pieces it is made of, and is written after these and before the commit: who reads the commit finds the ledger whole.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from pathlib import Path
from typing import Any

import zstandard

from index.engines.opensearch.bulk import send_all
from index.engines.opensearch.cluster import Cluster, Json
from index.engines.opensearch.state import State
from index.errors import IndexCorruptError, IndexMissingError

# Bytes of a piece; a request may have a hundred megabytes.
_PIECE = 4 << 20
_BODY = {
    "settings": {"number_of_shards": 1},
    "mappings": {
        "dynamic": "strict",
        "properties": {"token": {"type": "keyword"}, "content": {"type": "object", "enabled": False}},
    },
}


def write_ledger(cluster: Cluster, state: State, path: Path) -> None:
    """Keep a ledger, which is closed, for a commit that is about to be made."""
    index = _make_index(cluster)
    token, digest, count = uuid.uuid4().hex, hashlib.blake2b(digest_size=16), 0
    compressor = zstandard.ZstdCompressor(level=3)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            content = base64.b64encode(compressor.compress(piece)).decode("ascii")
            send_all(cluster, index, [(f"{token}.{count}", {"token": token, "content": content})])
            count += 1
    slip = {"token": token, "pieces": count, "digest": digest.hexdigest(), "at": dt.datetime.now(dt.UTC).isoformat()}
    send_all(cluster, index, [(_slip_key(state), {"token": token, "content": slip})])


def read_ledger(cluster: Cluster, state: State, path: Path) -> None:
    """Write the ledger of a commit to a file; raises `IndexCorruptError` where it is gone, or not whole."""
    slip = _read(cluster, _slip_key(state))
    digest = hashlib.blake2b(digest_size=16)
    decompressor = zstandard.ZstdDecompressor()
    with path.open("wb") as file:
        for number in range(slip["pieces"]):
            piece = decompressor.decompress(base64.b64decode(_read(cluster, f"{slip['token']}.{number}")))
            digest.update(piece)
            file.write(piece)
    if digest.hexdigest() != slip["digest"]:
        raise _damaged(cluster)


def committed_at(cluster: Cluster, state: State) -> dt.datetime:
    """Return when a commit was made."""
    return dt.datetime.fromisoformat(_read(cluster, _slip_key(state))["at"])


def delete_other_ledgers(cluster: Cluster, state: State) -> None:
    """Delete the ledgers of all commits but one."""
    index = _make_index(cluster)
    cluster.ask("POST", f"/{index}/_refresh")
    token = _read(cluster, _slip_key(state))["token"]
    body = {"query": {"bool": {"must_not": [{"term": {"token": token}}]}}}
    cluster.ask("POST", f"/{index}/_delete_by_query", body, conflicts="proceed", refresh=True)


def _slip_key(state: State) -> str:
    return f"slip.{state.build}.{state.generation}"


def _read(cluster: Cluster, key: str) -> Any:
    try:
        return cluster.ask("GET", f"/{_name(cluster)}/_doc/{key}")["_source"]["content"]
    except IndexMissingError:
        raise _damaged(cluster) from None


def _damaged(cluster: Cluster) -> IndexCorruptError:
    return IndexCorruptError(
        f"The ledger of {cluster.address} is gone: which article came from which file can't be told any more. What is "
        "indexed can be searched as before. Make the index anew with: "
        f"reindex PATHS --rebuild --index {cluster.address}"
    )


def _name(cluster: Cluster) -> str:
    return f"{cluster.address.name}-ledgers"


def _make_index(cluster: Cluster) -> str:
    name = _name(cluster)
    make_if_missing(cluster, name, _BODY)
    return name


def make_if_missing(cluster: Cluster, name: str, body: Json) -> None:
    """Make an index beside the builds, unless it is there."""
    try:
        cluster.ask("GET", f"/{name}")
    except IndexMissingError:
        settings = body["settings"] | {"number_of_replicas": cluster.address.replicas}
        cluster.ask("PUT", f"/{name}", body | {"settings": settings})
