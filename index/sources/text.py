"""Plain text files, one article each, as a scraper leaves them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from charset_normalizer import from_bytes

from index.article import Article
from index.cleaning import clean
from index.errors import SourceError

_BYTE_ORDER_MARKS = (
    # UTF-32 first: its little-endian mark starts with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# English in UTF-16 has a zero in every other byte; a stray NUL in a scraped page is far rarer.
_UTF16_ZERO_SHARE = 0.3


def read(article_id: str, content: bytes) -> Iterator[Article]:
    """Yield the one article of a text file; raises `SourceError` where there is no text in it."""
    title, body = clean(decode(content))
    if not title:
        raise SourceError(article_id, "holds no text")
    yield Article(id=article_id, title=title, body=body or title)


def decode(content: bytes) -> str:
    r"""Return the text of a file: by its byte order mark, as UTF-8, or as what its bytes look most like.

    Line ends become `\n`, and NULs go. Raises `SourceError` where no encoding fits.
    """
    text = _decode(content)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _decode(content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            # A file cut off in the middle of a character is still worth reading.
            return content.decode(encoding, errors="replace")
    encoding = _guess_utf16(content) or "utf-8"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        match = from_bytes(content).best()
        if match is None:
            raise SourceError("text", "is neither UTF-8 nor text in any other known encoding") from None
        return str(match)


def _guess_utf16(content: bytes) -> str | None:
    """Tell UTF-16 without a byte order mark by where its zeros are."""
    half = max(1, len(content) // 2)
    if content[1::2].count(0) > _UTF16_ZERO_SHARE * half:
        return "utf-16-le"
    if content[0::2].count(0) > _UTF16_ZERO_SHARE * half:
        return "utf-16-be"
    return None
