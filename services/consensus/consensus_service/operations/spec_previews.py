"""Preview a spec version: the labels that it affects, and the annotations that new ones take."""

from chassis.db.database import Transaction
from consensus_service.domain.spec_previews import (
    AffectedLabels,
    annotation_cost,
    is_decided_alike,
)
from consensus_service.operations.specs import compiled
from consensus_service.store import specs as store
from labels import compile_fields
from labels.compiled_spec import CompiledSpec
from labels.specs.diff import changed_rules
from schemas.ingest import SpecRequest
from schemas.spec_previews import LabelPreview, RelabelByLabel
from schemas.vocabulary import document_of


async def preview_spec(
    transaction: Transaction, project: str, request: SpecRequest
) -> LabelPreview:
    """Return the effects of `request` on the labels of a project; zeros if it has none.

    Nothing is stored.
    """
    new = CompiledSpec(request.document(), compile_fields(request.fields))
    version = await store.newest_version(transaction, project)
    newest = None if version is None else await compiled(transaction, project, version)
    affected = await _affected_labels(transaction, project, new)
    tasks = await store.task_counts(transaction, project)
    mean = None
    if version and newest is not None and is_decided_alike(newest.policy, new.policy):
        mean = await store.mean_annotations(transaction, project, version)
    is_same = newest is not None and newest.document == new.document
    items: dict[RelabelByLabel, int] = {
        "none": 0,
        "touched": affected.touched,
        "all": affected.labels,
    }
    return LabelPreview(
        base_version=version,
        labels=affected.labels,
        refused=affected.refused,
        refused_fields=dict(affected.refused_fields),
        citing=affected.citing,
        cited_rules=dict(affected.cited_rules),
        touched=affected.touched,
        open_tasks=0 if is_same else tasks.open,
        annotations_lost=0 if is_same else tasks.annotations,
        cost_open=annotation_cost(0 if is_same else tasks.open, new.policy, mean),
        cost_relabel={
            name: annotation_cost(0 if is_same else count, new.policy, mean)
            for name, count in items.items()
        },
    )


async def _affected_labels(
    transaction: Transaction, project: str, new: CompiledSpec
) -> AffectedLabels:
    affected = AffectedLabels()
    rules: dict[int, frozenset[str]] = {}
    async for group in store.label_groups(transaction, project):
        if group.spec_version not in rules:
            old = await store.document(transaction, project, group.spec_version)
            rules[group.spec_version] = changed_rules(document_of(old), new.document)
        cited = rules[group.spec_version].intersection(group.rules)
        affected.add(group.label, new.labels, set(cited), group.count)
    return affected
