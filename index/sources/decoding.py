"""The bytes of a text file into text, whatever their encoding.

A byte order mark is believed, and so is UTF-8 that is valid or nearly so. Latin and Cyrillic letters of one byte each
are told apart here: to a general detector cp1252 and cp1250 look the same, which turns café into cafč. What is left,
Greek or Japanese in their old encodings, is for charset-normalizer.
"""

from __future__ import annotations

import codecs
from collections import Counter

import regex
from charset_normalizer import from_bytes

from index.errors import SourceError

_BYTE_ORDER_MARKS = (
    # UTF-32 first: its little-endian mark starts with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Letters of one script share the upper byte of their UTF-16, and those of every alphabet below 0x20 are no bytes of
# text in any other encoding: 0 is Latin, 4 Cyrillic. One in every other place is far more than a stray one.
_UPPER_BYTES = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
_OTHER_BYTES = bytes(byte for byte in range(0x100) if byte not in _UPPER_BYTES)
_UPPER_BYTE_SHARE = 0.3

# So many good characters beyond ASCII for each bad byte make a text UTF-8 with an accident in it: in another encoding
# nearly all of them would be bad.
_GOOD_FOR_EACH_BAD = 4

# Encodings of Latin letters, the most common first, which wins where the text does not tell them apart.
_LATIN_ENCODINGS = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257")
# What each language writes beyond ASCII, in small letters.
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "àâæçéèêëîïôœùûüÿ",  # French
        "äöüßéèà",  # German
        "áéíñóúüàç¿¡",  # Spanish, Catalan
        "ãõáàâçéêíóôúü",  # Portuguese
        "àèéìíòóùú",  # Italian
        "åäöæøéèüó",  # Swedish, Danish, Norwegian, Finnish
        "ëïéèöüáóê",  # Dutch
        "áðéíóúýþæö",  # Icelandic
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîșşțţ",  # Romanian
        "čćđšž",  # Croatian, Slovene
        "âçğıîöşûü",  # Turkish
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņšūž",  # Latvian
        "äõöüšž",  # Estonian
    )
)
# Signs that say nothing of the language, unless they stand within a word; the bytes of some are letters elsewhere.
_SIGNS = regex.compile(
    r"(?<!\p{L})[‘’‚“”„«»‹›–—…•·€£¥©®™°§½¼¾×±\xa0]|[‘’‚“”„«»‹›–—…•·€£¥©®™°§½¼¾×±\xa0](?!\p{L})"
    r"|(?<=\p{L})[’–—\xa0](?=\p{L})|(?<=m)[²³](?!\p{L})"
)
# Text in Latin letters is mostly ASCII; in other scripts next to nothing is.
_MAX_LATIN_SHARE = 0.5
# Of the letters beyond ASCII, how many belong to one language: names from elsewhere are in every newspaper.
_MIN_IN_ALPHABET = 0.8
# With fewer bytes beyond ASCII than this, in no language, they are an accident.
_MAX_ACCIDENT_SHARE = 0.01
_CYRILLIC_ENCODINGS = ("cp1251", "koi8_r", "iso8859_5", "cp866")
# Two thirds of what is written in Cyrillic; of what is something else, read as Cyrillic, a third.
_COMMON_CYRILLIC = "оеаинтсрвлі"
_MIN_COMMON_CYRILLIC = 0.5
# Enough to tell a language by.
_SAMPLE_SIZE = 1 << 18

# Where a page says what it is encoded in; a browser looks no further than this either.
_META_CHARSET = regex.compile(rb"""<(?:meta|\?xml)\b[^>]{0,500}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", regex.I)
_META_SIZE = 1 << 12
_AS_BROWSERS_READ = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252"}

_BEYOND_ASCII = regex.compile(rb"[\x80-\xff]")

# What no keyboard types and no page shows; a form feed and its like part words all the same.
_SEPARATORS = regex.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e]")
_CONTROLS = regex.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f]")

_ANY_CONTROL = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in b"\t\n")


def decode(content: bytes) -> str:
    r"""Return the text of a file: by its byte order mark, as UTF-8, or as what its bytes look most like.

    Line ends become `\n`, and control characters go. Raises `SourceError` where no encoding fits.
    """
    if not content.startswith(codecs.BOM_UTF8) and _guess_utf16(content) is None:
        try:
            # Nearly every file: it need not be decoded to find out whether it is UTF-8, and again to read it.
            return _clean(content.decode(), content)
        except UnicodeDecodeError:
            pass
    return _clean(_decode(content))


def _clean(text: str, encoded: bytes | None = None) -> str:
    if encoded is None:
        encoded = text.encode("utf-8", "surrogatepass")
    # Most texts have none of them, which is seen at a tenth of the time that the patterns take.
    if len(encoded.translate(None, _ANY_CONTROL)) == len(encoded):
        return text
    return _CONTROLS.sub("", _SEPARATORS.sub("\n", text))


def decode_html(content: bytes, charset: str | None = None) -> str:
    """Return the text of a page: by its byte order mark, as UTF-8 if it is that, as what it says it is, or looks like.

    `charset` is what its server said. Both are often wrong, and bytes that are UTF-8 by chance are next to impossible.
    """
    if any(content.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS):
        return decode(content)
    in_page = _META_CHARSET.search(content[:_META_SIZE])
    declared = [name.lower() for name in (charset, in_page[1].decode("ascii") if in_page else None) if name]
    # The Japanese mail encodings are ASCII to the eye of UTF-8, and the two Latin names mean what Windows has.
    first = [name for name in declared if name.startswith("iso-2022")]
    for name in (*first, "utf-8", *declared):
        try:
            text = content.decode(_AS_BROWSERS_READ.get(name, name))
        except (LookupError, UnicodeError):
            continue
        return _clean(text)
    return decode(content)


def _decode(content: bytes) -> str:
    # A file cut off in the middle of a character is still worth reading.
    return content.decode(detect_encoding(content), errors="replace")


def detect_encoding(content: bytes) -> str:
    """Return the name of the encoding of a text, of which the start is enough; raises `SourceError` where none fits."""
    wide = detect_wide_encoding(content)
    if wide:
        return wide
    known = _guess_utf8(content) or _guess_latin(content) or _guess_cyrillic(content)
    if known:
        return known
    match = from_bytes(content).best()
    if match is None:
        raise SourceError("", "is neither UTF-8 nor text in any other known encoding")
    return match.encoding


def detect_wide_encoding(content: bytes) -> str | None:
    """Return the name of an encoding that is told by a byte order mark or has no ASCII in it; `None` for others."""
    marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    return marked or _guess_utf16(content)


def _guess_utf16(content: bytes) -> str | None:
    """Tell UTF-16 without a byte order mark by the upper bytes of its letters, nearly all of which are the same."""
    enough = _UPPER_BYTE_SHARE * max(1, len(content) // 2)
    # Nearly every file ends here, after one quick look.
    if len(content.translate(None, _OTHER_BYTES)) <= enough:
        return None
    most, encoding = max(
        (max(map(content[start::2].count, _UPPER_BYTES)), encoding)
        for start, encoding in ((0, "utf-16-be"), (1, "utf-16-le"))
    )
    return encoding if most > enough else None


def _guess_utf8(content: bytes) -> str | None:
    """Return UTF-8 where the content is that, give or take an accident."""
    text = content.decode("utf-8", errors="replace")
    bad = text.count("\ufffd") - content.count("\ufffd".encode())
    if not bad:
        return "utf-8"
    good = sum(not character.isascii() for character in text) - bad
    return "utf-8" if good >= _GOOD_FOR_EACH_BAD * bad else None


def _guess_latin(content: bytes) -> str | None:
    """Return the encoding in which what is beyond ASCII is of one language; UTF-8 where there is next to nothing."""
    # From the first byte that tells something; the opening of an English page can be all ASCII.
    beyond_ascii = _BEYOND_ASCII.search(content)
    first = beyond_ascii.start() if beyond_ascii else 0
    sample = content[max(0, first - _SAMPLE_SIZE // 2) :][:_SAMPLE_SIZE]
    high = sum(map(sample.count, range(0x80, 0x100)))
    letters = sum(map(sample.count, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if high > _MAX_LATIN_SHARE * (letters + high):
        return None
    shares = {encoding: _share_in_alphabet(sample.decode(encoding, errors="replace")) for encoding in _LATIN_ENCODINGS}
    best = max(shares, key=shares.__getitem__)
    if shares[best] >= _MIN_IN_ALPHABET:
        return best
    return "utf-8" if high < _MAX_ACCIDENT_SHARE * (letters + high) else None


def _guess_cyrillic(content: bytes) -> str | None:
    """Return the Cyrillic encoding in which the most common letters are those of Slavic languages."""
    shares = {}
    for encoding in _CYRILLIC_ENCODINGS:
        counts = _count_beyond_ascii(content[:_SAMPLE_SIZE].decode(encoding, errors="replace"))
        # Small letters alone: the wrong encoding often makes capitals of them.
        shares[encoding] = sum(counts[letter] for letter in _COMMON_CYRILLIC) / max(1, counts.total())
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] >= _MIN_COMMON_CYRILLIC else None


def _share_in_alphabet(text: str) -> float:
    """Return how much of what is beyond ASCII belongs to the language that has the most of it."""
    counts = _count_beyond_ascii(text.lower())
    if not counts:
        return 1.0
    return max(sum(counts[letter] for letter in alphabet) for alphabet in _ALPHABETS) / counts.total()


def _count_beyond_ascii(text: str) -> Counter[str]:
    return Counter(character for character in _SIGNS.sub("", text) if not character.isascii())
