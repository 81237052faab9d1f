"""The columnar Whoosh codec: a segment as columns of numbers, built and searched by numpy and numba kernels.

from index.codec import ColumnarCodec
writer = any_whoosh_index.writer(codec=ColumnarCodec())
"""

from index.codec.codec import ColumnarCodec

__all__ = ["ColumnarCodec"]
