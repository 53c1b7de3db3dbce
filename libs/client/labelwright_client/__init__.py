"""The Python client of Labelwright and the command line labelwright.

Calls are made by the functions in `ingest`, `queue`, `consensus`, `quality` and `datasets`, and
sent by a `Client`, or an `AsyncClient` in the same way.
"""

from labelwright_client.problems import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    LabelwrightError,
    NotConfigured,
    NotFound,
    NotVerified,
    Problem,
    Refused,
    Unauthenticated,
    Unreachable,
    Unreadable,
)
from labelwright_client.retry import NEVER, Retry
from labelwright_client.stack import Stack
from labelwright_client.transport import AsyncClient, Client

__all__ = [
    "NEVER",
    "AsyncClient",
    "Client",
    "Conflict",
    "Fault",
    "Forbidden",
    "Invalid",
    "LabelwrightError",
    "NotConfigured",
    "NotFound",
    "NotVerified",
    "Problem",
    "Refused",
    "Retry",
    "Stack",
    "Unauthenticated",
    "Unreachable",
    "Unreadable",
]
