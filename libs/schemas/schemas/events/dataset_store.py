"""The events that the dataset-store publishes: about versions, their tags and their uses."""

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import (
    DatasetName,
    Sha256,
)


class DatasetVersionPublished(Event):
    """A dataset version was published. Its hash identifies its exact content."""

    topic = topics.DATASET_VERSIONS
    keyed_by = "dataset"
    dataset: DatasetName
    number: int
    hash: Sha256
    records: int
    decision_no: int


class TagMoved(Event):
    """A tag was created, or moved to another dataset version."""

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
