"""A person annotates in a browser, on the real services: from the link to the stored label."""

import asyncio
import re

import pytest
from page_stack import FIELDS, GUIDELINES, Annotator, PageStack
from playwright.async_api import BrowserContext, Route, expect

from schemas.vocabulary import item_id

LABEL_TEXT = "unfinished thought"
PRESS_AT_ONCE = """(keys) => {
    for (const key of keys) {
        const options = { key, bubbles: true, cancelable: true };
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", options));
    }
}"""


async def test_a_link_leads_to_stored_labels_without_a_mouse(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("story")
    ada = await Annotator.open(context, page_stack.link("ada", "story"))
    assert "token" not in ada.page.url

    items = [await ada.item()]
    for count in (1, 2):
        await ada.press("2", "1", "Enter")
        await ada.sees(f"{count} answered")
        items.append(await ada.item())

    assert len(set(items)) == 3
    await asyncio.to_thread(page_stack.until_decided, "story", 2)
    assert ada.errors == await ada.violations() == []
    await ada.page.go_back()
    assert "token" not in ada.page.url


async def test_a_text_that_a_field_marks_is_shown_once_and_marked_by_keys_alone(
    page_stack: PageStack, context: BrowserContext
) -> None:
    names = {"name": "names", "kind": "spans", "options": ["thing"], "text_field": "text"}
    page_stack.project("marks", [{"text": "Arrived broken."}], fields=[names])
    ada = await Annotator.open(context, page_stack.link("ada", "marks"))
    assert await ada.page.get_by_text("Arrived broken.").count() == 1

    await ada.press("Control+Home", "Control+Shift+ArrowRight", "1", "Shift+Tab")
    await ada.page.get_by_role("button", name="Submit").click()

    await ada.sees("1 answered")
    await asyncio.to_thread(page_stack.until_decided, "marks", 1)
    path = f"/v1/labels/{item_id('marks', 'r0', '')}/lineage"
    [task] = page_stack.call("dataset-store", "GET", path)["tasks"]
    [annotation] = task["annotations"]
    assert annotation["label"] == {
        "names": [{"start": 0, "end": 7, "quote": "Arrived", "label": "thing"}]
    }


async def test_an_invalid_answer_is_not_sent_and_the_page_leads_to_the_field(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("invalid")
    ada = await Annotator.open(context, page_stack.link("ada", "invalid"))
    before, sent = await ada.item(), []
    ada.page.on("request", lambda one: sent.append(one.url) if one.method == "PUT" else None)

    await ada.press("1", "Enter")

    await ada.sees("Please answer “What is it about?”.")
    focused = await ada.page.evaluate(
        "document.activeElement.closest('[data-field]').dataset.field"
    )
    assert focused == "target"
    assert await ada.item() == before
    assert not [url for url in sent if url.endswith("/annotation")]


async def test_an_answer_is_undone_and_changed_while_the_policy_allows_it(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("undone", undo_seconds=5)
    ada = await Annotator.open(context, page_stack.link("ada", "undone"))
    first = await ada.item()
    async with ada.page.expect_response(re.compile("/annotation$")) as given:
        await ada.press("1", "1", "Enter")
    assert (await (await given.value).json())["held_until"] is not None

    await ada.press("Backspace")
    await ada.sees("You are changing a stored answer")
    assert await ada.item() == first
    async with ada.page.expect_response(re.compile("/annotation$")) as changed:
        await ada.press("2", "Enter")

    assert (await changed.value).status == 200
    body = (await changed.value).request.post_data_json
    assert body["label"]["sentiment"] == "negative"


async def test_who_goes_offline_answers_on_and_everything_arrives_later(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("offline")
    ada = await Annotator.open(context, page_stack.link("ada", "offline"))
    await ada.press("1", "1", "Enter")
    await asyncio.to_thread(page_stack.until_decided, "offline", 1)
    held = await ada.item()

    await context.set_offline(True)
    await ada.press("2", "2", "Enter")
    await ada.press("1", "3")
    await ada.sees("The server does not answer")
    await ada.sees("1 to be sent")
    assert await ada.item() != held
    assert page_stack.decided("offline") == 1
    await context.set_offline(False)

    await asyncio.to_thread(page_stack.until_decided, "offline", 2)
    await expect(ada.page.get_by_text("to be sent")).to_have_count(0)
    await expect(ada.page.get_by_text("The server does not answer")).to_have_count(0)
    await expect(ada.page.get_by_role("radio", name="Positive")).to_be_checked()


async def test_an_answer_that_was_not_sent_survives_a_reload(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("reloaded")
    ada = await Annotator.open(context, page_stack.link("ada", "reloaded"))
    await context.route("**/annotation", lambda route: route.abort())
    await ada.press("1", "1", "Enter")
    await ada.sees("1 to be sent")
    await ada.press("2")  # An unfinished answer to the next task.
    unfinished = await ada.item()

    await context.unroute("**/annotation")
    await ada.page.reload()
    await ada.has_task()

    await asyncio.to_thread(page_stack.until_decided, "reloaded", 1)
    assert await ada.item() == unfinished
    await expect(ada.page.get_by_role("radio", name="Negative")).to_be_checked()


async def test_an_expired_lease_is_told_and_what_was_entered_comes_back(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("expired", [{"text": "The only item."}], lease_seconds=5)
    ada = await Annotator.open(context, page_stack.link("ada", "expired"))
    await ada.press("3")
    await ada.page.get_by_text("Add a note").click()
    await ada.page.get_by_label("Note").fill(LABEL_TEXT)

    await asyncio.sleep(10.5)  # Nothing is done for longer than the lease, so it is not extended.
    await ada.page.mouse.move(200, 200)

    await ada.sees("went back to the queue")
    await ada.has_task()
    await expect(ada.page.get_by_role("radio", name="Mixed")).to_be_checked()
    await expect(ada.page.get_by_label("Note")).to_have_value(LABEL_TEXT)
    await ada.press("Tab")
    await ada.page.get_by_role("radio", name="delivery").check()
    await ada.press("Enter")
    await asyncio.to_thread(page_stack.until_decided, "expired", 1)


async def test_a_lease_is_held_for_as_long_as_its_person_is_at_work(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("held", [{"text": "The only item."}], lease_seconds=5)
    ada = await Annotator.open(context, page_stack.link("ada", "held"))

    for step in range(12):
        await ada.page.mouse.move(100 + step, 200)
        await asyncio.sleep(0.5)
    await ada.press("1", "1", "Enter")

    await asyncio.to_thread(page_stack.until_decided, "held", 1)


async def test_a_new_version_takes_over_in_an_open_page_and_the_draft_follows(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("revised", [{"text": "The only item."}])
    ada = await Annotator.open(context, page_stack.link("ada", "revised"))
    await ada.press("3", "2")
    sentiment = {**FIELDS[0], "options": [{"value": "positive"}, {"value": "mixed"}]}
    without_delivery = {**FIELDS[1], "options": ["product", "service"]}

    await asyncio.to_thread(
        page_stack.publish,
        "revised",
        fields=[sentiment, without_delivery],
        guidelines=[*GUIDELINES, {"id": "R5", "text": "Delivery does not count any more."}],
    )

    await ada.sees("revised · version 2")
    await expect(ada.page.get_by_role("radio", name="mixed")).to_be_checked()
    await ada.sees("“What is it about?” does not fit version 2")
    await ada.press("Tab")
    await ada.page.get_by_role("radio", name="service").check()
    await ada.press("Enter")
    await asyncio.to_thread(page_stack.until_decided, "revised", 1)


async def test_two_tabs_of_one_person_never_show_the_same_task(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("tabs", [{"text": f"Item {number}."} for number in range(6)])
    link = page_stack.link("ada", "tabs")

    first = await Annotator.open(context, link)
    second = await Annotator.open(context, link)

    assert await first.item() != await second.item()
    await first.press("1", "1", "Enter")
    await second.press("1", "1", "Enter")
    assert await first.item() != await second.item()
    await asyncio.to_thread(page_stack.until_decided, "tabs", 2)


async def test_a_skip_says_why_and_names_the_two_labels_that_fit(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("skipped")
    ada = await Annotator.open(context, page_stack.link("ada", "skipped"))
    first = await ada.item()
    await ada.page.get_by_role("radio", name="service").check()
    await ada.page.get_by_role("radio", name="Positive").focus()

    await ada.press("s", "1", "1", "3")
    async with ada.page.expect_response(re.compile("/skip$")) as response:
        await ada.press("Enter")

    answer = await response.value
    assert answer.status == 204
    assert answer.request.post_data_json == {
        "reason": "two_labels_fit",
        "note": None,
        "labels": [
            {"sentiment": "positive", "target": "service"},
            {"sentiment": "mixed", "target": "service"},
        ],
    }
    assert await ada.item() != first


async def test_a_suggestion_is_an_answer_only_once_it_is_taken_over(
    page_stack: PageStack, context: BrowserContext
) -> None:
    suggestion = {"model": "small-model", "value": {"sentiment": "mixed"}, "score": 0.81}
    page_stack.project("suggested", [{"payload": {"text": "So."}, "prelabels": [suggestion]}])
    ada = await Annotator.open(context, page_stack.link("ada", "suggested"))

    await ada.sees("small-model suggests")
    await ada.press("Enter")
    await ada.sees("Please answer “Sentiment”.")
    await ada.press("p", "1")
    async with ada.page.expect_response(re.compile("/annotation$")) as response:
        await ada.press("Enter")

    label = (await response.value).request.post_data_json["label"]
    assert label == {"sentiment": "mixed", "target": "product"}


async def test_each_of_several_keys_in_one_burst_is_for_what_the_key_before_has_led_to(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("burst")
    ada = await Annotator.open(context, page_stack.link("ada", "burst"))

    # The first one marks what is missing, and the keys are then for that field.
    async with ada.page.expect_response(re.compile("/annotation$")) as response:
        await ada.page.evaluate(PRESS_AT_ONCE, ["Enter", "3", "1", "Enter"])

    label = (await response.value).request.post_data_json["label"]
    assert label == {"sentiment": "mixed", "target": "product"}


async def test_the_rule_of_the_field_is_opened_and_cited(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("cited")
    ada = await Annotator.open(context, page_stack.link("ada", "cited"))

    await ada.press("g", "c", "1", "1")
    await ada.sees("Cites R1")
    async with ada.page.expect_response(re.compile("/annotation$")) as response:
        await ada.press("Enter")

    assert (await response.value).request.post_data_json["rules"] == ["R1"]


async def test_when_there_is_no_work_the_page_says_why_and_waits_for_some(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("empty", [{"text": "The only item."}])
    ada = await Annotator.open(context, page_stack.link("ada", "empty"))
    await ada.press("1", "1", "Enter")
    await ada.sees("There is nothing for you to do now")

    more = [{"external_id": "later", "payload": {"text": "It came later."}}]
    await asyncio.to_thread(
        page_stack.call, "ingest", "POST", "/v1/projects/empty/items", json=more
    )

    await ada.has_task()
    assert "It came later." in await ada.item()


async def test_an_item_that_is_too_large_for_a_lease_is_shown_like_any_other(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("large", [{"text": "word " * 60_000 + "the end"}])

    ada = await Annotator.open(context, page_stack.link("ada", "large"))

    assert (await ada.item()).endswith("the end")
    assert ada.errors == await ada.violations() == []


async def test_a_lease_whose_grant_was_lost_on_its_way_is_found_again(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("lost", [{"text": "The only item."}])
    lost: list[int] = []

    async def lose_first(route: Route) -> None:
        if lost or route.request.method != "POST":
            await route.continue_()
            return
        lost.append((await route.fetch()).status)
        await route.abort()

    await context.route("**/v1/leases", lose_first)
    ada = await Annotator.open(context, page_stack.link("ada", "lost"))

    assert lost == [200]
    assert "The only item." in await ada.item()


async def test_the_page_works_under_a_path_prefix_of_one_origin(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page_stack.project("prefixed")
    queue, origin = page_stack.url("queue"), "http://labels.test"
    requested: list[str] = []
    context.on("request", lambda one: requested.append(one.url))

    async def ingress(route: Route) -> None:
        path = route.request.url.removeprefix(f"{origin}/queue")
        if path == "/config.json":
            await route.fulfill(json={"services": {"queue": "/queue"}, "login": None})
        elif path == "/v1/me/events":
            await route.abort()  # A stream does not pass through here.
        else:
            await route.fulfill(response=await route.fetch(url=queue + path))

    await context.route(f"{origin}/queue/**", ingress)
    link = page_stack.link("ada", "prefixed").replace(queue, f"{origin}/queue")
    ada = await Annotator.open(context, link)
    await ada.press("1", "1", "Enter")

    await asyncio.to_thread(page_stack.until_decided, "prefixed", 1)
    assert [url for url in requested if not url.startswith(f"{origin}/queue/")] == []


@pytest.mark.parametrize(
    ("hours", "token", "words"),
    [
        (-1.0, "", "Your link has expired"),
        (1.0, "x", "The services do not accept your link"),
    ],
)
async def test_a_link_that_is_not_good_is_told_with_what_to_do(
    page_stack: PageStack, context: BrowserContext, hours: float, token: str, words: str
) -> None:
    page = await context.new_page()
    await page.goto(page_stack.link("ada", "any", hours) + token)

    await page.get_by_text(words).wait_for()
    await page.get_by_text("Ask the lead of").wait_for()


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'


async def test_hostile_content_is_shown_and_runs_nothing(
    page_stack: PageStack, context: BrowserContext
) -> None:
    rule = f"{HOSTILE} [a](javascript:document.title=3) ![b](https://evil.example/x.png)"
    page_stack.project("hostile", [{"text": HOSTILE, "more": {"deep": [HOSTILE]}, HOSTILE: "key"}])
    await asyncio.to_thread(
        page_stack.publish,
        "hostile",
        fields=[{**FIELDS[0], "title": HOSTILE[:190], "help": HOSTILE}],
        guidelines=[{"id": "R1", "text": rule, "examples": [HOSTILE]}],
    )
    requested: list[str] = []
    context.on("request", lambda one: requested.append(one.url))
    ada = await Annotator.open(context, page_stack.link(HOSTILE, "hostile"))
    await ada.sees("version 2")

    assert HOSTILE in await ada.item()
    assert await ada.page.title() == "Labelwright"
    assert ada.errors == await ada.violations() == []
    own = tuple(page_stack.url(name) for name in ("ingest", "queue", "quality", "consensus"))
    assert [url for url in requested if not url.startswith(own)] == []
