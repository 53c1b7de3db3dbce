"""A person corrects an answer after its undo time, and chooses keys, on the real services."""

import asyncio
import re

from page_stack import Annotator, PageStack, until
from playwright.async_api import BrowserContext, expect

from schemas.vocabulary import item_id


async def test_an_answer_is_corrected_from_the_history_after_the_undo_time(
    page_stack: PageStack, context: BrowserContext
) -> None:
    texts = ["The first item.", "The second item."]
    page_stack.project("corrected", [{"text": text} for text in texts], redundancy=2)
    ada = await Annotator.open(context, page_stack.link("ada", "corrected"))
    first = await ada.item()
    async with ada.page.expect_response(re.compile("/annotation$")) as given:
        await ada.press("1", "1", "Enter")
    assert (await (await given.value).json())["held_until"] is None

    await ada.press("h")
    await ada.page.get_by_role("button", name="Correct", exact=True).click()
    await ada.sees("You are correcting a stored answer")
    assert await ada.item() == first
    await expect(ada.page.get_by_role("radio", name="Positive")).to_be_checked()
    async with ada.page.expect_response(re.compile("/correction$")) as corrected:
        await ada.press("2", "Enter")

    assert (await corrected.value).status == 201
    await ada.sees("1 answered")
    number = texts.index(next(text for text in texts if text in first))
    path = f"/v1/labels/{item_id('corrected', f'r{number}', '')}/lineage"

    def has_both() -> bool:
        [task] = page_stack.call("dataset-store", "GET", path)["tasks"]
        labels = [one["label"]["sentiment"] for one in task["annotations"]]
        return sorted(labels) == ["negative", "positive"]

    await asyncio.to_thread(until, has_both, 30)


async def test_a_person_chooses_keys_and_finds_them_after_a_reload(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("keys")
    ada = await Annotator.open(context, page_stack.link("key-chooser", "keys"))
    change = ada.page.get_by_role("button", name="Change the key: Skip the task, with a reason")

    await ada.press("?")
    await change.click()
    await ada.press("h")
    await ada.sees("h is taken: Show my last answers")
    async with ada.page.expect_response(re.compile("/preferences$")) as kept:
        await ada.press("x")
    assert (await kept.value).status == 204
    await ada.press("Escape", "x")
    await ada.sees("Why do you skip this task?")

    await ada.page.reload()
    await ada.has_task()
    skip_key = ada.page.get_by_role("button", name="Skip", exact=True).locator("kbd")
    await expect(skip_key).to_have_text("x", ignore_case=True, timeout=30_000)
    await ada.press("x")
    await ada.sees("Why do you skip this task?")
    await ada.press("Escape", "?")
    await ada.page.get_by_role("button", name="Reset all keys").click()
    await ada.press("Escape")
    await expect(skip_key).to_have_text("s", ignore_case=True, timeout=30_000)
    assert ada.errors == await ada.violations() == []
