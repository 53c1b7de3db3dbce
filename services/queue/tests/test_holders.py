"""A lease can be used by its annotator only, with a token that includes its project."""

from typing import Any
from uuid import UUID

import pytest
from queue_harness import AT_ONCE, GOOD, NOW, Queue, conflict, review, spec, task

from queue_service.domain.leases import HeldLease
from queue_service.store import leases

ROLES = ("annotator", "adjudicator", "reviewer")
BODIES: dict[str, tuple[str, Any]] = {
    "annotation": ("PUT", {"label": GOOD}),
    "adjudication": ("PUT", {"label": GOOD, "rationale": "clear", "cause": "slip"}),
    "review": ("PUT", {"verdict": "accept"}),
    "draft": ("PUT", {"draft": GOOD}),
    "skip": ("POST", {"reason": "bad_data"}),
    "heartbeat": ("POST", None),
    "": ("DELETE", None),
}
STAGES = {"adjudication": "adjudicate", "review": "review"}


async def _leased(queue: Queue, stage: str) -> dict[str, Any]:
    await queue.deliver(spec(adjudication=AT_ONCE, review=AT_ONCE), task())
    if stage == "adjudicate":
        await queue.deliver(conflict())
    if stage == "review":
        await queue.deliver(review())
    [lease] = await queue.lease("ada", *ROLES, stages=[stage])
    return lease


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize(("name", "projects"), [("ada", ["other"]), ("bob", ["*"])])
async def test_a_lease_of_another_project_or_person_is_unknown_to_every_route(
    queue: Queue, what: str, name: str, projects: list[str]
) -> None:
    lease = await _leased(queue, STAGES.get(what, "annotate"))
    method, body = BODIES[what]
    url = f"/v1/leases/{lease['lease_id']}/{what}".rstrip("/")

    who = queue.tokens.bearer(name, *ROLES, projects=projects)
    refused = await queue.http.request(method, url, json=body, headers=who)
    who = queue.tokens.bearer("ada", *ROLES, projects=["p"])
    taken = await queue.http.request(method, url, json=body, headers=who)

    assert refused.status_code == 404
    assert refused.json()["type"] == "urn:problem:unknown-lease"
    assert '"p"' not in refused.text
    assert taken.is_success


async def test_held_leases_are_shown_in_the_projects_of_the_token_alone(queue: Queue) -> None:
    await _leased(queue, "annotate")

    async def shown(*projects: str) -> int:
        who = queue.tokens.bearer("ada", "annotator", projects=list(projects))
        answer = await queue.http.get("/v1/leases", headers=who)
        return len(answer.json()["leases"])

    assert await shown("other") == 0
    assert await shown("other", "p") == 1
    assert await shown("*") == 1


async def test_a_draft_is_as_large_as_a_label_at_most(queue: Queue) -> None:
    lease = await _leased(queue, "annotate")

    kept = await queue.put("ada", lease, "draft", {"draft": "x" * 99_998})
    refused = await queue.put("ada", lease, "draft", {"draft": "x" * 99_999})

    assert kept.status_code == 204
    assert refused.status_code == 413
    assert refused.json()["type"] == "urn:problem:draft-too-large"
    assert "100,000 bytes" in refused.json()["detail"]
    who = queue.tokens.bearer("ada", "annotator")
    [held] = (await queue.http.get("/v1/leases", headers=who)).json()["leases"]
    assert held["draft"] == "x" * 99_998


async def test_an_annotator_keeps_its_newest_drafts_and_so_many_of_them(queue: Queue) -> None:
    lease = await _leased(queue, "annotate")
    ada, bob = (queue.tokens.pseudonym(name) for name in ("ada", "bob"))
    fill = """
        INSERT INTO drafts SELECT $1, gen_random_uuid(), '1', $2::timestamptz + n * interval '1 s'
        FROM generate_series(1, $3) AS n
    """
    await queue.sql(fill, ada, NOW, leases.DRAFTS_MAX)
    await queue.sql(fill, bob, NOW, 3)

    await queue.put("ada", lease, "draft", {"draft": GOOD})

    of = "SELECT draft, saved_at FROM drafts WHERE annotator = $1 ORDER BY saved_at"
    mine = await queue.sql(of, ada)
    assert len(mine) == leases.DRAFTS_MAX
    assert mine[-1]["draft"] == GOOD
    assert (mine[0]["saved_at"] - NOW).total_seconds() == 2
    assert len(await queue.sql(of, bob)) == 3


async def test_a_lease_that_is_answered_is_read_without_its_draft(queue: Queue) -> None:
    lease = await _leased(queue, "annotate")
    await queue.put("ada", lease, "draft", {"draft": "unfinished"})

    async with queue.database.transaction() as transaction:
        held = await leases.locked_leases(transaction, [UUID(lease["lease_id"])])

    assert "draft" not in HeldLease.__dataclass_fields__
    assert "unfinished" not in str(held)


@pytest.mark.parametrize("blank", ["", "   ", "\n\t", "\u200b", "\u00a0\u2060"])
async def test_a_decision_is_refused_while_its_rationale_is_blank(queue: Queue, blank: str) -> None:
    lease = await _leased(queue, "adjudicate")
    body = {"label": GOOD, "rationale": blank, "cause": "slip"}

    refused = await queue.put("ada", lease, "adjudication", body)
    taken = await queue.put("ada", lease, "adjudication", {**body, "rationale": "\u00e9"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/rationale"
    assert taken.status_code == 201


async def test_a_skill_opens_work_in_the_project_that_granted_it_alone(queue: Queue) -> None:
    other = {"project": "other", "external_id": "o", "skills": ["french"]}
    await queue.deliver(spec(), spec(project="other"), task(1, skills=["french"]), task(2, **other))

    await queue.deliver(queue.has_skill("ada", "french", 9, "other"))
    [granted] = await queue.lease("ada", count=5)
    await queue.deliver(queue.has_skill("ada", "french", 1, "p"))
    [later] = await queue.lease("ada", count=5)

    assert (granted["project"], later["project"]) == ("other", "p")
    missing = await queue.explain("bob")
    assert "1 or more need french>=1, which you do not have." in missing["sentences"]
