"""The embedded engine: a Whoosh index in a folder, searched in this process."""
