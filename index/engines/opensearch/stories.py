"""Which articles on a cluster are near-duplicates of which, told as in the other engine, by all of their signatures."""

from __future__ import annotations

import base64
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.codec.building.grouping import group_signatures
from index.codec.kernels.signatures import BINS
from index.engines.opensearch.cluster import Cluster, Json
from index.engines.opensearch.documents import key_of
from index.engines.opensearch.scanning import scan

_LATER_THAN_ALL = np.iinfo(np.int64).max


class Misplaced(NamedTuple):
    """A document that is in another story than it says, or in one though it says that it is in none."""

    key: str
    story: str | None


def find_misplaced(cluster: Cluster, build: str, live: Json) -> list[Misplaced]:
    """Return the documents, of those that a filter lets through, whose story is another than the one they have.

    An article takes some 200 bytes here, and as many on the way.
    """
    keys, ids, stories, signatures, seconds = [], [], [], bytearray(), []
    for document in scan(cluster, build, live, ("id", "born", "signature", "seconds", "story")):
        keys.append(key_of(document["id"], document["born"]))
        ids.append(document["id"])
        stories.append(document.get("story"))
        signatures += base64.b64decode(document["signature"] + "==")  # it comes without its padding
        seconds.append(document.get("seconds", _LATER_THAN_ALL))
    of_each = np.frombuffer(bytes(signatures), np.uint8).reshape(-1, BINS)
    led = _leaders(of_each, np.array(seconds, np.int64))
    wanted = [ids[led[place]] if place in led else None for place in range(len(keys))]
    return [Misplaced(key, story) for key, said, story in zip(keys, stories, wanted, strict=True) if said != story]


def _leaders(signatures: NDArray[np.uint8], seconds: NDArray[np.int64]) -> dict[int, int]:
    doc_ids, leaders = group_signatures([signatures], np.ones(seconds.size, np.bool_), seconds)
    return dict(zip(doc_ids.tolist(), leaders.tolist(), strict=True))
