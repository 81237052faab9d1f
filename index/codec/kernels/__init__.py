"""The inner loops of the codec: plain functions on arrays, compiled by numba; they import numpy and numba alone."""
