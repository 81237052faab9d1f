"""What is UTF-8 at first sight is read as what is found to be UTF-8 at last."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import SourceError
from index.sources.decoding import _clean, _decode, decode

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("\x00\x0b\r\n\ufeff\ufffdé"))


@given(TEXTS.map(str.encode) | TEXTS.map(lambda text: text.encode("utf-16-le")) | st.binary())
@example("\ufeffé".encode())
@example("é\r\n\x0c\x7f".encode())
def test_texts_are_read_the_same_either_way(content: bytes) -> None:
    try:
        expected = _clean(_decode(content))
    except SourceError:
        return
    assert decode(content) == expected
