"""Every state of the adjudicators' and reviewers' screens: accessible, and inside its window.

With LABELWRIGHT_SCREENSHOTS set to a folder the pictures are left there, to be looked at.
"""

import asyncio
import base64
import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from page_stack import FIELDS, GUIDELINES, PageStack
from playwright.async_api import Browser, expect
from test_page_looks import SIZES, SUGGESTION, faults, save
from test_settle import MIXED, POSITIVE, Crowd, Decider

TEXT = (
    "Fast, but loud. It boils a litre in two minutes, and the whole street hears it. "
    "Would I buy it again? If the neighbours move out."
)
ITEM = {"payload": {"text": TEXT}, "prelabels": [SUGGESTION]}
SPANS = {"name": "parts", "title": "Parts", "kind": "spans", "options": ["praise", "blame"]}
BOXES = {"name": "boxes", "title": "Boxes", "kind": "boxes", "options": ["pot", "lid"]}
State = Callable[[Decider], Awaitable[None]]


def mark(quote: str, label: str) -> dict[str, Any]:
    start = TEXT.index(quote)
    return {"start": start, "end": start + len(quote), "quote": quote, "label": label}


def image() -> str:
    """A grey picture as a data address."""
    width, height = 64, 40
    rows = b"".join(b"\0" + bytes(150 + (x + y) % 60 for x in range(width)) for y in range(height))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return "data:image/png;base64," + base64.b64encode(
        b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
    ).decode("ascii")


def prepare(stack: PageStack, project: str) -> None:
    """A project in which one conflict is decided and another one waits."""
    rows = [{**ITEM, "payload": {"text": f"{TEXT} Really."}}, ITEM]
    fields = [*FIELDS, {**SPANS, "required": False}]
    stack.project(project, rows, fields=fields, redundancy=2)
    crowd = Crowd(stack, project)
    crowd.skip("cyd", 2, reason="two_labels_fit", note="Irony?", labels=[POSITIVE, MIXED])
    praise, all_praise = mark("Fast", "praise"), mark("Fast, but loud", "praise")
    ada = {**POSITIVE, "parts": [praise, mark("the whole street hears it", "blame")]}
    crowd.annotate("ada", ada, 2, rules=["R1"])
    crowd.annotate("bob", {**MIXED, "parts": [all_praise]}, 2, rules=["R2"], note="Both at once.")
    crowd.until_waiting("adjudicate", 2)
    decision = {
        "label": MIXED,
        "rationale": "Praise and blame are about the same kettle, so R2 applies.",
        "cause": "slip",
        "rules": ["R2"],
    }
    crowd.adjudicate("eve", decision)


async def conflict(dee: Decider) -> None:
    """As it opens."""
    await expect(dee.page.get_by_role("region", name="Similar earlier decisions")).to_be_visible()


async def taken(dee: Decider) -> None:
    await dee.page.get_by_role("button", name="Take the answer of B", exact=True).click()
    await dee.page.get_by_role("radio", name="Somebody made a slip").check()
    await dee.page.get_by_role("textbox", name="Rationale").fill("Both are about the kettle.")


async def lacking(dee: Decider) -> None:
    await dee.page.get_by_role("textbox", name="Rationale").fill("")
    await dee.page.get_by_role("button", name="Decide", exact=True).click()
    await dee.sees("Please give the reason for your decision.")


async def marks(dee: Decider) -> None:
    await dee.page.get_by_role("heading", name="Parts").first.scroll_into_view_if_needed()


async def guidelines(dee: Decider) -> None:
    await dee.page.get_by_role("button", name="Rules", exact=True).click()


async def waiting(dee: Decider) -> None:
    await dee.page.get_by_role("button", name="Waiting").click()


async def keys(dee: Decider) -> None:
    await dee.page.get_by_role("button", name="Keys").click()


async def skip(dee: Decider) -> None:
    await dee.page.get_by_role("button", name="Skip").click()


async def decided(dee: Decider) -> None:
    await dee.page.get_by_role("textbox", name="Rationale").fill("Both are about the kettle.")
    await dee.page.get_by_role("button", name="Decide", exact=True).click()
    await dee.sees("There is nothing for you to do now")


STATES: tuple[State, ...] = (
    conflict,
    marks,
    taken,
    lacking,
    guidelines,
    waiting,
    keys,
    skip,
    decided,
)


@pytest.mark.parametrize(
    ("scheme", "size", "states"),
    [
        ("light", "1280", STATES),
        ("dark", "1280", STATES),
        ("light", "1920", (conflict, taken)),
        ("light", "zoomed", (conflict,)),
    ],
)
async def test_every_state_of_an_adjudication_is_accessible_and_fits_its_window(
    page_stack: PageStack, browser: Browser, scheme: Any, size: str, states: tuple[State, ...]
) -> None:
    project = f"settle-{scheme}-{size}"
    await asyncio.to_thread(prepare, page_stack, project)
    found = await look_at(page_stack, browser, (project, "adjudicator"), (scheme, size), states)
    assert found == {}


async def review(dee: Decider) -> None:
    """As it opens."""
    await dee.sees("It was drawn at random")


async def correction(dee: Decider) -> None:
    await dee.page.get_by_role("radio", name="Wrong: correct it").check()
    await dee.page.get_by_role("button", name="Decide", exact=True).click()
    await dee.sees("This is still the decided label")


async def reviewed(dee: Decider) -> None:
    await dee.page.get_by_role("radio", name="Right: confirm it").check()
    await dee.page.get_by_role("button", name="Decide", exact=True).click()
    await dee.sees("There is nothing for you to do now")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_of_a_review_is_accessible_and_fits_its_window(
    page_stack: PageStack, browser: Browser, scheme: Any
) -> None:
    project = f"review-{scheme}"
    policy = {"redundancy": 1, "review": {"rate": 1.0, "votes": "shown"}}
    page_stack.project(project, [ITEM], **policy)
    crowd = Crowd(page_stack, project)
    await asyncio.to_thread(crowd.annotate, "ada", POSITIVE, rules=["R1"])
    await asyncio.to_thread(crowd.until_waiting, "review", 1)
    states = (review, correction, reviewed)
    found = await look_at(page_stack, browser, (project, "reviewer"), (scheme, "1280"), states)
    assert found == {}


async def test_boxes_of_all_annotators_lie_over_the_image(
    page_stack: PageStack, browser: Browser
) -> None:
    project = "boxes-of-all"
    page_stack.project(
        project, [{"image": image()}], fields=[BOXES], guidelines=GUIDELINES[:1], redundancy=2
    )
    crowd = Crowd(page_stack, project)
    for name, x in (("ada", 0.1), ("bob", 0.2)):
        box = {"x": x, "y": 0.2, "width": 0.4, "height": 0.5, "label": "pot"}
        await asyncio.to_thread(crowd.annotate, name, {"boxes": [box]})

    async def boxes(dee: Decider) -> None:
        overlay = dee.page.get_by_role("region", name="Boxes: everyone")
        await expect(overlay.get_by_text("A: pot")).to_be_visible()
        await expect(overlay.get_by_text("B: pot")).to_be_visible()

    found = await look_at(page_stack, browser, (project, "adjudicator"), ("dark", "1280"), (boxes,))
    assert found == {}


async def look_at(
    stack: PageStack,
    browser: Browser,
    room: tuple[str, str],
    window: tuple[Any, str],
    states: tuple[State, ...],
) -> dict[str, list[str]]:
    """Return what is wrong with each state of a room that has a fault."""
    scheme, size = window
    context = await browser.new_context(color_scheme=scheme, reduced_motion="reduce", **SIZES[size])
    dee = await Decider.open(context, stack, *room)
    await dee.has_task()
    found: dict[str, list[str]] = {}
    for state in states:
        await state(dee)
        await save(dee.page, f"{state.__name__}-{size}-{scheme}")
        violations = await dee.page.evaluate("window.violations")
        found[state.__name__] = [*await faults(dee.page), *dee.errors, *violations]
        await dee.press("Escape")
    await context.close()
    return {name: problems for name, problems in found.items() if problems}
