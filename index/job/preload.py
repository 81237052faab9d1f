"""What takes long to load and every process that parses needs; they are forked from one that has imported this.

What HTML alone needs is loaded by those that get some: it is a quarter of a second.

It must not start a thread. Nobody else imports it.
"""

import index.job.worker  # noqa: F401
from index.language import detect_language
from index.sources.dates import parse_date

# Loads the detector: half a second.
detect_language("Die Katze.")
# Loads the names of months: a tenth.
parse_date("1 January 2000")
