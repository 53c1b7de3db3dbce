"""The samples of the gallery: a field of every kind, and a payload for every viewer."""

import json
import math
import struct
import wave
from pathlib import Path
from typing import Any

Sample = dict[str, Any]

ROAD = """<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="640" viewBox="0 0 1200 640">
<rect width="1200" height="640" fill="#bcd9ee"/><circle cx="1040" cy="110" r="60" fill="#ffe08a"/>
<path d="M0 430 300 240l260 190 200-120 440 170v170H0z" fill="#7fa37a"/>
<rect y="500" width="1200" height="140" fill="#8d9095"/>
<path d="M0 570h1200" stroke="#fff" stroke-width="6" stroke-dasharray="60 40"/>
<rect x="180" y="450" width="260" height="90" rx="30" fill="#c7452f"/>
<circle cx="240" cy="545" r="32" fill="#26282c"/><circle cx="380" cy="545" r="32" fill="#26282c"/>
<rect x="700" y="390" width="330" height="150" rx="14" fill="#2f5fa8"/>
<circle cx="770" cy="545" r="36" fill="#26282c"/><circle cx="960" cy="545" r="36" fill="#26282c"/>
</svg>"""

NOTE = (
    "For Émilie du Châtelet,\n\nAda Lovelace wrote to Charles Babbage from London on 10 July 1843. "
    "She asked for the number of Bernoulli. 👩‍👩‍👧 Her family lived in Ockham Park, near the "
    "University College London.\n\nThe engine was never built. Its notes were printed in Paris.\n"
)

CONVERSATION = [
    {"role": "system", "content": "You book trains. Ask before you pay."},
    {"role": "user", "content": "I need to be in **Leipzig** tomorrow before ten."},
    {
        "role": "assistant",
        "content": "I look for trains.",
        "tool_calls": [
            {
                "function": {
                    "name": "search_trains",
                    "arguments": '{"to": "Leipzig", "before": "10:00"}',
                }
            }
        ],
    },
    {
        "role": "tool",
        "name": "search_trains",
        "content": '{"trains": [{"number": "ICE 1507", "leaves": "07:34", "price": 39.9}]}',
    },
    {
        "role": "assistant",
        "content": "There is one:\n\n- **ICE 1507** leaves at 7:34\n- it costs 39.90 euros\n\n"
        "Shall I book?",
    },
]  # fmt: skip

MARKDOWN = """# Refund policy

Customers get their money back **within 30 days**, if

1. the goods are *unused*, and
2. they have the [receipt](https://example.org/receipt).

> Gift cards are not refunded.

| Case | Days |
| --- | --- |
| Damaged | 90 |
| Changed mind | 30 |

Enter `REFUND` and <b>no HTML</b> &amp; nothing else.
"""

HTML = """<!doctype html><html><body><h1>Order 5211</h1><p>Shipped by <b>sea</b> on 3 May.</p>
<table><tr><th>Part</th><th>Pieces</th></tr><tr><td>Bolt M6</td><td>400</td></tr></table>
<script>parent.executed = true</script></body></html>"""

PAIR = {
    "a": "The committee will meet on Tuesday in the large hall. Members who cannot come send "
    "their vote in writing to the chair.\n\nThe minutes are published a week later. " * 3,
    "b": "The committee meets on Thursday in the small hall. Members who cannot come may send "
    "their vote by mail to the chair.\n\nThe minutes are published two weeks later. " * 3,
}


def taxonomy() -> list[dict[str, str]]:
    """A thousand options whose titles are paths."""
    areas = [
        "Food",
        "Tools",
        "Garden",
        "Toys",
        "Books",
        "Sport",
        "Music",
        "Health",
        "Travel",
        "Pets",
    ]
    groups = [
        "Children",
        "Adults",
        "Outdoor",
        "Indoor",
        "Winter",
        "Summer",
        "Café",
        "Trade",
        "School",
        "Home",
    ]
    return [
        {"value": f"v{a}{g}{n}", "title": f"{area} > {group} > {group} {area.lower()} {n + 1}"}
        for a, area in enumerate(areas)
        for g, group in enumerate(groups)
        for n in range(10)
    ]  # fmt: skip


def span(text: str, quote: str, label: str | None = None, after: str = "") -> dict[str, Any]:
    """The span of a quote, which stands behind `after`."""
    start = text.index(after + quote) + len(after)
    found: dict[str, Any] = {"start": start, "end": start + len(quote), "quote": quote}
    return found | ({"label": label} if label else {})


def long_text(length: int, spans: int) -> tuple[str, list[dict[str, Any]]]:
    """A text of `length` characters, and spans at equal distances, some of which overlap."""
    sentence = "The quick brown fox 🦊 jumps over the lazy dog and naïve cats look on. "
    text = "".join(
        sentence + ("\n" if n % 7 == 6 else "") for n in range(length // len(sentence) + 1)
    )
    starts = [n * (length - 40) // spans for n in range(spans)]
    places = [(start, start + (11 if n % 3 else 90)) for n, start in enumerate(starts)]
    made = [(a, text[a:b].rstrip()) for a, b in places]
    made = [(a + len(quote) - len(quote.lstrip()), quote.lstrip()) for a, quote in made]
    labels = ["PER", "ORG", "LOC"]
    return text[: length + 100], [
        {"start": a, "end": a + len(quote), "quote": quote, "label": labels[n % 3]}
        for n, (a, quote) in enumerate(made)
    ]


def fields() -> list[Sample]:
    return [*fields_without_payload(), *fields_about_a_payload()]


def fields_without_payload() -> list[Sample]:
    return [
        {
            "field": {"name": "topic", "kind": "choice", "title": "Topic", "other": True,
                      "options": ["Sport", "Politics",
                                  {"value": "eco", "title": "Economy", "key": "e"}]},
        },
        {
            "field": {"name": "product", "kind": "choice", "title": "Product",
                      "options": taxonomy()},
            "value": "v012",
        },
        {
            "field": {"name": "tags", "kind": "choices", "title": "What is wrong with the answer?",
                      "options": ["Too long", "Too short", "Off topic", "Not true", "Rude",
                                  "Unsafe", "Wrong language"], "max_items": 3, "other": True},
            "value": ["Too long", "Rude"],
        },
        {"field": {"name": "quality", "kind": "rating", "title": "How helpful is it?"}, "value": 4},
        {"field": {"name": "percent", "kind": "rating", "title": "How sure are you?", "minimum": 0,
                   "maximum": 20}},
        {"field": {"name": "weight", "kind": "number", "title": "Weight in kilograms", "minimum": 0,
                   "maximum": 100, "step": 0.1}, "value": 12.5},
        {"field": {"name": "reason", "kind": "text", "title": "Why?", "max_length": 200},
         "value": "It names the wrong city."},
    ]  # fmt: skip


def fields_about_a_payload() -> list[Sample]:
    long, spans = long_text(20_000, 300)
    return [
        {
            "field": {"name": "names", "kind": "spans", "title": "Names",
                      "options": [{"value": "PER", "title": "Person"},
                                  {"value": "ORG", "title": "Organization"},
                                  {"value": "LOC", "title": "Place"}]},
            "payload": {"text": NOTE},
            "value": [span(NOTE, "Émilie du Châtelet", "PER"), span(NOTE, "Ada Lovelace", "PER"),
                      span(NOTE, "University College London", "ORG"),
                      span(NOTE, "London", "LOC", after="College ")],
        },
        {
            "field": {"name": "vehicles", "kind": "boxes", "title": "Vehicles",
                      "options": ["Car", "Bus", "Bicycle"]},
            "payload": {"image": "/scene.svg"},
            "value": [{"x": 0.15, "y": 0.7, "width": 0.217, "height": 0.203, "label": "Car"}],
        },
        {
            "field": {"name": "order", "kind": "ranking", "title": "Which answer is best?",
                      "options": ["Answer A", "Answer B", "Answer C", "Answer D"]},
            "order": ["Answer C", "Answer A", "Answer D", "Answer B"],
            "value": ["Answer B", "Answer C"],
        },
        {
            "field": {"name": "better", "kind": "pairwise", "title": "Which translation is better?",
                      "options": [{"value": "a", "title": "Translation A"},
                                  {"value": "b", "title": "Translation B"}], "tie": True},
            "payload": PAIR,
            "order": ["b", "a"],
            "value": "b",
        },
        {
            "field": {"name": "long", "kind": "spans", "title": "A long text",
                      "options": ["PER", "ORG", "LOC"]},
            "payload": {"text": long},
            "value": spans,
        },
    ]  # fmt: skip


PAYLOADS = {
    "text": "Two lines:\n\tthe second one begins with a tab.",
    "answer_md": MARKDOWN,
    "order_html": HTML,
    "photo": "/scene.svg",
    "recording": "/tone.wav",
    "missing": "/away.png",
    "conversation": CONVERSATION,
    "unknown": {
        "sensor": {"id": 17, "unit": "°C", "values": [21.4, 21.9, None]},
        "ok": True,
        "notes": [],
    },
}


def write(folder: Path, samples: list[Sample], payloads: dict[str, Any]) -> None:
    """Write the samples and the files that they name beside the built gallery."""
    filled: list[Sample] = [{"payload": {}} | sample for sample in samples]
    text = json.dumps({"fields": filled, "payloads": payloads})
    (folder / "samples.json").write_text(text)
    (folder / "scene.svg").write_text(ROAD)
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        levels = (int(8000 * math.sin(n / 3)) for n in range(8000))
        file.writeframes(b"".join(struct.pack("<h", level) for level in levels))
