"""The garbage collector, set for a process that lives long and decodes much.

As Python sets it, it looks for cycles after every 700 objects more, and each batch of events has
tens of thousands, hardly any in a cycle. Nor need it look again and again at what was imported.
"""

import gc

OBJECTS = 20_000
"""How many more there are before the young ones are looked through: some megabytes at most."""


def tune() -> None:
    """Call it once, when all is imported and set up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, 20, 20)
