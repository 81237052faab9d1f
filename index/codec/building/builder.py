"""Builds a segment from articles at native speed, past Whoosh's analyzers, its posting pool and its sort.

What it writes reads as what Whoosh's own writer would write with this codec for the same documents; tests hold it to
that. 39,976 articles (54 MB of text) take 2.2 s of one core of 2.3 GHz: 0.5 s each cutting words and compressing what
is stored, 0.4 s inverting, sorting and stemming words, 0.2 s in `add`, 0.1 s each signing and writing; on two cores,
1.4 s.

Texts and stored fields go in batches to two threads, one that cuts words and one that compresses, so that whoever adds
documents seldom waits. Tokens wait as numbers (4 bytes each) until `write`, where each distinct word is stemmed once
and each field inverted. `nbytes` tells when it is time for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from index.codec.building.batch import Batch, Layout, Values
from index.codec.building.collectors import KeywordCollector, NumberCollector, to_sortable
from index.codec.building.field_arrays import FieldArrays, write_fields
from index.codec.building.fields import Field, KeywordField, NumberField, TextField
from index.codec.building.inversion import Text, TokenChunk, WordTerms, invert_text
from index.codec.building.language_words import FIRST_PAIR, LanguageWords
from index.codec.building.part_arrays import PartArrays
from index.codec.building.signatures import Signatures, sign, write_signatures
from index.codec.building.stemming import stem_all
from index.codec.building.strings import Strings
from index.codec.building.vocabulary import Vocabulary
from index.codec.building.worker import Worker
from index.codec.format import SegmentFileWriter, Sink, to_meta
from index.codec.stored import SPOOL_SIZE, StoredWriter

__all__ = ["Field", "KeywordField", "NumberField", "SegmentBuilder", "TextField"]

_BATCH_SIZE = 1 << 22  # bytes of text, or of stored fields, that are handed over at once
_CUT_BATCHES = 2  # in the hands of the thread that cuts
_STORED_BATCHES = 4  # of the one that compresses: others are cut while a dictionary is trained on the first
_BYTES_PER_TOKEN = 11  # 4 while it waits, and at most 7 more while its field is inverted and written
_BYTES_PER_BYTE = 5  # of a text that is not cut: it, a copy, and its tokens
_BYTES_PER_TEXT = 40  # what Python needs for it besides


class SegmentBuilder:
    """Takes one document after another, then writes them as a segment. Not safe to share between threads.

    `folder` is where stored fields wait when they are many. A builder that is given up must be closed.
    """

    def __init__(self, fields: Iterable[Field], folder: str | None = None) -> None:
        fields = tuple(fields)
        self.num_docs = 0
        self._layout = Layout(fields)
        self._texts = [field for field in fields if isinstance(field, TextField)]
        self._stemmed = [place for place, field in enumerate(self._texts) if field.stems]
        self._signed = [place for place, field in enumerate(self._texts) if field.signed]
        if len(self._signed) > 1:
            raise ValueError("An article has one signature; sign one field.")
        self._signatures: list[Signatures] = []
        self._keywords = {
            field.name: (field, KeywordCollector()) for field in fields if isinstance(field, KeywordField)
        }
        self._numbers = {field.name: (field, NumberCollector()) for field in fields if isinstance(field, NumberField)}
        self._stored = StoredWriter(folder)
        self._vocabulary = Vocabulary()
        self._language_words = LanguageWords()
        self._chunks: list[TokenChunk] = []
        self._waiting = Batch()
        self._first_doc = 0  # of those that wait
        self._uncut_size = self._uncompressed_size = 0  # of all batches that were handed over and are not done
        self._token_size = self._vocabulary_size = self._stored_size = self._collected_size = 0
        self._cutter, self._compressor = Worker(_CUT_BATCHES), Worker(_STORED_BATCHES)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, those that `write` needs on top included; about."""
        indexed = self._token_size + 2 * self._vocabulary_size + self._collected_size
        uncut = self._uncut_size + _size_of_texts(self._waiting)
        uncompressed = self._uncompressed_size + self._waiting.stored_size
        return indexed + min(self._stored_size, SPOOL_SIZE) + _BYTES_PER_BYTE * uncut + uncompressed

    def add(self, values: Mapping[str, Any], stored: bytes = b"", *, language: str | None = None) -> int:
        """Add a document and return its number; `stored` is its stored fields by `field_values.encode_fields`.

        Its texts are stemmed as its language is, by `analysis.stem`.
        Values: a str for a text, one or several str for keywords, an int for a number; a field may be missing or None.
        Raises `ValueError` (or its kin) for values that cannot be indexed, and nothing is added then. What goes wrong
        with documents before, such as an `OSError` where there is no room for what is stored, is raised here, too; the
        builder is to be closed then.
        """
        self._make_room()
        self._layout.add(self._waiting, values, stored, language)
        self.num_docs += 1
        return self.num_docs - 1

    def extend(self, batch: Batch) -> None:
        """Add the documents of a batch that a `Layout` of the same fields has made; raises as `add` does."""
        self._make_room()
        self._waiting.extend(batch)
        self.num_docs += batch.num_docs

    def _make_room(self) -> None:
        if _size_of_texts(self._waiting) >= _BATCH_SIZE or self._waiting.stored_size >= _BATCH_SIZE:
            self._hand_over()

    def _hand_over(self) -> None:
        """Have the documents that wait cut and compressed, each in a thread of its own."""
        batch, first_doc = self._waiting, self._first_doc
        self._waiting, self._first_doc = Batch(), self.num_docs
        if not batch.num_docs:
            return
        size, stored_size = _size_of_texts(batch), batch.stored_size
        self._collect(first_doc, batch.values)

        def cut() -> tuple[TokenChunk, int, list[Signatures]]:
            text, starts = batch.joined_texts()
            tokens = self._vocabulary.cut(text, starts)
            self._language_words.number(tokens.word_ids, tokens.starts, batch.stemmers, self._stemmed)
            signatures = [sign(text, starts, len(self._texts), place) for place in self._signed]
            nbytes = self._vocabulary.nbytes + self._language_words.nbytes
            return TokenChunk(tokens.word_ids, tokens.starts, first_doc), nbytes, signatures

        def after_cutting(done: tuple[TokenChunk, int, list[Signatures]]) -> None:
            chunk, self._vocabulary_size, signatures = done
            self._chunks.append(chunk)
            self._signatures += signatures
            self._token_size += _BYTES_PER_TOKEN * len(chunk.word_ids) + sum(each.nbytes for each in signatures)
            self._uncut_size -= size

        def after_compressing(_: None) -> None:
            self._stored_size += stored_size
            self._uncompressed_size -= stored_size

        self._uncut_size += size
        self._uncompressed_size += stored_size
        if self._texts:
            self._cutter.submit(cut, after_cutting)
        self._compressor.submit(lambda: self._stored.add_all(batch.each_stored()), after_compressing)

    def _collect(self, first_doc: int, values: Mapping[str, Values]) -> None:
        for name, added in values.items():
            collector = self._keywords[name][1] if name in self._keywords else self._numbers[name][1]
            self._collected_size += collector.extend(first_doc, added)

    def write(self, sink: Sink) -> None:
        """Write the segment; the builder is closed then, even if that fails. The caller makes the file durable."""
        try:
            self._hand_over()
            self._cutter.finish()
            fields, parts = self._invert()
            fields += self._collected_fields()
            file_writer = SegmentFileWriter(sink)
            entries, position_width = write_fields(file_writer, fields, parts)
            del fields, parts
            columns = self._write_columns(file_writer)
            if self._signed:
                write_signatures(file_writer, self._signatures)
            self._compressor.finish()
            self._stored.write(file_writer)
            meta = to_meta(self.num_docs, entries, position_width=position_width, columns=columns, vectors=[])
            file_writer.finish(meta)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the threads and of what waits on the disk; the builder cannot be used again."""
        self._cutter.close()
        self._compressor.close()
        self._stored.close()

    def _invert(self) -> tuple[list[FieldArrays], list[PartArrays]]:
        """Invert the texts, whose tokens are let go of."""
        words = Strings(self._vocabulary.word_bytes, self._vocabulary.word_offsets.astype(np.int64))
        if self._language_words.num_pairs:
            surfaces, stems = self._cutter.map(WordTerms, self._index_pairs(words))
        else:
            surfaces, stems = self._cutter.map(
                lambda is_stems: WordTerms(Strings(*stem_all(*words)) if is_stems else words), (False, True)
            )
        fields: list[FieldArrays] = []
        parts: list[PartArrays] = []
        for place, field in enumerate(self._texts):
            inverted, its_parts = invert_text(
                Text(field.name, len(self._texts), place),
                self._chunks,
                stems if field.stems else surfaces,
                self.num_docs,
                (field.surfaces, surfaces) if field.surfaces else None,
                self._cutter,
            )
            fields.append(inverted)
            if its_parts is not None:
                parts.append(its_parts)
        self._chunks.clear()
        return fields, parts

    def _index_pairs(self, words: Strings) -> tuple[Strings, Strings]:
        """Return what all words are indexed as, parts and stems, and give tokens of pairs the words that these are."""
        parts, stems, word_of_pair = self._language_words.index(words, Strings(*stem_all(*words)))
        for chunk in self._chunks:
            is_pair = np.flatnonzero(chunk.word_ids >= FIRST_PAIR)
            chunk.word_ids[is_pair] = word_of_pair[chunk.word_ids[is_pair] - np.uint32(FIRST_PAIR)]
        return parts, stems

    def _collected_fields(self) -> list[FieldArrays]:
        """Return the fields of keywords and numbers."""
        return [
            *(collector.finish(name, has_freqs=field.has_freqs) for name, (field, collector) in self._keywords.items()),
            *(collector.finish(name) for name, (_, collector) in self._numbers.items()),
        ]

    def _write_columns(self, file_writer: SegmentFileWriter) -> list[dict[str, Any]]:
        columns: list[dict[str, Any]] = []
        for name, (field, collector) in sorted(self._numbers.items()):
            if collector:
                file_writer.write(f"column:{len(columns)}", collector.column(self.num_docs, field.default))
                default = int(to_sortable(np.array([field.default]))[0])
                columns.append({"name": name, "kind": "numbers", "default": default})
        return columns


def _size_of_texts(batch: Batch) -> int:
    return batch.text_size + _BYTES_PER_TEXT * len(batch.text_lengths)
