"""Calls to the queue: leases, answers, skips, adjudications, reviews.

A lease whose answer was lost on the way is not lost: it shows in `held_leases`, and ends by itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pydantic import TypeAdapter

from labelwright_client.call import Answer, Call, get, ignores, path, reads, send_json
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
    """The best work there is for the caller; an empty list when there is nothing."""
    call = send_json("queue", "POST", path("leases"), request, reads(Leases))
    return replace(call, patience_seconds=request.wait_seconds)


def held_leases() -> Call[Leases]:
    """The leases that the caller holds."""
    return get("queue", path("leases"), reads(Leases))


def annotate(
    lease_id: UUID, label: Label, *, active_ms: int | None = None, note: str | None = None
) -> Call[AnnotationAccepted]:
    """Answer a task. The same answer again changes nothing."""
    body = AnnotationRequest(label=label, active_ms=active_ms, note=note)
    where = path("leases", lease_id, "annotation")
    return send_json("queue", "PUT", where, body, reads(AnnotationAccepted))


def adjudicate(lease_id: UUID, decision: AdjudicationRequest) -> Call[None]:
    """Settle a conflict."""
    return send_json("queue", "PUT", path("leases", lease_id, "adjudication"), decision, ignores)


def review(lease_id: UUID, verdict: ReviewRequest) -> Call[None]:
    """Say whether a decided label is right."""
    return send_json("queue", "PUT", path("leases", lease_id, "review"), verdict, ignores)


def skip(
    lease_id: UUID,
    reason: SkipReason,
    note: str | None = None,
    *,
    labels: tuple[Label, Label] | None = None,
) -> Call[None]:
    """Pass a task on, and say why; with `two_labels_fit` also which two."""
    body = SkipRequest(reason=reason, note=note, labels=None if labels is None else list(labels))
    return send_json("queue", "POST", path("leases", lease_id, "skip"), body, ignores)


def release(lease_id: UUID) -> Call[None]:
    """Give a lease back; the work is offered again at once."""
    return Call("queue", "DELETE", path("leases", lease_id), ignores)


def heartbeat(lease_id: UUID) -> Call[None]:
    """Keep a lease for longer."""
    return Call("queue", "POST", path("leases", lease_id, "heartbeat"), ignores)


def keep_draft(lease_id: UUID, draft: object) -> Call[None]:
    """Keep an unfinished answer."""
    body = DraftRequest.model_validate({"draft": draft})
    return send_json("queue", "PUT", path("leases", lease_id, "draft"), body, ignores)


def bulk(project: str, answers: Sequence[BulkAnnotation]) -> Call[BulkAccepted]:
    """The answers of a model or a function, up to 10,000 at once."""
    body = BulkRequest(project=project, annotations=list(answers))
    return send_json("queue", "POST", path("annotations", "bulk"), body, reads(BulkAccepted))


def show_spec(project: str, version: int) -> Call[SpecView]:
    """A spec version as a labeling page needs it, with the JSON Schema of its labels."""
    return get("queue", path("specs", project, version), reads(SpecView))


def depths() -> Call[list[QueueDepth]]:
    """What waits, shard by shard, in all projects that the caller may see."""
    return get("queue", path("queues"), _depths)


def explain(project: str) -> Call[Explanation]:
    """Why the caller gets nothing, or what comes next."""
    return get("queue", path("explain"), reads(Explanation), project=project)


_DEPTHS = TypeAdapter(list[QueueDepth])


def _depths(answer: Answer) -> list[QueueDepth]:
    return _DEPTHS.validate_json(answer.body, extra="ignore")
