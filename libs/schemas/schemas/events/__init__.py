"""All events of the product. Each module has the events that one service publishes."""

from schemas.envelope import Event
from schemas.events.consensus import (
    AgreementMeasured,
    ConflictRaised,
    LabelDecided,
    RedundancyRaised,
    RelabelRequested,
)
from schemas.events.dataset_store import (
    DatasetVersionPublished,
    TagMoved,
    VersionUsed,
)
from schemas.events.ingest import (
    GoldRegistered,
    ItemsRestored,
    ItemsWithdrawn,
    SpecPublished,
    TaskCreated,
    TaskReprioritized,
    TaskWithdrawn,
)
from schemas.events.quality import (
    AnnotatorStandingChanged,
    EvidenceRelabelRequested,
    HoneypotScored,
    ReviewRequested,
    SkillChanged,
    SpecIssueDiagnosed,
    SpecIssueOpened,
    SpecIssueResolved,
)
from schemas.events.queue import (
    AdjudicationDecided,
    AnnotationCorrected,
    AnnotationSubmitted,
    LeaseExpired,
    ReviewDecided,
    TaskSkipped,
)
from schemas.token_events import TokenRevoked
from schemas.vocabulary import IDS_MAX

__all__ = [
    "EVENTS",
    "IDS_MAX",
    "AdjudicationDecided",
    "AgreementMeasured",
    "AnnotationCorrected",
    "AnnotationSubmitted",
    "AnnotatorStandingChanged",
    "ConflictRaised",
    "DatasetVersionPublished",
    "EvidenceRelabelRequested",
    "GoldRegistered",
    "HoneypotScored",
    "ItemsRestored",
    "ItemsWithdrawn",
    "LabelDecided",
    "LeaseExpired",
    "RedundancyRaised",
    "RelabelRequested",
    "ReviewDecided",
    "ReviewRequested",
    "SkillChanged",
    "SpecIssueDiagnosed",
    "SpecIssueOpened",
    "SpecIssueResolved",
    "SpecPublished",
    "TagMoved",
    "TaskCreated",
    "TaskReprioritized",
    "TaskSkipped",
    "TaskWithdrawn",
    "TokenRevoked",
    "VersionUsed",
]

EVENTS: dict[str, type[Event]] = {
    kind.kind(): kind for kind in Event.__subclasses__() if kind.__module__.startswith("schemas.")
}
"""Every event by its CloudEvents type."""
