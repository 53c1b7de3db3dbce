"""Calls to the dataset-store: the ledger's summary, dataset versions and their files."""

from dataclasses import replace
from uuid import UUID, uuid4

from labelwright_client.call import Answer, Call, get, path, reads, send_json
from schemas.dataset_store import (
    Datasets,
    Diff,
    LabelsSummary,
    Lineage,
    Manifest,
    Published,
    PublishRequest,
    Use,
    UseRequest,
    Versions,
)


def labels_summary(project: str) -> Call[LabelsSummary]:
    """How far the labels of a project are."""
    where = path("projects", project, "labels", "summary")
    return get("dataset-store", where, reads(LabelsSummary))


def publish(
    dataset: str, project: str, *, decision_no: int | None = None, tag: str | None = None
) -> Call[Published]:
    """Publish the decided labels of a project. The same content has the same hash."""
    body = PublishRequest(project=project, decision_no=decision_no, tag=tag)
    where = path("datasets", dataset, "versions")
    call = send_json("dataset-store", "POST", where, body, reads(Published))
    return replace(call, headers={**call.headers, "Idempotency-Key": str(uuid4())})


def list_datasets(after: str | None = None) -> Call[Datasets]:
    """The datasets that the caller may see, a page at a time."""
    return get("dataset-store", path("datasets"), reads(Datasets), after=after)


def list_versions(dataset: str, after: str | None = None) -> Call[Versions]:
    """The versions of a dataset, newest first, a page at a time."""
    where = path("datasets", dataset, "versions")
    return get("dataset-store", where, reads(Versions), after=after)


def manifest(version: str) -> Call[Manifest]:
    """What the version with this hash is, and which files hold it."""
    return get("dataset-store", path("versions", version), reads(Manifest))


def file(version: str, name: str, start: int = 0) -> Call[bytes]:
    """A file of a version, from byte `start` on. For `Client.stream`; `send` reads it whole."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    where = path("versions", version, "files", name)
    whole = {"Accept": "*/*", "Accept-Encoding": "identity"}
    return Call("dataset-store", "GET", where, _body, headers={**whole, **headers})


def payload(version: str, sha256: str) -> Call[bytes]:
    """A payload that is too large to stand in its record, by the `payload_sha256` of that."""
    where = path("versions", version, "blobs", sha256)
    whole = {"Accept": "*/*", "Accept-Encoding": "identity"}
    return Call("dataset-store", "GET", where, _body, headers=whole)


def diff(a: str, b: str, after: str | None = None) -> Call[Diff]:
    """What version `b` has that `a` has not, and the other way round."""
    return get("dataset-store", path("versions", a, "diff", b), reads(Diff), after=after)


def record_use(version: str, model: str, run: str) -> Call[Use]:
    """Tell which training used a version."""
    body = UseRequest(model=model, run=run)
    return send_json("dataset-store", "POST", path("versions", version, "uses"), body, reads(Use))


def lineage(item_id: UUID) -> Call[Lineage]:
    """Where the labels of an item come from, and where they went."""
    return get("dataset-store", path("labels", item_id, "lineage"), reads(Lineage))


def _body(answer: Answer) -> bytes:
    return answer.body
