"""Tuning of the garbage collector for a long-lived process that decodes many events.

By default Python searches for reference cycles after every 700 new objects. A batch of events makes
tens of thousands, hardly any in a cycle. Imported modules need not be searched again either.
"""

import gc

YOUNG_OBJECTS_MAX = 20_000
"""The number of new objects, a few megabytes, after which the youngest generation is collected."""


def tune() -> None:
    """Tune the collector. Call this once, after all imports and the setup of the service."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, 20, 20)
