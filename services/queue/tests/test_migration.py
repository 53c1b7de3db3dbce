"""A database of the first release with work in it keeps that work after all migrations."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from queue_harness import BAD, FAR, GOOD, NOW, Queue, conflict, spec, task, texts

from chassis import migrations, testing
from chassis.db.database import driver_url
from queue_service.app import create_app
from queue_service.domain.dispatch import EXPERIENCED_FROM
from queue_service.settings import Settings
from schemas.events import AnnotationSubmitted, ReviewDecided

HOUR = timedelta(hours=1)
POLICY: dict[str, Any] = {
    "quotas": {"per_annotator": 11},
    "review": {"stages": 2, "experienced_first_seconds": 0},
    "honeypots": {"first": 100, "first_rate": 1.0, "rate": 1.0, "exposure_max": 3},
}
WORK = """
INSERT INTO work (task_id, stage, subject, project, item_id, external_id, spec_version, task_type,
    purpose, priority, due_at, skills, payload, prelabels, context, target, answered, leased, state,
    created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'mood', $8, $9, $10, $11, $12, '[]', $13, $14, $15, $16, $17,
    $18)
RETURNING work_id
"""
READY = """
INSERT INTO ready SELECT work_id, project, stage, priority, coalesce(due_at, 'infinity'),
    target - answered - leased, task_type, skills, item_id, spec_version, external_id
FROM work WHERE state = 'open' AND purpose = 'work' AND answered + leased < target
    AND spec_version = (SELECT newest_version FROM projects WHERE project = work.project)
"""
LEASE = """
INSERT INTO leases (lease_id, work_id, annotator, kind, leased_at, expires_at, prelabel, ended,
    ended_at) VALUES ($1, $2, $3, 'human', $4, $5, 'none', $6, $4)
"""
ANSWER = """
INSERT INTO answers (lease_id, answer_id, work_id, annotator, body, submitted_at)
VALUES ($1, $1, $2, $3, $4, $5)
"""


class Old:
    """A database with the tables of the first release."""

    def __init__(self, connection: asyncpg.Connection, tokens: testing.Tokens) -> None:
        self.connection, self.tokens = connection, tokens
        self.works: dict[str, int] = {}
        self.leases = 0

    async def spec(self, project: str, version: int, newest: int, **policy: Any) -> None:
        event = spec(version, project, **policy)
        await self.connection.execute(
            "INSERT INTO specs VALUES ($1, $2, $3, $4)",
            project,
            version,
            event.spec_hash,
            json.dumps(event.document),
        )
        await self.connection.execute(
            "INSERT INTO projects VALUES ($1, $2) ON CONFLICT DO NOTHING", project, newest
        )

    async def work(self, name: str, n: int, **more: Any) -> None:
        """Add a row of work; `of` is the number of its task."""
        facts: dict[str, Any] = {
            "stage": "annotate",
            "subject": UUID(int=n),
            "project": "p",
            "version": 1,
            "purpose": "work",
            "priority": 5,
            "due": None,
            "skills": [],
            "context": None,
            "target": 2,
            "answered": 0,
            "leased": 0,
            "state": "open",
            "at": NOW,
            "of": n,
        }
        facts = {**facts, **more}
        own = ("subject", "project")
        self.works[name] = await self.connection.fetchval(
            WORK,
            UUID(int=facts["of"]),
            facts["stage"],
            *(facts[one] for one in own),
            UUID(int=1000 + facts["of"]),
            name,
            facts["version"],
            facts["purpose"],
            facts["priority"],
            facts["due"],
            facts["skills"],
            json.dumps({"text": name}),
            facts["context"] and json.dumps(facts["context"]),
            *(facts[one] for one in ("target", "answered", "leased", "state", "at")),
        )

    async def lease(self, who: str, name: str, ended: str | None, at: datetime = NOW) -> UUID:
        """Add a lease that ended with `ended`; None: it is open."""
        self.leases += 1
        lease_id, pseudonym = UUID(int=9_000 + self.leases), self.tokens.pseudonym(who)
        work_id = self.works[name]
        await self.connection.execute(LEASE, lease_id, work_id, pseudonym, at, FAR, ended)
        if ended == "answered":
            body: dict[str, Any] = {"label": GOOD, "rules": [], "note": None, "active_ms": None}
            await self.connection.execute(
                ANSWER, lease_id, work_id, pseudonym, json.dumps(body), at
            )
        if ended != "expired":
            await self.connection.execute(
                "INSERT INTO seen SELECT $1, item_id, spec_version FROM work WHERE work_id = $2"
                " ON CONFLICT DO NOTHING",
                pseudonym,
                work_id,
            )
        await self.connection.execute(
            "INSERT INTO annotators SELECT $1, project, 'good', 1 FROM work WHERE work_id = $2"
            " ON CONFLICT (annotator, project) DO UPDATE SET given = annotators.given + 1",
            pseudonym,
            work_id,
        )
        return lease_id


async def fill(old: Old) -> None:
    """Fill the old database."""
    await old.spec("p", 1, 1, **POLICY)
    await old.spec("q", 1, 2)
    await old.spec("q", 2, 2)
    await old.work("full", 1, answered=1, leased=1)
    await old.work("french", 3, skills=["french"], priority=9)
    await old.work("several", 4, skills=["french>=2", "care"], target=9)
    await old.work("late", 5, at=NOW + 9 * HOUR, priority=9)
    await old.work("urgent", 6, at=NOW + HOUR, priority=9)
    await old.work("due", 7, due=NOW + HOUR)
    await old.work("plain", 8)
    await old.work("half", 2, answered=1)
    await old.work("decided", 9, state="closed", answered=2)
    context = {"reason": "sampled", "label": GOOD, "votes": []}
    await old.work(
        "decided", 10, stage="review", subject=UUID(int=77), of=9, context=context, target=1
    )
    old.works["review"] = old.works["decided"]
    await old.work("gold", 11, purpose="honeypot", target=None, leased=0)
    await old.work("behind", 12, project="q", version=1)
    await old.work("ahead", 13, project="q", version=2)
    for n in range(EXPERIENCED_FROM):
        await old.work(
            f"dispute {n}", 50 + n, stage="adjudicate", target=1, answered=1, state="closed"
        )
        await old.lease("eve", f"dispute {n}", "answered")
    for n in range(3):
        await old.work(f"done {n}", 70 + n, answered=2, state="closed")
        await old.lease("ada", f"done {n}", "answered")
    await old.lease("ada", "full", "answered")
    await old.lease("ada", "half", "answered")
    await old.lease("cyd", "half", "expired")
    await old.lease("fay", "gold", "answered")
    await old.lease("gus", "gold", "answered")
    for skill, level in (("french", 2), ("care", 1)):
        await old.connection.execute(
            "INSERT INTO skills VALUES ($1, $2, $3)", old.tokens.pseudonym("ada"), skill, level
        )
    await old.connection.execute(READY)


@pytest.fixture
async def bobs(
    fresh_database: Any, tokens: testing.Tokens
) -> AsyncIterator[tuple[Queue, dict[str, Any]]]:
    """Yield the service on the migrated database, and the lease that bob holds."""
    url = fresh_database()
    config = migrations.config("queue_service", url)
    await asyncio.to_thread(command.upgrade, config, "0001")
    connection = await asyncpg.connect(driver_url(url))
    old = Old(connection, tokens)
    await fill(old)
    held = await old.lease("bob", "full", None)
    await connection.close()
    await asyncio.to_thread(migrations.upgrade, "queue_service", url)
    await asyncio.to_thread(migrations.check, "queue_service", url)
    app = create_app(testing.settings(Settings, tokens, url))
    async with testing.serving(app) as http:
        yield Queue(app, http, tokens), {"lease_id": str(held)}


Upgraded = tuple[Queue, dict[str, Any]]


async def order(queue: Queue, name: str, *roles: str) -> list[str]:
    """Return the work that an annotator gets, without honeypots."""
    granted: list[str] = []
    while leases := await queue.lease(name, *roles, projects=["p"]):
        granted += texts(leases)
    return [one for one in granted if one != "gold"]


async def test_what_waited_is_given_in_its_order_to_those_who_have_not_seen_it(
    bobs: Upgraded,
) -> None:
    queue, _ = bobs

    assert await order(queue, "cyd") == ["urgent", "due", "half", "plain", "late"]


async def test_skills_have_levels_now_and_what_was_had_before_counts(bobs: Upgraded) -> None:
    """Five tasks were annotated before; one honeypot and five more tasks reach the quota."""
    queue, _ = bobs

    assert await order(queue, "ada") == ["french", "urgent", "due", "plain", "several"]
    assert (await queue.explain("ada"))["sentences"][0].startswith("You have had 11 tasks")


async def test_old_and_new_work_lie_together(bobs: Upgraded) -> None:
    queue, _ = bobs

    await queue.deliver(task(90, skills=["care", "french>=2"]), task(91))

    found = await queue.sql(
        "SELECT count(DISTINCT pool) AS n, skills FROM work WHERE project = 'p'"
        " AND stage = 'annotate' GROUP BY skills ORDER BY skills"
    )
    assert [tuple(row) for row in found] == [
        (1, []),
        (1, ["care>=1", "french>=2"]),
        (1, ["french>=1"]),
    ]


async def test_what_is_held_can_be_answered_and_what_was_answered_stays(bobs: Upgraded) -> None:
    queue, held = bobs

    first = await queue.answer("bob", held, GOOD)
    again = await queue.answer("bob", held, GOOD)
    other = await queue.answer("bob", held, BAD)

    [event] = await queue.published()
    assert [one.status_code for one in (first, again, other)] == [201, 200, 409]
    assert isinstance(event, AnnotationSubmitted)
    assert (event.task_id, event.label) == (UUID(int=1), GOOD)


async def test_what_is_held_and_given_back_is_given_again(bobs: Upgraded) -> None:
    queue, held = bobs

    await queue.release("bob", held)

    [row] = await queue.sql("SELECT leased FROM work WHERE external_id = 'full'")
    assert row["leased"] == 0
    assert "full" in await order(queue, "dan")


async def test_a_review_that_waited_goes_through_the_stages_of_its_policy(bobs: Upgraded) -> None:
    queue, _ = bobs

    verdict = {"verdict": "accept"}
    [first] = await queue.lease("dan", "reviewer")
    await queue.put("dan", first, "review", verdict)
    nothing = await queue.published()
    [second] = await queue.lease("hal", "reviewer")
    await queue.put("hal", second, "review", verdict)

    [event] = await queue.published()
    assert nothing == []
    assert isinstance(event, ReviewDecided)
    assert (event.review_id, event.task_id) == (UUID(int=77), UUID(int=9))
    assert event.accepted_before == [queue.tokens.pseudonym("dan")]


async def test_who_settled_disputes_before_is_experienced(bobs: Upgraded) -> None:
    queue, _ = bobs

    await queue.deliver(conflict(n=8))

    assert await queue.lease("ada", "adjudicator") == []
    assert texts(await queue.lease("eve", "adjudicator")) == ["plain"]


async def test_to_how_many_a_honeypot_was_shown_is_known(bobs: Upgraded) -> None:
    """The limit is three annotators; two have had it."""
    queue, _ = bobs

    granted = [texts(await queue.lease(name, projects=["p"])) for name in ("fay", "dan", "hal")]

    assert [one == ["gold"] for one in granted] == [False, True, False]


async def test_only_work_of_the_newest_version_is_given(bobs: Upgraded) -> None:
    queue, _ = bobs

    assert texts(await queue.lease("dan", projects=["q"], count=9)) == ["ahead"]


async def test_the_renamed_columns_can_be_restored_and_renamed_again(fresh_database: Any) -> None:
    url = fresh_database()
    config = migrations.config("queue_service", url)
    await asyncio.to_thread(command.upgrade, config, "0006")

    await asyncio.to_thread(command.downgrade, config, "0005")
    connection = await asyncpg.connect(driver_url(url))
    restored = await connection.fetch("SELECT shard, circle FROM shards")
    await connection.close()
    await asyncio.to_thread(command.upgrade, config, "head")

    assert restored == []
    await asyncio.to_thread(migrations.check, "queue_service", url)
