"""What an index on a cluster is made of: its settings and its fields, in the one place that says so.

Words are cut, folded and stemmed on our side (`index.analysis`), not by the cluster's own filters: those fold and stem
in other ways, and know neither of acronyms that are told from words nor of articles in several languages, so that the
same query would find other articles. What is sent is the terms of a text, one a line; all that the cluster does is to
split the lines and to count the positions. What a field holds is what `index.schema` says of the field of that name;
these are besides:

| field | holds | answers |
|---|---|---|
| `text` | the stems of the body, and twice those of the title | how much a word is worth in an article (BM25F) |
| `title_surface`, `body_surface` | surfaces, with positions | words as written, prefixes and patterns, exact phrases |
| `number` | a number that no other version of any article has | telling versions apart |
| `place` | the place of the article in the order of putting | ties |
| `born` | the generation that the version belongs to | what is committed (`index.engines.opensearch.state`) |
| `seconds` | as `published` in the other engine; none where it is undated | ranges, order, recency |
| `published` | the same as a date | the timeline |
| `story` | the id of the article that leads its story; none where it is in none | near-duplicates |
| `signature` | 64 bytes of what the text is like | telling near-duplicates |
| `digest`, `article` | `Article.digest`, and `Article.to_json` as a text | the job; what is shown |

Only `article` is kept as it was sent (`_source`); all else is in the cluster's own structures.
"""

from __future__ import annotations

from typing import Any

from index.codec.searching.weighting import DATELINE
from index.engines.opensearch.address import Address
from index.schema import SCHEMA_VERSION

# Rises with every change of what is below, and of `documents.py`.
_MAPPING_VERSION = 1
VERSION = f"{SCHEMA_VERSION}.{_MAPPING_VERSION}"

# Parts the terms of a text; no word has one.
SEPARATOR = "\n"
# Stands for a word that may be any, in a phrase that is looked for; no word has one either.
GAP = "\x01"
# Characters of a term, or of a value: Lucene takes 32,766 bytes.
MAX_TERM = 8_000
# Versions of articles that one commit may replace or delete: they are named until they are gone.
MAX_DEAD = 200_000
# How deep one request may look; beyond, results are walked.
WINDOW = 10_000

ANALYZER = "dateline_terms"

_ANALYSIS = {
    "analyzer": {ANALYZER: {"type": "custom", "tokenizer": "dateline_lines", "filter": ["dateline_gaps"]}},
    "tokenizer": {
        "dateline_lines": {
            "type": "char_group",
            "tokenize_on_chars": [SEPARATOR],
            "max_token_length": MAX_TERM,
        }
    },
    "filter": {"dateline_gaps": {"type": "stop", "stopwords": [GAP]}},
}

_VALUE = {"type": "keyword"}
_STEMS = {"type": "text", "analyzer": ANALYZER}
_SURFACES = {"type": "text", "analyzer": ANALYZER, "norms": False}

_FIELDS: dict[str, dict[str, Any]] = {
    "id": _VALUE,
    "number": {"type": "long"},
    "place": {"type": "long"},
    "born": {"type": "long"},
    "text": {"type": "text", "analyzer": ANALYZER, "index_options": "freqs"},
    "title": _STEMS,
    "body": _STEMS,
    "title_surface": _SURFACES,
    "body_surface": _SURFACES,
    "source": _SURFACES,
    "author": _SURFACES,
    "url": _SURFACES,
    "source_exact": _VALUE,
    "author_exact": _VALUE,
    "language": _VALUE,
    "seconds": {"type": "long"},
    "published": {"type": "date", "format": "strict_date_optional_time"},
    "story": _VALUE,
    "signature": {"type": "binary", "doc_values": True},
    "digest": {"type": "keyword", "index": False},
    "article": {"type": "object", "enabled": False},
}


def make_body(address: Address) -> dict[str, Any]:
    """Return what makes an index of an address: its settings and its mapping."""
    return {
        "settings": {
            "number_of_shards": address.shards,
            "number_of_replicas": address.replicas,
            # Nothing is to be seen before a commit.
            "refresh_interval": "-1",
            "max_result_window": WINDOW,
            "max_terms_count": MAX_DEAD,
            "analysis": _ANALYSIS,
            "similarity": {"default": {"type": "BM25", "k1": DATELINE.k1, "b": DATELINE.b}},
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"dateline": VERSION},
            "_source": {"includes": ["article"]},
            "properties": _FIELDS,
        },
    }
