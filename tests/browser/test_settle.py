"""Adjudicators and reviewers decide in a browser, on the real services: from link to lineage."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from page_stack import LISTEN, PageStack, until
from playwright.async_api import BrowserContext, Page, expect

from labelwright_client import tokens
from schemas.vocabulary import item_id

WAIT_MS = 30_000
POSITIVE = {"sentiment": "positive", "target": "product"}
MIXED = {"sentiment": "mixed", "target": "product"}
KETTLES = [{"text": "Fast, but loud."}, {"text": "Loud, but fast."}]


class Crowd:
    """The annotators of a project, who use the queue without a page."""

    def __init__(self, stack: PageStack, project: str) -> None:
        self._stack, self._project = stack, project

    def _call(
        self, name: str, method: str, path: str, body: Any = None, role: str = "annotator"
    ) -> Any:
        token = self.token(name, role)
        headers = {"authorization": f"Bearer {token}"}
        url = self._stack.url("queue") + path
        answer = self._stack.http.request(method, url, headers=headers, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def token(self, name: str, role: str) -> str:
        return tokens.sign(
            self._stack.home, name=name, roles=[role], projects=[self._project], hours=24
        )

    def adjudicate(self, name: str, decision: Any) -> None:
        """Decide a conflict."""
        [lease] = self._leases(name, 1, "adjudicator")
        path = f"/v1/leases/{lease['lease_id']}/adjudication"
        self._call(name, "PUT", path, decision, "adjudicator")

    def _leases(self, name: str, count: int, role: str = "annotator") -> list[dict[str, Any]]:
        request = {"count": count, "wait_seconds": 20}
        leases: list[dict[str, Any]] = []
        while len(leases) < count:
            leases += self._call(name, "POST", "/v1/leases", request, role)["leases"]
        return leases

    def annotate(self, name: str, label: Any, count: int = 1, **more: Any) -> None:
        """Annotate `count` items alike."""
        for lease in self._leases(name, count):
            path = f"/v1/leases/{lease['lease_id']}/annotation"
            self._call(name, "PUT", path, {"label": label, **more})

    def skip(self, name: str, count: int = 1, **body: Any) -> None:
        for lease in self._leases(name, count):
            self._call(name, "POST", f"/v1/leases/{lease['lease_id']}/skip", body)

    def disagree(self, count: int = 1) -> None:
        self.annotate("ada", POSITIVE, count, rules=["R1"])
        self.annotate("bob", MIXED, count, rules=["R2"], note="Praise and blame of one thing.")

    def until_waiting(self, stage: str, count: int) -> None:
        """Wait until `count` tasks of a stage can be leased."""

        def ready() -> int:
            rows = self._stack.call("queue", "GET", "/v1/queues")
            mine = [row for row in rows if row["project"] == self._project]
            return sum(row["ready"] for row in mine if row["stage"] == stage)

        until(lambda: ready() == count, 30)


def conflicts(
    stack: PageStack, project: str, items: Sequence[Any] = KETTLES, **policy: Any
) -> Crowd:
    """A project with a conflict about each of its items."""
    stack.project(project, items, redundancy=2, **policy)
    crowd = Crowd(stack, project)
    crowd.disagree(len(items))
    crowd.until_waiting("adjudicate", len(items))
    return crowd


class Decider:
    """An adjudicator or a reviewer at the page, with the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @classmethod
    async def open(
        cls, context: BrowserContext, stack: PageStack, project: str, role: str = "adjudicator"
    ) -> "Decider":
        decider = cls(await context.new_page())
        decider.page.set_default_timeout(WAIT_MS)
        await decider.page.add_init_script(LISTEN)
        token = Crowd(stack, project).token("dee", role)
        await decider.page.goto(f"{stack.url('queue')}/#token={token}")
        return decider

    async def has_task(self) -> None:
        await self.page.get_by_role("button", name="Decide", exact=True).wait_for()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def sees(self, words: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(words).first).to_be_visible(timeout=WAIT_MS)

    async def item(self) -> str:
        return await self.page.get_by_role("region", name="Item").inner_text()

    def radio(self, name: str) -> Any:
        return self.page.get_by_role("radio", name=name, exact=True)

    async def is_in_field(self, name: str) -> None:
        """Wait until the focus is in a field."""
        focused = self.page.locator(f"[data-field='{name}'] :focus")
        await expect(focused).to_have_count(1, timeout=WAIT_MS)

    async def say_why(self, rationale: str) -> None:
        """Give a cause, the first rule and a rationale, with keys alone."""
        await self.is_in_field("$cause")
        await self.press("1")
        await self.is_in_field("$rules")
        await self.press("1")
        await expect(self.page.get_by_role("checkbox", name="R1 ·")).to_be_checked()
        await self.page.get_by_role("textbox", name="Rationale").focus()
        await self.page.keyboard.type(rationale)


def lineage(stack: PageStack, project: str, external_id: str) -> Any:
    path = f"/v1/labels/{item_id(project, external_id, '')}/lineage"
    [task] = stack.call("dataset-store", "GET", path)["tasks"]
    return task


async def test_an_adjudicator_decides_with_keys_alone_and_the_lineage_says_why(
    page_stack: PageStack, context: BrowserContext
) -> None:
    await asyncio.to_thread(conflicts, page_stack, "settled")
    dee = await Decider.open(context, page_stack, "settled")
    await dee.sees("sentiment: 1 of 2 agree, all must.")
    await dee.sees("2 conflicts wait")
    table = dee.page.get_by_role("region", name="Answers side by side")
    differing = table.get_by_role("row").filter(has_text="differs")
    await expect(differing).to_have_count(1)
    await expect(differing).to_contain_text("Sentiment")
    await expect(table).to_contain_text("Praise and blame of one thing.")

    mixed = "A" if "Mixed" in await differing.get_by_role("cell").first.inner_text() else "B"
    await dee.press(f"Shift+{mixed}")  # That field alone.
    await expect(dee.radio("Mixed: both are there")).to_be_checked()
    await expect(dee.radio("product")).not_to_be_checked()
    await dee.press(mixed.lower())
    await expect(dee.radio("product")).to_be_checked()
    await expect(dee.page.get_by_role("checkbox", name="R2 ·")).to_be_checked()
    await dee.is_in_field("$cause")
    await dee.press("1")
    await dee.is_in_field("$rationale")
    await dee.page.keyboard.type("Both halves are about the kettle.")
    await dee.press("Control+Enter")

    await dee.sees("1 decided")
    await dee.sees("1 conflict waits")
    await asyncio.to_thread(page_stack.until_decided, "settled", 1)
    similar = dee.page.get_by_role("region", name="Similar earlier decisions")
    await expect(similar).to_contain_text("about the kettle.", timeout=WAIT_MS)
    await expect(similar).to_contain_text("Somebody made a slip · cites R2")
    assert_adjudicated(page_stack, "settled", "Both halves are about the kettle.")
    assert dee.errors == await dee.page.evaluate("window.violations") == []


def assert_adjudicated(stack: PageStack, project: str, rationale: str) -> None:
    """Check that the lineage of the first item says what its adjudicator decided, and why."""
    task = lineage(stack, project, "r0")
    [adjudication], [decision] = task["adjudications"], task["decisions"]
    assert adjudication["rationale"] == rationale
    assert (adjudication["cause"], adjudication["rules"]) == ("slip", ["R2"])
    assert (decision["how"], decision["label"]) == ("adjudicated", MIXED)


async def test_a_decision_that_lacks_something_is_not_sent_and_the_page_leads_there(
    page_stack: PageStack, context: BrowserContext
) -> None:
    await asyncio.to_thread(conflicts, page_stack, "incomplete", KETTLES[:1])
    dee = await Decider.open(context, page_stack, "incomplete")
    await dee.has_task()
    sent: list[str] = []
    dee.page.on("request", lambda one: sent.append(one.url) if one.method == "PUT" else None)

    await dee.press("Enter")
    await dee.sees("Please answer “Sentiment”.")
    await dee.is_in_field("sentiment")
    await dee.press("a")
    await dee.is_in_field("$cause")
    await dee.press("Enter")
    await dee.sees("Please say why they disagreed.")
    await dee.page.get_by_role("radio", name="Somebody made a slip").check()
    await (
        dee.page.get_by_role("checkbox", name=re.compile("^R[12] ·"))
        .and_(dee.page.locator(":checked"))
        .uncheck()
    )
    await dee.page.get_by_role("button", name="Decide", exact=True).click()
    await dee.sees("Please cite the rule that decides.")
    await dee.is_in_field("$rules")
    await dee.page.get_by_role("radio", name="The guidelines do not settle it").check()
    await dee.page.get_by_role("button", name="Decide", exact=True).click()
    await dee.sees("Please give the reason for your decision.")
    await dee.is_in_field("$rationale")

    assert not [url for url in sent if url.endswith("/adjudication")]
    await dee.page.keyboard.type("No rule is about noise.")
    await dee.press("Control+Enter")
    await asyncio.to_thread(page_stack.until_decided, "incomplete", 1)


async def test_a_lease_that_is_lost_is_told_and_the_decision_comes_back(
    page_stack: PageStack, context: BrowserContext
) -> None:
    crowd = await asyncio.to_thread(conflicts, page_stack, "given-back", KETTLES[:1])
    dee = await Decider.open(context, page_stack, "given-back")
    await dee.has_task()
    await dee.press("a")
    await dee.is_in_field("$cause")
    await dee.press("4")
    await dee.page.get_by_role("textbox", name="Rationale").fill("Half a thought")

    headers = {"authorization": f"Bearer {crowd.token('dee', 'adjudicator')}"}
    queue = page_stack.url("queue")
    [held] = page_stack.http.get(f"{queue}/v1/leases", headers=headers).json()["leases"]
    path = f"{queue}/v1/leases/{held['lease_id']}"
    assert page_stack.http.delete(path, headers=headers).status_code == 204
    await dee.page.get_by_role("button", name="Decide", exact=True).click()

    await dee.sees("This task was given back, so this answer was not taken.")
    await dee.has_task()
    await expect(dee.page.get_by_role("textbox", name="Rationale")).to_have_value("Half a thought")
    await expect(dee.page.get_by_role("radio", name="Both views are legitimate")).to_be_checked()
    await dee.page.get_by_role("button", name="Decide", exact=True).click()
    await asyncio.to_thread(page_stack.until_decided, "given-back", 1)


async def test_a_decision_without_a_network_waits_and_is_sent_once_it_is_back(
    page_stack: PageStack, context: BrowserContext
) -> None:
    await asyncio.to_thread(conflicts, page_stack, "unplugged")
    dee = await Decider.open(context, page_stack, "unplugged")
    await dee.sees("2 conflicts wait")
    first = await dee.item()
    await context.set_offline(True)
    await dee.press("a")
    await dee.is_in_field("$cause")
    await dee.press("4")
    await dee.page.get_by_role("textbox", name="Rationale").fill("Said in a tunnel.")
    await dee.press("Control+Enter")
    await dee.sees("1 answer waits in this browser")
    await expect(dee.page.get_by_role("region", name="Item")).not_to_have_text(first)

    await context.set_offline(False)

    await asyncio.to_thread(page_stack.until_decided, "unplugged", 1, WAIT_MS / 1000)


async def test_where_the_policy_hides_answers_they_are_shown_after_the_decision(
    page_stack: PageStack, context: BrowserContext
) -> None:
    blind = {"adjudication": {"votes": "hidden"}}
    await asyncio.to_thread(conflicts, page_stack, "blind", KETTLES, **blind)
    dee = await Decider.open(context, page_stack, "blind")
    await dee.sees("answers until you have decided.")
    assert "Praise and blame" not in await dee.page.content()
    await dee.press("4", "1")
    await dee.say_why("My own view.")
    await dee.press("Control+Enter")
    await dee.sees("1 decided")
    await asyncio.to_thread(page_stack.until_decided, "blind", 1)

    await dee.page.get_by_role("button", name="Decided").click()
    await dee.page.get_by_text("How others answered").click()

    await dee.sees(re.compile("Sentiment: Positive"))
    await dee.sees(re.compile("Sentiment: Mixed"))


async def test_marks_of_all_annotators_lie_over_the_item_and_can_be_put_away(
    page_stack: PageStack, context: BrowserContext
) -> None:
    names = {"name": "names", "title": "Names", "kind": "spans", "options": ["person", "town"]}
    items = [{"text": "Ada met Bob in Rome."}]
    page_stack.project("marks-of-all", items, fields=[names], redundancy=2)
    crowd = Crowd(page_stack, "marks-of-all")
    ada = {"start": 0, "end": 3, "quote": "Ada", "label": "person"}
    rome = {"start": 15, "end": 19, "quote": "Rome", "label": "town"}
    await asyncio.to_thread(crowd.annotate, "ada", {"names": [ada]})
    await asyncio.to_thread(
        crowd.annotate, "bob", {"names": [{**ada, "end": 7, "quote": "Ada met"}, rome]}
    )
    dee = await Decider.open(context, page_stack, "marks-of-all")
    marks = dee.page.get_by_role("region", name=re.compile("Names: everyone"))
    both = marks.locator("[data-tag]")
    await expect(both).to_have_count(2)

    await marks.get_by_role("button", name="A", exact=True).click()
    await marks.get_by_role("button", name="B", exact=True).click()
    await expect(both).to_have_count(0)
    await marks.get_by_role("button", name="B", exact=True).click()

    tags = await both.evaluate_all("(all) => all.map((one) => one.dataset.tag)")
    assert tags in (["B: person"], ["B: person", "B: town"])


async def test_a_reviewer_confirms_one_label_and_corrects_the_next_with_a_reason(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("reviewed", KETTLES, redundancy=1, review={"rate": 1.0})
    crowd = Crowd(page_stack, "reviewed")
    await asyncio.to_thread(crowd.annotate, "ada", POSITIVE, 2)
    await asyncio.to_thread(crowd.until_waiting, "review", 2)
    dee = await Decider.open(context, page_stack, "reviewed", "reviewer")
    await dee.sees("It was drawn at random from the decided labels")
    first = await dee.item()

    await dee.press("1", "Enter")
    await dee.sees("1 decided")
    await expect(dee.page.get_by_role("region", name="Item")).not_to_have_text(first)
    await dee.press("2", "Enter")
    await dee.sees("This is still the decided label: change an answer, or confirm it.")
    await dee.radio("Mixed: both are there").check()
    await dee.page.get_by_role("textbox", name="Reason").fill("R2: both are about the kettle.")
    await dee.press("Control+Enter")
    await dee.sees("2 decided")
    await dee.sees("There is nothing for you to do now")

    corrected = "r1" if KETTLES[0]["text"] in first else "r0"
    found: list[Any] = []

    def has_superseded() -> bool:
        found[:] = lineage(page_stack, "reviewed", corrected)["decisions"]
        return len(found) == 2

    await asyncio.to_thread(until, has_superseded, 30)
    assert [one["label"] for one in found] == [POSITIVE, MIXED]
    assert (found[1]["how"], found[1]["why"]) == ("review", "R2: both are about the kettle.")


async def test_without_conflicts_the_page_says_so_and_shows_the_next_by_itself(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("calm", KETTLES[:1], redundancy=2)
    dee = await Decider.open(context, page_stack, "calm")
    await dee.sees("Every label of this project is decided.")
    await dee.sees("tasks with a free slot wait at the stages adjudicate")

    await asyncio.to_thread(Crowd(page_stack, "calm").disagree)

    await dee.has_task()
    await dee.press("w")
    await expect(dee.page.get_by_role("dialog")).to_contain_text("in your hands")


async def test_somebody_who_knows_the_item_is_told_why_its_conflict_waits(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("known", KETTLES[:1], redundancy=2)
    crowd = Crowd(page_stack, "known")
    await asyncio.to_thread(crowd.annotate, "dee", POSITIVE)
    await asyncio.to_thread(crowd.annotate, "bob", MIXED)
    await asyncio.to_thread(crowd.until_waiting, "adjudicate", 1)

    dee = await Decider.open(context, page_stack, "known")

    await dee.sees("1 conflict waits.")
    await dee.sees("somebody else has to decide them")
