"""Tests of what a person meets first: the scripts, the README's commands and the image."""
