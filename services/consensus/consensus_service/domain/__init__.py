"""When a label is decided, when more people are asked, when a conflict is raised. Pure."""

from consensus_service.domain.deciding import Conflict, Decided, Outcome, Wait, WantsMore, judge
from consensus_service.domain.refusals import BadCursor, UnknownProject, UnknownTask
from consensus_service.domain.votes import Ballot, Reliability, Vote

__all__ = [
    "BadCursor",
    "Ballot",
    "Conflict",
    "Decided",
    "Outcome",
    "Reliability",
    "UnknownProject",
    "UnknownTask",
    "Vote",
    "Wait",
    "WantsMore",
    "judge",
]
