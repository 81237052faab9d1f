"""Dateline beside other engines: what is measured is in the modules, how to run it in `python -m bench --help`."""
