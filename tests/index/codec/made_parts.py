"""A field with parts, added to a segment by the plainest code that does what `format.py` says."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from index.codec.format import MAX_SHORT_ORDINALS, FieldEntry, SegmentFile, SegmentFileWriter, narrowest, to_meta

Parts = Mapping[bytes, tuple[bytes, Iterable[int]]]  # of each term: its parent, and in which documents it is


def add_parts(file: SegmentFile, name: str, parent_name: str, parts: Parts, boost: float = 1.0) -> bytes:
    """Return a segment that has one field more, numbered last."""
    terms = _terms(file)
    entry = FieldEntry(name, len(terms), len(parts), boost=boost, parts_of=parent_name)
    parents, doc_freqs, kept = [], [], []
    for term in sorted(parts):
        parent, doc_ids = parts[term]
        of_field = file.fields[parent_name]
        parents.append(terms.index(parent, of_field.first_term, of_field.end_term))
        start, end = file["posting_starts"][parents[-1] : parents[-1] + 2].tolist()
        of_parent = {doc_id: ordinal for ordinal, doc_id in enumerate(file["doc_ids"][start:end].tolist())}
        ordinals = sorted(of_parent[doc_id] for doc_id in doc_ids)
        doc_freqs.append(len(ordinals))
        kept.append(_keep(ordinals, len(of_parent)))
    new_terms = terms + sorted(parts)
    sink = io.BytesIO()
    writer = SegmentFileWriter(sink)
    for array_name in file:
        if array_name == "term_bytes":
            writer.write(array_name, np.frombuffer(b"".join(new_terms), np.uint8))
        elif array_name == "term_offsets":
            _write_numbers(writer, array_name, _offsets(new_terms))
        else:
            writer.write(array_name, file[array_name])
    place = len(file.fields)
    _write_numbers(writer, f"part_parents:{place}", parents)
    _write_numbers(writer, f"part_doc_freqs:{place}", doc_freqs)
    _write_numbers(writer, f"part_starts:{place}", _offsets(kept))
    writer.write(f"part_bytes:{place}", np.frombuffer(b"".join(kept), np.uint8))
    more = {key: value for key, value in file.meta.items() if key not in ("num_docs", "fields")}
    writer.finish(to_meta(file.num_docs, [*file.fields.values(), entry], **more))
    return sink.getvalue()


def _terms(file: SegmentFile) -> list[bytes]:
    contents, offsets = file["term_bytes"].tobytes(), file["term_offsets"].tolist()
    return [contents[start:end] for start, end in pairwise(offsets)]


def _keep(ordinals: list[int], num_postings: int) -> bytes:
    if len(ordinals) == num_postings:
        return b""
    size = 2 if num_postings <= MAX_SHORT_ORDINALS else 4
    listed = b"".join(ordinal.to_bytes(size, "little") for ordinal in ordinals)
    bits = bytearray((num_postings + 7) // 8)
    for ordinal in ordinals:
        bits[ordinal // 8] |= 1 << ordinal % 8
    return listed if len(listed) < len(bits) else bytes(bits)


def _offsets(texts: list[bytes]) -> list[int]:
    offsets = [0]
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    return offsets


def _write_numbers(writer: SegmentFileWriter, name: str, numbers: Any) -> None:
    writer.write(name, np.array(numbers, narrowest(max(numbers, default=0))))
