"""What takes long to load and every process that parses needs; they are forked from one that has imported this.

It must not start a thread. Nobody else imports it.
"""

import trafilatura  # noqa: F401 -- a quarter of a second

import index.job.worker  # noqa: F401
from index.language import detect_language

# Loads the detector: half a second.
detect_language("Die Katze.")
