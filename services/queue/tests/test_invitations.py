"""Invitations, the directory of people and the caller's own view, on a real PostgreSQL."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from joserfc import jws
from queue_harness import GOOD, Queue, conflict, honeypot, spec, task

from chassis import testing
from chassis.clock import utc_now
from queue_service.app import create_app
from queue_service.settings import Settings
from schemas.events import TokenRevoked

LEAD = ("olga", "spec_owner")
PROVIDER = {
    "issuer": "https://id.example.org",
    "jwks_url": "https://id.example.org/keys",
    "algorithms": ["RS256"],
}


class People:
    """The routes about people, called by a lead."""

    def __init__(self, queue: Queue, project: str = "p") -> None:
        self.queue, self.http = queue, queue.http
        self.path = f"/v1/projects/{project}"
        self.lead = queue.tokens.bearer(*LEAD)

    async def invite(self, name: str = "Ada", role: str = "annotator", **more: Any) -> Any:
        body = {"name": name, "role": role, **more}
        answer = await self.http.post(f"{self.path}/invitations", json=body, headers=self.lead)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def exchange(self, invitation: Any) -> httpx.Response:
        secret = invitation["link"].partition("#invite=")[2]
        answer: httpx.Response = await self.http.post(
            "/v1/invitations/exchange", json={"secret": secret}
        )
        return answer

    async def token(self, *args: Any, **more: Any) -> str:
        """Invite a person, open the link, and return the token."""
        answer = await self.exchange(await self.invite(*args, **more))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    async def me(self, token: str) -> httpx.Response:
        return await self.http.get("/v1/me", headers={"authorization": f"Bearer {token}"})

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(self.path + path, params=query, headers=self.lead)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def delete(self, path: str) -> int:
        answer: httpx.Response = await self.http.delete(self.path + path, headers=self.lead)
        return answer.status_code

    async def entry(self, name: str = "Ada") -> dict[str, Any]:
        [found] = [one for one in (await self.get("/people"))["people"] if one["name"] == name]
        return dict(found)

    async def read_revocations(self) -> None:
        await self.queue.app.state.verifier.revocations.read(self.queue.database)


@pytest.fixture
def people(queue: Queue) -> People:
    return People(queue)


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(jws.extract_compact(token.encode()).payload)
    return found


async def test_a_link_is_exchanged_for_a_token_of_the_role_and_the_project(people: People) -> None:
    invitation = await people.invite("Ada", "adjudicator", hours=2)
    answer = await people.exchange(invitation)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_at"] == invitation["expires_at"]
    found = claims(answer.json()["token"])
    assert (found["roles"], found["projects"], found["name"]) == (["adjudicator"], ["p"], "Ada")
    assert found["jti"] == invitation["id"]
    me = (await people.me(answer.json()["token"])).json()
    assert (me["name"], me["roles"], me["projects"]) == ("Ada", ["adjudicator"], ["p"])


async def test_of_many_requests_at_once_with_one_link_exactly_one_gets_a_token(
    people: People,
) -> None:
    for _ in range(5):
        invitation = await people.invite()
        answers = await asyncio.gather(*(people.exchange(invitation) for _ in range(16)))

        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15
        types = {answer.json()["type"] for answer in answers if answer.status_code == 409}
        assert types == {"urn:problem:invitation-used"}


async def test_only_the_hash_of_a_secret_is_stored_and_no_list_shows_it(people: People) -> None:
    secret = (await people.invite())["link"].partition("#invite=")[2]

    stored = await people.queue.sql("SELECT row_to_json(i)::text AS row FROM invitations i")
    assert len(secret) >= 43
    assert secret not in stored[0]["row"]
    assert secret not in str(await people.get("/invitations"))


async def test_to_invite_the_same_name_again_invites_the_same_person(people: People) -> None:
    first = claims(await people.token("Ada"))
    again = claims(await people.token("Ada", "adjudicator"))
    other = claims(await people.token("Bob"))
    elsewhere = claims(await People(people.queue, "q").token("Ada"))

    assert first["sub"] == again["sub"]
    assert len({first["sub"], other["sub"], elsewhere["sub"]}) == 3
    assert (await people.entry("Ada"))["roles"] == ["adjudicator", "annotator"]


async def test_a_link_that_is_not_open_says_why(people: People) -> None:
    used, revoked, late = [await people.invite() for _ in range(3)]
    await people.exchange(used)
    await people.delete(f"/invitations/{revoked['id']}")
    await people.queue.sql(
        "UPDATE invitations SET expires_at = now() - interval '1 s' WHERE invitation_id = $1",
        UUID(late["id"]),
    )

    answers = [await people.exchange(one) for one in (used, revoked, late, {"link": "#invite=x"})]

    assert [answer.json()["type"].rpartition(":")[2] for answer in answers] == [
        "invitation-used", "invitation-revoked", "invitation-expired", "unknown-invitation",
    ]  # fmt: skip
    assert all("lead" in answer.json()["detail"] for answer in answers)
    states = [one["state"] for one in (await people.get("/invitations"))["invitations"]]
    assert states == ["expired", "revoked", "used"]


async def test_lists_come_in_pages_without_gaps(people: People) -> None:
    made = [(await people.invite(f"Person {n}"))["id"] for n in range(5)]

    ids, names, after = [], [], None
    while page := await people.get("/invitations", limit=2, **({"after": after} if after else {})):
        ids += [one["id"] for one in page["invitations"]]
        if (after := page["next"]) is None:
            break
    after = None
    while page := await people.get("/people", limit=2, **({"after": after} if after else {})):
        names += [one["name"] for one in page["people"]]
        if (after := page["next"]) is None:
            break

    assert ids == made[::-1]
    assert sorted(names) == [f"Person {n}" for n in range(5)]


async def test_to_delete_a_used_invitation_revokes_its_token_and_no_other(people: People) -> None:
    invitation = await people.invite()
    token = (await people.exchange(invitation)).json()["token"]
    other = await people.token("Ada")

    assert await people.delete(f"/invitations/{invitation['id']}") == 204
    assert await people.delete(f"/invitations/{uuid4()}") == 404
    await people.read_revocations()

    refused = await people.me(token)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:problem:access-revoked")
    assert (await people.me(other)).status_code == 200
    [event] = await people.queue.published()
    assert isinstance(event, TokenRevoked)
    assert (event.jti, event.project) == (invitation["id"], "p")


async def test_a_revoked_person_is_refused_until_invited_again(people: People) -> None:
    token, open_link = await people.token("Ada"), await people.invite("Ada")
    pseudonym = (await people.entry())["pseudonym"]

    assert await people.delete(f"/people/{pseudonym}") == 204
    await people.read_revocations()

    assert (await people.me(token)).status_code == 401
    assert (await people.exchange(open_link)).json()["type"] == "urn:problem:invitation-revoked"
    assert (await people.entry())["revoked_at"] is not None
    again = await people.token("Ada")
    await people.read_revocations()
    assert (await people.me(again)).status_code == 200
    assert (await people.entry())["revoked_at"] is None
    assert await people.delete(f"/people/{'0' * 32}") == 404


async def test_a_token_for_two_projects_keeps_the_other_one(people: People) -> None:
    tokens = people.queue.tokens
    token = tokens.sign("ada", "annotator", projects=["p", "q"], iat=utc_now().timestamp())
    added = {"name": "Ada", "login": {"subject": "ada", "issuer": testing.ISSUER}}
    await people.http.post(f"{people.path}/people", json=added, headers=people.lead)
    assert (await people.me(token)).json()["projects"] == ["p", "q"]

    assert await people.delete(f"/people/{tokens.pseudonym('ada')}") == 204
    await people.read_revocations()

    assert (await people.me(token)).json()["projects"] == ["q"]


async def test_no_token_that_is_issued_while_a_person_is_revoked_survives(people: People) -> None:
    for n in range(8):
        name = f"Ada {n}"
        links = [await people.invite(name) for _ in range(6)]
        pseudonym = (await people.entry(name))["pseudonym"]
        opened = asyncio.gather(*(people.exchange(link) for link in links))
        status = await people.delete(f"/people/{pseudonym}")
        answers = await opened
        await people.read_revocations()

        assert status == 204
        given = [one.json()["token"] for one in answers if one.status_code == 200]
        assert [(await people.me(token)).status_code for token in given] == [401] * len(given)


@pytest.mark.parametrize("role", ["annotator", "reviewer", "adjudicator", "trainer", "pipeline"])
async def test_only_leads_see_people_and_invitations(people: People, role: str) -> None:
    await people.invite("Bob")
    own = people.queue.tokens.bearer("ada", role)
    foreign = people.queue.tokens.bearer("olga", "spec_owner", projects=["q"])

    for path in ("/people", "/invitations"):
        assert (await people.http.get(people.path + path, headers=own)).status_code == 403
        assert (await people.http.get(people.path + path, headers=foreign)).status_code == 404
    body = {"name": "Eve", "role": "spec_owner"}
    answer = await people.http.post(f"{people.path}/invitations", json=body, headers=own)
    assert answer.status_code == 403
    assert "Bob" not in (await people.http.get("/v1/me", headers=own)).text


async def test_no_lead_can_invite_an_admin(people: People) -> None:
    body = {"name": "Eve", "role": "admin"}
    answer = await people.http.post(f"{people.path}/invitations", json=body, headers=people.lead)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/role")


async def test_work_and_honeypots_count_alike(people: People) -> None:
    queue = people.queue
    await queue.deliver(spec(honeypots={"first_rate": 1.0, "rate": 1.0, "first": 2}))
    await queue.deliver(*(task(n) for n in (1, 2)), *(honeypot(n) for n in (1, 2)))
    token = await people.token("Ada")
    bearer = {"authorization": f"Bearer {token}"}
    counts = []
    for _ in range(4):
        [lease] = (await people.http.post("/v1/leases", json={}, headers=bearer)).json()["leases"]
        url = f"/v1/leases/{lease['lease_id']}/annotation"
        for _ in range(2):
            await people.http.put(url, json={"label": GOOD}, headers=bearer)
        me = (await people.me(token)).json()
        counts.append((me["done"], me["done_today"]))

    assert counts == [(n, n) for n in (1, 2, 3, 4)]
    stored = await queue.sql("SELECT DISTINCT w.purpose FROM answers JOIN work w USING (work_id)")
    assert {row["purpose"] for row in stored} == {"work", "honeypot"}
    ada = await people.entry()
    assert (ada["done"], ada["done_today"], ada["done_last_hour"]) == (4, 4, 4)
    assert ada["first_seen_at"] < ada["last_seen_at"]


async def test_every_stage_counts_and_yesterday_is_not_today(people: People) -> None:
    queue = people.queue
    await queue.deliver(spec(redundancy=2, adjudication={"experienced_first_seconds": 0}), task())
    votes = await queue.voted("ada", "bob")
    await queue.deliver(conflict(votes))
    [lease] = await queue.lease("cleo", "adjudicator")
    assert (await queue.settle("cleo", lease)).status_code == 201

    found = {one["pseudonym"]: one for one in (await people.get("/people"))["people"]}
    cleo = found[queue.tokens.pseudonym("cleo")]
    assert (len(found), cleo["done"], cleo["done_today"], cleo["name"]) == (3, 1, 1, None)

    await queue.sql("UPDATE annotators SET done_on = done_on - 1")
    cleo = {one["pseudonym"]: one for one in (await people.get("/people"))["people"]}[
        queue.tokens.pseudonym("cleo")
    ]
    assert (cleo["done"], cleo["done_today"]) == (1, 0)


async def test_where_people_sign_in_elsewhere_the_refusal_names_the_provider(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> None:
    own = testing.settings(
        Settings, tokens, fresh_database(template=migrated), issuers=[PROVIDER], jwks_file=None
    )
    app = create_app(own.model_copy(update={"jwks_file": tokens.jwks}))
    app.state.directory = create_app(own).state.directory
    async with testing.serving(app) as http:
        people = People(Queue(app, http, tokens))
        body = {"name": "Ada", "role": "annotator"}
        invited = await http.post(f"{people.path}/invitations", json=body, headers=people.lead)
        opened = await people.exchange({"link": "#invite=x"})
        named = {"name": "Ada", "login": {"subject": "8c1f"}}
        added = await http.post(f"{people.path}/people", json=named, headers=people.lead)

        for answer in (invited, opened):
            assert answer.json()["type"] == "urn:problem:signs-in-elsewhere"
            assert "https://id.example.org" in answer.json()["detail"]
        assert added.status_code == 200
        assert (await people.entry())["pseudonym"] == added.json()["pseudonym"]


async def test_one_name_is_one_person_and_one_person_has_one_name(people: People) -> None:
    await people.invite("Ada")
    ada = {"name": "Ada", "login": {"subject": "8c1f", "issuer": testing.ISSUER}}
    taken = await people.http.post(f"{people.path}/people", json=ada, headers=people.lead)
    bob = {**ada, "name": "Bob"}
    await people.http.post(f"{people.path}/people", json=bob, headers=people.lead)
    renamed = await people.http.post(
        f"{people.path}/people", json={**bob, "name": "Rob"}, headers=people.lead
    )

    for answer in (taken, renamed):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:name-taken")


async def test_a_revocation_is_forgotten_when_its_token_has_expired(people: People) -> None:
    invitation = await people.invite()
    await people.exchange(invitation)
    await people.delete(f"/invitations/{invitation['id']}")
    [row] = await people.queue.sql("SELECT forget_at, revoked_at FROM revoked_tokens")

    assert row["forget_at"] - row["revoked_at"] < timedelta(days=31)


async def test_an_open_stream_ends_when_its_access_is_revoked(people: People) -> None:
    invitation = await people.invite()
    token = (await people.exchange(invitation)).json()["token"]
    began = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body"):
            began.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/v1/me/events",
        "raw_path": b"/v1/me/events",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }
    stream = asyncio.create_task(people.queue.app(scope, receive, send))
    async with asyncio.timeout(10):
        await began.wait()
        await people.delete(f"/invitations/{invitation['id']}")
        await people.read_revocations()
        await stream

    assert sent[0]["status"] == 200
    assert not sent[-1].get("more_body")


async def test_a_waiting_request_of_a_revoked_person_gets_no_lease(people: People) -> None:
    queue = people.queue
    await queue.deliver(spec())
    invitation = await people.invite()
    bearer = {"authorization": f"Bearer {(await people.exchange(invitation)).json()['token']}"}
    body = {"wait_seconds": 20}
    waiting = asyncio.create_task(people.http.post("/v1/leases", json=body, headers=bearer))
    await asyncio.sleep(0.2)

    await people.delete(f"/invitations/{invitation['id']}")
    await people.read_revocations()
    await queue.deliver(task())

    async with asyncio.timeout(10):
        assert (await waiting).status_code == 401
    assert await queue.sql("SELECT 1 FROM leases") == []
