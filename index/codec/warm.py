"""Having the kernels compiled before they are needed, so that no reader waits for a compiler.

numba compiles a kernel for each combination of argument types, once on a machine (some seconds; the result goes to a
cache beside the module), and loads it from there once in a process (10 to 20 ms; numba's own start takes 0.2 s). Either
should come at a start, not with a query.

A kernel that Python calls has a name without an underscore, and is made ready in one of two ways:

- Its types are fixed: they stand in its decorator, and it is ready once its module is imported. For other types it
  raises `TypeError` rather than be compiled again. A type of array that is read-only takes writable ones, too.
- Its types vary with what a segment has: its module has a function `warm()` that calls it on a few articles, for
  each combination of types that is used, with read-only arrays where those of a segment are passed.

`signatures` tells which kernels are ready for what; a test holds every module to this.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from numba.extending import is_jitted

from index import analysis
from index.codec import kernels
from index.codec.searching.warm_search import warm_search


def warm(package: ModuleType = kernels) -> None:
    """Make all kernels ready; best before a fork, so that the processes share them."""
    for module in _modules(package):
        if hasattr(module, "warm"):
            module.warm()
    if package is kernels:
        warm_search()
        # No kernel, but queries are stemmed by NLTK.
        analysis.stem("warm")


def signatures(package: ModuleType = kernels) -> dict[str, list[Any]]:
    """Return the types of arguments that each kernel is ready for, by module and name; empty where there is no JIT.

    A kernel without any has not been warmed. If a query or a run adds some, `warm` has forgotten a combination.
    """
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": list(function.signatures)
        for module in _modules(package)
        for name, function in vars(module).items()
        if not name.startswith("_") and is_jitted(function) and function.__module__ == module.__name__
    }


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{found.name}")


if __name__ == "__main__":
    warm()
