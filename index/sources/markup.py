"""A piece of HTML into plain text: of a field that is known to hold an article and nothing else.

Whole pages, with menus around the article, are for `html.py`.
"""

from __future__ import annotations

import html
import re
from html.entities import html5

import lxml.etree
import lxml.html
import regex

# Tags that nobody writes in plain text; <LLOY.LON> is a share, and <jim@example.org> a person.
# `re` takes less time than `regex` where all that is found begins with one character.
_IS_HTML = re.compile(
    r"<(?:/?(?:p|div|br|h[1-6]|ul|ol|li|blockquote|figure|table|section)\b[^<>]*>|/(?:a|b|i|em|strong|span)>)",
    re.IGNORECASE,
)
# With the semicolon: without it, "&copy=3" is a part of a URL.
_ENTITY = regex.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", regex.IGNORECASE)

_BLOCKS = (
    "p div h1 h2 h3 h4 h5 h6 ul ol li blockquote figure figcaption table tr section article header footer pre".split()
)
_NO_TEXT = "script style noscript template iframe object svg form".split()
_SPACE = regex.compile(r"[ \t\r\n\f]+")
# Two characters that mean nothing to anybody, and that XML allows.
_BREAK, _PARAGRAPH = "\ue000", "\ue001"
_GAPS = regex.compile(rf" *({_BREAK}|{_PARAGRAPH})[ {_BREAK}{_PARAGRAPH}]*")


def to_plain_text(text: str) -> str:
    """Return a text without its tags, if it has some that are certainly HTML; its blocks become paragraphs.

    There must be no control characters in it.
    """
    if "<" in text and _IS_HTML.search(text):
        return _strip_tags(text)
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: regex.Match[str]) -> str:
    name = entity[0][1:]
    return html.unescape(entity[0]) if name.startswith("#") else html5.get(name, entity[0])


def _strip_tags(text: str) -> str:
    try:
        tree = lxml.html.fragment_fromstring(text.replace(_BREAK, "").replace(_PARAGRAPH, ""), create_parent="div")
    except (lxml.etree.LxmlError, ValueError):
        return text
    lxml.etree.strip_elements(tree, *_NO_TEXT, lxml.etree.Comment, with_tail=False)
    for element in tree.iter(*_BLOCKS, "br"):
        mark = _BREAK if element.tag == "br" else _PARAGRAPH
        element.tail = mark + (element.tail or "")
        if mark == _PARAGRAPH:
            element.text = mark + (element.text or "")
    flat = _SPACE.sub(" ", "".join(tree.itertext())).strip(f" {_BREAK}{_PARAGRAPH}")
    return _GAPS.sub(lambda gap: "\n\n" if _PARAGRAPH in gap[0] or gap[0].count(_BREAK) > 1 else "\n", flat)
