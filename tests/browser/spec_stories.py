"""Set up the stories of a spec owner: people who disagree, and the owner at the page."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from page_stack import PageStack, until
from playwright.async_api import BrowserContext, Page

from labelwright_client import tokens

FIELD = {
    "name": "request",
    "title": "What is it?",
    "kind": "choice",
    "options": [
        {"value": "complaint", "title": "Complaint"},
        {"value": "question", "title": "Question"},
        {"value": "praise", "title": "Praise"},
    ],
}
RULES = [
    {"id": "R1", "text": "A *complaint* says that something is wrong."},
    {"id": "R2", "text": "A *question* asks for something."},
]
POLICY = {
    "redundancy": 2,
    "redundancy_max": 2,
    "agreement": {"items_min": 5, "floor": 0.7},
    "honeypots": {"first_rate": 0.0, "rate": 0.0},
    "blind_share": 0.0,
}
TEXTS = [
    *(f"Why does the lid of kettle {number} stick after three weeks?" for number in range(12)),
    *(f"Thank you, kettle {number} is lovely." for number in range(4)),
]
"""The first are both a question and a complaint."""


def disputed_project(stack: PageStack, name: str) -> str:
    """Make a project whose people disagree until an issue is open; return the issue's id."""
    new_project(stack, name)
    document = {"task_type": "message", "fields": [FIELD], "guidelines": RULES, "policy": POLICY}
    stack.call("ingest", "POST", f"/v1/projects/{name}/specs", json=document)
    import_texts(stack, name, TEXTS)
    with ThreadPoolExecutor(2) as people:
        answers = [("ada", "question"), ("bob", "complaint")]
        list(people.map(lambda one: annotate(stack, name, *one), answers))
    adjudicate(stack, name, len(TEXTS) - 4)
    path = f"/v1/projects/{name}/spec-issues"
    until(lambda: bool(stack.call("quality", "GET", path)["issues"]), 60)
    [issue] = stack.call("quality", "GET", path)["issues"]
    return str(issue["issue_id"])


def new_project(stack: PageStack, name: str) -> None:
    stack.call("ingest", "POST", "/v1/projects", json={"name": name, "title": name})


def import_texts(stack: PageStack, project: str, texts: list[str]) -> None:
    rows = [
        {"external_id": f"mail-{number}", "payload": {"text": text}}
        for number, text in enumerate(texts)
    ]
    stack.call("ingest", "POST", f"/v1/projects/{project}/items", json=rows)


def annotate(stack: PageStack, project: str, name: str, doubtful: str) -> None:
    """Answer every task: `doubtful` where both answers fit."""

    def answer(lease: dict[str, Any]) -> None:
        is_praise = lease["payload"]["text"].startswith("Thank")
        label = {"request": "praise" if is_praise else doubtful}
        body = {"label": label, "rules": ["R1"] if doubtful == "complaint" else []}
        call_as(stack, name, "annotator", "PUT", f"/v1/leases/{lease['lease_id']}/annotation", body)

    work(stack, project, name, "annotator", len(TEXTS), answer)


def adjudicate(stack: PageStack, project: str, count: int) -> None:
    """Decide all conflicts: each as a question, since no rule says which goes first."""

    def decide(lease: dict[str, Any]) -> None:
        body = {
            "label": {"request": "question"},
            "rationale": "A question about a fault is both: no rule says which of the two counts.",
            "cause": "spec_gap",
            "rules": ["R2"],
        }
        path = f"/v1/leases/{lease['lease_id']}/adjudication"
        call_as(stack, "eve", "adjudicator", "PUT", path, body)

    work(stack, project, "eve", "adjudicator", count, decide)


def work(stack: PageStack, project: str, name: str, role: str, count: int, answer: Any) -> None:
    done = 0
    while done < count:
        wanted = {"projects": [project], "count": 5, "wait_seconds": 10}
        found = call_as(stack, name, role, "POST", "/v1/leases", wanted)["leases"]
        for lease in found:
            answer(lease)
        done += len(found)


def call_as(stack: PageStack, name: str, role: str, method: str, path: str, body: Any) -> Any:
    signed = tokens.sign(stack.home, name=name, roles=[role])
    headers = {"authorization": f"Bearer {signed}"}
    answer = stack.http.request(method, stack.url("queue") + path, headers=headers, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def owner_link(stack: PageStack, project: str, name: str = "Olga") -> str:
    """The link that signs a spec owner in."""
    signed = tokens.sign(stack.home, name=name, roles=["spec_owner"], projects=[project])
    return f"{stack.url('queue')}/#token={signed}"


async def open_room(
    context: BrowserContext, stack: PageStack, project: str, rest: str = ""
) -> Page:
    """Open the spec owner's room at a place in it."""
    page = await context.new_page()
    await page.goto(owner_link(stack, project))
    await page.get_by_role("navigation", name="Rooms").wait_for()
    await page.evaluate(f"location.hash = '#/spec/{project}/{rest}'")
    await page.get_by_role("navigation", name="Specification").wait_for()
    return page
