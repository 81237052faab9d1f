"""Plain text files, one article each, as a scraper leaves them; above the text there may be front matter.

Front matter is what static site generators and note books write: fields in YAML between two lines of dashes.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping

import regex
import yaml

from index.cleaning import Repeats, clean
from index.errors import SourceError
from index.sources.decoding import decode
from index.sources.json_files import parse_json

_FRONT_MATTER = regex.compile(r"\A\ufeff?\s*---[ \t]*\n(.{0,65536}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", regex.DOTALL)
# A sentence can hold a colon too; the name of a field is of one word or two.
_IS_FIELD = regex.compile(r"[\p{L}_][\p{L}\p{N}_-]*(?: [\p{L}\p{N}_-]+)?:(?:\s|$)", regex.MULTILINE)


def parse_text(
    content: bytes, sidecar: bytes | None, repeats: Repeats | None = None
) -> tuple[dict[str, object], list[Mapping[str, object]], tuple[int, int]]:
    """Return what the text of a file tells, and the records that its front matter and the file beside it are.

    The third are the lines and the characters that were cleaned away. `repeats` is what stands in others like it.
    """
    text = decode(content)
    records: list[Mapping[str, object]] = []
    found = _FRONT_MATTER.match(text) if "---" in text else None
    if found and _IS_FIELD.match(found[1].lstrip()):
        records.append(_read_yaml(found[1]))
        text = text[found.end() :]
    if sidecar is not None:
        records.append(_read_sidecar(sidecar))
    cleaned = clean(text, repeats)
    if not cleaned.title and not cleaned.body:
        raise SourceError("", "holds no text")
    told: dict[str, object] = {
        "title": cleaned.title,
        "body": cleaned.body,
        "source": cleaned.agency,
        "authors": list(cleaned.authors),
        "place": cleaned.dateline,
        "published": cleaned.published.isoformat() if cleaned.published else None,
    }
    return told, records, (cleaned.removed_lines, cleaned.removed_characters)


def _read_yaml(text: str) -> dict[str, object]:
    try:
        # BaseLoader: texts, lists and mappings of them, so that what a date is is told in one place.
        fields = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 -- it makes nothing else
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in its line {mark.line + 2}" if mark else ""
        raise SourceError("", f"has front matter that is no YAML{where}; quote a value that holds a colon") from error
    return {str(name): value for name, value in fields.items()} if isinstance(fields, dict) else {}


def _read_sidecar(content: bytes) -> dict[str, object]:
    try:
        record = parse_json(content.removeprefix(codecs.BOM_UTF8))
    except SourceError as error:
        raise SourceError("", f"has a .json file beside it that {error.reason}") from error
    if not isinstance(record, dict):
        raise SourceError("", "has a .json file beside it that is not about it; rename one of the two")
    return record
