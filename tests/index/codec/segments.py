"""Segments made in two ways from the same documents: by Whoosh's own writer with the codec, and by the builder."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from whoosh.analysis import Analyzer
from whoosh.analysis.acore import Token
from whoosh.fields import ID, KEYWORD, NUMERIC, STORED, TEXT, Schema
from whoosh.filedb.filestore import RamStorage

from index import analysis, stopwords
from index.codec import ColumnarCodec
from index.codec.building.builder import Field, KeywordField, NumberField, SegmentBuilder, TextField
from index.codec.field_values import encode_fields
from index.codec.format import SegmentFile

DEFAULT = -(1 << 62)
FIELDS: tuple[Field, ...] = (
    TextField("title", surfaces="title_surface"),
    TextField("body", surfaces="body_surface", signed=True),
    TextField("author", stems=False),
    KeywordField("id", has_freqs=False),
    KeywordField("author_exact"),
    NumberField("published", default=DEFAULT),
)

Documents = Sequence[dict[str, Any]]


class WordAnalyzer(Analyzer):  # type: ignore[misc]  # Whoosh is untyped here
    def __init__(self, *, stems: bool, told: bool = False) -> None:
        self.stems = stems
        self.told = told

    def __call__(self, value: str, **kwargs: Any) -> Iterator[Token]:
        token = Token(positions=True, boost=1.0, mode=kwargs.get("mode", ""))
        for position, word in enumerate(analysis.tokenize(value)):
            surface = word.surface if self.told else stopwords.as_word(word.surface)
            token.text = analysis.stem(surface) if self.stems else surface
            token.pos = position
            yield token


def make_schema() -> Schema:
    stems, surfaces = WordAnalyzer(stems=True), WordAnalyzer(stems=False)
    told = WordAnalyzer(stems=False, told=True)
    return Schema(
        id=ID(unique=True),
        title=TEXT(analyzer=stems),
        body=TEXT(analyzer=stems),
        title_surface=ID(analyzer=told),
        body_surface=ID(analyzer=told),
        author=TEXT(analyzer=surfaces),
        author_exact=KEYWORD(),
        published=NUMERIC(int, bits=64, signed=True, shift_step=0, sortable=True, default=DEFAULT),
        article=STORED(),
    )


def by_whoosh(documents: Documents) -> SegmentFile:
    storage = RamStorage()
    index = storage.create_index(make_schema())
    writer = index.writer(codec=ColumnarCodec())
    for document in documents:
        surfaces = {f"{name}_surface": document[name] for name in ("title", "body") if name in document}
        writer.add_document(**document, **surfaces)
    writer.commit()
    (segment,) = index._segments()
    opened: SegmentFile = segment.open(storage)
    return opened


def by_builder(documents: Documents) -> SegmentFile:
    builder = SegmentBuilder(FIELDS)
    for document in documents:
        stored = {"article": document["article"]} if "article" in document else {}
        values = {name: value for name, value in document.items() if name not in ("article", "language")}
        builder.add(values, encode_fields(stored), language=document.get("language"))
    return written(builder)


def joined(texts: Sequence[bytes]) -> tuple[bytes, NDArray[np.int64]]:
    """Return texts as the builder has them: one after another, with where each begins, and the end of the last."""
    return b"".join(texts), np.cumsum([0, *map(len, texts)], dtype=np.int64)


def written(writes: Any) -> SegmentFile:
    sink = io.BytesIO()
    writes.write(sink)
    segment = SegmentFile(sink.getvalue(), "in memory")
    segment.verify()
    return segment


words = st.sampled_from(
    [
        "run",
        "running",
        "runs",
        "U.S.",
        "us",
        "AIDS",
        "aids",
        "aiding",
        "naïve",
        "cafe\u0301",
        "łódź",
        "12,000",
        "C++",
        "the",
        "Ωμέγα",
        "\u0301",
    ]
)
texts = st.lists(words, max_size=12).map(" ".join) | st.text(max_size=20)
keywords = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
documents = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": keywords,
            "title": texts,
            "body": texts,
            "author": texts,
            "author_exact": st.lists(keywords, max_size=3),
            "published": st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-3, 3),
            "article": texts,
        },
    ),
    min_size=1,
    max_size=8,
)

# What several stemmers make of one word, the same and not: "nation" is `nation` in English and French, `nacion` has a
# stem in Spanish and another in English, "hauser" one in German alone.
_words_of_languages = st.sampled_from(
    "running Häuser hauses nationalité nationale naciones nación universities universidades книгах книги "
    "мире المدرسة مدرسته کتاب 北京大学 2008年 学 カメラ 대한민국 2008 c++".split()
)
_texts_of_languages = st.lists(_words_of_languages, max_size=12).map(" ".join) | texts
documents_in_languages = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "title": _texts_of_languages,
            "body": _texts_of_languages,
            "author": _texts_of_languages,
            "language": st.sampled_from([None, "en", "de", "fr", "es", "pt", "ru", "ar", "fa", "zh", "ja"]),
            "published": st.integers(-3, 3),
        },
    ),
    min_size=1,
    max_size=8,
)


def part_term(surface: str, language: str | None) -> str:
    """Return what a surface of a stem is called in a field of parts, by `index.codec.format`."""
    stem = analysis.stem(surface, language)
    return surface if stem == analysis.stem(surface, "en") else f"{surface}\0{stem}"
