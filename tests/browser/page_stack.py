"""The labeling page on a running stack, as an annotator in a browser meets it."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import BrowserContext, Page

from labelwright_client import tokens
from labelwright_local.testing import RunningStack

FIELDS: list[dict[str, Any]] = [
    {
        "name": "sentiment",
        "title": "Sentiment",
        "kind": "choice",
        "help": "Judge what the writer thinks, not what you think. See R1.",
        "options": [
            {"value": "positive", "title": "Positive"},
            {"value": "negative", "title": "Negative"},
            {"value": "mixed", "title": "Mixed: both are there"},
            {"value": "none", "title": "No opinion"},
        ],
    },
    {
        "name": "target",
        "title": "What is it about?",
        "kind": "choice",
        "options": ["product", "delivery", "service"],
        "other": True,
    },
]
GUIDELINES = [
    {
        "id": "R1",
        "text": "Judge the **sentiment of the writer** towards what the review is about.\n\n"
        "- Praise of a competitor is not praise of the product.\n"
        "- A star rating in the text counts as much as the words.",
        "examples": ["“Best kettle I ever had.” is positive."],
        "counter_examples": ["“The old one was better.” is not positive."],
    },
    {
        "id": "R2",
        "text": "A review is *mixed* only if praise and blame are about the same `target`.",
        "examples": ["“Fast, but loud.” is mixed."],
        "counter_examples": ["“Great phone, the courier was late.” is positive."],
    },
    {"id": "R3", "text": "If there is irony, judge what is **meant**."},
    {"id": "R4", "text": "Delivery is everything between the order and the door."},
]
TEXTS = (
    "The kettle boils in under two minutes and looks lovely on the counter. After three weeks the"
    " lid started to stick, though, and support only told me to read the manual.",
    "Arrived broken. Twice.",
    "I have owned many headphones, and I can say without hesitation that these are among them.",
    "Delivery was quick: the driver carried it up four flights. No opinion of the desk yet.",
    "Does what it should.",
)
POLICY = {"redundancy": 1, "honeypots": {"first_rate": 0.0, "rate": 0.0}, "blind_share": 0.0}
# What a browser reports of the content policy, kept where a test can read it.
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""


class PageStack:
    """A stack, and what tests say to it."""

    def __init__(self, home: Path, stack: RunningStack) -> None:
        self.home, self.stack = home, stack
        self.http = httpx.Client(timeout=60)

    def url(self, service: str) -> str:
        return str(self.stack.ready["services"][service]["url"])

    def call(self, service: str, method: str, path: str, **more: Any) -> Any:
        token = tokens.sign(self.home, name="boss", roles=["admin", "spec_owner", "pipeline"])
        headers = {"authorization": f"Bearer {token}"}
        answer = self.http.request(method, self.url(service) + path, headers=headers, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def project(self, name: str, items: Sequence[Any] = (), **policy: Any) -> None:
        """A project of product reviews with these payloads, or with five ordinary ones."""
        self.call("ingest", "POST", "/v1/projects", json={"name": name, "title": name})
        self.publish(name, **policy)
        payloads = items or [{"text": text} for text in TEXTS]
        rows = [
            {"external_id": f"r{number}", **(one if "payload" in one else {"payload": one})}
            for number, one in enumerate(payloads)
        ]
        self.call("ingest", "POST", f"/v1/projects/{name}/items", json=rows)

    def publish(
        self, project: str, *, fields: Any = FIELDS, guidelines: Any = GUIDELINES, **policy: Any
    ) -> None:
        document = {
            "task_type": "review",
            "fields": fields,
            "guidelines": guidelines,
            "policy": {**POLICY, **policy},
            "relabel": "all",
        }
        self.call("ingest", "POST", f"/v1/projects/{project}/specs", json=document)

    def link(self, name: str, project: str, hours: float = 24) -> str:
        """The link that signs an annotator in."""
        signed = tokens.sign(
            self.home, name=name, roles=["annotator"], projects=[project], hours=hours
        )
        return f"{self.url('queue')}/#token={signed}"

    def decided(self, project: str) -> int:
        """Return the number of decided labels of a project."""
        summary = self.call("dataset-store", "GET", f"/v1/projects/{project}/labels/summary")
        return sum(summary["decided"].values())

    def until_decided(self, project: str, count: int, seconds: float = 20) -> None:
        until(lambda: self.decided(project) == count, seconds)

    def until_refused(self, urls: Sequence[str], headers: dict[str, str]) -> None:
        """Wait until every address answers 401."""
        for url in urls:
            until(lambda url=url: self.http.get(url, headers=headers).status_code == 401, 30)  # type: ignore[misc]


def until(condition: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"not within {seconds} s"
        time.sleep(0.1)


class Annotator:
    """An annotator at the page, with the keyboard."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context, self.page = context, page
        self.errors: list[str] = []
        self.leases: list[dict[str, Any]] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @classmethod
    async def open(cls, context: BrowserContext, link: str) -> "Annotator":
        """Open the link and wait for the first task."""
        annotator = cls(context, await context.new_page())
        await annotator.page.add_init_script(LISTEN)
        await annotator.page.goto(link)
        await annotator.has_task()
        return annotator

    async def has_task(self) -> None:
        await self.page.get_by_role("button", name="Submit").wait_for()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def item(self) -> str:
        return await self.page.get_by_role("region", name="Item").inner_text()

    async def sees(self, words: str) -> None:
        await self.page.get_by_text(words).first.wait_for(timeout=15_000)

    async def violations(self) -> list[str]:
        found: list[str] = await self.page.evaluate("window.violations")
        return found
