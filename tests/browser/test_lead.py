"""A lead sets up a project in the page; three colleagues label; the lead watches it fill.

The clicks and the seconds are printed. With LABELWRIGHT_SCREENSHOTS set to a folder the pictures
of all views are left there, to be looked at.
"""

import asyncio
import csv
import io
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from page_stack import TEXTS, Annotator, PageStack
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect
from test_page_looks import faults, save

from labelwright_client import tokens

ROWS = 500
PEOPLE = ("Ada", "Grace", "Katherine")
ANSWERS = 3
"""The number of tasks that each of them labels."""
CLICKS_MAX = 12
PATIENCE = 30_000
EXPECT_MS = 5_000
"""The default of Playwright."""
STATES = ("Labeled", "In review", "In conflict", "To be labeled")
VIEWS = ("Overview", "People", "Annotators", "Agreement", "Models", "Datasets")


def spreadsheet() -> bytes:
    """Return messages as Excel saves them: a byte order mark, semicolons, quoted line breaks."""
    text = io.StringIO()
    table = csv.writer(text, delimiter=";", lineterminator="\r\n")
    table.writerow(["Ticket ID", "Message", "Channel"])
    for number in range(ROWS):
        message = f"{TEXTS[number % len(TEXTS)]}\nMessage {number}; \N{SLIGHTLY SMILING FACE}"
        table.writerow([f"T-{number:04}", message, ("mail", "chat")[number % 2]])
    return text.getvalue().encode("utf-8-sig")


class Lead:
    """A lead at the page, whose clicks are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    @classmethod
    async def open(cls, stack: PageStack, context: BrowserContext, path: str = "") -> "Lead":
        signed = tokens.sign(stack.home, name="Lea", roles=["spec_owner", "admin"])
        lead = cls(await context.new_page())
        await lead.page.goto(f"{stack.url('queue')}/#token={signed}")
        await expect(lead.page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
        if path:
            await lead.page.goto(f"{stack.url('queue')}/#/lead/{path}")
        return lead

    async def click(self, target: Locator) -> None:
        self.clicks += 1
        await target.click()

    async def button(self, name: str) -> None:
        await self.click(self.page.get_by_role("button", name=name))

    async def choose_file(self, name: str, content: bytes) -> None:
        async with self.page.expect_file_chooser() as chooser:
            await self.click(self.page.get_by_text("Choose a file, drop it here"))
        file: Any = {"name": name, "mimeType": "text/csv", "buffer": content}
        await (await chooser.value).set_files(file)

    async def sees(self, words: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(words).first).to_be_visible()

    async def figure(self, state: str) -> int:
        """Return the number of items in a state, as the overview shows it."""
        name = self.page.get_by_role("term").filter(has_text=re.compile(f"^{state}$"))
        shown = name.locator("xpath=following-sibling::dd")
        return int((await shown.inner_text()).split()[0])


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Wait as long as a busy machine needs."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=EXPECT_MS)


@pytest.fixture
async def colleagues(browser: Browser) -> AsyncIterator[list[BrowserContext]]:
    """A browser for each colleague."""
    made = [await browser.new_context() for _ in PEOPLE]
    yield made
    for context in made:
        await context.close()


async def test_a_spreadsheet_is_labeled_by_three_colleagues_after_twelve_clicks_at_most(
    page_stack: PageStack, context: BrowserContext, colleagues: list[BrowserContext]
) -> None:
    page_stack.project("another")
    lead = await Lead.open(page_stack, context)
    began = time.monotonic()

    await set_up(lead)
    links = await invite(lead)
    work = [label(browser, link) for browser, link in zip(colleagues, links, strict=True)]
    await asyncio.gather(*work)

    seconds = time.monotonic() - began
    sys.stdout.write(f"\nUntil three colleagues label: {lead.clicks} clicks, {seconds:.0f} s.\n")
    assert lead.clicks <= CLICKS_MAX
    await lead.click(lead.page.get_by_role("link", name="Watch it fill"))
    chart = lead.page.get_by_role("img", name=f"{len(PEOPLE) * ANSWERS} annotations")
    await expect(chart).to_be_visible()
    await lead.sees(re.compile("annotations to go"))
    assert sum([await lead.figure(state) for state in STATES]) == ROWS
    await save(lead.page, "lead-filling-1280-light")
    await lead.click(lead.page.get_by_role("link", name="People", exact=True))
    for name in PEOPLE:
        row = lead.page.get_by_role("region", name="People, table").get_by_role("row", name=name)
        await expect(row.get_by_role("cell").nth(2)).to_have_text(str(ANSWERS))


async def set_up(lead: Lead) -> None:
    """Make a project of the spreadsheet with a template, and correct what one column becomes."""
    await lead.button("New project")
    await lead.choose_file("Support messages.csv", spreadsheet())
    await lead.button("Create and read the file")
    await lead.sees("separated by semicolons")
    lead.clicks += 2  # One opens the list of choices, one chooses.
    await lead.page.get_by_label("What Channel becomes").select_option("Kept, not shown")
    await lead.click(lead.page.get_by_role("radio", name="Sentiment of a text"))
    await save(lead.page, "lead-file-1280-light")
    await lead.button(f"Start labeling {ROWS} rows")
    await lead.sees(f"{ROWS} new items")


async def invite(lead: Lead) -> list[str]:
    """Type the names of the colleagues; return their links."""
    await lead.page.keyboard.type("\n".join(PEOPLE))
    await lead.button("Make 3 links")
    links = [
        await lead.page.get_by_label(f"Link of {name}").input_value(timeout=PATIENCE)
        for name in PEOPLE
    ]
    await save(lead.page, "lead-links-1280-light")
    await lead.button("Copy all, with names")
    return links


async def label(browser: BrowserContext, link: str) -> None:
    """Open a link and label some tasks by the keyboard: all are positive."""
    colleague = await Annotator.open(browser, link)
    for count in range(1, ANSWERS + 1):
        await colleague.press("p", "Enter")
        await colleague.sees(f"{count} answered")


FIELD = {"name": "mood", "kind": "choice", "options": ["calm", "angry"]}
PRELABEL = {"model": "mood-tagger@3", "value": {"mood": "calm"}, "score": 0.8}


class Crowd:
    """The people of a project, who work without a page."""

    def __init__(self, stack: PageStack, project: str) -> None:
        self.stack, self.project = stack, project

    def work(self, name: str, role: str, path: str, body: Any, count: int) -> None:
        """Submit the same `body` for `count` tasks."""
        signed = tokens.sign(self.stack.home, name=name, roles=[role], projects=[self.project])
        headers = {"authorization": f"Bearer {signed}"}
        url = self.stack.url("queue")
        for _ in range(count):
            leases: list[dict[str, Any]] = []
            while not leases:
                request = {"wait_seconds": 20}
                found = self.stack.http.post(f"{url}/v1/leases", headers=headers, json=request)
                leases = found.raise_for_status().json()["leases"]
            address = f"{url}/v1/leases/{leases[0]['lease_id']}/{path}"
            self.stack.http.put(address, headers=headers, json=body).raise_for_status()

    def annotate(self, name: str, mood: str, count: int) -> None:
        self.work(name, "annotator", "annotation", {"label": {"mood": mood}}, count)

    def adjudicate(self, count: int) -> None:
        body = {"label": {"mood": "calm"}, "rationale": "It is quiet.", "cause": "slip"}
        self.work("judy", "adjudicator", "adjudication", body, count)


@pytest.fixture(scope="module")
def watched(page_stack: PageStack) -> str:
    """A project with labels, conflicts, an adjudication, suggestions, and two dataset versions."""
    project = "watched"
    items = [{"payload": {"text": text}, "prelabels": [PRELABEL]} for text in TEXTS]
    page_stack.project(project, items, fields=[FIELD], redundancy=2, blind_share=0.5)
    crowd = Crowd(page_stack, project)
    crowd.annotate("ada", "calm", 5)
    crowd.annotate("bob", "calm", 2)
    page_stack.until_decided(project, 2)
    publish = f"/v1/datasets/{project}/versions"
    page_stack.call("dataset-store", "POST", publish, json={"project": project})
    crowd.annotate("bob", "angry", 2)
    crowd.adjudicate(1)
    page_stack.until_decided(project, 3)
    page_stack.call("dataset-store", "POST", publish, json={"project": project})
    return project


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 1920)])
async def test_every_view_of_a_lead_is_accessible_and_fits_its_window(
    page_stack: PageStack, browser: Browser, watched: str, scheme: Any, width: int
) -> None:
    context = await browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    lead = await Lead.open(page_stack, context, watched)
    found: dict[str, list[str]] = {}
    for view in VIEWS:
        await lead.click(lead.page.get_by_role("link", name=view, exact=True))
        await expect(lead.page.get_by_text(re.compile("^(Reading|Opening) "))).to_have_count(0)
        await save(lead.page, f"lead-{view.lower()}-{width}-{scheme}")
        found[view] = await faults(lead.page)
    await context.close()
    assert {name: problems for name, problems in found.items() if problems} == {}


async def test_dialogs_forms_and_failures_of_a_lead_are_accessible(
    page_stack: PageStack, context: BrowserContext, watched: str
) -> None:
    lead = await Lead.open(page_stack, context)
    await lead.page.get_by_role("button", name="New project").click()
    await lead.choose_file("Support messages.csv", spreadsheet())
    assert await faults(lead.page) == []
    await lead.page.keyboard.press("Escape")
    await lead.page.get_by_role("heading", name="Projects", exact=True).click()
    await lead.page.keyboard.press("?")
    await expect(lead.page.get_by_role("dialog", name="Help")).to_be_visible()
    assert await faults(lead.page) == []

    await context.route("**/v1/queues", lambda route: route.abort())
    lead = await Lead.open(page_stack, context, watched)
    await expect(lead.page.get_by_role("alert")).to_contain_text("could not read the queues")
    assert await faults(lead.page) == []
    await save(lead.page, "lead-failure-1280-light")
    await context.unroute("**/v1/queues")
    await lead.button("Try again")
    await expect(lead.page.get_by_role("alert")).to_have_count(0)


async def test_conflicts_without_an_adjudicator_are_pointed_out_until_one_is_invited(
    page_stack: PageStack, context: BrowserContext, watched: str
) -> None:
    lead = await Lead.open(page_stack, context, watched)
    await lead.sees("1 item waits for an adjudicator")
    await lead.sees("Nobody was invited as adjudicator")

    await lead.click(lead.page.get_by_role("link", name="Invite somebody as adjudicator"))
    await expect(lead.page.get_by_label("Role")).to_have_value("adjudicator")
    await lead.page.get_by_label("Names").fill("Judy")
    await lead.button("Make a link")
    await lead.sees("Send each person their link")

    await lead.page.keyboard.press("Escape")
    await lead.click(lead.page.get_by_role("link", name="Overview", exact=True))
    await lead.sees("Judy can decide them")


async def test_an_annotator_is_suspended_with_a_reason_and_restored(
    page_stack: PageStack, context: BrowserContext, watched: str
) -> None:
    lead = await Lead.open(page_stack, context, f"{watched}/annotators")
    bob = tokens.pseudonym(page_stack.home, "bob")[:8]
    row = lead.page.get_by_role("row", name=bob)

    for action, reason in (("Suspend", "Answers within a second."), ("Restore", "We talked.")):
        await row.get_by_role("button", name="Change").click()
        dialog = lead.page.get_by_role("dialog")
        await dialog.get_by_role("radio", name=re.compile(f"^{action}")).check()
        await expect(dialog.get_by_role("button", name=f"{action} {bob}")).to_be_disabled()
        await dialog.get_by_label("Reason").fill(reason)
        assert await faults(lead.page) == []
        await dialog.get_by_role("button", name=f"{action} {bob}").click()
        await expect(row).to_contain_text(reason)


async def test_a_pause_stops_new_work_and_ends_it_again(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("paused")
    lead = await Lead.open(page_stack, context, "paused")

    await lead.button("Pause")
    await expect(lead.page.get_by_text("paused", exact=True)).to_have_count(2)
    annotator = await context.new_page()
    await annotator.goto(page_stack.link("ada", "paused"))
    await expect(annotator.get_by_text(re.compile("the project is paused"))).to_be_visible()

    await lead.button("Resume")
    await expect(annotator.get_by_role("button", name="Submit")).to_be_visible()


async def test_a_version_shows_what_changed_and_a_label_where_it_comes_from(
    page_stack: PageStack, context: BrowserContext, watched: str
) -> None:
    lead = await Lead.open(page_stack, context, f"{watched}/datasets")
    await lead.click(lead.page.get_by_role("link", name="Version 2"))
    differences = lead.page.get_by_role("region", name="Differences, table")
    await expect(differences.get_by_role("row")).to_have_count(2)
    await expect(differences).to_contain_text("mood: calm")
    await expect(lead.page.get_by_text("1 added")).to_be_visible()
    async with lead.page.expect_download() as started:
        await lead.button("Download records.jsonl")
    content = (await (await started.value).path()).read_text("utf-8")
    assert len(content.splitlines()) == 3
    assert await faults(lead.page) == []

    await differences.get_by_role("link").click()
    await lead.page.get_by_text("In words").click()
    words = lead.page.get_by_role("listitem")
    heads = [line.split(":")[0] for line in await words.all_inner_texts()]
    people = {tokens.pseudonym(page_stack.home, name)[:8] for name in ("ada", "bob")}
    assert set(heads[2:4]) == people
    assert heads[:2] + heads[4:] == [
        "Item",
        "Task, version 1",
        "Conflict",
        "Adjudication",
        "Decision",
        "Version 2",
    ]
    await save(lead.page, "lead-lineage-1280-light")
    assert await faults(lead.page) == []


async def test_heads_sort_a_table_and_say_so(
    page_stack: PageStack, context: BrowserContext, watched: str
) -> None:
    lead = await Lead.open(page_stack, context, f"{watched}/annotators")
    table = lead.page.get_by_role("region", name="Annotators, table")
    for direction, counts in (("ascending", ["4", "5"]), ("descending", ["5", "4"])):
        await table.get_by_role("button", name="Annotated").click()
        head = table.get_by_role("columnheader", name="Annotated")
        await expect(head).to_have_attribute("aria-sort", direction)
        cells = (
            table.get_by_role("row").filter(has=lead.page.locator("td")).locator("td:nth-child(2)")
        )
        await expect(cells).to_have_text(counts)
