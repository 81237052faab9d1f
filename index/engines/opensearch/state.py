"""What is committed on a cluster, and what it is called there; a commit is one change of one alias.

An index is an alias of the index's name. Behind it stands a *build*, an index whose name ends with a number; a rebuild
makes the next one, and its commit has the alias stand for that. The filter of the alias says which of the build's
articles count: those born in its generation or before, but for those that are *dead*, versions that were replaced or
deleted and are not yet gone. So an incremental run may write into the live build, and nothing is seen of it before its
commit changes the filter; and who asks the alias by other means finds what is committed, too.

Beside it are `NAME-ledgers`, where the ledger of each commit is kept, and `NAME-locks`, with the lock of the writer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.engines.opensearch.cluster import Cluster, Json
from index.errors import IndexCorruptError, IndexMissingError

_BUILD = re.compile(r"(.+)-(\d{6})")


@dataclass(frozen=True, slots=True)
class State:
    """A commit: its build, its generation, and the numbers of the dead."""

    build: str
    generation: int
    dead: tuple[int, ...] = ()

    def to_filter(self) -> Json:
        """Return what the articles are that count."""
        rules: Json = {"filter": [{"range": {"born": {"lte": self.generation}}}]}
        if self.dead:
            rules["must_not"] = [{"terms": {"number": list(self.dead)}}]
        return {"bool": rules}


def read_state(cluster: Cluster, *, local: bool = False) -> State:
    """Return what is committed; raises `IndexMissingError` where nothing is.

    With `local` it is what the node knows that is asked, which takes no other node; a commit waits until all know it.
    """
    name = cluster.address.name
    found = cluster.ask("GET", f"/_alias/{name}", local=local)
    if len(found) != 1:
        raise IndexCorruptError(
            f"{cluster.address} stands for {len(found)} indexes, {', '.join(sorted(found))}, and should for one."
        )
    ((build, of_build),) = found.items()
    try:
        rules = of_build["aliases"][name]["filter"]["bool"]
        generation = int(rules["filter"][0]["range"]["born"]["lte"])
        dead = [number for rule in rules.get("must_not", ()) for number in rule["terms"]["number"]]
    except (KeyError, IndexError, TypeError, ValueError):
        raise IndexCorruptError(
            f"{cluster.address} was not made by Dateline, or has been changed by another program. Name another index, "
            f"or make it anew with: reindex PATHS --rebuild --index {cluster.address}"
        ) from None
    return State(build, generation, tuple(map(int, dead)))


def find_state(cluster: Cluster) -> State | None:
    """Return what is committed, or None where nothing is."""
    try:
        return read_state(cluster)
    except IndexMissingError:
        return None


def builds(cluster: Cluster) -> list[str]:
    """Return all builds, the live one and what broken runs have left, in their order."""
    name = cluster.address.name
    try:
        found = cluster.ask("GET", f"/{name}-*/_alias")
    except IndexMissingError:
        return []
    matches = {build: _BUILD.fullmatch(build) for build in found}
    return sorted(build for build, match in matches.items() if match and match[1] == name)


def next_build(cluster: Cluster) -> str:
    """Return the name of a build that there has not been."""
    numbers = [int(build[-6:]) for build in builds(cluster)]
    return f"{cluster.address.name}-{max(numbers, default=0) + 1:06}"


def commit_state(cluster: Cluster, before: State | None, after: State) -> None:
    """Have another commit count, in one step."""
    name = cluster.address.name
    actions: list[Json] = []
    if before and before.build != after.build:
        actions.append({"remove": {"index": before.build, "alias": name}})
    actions.append({"add": {"index": after.build, "alias": name, "filter": after.to_filter()}})
    cluster.ask("POST", "/_aliases", {"actions": actions})
