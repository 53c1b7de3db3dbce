"""What the dataset-store refuses. The docstring is the title."""


class UnknownDataset(Exception):
    """There is no such dataset."""


class UnknownVersion(Exception):
    """There is no dataset version of that hash."""


class UnknownFile(Exception):
    """The dataset version has no such file."""


class UnknownItem(Exception):
    """There is no such item here (yet)."""


class OtherProject(Exception):
    """The dataset holds labels of another project."""


class NothingDecided(Exception):
    """There is no label yet that a version could hold."""


class BeyondLedger(Exception):
    """The ledger has not reached that decision yet."""
