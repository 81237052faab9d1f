"""What takes long to load and every process that parses needs; they are forked from one that has imported this.

What HTML alone needs is loaded by those that get some: it is a quarter of a second.

It must not start a thread. Nobody else imports it.
"""

import gc

# What is imported stays: to look for garbage among it takes a tenth of the time, and now and then in each process.
gc.disable()

import index.job.worker  # noqa: E402, F401
from index.language import detect_language  # noqa: E402

# Maps the detector's model.
detect_language("Die Katze.")
gc.freeze()
gc.enable()
