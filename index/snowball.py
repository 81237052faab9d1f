"""NLTK's Snowball stemmers, without all else that NLTK is.

To import them as usual imports every parser, classifier and corpus reader of NLTK, and SciPy where that is installed:
a quarter of a second to a whole one, for whoever stems a word. The stemmers are one module, which needs a few small
ones beside it. So the packages around it stand empty while it is loaded, and are gone afterwards: who imports NLTK
elsewhere gets all of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nltk.stem.snowball import SnowballStemmer

_PACKAGES = ("nltk", "nltk.stem", "nltk.corpus")


# One thread at a time may change what there is of NLTK.
_loading = Lock()


def make_stemmer(name: str) -> SnowballStemmer:
    """Return a new stemmer of a language, by the name that NLTK has for it; raises `ValueError` for others."""
    with _loading:
        snowball = _snowball()
    return snowball.SnowballStemmer(name)


@cache
def _snowball() -> Any:
    if "nltk" in sys.modules:
        return _load()
    try:
        with _empty_packages():
            return _load()
    except (ImportError, AttributeError):
        # A version whose stemmers need more of it.
        return _load()


def _load() -> Any:
    from nltk.stem import snowball  # noqa: PLC0415 -- not before

    return snowball


@contextmanager
def _empty_packages() -> Iterator[None]:
    """Have NLTK's packages be folders of modules and nothing else."""
    spec = find_spec("nltk")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for name in _PACKAGES:
        package = ModuleType(name)
        within = name.split(".")[1:]
        package.__path__ = ["/".join([folder, *within]) for folder in folders]
        sys.modules[name] = package
    # A stemmer may be told to leave stop words alone, which ours never is.
    vars(sys.modules["nltk.corpus"])["stopwords"] = None
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name == "nltk" or name.startswith("nltk.")]:
            del sys.modules[name]
