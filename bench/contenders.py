"""The engines that are compared, each behind the same few methods."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench.corpus import Document
from bench.queries import BenchQuery

# Runs a query that was prepared: returns the exact total, and the engine's own ids of the ten best.
Ask = Callable[[], tuple[int, list[Any]]]

TOP_K = 10


class Contender(ABC):
    """An engine with an index of its own below a folder."""

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def clear(self) -> None:
        """Delete the index."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    @abstractmethod
    def load(self) -> None:
        """Import what building and searching need, kernels too; not timed, for a service pays it once."""

    def size_bytes(self) -> int:
        """Return the bytes of the index on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @abstractmethod
    def build(self, documents: Iterable[Document]) -> None:
        """Index articles, title and body with positions and all of it stored, up to the commit."""

    @abstractmethod
    def open(self) -> None:
        """Open the index for searching."""

    @abstractmethod
    def prepare(self, query: BenchQuery) -> Ask:
        """Read a query; what is returned runs it. Bodies are searched."""


class Tantivy(Contender):
    """Tantivy by its Python package; the English stemmer, one writer thread, counts on."""

    name = "Tantivy"
    threads = 1

    def load(self) -> None:
        import tantivy  # noqa: F401

    def build(self, documents: Iterable[Document]) -> None:
        import tantivy

        schema = (
            tantivy.SchemaBuilder()
            .add_text_field("id", stored=True, tokenizer_name="raw")
            .add_text_field("title", stored=True, tokenizer_name="en_stem")
            .add_text_field("body", stored=True, tokenizer_name="en_stem")
            .build()
        )
        index = tantivy.Index(schema, path=str(self.folder))
        writer = index.writer(heap_size=512 << 20, num_threads=self.threads)
        for document in documents:
            writer.add_document(tantivy.Document(id=document.id, title=document.title, body=document.body))
        writer.commit()
        writer.wait_merging_threads()

    def open(self) -> None:
        import tantivy

        self._index = tantivy.Index.open(str(self.folder))
        self._searcher = self._index.searcher()

    def prepare(self, query: BenchQuery) -> Ask:
        import tantivy

        if query.kind == "prefix":
            # The package has no prefix query as such; this is the nearest.
            parsed = tantivy.Query.regex_query(self._index.schema, "body", f"{query.words[0]}.*")
        else:
            written = {
                "phrase": f'"{" ".join(query.words)}"',
                "and": " AND ".join(query.words),
            }.get(query.kind, " OR ".join(query.words))
            parsed = self._index.parse_query(written, ["body"])
        searcher = self._searcher

        def ask() -> tuple[int, list[Any]]:
            found = searcher.search(parsed, TOP_K, count=True)
            return found.count, [address for _, address in found.hits]

        return ask


class TantivyTwoThreads(Tantivy):
    """The same with two writer threads; for building alone."""

    name = "Tantivy, 2 threads"
    threads = 2


class Fts5(Contender):
    """SQLite's FTS5 with the Porter stemmer, by APSW."""

    name = "SQLite FTS5"

    def load(self) -> None:
        import apsw  # noqa: F401

    def build(self, documents: Iterable[Document]) -> None:
        import apsw

        with apsw.Connection(str(self.folder / "articles.db")) as connection:
            connection.execute(
                "CREATE VIRTUAL TABLE article USING fts5(id UNINDEXED, title, body, tokenize='porter unicode61')"
            )
            connection.executemany("INSERT INTO article VALUES (?, ?, ?)", documents)

    def open(self) -> None:
        import apsw

        self._connection = apsw.Connection(str(self.folder / "articles.db"))

    def prepare(self, query: BenchQuery) -> Ask:
        match query.kind:
            case "prefix":
                written = f"body : {query.words[0]}*"
            case "phrase":
                written = f'body : "{" ".join(query.words)}"'
            case "and":
                written = f"body : ({' AND '.join(query.words)})"
            case _:
                written = f"body : ({' OR '.join(query.words)})"
        execute = self._connection.execute

        def ask() -> tuple[int, list[Any]]:
            best = execute("SELECT rowid FROM article(?) ORDER BY rank LIMIT ?", (written, TOP_K)).fetchall()
            total = execute("SELECT count(*) FROM article(?)", (written,)).fetchone()
            return (total[0] if total else 0), best

        return ask


def _read_tree(query: BenchQuery) -> Any:
    """Return a query as the Whoosh tree that stock Whoosh and Dateline both run."""
    from whoosh import query as tree

    from index.analysis import stem

    if query.kind == "prefix":
        return tree.Prefix("body", query.words[0])
    stems = [stem(word) for word in query.words]
    terms = [tree.Term("body", word) for word in stems]
    match query.kind:
        case "term":
            return terms[0]
        case "and":
            return tree.And(terms)
        case "phrase":
            return tree.Phrase("body", stems)
        case _:
            return tree.Or(terms)


class Dateline(Contender):
    """Dateline's own index, made as `reindex` makes it, and searched by the trees that stock Whoosh runs too."""

    name = "Dateline"

    def load(self) -> None:
        from index.codec.warm import warm

        warm()

    def build(self, documents: Iterable[Document]) -> None:
        from index.article import Article
        from index.engines import open_writer

        with open_writer(str(self.folder)) as writer:
            for document in documents:
                writer.put(Article(id=document.id, title=document.title, body=document.body))
            writer.commit()

    def open(self) -> None:
        from index.engines.local.folder import IndexFolder
        from index.engines.local.snapshot import open_snapshot

        self._snapshot = open_snapshot(IndexFolder(self.folder))

    def prepare(self, query: BenchQuery) -> Ask:
        from index.query_tree import Reading

        readings = [Reading(_read_tree(query), None)]
        snapshot = self._snapshot

        def ask() -> tuple[int, list[Any]]:
            found, _ = snapshot.search(snapshot.prepare(readings), TOP_K)
            return found.total, found.doc_ids.tolist()

        return ask


class StockWhoosh(Contender):
    """Whoosh with its own codec, and Dateline's analysis."""

    name = "stock Whoosh"

    def load(self) -> None:

        import index.schema  # noqa: F401

    def build(self, documents: Iterable[Document]) -> None:
        from whoosh.codec.whoosh3 import W3Codec
        from whoosh.fields import STORED, TEXT, Schema
        from whoosh.index import create_in

        from index.schema import make_schema

        analyzer = make_schema()["body"].analyzer
        text = {"analyzer": analyzer, "stored": True}
        index = create_in(str(self.folder), Schema(id=STORED, title=TEXT(**text), body=TEXT(**text)))
        writer = index.writer(codec=W3Codec(), limitmb=512)
        for document in documents:
            writer.add_document(id=document.id, title=document.title, body=document.body)
        writer.commit()

    def open(self) -> None:
        from whoosh.index import open_dir

        self._searcher = open_dir(str(self.folder)).searcher()

    def prepare(self, query: BenchQuery) -> Ask:
        tree = _read_tree(query)
        searcher = self._searcher

        def ask() -> tuple[int, list[Any]]:
            found = searcher.search(tree, limit=TOP_K)
            return len(found), [found.docnum(place) for place in range(found.scored_length())]

        return ask
