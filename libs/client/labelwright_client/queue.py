"""Calls to the queue: leases, annotations, skips, adjudications, reviews.

If the response to `lease` is lost, `held_leases` lists the lease; it expires if it is not used.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pydantic import TypeAdapter

from labelwright_client.call import Call, Response, api_path, get, json_as, no_content, send_json
from schemas.queue import (
    AdjudicationRequest,
    AnnotationAccepted,
    AnnotationRequest,
    BulkAccepted,
    BulkAnnotation,
    BulkRequest,
    DraftRequest,
    Explanation,
    LeaseRequest,
    Leases,
    QueueDepth,
    ReviewRequest,
    SkipRequest,
    SpecView,
)
from schemas.vocabulary import Label, SkipReason


def lease(request: LeaseRequest) -> Call[Leases]:
    """Lease the most urgent tasks that the caller may get; none if there are none."""
    call = send_json("queue", "POST", api_path("leases"), request, json_as(Leases))
    return replace(call, extra_timeout_seconds=request.wait_seconds)


def held_leases() -> Call[Leases]:
    """List the open leases of the caller."""
    return get("queue", api_path("leases"), json_as(Leases))


def annotate(
    lease_id: UUID, label: Label, *, active_ms: int | None = None, note: str | None = None
) -> Call[AnnotationAccepted]:
    """Annotate a task. Sending the same label again changes nothing."""
    body = AnnotationRequest(label=label, active_ms=active_ms, note=note)
    path = api_path("leases", lease_id, "annotation")
    return send_json("queue", "PUT", path, body, json_as(AnnotationAccepted))


def adjudicate(lease_id: UUID, decision: AdjudicationRequest) -> Call[None]:
    """Decide a conflict."""
    return send_json(
        "queue", "PUT", api_path("leases", lease_id, "adjudication"), decision, no_content
    )


def review(lease_id: UUID, verdict: ReviewRequest) -> Call[None]:
    """Accept, fix or reject a decided label."""
    return send_json("queue", "PUT", api_path("leases", lease_id, "review"), verdict, no_content)


def skip(
    lease_id: UUID,
    reason: SkipReason,
    note: str | None = None,
    *,
    labels: tuple[Label, Label] | None = None,
) -> Call[None]:
    """Skip a task for a reason. `labels` are the two that fit, for `two_labels_fit`."""
    body = SkipRequest(reason=reason, note=note, labels=None if labels is None else list(labels))
    return send_json("queue", "POST", api_path("leases", lease_id, "skip"), body, no_content)


def release(lease_id: UUID) -> Call[None]:
    """Give up a lease, so that its task can be leased again at once."""
    return Call("queue", "DELETE", api_path("leases", lease_id), no_content)


def heartbeat(lease_id: UUID) -> Call[None]:
    """Extend a lease."""
    return Call("queue", "POST", api_path("leases", lease_id, "heartbeat"), no_content)


def keep_draft(lease_id: UUID, draft: object) -> Call[None]:
    """Save an unfinished annotation."""
    body = DraftRequest.model_validate({"draft": draft})
    return send_json("queue", "PUT", api_path("leases", lease_id, "draft"), body, no_content)


def bulk(project: str, annotations: Sequence[BulkAnnotation]) -> Call[BulkAccepted]:
    """Send annotations of a model or a function, at most 10,000 per call."""
    body = BulkRequest(project=project, annotations=list(annotations))
    return send_json("queue", "POST", api_path("annotations", "bulk"), body, json_as(BulkAccepted))


def show_spec(project: str, version: int) -> Call[SpecView]:
    """Read a spec version as a labeling page needs it, with the JSON Schema of its labels."""
    return get("queue", api_path("specs", project, version), json_as(SpecView))


def depths() -> Call[list[QueueDepth]]:
    """Count the waiting work in each pool of the projects that the caller may see."""
    return get("queue", api_path("queues"), _depths)


def explain(project: str) -> Call[Explanation]:
    """Explain why the caller gets no lease, or which work comes next."""
    return get("queue", api_path("explain"), json_as(Explanation), project=project)


_DEPTHS = TypeAdapter(list[QueueDepth])


def _depths(response: Response) -> list[QueueDepth]:
    return _DEPTHS.validate_json(response.body, extra="ignore")
