"""Every widget and every payload viewer in a real browser, under a strict content policy."""

import functools
import importlib.util
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gallery_samples as samples
import pytest
from playwright.async_api import Browser, Page

import labels

WEB = Path(__file__).parents[2] / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'"
)
# What half of the keys may take at most, by the clock of the page.
KEY_MILLISECONDS = 50


class Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("content-security-policy", POLICY)
        super().end_headers()

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built gallery with its samples."""
    spec = importlib.util.spec_from_file_location("web_build", WEB / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    made: Path = tmp_path_factory.mktemp("gallery") / "made"
    build.install()
    build.node_module(
        "vite/bin/vite.js", "build", "--config", "vite.gallery.config.ts", "--outDir", made
    )
    samples.write(made, samples.fields(), samples.PAYLOADS)
    return made


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    handler = functools.partial(Handler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/gallery.html"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page that counts what the content policy refused, in `window.refused`."""
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    await page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', (event) =>"
        " window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`))"
    )
    yield page
    await page.close()


async def open_gallery(page: Page, address: str, only: str | None = None) -> None:
    await page.goto(address if only is None else f"{address}?only={only}")
    await page.wait_for_selector("[data-field], [data-payload]")
    await page.wait_for_load_state("networkidle")


async def violations(page: Page) -> list[str]:
    """Return the violations that axe-core finds, one line each."""
    # A script element would be refused by the page's own policy.
    await page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = await page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_all_widgets_and_viewers_are_accessible_under_the_content_policy(
    page: Page, address: str, scheme: Any, tmp_path: Path
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await open_gallery(page, address)
    pictures = Path(os.environ.get("LABELWRIGHT_SCREENSHOTS", tmp_path))
    for card in await page.query_selector_all("[data-field], [data-payload]"):
        name = await card.get_attribute("data-field") or await card.get_attribute("data-payload")
        await card.screenshot(path=pictures / f"{name}-{scheme}.png")

    assert await violations(page) == []
    assert await page.evaluate("window.refused") == []


async def press(page: Page, field: str, *keys: str) -> None:
    await page.focus(f"[data-field={field}] [data-focus]")
    for key in keys:
        await page.keyboard.press(key)


async def answer(page: Page, field: str) -> Any:
    """The answer of a field, which the library that the services use must accept."""
    text = await page.text_content(f"[data-field={field}] [data-answer]")
    value = json.loads(text) if text else None
    sample = next(one for one in samples.fields() if one["field"]["name"] == field)
    refusals = labels.compile_fields([sample["field"]]).check({field: value}, sample.get("payload"))
    assert refusals == []
    return value


async def test_an_option_is_chosen_with_its_key_or_a_text_of_ones_own_written(
    page: Page, address: str
) -> None:
    await open_gallery(page, address, "topic")
    await press(page, "topic", "2")
    assert await answer(page, "topic") == "Politics"
    await press(page, "topic", "e")
    assert await answer(page, "topic") == "eco"
    await page.keyboard.press("Tab")
    await page.keyboard.type(" tea 🍵")
    assert await answer(page, "topic") == {"other": "tea 🍵"}


async def test_an_option_of_a_thousand_is_found_by_typing(page: Page, address: str) -> None:
    await open_gallery(page, address, "product")
    await page.focus("[data-field=product] [data-focus]")
    await page.keyboard.type("cafe music 7")
    await page.keyboard.press("Enter")
    assert await answer(page, "product") == "v666"
    await press(page, "product", "Escape", "PageDown", "ArrowDown", "Enter")
    assert await answer(page, "product") == "v008"
    active = await page.get_attribute("[role=combobox]", "aria-activedescendant")
    assert await page.text_content(f"[id='{active}']") is not None


async def test_several_options_are_chosen_up_to_the_most(page: Page, address: str) -> None:
    await open_gallery(page, address, "tags")
    await press(page, "tags", "1", "2", "3", "4")
    assert await answer(page, "tags") == ["Rude", "Too short", "Off topic"]


async def test_a_rating_a_number_and_a_text_are_given_with_keys(page: Page, address: str) -> None:
    await open_gallery(page, address)
    await press(page, "quality", "2", "ArrowRight")
    assert await answer(page, "quality") == 3
    await press(page, "weight", "ArrowUp", "ArrowUp", "ArrowDown")
    assert await answer(page, "weight") == 12.6
    await page.fill("[data-field=weight] input", "7,5")
    assert await answer(page, "weight") == 7.5
    await page.fill("[data-field=weight] input", "seven")
    assert "not a number" in (await page.text_content("[data-field=weight] [role=status]") or "")
    await page.fill("[data-field=reason] textarea", "x" * 199 + "😀😀")
    assert await answer(page, "reason") == "x" * 199 + "😀"


async def test_options_are_ranked_and_moved_with_keys_and_dragged(page: Page, address: str) -> None:
    await open_gallery(page, address, "order")
    await press(page, "order", "2")
    complete = ["Answer B", "Answer C", "Answer A", "Answer D"]
    assert await answer(page, "order") == complete
    await page.focus("[aria-label^='Move Answer D']")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    assert await answer(page, "order") == ["Answer B", "Answer D", "Answer C", "Answer A"]
    rows = page.locator("[data-field=order] ol li")
    await rows.nth(0).hover(position={"x": 80, "y": 10})
    await page.mouse.down()
    await rows.nth(3).hover(position={"x": 80, "y": 30})
    await page.mouse.up()
    assert await answer(page, "order") == ["Answer D", "Answer C", "Answer A", "Answer B"]


async def test_two_texts_are_compared_and_scrolled_together(page: Page, address: str) -> None:
    await page.set_viewport_size({"width": 1280, "height": 500})
    await open_gallery(page, address, "better")
    await press(page, "better", "2")
    assert await answer(page, "better") == "tie"
    await press(page, "better", "3")
    assert await answer(page, "better") == "a"
    await page.click("text=Mark differing words")
    words = await page.locator("[data-pane] mark").all_text_contents()
    assert {"Tuesday", "Thursday"} <= set(words)
    assert "committee" not in words
    panes = page.locator("[data-pane]")
    await panes.nth(0).evaluate("(pane) => pane.scrollTo(0, pane.scrollHeight)")
    await page.wait_for_timeout(100)
    assert await panes.nth(1).evaluate("(pane) => pane.scrollTop") > 50


async def place_cursor(page: Page, field: str, text: str) -> None:
    """Put the cursor before `text`."""
    await page.evaluate(
        """([field, wanted]) => {
            const root = document.querySelector(`[data-field=${field}] [role=textbox]`);
            const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(wanted);
                if (at < 0) continue;
                root.focus();
                getSelection().collapse(walker.currentNode, at);
                return;
            }
            throw new Error(`no text ${wanted}`);
        }""",
        [field, text],
    )


async def test_passages_are_marked_labeled_and_removed_with_keys_alone(
    page: Page, address: str
) -> None:
    await open_gallery(page, address, "names")
    before = await answer(page, "names")
    await place_cursor(page, "names", "👩")
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("Enter")
    family = samples.span(samples.NOTE, "👩‍👩‍👧", "PER")
    assert family in await answer(page, "names")
    await page.keyboard.press("3")
    assert family | {"label": "LOC"} in await answer(page, "names")
    await page.keyboard.press("Delete")
    assert await answer(page, "names") == before
    await place_cursor(page, "names", "Paris")
    await page.keyboard.press("3")
    assert samples.span(samples.NOTE, "Paris", "LOC") in await answer(page, "names")
    await place_cursor(page, "names", "Ockham")
    await page.keyboard.press("Control+Shift+ArrowRight")
    await page.keyboard.press("Control+Shift+ArrowRight")
    await page.keyboard.press("3")
    assert samples.span(samples.NOTE, "Ockham Park", "LOC") in await answer(page, "names")


async def test_a_mark_chosen_in_the_list_is_the_one_that_keys_change(
    page: Page, address: str
) -> None:
    await open_gallery(page, address, "names")
    await place_cursor(page, "names", "Paris")
    await page.keyboard.press("1")
    await place_cursor(page, "names", "Paris")
    await page.keyboard.press("Shift+End")
    await page.keyboard.press("3")
    word = samples.span(samples.NOTE, "Paris", "PER")
    longer = samples.span(samples.NOTE, "Paris.", "LOC")
    assert word in await answer(page, "names")
    assert longer in await answer(page, "names")
    await page.locator("[data-field=names] li button").get_by_text("Paris.").click()
    await page.wait_for_timeout(100)
    await page.keyboard.press("2")
    marked = await answer(page, "names")
    assert word in marked
    assert longer | {"label": "ORG"} in marked


async def test_nothing_typed_changes_the_text_that_is_marked(page: Page, address: str) -> None:
    await open_gallery(page, address, "names")
    await place_cursor(page, "names", "Paris")
    await page.keyboard.type("xyz")
    for key in ("Backspace", "Enter", "Delete"):
        await page.keyboard.press(key)
    await page.keyboard.insert_text("漢字")
    text = await page.evaluate("document.querySelector('[role=textbox]').textContent")
    assert text == samples.NOTE


async def click_text(page: Page, field: str, text: str, clicks: int) -> None:
    await place_cursor(page, field, text)
    box = await page.evaluate(
        """() => {
            const range = getSelection().getRangeAt(0).cloneRange();
            range.setEnd(range.endContainer, range.endOffset + 1);
            const { x, y, width, height } = range.getBoundingClientRect();
            return { x: x + width / 2, y: y + height / 2 };
        }"""
    )
    await page.mouse.click(box["x"], box["y"], click_count=clicks)


async def test_a_double_click_marks_a_word_and_a_triple_click_the_sentence(
    page: Page, address: str
) -> None:
    await open_gallery(page, address, "names")
    before = await answer(page, "names")
    await click_text(page, "names", "Bernoulli", 2)
    assert samples.span(samples.NOTE, "Bernoulli", "PER") in await answer(page, "names")
    await press(page, "names", "Delete")
    assert await answer(page, "names") == before
    await click_text(page, "names", "engine", 3)
    marked = [one for one in await answer(page, "names") if one not in before]
    assert marked == [samples.span(samples.NOTE, "The engine was never built.", "PER")]


async def test_boxes_are_added_moved_resized_and_removed_with_keys_alone(
    page: Page, address: str
) -> None:
    await open_gallery(page, address, "vehicles")
    await press(page, "vehicles", "2", " ")
    added = (await answer(page, "vehicles"))[1]
    assert added == {"x": 0.375, "y": 0.375, "width": 0.25, "height": 0.25, "label": "Bus"}
    await press(page, "vehicles", "ArrowRight", "Shift+ArrowDown", "Alt+ArrowLeft", "3")
    moved = (await answer(page, "vehicles"))[1]
    pixel = 1 / 1200
    assert moved["x"] == pytest.approx(0.375 + pixel, abs=1e-6)
    assert moved["y"] == pytest.approx(0.375 + 10 / 640, abs=1e-6)
    assert moved["width"] == pytest.approx(0.25 - pixel, abs=2e-6)
    assert moved["label"] == "Bicycle"
    await press(page, "vehicles", "PageDown", "Delete")
    assert await answer(page, "vehicles") == [moved]


async def test_boxes_are_drawn_zoomed_moved_and_resized_with_a_pointer(
    page: Page, address: str
) -> None:
    await open_gallery(page, address, "vehicles")
    image = page.locator("[data-field=vehicles] img")
    place = await image.bounding_box()
    assert place is not None

    async def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        box = await image.bounding_box()
        assert box is not None
        await page.mouse.move(
            box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"]
        )
        await page.mouse.down()
        await page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"])
        await page.mouse.up()

    await drag((0.58, 0.6), (0.87, 0.9))
    drawn = (await answer(page, "vehicles"))[1]
    assert [drawn[key] for key in ("x", "y", "width", "height")] == pytest.approx(
        [0.58, 0.6, 0.29, 0.3], abs=0.003
    )
    await drag((0.7, 0.7), (0.6, 0.6))
    assert (await answer(page, "vehicles"))[1]["x"] == pytest.approx(0.48, abs=0.003)
    await drag((0.77, 0.8), (0.9, 0.9))
    assert (await answer(page, "vehicles"))[1]["width"] == pytest.approx(0.42, abs=0.004)
    await press(page, "vehicles", "+", "+")
    larger = await image.bounding_box()
    assert larger is not None
    assert larger["width"] == pytest.approx(place["width"] * 1.5625, rel=0.02)


async def slowest_keys(page: Page, keys: list[str]) -> list[float]:
    """The milliseconds from each key to the next painted frame, in ascending order."""
    await page.evaluate(
        """() => {
            window.waited = [];
            addEventListener("keydown", () => {
                const pressed = performance.now();
                requestAnimationFrame(() => {
                    const channel = new MessageChannel();
                    channel.port1.onmessage = () => window.waited.push(performance.now() - pressed);
                    channel.port2.postMessage(null);
                });
            }, { capture: true });
        }"""
    )
    for key in keys:
        await page.keyboard.press(key)
        await page.wait_for_timeout(40)
    return sorted(await page.evaluate("window.waited"))


async def test_keys_in_a_long_text_with_300_marks_and_in_a_large_taxonomy_are_fast(
    page: Page, address: str
) -> None:
    await open_gallery(page, address, "long")
    await place_cursor(page, "long", "lazy dog")
    marking = ["Shift+ArrowRight"] * 4 + ["1", "ArrowRight", "2", "ArrowDown", "3", "Delete"]
    text = await slowest_keys(page, marking * 3)
    await open_gallery(page, address, "product")
    await page.focus("[data-field=product] [data-focus]")
    search = await slowest_keys(page, [*"cafe garden", *["Backspace"] * 11, *["ArrowDown"] * 10])

    assert len(await answer(page, "product")) == 4
    assert text[len(text) // 2] < KEY_MILLISECONDS
    assert search[len(search) // 2] < KEY_MILLISECONDS


HOSTILE = [
    "<script>window.executed = 1</script>",
    "<img src=x onerror='window.executed = 1; parent.executed = 1'>",
    "<svg onload='parent.executed = 1'><animate onbegin='parent.executed = 1'></svg>",
    "<iframe srcdoc='<script>parent.parent.executed = 1</script>'></iframe>",
    "<a href='javascript:parent.executed = 1' id=a autofocus onfocus='parent.executed=1'>x</a>",
    "<style>@import 'https://away.test/a.css'; body { background: url(https://away.test) }</style>",
    "<p style='background: url(https://away.test/b)'>x</p><base href='https://away.test/'>",
    "<form action='https://away.test'><button formaction='javascript:parent.executed=1'>x</form>",
    "<math><mi xlink:href='javascript:parent.executed=1'>x</mi></math>",
    "<meta http-equiv=refresh content='0;url=https://away.test'>",
    "[x](javascript:window.executed=1) <javascript:window.executed=1>",
    "![x](https://away.test/c.png)",
    "<noscript><p title='</noscript><img src=x onerror=parent.executed=1>'>",
    "data:text/html,<script>parent.executed = 1</script>",
]  # fmt: skip


async def test_hostile_payloads_run_nothing_and_ask_for_nothing(
    page: Page, address: str, folder: Path
) -> None:
    keys = ("text", "a_md", "b_html", "image", "audio")
    payloads: dict[str, Any] = {
        f"x{n}_{key}": text for n, text in enumerate(HOSTILE) for key in keys
    }
    payloads["talk"] = [{"role": text, "content": text} for text in HOSTILE]
    payloads["tree"] = {text: [text] for text in HOSTILE}
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    samples.write(folder, [], payloads)
    try:
        await open_gallery(page, address)
        for link in await page.query_selector_all("a"):
            assert await link.get_attribute("href") == "https://away.test/c.png"
    finally:
        samples.write(folder, samples.fields(), samples.PAYLOADS)

    assert await page.evaluate("window.executed") is None
    assert [url for url in requests if "away.test" in url] == []
    assert await page.evaluate("window.refused") == []
