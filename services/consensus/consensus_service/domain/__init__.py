"""When a label is decided, when more people are asked, when a conflict is raised. Pure."""

from consensus_service.domain.deciding import (
    Asked,
    Conflict,
    Decided,
    Outcome,
    Wait,
    WantsMore,
    judge,
)
from consensus_service.domain.posterior import FieldModel, calibrated, posterior, with_scores
from consensus_service.domain.refusals import BadCursor, UnknownTask
from consensus_service.domain.skips import pairs, reasons, told
from consensus_service.domain.votes import Ballot, Vote

__all__ = [
    "Asked",
    "BadCursor",
    "Ballot",
    "Conflict",
    "Decided",
    "FieldModel",
    "Outcome",
    "UnknownTask",
    "Vote",
    "Wait",
    "WantsMore",
    "calibrated",
    "judge",
    "pairs",
    "posterior",
    "reasons",
    "told",
    "with_scores",
]
