"""Writing an index on a cluster: into the live build, or into a new one for a rebuild."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

from index.article import Article
from index.bundle import Bundle
from index.engines.opensearch.address import Address
from index.engines.opensearch.bulk import BulkSender
from index.engines.opensearch.cluster import Cluster, Json
from index.engines.opensearch.documents import key_of, make_documents
from index.engines.opensearch.ledgers import delete_other_ledgers, read_ledger, write_ledger
from index.engines.opensearch.locking import WriterLock
from index.engines.opensearch.mapping import MAX_DEAD, VERSION, make_body
from index.engines.opensearch.scanning import count, scan
from index.engines.opensearch.state import State, builds, commit_state, find_state, next_build
from index.engines.opensearch.stories import Misplaced, find_misplaced
from index.errors import DatelineError, IndexUnavailableError, IndexVersionError
from index.index_writer import IndexWriter
from index.ledger import Ledger
from index.schema import from_stored

# Articles that are cut into words at once, and ids that are looked up at once.
_BATCH = 500

_log = logging.getLogger("dateline.index")


class OpenSearchWriter(IndexWriter):
    """The one writer of an index on a cluster. What it sends is seen by nobody before its commit.

    The version of an article that is replaced or deleted stays until the commit, which has the new ones count and the
    old ones no more in one step; then they are deleted. A run that is broken off leaves what nobody sees, and the
    next one deletes it.
    """

    def __init__(self, address: Address, *, rebuild: bool = False) -> None:
        self._cluster = Cluster(address)
        with ExitStack() as undo:
            undo.callback(self._cluster.close)
            self._lock = WriterLock(self._cluster)
            undo.callback(self._lock.close)
            self.scratch = tempfile.mkdtemp(prefix="dateline-")
            undo.callback(shutil.rmtree, self.scratch, ignore_errors=True)
            self._ledger_path = Path(self.scratch) / "ledger.sqlite"
            self._open(rebuild, undo)
            undo.pop_all()
        self._sender = BulkSender(self._cluster, self._build)
        self._waiting: list[Article] = []
        self._put_ids: set[str] = set()
        self._deleted_ids: set[str] = set()
        self._is_open = True
        self._may_be_live = False

    def _open(self, rebuild: bool, undo: ExitStack) -> None:
        self._live = find_state(self._cluster)
        # Not before it is known what is live: what looks like a leftover may be all that there is.
        for build in builds(self._cluster):
            if self._live is None or build != self._live.build:
                self._cluster.ask("DELETE", f"/{build}")
        self._is_new_build = rebuild or self._live is None
        self._generation = self._live.generation if self._live else 0
        if self._live is None or rebuild:
            self._build = next_build(self._cluster)
            self._cluster.ask("PUT", f"/{self._build}", make_body(self._cluster.address))
            undo.callback(self._cluster.ask, "DELETE", f"/{self._build}")
            self._committed = State(self._build, -1)
            self.ledger = Ledger.create(self._ledger_path)
        else:
            self._build = self._live.build
            require_version(self._cluster, self._build)
            self._committed = self._clean(self._live)
            read_ledger(self._cluster, self._committed, self._ledger_path)
            self.ledger = Ledger.open(self._ledger_path)
        undo.callback(self.ledger.close)
        self._number = self._first_number()

    def _clean(self, live: State) -> State:
        """Delete what belongs to no commit: of broken runs, and the dead; return the state without these."""
        self._refresh()
        rubbish = {"bool": {"must_not": [live.to_filter()]}}
        self._cluster.ask(
            "POST", f"/{live.build}/_delete_by_query", {"query": rubbish}, conflicts="proceed", refresh=True
        )
        cleaned = State(live.build, live.generation)
        if live.dead:
            commit_state(self._cluster, live, cleaned)
        return cleaned

    def _first_number(self) -> int:
        body = {"size": 0, "aggs": {"most": {"max": {"field": "number"}}}}
        most = self._cluster.search(self._build, body)["aggregations"]["most"]["value"]
        return 0 if most is None else int(most) + 1

    def _refresh(self) -> None:
        self._cluster.ask("POST", f"/{self._build}/_refresh")

    def prepare(self) -> None:
        """Load the kernels."""
        make_documents([Article(id="", title="", body="")])

    def put(self, article: Article) -> None:
        """Add an article; it replaces the committed one with the same id."""
        self._put([article])

    def put_all(self, bundle: Bundle) -> None:
        """Add the articles of a bundle; they replace the committed ones with the same ids."""
        self._put(list(bundle.articles()))

    def _put(self, articles: Sequence[Article]) -> None:
        self._require_open()
        ids = [article.id for article in articles]
        if not self._put_ids.isdisjoint(ids) or len(set(ids)) < len(ids):
            twice = next(one for one, times in Counter([*self._put_ids, *ids]).items() if times > 1)
            raise ValueError(f"The article {twice!r} was put twice between two commits.")
        self._put_ids.update(ids)
        self._waiting += articles
        with self._failing_as_one():
            while len(self._waiting) >= _BATCH:
                self._send_waiting()

    def _send_waiting(self) -> None:
        articles, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
        for article, document in zip(articles, make_documents(articles), strict=True):
            self._send(article.id, document, place=self._number)

    def _send(self, article_id: str, document: Json, place: int, story: str | None = None) -> None:
        born = self._generation + 1
        document |= {"number": self._number, "place": place, "born": born} | ({"story": story} if story else {})
        self._number += 1
        self._sender.add(key_of(article_id, born), document)

    def delete(self, article_id: str) -> None:
        """Delete an article that was committed; one that is not there is no error."""
        self._require_open()
        self._deleted_ids.add(article_id)

    def articles(self) -> Iterator[tuple[str, str]]:
        """Yield id and digest of all articles that are committed and were not deleted, in no order."""
        for document in scan(self._cluster, self._build, self._committed.to_filter(), ["id", "digest"]):
            yield document["id"], document["digest"]

    def num_articles(self) -> int:
        """Return how many there are."""
        return count(self._cluster, self._build, self._committed.to_filter())

    def commit(self) -> int:
        """Make every change visible in one step; returns the new generation, or the old one if nothing changed.

        Raises `DatelineError` where the cluster fails; the index is as it was then.
        """
        self._require_open()
        with self._failing_as_one():
            while self._waiting:
                self._send_waiting()
            self._sender.flush()
            self._refresh()
            dead = self._find_dead()
            has_changed = self._is_new_build or bool(self._put_ids or dead)
            if has_changed:
                dead |= self._put_into_stories(dead)
                self._generation += 1
            self._commit_with_ledger(State(self._build, self._generation, tuple(sorted(dead))))
        self._close()
        return self._generation

    def _find_dead(self) -> set[int]:
        """Return the committed versions of articles that were put or deleted."""
        if self._is_new_build:
            return set()
        ids, dead = iter([*self._put_ids, *self._deleted_ids]), set()
        while batch := list(islice(ids, _BATCH)):
            query = {"bool": {"filter": [self._committed.to_filter(), {"terms": {"id": batch}}]}}
            dead |= {document["number"] for document in scan(self._cluster, self._build, query, [])}
        return dead

    def _put_into_stories(self, dead: set[int]) -> set[int]:
        """Put articles again that are in other stories now; return their versions that are committed."""
        live = State(self._build, self._generation + 1, tuple(dead)).to_filter()
        replaced: set[int] = set()
        misplaced = iter(find_misplaced(self._cluster, self._build, live))
        while batch := list(islice(misplaced, _BATCH)):
            replaced |= self._put_again(batch)
        self._sender.flush()
        self._refresh()
        return replaced

    def _put_again(self, batch: Sequence[Misplaced]) -> set[int]:
        stories = {each.key: each.story for each in batch}
        body = {
            "query": {"ids": {"values": list(stories)}},
            "size": len(batch),
            "_source": ["article"],
            "docvalue_fields": ["number", "place", "born"],
        }
        hits = self._cluster.search(self._build, body)["hits"]["hits"]
        articles = [from_stored(hit["_source"]["article"].encode()) for hit in hits]
        replaced = set()
        for hit, article, document in zip(hits, articles, make_documents(articles), strict=True):
            (number,), (place,), (born,) = (hit["fields"][name] for name in ("number", "place", "born"))
            self._send(article.id, document, place, stories[hit["_id"]])
            if born <= self._generation:
                replaced.add(number)
        return replaced

    def _commit_with_ledger(self, state: State) -> None:
        if len(state.dead) > MAX_DEAD:
            raise DatelineError(
                f"{len(state.dead):,} articles have changed, more than one run may change. Make the index anew with: "
                f"reindex PATHS --rebuild --index {self._cluster.address}"
            )
        self.ledger.commit(state.generation)
        self.ledger.close()
        write_ledger(self._cluster, state, self._ledger_path)
        self._lock.require()
        if state != self._committed:
            self._may_be_live = True
            commit_state(self._cluster, self._live, state)
        # From here on it is committed: what fails is made up for by the next run.
        self._is_open = False
        try:
            if state.dead:
                self._clean(state)
            delete_other_ledgers(self._cluster, state)
        except IndexUnavailableError as error:
            _log.warning("Generation %d is live; what it replaced is not yet deleted: %s", state.generation, error)

    def cancel(self) -> None:
        """Throw the changes away; after `commit` it does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        self.ledger.close()
        try:
            self._sender.close()
            if self._may_be_live:
                # Nobody has said that it is not: an answer that is lost says nothing. The next run sees what is so.
                _log.warning("Whether generation %d is live is not known yet.", self._generation)
            elif self._is_new_build:
                self._cluster.ask("DELETE", f"/{self._build}")
            elif self._put_ids:
                self._clean(self._committed)
        except IndexUnavailableError as error:
            _log.warning("What the run has written is left to the next one to delete: %s", error)
        finally:
            self._close()

    def _require_open(self) -> None:
        if not self._is_open:
            raise ValueError("The writer is closed: what it was to write was committed or thrown away.")

    def _close(self) -> None:
        self._sender.close()
        shutil.rmtree(self.scratch or "", ignore_errors=True)
        try:
            self._lock.close()
        except IndexUnavailableError as error:
            _log.warning("The lock of %s runs out in a minute: %s", self._cluster.address, error)
        self._cluster.close()

    @contextmanager
    def _failing_as_one(self) -> Iterator[None]:
        """Throw everything away if anything fails or interrupts."""
        try:
            yield
        except ValueError:  # of the article, not of the index
            raise
        except BaseException:
            self.cancel()
            raise


def require_version(cluster: Cluster, build: str) -> None:
    """Raise `IndexVersionError` for a build that another version of Dateline made."""
    found: Iterable[Json] = cluster.ask("GET", f"/{build}/_mapping", local=True).values()
    said = [each["mappings"].get("_meta", {}).get("dateline") for each in found]
    if said != [VERSION]:
        raise IndexVersionError(
            f"The index {cluster.address} was made by another version of Dateline. Make it anew with: "
            f"reindex PATHS --rebuild --index {cluster.address}"
        )
