"""What an index on a cluster holds, to be looked at: by the doctor, and by a dry run, which writes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from index.engines.opensearch.address import Address
from index.engines.opensearch.cluster import Cluster
from index.engines.opensearch.ledgers import read_ledger
from index.engines.opensearch.scanning import count, scan
from index.engines.opensearch.state import State, builds, find_state, read_state
from index.engines.opensearch.writer import require_version
from index.index_writer import Holdings, IndexRehearsal
from index.ledger import Ledger


class OpenSearchExamination(Holdings):
    """What an index on a cluster holds; that its files are as they were written is what the cluster checks.

    Raises the `IndexUnavailableError` that fits where there is nothing to compare.
    """

    def __init__(self, address: Address) -> None:
        self._cluster = Cluster(address)
        self._state = read_state(self._cluster)
        require_version(self._cluster, self._state.build)
        self.ledger = _copy_ledger(self._cluster, self._state)
        self.is_torn = self.ledger.generation != self._state.generation
        self.leftovers = [build for build in builds(self._cluster) if build != self._state.build]

    def articles(self) -> Iterator[tuple[str, str]]:
        """Yield id and digest of all articles that are committed and were not deleted, in no order."""
        for document in scan(self._cluster, self._state.build, self._state.to_filter(), ["id", "digest"]):
            yield document["id"], document["digest"]

    def num_articles(self) -> int:
        """Return how many there are."""
        return count(self._cluster, self._state.build, self._state.to_filter())


class OpenSearchRehearsal(IndexRehearsal):
    """Takes what a writer takes, and has a ledger that is thrown away."""

    def __init__(self, address: Address, *, rebuild: bool = False) -> None:
        cluster = Cluster(address)
        try:
            state = None if rebuild else find_state(cluster)
            self.ledger = _copy_ledger(cluster, state) if state else Ledger.rehearse(None)
        finally:
            cluster.close()


def _copy_ledger(cluster: Cluster, state: State) -> Ledger:
    with tempfile.TemporaryDirectory(prefix="dateline-") as folder:
        path = Path(folder) / "ledger.sqlite"
        read_ledger(cluster, state, path)
        return Ledger.rehearse(path)
