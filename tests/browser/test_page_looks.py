"""Every state of the annotators' screen: accessible, inside its window, in light and in dark.

With LABELWRIGHT_SCREENSHOTS set to a folder the pictures are left there, to be looked at.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from page_stack import TEXTS, Annotator, PageStack
from playwright.async_api import Browser, Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = os.environ.get("LABELWRIGHT_SCREENSHOTS")
SIZES = {
    "1280": {"viewport": {"width": 1280, "height": 800}},
    "1920": {"viewport": {"width": 1920, "height": 1080}},
    # 1280 by 800 at 200 %.
    "zoomed": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
    "390": {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True},
}
SUGGESTION = {
    "model": "small-model@3",
    "value": {"sentiment": "mixed", "target": "product"},
    "score": 0.81,
}
State = Callable[[Annotator], Awaitable[None]]


async def task(ada: Annotator) -> None:
    """As it opens."""


async def error(ada: Annotator) -> None:
    await ada.press("1")
    await ada.page.get_by_role("button", name="Submit").click()
    await ada.sees("Please answer")


async def guidelines(ada: Annotator) -> None:
    await ada.page.get_by_role("button", name="Guidelines").click()
    await ada.page.get_by_role("button", name="Cite").first.click()


async def skip(ada: Annotator) -> None:
    await ada.page.get_by_role("button", name="Skip").click()
    await ada.page.get_by_role("radio", name="Two answers fit").check()


async def keys(ada: Annotator) -> None:
    await ada.page.get_by_role("button", name="Keys").click()


async def answers(ada: Annotator) -> None:
    await ada.page.get_by_role("radio", name="Positive").check()
    await ada.page.get_by_role("radio", name="product").check()
    await ada.page.get_by_role("button", name="Submit").click()
    await ada.sees("1 answered")
    await ada.page.get_by_role("button", name="My answers").click()
    await ada.page.get_by_role("button", name="Change").wait_for()


async def offline(ada: Annotator) -> None:
    await ada.context.set_offline(True)
    await ada.page.get_by_role("radio", name="Positive").check()
    await ada.page.get_by_role("radio", name="product").check()
    await ada.page.get_by_role("button", name="Submit").click()
    await ada.sees("The server does not answer")


async def signed_out(ada: Annotator) -> None:
    await ada.page.get_by_role("button", name="Sign out").click()
    await ada.sees("You need a personal link")


STATES: tuple[State, ...] = (task, error, guidelines, skip, keys, answers, offline, signed_out)
LOOKS: list[tuple[str, str, tuple[State, ...]]] = [
    ("light", "1280", STATES),
    ("dark", "1280", STATES),
    ("light", "390", STATES),
    ("dark", "390", (task, skip)),
    ("light", "zoomed", (task, skip)),
    ("light", "1920", (task,)),
]


@pytest.mark.parametrize(("scheme", "size", "states"), LOOKS)
async def test_every_state_is_accessible_and_fits_its_window(
    page_stack: PageStack, browser: Browser, scheme: Any, size: str, states: tuple[State, ...]
) -> None:
    project = f"reviews-{scheme}-{size}"
    items = [{"payload": {"text": text}, "prelabels": [SUGGESTION]} for text in TEXTS]
    page_stack.project(project, items, undo_seconds=60)
    context = await browser.new_context(color_scheme=scheme, reduced_motion="reduce", **SIZES[size])
    ada = await Annotator.open(context, page_stack.link("Ada", project))
    found: dict[str, list[str]] = {}

    for state in states:
        await state(ada)
        await save(ada.page, f"{state.__name__}-{size}-{scheme}")
        found[state.__name__] = [*await faults(ada.page), *ada.errors, *await ada.violations()]
        await ada.press("Escape")

    await context.close()
    assert {name: problems for name, problems in found.items() if problems} == {}


async def faults(page: Page) -> list[str]:
    """Return the violations that axe finds, and a line if the page is wider than its window."""
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run({resultTypes: ['violations']})")
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    problems = [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    return [*problems, *(["it is wider than its window"] if wide else [])]


async def save(page: Page, name: str) -> None:
    if SCREENSHOTS:
        await page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")
