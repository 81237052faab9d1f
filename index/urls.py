"""An article's address as words, by which `url:` finds it; the same for articles and for queries.

`https://www.bbc.co.uk/news/world-39585029` is "www bbc co uk", the end of the host, and "news world 39585029". So a
domain is words in a row that the end of a host follows, which `notbbc.co.uk` and a path with `bbc.co.uk` in it do not
have; and a part of a path is words in a row. For 39,976 articles with made addresses of 77 characters, each with a
number of its own, that takes a quarter of a second of one core, half of it here, and 3.5 MB of the index.
"""

from __future__ import annotations

import regex

from index import analysis

# Stands behind the last word of the host.
END_OF_HOST = "endofhost"
# What comes later is tracking, or no address.
MAX_CHARACTERS = 500

_HOST = regex.compile(r"([a-z][a-z0-9+.\-]*://)?(?:[^/?#@]*@)?([^/?#:]*)(?::\d*)?")
# What could join words: of an address all signs part them.
_SIGNS = str.maketrans(dict.fromkeys(f".,+#{analysis.APOSTROPHES}", " "))


def to_text(url: str) -> str:
    """Return an address as a text of its words, in small letters.

    What begins with a scheme, or has a full stop before its first slash, begins with a host; else it is a part of one
    or of a path.
    """
    url = url[:MAX_CHARACTERS].lower()
    host = _HOST.match(url)
    if host and host[2] and (host[1] or "." in host[2]):
        url = f"{host[2]} {END_OF_HOST} {url[host.end() :]}"
    return url.translate(_SIGNS)


def words_of(url: str) -> tuple[str, ...]:
    """Return the words of an address, as they are indexed."""
    return tuple(token.surface for token in analysis.tokenize(to_text(url)))
