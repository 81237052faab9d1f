"""Cursors: what an answer gives so that the next request goes on where it ended, and all results are walked once each.

A cursor is the rank of the next result, and what has to be as it was: the index, by its generation, the request, and
how many results there are. By the same index the same request is always answered in the same order, so the rank is
enough, whatever the order is by. What it says is checked: of another request it is refused, and of another generation
it has expired, since results may have moved to either side of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass, fields
from operator import attrgetter

from index.engine import SearchRequest
from index.errors import CursorExpiredError, RequestError

_NUMBERS = struct.Struct("<QQQ")
_DIGEST_SIZE = 9  # with the numbers a multiple of 3, which base64 writes without padding
# What may change on the way: how much is shown of each result, and of how many.
_FREE = frozenset({"page", "size", "cursor", "facets", "snippets"})
_BOUND = tuple(field.name for field in fields(SearchRequest) if field.name not in _FREE)
_values_of = attrgetter(*_BOUND)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rank of the next result, counted from 0; the generation, and the total of the answers before.

    `after` is what an engine needs besides to go on: where the last result stands, in the engine's own writing.
    """

    rank: int
    generation: int
    total: int
    after: bytes = b""


def write_cursor(request: SearchRequest, cursor: Cursor) -> str:
    """Return a cursor as an answer to a request gives it."""
    numbers = _NUMBERS.pack(cursor.rank, cursor.generation, cursor.total)
    after = cursor.after + b" " * (-len(cursor.after) % 3)
    return base64.urlsafe_b64encode(numbers + _digest(request, numbers + after) + after).decode("ascii")


def read_cursor(request: SearchRequest) -> Cursor | None:
    """Return a request's cursor, if it has one; raises `RequestError` for one that no answer to it gave."""
    if request.cursor is None:
        return None
    try:
        written = base64.b64decode(request.cursor.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        written = b""
    end = _NUMBERS.size + _DIGEST_SIZE
    numbers, digest, after = written[: _NUMBERS.size], written[_NUMBERS.size : end], written[end:]
    if len(digest) != _DIGEST_SIZE or digest != _digest(request, numbers + after):
        raise RequestError("cursor", "no answer to this search gave it; take that of the last answer, or begin without")
    rank, generation, total = _NUMBERS.unpack(numbers)
    return Cursor(rank, generation, total, after.rstrip(b" "))


def check_cursor(cursor: Cursor | None, generation: int, total: int) -> None:
    """Raise `CursorExpiredError` if a cursor is of another state of the index than the answer."""
    if cursor is not None and (cursor.generation, cursor.total) != (generation, total):
        raise CursorExpiredError


def next_cursor(request: SearchRequest, rank: int, generation: int, total: int, after: bytes = b"") -> str | None:
    """Return the cursor that leads on from the results before a rank; None where there are no more."""
    if rank >= total or not request.size:
        return None
    return write_cursor(request, Cursor(rank, generation, total, after))


def _digest(request: SearchRequest, said: bytes) -> bytes:
    asked = [*zip(_BOUND, _values_of(request), strict=True)]
    return hashlib.blake2b(said + repr(asked).encode("utf-8", "surrogatepass"), digest_size=_DIGEST_SIZE).digest()
