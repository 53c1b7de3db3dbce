"""A page of another origin can call a service from a real browser only if the settings allow it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chassis import testing

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SPEC = {
    "task_type": "mood",
    "fields": [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}],
    "guidelines": [{"id": "R1", "text": "Say how it sounds."}],
}
CALL = """
async ({url, method, headers, body}) => {
    try {
        const answer = await fetch(url, {method, headers, body: body && JSON.stringify(body)});
        const text = await answer.text();
        return {
            status: answer.status,
            headers: Object.fromEntries(answer.headers),
            body: text ? JSON.parse(text) : null,
        };
    } catch (error) {
        return {error: error.name};
    }
}
"""


class Page:
    """A page that was opened from one origin and calls a service at another."""

    def __init__(self, page: Any, service: str, token: str) -> None:
        self.page, self.service, self.token = page, service, token

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        own = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        request = {
            "url": self.service + path,
            "method": method,
            "headers": {**own, **headers},
            "body": body,
        }
        return await self.page.evaluate(CALL, request)


@pytest.fixture
def origin(request: pytest.FixtureRequest, pages: Any) -> str:
    return str(getattr(pages, request.param))


@pytest.fixture
async def page(
    browser: Any, origin: str, ingest_url: str, tokens: testing.Tokens
) -> AsyncIterator[Page]:
    opened = await browser.new_page()
    await opened.goto(origin)
    yield Page(opened, ingest_url, tokens.sign("olga", "spec_owner"))
    await opened.close()


@pytest.mark.parametrize("origin", ["allowed"], indirect=True)
async def test_a_page_of_an_allowed_origin_reads_answers_problems_and_headers(page: Page) -> None:
    made = await page.call("POST", "/v1/projects", {"name": "calls", "title": "Calls"})
    assert made["status"] == 201, made
    published = await page.call("POST", "/v1/projects/calls/specs", SPEC, traceparent=TRACE)
    assert published["status"] == 201, published
    assert published["headers"]["traceparent"] == TRACE

    spec = await page.call("GET", "/v1/projects/calls/specs/1")
    assert (spec["status"], spec["body"]["version"]) == (200, 1)
    assert spec["headers"]["etag"].startswith('"')

    conflict = await page.call("POST", "/v1/projects", {"name": "calls", "title": "Others"})
    assert (conflict["status"], conflict["body"]["type"]) == (409, "urn:problem:project-exists")
    assert conflict["headers"]["content-type"] == "application/problem+json"
    assert conflict["body"]["trace_id"] in conflict["headers"]["traceparent"]


@pytest.mark.parametrize("origin", ["allowed"], indirect=True)
async def test_a_page_whose_token_is_not_good_learns_so(page: Page) -> None:
    refused = await page.call("GET", "/v1/projects", authorization="Bearer no.token.here")

    assert (refused["status"], refused["body"]["type"]) == (401, "urn:problem:unauthenticated")


@pytest.mark.parametrize("origin", ["not_allowed"], indirect=True)
async def test_the_browser_keeps_answers_from_a_page_that_is_not_allowed(
    page: Page, tokens: testing.Tokens
) -> None:
    read = await page.call("GET", "/v1/projects")
    write = await page.call("POST", "/v1/projects", {"name": "stolen", "title": "Stolen"})

    assert (read, write) == ({"error": "TypeError"}, {"error": "TypeError"})
    async with httpx.AsyncClient(base_url=page.service) as http:
        listed = await http.get("/v1/projects", headers=tokens.bearer("olga", "spec_owner"))
    assert "stolen" not in listed.text
