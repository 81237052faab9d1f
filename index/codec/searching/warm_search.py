"""Having the searching kernels compiled: a few articles are built and asked, in each of the types that an index has.

Most kernels reach a segment by its addresses and have one type. The others meet doc ids of two or of four bytes, by the
size of a segment, so the one here is rewritten in either; the rest of the types is decided by
`index.codec.searching.view`.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from whoosh import query as tree

from index.codec.building.builder import SegmentBuilder
from index.codec.format import SegmentFile, SegmentFileWriter
from index.codec.searching.evaluate import ColumnarSearcher
from index.codec.searching.weighting import DATELINE
from index.schema import BUILDER_FIELDS, make_schema

_TEXTS = ("a zebra visits moscow", "the zebra and the zebra", "moscow visits the visitor", "nothing of the kind")


def warm_search() -> None:
    """Run each kind of query on each kind of segment."""
    segment = _build()
    schema = make_schema()
    for doc_ids in (np.uint16, np.uint32):
        file = _retype(segment, {"doc_ids": doc_ids})
        for deleted in (None, b"\x08"):
            near = ColumnarSearcher([(file, deleted), (file, deleted)], schema, DATELINE)
            near.search(tree.Or([tree.Term("body", word) for word in ("zebra", "moscow")]), 2)
            searcher = ColumnarSearcher([(file, deleted), (file, deleted)], schema)
            for asked in _trees():
                searcher.search(asked, 2)
                searcher.match(asked)
                searcher.cost(asked)
            searcher.is_in_any("body", "zebra", np.zeros(1, np.int64))


def _build() -> SegmentFile:
    builder = SegmentBuilder(BUILDER_FIELDS)
    for place, text in enumerate(_TEXTS):
        builder.add({"id": str(place), "title": text, "body": f"{text} {text}", "source": "s", "published": place})
    sink = BytesIO()
    builder.write(sink)
    return SegmentFile(sink.getvalue(), "warm")


def _retype(segment: SegmentFile, dtypes: dict[str, Any]) -> SegmentFile:
    sink = BytesIO()
    writer = SegmentFileWriter(sink)
    for name in segment:
        writer.write(name, segment[name].astype(dtypes.get(name, segment[name].dtype)))
    writer.finish(segment.meta)
    return SegmentFile(sink.getvalue(), "warm")


def _trees() -> list[Any]:
    zebra, moscow, rare = (tree.Term("body", word) for word in ("zebra", "moscow", "kind"))
    in_both = tree.Or([tree.Term("title", "zebra", boost=2.0), tree.Term("body", "zebra")])
    also_in_both = tree.Or([tree.Term("title", "visit", boost=2.0), tree.Term("body", "visit")])
    phrase = tree.Phrase("body", ["zebra", "visit"])
    prefix = tree.Prefix("body_surface", "vis")
    years = tree.NumericRange("published", 0, 2)
    plain = [zebra, tree.Or([zebra, moscow, rare]), tree.And([zebra, moscow]), tree.And([in_both, also_in_both])]
    sets: list[Any] = [phrase, tree.Phrase("body", ["zebra", "visit"], slop=3), prefix, tree.Prefix("body", "v"), years]
    sets += [tree.Every(), tree.Every("source"), tree.Wildcard("body", "v?s*"), tree.FuzzyTerm("body", "zebro")]
    sets += [
        tree.Wildcard("body", "*o*"),
        tree.Prefix("body", "mo"),
        tree.Prefix("source", "s"),
        tree.Term("source_exact", "s"),
        tree.Term("body_surface", "visits"),
        tree.Wildcard("body_surface", "v?s*"),
        tree.Term("body", "zebra", boost=1e7),  # more than a plan takes
    ]
    sets += [tree.TermRange("body", "a", "v"), tree.Variations("body", "visit"), tree.ConstantScoreQuery(zebra, 2.0)]
    joined = [tree.And([zebra, part]) for part in sets] + [tree.Or([zebra, part]) for part in sets]
    joined += [tree.Require(in_both, part) for part in (years, tree.Not(moscow), phrase, prefix)]
    joined += [tree.AndMaybe(zebra, part) for part in (moscow, tree.Every(), years, phrase, prefix)]
    joined += [tree.AndNot(zebra, moscow), tree.Not(zebra), tree.Or([phrase, prefix])]
    return plain + sets + joined
