"""The order in which options are shown belongs to the lease, and is kept with the answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from queue_harness import GOOD, Queue, honeypot, spec, task

from queue_service.operations import annotations
from schemas.canonical import digest
from schemas.events import SpecPublished
from schemas.vocabulary import SpecDocument

FIELDS: list[dict[str, Any]] = [
    {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
    {"name": "better", "kind": "pairwise", "options": ["a", "b"]},
]
LABEL = {**GOOD, "better": "b"}


def compared(**policy: Any) -> SpecPublished:
    """Return a spec version that also asks which of two is better."""
    event = spec(**policy)
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": FIELDS, "policy": event.document["policy"]}
    ).model_dump(mode="json")
    return event.model_copy(update={"document": document, "spec_hash": digest(document)})


@pytest.mark.parametrize("rate", [0.0, 0.5], ids=["work", "honeypots too"])
async def test_an_annotation_carries_the_order_that_its_lease_told_to_show(
    queue: Queue, rate: float
) -> None:
    honeypots = {"first": 20, "first_rate": rate, "rate": 0.1 * rate}
    tasks = [task(n) for n in range(1, 41)] + [honeypot(n) for n in range(1, 41) if rate]
    await queue.deliver(compared(honeypots=honeypots), *tasks)
    leases = [lease for _ in range(8) for lease in await queue.lease("ada", count=3)]
    shown = [lease["presentation"] for lease in leases]

    for lease in leases:
        await queue.answer("ada", lease, LABEL)

    events = await queue.published()
    assert [event.presentation for event in events] == shown
    assert all(sorted(order["better"]) == ["a", "b"] for order in shown)
    assert len({tuple(order["better"]) for order in shown}) == 2
    assert all(order.keys() == {"better"} for order in shown)
    assert {event.purpose for event in events} == ({"work", "honeypot"} if rate else {"work"})


async def test_a_lease_keeps_its_order_when_it_is_listed_and_when_its_answer_may_be_undone(
    queue: Queue,
) -> None:
    await queue.deliver(compared(undo_seconds=60), *(task(n) for n in range(1, 4)))
    leases = await queue.lease("ada", count=3)
    ada = queue.tokens.bearer("ada", "annotator")

    listed = (await queue.http.get("/v1/leases", headers=ada)).json()["leases"]
    for lease in leases:
        await queue.answer("ada", lease, LABEL)
    async with queue.database.transaction() as transaction:
        await annotations.publish_due(transaction, "p", datetime(2100, 1, 1, tzinfo=UTC))

    orders = {lease["lease_id"]: lease["presentation"] for lease in leases}
    assert {lease["lease_id"]: lease["presentation"] for lease in listed} == orders
    published = [event.presentation for event in await queue.published()]
    assert sorted(published, key=str) == sorted(orders.values(), key=str)


async def test_without_such_a_field_nothing_is_said_of_an_order(queue: Queue) -> None:
    await queue.deliver(spec(), task())

    [lease] = await queue.lease("ada")
    await queue.answer("ada", lease, GOOD)

    assert lease["presentation"] == {}
    [event] = await queue.published()
    assert event.presentation == {}
