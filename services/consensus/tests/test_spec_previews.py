"""The preview of a spec version at consensus, with a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis import migrations, testing
from consensus_service import events as consensus_events
from consensus_service.app import create_app
from consensus_service.domain.spec_previews import annotation_cost
from consensus_service.settings import Settings
from schemas.canonical import digest
from schemas.events import (
    EVENTS,
    AdjudicationDecided,
    AnnotationSubmitted,
    LabelDecided,
    RelabelRequested,
    SpecPublished,
    TaskCreated,
)
from schemas.vocabulary import Policy, SpecDocument

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULES = [{"id": "R1", "text": "Say how it sounds."}, {"id": "R2", "text": "Odd is rare."}]


def body(*options: str, rules: Any = RULES, **more: Any) -> dict[str, Any]:
    fields = [{"name": "mood", "kind": "choice", "options": list(options)}]
    document = {"task_type": "mood", "fields": fields, "guidelines": rules}
    return {**document, "policy": {"redundancy": 2}, **more}


OLD = body("good", "bad", "odd")


class Consensus:
    """The service with a database of its own."""

    def __init__(self, http: httpx.AsyncClient, tokens: testing.Tokens, database: Any) -> None:
        self.http, self.tokens, self.database = http, tokens, database

    async def handle(self, *events: Any) -> None:
        await testing.deliver(self.database, consensus_events.SUBSCRIPTIONS, *events)

    async def published(self) -> list[Any]:
        return list(await testing.take_published(self.database, EVENTS))

    async def post(self, spec: Any, role: str = "spec_owner") -> httpx.Response:
        headers = self.tokens.bearer("olga", role)
        return await self.http.post("/v1/projects/p/specs/preview", json=spec, headers=headers)

    async def preview(self, spec: Any) -> dict[str, Any]:
        answer = await self.post(spec)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def rows(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        async with self.database.transaction() as transaction:
            connection = await transaction.connection()
            names = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            return {
                name: await connection.fetchval(f'SELECT count(*) FROM "{name}"')
                for (name,) in names
            }


@pytest.fixture
async def consensus(fresh_database: Any, tokens: testing.Tokens) -> AsyncIterator[Consensus]:
    url = fresh_database()
    await asyncio.to_thread(migrations.upgrade, "consensus_service", url)
    app = create_app(testing.settings(Settings, tokens, url))
    async with testing.serving(app) as http:
        yield Consensus(http, tokens, app.state.database)


def spec(document: Any, version: int = 1, relabel: Any = "none") -> SpecPublished:
    whole = SpecDocument.model_validate(document).model_dump(mode="json")
    return SpecPublished(
        occurred_at=NOW,
        project="p",
        spec_version=version,
        spec_hash=digest(whole),
        document=whole,
        relabel=relabel,
    )


def task(n: int) -> TaskCreated:
    return TaskCreated(
        occurred_at=NOW,
        project="p",
        task_id=UUID(int=n),
        item_id=UUID(int=1000 + n),
        external_id=f"x{n}",
        revision=1,
        spec_version=1,
        task_type="mood",
        payload={},
        payload_sha256="0" * 64,
        priority=5,
        purpose="work",
        redundancy=2,
        redundancy_max=5,
        overlap="all",
    )


def votes(n: int, *moods: str) -> list[AnnotationSubmitted]:
    return [
        AnnotationSubmitted(
            occurred_at=NOW,
            project="p",
            annotation_id=UUID(int=10_000 * n + place),
            task_id=UUID(int=n),
            item_id=UUID(int=1000 + n),
            spec_version=1,
            purpose="work",
            annotator=f"{place:032x}",
            annotator_kind="human",
            standing="new",
            label={"mood": mood},
            leased_at=NOW,
            submitted_at=NOW,
        )
        for place, mood in enumerate(moods)
    ]


def adjudication(n: int, mood: str, rule: str) -> AdjudicationDecided:
    return AdjudicationDecided(
        occurred_at=NOW,
        project="p",
        adjudication_id=UUID(int=70 + n),
        task_id=UUID(int=n),
        item_id=UUID(int=1000 + n),
        spec_version=1,
        adjudicator="f" * 32,
        label={"mood": mood},
        rationale="the text says so",
        cause="slip",
        rules=[rule],
    )


async def project_with_labels(consensus: Consensus) -> None:
    """Decide four items, one of them by an adjudicator with rule R2; leave two undecided."""
    await consensus.handle(spec(OLD), *(task(n) for n in range(1, 7)))
    await consensus.handle(*votes(1, "good", "good"), *votes(2, "good", "good"))
    await consensus.handle(*votes(3, "odd", "odd"), *votes(4, "good", "bad"))
    await consensus.handle(adjudication(4, "bad", "R2"))
    await consensus.handle(*votes(5, "bad"))
    decided = [event for event in await consensus.published() if isinstance(event, LabelDecided)]
    assert len(decided) == 4


async def test_a_preview_counts_labels_that_are_refused_or_cite_a_changed_rule(
    consensus: Consensus,
) -> None:
    await project_with_labels(consensus)
    rules = [RULES[0], {"id": "R2", "text": "Bad is rare."}]

    found = await consensus.preview(body("good", "bad", rules=rules))

    costs = found.pop("cost_relabel")
    assert found == {
        "base_version": 1,
        "labels": 4,
        "refused": 1,
        "refused_fields": {"mood": 1},
        "citing": 1,
        "cited_rules": {"R2": 1},
        "touched": 2,
        "open_tasks": 2,
        "annotations_lost": 1,
        "cost_open": {"items": 2, "least": 4, "most": 10, "expected": 4.0},
    }
    assert {name: (cost["items"], cost["expected"]) for name, cost in costs.items()} == {
        "none": (0, 0.0),
        "touched": (2, 4.0),
        "all": (4, 8.0),
    }


async def test_what_is_previewed_is_what_publishing_asks_again(consensus: Consensus) -> None:
    await project_with_labels(consensus)
    new = body("good", "bad", rules=RULES[:1])
    found = await consensus.preview(new)

    await consensus.handle(spec(new, 2, "touched"))

    [request] = [e for e in await consensus.published() if isinstance(e, RelabelRequested)]
    assert len(request.item_ids) == found["touched"] == 2


async def test_a_preview_changes_nothing(consensus: Consensus) -> None:
    await project_with_labels(consensus)
    before = await consensus.rows()

    await consensus.preview(body("good", relabel="all"))

    assert await consensus.rows() == before
    assert await consensus.published() == []


async def test_another_policy_has_no_expectation_from_the_past(consensus: Consensus) -> None:
    await project_with_labels(consensus)

    found = await consensus.preview({**OLD, "policy": {"redundancy": 4, "overlap_share": 0.5}})

    assert found["cost_open"] == {"items": 2, "least": 5, "most": 10, "expected": None}


async def test_the_newest_version_again_asks_for_no_annotation(consensus: Consensus) -> None:
    await project_with_labels(consensus)

    found = await consensus.preview(OLD)

    assert (found["labels"], found["touched"], found["open_tasks"]) == (4, 0, 0)
    assert {cost["items"] for cost in found["cost_relabel"].values()} == {0}


async def test_a_project_without_labels_has_zeros(consensus: Consensus) -> None:
    found = await consensus.preview(OLD)

    assert (found["base_version"], found["labels"], found["open_tasks"]) == (None, 0, 0)


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("adjudicator", 403)])
async def test_owners_preview(consensus: Consensus, role: str, status: int) -> None:
    assert (await consensus.post(OLD, role)).status_code == status


async def test_an_invalid_document_is_refused_in_plain_words(consensus: Consensus) -> None:
    answer = await consensus.post(body("good", "bad", policy={"redundancy": "two"}))

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/policy/redundancy"
    assert error["message"] == "“redundancy” must be a whole number."


def test_items_outside_the_agreement_sample_take_one_annotation() -> None:
    policy = Policy(redundancy=3, redundancy_max=5, overlap_share=0.2)

    cost = annotation_cost(100, policy, None)

    assert (cost.least, cost.most, cost.expected) == (140, 500, None)
