"""The parameters that several routes of the queue take from a request."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.http.auth import Caller, needs
from queue_service.domain.leases import Holder
from queue_service.operations.blob_checks import BlobChecks

AnnotatorCaller = Annotated[Caller, Depends(needs("annotator"))]


async def _checks(request: Request) -> BlobChecks:
    return BlobChecks(request.app.state.payload_reader)


Checks = Annotated[BlobChecks, Depends(_checks)]


def holder_of(caller: Caller) -> Holder:
    """Return the caller as the holder of leases, within the projects of the token."""
    return Holder(caller.pseudonym, None if "*" in caller.projects else caller.projects)
