"""A spec owner in a browser, on the real services: from an issue or a template to a version."""

import asyncio
import re
from typing import Any

import spec_stories as stories
from page_stack import Annotator, PageStack, until
from playwright.async_api import BrowserContext, Page, expect

SLOW = 30_000
expect.set_options(timeout=SLOW)

RULE = "A question about a fault is a *complaint*: `request` says what the writer suffers."


def newest(stack: PageStack, project: str) -> Any:
    """Return the newest version of a project's specification."""
    path = f"/v1/projects/{project}/specs"
    [head, *_] = stack.call("ingest", "GET", path)["specs"]
    return stack.call("ingest", "GET", f"{path}/{head['version']}")


async def publish(page: Page, version: int) -> None:
    await page.get_by_role("tab", name="Publish").click()
    await page.get_by_role("button", name=f"Publish version {version}").click()
    await expect(page.get_by_text(f"Version {version} is published")).to_be_visible()


async def test_an_issue_leads_to_a_revision_that_asks_its_items_again(
    page_stack: PageStack, context: BrowserContext
) -> None:
    issue = await asyncio.to_thread(stories.disputed_project, page_stack, "mails")
    page = await stories.open_room(context, page_stack, "mails", "issues")
    await page.get_by_role("link", name="“request” under version 1").click()
    await sees_the_evidence(page)

    await page.get_by_role("link", name="Revise R2", exact=True).click()
    rule = page.get_by_role("region", name="Rule R2").get_by_label("Text")
    await expect(rule).to_be_focused()
    await rule.fill(RULE)
    await sees_the_change(page)
    effects = page.get_by_role("region", name="What it does")
    await expect(effects).to_contain_text("every label of the newest version is allowed")
    await expect(effects).to_contain_text("Labels that cite what changes: R2 (12).")
    touched = page.get_by_role("radio", name="Those whose labels the new version does not allow")
    await expect(touched).to_have_accessible_name(re.compile("12 items, 24 annotations"))
    await page.get_by_role("radio", name="Those that are evidence").check()
    await publish(page, 2)

    published = newest(page_stack, "mails")
    assert (published["version"], published["resolves"]) == (2, [issue])
    assert published["relabel"] == "evidence"
    assert published["document"]["guidelines"][1]["text"] == RULE
    await asyncio.to_thread(until, lambda: asked_again(page_stack), 60)
    await page.get_by_role("link", name="Issues").click()
    await expect(page.get_by_text("resolved by version 2")).to_be_visible()


async def sees_the_evidence(page: Page) -> None:
    await expect(page.get_by_role("heading", name="People disagree on “request”")).to_be_visible()
    matrix = page.get_by_role("table", name="Answers to “request” by answers")
    await expect(matrix.get_by_role("row", name="Complaint the same 12")).to_be_visible()
    await expect(page.get_by_text("The rules do not say: 12")).to_be_visible()
    evidence = page.get_by_role("region", name="Evidence")
    await expect(evidence.get_by_text("Why does the lid of kettle").first).to_be_visible()
    await expect(evidence.get_by_text("mail-").first).to_be_visible()
    await expect(evidence.get_by_role("listitem").first).to_contain_text("Complaint by R1")


async def sees_the_change(page: Page) -> None:
    preview = page.get_by_role("region", name="Preview")
    guidelines = preview.get_by_role("article", name="Rule R2")
    await expect(guidelines).to_contain_text("A question about a fault is a complaint")
    await page.get_by_role("tab", name="Publish").click()
    await expect(page.get_by_role("checkbox", name="“request” under version 1")).to_be_checked()
    changes = page.get_by_role("list", name="Changes")
    await expect(changes.get_by_role("heading")).to_have_text(["changedRule R2"])
    await expect(changes.locator("ins").first).to_contain_text("about")


def asked_again(stack: PageStack) -> bool:
    """Return True if a new annotator is asked exactly the disputed items."""
    wanted = {"projects": ["mails"], "count": 20, "wait_seconds": 1}
    work = stories.call_as(stack, "zoe", "annotator", "POST", "/v1/leases", wanted)
    return {lease["payload"]["text"] for lease in work["leases"]} == set(stories.TEXTS[:12])


async def test_a_first_specification_is_made_from_a_template_without_json(
    page_stack: PageStack, context: BrowserContext
) -> None:
    stories.new_project(page_stack, "fresh")
    stories.import_texts(page_stack, "fresh", stories.TEXTS)
    page = await stories.open_room(context, page_stack, "fresh")
    await expect(page.get_by_text("to mend before")).to_have_count(0)

    await page.get_by_role("button", name="Sentiment").click()
    preview = page.get_by_role("region", name="Preview")
    await expect(preview.get_by_role("radio").first).to_be_visible()
    await expect(preview.get_by_text("Why does the lid of kettle 0")).to_be_visible()

    await page.get_by_role("button", name="Add a field").click()
    field = page.get_by_role("region", name="Field field")
    await field.get_by_label("Question").fill("Why do you think so?")
    field = page.get_by_role("region", name="Field Why do you think so?")
    await expect(field.get_by_label("Name in the data")).to_have_value("why_do_you_think_so")
    await field.get_by_label("Kind").select_option("text")
    await field.get_by_label("An answer is required").uncheck()
    await expect(preview.get_by_role("heading", name="Why do you think so?")).to_be_visible()
    await page.get_by_role("tab", name="Policy").click()
    await page.get_by_role("radio", name="Majority of three").check()

    await preview.get_by_role("radio").first.check()
    await preview.get_by_role("button", name="Submit").click()
    await expect(preview.get_by_text("This answer is valid")).to_be_visible()
    await publish(page, 1)

    document = newest(page_stack, "fresh")["document"]
    assert [one["name"] for one in document["fields"]][-1] == "why_do_you_think_so"
    assert document["policy"]["decide"]["how"] == "share"


async def test_who_annotates_while_a_spec_is_revised_goes_on_under_the_new_version(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("live", undo_seconds=0)
    ada = await Annotator.open(context, page_stack.link("ada", "live"))
    await ada.press("2")
    await expect(ada.page.get_by_role("radio", name="Negative")).to_be_checked()
    page = await stories.open_room(context, page_stack, "live")

    await page.get_by_role("tab", name="Rules").click()
    rule = page.get_by_role("region", name="Rule R4").get_by_label("Text")
    await rule.fill("Delivery ends at the door; `target` is service from there on.")
    await page.get_by_role("tab", name="Publish").click()
    await page.get_by_role("radio", name="All", exact=True).check()
    await publish(page, 2)

    await ada.page.bring_to_front()
    await expect(ada.page.get_by_text("live · version 2")).to_be_visible()
    await expect(ada.page.get_by_role("article", name="Rule R4")).to_contain_text(
        "ends at the door"
    )
    await expect(ada.page.get_by_role("radio", name="Negative")).to_be_checked()


async def test_a_faulty_document_shows_all_its_faults_at_their_fields(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("faulty")
    page = await stories.open_room(context, page_stack, "faulty")

    first = page.get_by_role("region", name="Field Sentiment")
    await first.get_by_role("button", name="Sentiment choice").click()
    await first.get_by_label("Name in the data").fill("Sentiment!")
    await page.get_by_role("tab", name="Rules").click()
    await page.get_by_role("region", name="Rule R2").get_by_label("Id").fill("second")
    await page.get_by_role("tab", name="Policy").click()
    await page.get_by_label("Redundancy", exact=True).fill("0")

    await expect(page.get_by_text("3 faults to mend")).to_be_visible()
    for tab in ("Fields", "Rules", "Policy"):
        await expect(page.get_by_role("tab", name=f"{tab} 1 fault")).to_be_visible()
    redundancy = page.get_by_label("Redundancy", exact=True)
    await expect(redundancy).to_have_attribute("aria-invalid", "true")
    await expect(redundancy).to_have_accessible_description(
        re.compile("“redundancy” must be at least 1.")
    )

    await page.get_by_text("3 faults to mend").click()
    await page.get_by_role("button", name="“id” must be R and a number").click()
    await expect(page.get_by_role("region", name="Rule second").get_by_label("Id")).to_be_focused()
    await page.get_by_role("tab", name="Fields").click()
    name = page.get_by_role("region", name="Field Sentiment").get_by_label("Name in the data")
    await expect(name).to_have_attribute("aria-invalid", "true")

    await page.get_by_role("tab", name="Publish").click()
    await expect(page.get_by_role("button", name="Publish version 2")).to_be_disabled()
    await expect(page.get_by_text("Mend the faults first.")).to_be_visible()


async def test_json_and_forms_stay_in_step_and_the_draft_survives_a_reload(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("steps")
    page = await stories.open_room(context, page_stack, "steps")
    await page.get_by_role("tab", name="JSON").click()
    text = page.get_by_label("The specification as JSON")
    json = await text.input_value()
    assert '"votes_floor"' not in json

    await text.fill(json.replace('"Sentiment"', '"Mood"'))
    await page.get_by_role("tab", name="Fields").click()
    field = page.get_by_role("region", name="Field Mood")
    await field.get_by_role("button", name="Mood choice").click()
    await field.get_by_label("Question").fill("Feeling")
    await page.get_by_role("tab", name="JSON").click()
    await expect(text).to_have_value(json.replace('"Sentiment"', '"Feeling"'))

    await text.fill(json.replace("[", "", 1))
    await expect(page.get_by_role("alert")).to_contain_text("This is not JSON yet: look at line")
    await page.reload()
    await expect(page.get_by_text("which is not published")).to_be_visible()
    await page.get_by_role("tab", name="JSON").click()
    await expect(text).to_have_value(json.replace("[", "", 1))
    await page.get_by_role("button", name="Discard it").click()
    await expect(text).to_have_value(json)


async def test_a_version_that_somebody_else_publishes_meanwhile_is_said_and_nothing_is_lost(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("both")
    page = await stories.open_room(context, page_stack, "both")
    await page.get_by_role("tab", name="Rules").click()
    await page.get_by_role("region", name="Rule R3").get_by_label("Text").fill("Mine.")

    theirs = newest(page_stack, "both")["document"]
    theirs["guidelines"][0]["text"] = "Theirs."
    page_stack.call("ingest", "POST", "/v1/projects/both/specs", json=theirs)
    await page.get_by_role("tab", name="Publish").click()
    await expect(page.get_by_text("Version 2 was published by somebody else")).to_be_visible()
    await page.get_by_role("button", name="Carry my changes over").click()
    changes = page.get_by_role("list", name="Changes")
    await expect(changes.get_by_role("heading")).to_have_text(["changedRule R3"])
    await publish(page, 3)

    texts = [rule["text"] for rule in newest(page_stack, "both")["document"]["guidelines"]]
    assert (texts[0], texts[2]) == ("Theirs.", "Mine.")
