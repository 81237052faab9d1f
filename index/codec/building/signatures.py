"""Signatures of articles, which are alike as far as their texts are: made with a segment, and kept through merges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.codec.format import SIGNATURES, SegmentFileWriter
from index.codec.kernels.signatures import BINS, sign_texts

Signatures = NDArray[np.uint8]


def sign(texts: Sequence[bytes]) -> Signatures:
    """Return the signatures of texts in UTF-8: u1[n, BINS]."""
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=starts[1:])
    signatures = no_signatures(len(texts))
    sign_texts(np.frombuffer(b"".join(texts), np.uint8), starts, signatures)
    return signatures


def no_signatures(count: int) -> Signatures:
    """Return so many signatures of texts without words."""
    return np.zeros((count, BINS), np.uint8)


def write_signatures(file_writer: SegmentFileWriter, parts: Sequence[Signatures]) -> None:
    """Write the signatures of a segment's articles, which come in parts."""
    file_writer.write(SIGNATURES, np.concatenate([no_signatures(0), *parts]))
