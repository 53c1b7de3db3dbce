"""The Python client of Labelwright.

The functions in `ingest`, `queue`, `consensus`, `quality` and `datasets` make calls; a `Client` or
an `AsyncClient` sends them. The packages `cli` and `replay` are extras of the distribution.
"""

from labelwright_client.problems import (
    Conflict,
    Forbidden,
    Invalid,
    LabelwrightError,
    NotConfigured,
    NotFound,
    NotVerified,
    Problem,
    Refused,
    ServerError,
    Unauthenticated,
    UnexpectedResponse,
    Unreachable,
)
from labelwright_client.retry import NEVER, Retry
from labelwright_client.stack import Stack
from labelwright_client.transport import AsyncClient, Client

__all__ = [
    "NEVER",
    "AsyncClient",
    "Client",
    "Conflict",
    "Forbidden",
    "Invalid",
    "LabelwrightError",
    "NotConfigured",
    "NotFound",
    "NotVerified",
    "Problem",
    "Refused",
    "Retry",
    "ServerError",
    "Stack",
    "Unauthenticated",
    "UnexpectedResponse",
    "Unreachable",
]
