"""Every place of the spec owner's room: accessible, inside its window, in light and in dark.

With LABELWRIGHT_SCREENSHOTS set to a folder the pictures are left there, to be looked at.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import spec_stories as stories
from page_stack import PageStack
from playwright.async_api import Browser, Page, expect
from test_page_looks import SIZES, faults, save

PROJECT = "looks"
State = Callable[[Page], Awaitable[None]]
TEXT = "A question about a fault is a *complaint*: it says what the writer suffers."


async def spec_fields(page: Page) -> None:
    await page.get_by_role("region", name="Preview").get_by_role("radio").first.wait_for()


async def spec_rules(page: Page) -> None:
    await page.get_by_role("tab", name="Rules").click()
    rule = page.get_by_role("region", name="Rule R2")
    await rule.get_by_label("Text").fill(TEXT)
    await rule.get_by_role("button", name="Add an example").click()
    await rule.get_by_role("textbox", name="example 1").fill("“Why does it stick?” is a complaint.")
    await rule.get_by_role("checkbox", name="What is it?").check()


async def spec_policy(page: Page) -> None:
    await page.get_by_role("tab", name="Policy").click()
    await page.get_by_role("radio", name="Majority of three").check()


async def spec_faults(page: Page) -> None:
    redundancy = page.get_by_label("Redundancy", exact=True)
    await redundancy.fill("0")
    await page.get_by_text("1 fault to mend").click()
    await redundancy.scroll_into_view_if_needed()


async def spec_json(page: Page) -> None:
    await page.get_by_label("Redundancy", exact=True).fill("2")
    await expect(page.get_by_text("1 fault to mend")).to_have_count(0)
    await page.get_by_role("tab", name="JSON").click()


async def spec_publish(page: Page) -> None:
    await page.get_by_role("tab", name="Publish").click()
    await expect(page.get_by_role("button", name="Publish version 2")).to_be_enabled()
    await page.get_by_role("region", name="What it does").wait_for()


async def spec_issues(page: Page) -> None:
    await page.get_by_role("link", name="Issues").click()
    await page.get_by_role("heading", name="Agreement as measured").wait_for()


async def spec_issue(page: Page) -> None:
    await page.get_by_role("link", name="“request” under version 1").click()
    evidence = page.get_by_role("region", name="Evidence")
    await expect(evidence.get_by_text("Decided:")).to_have_count(10)
    await expect(evidence.get_by_text("Why does the lid of kettle")).to_have_count(10)


STATES: tuple[State, ...] = (
    spec_fields,
    spec_rules,
    spec_policy,
    spec_faults,
    spec_json,
    spec_publish,
    spec_issues,
    spec_issue,
)


@pytest.fixture(scope="module")
def project(page_stack: PageStack) -> str:
    stories.disputed_project(page_stack, PROJECT)
    return PROJECT


@pytest.mark.parametrize("size", ["1280", "1920", "zoomed"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_place_is_accessible_and_fits_its_window(
    page_stack: PageStack, project: str, browser: Browser, scheme: Any, size: str
) -> None:
    context = await browser.new_context(color_scheme=scheme, reduced_motion="reduce", **SIZES[size])
    page = await stories.open_room(context, page_stack, project)
    found: dict[str, list[str]] = {}

    for state in STATES:
        await state(page)
        await save(page, f"{state.__name__.replace('_', '-')}-{size}-{scheme}")
        found[state.__name__] = await faults(page)

    await context.close()
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_templates_are_accessible(
    page_stack: PageStack, browser: Browser, scheme: Any
) -> None:
    name = f"templates-{scheme}"
    await asyncio.to_thread(stories.new_project, page_stack, name)
    context = await browser.new_context(color_scheme=scheme, **SIZES["1280"])
    page = await stories.open_room(context, page_stack, name)
    await page.get_by_role("button", name="Sentiment").wait_for()
    await save(page, f"spec-templates-1280-{scheme}")

    found = await faults(page)

    await context.close()
    assert found == []
