"""Makes the columnar codec Whoosh's default in every Python process that has this folder on its path.

Python imports a module of this name when it starts. Whoosh's own tests start other processes, which must write the
same codec as the one that reads what they wrote, so a plugin of pytest would not reach far enough.
"""

from __future__ import annotations

from typing import Any

import whoosh.codec
import whoosh.codec.whoosh3

from index.codec import ColumnarCodec


def default_codec(*_args: Any, **_options: Any) -> ColumnarCodec:
    """Return the codec; the options that the tests give are those of Whoosh's own (`blocklimit`)."""
    return ColumnarCodec()


whoosh.codec.default_codec = default_codec
# Some tests name the default codec by its class.
whoosh.codec.whoosh3.W3Codec = ColumnarCodec
