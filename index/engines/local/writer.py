"""Writing the embedded engine's index."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress

from whoosh.index import create_in

from index import schema
from index.article import Article
from index.engine import IndexWriter, SourceFile
from index.engines.local.folder import Current, IndexFolder
from index.engines.local.sources import SourceFiles, read_source_files
from index.errors import IndexCorruptError, IndexMissingError, IndexUnavailableError

# What Whoosh may gather in memory before it writes a run to disk, in megabytes.
_MEMORY_MB = 256


class LocalWriter(IndexWriter):
    """The one writer of an index folder: into the live build, or into a new one for a rebuild."""

    def __init__(self, path: str, *, rebuild: bool = False) -> None:
        self._folder = IndexFolder(path)
        self._lock = self._folder.lock()
        try:
            self._open(rebuild)
        except BaseException:
            self._lock.close()
            raise

    def _open(self, rebuild: bool) -> None:
        current = self._live_build(rebuild)
        self._base_generation = 0
        if current and not rebuild:
            self._build = self._folder.build_path(current)
            self._is_new_build = False
            index = self._folder.open_build(current)
            # Not before the live build has opened: what looks like a leftover may be all that there is.
            self._folder.delete_leftovers(keep=current.build)
            self._folder.delete_unfinished(self._build)
            self._known_files = read_source_files(self._folder.sources_path(self._build))
        else:
            if current:
                with suppress(IndexCorruptError):
                    self._base_generation = self._folder.generation(current)
            self._build = self._folder.new_build()
            self._is_new_build = True
            index = create_in(str(self._build), schema.make_schema())
            self._known_files = {}
        self._sources = SourceFiles(self._folder.sources_path(self._build))
        self._whoosh_writer = index.writer(limitmb=_MEMORY_MB)
        # Deleting looks articles up; one searcher for all of them, not one each.
        self._searcher = index.searcher()
        self._put_ids: set[str] = set()
        self._has_changed = self._is_new_build
        self._is_open = True

    def _live_build(self, rebuild: bool) -> Current | None:
        """Return what is live, or `None` where there is nothing, or nothing that a rebuild could take over."""
        try:
            return self._folder.read_current()
        except IndexMissingError:
            return None
        except IndexUnavailableError:
            if not rebuild:
                raise
            return None

    def source_files(self) -> Mapping[str, SourceFile]:
        """Return the files that the index was built from, by path; empty for a rebuild."""
        return self._known_files

    def put_file(self, source_file: SourceFile) -> None:
        """Remember a file; it replaces what was known of the same path."""
        self._sources.put(source_file)

    def forget_file(self, path: str) -> None:
        """Forget a file; its articles are deleted one by one by the caller."""
        self._sources.forget(path)

    def put(self, article: Article) -> None:
        """Add an article; it replaces the committed one with the same id."""
        if article.id in self._put_ids:
            raise ValueError(f"The article {article.id!r} was put twice between two commits.")
        self._put_ids.add(article.id)
        self._has_changed = True
        self.delete(article.id)
        self._whoosh_writer.add_document(**schema.to_fields(article))

    def delete(self, article_id: str) -> None:
        """Delete an article; one that is not there is no error."""
        if self._whoosh_writer.delete_by_term("id", article_id, searcher=self._searcher):
            self._has_changed = True

    def commit(self) -> int:
        """Make every change visible in one step; returns the new generation, or the old one if nothing changed."""
        self._searcher.close()
        if self._has_changed:
            self._whoosh_writer.commit()
        else:
            self._whoosh_writer.cancel()
        self._sources.commit()
        self._sources.close()
        if self._is_new_build:
            self._folder.make_live(self._build, self._base_generation)
        self._is_open = False
        generation = self._folder.generation(self._folder.read_current())
        self._lock.close()
        return generation

    def cancel(self) -> None:
        """Throw the changes away; after `commit` it does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        self._searcher.close()
        self._whoosh_writer.cancel()
        self._sources.close()
        if self._is_new_build:
            shutil.rmtree(self._build)
        self._lock.close()
