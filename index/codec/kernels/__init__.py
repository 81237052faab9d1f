"""The inner loops of the codec: plain functions on arrays, compiled by numba; they import numpy and numba alone."""

import sys


def _load_without_blas() -> None:
    """Load the part of numba that looks for scipy's linear algebra, where that is installed, without finding it.

    No kernel has any, and to load it takes a quarter of a second of each process.
    """
    blas = "scipy.linalg.cython_blas"
    if blas in sys.modules:
        return
    sys.modules[blas] = None  # type: ignore[assignment]  # how Python notes that a module is not to be found
    try:
        import numba.np.arraymath  # noqa: F401, PLC0415 -- not before
    finally:
        del sys.modules[blas]


_load_without_blas()
