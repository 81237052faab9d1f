"""Signatures of articles, which are alike as far as their texts are: made with a segment, and kept through merges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.codec.format import SIGNATURES, SegmentFileWriter
from index.codec.kernels.signatures import BINS, sign_texts

Signatures = NDArray[np.uint8]


def sign(text: bytes, starts: NDArray[np.int64], stride: int = 1, offset: int = 0) -> Signatures:
    """Return the signatures of every `stride`th text from `offset` on: u1[n, BINS].

    starts: i8[m + 1]. Text i is `text[starts[i]:starts[i + 1]]`, in UTF-8.
    """
    signatures = no_signatures((len(starts) - 1) // stride)
    sign_texts(np.frombuffer(text, np.uint8), starts, stride, offset, signatures)
    return signatures


def no_signatures(count: int) -> Signatures:
    """Return so many signatures of texts without words."""
    return np.zeros((count, BINS), np.uint8)


def write_signatures(file_writer: SegmentFileWriter, parts: Sequence[Signatures]) -> None:
    """Write the signatures of a segment's articles, which come in parts."""
    file_writer.write(SIGNATURES, np.concatenate([no_signatures(0), *parts]))
