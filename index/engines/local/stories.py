"""The file beside a build's segments that says which articles are near-duplicates of which.

`stories-<generation>` belongs to the commit of that number, in the form of a segment (`index.codec.format`). Its arrays
have an entry for each article that is in a story: `doc_ids` (ascending) and `leaders`, the story's earliest article;
both are numbers of articles over all segments of the commit. A commit that changes any article writes one, which is on
the disk before the commit counts. `meta` has the number of articles.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import schema
from index.codec.commit import OpenSegment
from index.codec.format import ADVICE, SegmentFile, SegmentFileWriter, narrowest, to_meta
from index.errors import IndexCorruptError, IndexUnavailableError

_PREFIX = "stories-"


def write_stories(build: Path, generation: int, segments: Sequence[OpenSegment]) -> None:
    """Find the stories among the articles of segments, and write them for the commit of a generation."""
    # Not before something is written: loading the kernels takes half a second.
    from index.codec.building.grouping import group_articles  # noqa: PLC0415

    files = [opened.file for opened in segments]
    times = [read_published(file) for file in files]
    live = [_is_live(opened) for opened in segments]
    seconds = np.concatenate([np.empty(0, np.int64), *times])
    seconds[seconds == schema.UNDATED] = np.iinfo(np.int64).max  # the undated come last
    doc_ids, leaders = group_articles(files, np.concatenate([np.empty(0, np.bool_), *live]), seconds)
    with _path(build, generation).open("wb") as file:
        file_writer = SegmentFileWriter(file)
        dtype = narrowest(seconds.size)
        file_writer.write("doc_ids", doc_ids.astype(dtype))
        file_writer.write("leaders", leaders.astype(dtype))
        file_writer.finish(to_meta(seconds.size, []))
        file.flush()
        os.fsync(file.fileno())


def open_stories(build: Path, generation: int, num_docs: int) -> SegmentFile:
    """Open the stories of a commit; raises `OSError` where another followed, and what `SegmentFile` raises."""
    file = SegmentFile.open(_path(build, generation))
    if file.num_docs != num_docs:
        raise IndexCorruptError(f"{file.name} is of {file.num_docs:,} articles, and the index has {num_docs:,}.")
    return file


def check_stories(build: Path, generation: int, num_docs: int) -> list[str]:
    """Read the stories of a commit from beginning to end; return what is wrong with them."""
    try:
        open_stories(build, generation, num_docs).verify()
    except FileNotFoundError:
        return [f"{_path(build, generation)} is missing."]
    except IndexUnavailableError as error:
        return [str(error).removesuffix(ADVICE).rstrip()]
    return []


def leftover_stories(build: Path, keep: int) -> list[Path]:
    """Return all stories but those of one commit: replaced ones, and those of writers that were killed."""
    return [path for path in build.glob(f"{_PREFIX}*") if path != _path(build, keep)]


def delete_stories(build: Path, keep: int) -> None:
    """Delete all stories but those of one commit."""
    for path in leftover_stories(build, keep):
        path.unlink()


def read_published(file: SegmentFile) -> NDArray[np.int64]:
    """Return the time of every article of a segment in seconds since 1970; `schema.UNDATED` where it has none."""
    names = [column["name"] for column in file.meta.get("columns", ())]
    if "published" not in names:
        return np.full(file.num_docs, schema.UNDATED, np.int64)
    # Whoosh keeps a signed number as an unsigned one of the same order: shifted by half of the range.
    sortable = file[f"column:{names.index('published')}"]
    return (sortable ^ np.uint64(1 << 63)).view(np.int64)


def _is_live(opened: OpenSegment) -> NDArray[np.bool_]:
    deleted = opened.segment.deleted_mask()
    return np.ones(opened.num_docs, np.bool_) if deleted is None else ~deleted[: opened.num_docs]


def _path(build: Path, generation: int) -> Path:
    return build / f"{_PREFIX}{generation}"
