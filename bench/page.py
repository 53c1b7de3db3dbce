"""Measures the labeling page in Chromium: from loading to the first task, and from keys to paint.

A figure ends when the frame is painted that shows the effect of the key: the first animation frame
after the change of the document, and the message after it. The CPU time is that of the page's main
thread, by Chromium's own clock of threads. Chromium shares the processors with the servers.
"""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    async_playwright,
    expect,
)

sys.path.insert(0, str(Path(__file__).parent))
from stack import Stack, percentile, report, running_stack

from labelwright_client import tokens

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
LOADS, CHOICES, MARKS = 7, 60, 20
FIRST_TASK_MS, FIRST_LOAD_KB, KEY_MS, LARGE_KEY_MS = 1000, 120, 50, 100
POLICY = {"redundancy": 1, "honeypots": {"first_rate": 0.0, "rate": 0.0}, "blind_share": 0.0}
MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
NAMES = {"name": "names", "kind": "spans", "options": ["name"], "text_field": "text"}
TOPICS = {"name": "topic", "kind": "choice", "options": [f"topic {n:04}" for n in range(1000)]}
ITEM = "[aria-label=Item]"
TIMEOUT_MS = 60_000

# Records in `painted` the milliseconds from each key to the paint of its effect. The effect of
# Enter is another item; that of other keys is any change of the document.
CLOCK = """
window.painted = [];
let waiting = [];
window.paints = (count) => new Promise((resolve) => {
  waiting.push({ count, resolve });
  tell();
});
const tell = () => {
  waiting.filter(({ count }) => painted.length >= count).forEach(({ resolve }) => resolve());
  waiting = waiting.filter(({ count }) => painted.length < count);
};
const loaded = new Promise((resolve) => { window.onFirstTask = resolve; });
window.firstTask = () => loaded;
const item = () => document.querySelector("[aria-label=Item]")?.textContent;
const afterPaint = (action) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = action;
  channel.port2.postMessage(0);
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.shiftKey) return;
  const before = item();
  let changed = false;
  const observer = new MutationObserver(() => { changed = true; });
  const parts = { subtree: true, childList: true, characterData: true, attributes: true };
  observer.observe(document.body, parts);
  const look = () => {
    if (event.key === "Enter" ? item() !== before : changed) {
      observer.disconnect();
      window.painted.push(performance.now() - event.timeStamp);
      tell();
    } else if (performance.now() - event.timeStamp < 10000) afterPaint(look);
  };
  afterPaint(look);
}, true);
const first = () => {
  const buttons = [...document.querySelectorAll("button")];
  const hasTask = buttons.some((button) => button.textContent.includes("Submit"));
  if (hasTask) onFirstTask(performance.now());
  else afterPaint(first);
};
addEventListener("DOMContentLoaded", () => afterPaint(first));
"""
LOADED_BYTES = """
performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .filter((entry) => /\\/$|\\.(js|css|html)$/.test(new URL(entry.name).pathname))
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)
"""


class AnnotatorPage:
    """The page of an annotator, who uses the keyboard."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        """Take an open page; `session` reads its CPU time."""
        self.page, self._session = page, session

    async def press(self, *keys: str) -> list[float]:
        """Press keys one after the other; return the milliseconds from each to its paint."""
        before = await self.page.evaluate("painted.length")
        for count, key in enumerate(keys, start=before + 1):
            await self.page.keyboard.press(key)
            async with asyncio.timeout(TIMEOUT_MS / 1000):
                await self.page.evaluate("count => paints(count)", count)
        found: list[float] = await self.page.evaluate("n => painted.slice(n)", before)
        return found

    async def cpu_ms(self) -> float:
        """Return the CPU milliseconds of the main thread so far."""
        metrics = (await self._session.send("Performance.getMetrics"))["metrics"]
        return 1000 * float({one["name"]: one["value"] for one in metrics}["TaskDuration"])

    async def timed(self, *keys: str) -> dict[str, float]:
        """Press keys; return the figures of the time from a key to its paint."""
        before = await self.cpu_ms()
        durations = await self.press(*keys)
        return {
            **key_figures(durations),
            "cpu_ms_per_key": (await self.cpu_ms() - before) / len(keys),
        }


def key_figures(durations: Sequence[float]) -> dict[str, float]:
    """Return the figures of the times from keys to paint."""
    return {
        "keys": len(durations),
        "key_to_paint_ms_p50": percentile(durations, 0.5),
        "key_to_paint_ms_p95": percentile(durations, 0.95),
    }


def create_project(stack: Stack, name: str, field: Any, rows: Sequence[Any]) -> None:  # noqa: ANN401
    """Create a project with one field, and import its items."""
    headers = stack.bearer("bench", "admin", "pipeline", "spec_owner")
    with httpx.Client(base_url=stack.url("ingest"), headers=headers, timeout=120) as http:
        http.post("/v1/projects", json={"name": name, "title": name}).raise_for_status()
        spec = {"task_type": "bench", "fields": [field], "guidelines": [], "policy": POLICY}
        http.post(f"/v1/projects/{name}/specs", json=spec).raise_for_status()
        verdict = http.post(f"/v1/projects/{name}/items", json=rows).raise_for_status().json()
    if verdict["rejected"] or verdict.get("warnings"):
        raise RuntimeError(f"not all items were accepted: {verdict}")


@asynccontextmanager
async def opened(browser: Browser, stack: Stack, project: str) -> AsyncIterator[AnnotatorPage]:
    """Open the page with an empty cache, and wait until the first task is painted."""
    token = tokens.sign(stack.home, name="ada", roles=["annotator"], projects=[project])
    context: BrowserContext = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(TIMEOUT_MS)
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    await session.send("Performance.enable")
    await page.add_init_script(CLOCK)
    await page.goto(f"{stack.url('queue')}/#token={token}")
    await page.evaluate("firstTask()")
    yield AnnotatorPage(page, session)
    await context.close()


async def measure_loading(browser: Browser, stack: Stack) -> None:
    """Print the time from navigation to the first task, and the size of what is loaded."""
    durations, sizes, cpu = [], [], []
    for _ in range(LOADS):
        async with opened(browser, stack, "choices") as annotator:
            durations.append(await annotator.page.evaluate("firstTask()"))
            sizes.append(await annotator.page.evaluate(LOADED_BYTES))
            cpu.append(await annotator.cpu_ms())
    figures = {
        "loads": LOADS,
        "first_task_ms_p50": percentile(durations, 0.5),
        "first_task_ms_max": max(durations),
        "first_task_ms_target_max": FIRST_TASK_MS,
        "cpu_ms_main_thread_p50": percentile(cpu, 0.5),
        "first_load_kb_gz": max(sizes) / 1000,
        "first_load_kb_gz_target_max": FIRST_LOAD_KB,
    }
    report("page: first task painted after loading", with_load(figures))


async def measure_choices(browser: Browser, stack: Stack) -> None:
    """Print the time from Enter to the next task, at one choice a second, and the lost choices."""
    pressed: dict[str, str] = {}
    durations: list[float] = []
    async with opened(browser, stack, "choices") as annotator:
        before = await annotator.cpu_ms()
        for number in range(CHOICES):
            due = time.monotonic() + 60 / CHOICES
            item = await annotator.page.locator(ITEM).inner_text()
            pressed[item.split("Item ")[1].split(".")[0]] = ("good", "bad")[number % 2]
            await annotator.press(str(1 + number % 2))
            durations += await annotator.press("Enter")
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        cpu = await annotator.cpu_ms() - before
        await expect(annotator.page.get_by_text("to be sent")).to_have_count(0)
    figures = {
        **key_figures(durations),
        "key_to_paint_ms_p95_target_max": KEY_MS,
        "cpu_ms_per_choice": cpu / CHOICES,
        "lost_or_wrong_choices": len(pressed.items() - (await stored_choices(stack)).items()),
    }
    report("page: from Enter to the next task, 60 choices a minute", with_load(figures))


async def stored_choices(stack: Stack) -> dict[str, str]:
    """Return the label of each annotated item of the project `choices`, by external id."""
    connection = await asyncpg.connect(stack.database("queue"))
    rows = await connection.fetch(
        "SELECT external_id, body->'label'->>'mood' AS mood FROM answers JOIN work USING (work_id)"
        " WHERE project = 'choices'"
    )
    await connection.close()
    return {row["external_id"]: row["mood"] for row in rows}


async def measure_options(browser: Browser, stack: Stack) -> None:
    """Print the time from keys to paint in the search of a thousand options."""
    async with opened(browser, stack, "options") as annotator:
        await annotator.page.get_by_role("combobox").focus()
        keys = [*"topic 07", *["ArrowDown"] * 12, *["Backspace"] * 6, *["ArrowDown"] * 12]
        figures = {**await annotator.timed(*keys), "key_to_paint_ms_p95_target_max": KEY_MS}
    report("page: taxonomy of 1,000 options", with_load(figures))


async def measure_spans(
    browser: Browser, stack: Stack, project: str, title: str, key_ms: int
) -> None:
    """Print the time from keys to paint in a text whose suggested spans are taken over."""
    async with opened(browser, stack, project) as annotator:
        loaded = await annotator.page.evaluate("firstTask()")
        [taken] = await annotator.press("p")
        await annotator.page.locator("[contenteditable]").focus()
        durations: list[float] = []
        before = await annotator.cpu_ms()
        for _ in range(MARKS):
            await annotator.page.keyboard.press("Control+Home")
            await annotator.page.keyboard.press("Control+Shift+ArrowRight")
            durations += await annotator.press("1", "Delete")
        cpu = await annotator.cpu_ms() - before
        figures = {**key_figures(durations), "cpu_ms_per_key": cpu / len(durations)}
    figures |= {"key_to_paint_ms_p95_target_max": key_ms, "suggestion_ms": taken}
    report(f"page: {title}", with_load({**figures, "first_task_ms": loaded}))


def text_item(characters: int, spans: int) -> dict[str, Any]:
    """Return an item with a text of words, some of which a model suggests as spans."""
    word = "seven7 "
    text = (word * (characters // len(word) + 1))[:characters]
    step = characters // len(word) // spans * len(word)
    marks = [
        {"start": n * step, "end": n * step + 6, "quote": "seven7", "label": "name"}
        for n in range(1, spans)
    ]
    prelabel = {"model": "bench", "value": {"names": marks}, "score": 0.9}
    return {"external_id": "text", "payload": {"text": text}, "prelabels": [prelabel]}


def with_load(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures with the load of the machine."""
    return {**figures, "load_average": round(os.getloadavg()[0], 2), "cores": os.cpu_count() or 1}


TEXTS = {
    "text of 20,000 characters with 300 spans": ("short-text", 20_000, 300, KEY_MS),
    "text of 1 MB with 1,000 spans, the most that a field allows": (
        *("long-text", 1_000_000, 1000),
        LARGE_KEY_MS,
    ),
}


async def measure(stack: Stack, executable: str) -> None:
    """Measure all rows in one browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        await measure_loading(browser, stack)
        await measure_choices(browser, stack)
        await measure_options(browser, stack)
        for title, (project, _, _, key_ms) in TEXTS.items():
            await measure_spans(browser, stack, project, title, key_ms)
        await browser.close()


def main() -> None:
    """Create the projects, and measure."""
    found = [path for name in CHROMIUM if (path := shutil.which(name)) is not None]
    if not found:
        sys.exit("No Chromium was found: install it (Debian: the package chromium).")
    with running_stack() as stack:
        rows = [
            {"external_id": str(n), "payload": {"text": f"Item {n}. It is a short text."}}
            for n in range(CHOICES + 20)
        ]
        create_project(stack, "choices", MOOD, rows)
        create_project(stack, "options", TOPICS, rows[:5])
        for project, characters, spans, _ in TEXTS.values():
            create_project(stack, project, NAMES, [text_item(characters, spans)])
        asyncio.run(measure(stack, found[0]))


if __name__ == "__main__":
    main()
