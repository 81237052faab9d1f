"""Articles as the cluster is given them: their words cut and stemmed here, by the kernel that the other engine uses."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np

from index import analysis, schema, stopwords
from index.article import Article, digest_of
from index.codec.building.batch import encode
from index.codec.building.signatures import sign
from index.codec.building.vocabulary import Vocabulary
from index.engine import NOT_KNOWN
from index.engines.opensearch.cluster import Json
from index.engines.opensearch.mapping import MAX_TERM, SEPARATOR
from index.urls import to_text

# A word of the title counts as so many of the body (`index.codec.searching.weighting.DATELINE`).
_TITLE_WEIGHT = 2

_TEXTS = ("title", "body", "source", "author", "url")


def make_documents(articles: Sequence[Article]) -> list[Json]:
    """Return articles as documents, without what the writer alone knows of them: number, generation, story."""
    texts = [encode(text) for article in articles for text in _texts_of(article)]
    starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    joined = b"".join(texts)
    vocabulary = Vocabulary()
    tokens = vocabulary.cut(joined, starts)
    signatures = sign(joined, starts, len(_TEXTS), _TEXTS.index("body"))
    words = _Words(vocabulary)
    documents = []
    for place, article in enumerate(articles):
        bounds = tokens.starts[place * len(_TEXTS) : (place + 1) * len(_TEXTS) + 1].tolist()
        surfaces = {
            name: [words[number] for number in tokens.word_ids[bounds[n] : bounds[n + 1]].tolist()]
            for n, name in enumerate(_TEXTS)
        }
        document = _of_facts(article) | _of_words(surfaces, analysis.stemmer_of(article.language))
        document["signature"] = base64.b64encode(signatures[place].tobytes()).decode("ascii")
        documents.append(document)
    return documents


def key_of(article_id: str, born: int) -> str:
    """Return what the cluster calls the version of an article that was born in a generation."""
    # An id may be of any length, and the cluster's may not.
    digest = hashlib.blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{digest}.{born}"


class _Words(dict[int, str]):
    """The surfaces of a vocabulary by their numbers."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, number: int) -> str:
        surface = self[number] = clip(self._vocabulary.surface(number))
        return surface


def clip(term: str) -> str:
    """Return as much of a term or a value as the cluster can index."""
    return term[:MAX_TERM]


def _texts_of(article: Article) -> tuple[str, ...]:
    address = to_text(article.url) if article.url else ""
    return article.title, article.body, article.source or "", " ".join(article.authors), address


def _of_facts(article: Article) -> Json:
    encoded = article.to_json()
    document: Json = {
        "id": article.id,
        "source_exact": clip(article.source or NOT_KNOWN),
        "author_exact": [clip(author) for author in article.authors] or NOT_KNOWN,
        "language": clip(article.language or NOT_KNOWN),
        "digest": digest_of(encoded),
        "article": to_text_of_json(encoded),
    }
    if article.published:
        seconds = schema.to_seconds(article.published)
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
        document |= {"seconds": seconds, "published": moment.isoformat()}
    return document


def _of_words(surfaces: dict[str, list[str]], stemmer: str) -> Json:
    title, body = (
        [clip(analysis.stem_by(surface, stemmer)) for surface in surfaces[name]] for name in ("title", "body")
    )
    fields = {
        "title": title,
        "body": body,
        "text": title * _TITLE_WEIGHT + body,
        "title_surface": surfaces["title"],
        "body_surface": surfaces["body"],
        **{name: map(stopwords.as_word, surfaces[name]) for name in ("source", "author", "url")},
    }
    return {name: join(terms) for name, terms in fields.items()}


def join(terms: Iterable[str]) -> str:
    """Return terms as the text of a field, or of a phrase that is looked for there."""
    return SEPARATOR.join(terms)


def to_text_of_json(encoded: bytes) -> str:
    """Return what `Article.to_json` gave as a text that any encoding can carry."""
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError:  # lone surrogates, which escapes can stand for
        return json.dumps(json.loads(encoded.decode("utf-8", "surrogatepass")))
