"""One article put into an index, or withdrawn from it: what the service asks for, each a commit of its own.

An article that was put is kept beside the index as a record, which every run of the job reads; so is the list of those
that were withdrawn (`index/kept.py`). Here the one record is read, by what reads all others, and nothing else is looked
at, so that it takes what the commit takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import orjson

from index.engines import is_being_written, open_writer
from index.errors import (
    ArticleInvalidError,
    ArticleNotFoundError,
    DatelineError,
    IndexNotWritableError,
    IndexUnavailableError,
    SourceError,
)
from index.index_writer import IndexWriter
from index.job.changes import Changes
from index.job.diagnosis import diagnose, prescribe
from index.job.keeping import delete, follow_kept
from index.job.reading import Closed, Opened
from index.job.report import JobReport
from index.job.worker import Outcome, parse
from index.kept import Kept
from index.sources import NO_MAPPING, Document, digest_file, look_at
from index.sources.dates import parse_date
from index.sources.fields import to_language, to_place, to_url, usable_id

__all__ = ["FIELDS", "REQUIRED", "is_being_written", "put_article", "withdraw_article"]

REQUIRED = ("title", "body")

# What a record may have, and how a value is read that must not be lost: what is no date would be none otherwise.
FIELDS: Mapping[str, Callable[[object], object] | None] = {
    "id": None,
    "title": None,
    "body": None,
    "url": to_url,
    "source": None,
    "authors": None,
    "published": parse_date,
    "published_from": None,
    "place": to_place,
    "language": to_language,
}
_MEANINGS = {
    "url": "an address that begins with http:// or https://",
    "published": "a date, as 2017-04-12 or 2017-04-12T08:30:00Z",
    "place": "the name of a place",
    "language": "the code of a language, as en",
}


def put_article(index: str, article_id: str, record: object) -> bool:
    """Put an article into an index, which is made where there is none; say whether the index had none of this id.

    `record` has the names of `FIELDS`; its texts may be HTML. The article stays when the index is made anew, and
    takes the place of one that a file has with the same id. It is committed when this returns. Raises
    `ArticleInvalidError` for a record that is none, `IndexLockedError` while a writer is at work, and
    `IndexUnavailableError` where the index cannot be changed.
    """
    content = orjson.dumps(_check(article_id, record))
    outcomes = _parse(content)
    with _changing(index) as (writer, kept):
        staged = kept.stage_put(article_id, content)
        file = look_at(str(staged), str(kept.folder))
        if file is None:
            raise IndexNotWritableError(f"{staged} was deleted meanwhile.")
        report = JobReport()
        changes = Changes(writer, report, "", ())
        changes.open(Opened(replace(file, place=str(kept.path_of(article_id))), digest_file(file)))
        for outcome in outcomes:
            changes.take(outcome)
        changes.close(Closed())
        writer.commit()
    return report.added > 0


def withdraw_article(index: str, article_id: str) -> None:
    """Take an article out of an index, so that no run brings it back, whichever file has it, until it is put.

    It is committed when this returns. Raises `ArticleNotFoundError`, and what `put_article` raises of the index.
    """
    with _changing(index) as (writer, kept):
        is_known = article_id in writer.ledger.owners([article_id]) or kept.has(article_id)
        if not is_known and not writer.is_torn:
            raise ArticleNotFoundError(article_id)
        kept.stage_withdrawal(article_id)
        delete(writer, frozenset([article_id]))
        writer.commit()


@contextmanager
def _changing(index: str) -> Iterator[tuple[IndexWriter, Kept]]:
    try:
        with open_writer(index) as writer:
            if writer.kept is None:
                raise IndexNotWritableError(f"{index} is no folder: single articles can't be kept beside it.")
            if writer.is_torn:
                prescribe(diagnose(writer), writer)
            follow_kept(writer)
            yield writer, writer.kept
    except (IndexUnavailableError, ArticleNotFoundError):
        raise
    except (DatelineError, OSError) as error:
        reason = f"{index} can't be written: {error.strerror}" if isinstance(error, OSError) else str(error)
        raise IndexNotWritableError(reason) from error


def _parse(content: bytes) -> list[Outcome]:
    """Return what every run is going to read of a record; raises `ArticleInvalidError`."""
    outcomes = list(parse([Document("json", content, "", "")], NO_MAPPING).outcomes())
    for outcome in outcomes:
        for one in outcome:
            if isinstance(one, SourceError):
                raise ArticleInvalidError(f"The article {one.reason}.")
    return outcomes


def _check(article_id: str, record: object) -> dict[str, object]:
    """Return a record as it is kept; raises `ArticleInvalidError`."""
    if usable_id(article_id) != article_id:
        raise ArticleInvalidError(
            "it has up to 200 letters, digits and signs, and neither spaces nor any of / \\ ? # %", "id"
        )
    if not isinstance(record, Mapping):
        raise ArticleInvalidError("An article is one JSON object with its fields.")
    for name, value in record.items():
        if name not in FIELDS:
            raise ArticleInvalidError(f"there is no such field; there are {', '.join(FIELDS)}", str(name))
        _check_value(name, value)
    if record.get("id") not in (None, article_id):
        raise ArticleInvalidError(f"it is another than that of the address, {article_id!r}", "id")
    for name in REQUIRED:
        if not str(record.get(name) or "").strip():
            raise ArticleInvalidError("an article needs one", name)
    given = {name: value for name, value in record.items() if value is not None and name != "published_from"}
    return {**given, "id": article_id}


def _check_value(name: str, value: object) -> None:
    if value is None:
        return
    if name == "authors":
        if not isinstance(value, list) or not all(isinstance(author, str) for author in value):
            raise ArticleInvalidError("it is to be an array of names", name)
        return
    if not isinstance(value, str):
        raise ArticleInvalidError("it is to be a text", name)
    read = FIELDS[name]
    if read is not None and read(value) is None:
        raise ArticleInvalidError(f"it is to be {_MEANINGS[name]}, or null", name)
