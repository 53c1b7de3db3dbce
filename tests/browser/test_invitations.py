"""People open invitations in a browser: to the first task, a second time, and until access ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from page_stack import Annotator, PageStack
from playwright.async_api import Browser, BrowserContext, expect

SECONDS = 30_000
LABELWRIGHT = Path(sys.executable).with_name("labelwright")


def labelwright(page_stack: PageStack, *words: str) -> Any:
    """Run a command against the stack; return its JSON."""
    environment = {**os.environ, "LABELWRIGHT_HOME": str(page_stack.home)}
    done = subprocess.run(
        [LABELWRIGHT, *words, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def invite(page_stack: PageStack, project: str, name: str = "Ada", *more: str) -> Any:
    return labelwright(page_stack, "people", "invite", project, name, *more)


async def test_a_link_opens_the_first_task_and_leaves_the_address_bar(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("invited")
    link = invite(page_stack, "invited")["link"]

    ada = await Annotator.open(context, link)

    secret = link.partition("#invite=")[2]
    assert ada.page.url.endswith("#/annotate/invited")
    await ada.press("2", "1", "Enter")
    await ada.sees("1 answered")
    await ada.page.reload()
    await ada.has_task()
    for _ in range(2):
        await ada.page.go_back()
        assert secret not in ada.page.url
    assert ada.errors == []

    [row] = labelwright(page_stack, "people", "list", "invited")
    assert (row["name"], row["roles"], row["done"]) == ("Ada", ["annotator"], 1)


async def test_a_link_that_was_used_says_so_and_what_to_do(
    page_stack: PageStack, context: BrowserContext, browser: Browser
) -> None:
    page_stack.project("twice")
    link = invite(page_stack, "twice")["link"]
    await Annotator.open(context, link)

    other = await browser.new_context()
    page = await other.new_page()
    await page.goto(link)
    await expect(page.get_by_role("heading", name="This link was already used")).to_be_visible(
        timeout=SECONDS
    )
    await expect(page.get_by_role("status")).to_contain_text("Ask the lead of your project")
    assert "invite" not in page.url

    fresh = invite(page_stack, "twice")["link"]
    await page.get_by_label("paste the link").fill(fresh)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Submit").wait_for(timeout=SECONDS)
    await other.close()


async def test_whoever_is_revoked_while_the_page_is_open_is_signed_out_and_told_why(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("revoked")
    ada = await Annotator.open(context, invite(page_stack, "revoked")["link"])

    labelwright(page_stack, "people", "revoke", "revoked", "Ada")

    ended = ada.page.get_by_text("The lead of your project has ended your access.")
    await expect(ended).to_be_visible(timeout=SECONDS)
    token = await ada.page.evaluate("sessionStorage.getItem('labelwright.token')")
    assert token is None
    [row] = labelwright(page_stack, "people", "list", "revoked")
    assert row["revoked_at"] is not None


async def test_a_link_opens_also_in_a_tab_that_shows_the_page_already(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("first")
    page_stack.project("second")
    ada = await Annotator.open(context, invite(page_stack, "first")["link"])

    await ada.page.goto(invite(page_stack, "second")["link"])

    await expect(ada.page).to_have_url(
        f"{page_stack.url('queue')}/#/annotate/second", timeout=SECONDS
    )
    await ada.has_task()


async def test_a_server_that_is_away_does_not_use_the_link_up(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("away")
    page = await context.new_page()
    await page.route("**/v1/invitations/exchange", lambda route: route.abort())
    await page.goto(invite(page_stack, "away")["link"])
    await page.get_by_text("The server does not answer").wait_for(timeout=SECONDS)

    await page.unroute("**/v1/invitations/exchange")
    await page.get_by_role("button", name="Try again").click()

    await page.get_by_role("button", name="Submit").wait_for(timeout=SECONDS)


def test_services_of_a_running_stack_refuse_whom_the_command_line_revokes(
    page_stack: PageStack,
) -> None:
    page_stack.project("ended")
    made = invite(page_stack, "ended", "Olga", "--role", "spec_owner")
    secret = made["link"].partition("#invite=")[2]
    queue = page_stack.url("queue")
    answer = httpx.post(f"{queue}/v1/invitations/exchange", json={"secret": secret})
    bearer = {"authorization": f"Bearer {answer.json()['token']}"}
    reads = [
        f"{page_stack.url('ingest')}/v1/projects/ended",
        f"{page_stack.url('quality')}/v1/projects/ended/spec-issues",
        f"{queue}/v1/projects/ended/people",
    ]
    assert [httpx.get(url, headers=bearer).status_code for url in reads] == [200] * 3

    labelwright(page_stack, "people", "revoke", "ended", made["id"])

    page_stack.until_refused(reads, bearer)
    states = labelwright(page_stack, "people", "list", "ended", "--invitations")
    assert [one["state"] for one in states] == ["revoked"]
