"""The adapters of the engine port, and the one place that picks one by the index's name."""

from __future__ import annotations

from importlib.util import find_spec

from index.engine import SearchEngine
from index.engines.opensearch.address import Address, is_address, read_address
from index.errors import DatelineError
from index.index_writer import Holdings, IndexWriter


def open_engine(path_or_url: str, *, max_cost: int | None = None, max_seconds: float | None = None) -> SearchEngine:
    """Return the engine for an index: a folder for the embedded one, `opensearch+https://HOST:9200/NAME` for a cluster.

    A query that would touch more than `max_cost` postings and positions, each of which takes 1 to 4 ns, raises
    `QueryTooCostlyError` before it is run; None lets all be run. One that takes longer than `max_seconds` raises
    `QueryTimedOutError`. A cluster bounds both by itself.

    The index need not exist yet: each question raises `IndexMissingError` until it does, so that a service can
    start first. Raises `DatelineError` for a URL that no engine serves.
    """
    if address := _read_address(path_or_url):
        from index.engines.opensearch.engine import OpenSearchEngine  # noqa: PLC0415 -- as below

        return OpenSearchEngine(address)
    from index.engines.local.engine import LocalEngine  # noqa: PLC0415 -- an engine is imported when it is used

    return LocalEngine(path_or_url, max_cost, max_seconds)


def open_writer(path_or_url: str, *, rebuild: bool = False, memory_mb: int = 512) -> IndexWriter:
    """Return a writer for an index, which is made where there is none.

    With `rebuild` it starts from nothing beside the live index, which is replaced at the commit. `memory_mb` is about
    how much the articles may take before they are written out; to a cluster they are sent at once. Raises
    `IndexLockedError` while another writer is at work.
    """
    if address := _read_address(path_or_url):
        from index.engines.opensearch.writer import OpenSearchWriter  # noqa: PLC0415 -- as above

        return OpenSearchWriter(address, rebuild=rebuild)
    from index.engines.local.writer import LocalWriter  # noqa: PLC0415 -- as above

    return LocalWriter(path_or_url, rebuild=rebuild, memory_mb=memory_mb)


def open_rehearsal(path_or_url: str, *, rebuild: bool = False) -> IndexWriter:
    """Return a writer that writes nothing, to see what another would do; the index need not exist."""
    if address := _read_address(path_or_url):
        from index.engines.opensearch.holdings import OpenSearchRehearsal  # noqa: PLC0415 -- as above

        return OpenSearchRehearsal(address, rebuild=rebuild)
    from index.engines.local.rehearsal import LocalRehearsal  # noqa: PLC0415 -- as above

    return LocalRehearsal(path_or_url, rebuild=rebuild)


def open_examination(path_or_url: str) -> Holdings:
    """Return what an index holds, with what is wrong with it; its ledger is a copy, which is to be closed."""
    if address := _read_address(path_or_url):
        from index.engines.opensearch.holdings import OpenSearchExamination  # noqa: PLC0415 -- as above

        return OpenSearchExamination(address)
    from index.engines.local.examination import LocalExamination  # noqa: PLC0415 -- as above

    return LocalExamination(path_or_url)


def open_mender(path_or_url: str, *, memory_mb: int = 512) -> IndexWriter:
    """Return a writer of what is sound in an index; what is damaged is dropped at the commit."""
    if address := _read_address(path_or_url):
        from index.engines.opensearch.writer import OpenSearchWriter  # noqa: PLC0415 -- as above

        return OpenSearchWriter(address)
    from index.engines.local.writer import LocalMender  # noqa: PLC0415 -- as above

    return LocalMender(path_or_url, memory_mb=memory_mb)


def is_being_written(path_or_url: str) -> bool:
    """Say whether a writer of an index is at work; of one on a cluster only the writers themselves find that out."""
    if _read_address(path_or_url):
        return False
    from index.engines.local.folder import IndexFolder  # noqa: PLC0415 -- as above

    return IndexFolder(path_or_url).is_being_written


def _read_address(path_or_url: str) -> Address | None:
    """Return where an index on a cluster is; None for a folder. Raises `DatelineError` for what is neither."""
    scheme, separator, _ = path_or_url.partition("://")
    if is_address(path_or_url):
        if find_spec("opensearchpy") is None:
            raise DatelineError("An index on a cluster needs the extra: pip install 'dateline[opensearch]'.")
        return read_address(path_or_url)
    if separator:
        raise DatelineError(
            f"No engine serves {scheme}:// indexes; name a folder, such as var/index, or a cluster, such as "
            "opensearch+https://user@host:9200/articles."
        )
    if not path_or_url:
        raise DatelineError("The index has no name; give a folder, such as var/index.")
    return None
