"""What the dataset-store says: versions, their names, their uses."""

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import (
    DatasetName,
    Sha256,
)


class DatasetVersionPublished(Event):
    """A dataset version exists; its hash names exact content."""

    topic = topics.DATASET_VERSIONS
    keyed_by = "dataset"
    dataset: DatasetName
    number: int
    hash: Sha256
    records: int
    decision_no: int


class TagMoved(Event):
    """A name of a dataset version points elsewhere."""

    topic = topics.DATASET_VERSIONS
    keyed_by = "dataset"
    dataset: DatasetName
    tag: str
    hash: Sha256


class VersionUsed(Event):
    """A training run used a dataset version."""

    topic = topics.DATASET_VERSIONS
    keyed_by = "dataset"
    dataset: DatasetName
    hash: Sha256
    model: str
    run: str
