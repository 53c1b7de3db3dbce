"""Preview a spec version: the effects of publishing it on the items of a project."""

import asyncio

import labels
from chassis.db.database import Transaction
from ingest_service.domain.specs import field_proofs, spec_hash
from ingest_service.operations.projects import get_project
from ingest_service.store import items as item_store
from ingest_service.store import projects as project_store
from ingest_service.store import specs as store
from labels.specs.diff import spec_changes
from schemas.ingest import SpecRequest
from schemas.spec_previews import SpecPreview


async def preview_spec(transaction: Transaction, name: str, request: SpecRequest) -> SpecPreview:
    """Return the effects that publishing `request` would have. Nothing is stored.

    Raise UnknownProject.
    """
    await get_project(transaction, name)
    document = request.document()
    newest = await store.newest_spec(transaction, name)
    counts = await project_store.counts(transaction, name)
    schema = labels.compile_fields(document.fields)
    is_same = newest is not None and newest.hash == spec_hash(document)
    gold_refused = 0
    async for label in item_store.gold_labels(transaction, name):
        gold_refused += bool(schema.check(label))
    # Proofs take long for large specs, and are not to stop other requests.
    old = None if newest is None else newest.document
    proofs = [] if old is None else await asyncio.to_thread(field_proofs, old, document)
    return SpecPreview(
        base_version=None if newest is None else newest.version,
        changes=[] if is_same else spec_changes(old, document),
        stays_valid=all(proof.stays_valid for proof in proofs),
        fields=proofs,
        open_items=0 if is_same else counts.tasks["open"],
        decided_items=counts.tasks["decided"],
        gold=counts.gold,
        gold_refused=gold_refused,
    )
