"""List the items of a project, and change the properties of one."""

from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from blobs import BlobStore
from chassis.db.database import Transaction
from chassis.http.problem import Fault, Invalid
from ingest_service.domain.intake import Incoming, InvalidItem, check_properties
from ingest_service.domain.refusals import BadCursor, UnknownItem
from ingest_service.operations.intake import update_known
from ingest_service.operations.projects import get_project, lock_project
from ingest_service.store import item_lists
from ingest_service.store import items as store
from schemas.ingest import ItemContent, Items, ItemsQuery, ItemUpdate, ItemUpdated, ItemView
from schemas.vocabulary import item_id


async def list_items(transaction: Transaction, project: str, query: ItemsQuery) -> Items:
    """Return a page of the items of a project. Raise UnknownProject, BadCursor."""
    await get_project(transaction, project)
    named = query.external_id
    filters = (None if named is None else item_id(project, named, ""), query.state)
    after = _position(query.cursor)
    rows = await item_lists.list_items(transaction, project, after, filters, query.limit)
    views = [ItemView.model_validate(_without_position(row)) for row in rows]
    return Items(items=views, next=str(rows[-1].position) if len(rows) == query.limit else None)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise BadCursor(f"'{cursor}' is not a cursor of this list: pass `next` of the last page.")
    return int(cursor)


def _without_position(row: item_lists.ItemRow) -> dict[str, object]:
    return {name: value for name, value in asdict(row).items() if name != "position"}


async def view_item(transaction: Transaction, project: str, id_: UUID) -> ItemContent:
    """Return an item of a project with its payload. Raise UnknownItem."""
    await get_project(transaction, project)
    found = await store.items(transaction, project, [id_])
    if id_ not in found:
        raise UnknownItem(f"There is no item {id_} in '{project}'.")
    item = found[id_]
    return ItemContent(
        item_id=item.item_id,
        external_id=item.external_id,
        revision=item.revision,
        payload=item.payload,
        payload_sha256=item.payload_sha256,
        source=item.source,
        metadata=item.metadata,
        gold=item.gold is not None,
    )


async def update_item(
    transaction: Transaction,
    blobs: BlobStore,
    place: tuple[str, UUID],
    update: ItemUpdate,
    now: datetime,
) -> ItemUpdated:
    """Change properties of the item at `place` (project, id). Raise UnknownItem."""
    name, id_ = place
    project = await lock_project(transaction, name)
    item = (await store.items(transaction, name, {id_})).get(id_)
    if item is None:
        raise UnknownItem(f"There is no item {id_} in '{name}'.")
    fields = {
        name: value
        for name, value in update.model_dump(exclude_unset=True).items()
        if value is not None or name == "due_at"
    }
    new = replace(item, **fields)
    try:
        check_properties(new)
    except InvalidItem as error:
        raise Invalid([Fault(**error.problem.model_dump())]) from error
    incoming = Incoming(new, None, frozenset(fields), restores=False)
    pending = await update_known(transaction, project, blobs, incoming, now)
    return ItemUpdated(
        item_id=id_,
        metadata=new.metadata,
        priority=new.priority,
        due_at=new.due_at,
        pending=pending,
    )
