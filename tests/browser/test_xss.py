"""No content that others wrote runs anything in the page, wherever the page shows it."""

import pytest
from page_stack import LISTEN, Annotator, PageStack
from playwright.async_api import BrowserContext

MARK = "window.executed=(window.executed||0)+1"
PAYLOADS = [
    f"<script>{MARK}</script>",
    f"<ScRiPt >{MARK}</ScRiPt >",
    f"<scr<script>ipt>{MARK}</scr</script>ipt>",
    f'<script src="data:text/javascript,{MARK}"></script>',
    f'<script type="module">{MARK}</script>',
    f'<img src="no" onerror="{MARK}">',
    f"<img src=no onerror={MARK}>",
    f"<IMG SRC=`no` ONERROR='{MARK}'>",
    f'<img/src="no"/onerror="{MARK}"/>',
    f'<svg onload="{MARK}">',
    f"<svg><script>{MARK}</script></svg>",
    f'<svg><animate onbegin="{MARK}" attributeName="x" dur="1s"></svg>',
    f'<svg><a xlink:href="javascript:{MARK}"><text y="20">press</text></a></svg>',
    f"<svg><foreignObject><body onload={MARK}></foreignObject></svg>",
    f'<math href="javascript:{MARK}">press</math>',
    f'<body onload="{MARK}">',
    f'<iframe src="javascript:{MARK}"></iframe>',
    f'<iframe srcdoc="<script>parent.{MARK}</script>"></iframe>',
    f'<object data="javascript:{MARK}"></object>',
    f'<embed src="javascript:{MARK}">',
    f'<video><source onerror="{MARK}"></video>',
    f'<audio src="no" onerror="{MARK}"></audio>',
    f'<details open ontoggle="{MARK}"><summary>open</summary></details>',
    f'<input autofocus onfocus="{MARK}">',
    f'<select autofocus onfocus="{MARK}"></select>',
    f'<div style="animation:x 1s" onanimationstart="{MARK}">moving</div>',
    f'<style>@import "data:text/css,*{{color:red}}"</style><link rel=stylesheet onload={MARK}>',
    f'<meta http-equiv="refresh" content="0;url=javascript:{MARK}">',
    f'<base href="javascript:{MARK}//">',
    f'<form action="javascript:{MARK}"><button autofocus>send</button></form>',
    f'<button popovertarget=x onclick="{MARK}">press</button>',
    f"[a link](javascript:{MARK})",
    f"[a link](JaVaScRiPt:{MARK})",
    f"[a link](java\tscript:{MARK})",
    f"[a link](&#106;avascript:{MARK})",
    f"[a link](data:text/html,<script>{MARK}</script>)",
    f"<javascript:{MARK}>",
    f'![a picture](no"onerror="{MARK})',
    f"[named][1]\n\n[1]: javascript:{MARK}",
    f'```"><script>{MARK}</script>\ncode\n```',
    f'"><script>{MARK}</script>',
    f"'-{MARK}-'",
    f"</textarea><script>{MARK}</script>",
    f"</title><script>{MARK}</script>",
    f"<!--><script>{MARK}</script>-->",
    f"{{{{constructor.constructor('{MARK}')()}}}}",
    f"${{{MARK}}}",
]
CHUNK = 8
"""The number of hostile texts in one project, each of which is also an option and a rule."""


def test_the_corpus_is_large_and_has_no_text_twice() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 30


async def test_a_page_that_wrote_such_texts_as_html_would_be_noticed(
    page_stack: PageStack, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.add_init_script(LISTEN)
    await page.goto(page_stack.url("queue"))
    await page.get_by_role("button", name="Sign in").wait_for()

    await page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", PAYLOADS[5])

    await page.wait_for_function("window.violations.length > 0")
    assert await page.evaluate("window.executed") is None


def chunks() -> list[list[str]]:
    return [PAYLOADS[at : at + CHUNK] for at in range(0, len(PAYLOADS), CHUNK)]


@pytest.mark.parametrize("number", range(len(chunks())))
async def test_hostile_texts_run_nothing_wherever_they_are_shown(
    page_stack: PageStack, context: BrowserContext, number: int
) -> None:
    texts = chunks()[number]
    name = f"xss-{number}"
    item = {
        "payload": {
            "text": "\n".join(texts),
            "markdown": {"type": "markdown", "markdown": "\n\n".join(texts)},
            "html": {"type": "html", "html": "\n".join(texts)},
            "chat": [{"role": text, "content": text} for text in texts],
            "json": {text: [text] for text in texts},
            "image": texts[0],
        },
        "prelabels": [
            {"model": texts[0][:100], "value": {"mood": " ".join(texts[0].split())}, "score": 0.5}
        ],
    }
    options = [{"value": " ".join(text.split()), "title": text[:200]} for text in texts]
    fields = [
        {"name": "mood", "title": texts[0][:200], "kind": "choice", "help": texts[-1],
         "options": options},
    ]  # fmt: skip
    rules = [
        {"id": f"R{n}", "text": text, "examples": [text], "counter_examples": [text]}
        for n, text in enumerate(texts)
    ]
    page_stack.call("ingest", "POST", "/v1/projects", json={"name": name, "title": texts[0]})
    page_stack.publish(name, fields=fields, guidelines=rules)
    rows = [{"external_id": f"r{n}", **item} for n in range(2)]
    page_stack.call("ingest", "POST", f"/v1/projects/{name}/items", json=rows)

    ada = await Annotator.open(context, page_stack.link(texts[0], name))
    ada.page.on("dialog", lambda _: ada.errors.append("a dialog was opened"))
    await ada.page.get_by_text("Add a note").click()
    await ada.page.get_by_label("Note").fill("\n".join(texts))
    await ada.page.get_by_role("region", name="Item").click(position={"x": 5, "y": 5})
    for link in await ada.page.get_by_role("region", name="Item").get_by_role("link").all():
        assert (await link.get_attribute("href") or "").startswith(("http:", "https:", "mailto:"))
    await ada.page.get_by_role("radio").first.check()
    await ada.press("g")
    await ada.press("Escape")
    await ada.page.get_by_role("button", name="Submit").click()
    await ada.sees("1 answered")
    await ada.press("h")
    await ada.page.get_by_role("heading", name="My answers").wait_for()

    assert await ada.page.evaluate("window.executed") is None
    assert ada.errors == await ada.violations() == []
