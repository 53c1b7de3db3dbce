"""People sign in to the page at a real OpenID provider, and work while their token is renewed."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from page_stack import LISTEN, Annotator, PageStack
from playwright.async_api import BrowserContext, Page, Route, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "login"))

from login_provider import AUDIENCE, CLIENT, LoginProvider, install_provider, running_provider

from labelwright_local.testing import running_stack

PORT_BASE = 29500
PAGE = f"http://127.0.0.1:{PORT_BASE + 2}/"
PROJECT = "street"
"""The only project in the tokens of the provider."""
TOKEN_SECONDS = 15
IS_EXPIRED = """() => {
    const claims = sessionStorage.getItem("labelwright.token").split(".")[1];
    return JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/"))).exp * 1000 < Date.now();
}"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoginProvider]:
    folder = tmp_path_factory.mktemp("provider")
    with running_provider(
        folder, install_provider(), "ES256", token_seconds=TOKEN_SECONDS, redirect=PAGE
    ) as found:
        yield found


@pytest.fixture(scope="module")
def stack(provider: LoginProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageStack]:
    """All services; the queue accepts the provider, and tells the page of it."""
    login = {
        "authority": provider.issuer,
        "client_id": CLIENT,
        "title": "Acme",
        "scope": "openid profile label offline_access",
        "prompt": "consent",
        "resource": AUDIENCE,
    }
    home = tmp_path_factory.mktemp("sign-in") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUEUE_PAGE_LOGIN", json.dumps(login))
        patch.setenv("QUEUE_ISSUERS", json.dumps([provider.settings("ES256")]))
        with running_stack(home, PORT_BASE) as running:
            found = PageStack(home, running)
            found.project(PROJECT, [{"text": f"Item {number}."} for number in range(20)])
            yield found
            found.http.close()


@pytest.fixture(scope="module")
def page_address(stack: PageStack) -> str:
    """The page of the running stack."""
    return f"{stack.url('queue')}/"


@pytest.fixture
async def ada(context: BrowserContext, page_address: str) -> AsyncIterator[Annotator]:
    """A person who has signed in. Nothing that she did broke the content policy."""
    context.set_default_timeout(30_000)
    page = await context.new_page()
    await page.add_init_script(LISTEN)
    found = Annotator(context, page)
    await page.goto(page_address)
    await sign_in(page)
    await found.has_task()
    yield found
    assert found.errors == await found.violations() == []


async def sign_in(page: Page) -> None:
    """Go to the provider and back by its forms."""
    await page.get_by_role("button", name="Sign in with Acme").click()
    name = page.locator("input[name=login]")
    consent = page.get_by_role("button", name="Continue")
    await name.or_(consent).first.wait_for()
    if await name.count():
        await name.fill("ada")
        await page.locator("input[name=password]").fill("any")
        await page.get_by_role("button", name="Sign-in").click()
    await consent.click()
    await page.wait_for_url(re.compile(f"^{re.escape(PAGE)}"))


def is_renewal(request_body: str | None) -> bool:
    return parse_qs(request_body or "").get("grant_type") == ["refresh_token"]


async def test_a_person_signs_in_at_the_provider_and_labels(
    ada: Annotator, stack: PageStack
) -> None:
    await expect(ada.page.get_by_text("ada of the provider")).to_be_visible()
    assert ada.page.url == f"{PAGE}#/annotate"

    before = stack.decided(PROJECT)
    await ada.press("1", "1", "Enter")

    await asyncio.to_thread(stack.until_decided, PROJECT, before + 1)
    await ada.page.go_back()
    assert "code=" not in ada.page.url


async def test_a_token_is_renewed_while_its_person_works_and_the_draft_stays(
    ada: Annotator, stack: PageStack
) -> None:
    before, item = stack.decided(PROJECT), await ada.item()
    await ada.press("3")
    await ada.page.get_by_text("Add a note").click()
    await ada.page.get_by_label("Note").fill("unfinished")
    note = await ada.page.get_by_label("Note").element_handle()

    async with ada.page.expect_response(
        lambda answer: is_renewal(answer.request.post_data)
    ) as renewed:
        pass

    assert (await renewed.value).status == 200
    assert await ada.item() == item
    assert note is not None
    assert await note.evaluate("element => element.isConnected && element.value") == "unfinished"
    await ada.page.get_by_role("radio", name="product").check()
    await ada.press("Enter")
    await asyncio.to_thread(stack.until_decided, PROJECT, before + 1)


async def test_a_token_that_expired_unnoticed_is_renewed_by_the_next_answer(
    ada: Annotator, stack: PageStack
) -> None:
    before = stack.decided(PROJECT)

    async def abort_renewal(route: Route) -> None:
        await (route.abort() if is_renewal(route.request.post_data) else route.continue_())

    await ada.context.route("**/token", abort_renewal)
    await ada.press("2")
    await ada.page.wait_for_function(IS_EXPIRED)
    await ada.press("2", "Enter")
    await ada.sees("1 to be sent")
    await ada.context.unroute("**/token")

    await asyncio.to_thread(stack.until_decided, PROJECT, before + 1)


async def test_who_must_sign_in_again_finds_the_unfinished_answer(ada: Annotator) -> None:
    item = await ada.item()
    await ada.press("3")
    await expect(ada.page.get_by_role("radio", name="Mixed")).to_be_checked()

    async def refuse_renewal(route: Route) -> None:
        if is_renewal(route.request.post_data):
            allowed = {"access-control-allow-origin": "*"}
            await route.fulfill(status=400, json={"error": "invalid_grant"}, headers=allowed)
        else:
            await route.continue_()

    await ada.context.route("**/token", refuse_renewal)
    await ada.sees("Your sign-in has ended")
    await ada.context.unroute("**/token")
    await sign_in(ada.page)

    await ada.has_task()
    assert await ada.item() == item
    await expect(ada.page.get_by_role("radio", name="Mixed")).to_be_checked()


async def test_who_signs_out_is_signed_out_at_the_provider_too(
    ada: Annotator, provider: LoginProvider
) -> None:
    async with ada.page.expect_response(lambda one: "/revocation" in one.url) as revoked:
        await ada.page.get_by_role("button", name="Sign out").click()

    refresh = parse_qs((await revoked.value).request.post_data or "")["token"][0]
    await ada.page.get_by_role("button", name="Yes, sign me out").click()
    await ada.page.get_by_role("button", name="Sign in with Acme").wait_for()
    assert await ada.page.evaluate("sessionStorage.length") == 0
    form = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": refresh}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{provider.issuer}/token", data=form)
    assert answer.json()["error"] == "invalid_grant"


async def test_a_provider_that_is_away_is_told(
    context: BrowserContext, page_address: str, provider: LoginProvider
) -> None:
    await context.route(f"{provider.issuer}/**", lambda route: route.abort())
    page = await context.new_page()
    await page.goto(page_address)

    await page.get_by_role("button", name="Sign in with Acme").click()

    await expect(page.get_by_role("alert")).to_contain_text("Acme does not answer")


async def test_an_answer_that_nobody_asked_the_provider_for_signs_nobody_in(
    context: BrowserContext, page_address: str
) -> None:
    page = await context.new_page()
    await page.goto(f"{page_address}?code=stolen&state=somebody-else")

    await page.get_by_text("The sign-in did not succeed").wait_for()
    assert page.url == page_address
