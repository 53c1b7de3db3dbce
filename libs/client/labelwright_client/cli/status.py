"""`labelwright status`: the state of a project, collected from all services."""

from functools import partial
from typing import Any

from labelwright_client import consensus, datasets, ingest, quality, queue
from labelwright_client.cli.output import HomeOption, JsonOption, connect, show_facts, show_json
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.transport import Client
from schemas.consensus import AgreementView
from schemas.dataset_store import LabelsSummary
from schemas.quality import ProjectAnnotator, SpecIssueView
from schemas.queue import QueueDepth


def status(project: ProjectArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the state of a project: items, queue, agreement, spec issues, annotators."""
    with connect(home) as client:
        found = gather(client, project)
    if as_json:
        show_json(found)
    else:
        show_facts(_facts(found))


def gather(client: Client, project: str) -> dict[str, Any]:
    """Return the state of the project from each service, in the form of `--json`."""
    view = client.send(ingest.show_project(project))
    pools = [depth for depth in client.send(queue.depths()) if depth.project == project]
    issues = _open_issues(client, project)
    annotators = _annotators(client, project)
    return {
        "project": project,
        "spec_version": view.spec_version,
        "items": _items(client.send(datasets.labels_summary(project))),
        "queue": _queue(pools),
        "agreement": [
            _agreement(view) for view in client.send(consensus.agreement(project)).agreement
        ],
        "spec_issues": [issue.model_dump(mode="json") for issue in issues],
        "annotators": len(annotators),
        "flagged": [
            annotator.annotator
            for annotator in annotators
            if annotator.standing in ("flagged", "suspended")
        ],
    }


def _items(summary: LabelsSummary) -> dict[str, Any]:
    states = ("contested", "pending", "review_pending", "unreleased", "withdrawn")
    return {
        "all": summary.items,
        "decided": sum(summary.decided.values()),
        **{state: getattr(summary, state) for state in states},
        "decided_by": summary.decided,
    }


def _queue(pools: list[QueueDepth]) -> dict[str, dict[str, float]]:
    depth: dict[str, dict[str, float]] = {}
    for pool in pools:
        stage = depth.setdefault(pool.stage, {"ready": 0, "in_flight": 0, "oldest_seconds": 0})
        stage["ready"] += pool.ready
        stage["in_flight"] += pool.in_flight
        stage["oldest_seconds"] = max(stage["oldest_seconds"], pool.oldest_seconds)
    return depth


def _agreement(view: AgreementView) -> dict[str, Any]:
    measured = view.measured
    return {
        "field": view.field,
        "spec_version": view.spec_version,
        "metric": view.metric,
        "value": measured.value,
        "low": measured.low,
        "high": measured.high,
        "reason": measured.reason,
    }


def _open_issues(client: Client, project: str) -> list[SpecIssueView]:
    pages = client.pages(partial(quality.list_spec_issues, project))
    return [issue for page in pages for issue in page.issues if issue.state != "resolved"]


def _annotators(client: Client, project: str) -> list[ProjectAnnotator]:
    pages = client.pages(partial(quality.list_annotators, project))
    return [annotator for page in pages for annotator in page.annotators]


def _facts(found: dict[str, Any]) -> dict[str, object]:
    items = found["items"]
    facts: dict[str, object] = {
        "project": found["project"],
        "spec version": found["spec_version"],
        "items": items["all"],
        **{
            name.replace("_", " "): items[name]
            for name in items
            if name not in ("all", "decided_by")
        },
    }
    for stage, depth in found["queue"].items():
        waiting = f"{depth['ready']:,} ready, {depth['in_flight']:,} in flight"
        facts[f"queue: {stage}"] = f"{waiting}, oldest {depth['oldest_seconds']:.0f} s"
    for view in found["agreement"]:
        facts[f"agreement on {view['field']} (v{view['spec_version']})"] = _figure(view)
    facts["open spec issues"] = len(found["spec_issues"])
    for issue in found["spec_issues"]:
        facts[f"issue {issue['issue_id']}"] = issue["why"]
    facts["annotators"] = found["annotators"]
    facts["flagged"] = len(found["flagged"])
    return facts


def _figure(view: dict[str, Any]) -> str:
    if view["value"] is None:
        return f"undefined ({view['reason']})"
    interval = "" if view["low"] is None else f" ({view['low']:.3f} to {view['high']:.3f})"
    return f"{view['value']:.3f}{interval}, {view['metric']}"
