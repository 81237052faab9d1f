"""Documents on their way into a segment: what is indexed of them, in a few large buffers.

Making a batch takes no kernel and may be done in another process than building: it is sent in no more time than its
bytes need to be copied, and added to another one in no more than it takes to join a few lists.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import analysis
from index.codec.building.fields import Field, KeywordField, NumberField, TextField


def encode(text: str) -> bytes:
    """Return a text as the kernels take it. Lone surrogates are kept; they are no letters, so no word has one."""
    return text.encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class Values:
    """The values of a field of keywords or of numbers: of each the document, and what it is."""

    docs: array[int] = field(default_factory=lambda: array("I"))
    values: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """Documents that `Layout.add` has added.

    `texts` are all texts one after another, those of a document together, in pieces of any size, and `text_lengths` has
    the bytes of each. `stored` and `stored_lengths` are the same for the stored fields; each document has one of them,
    and one of `stemmers`.
    """

    num_docs: int = 0
    texts: list[bytes] = field(default_factory=list)
    text_lengths: array[int] = field(default_factory=lambda: array("q"))
    text_size: int = 0
    stored: list[bytes] = field(default_factory=list)
    stored_lengths: array[int] = field(default_factory=lambda: array("q"))
    stored_size: int = 0
    stemmers: list[str] = field(default_factory=list)
    values: dict[str, Values] = field(default_factory=dict)

    def pack(self) -> None:
        """Join the pieces, so that there are few objects to send."""
        self.texts = [b"".join(self.texts)]
        self.stored = [b"".join(self.stored)]

    def joined_texts(self) -> tuple[bytes, NDArray[np.int64]]:
        """Return all texts, and where each begins, with the end of the last: i8[n + 1]."""
        starts = np.zeros(len(self.text_lengths) + 1, np.int64)
        np.cumsum(np.frombuffer(self.text_lengths, np.int64), out=starts[1:])
        return b"".join(self.texts), starts

    def each_stored(self) -> list[bytes]:
        """Return the stored fields of each document."""
        if len(self.stored) == self.num_docs:
            return self.stored
        return [self._all_stored()[start:end] for start, end in pairwise(accumulate(self.stored_lengths, initial=0))]

    def _all_stored(self) -> bytes:
        if len(self.stored) != 1:
            self.stored = [b"".join(self.stored)]
        return self.stored[0]

    def extend(self, other: Batch) -> None:
        """Add the documents of another one, which is of the same fields."""
        self.texts += other.texts
        self.text_lengths += other.text_lengths
        self.text_size += other.text_size
        self.stored += other.stored
        self.stored_lengths += other.stored_lengths
        self.stored_size += other.stored_size
        self.stemmers += other.stemmers
        for name, added in other.values.items():
            mine = self.values.setdefault(name, Values())
            docs = np.frombuffer(added.docs, np.uint32) + np.uint32(self.num_docs)
            mine.docs.frombytes(docs.astype(np.uint32, copy=False).tobytes())
            mine.values += added.values
        self.num_docs += other.num_docs

    def take(self, places: Sequence[int]) -> Batch:
        """Return some of the documents, whose places are ascending."""
        if len(places) == self.num_docs:
            return self
        if places and places[-1] - places[0] == len(places) - 1:
            return self._take_stretch(places[0], places[-1] + 1, *self._starts())
        texts, stored = b"".join(self.texts), self._all_stored()
        text_starts, stored_starts = self._starts()
        stride = len(self.text_lengths) // self.num_docs
        taken = Batch(len(places))
        for place in places:
            first, end = place * stride, (place + 1) * stride
            taken.texts.append(texts[text_starts[first] : text_starts[end]])
            taken.text_lengths += self.text_lengths[first:end]
            taken.stored.append(stored[stored_starts[place] : stored_starts[place + 1]])
            taken.stored_lengths.append(self.stored_lengths[place])
            taken.stemmers.append(self.stemmers[place])
        taken.text_size, taken.stored_size = sum(taken.text_lengths), sum(taken.stored_lengths)
        number_of = {place: number for number, place in enumerate(places)}
        for name, mine in self.values.items():
            pairs = zip(mine.docs, mine.values, strict=True)
            chosen = [(number_of[doc], value) for doc, value in pairs if doc in number_of]
            taken.values[name] = Values(array("I", [doc for doc, _ in chosen]), [value for _, value in chosen])
        return taken

    def split(self, counts: Sequence[int]) -> Iterator[Batch]:
        """Yield so many documents, and then so many of those that follow, to the last of them."""
        if len(counts) == 1:
            yield self
            return
        starts, end = self._starts(), 0
        for count in counts:
            start, end = end, end + count
            yield self._take_stretch(start, end, *starts)

    def _starts(self) -> tuple[list[int], list[int]]:
        """Return where each text begins, and each document's stored fields, both with the end of the last."""
        return list(accumulate(self.text_lengths, initial=0)), list(accumulate(self.stored_lengths, initial=0))

    def _take_stretch(self, start: int, end: int, text_starts: list[int], stored_starts: list[int]) -> Batch:
        """Return documents that follow each other, in a tenth of the time."""
        stride = len(self.text_lengths) // self.num_docs
        text_start, text_end = text_starts[start * stride], text_starts[end * stride]
        stored_start, stored_end = stored_starts[start], stored_starts[end]
        if len(self.texts) != 1:
            self.texts = [b"".join(self.texts)]
        taken = Batch(
            end - start,
            [self.texts[0][text_start:text_end]],
            self.text_lengths[start * stride : end * stride],
            text_end - text_start,
            [self._all_stored()[stored_start:stored_end]],
            self.stored_lengths[start:end],
            stored_end - stored_start,
            self.stemmers[start:end],
        )
        for name, mine in self.values.items():
            first, last = bisect_left(mine.docs, start), bisect_left(mine.docs, end)
            docs = array("I", [doc - start for doc in mine.docs[first:last]]) if start else mine.docs[first:last]
            taken.values[name] = Values(docs, mine.values[first:last])
        return taken


class Layout:
    """Which fields the documents have that are to be added."""

    def __init__(self, fields: Iterable[Field]) -> None:
        fields = tuple(fields)
        self.texts = [field.name for field in fields if isinstance(field, TextField)]
        self._keywords = [field.name for field in fields if isinstance(field, KeywordField)]
        self._numbers = [field.name for field in fields if isinstance(field, NumberField)]
        self._names = {field.name for field in fields}

    def add(self, batch: Batch, values: Mapping[str, Any], stored: bytes, language: str | None) -> None:
        """Add a document to a batch; raises `ValueError` (or its kin), and nothing is added then.

        What it is given is what `SegmentBuilder.add` takes.
        """
        self._require_known(values)
        get = values.get
        texts = [encode(text) if (text := get(name)) else b"" for name in self.texts]
        found: list[tuple[str, Any]] = []
        for name in self._keywords:
            value = get(name)
            if isinstance(value, str):
                found.append((name, value.encode()))
            elif value is not None:
                found += [(name, each.encode()) for each in value]
        for name in self._numbers:
            value = get(name)
            if value is not None:
                found.append((name, _checked(value)))
        lengths = list(map(len, texts))
        batch.texts += texts
        batch.text_lengths.extend(lengths)
        batch.text_size += sum(lengths)
        batch.stored.append(stored)
        batch.stored_lengths.append(len(stored))
        batch.stored_size += len(stored)
        batch.stemmers.append(analysis.stemmer_of(language))
        for name, value in found:
            column = batch.values[name] if name in batch.values else batch.values.setdefault(name, Values())
            column.docs.append(batch.num_docs)
            column.values.append(value)
        batch.num_docs += 1

    def add_all(
        self,
        batch: Batch,
        columns: Mapping[str, Sequence[Any]],
        stored: Sequence[bytes],
        languages: Iterable[str | None],
    ) -> None:
        """Add many documents, field by field, in a third of the time; raises as `add` does, and nothing is added then.

        `columns` has for each field the value of each document.
        """
        self._require_known(columns)
        nothing = [None] * len(stored)
        by_field = [[encode(text) if text else b"" for text in columns.get(name, nothing)] for name in self.texts]
        texts = list(chain.from_iterable(zip(*by_field, strict=True)))
        found = [(name, _keywords_of(columns.get(name, nothing), batch.num_docs)) for name in self._keywords]
        found += [(name, _numbers_of(columns.get(name, nothing), batch.num_docs)) for name in self._numbers]
        lengths, stored_lengths = array("q", map(len, texts)), array("q", map(len, stored))
        batch.texts += texts
        batch.text_lengths += lengths
        batch.text_size += sum(lengths)
        batch.stored += stored
        batch.stored_lengths += stored_lengths
        batch.stored_size += sum(stored_lengths)
        batch.stemmers += map(analysis.stemmer_of, languages)
        for name, added in found:
            if added.values:
                column = batch.values.setdefault(name, Values())
                column.docs += added.docs
                column.values += added.values
        batch.num_docs += len(stored)

    def _require_known(self, names: Iterable[str]) -> None:
        if not self._names.issuperset(names):
            raise ValueError(f"There is no field {next(name for name in names if name not in self._names)!r}.")


def _keywords_of(column: Sequence[Any], first_doc: int) -> Values:
    try:
        # Nearly every column: of each document a keyword.
        return Values(array("I", range(first_doc, first_doc + len(column))), [value.encode() for value in column])
    except AttributeError:
        pass
    found = Values()
    for doc, value in enumerate(column, start=first_doc):
        keywords = (value,) if isinstance(value, str) else value or ()
        found.docs.extend([doc] * len(keywords))
        found.values += [keyword.encode() for keyword in keywords]
    return found


def _numbers_of(column: Sequence[Any], first_doc: int) -> Values:
    pairs = [(doc, _checked(value)) for doc, value in enumerate(column, start=first_doc) if value is not None]
    return Values(array("I", [doc for doc, _ in pairs]), [number for _, number in pairs])


def _checked(value: Any) -> int:
    number = int(value)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(f"{number} does not fit 64 bits.")
    return number
