"""Read the items of a project."""

from uuid import UUID

from chassis.db.database import Transaction
from ingest_service.domain.model import Item
from ingest_service.domain.refusals import BadCursor, UnknownItem
from ingest_service.operations.projects import get_project
from ingest_service.store import items as store
from schemas.ingest import Items, ItemView
from schemas.vocabulary import BIGINT_MAX

PAGE_MAX = 100
"""The most items on a page."""


async def list_items(
    transaction: Transaction, project: str, after: str | None, limit: int
) -> Items:
    """Return a page of a project's items, in the order in which they came. Raise BadCursor."""
    await get_project(transaction, project)
    found = await store.items_after(transaction, project, _position(after), limit + 1)
    page = found[:limit]
    return Items(
        items=[_view(item) for item in page],
        next=str(page[-1].position) if len(found) > limit else None,
    )


async def view_item(transaction: Transaction, project: str, item_id: UUID) -> ItemView:
    """Return an item of a project. Raise UnknownItem."""
    await get_project(transaction, project)
    found = await store.items(transaction, project, [item_id])
    if item_id not in found:
        raise UnknownItem(f"Project '{project}' has no item {item_id}.")
    return _view(found[item_id])


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= BIGINT_MAX):
        raise BadCursor("Pass `next` of a page as `after`, as it is.")
    return int(cursor)


def _view(item: Item) -> ItemView:
    return ItemView(
        item_id=item.item_id,
        external_id=item.external_id,
        revision=item.revision,
        payload=item.payload,
        payload_sha256=item.payload_sha256,
        source=item.source,
        metadata=item.metadata,
        gold=item.gold is not None,
    )
