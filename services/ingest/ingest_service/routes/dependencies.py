"""The dependencies that routes share: roles of the caller, the blob store, the headers."""

from typing import Annotated

from fastapi import Depends, Header, Request

from blobs import BlobStore
from chassis.http.auth import Caller, needs

OWNER_ROLES = ("spec_owner", "admin")
PIPELINE_ROLES = ("pipeline", *OWNER_ROLES)

Owner = Annotated[Caller, Depends(needs(*OWNER_ROLES))]
Pipeline = Annotated[Caller, Depends(needs(*PIPELINE_ROLES))]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[ -~]+$"),
]


def _blobs(request: Request) -> BlobStore:
    blobs: BlobStore = request.app.state.blobs
    return blobs


Blobs = Annotated[BlobStore, Depends(_blobs)]
