"""Term vectors: for fields that keep them, the terms of each document.

`meta["vectors"]` has the names of the fields, in order; `<v>` is a field's place there, I the number of terms of all
its documents, document by document, each in the order of the terms.

| array | shape | what it holds |
|---|---|---|
| `vector_starts:<v>` | N+1 | document d has the terms from `vector_starts[d]` to `vector_starts[d+1]` |
| `vector_text_bytes:<v>`, `vector_text_offsets:<v>` | I+1 | the terms, as those of the segment |
| `vector_weights:<v>` | I | their weights (f4) |
| `vector_value_bytes:<v>`, `vector_value_offsets:<v>` | I+1 | their values, as the vector's format made them |
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from whoosh.matching.mcore import LeafMatcher, ReadTooFar

from index.codec.format import Array, SegmentFile, SegmentFileWriter, narrowest

Items = list[tuple[str, float, bytes]]


class _FieldWriter:
    def __init__(self) -> None:
        self.starts = array("Q", [0])
        self.weights = array("f")
        self.parts = {"text": (bytearray(), array("Q", [0])), "value": (bytearray(), array("Q", [0]))}

    def fill(self, num_docs: int) -> None:
        self.starts.extend([self.starts[-1]] * (num_docs + 1 - len(self.starts)))

    def add(self, doc_id: int, items: Items) -> None:
        self.fill(doc_id)
        texts, values = self.parts["text"], self.parts["value"]
        for text, weight, value in items:
            self.weights.append(weight)
            for (contents, ends), added in ((texts, text.encode("utf-8", "surrogatepass")), (values, value or b"")):
                contents.extend(added)
                ends.append(len(contents))
        self.starts.append(len(self.weights))


class VectorsWriter:
    """Takes the vectors of all documents of a segment."""

    def __init__(self) -> None:
        self._writers: dict[str, _FieldWriter] = {}

    def add(self, name: str, doc_id: int, items: Items) -> None:
        """Add the vector of a document; `doc_id` must be above those before."""
        if items:
            self._writers.setdefault(name, _FieldWriter()).add(doc_id, items)

    def finish(self, num_docs: int) -> None:
        """Take note that there are no more documents."""
        for writer in self._writers.values():
            writer.fill(num_docs)

    def write(self, file_writer: SegmentFileWriter) -> list[str]:
        """Write the arrays and return `meta["vectors"]`; can be called again."""
        names = sorted(self._writers)
        for place, writer in enumerate(self._writers[name] for name in names):
            file_writer.write(f"vector_starts:{place}", _narrow(writer.starts))
            file_writer.write(f"vector_weights:{place}", np.array(writer.weights, np.float32))
            for part, (contents, ends) in writer.parts.items():
                file_writer.write(f"vector_{part}_bytes:{place}", np.frombuffer(contents, np.uint8))
                file_writer.write(f"vector_{part}_offsets:{place}", _narrow(ends))
        return names


def _narrow(numbers: array[int]) -> Array:
    return np.asarray(numbers).astype(narrowest(numbers[-1]))


class VectorsReader:
    """Reads the vectors of a segment."""

    def __init__(self, segment_file: SegmentFile) -> None:
        self._file = segment_file
        self._places = {name: place for place, name in enumerate(segment_file.meta.get("vectors", ()))}

    def _range(self, doc_id: int, name: str) -> tuple[int, int]:
        place = self._places.get(name)
        if place is None:
            return 0, 0
        starts = self._file[f"vector_starts:{place}"].data
        return starts[doc_id], starts[doc_id + 1]

    def has(self, doc_id: int, name: str) -> bool:
        """Return whether a document has a vector of a field."""
        start, end = self._range(doc_id, name)
        return start < end

    def matcher(self, doc_id: int, name: str, format_: Any) -> VectorMatcher:
        """Return the vector of a document; raises `KeyError` if it has none."""
        start, end = self._range(doc_id, name)
        if start == end:
            raise KeyError(f"Document {doc_id} has no vector of the field {name!r}.")
        place = self._places[name]
        texts = [text.decode("utf-8", "surrogatepass") for text in self._slices("text", place, start, end)]
        weights: list[float] = self._file[f"vector_weights:{place}"][start:end].tolist()
        return VectorMatcher(texts, weights, list(self._slices("value", place, start, end)), format_)

    def _slices(self, part: str, place: int, start: int, end: int) -> Iterator[bytes]:
        contents = self._file[f"vector_{part}_bytes:{place}"].data
        offsets = self._file[f"vector_{part}_offsets:{place}"][start : end + 1].tolist()
        return (bytes(contents[first:last]) for first, last in itertools.pairwise(offsets))


class VectorMatcher(LeafMatcher):  # type: ignore[misc]  # Whoosh is untyped here
    """A vector as Whoosh reads it: a matcher whose ids are terms."""

    scorer = None
    _term = None

    def __init__(self, texts: list[str], weights: list[float], values: list[bytes], format_: Any) -> None:
        self.format = format_
        self._texts = texts
        self._weights = weights
        self._values = values
        self._place = 0

    def is_active(self) -> bool:
        """Return whether there is a term to look at."""
        return self._place < len(self._texts)

    def reset(self) -> None:
        """Go back to the first term."""
        self._place = 0

    def id(self) -> str:
        """Return the term."""
        return self._texts[self._place]

    def weight(self) -> float:
        """Return the term's weight."""
        return self._weights[self._place]

    def value(self) -> bytes:
        """Return the term's value."""
        return self._values[self._place]

    def next(self) -> bool:
        """Go to the next term."""
        if not self.is_active():
            raise ReadTooFar
        self._place += 1
        return False

    def skip_to(self, text: str) -> None:
        """Go to the first term that is not below a text."""
        if not self.is_active():
            raise ReadTooFar
        while self.is_active() and self.id() < text:
            self._place += 1

    def all_ids(self) -> Iterable[str]:
        """Return the terms from here on."""
        return iter(self._texts[self._place :])
