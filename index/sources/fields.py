"""The values of a record's fields into those of an article: a text, a list of names, a language, an id for a URL."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from urllib.parse import urlsplit

import regex
from babel import Locale
from babel.core import get_global

from index.cleaning.facts import find_dateline
from index.sources.markup import to_plain_text

# What no keyboard types and no page shows, and the halves of characters that no encoding can write.
_CONTROLS = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in b"\t\n")

# No title and no URL is longer; what is has been put into the wrong field.
_MAX_LINE_LENGTH = 2000

# Lists in lists and records in lists: authors come as deep as this and no deeper.
_MAX_DEPTH = 4
_MAX_NAMES = 50
_MAX_NAME_LENGTH = 200

# With those of WordPress and of the New York Times, and of dates and ids as MongoDB writes them.
_NAME_KEYS = (
    *("name", "title", "value", "text", "#text", "rendered", "main", "original"),
    *("$oid", "$date", "$numberLong", "url", "@id"),
)
_NAMES_IN_PARTS = (("givenName", "familyName"), ("first_name", "last_name"), ("firstname", "lastname"))
# What programs write for no name; a number is somebody's in their database.
_NOBODY = frozenset({"none", "null", "nan", "n/a", "undefined", "unknown"})
# As feeds have it: jane@example.org (Jane Doe).
_MAILBOX = regex.compile(r"\S+@\S+\s+\((.+)\)")
# "By"; and in other languages what is no part of a name: before a colon, two names, or the capitals of an agency. Von
# Jones, Di Jones and von der Leyen are people.
_AUTHOR_PREFIX = regex.compile(
    r"^\s*(?:(?i:by)[:\s]\s*(?=\p{L})|(?i:von|par|por|di|door|av|af)(?::\s*|\s+(?=\p{Lu}[\p{L}.'’-]*\s+\p{Lu}))"
    r"|(?:[Vv]on|[Pp]ar|[Pp]or|[Dd]i|[Dd]oor|[Aa]v|[Aa]f)\s+(?=\p{Lu}{2,}\b))"
)
_AUTHOR_SEPARATOR = regex.compile(r"\s*(?:;|\||\s/\s|\n|,?\s+(?:and|und|et|&)\s+|,\s*(?=\p{L}[\p{L}.'’-]*\s+\p{L}))\s*")

# An id stands in a URL as it is: what has a meaning there or may not be there is hashed.
_USABLE_ID = regex.compile(r"[\p{L}\p{N}\p{P}\p{S}]{1,200}(?<![/\\])")
_NO_ID = re.compile(r"[/\\?#%\s]|^\.{1,2}$")
_SURROGATES = regex.compile(r"[\ud800-\udfff]")
# A gap that is not laid out yet. `re` takes half the time of `regex` for it.
_GAP = re.compile(r"\n(?:[ \t]++\n|\n[ \t\n])[ \t\n]*+")
# What most ids are, and need no second look.
_PLAIN_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}")
_NOT_IN_SLUG = regex.compile(r"[^\p{L}\p{N}_-]+")
_NOT_IN_ASCII_SLUG = re.compile(r"[^A-Za-z0-9_-]+")
_MAX_SLUG_LENGTH = 60


def to_text(value: object) -> str:
    """Return a value as plain text: a list as paragraphs, HTML without its tags; empty for what is no text."""
    if isinstance(value, str):
        return lay_out(to_plain_text(drop_controls(value)))
    if isinstance(value, (list, tuple)):
        return "\n\n".join(filter(None, (to_text(part) for part in flatten(value))))
    if isinstance(value, Mapping):
        return next(
            (to_text(value[key]) for key in ("text", "body", "value", "#text", "html", "rendered") if value.get(key)),
            "",
        )
    return ""


def to_line(value: object, *, is_plain: bool = False) -> str | None:
    """Return a value as one line of text, without its tags unless it is plain; `None` where there is none."""
    if value is None:
        return None
    first = (value if isinstance(value, str) else next(flatten(value), ""))[:_MAX_LINE_LENGTH]
    # Most are in order; white space other than spaces is not printable.
    if not first.isprintable():
        first = drop_controls(first)
    elif "<" not in first and "&" not in first and "  " not in first:
        return first.strip() or None
    return " ".join((first if is_plain else to_plain_text(first)).split()) or None


def drop_controls(text: str) -> str:
    r"""Return a text with `\n` for the ends of its lines, and nothing in it that cannot be shown or encoded."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        text = _SURROGATES.sub("\ufffd", text)
        encoded = text.encode()
    kept = encoded.translate(None, _CONTROLS)
    return kept.decode() if len(kept) < len(encoded) else text


def lay_out(text: str) -> str:
    """Return a text with its paragraphs set apart by one blank line, and nothing before or after it."""
    text = text.strip()
    return _GAP.sub("\n\n", text) if "\n\n" in text or "\n " in text else text


def flatten(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the texts in a value, whatever it is wrapped in: `[{"name": "A"}, "B"]`, a list written as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool) or value is None or depth > _MAX_DEPTH:
        return
    elif isinstance(value, (int, float)):
        # NaN is how pandas writes that there is nothing.
        if math.isfinite(value):
            yield str(value)
    elif isinstance(value, Mapping):
        named = next((value[key] for key in _NAME_KEYS if value.get(key)), None) or _join_name(value)
        yield from flatten(named, depth + 1)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from flatten(part, depth + 1)


def _join_name(value: Mapping[str, object]) -> str | None:
    for keys in _NAMES_IN_PARTS:
        parts = [part for key in keys if isinstance(part := value.get(key), str) and part]
        if parts:
            return " ".join(parts)
    return None


def to_authors(value: object) -> tuple[str, ...]:
    """Return the names in a byline or a list, each once: "By Jane Doe and John Smith", "Doe, Jane" stays one."""
    if not value:
        return ()
    names: dict[str, None] = {}
    texts = [text for text, _ in zip(flatten(value), range(_MAX_NAMES), strict=False)]
    if len(texts) == 1 and texts[0].startswith("[") and texts[0].endswith("]"):
        # A list as Python prints it, from a table that was made with pandas.
        texts = [name.strip(" '\"") for name in texts[0][1:-1].split(",")]
    for text in texts:
        line = to_line(_AUTHOR_PREFIX.sub("", text[:_MAX_LINE_LENGTH])) or ""
        mailbox = _MAILBOX.fullmatch(line) if line.endswith(")") else None
        for name in _AUTHOR_SEPARATOR.split(mailbox[1] if mailbox else line):
            trimmed = name.strip(" ,;.") if name.count(".") <= 1 else name.strip(" ,;")
            if not trimmed or len(trimmed) > _MAX_NAME_LENGTH or trimmed.lower() in _NOBODY or trimmed.isdigit():
                continue
            if not trimmed.startswith(("http://", "https://")):
                names[trimmed] = None
    return tuple(names)[:_MAX_NAMES]


def to_url(value: object) -> str | None:
    """Return a URL of the web; `None` for anything else, which a page could not link to."""
    if value is None or (isinstance(value, str) and "//" not in value and "&" not in value and "<" not in value):
        return None  # nearly every id
    line = to_line(value)
    if not line or len(line) == _MAX_LINE_LENGTH or not line.lower().startswith(("http://", "https://")) or " " in line:
        return None
    return line if host_of(line) else None


def host_of(url: str) -> str | None:
    """Return the host of a URL without its "www."."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.") or None
    except ValueError:
        return None


def path_of(url: str) -> str:
    """Return the path of a URL; empty where it has none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def to_place(value: object) -> str | None:
    """Return the place that a field names: of "MOSCOW, April 12 (Reuters) -", of {"name": "Moscow"}."""
    line = to_line(value) if value else None
    if not line or len(line) > _MAX_NAME_LENGTH or line.startswith(("http://", "https://")):
        return None
    # A dateline ends with a dash, which whoever cut it out may have left behind.
    dateline = find_dateline(line) or find_dateline(f"{line} —")
    place = dateline.place if dateline else line.strip(" ,;—–-")
    return place if any(map(str.isalpha, place)) else None


def to_language(value: object) -> str | None:
    """Return the ISO 639 code of a language: of "en-US", "eng", "English"; `None` for what is none."""
    line = to_line(value)
    if not line:
        return None
    name = regex.split(r"[-_;,\s(]", line.lower(), maxsplit=1)[0]
    codes = _languages()
    return codes.get(line.lower()) or codes.get(name)


@cache
def _languages() -> dict[str, str]:
    """Return the codes of languages, of two letters where there is one, by other codes and by names."""
    names = {str(code): str(name) for code, name in Locale("en").languages.items()}
    codes = {code: code for code in names if len(code) in (2, 3) and code not in ("und", "zxx", "mul", "mis")}
    codes |= {name.lower(): code for code, name in names.items() if code in codes}
    codes |= {str(alias): str(code) for alias, code in get_global("language_aliases").items() if code in names}
    own_names = ("de", "fr", "es", "it", "pt", "ru", "ar")
    codes |= {(Locale(code).get_display_name() or code).lower(): code for code in own_names}
    return codes | {"nb": "no", "nn": "no", "iw": "he", "in": "id"}


def usable_id(value: object) -> str | None:
    """Return a record's own id for use in a URL: as it is where it can be, or what is readable of it and a hash."""
    if isinstance(value, str) and _PLAIN_ID.fullmatch(value):
        return value
    line = to_line(value)
    if not line:
        return None
    if _PLAIN_ID.fullmatch(line) or (not _NO_ID.search(line) and _USABLE_ID.fullmatch(line)):
        return line
    return make_id(line, line)


def make_id(readable: str, *whole: str) -> str:
    """Return an id of which the first part can be read and the second is a hash."""
    unusable = _NOT_IN_ASCII_SLUG if readable.isascii() else _NOT_IN_SLUG
    slug = unusable.sub("-", readable)[:_MAX_SLUG_LENGTH].strip("-") or "article"
    # Six bytes: among a million articles of one name, two get the same once in five hundred archives.
    content = "\0".join(whole).encode("utf-8", "replace")
    return f"{slug}-{hashlib.blake2b(content, digest_size=6).hexdigest()}"
