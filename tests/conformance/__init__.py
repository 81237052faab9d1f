"""Whoosh's own tests on the columnar codec; `scripts/conformance` runs them."""
