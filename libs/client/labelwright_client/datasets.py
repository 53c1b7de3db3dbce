"""Calls to the dataset-store: the summary of labels, dataset versions and their files."""

from dataclasses import replace
from uuid import UUID, uuid4

from labelwright_client.call import Call, Response, api_path, get, json_as, send_json
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

UNENCODED = {"Accept": "*/*", "Accept-Encoding": "identity"}


def labels_summary(project: str) -> Call[LabelsSummary]:
    """Count the items of a project by the state of their labels."""
    path = api_path("projects", project, "labels", "summary")
    return get("dataset-store", path, json_as(LabelsSummary))


def publish(
    dataset: str, project: str, *, decision_no: int | None = None, tag: str | None = None
) -> Call[Published]:
    """Publish the decided labels of a project. The same content gets the same hash."""
    body = PublishRequest(project=project, decision_no=decision_no, tag=tag)
    path = api_path("datasets", dataset, "versions")
    call = send_json("dataset-store", "POST", path, body, json_as(Published))
    return replace(call, headers={**call.headers, "Idempotency-Key": str(uuid4())})


def list_datasets(after: str | None = None) -> Call[Datasets]:
    """List the datasets that the caller may see, one page at a time."""
    return get("dataset-store", api_path("datasets"), json_as(Datasets), after=after)


def list_versions(dataset: str, after: str | None = None) -> Call[Versions]:
    """List the versions of a dataset, newest first, one page at a time."""
    path = api_path("datasets", dataset, "versions")
    return get("dataset-store", path, json_as(Versions), after=after)


def manifest(version: str) -> Call[Manifest]:
    """Read the manifest of the version with this hash."""
    return get("dataset-store", api_path("versions", version), json_as(Manifest))


def file(version: str, name: str, start: int = 0) -> Call[bytes]:
    """Read a file of a version from byte `start`.

    `Client.stream` yields it in pieces; `send` returns it as a whole.
    """
    rest = {"Range": f"bytes={start}-"} if start else {}
    path = api_path("versions", version, "files", name)
    return Call("dataset-store", "GET", path, _body, headers={**UNENCODED, **rest})


def payload(version: str, sha256: str) -> Call[bytes]:
    """Read a payload that is too large for its record, by the record's `payload_sha256`."""
    path = api_path("versions", version, "blobs", sha256)
    return Call("dataset-store", "GET", path, _body, headers=UNENCODED)


def diff(a: str, b: str, after: str | None = None) -> Call[Diff]:
    """List the records that differ between the versions `a` and `b`."""
    return get("dataset-store", api_path("versions", a, "diff", b), json_as(Diff), after=after)


def record_use(version: str, model: str, run: str) -> Call[Use]:
    """Register a training run that used a version."""
    body = UseRequest(model=model, run=run)
    return send_json(
        "dataset-store", "POST", api_path("versions", version, "uses"), body, json_as(Use)
    )


def lineage(item_id: UUID) -> Call[Lineage]:
    """Read the history of an item's labels, from tasks to dataset versions."""
    return get("dataset-store", api_path("labels", item_id, "lineage"), json_as(Lineage))


def _body(response: Response) -> bytes:
    return response.body
