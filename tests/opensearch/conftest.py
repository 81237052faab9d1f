"""A name for an index that is not there yet, on either engine."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.opensearch.nodes import Nodes


@pytest.fixture(params=["local", "opensearch"])
def index_name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of an index on each of the engines."""
    if request.param == "local":
        return str(tmp_path / "index")
    return _new_name(request.getfixturevalue("opensearch_nodes"))


@pytest.fixture
def cluster_name(opensearch_nodes: Nodes) -> str:
    """The name of an index on the cluster."""
    return _new_name(opensearch_nodes)


def _new_name(nodes: Nodes) -> str:
    return f"{nodes.url}/t{uuid.uuid4().hex[:8]}"
