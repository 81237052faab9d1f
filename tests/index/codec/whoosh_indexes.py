"""What tests of the codec share: a schema with every kind of field, indexes of random documents, and what is in one."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from typing import Any

from whoosh import columns, fields, formats
from whoosh.analysis import StandardAnalyzer, StemmingAnalyzer
from whoosh.filedb.filestore import RamStorage, Storage
from whoosh.index import FileIndex
from whoosh.writing import NO_MERGE, OPTIMIZE

Fields = dict[str, Any]

FIRST_DAY = dt.datetime(2020, 1, 1)  # noqa: DTZ001  # Whoosh's dates have no zone
WORDS = ["running", "runs", "alpha", "béta", "gamma", "the", "delta", "日本", "x" * 70, "runner", "al", "alphas"]


def make_schema(*, spelling: bool) -> fields.Schema:
    """Return a schema with every kind of field, and with columns and vectors of all kinds.

    `spelling` is for an index whose segments are never merged: Whoosh's own codec fails at that, because what it is
    given as the values of these words are values of others.
    """
    return fields.Schema(
        id=fields.ID(unique=True, stored=True, sortable=True),
        text=fields.TEXT(stored=True, sortable=True),
        stems=fields.TEXT(analyzer=StemmingAnalyzer(), spelling=spelling, vector=True),
        boosted=fields.TEXT(field_boost=2.5),
        chars=fields.TEXT(chars=True, analyzer=StandardAnalyzer(stoplist=None), vector=formats.Characters()),
        bag=fields.TEXT(phrase=False, vector=formats.Frequency()),
        keys=fields.KEYWORD(scorable=True, commas=True, sortable=True),
        many=fields.IDLIST(),
        number=fields.NUMERIC(int, bits=64, signed=True, sortable=True, default=-5),
        small=fields.NUMERIC(int, bits=32, signed=False, sortable=True),
        real=fields.NUMERIC(float, sortable=True),
        when=fields.DATETIME(sortable=True, stored=True),
        yes=fields.BOOLEAN(stored=True),
        grams=fields.NGRAM(minsize=2, maxsize=3),
        words=fields.NGRAMWORDS(minsize=2, maxsize=3),
        kept=fields.STORED(),
        refs=fields.COLUMN(columns.RefBytesColumn()),
        bit=fields.COLUMN(columns.BitColumn()),
        pickled=fields.COLUMN(columns.PickleColumn(columns.VarBytesColumn())),
        packed=fields.COLUMN(columns.CompressedBytesColumn()),
        pair=fields.COLUMN(columns.StructColumn("ih", (0, 0))),
    )


def make_document(rng: random.Random, number: int) -> Fields:
    """Return a random document, with some of the fields."""

    def text() -> str:
        return " ".join(rng.choices(WORDS, k=rng.choice([0, 1, 2, 5, 30])))

    document: Fields = {
        "text": text(),
        "stems": text(),
        "boosted": text(),
        "chars": text(),
        "bag": text(),
        "keys": ",".join(rng.choices(WORDS, k=3)),
        "many": " ".join(rng.choices(WORDS, k=3)),
        "number": rng.choice([-(2**62), -1, 0, 7, 2**40]),
        "small": rng.randrange(1000),
        "real": rng.choice([-1.5, 0.0, 3.25, 1e10]),
        "when": FIRST_DAY + dt.timedelta(rng.randrange(28), hours=12),
        "yes": rng.random() < 0.5,
        "grams": rng.choice(WORDS),
        "words": text(),
        "kept": rng.choice([(1, 2), {"a": b"x"}, 1.5, "text", [None, True]]),
        "refs": rng.choice([b"one", b"two", b""]),
        "bit": rng.random() < 0.5,
        "pickled": [number, "x"],
        "packed": b"abc" * rng.randrange(5),
        "pair": (rng.randrange(-9, 9), 4),
    }
    kept = {name: value for name, value in document.items() if rng.random() < 0.8}
    if "text" in kept and rng.random() < 0.2:
        kept["_text_boost"] = 1.5
    if "kept" in kept and rng.random() < 0.2:
        kept["_stored_kept"] = "another"
    return {"id": str(number), **kept}


class Commit:
    """What one commit does: documents to delete by their ids, documents to add, and whether all is merged."""

    def __init__(self, deleted: Iterable[str], added: list[Fields], *, merges: bool) -> None:
        self.deleted = list(deleted)
        self.added = added
        self.merges = merges


def make_commits(rng: random.Random, largest: int = 12) -> list[Commit]:
    """Return some random commits; none changes a document that the same commit adds."""
    commits: list[Commit] = []
    count = 0
    for _ in range(rng.randrange(1, 5)):
        deleted = {str(rng.randrange(count)) for _ in range(rng.randrange(4)) if count}
        added = [make_document(rng, count + each) for each in range(rng.randrange(largest))]
        count += len(added)
        commits.append(Commit(deleted, added, merges=rng.random() < 0.3))
    return commits


def make_index(commits: list[Commit], codec: Any, storage: Storage | None = None) -> FileIndex:
    """Return an index that was written with a codec."""
    schema = make_schema(spelling=not any(commit.merges for commit in commits))
    index = (storage or RamStorage()).create_index(schema)
    for commit in commits:
        writer = index.writer(codec=codec)
        for document_id in commit.deleted:
            writer.delete_by_term("id", document_id)
        for document in commit.added:
            writer.add_document(**document)
        writer.commit(mergetype=OPTIMIZE if commit.merges else NO_MERGE)
    return index


def describe(index: FileIndex) -> dict[str, Any]:
    """Return all that Whoosh's reader says of an index."""
    described: dict[str, Any] = {}
    with index.reader() as reader:
        doc_ids = list(reader.all_doc_ids())
        described["counts"] = reader.doc_count_all(), reader.doc_count(), reader.has_deletions(), doc_ids
        described["stored"] = [reader.stored_fields(doc_id) for doc_id in range(reader.doc_count_all())]
        described["names"] = sorted(reader.indexed_field_names())
        described["terms"] = list(reader.all_terms())
        described["postings"] = {term: _describe_term(reader, *term) for term in described["terms"]}
        described["lengths"] = {name: _describe_lengths(reader, name) for name in index.schema.names()}
        described["columns"] = [_describe_columns(leaf, index.schema) for leaf, _ in reader.leaf_readers()]
        described["vectors"] = _describe_vectors(reader, index.schema)
    return described


def _describe_term(reader: Any, name: str, term: bytes) -> Any:
    if name.startswith("spell_"):  # Whoosh gives all of these to document 0; that they are there is what counts
        return None
    about = reader.term_info(name, term)
    matcher = reader.postings(name, term)
    postings = []
    while matcher.is_active():
        places = matcher.value_as("positions") if matcher.supports("positions") else None
        postings.append((matcher.id(), matcher.weight(), matcher.value(), places, matcher.value_as("frequency")))
        matcher.next()
    return (
        (about.weight(), about.doc_frequency(), about.min_length(), about.max_length(), about.max_weight()),
        (about.min_id(), about.max_id(), reader.frequency(name, term), reader.doc_frequency(name, term)),
        postings,
        list(reader.postings(name, term).all_ids()),
    )


def _describe_lengths(reader: Any, name: str) -> Any:
    total = reader.field_length(name)
    if not total:  # Whoosh's codec has errors or None for what is not there
        return 0
    leaves = [
        (leaf.min_field_length(name), leaf.max_field_length(name))
        for leaf, _ in reader.leaf_readers()
        if leaf.field_length(name)
    ]
    lengths = [reader.doc_field_length(doc_id, name) or 0 for doc_id in range(reader.doc_count_all())]
    return total, leaves, lengths


def _describe_columns(leaf: Any, schema: Any) -> dict[str, Any]:
    described = {}
    for name, field in schema.items():
        if field.column_type and leaf.has_column(name):
            # Not translated: Whoosh cannot make a date of what stands for none. As texts, because NaN is not NaN.
            column = leaf.column_reader(name, translate=False)
            values = [repr(column[doc_id]) for doc_id in range(leaf.doc_count_all())]
            keys = [repr(column.sort_key(doc_id)) for doc_id in range(leaf.doc_count_all())]
            described[name] = values, keys, len(column)
            if name != "packed":  # whose own reader cannot go through what is empty
                assert [repr(value) for value in column] == values
    return described


def _describe_vectors(reader: Any, schema: Any) -> dict[tuple[int, str], Any]:
    described = {}
    for doc_id in range(reader.doc_count_all()):
        for name, field in schema.items():
            if field.vector and reader.has_vector(doc_id, name):
                matcher = reader.vector(doc_id, name)
                items = []
                while matcher.is_active():
                    items.append((matcher.id(), matcher.weight(), matcher.value()))
                    matcher.next()
                described[doc_id, name] = items, list(reader.vector_as("frequency", doc_id, name))
    return described
