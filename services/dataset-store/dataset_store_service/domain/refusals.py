"""The errors that the dataset-store raises; a docstring is the title of its problem."""


class UnknownDataset(Exception):
    """No such dataset is known."""


class UnknownVersion(Exception):
    """No dataset version has that hash."""


class UnknownFile(Exception):
    """The dataset version has no such file."""


class UnknownItem(Exception):
    """No such item is in the ledger."""


class OtherProject(Exception):
    """The dataset holds labels of another project."""


class NothingDecided(Exception):
    """No item of the project has a decided label yet."""


class BeyondLedger(Exception):
    """The ledger has not reached that decision yet."""
