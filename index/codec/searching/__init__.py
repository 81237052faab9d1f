"""Searching segments, a set at a time."""
