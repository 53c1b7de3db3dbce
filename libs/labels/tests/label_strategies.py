"""Strategies for definitions of every kind, their values, and values that are nearly valid."""

from typing import Any

from hypothesis import strategies as st
from label_oracle import has_content

NAMES = ("a", "b", "c", "dé", "{x", '"q', "long name", "😀")
TEXT = "Grüße aus 東京 😀 und zurück: ein Satz."
KINDS = (
    "choice",
    "choices",
    "rating",
    "number",
    "text",
    "spans",
    "boxes",
    "ranking",
    "pairwise",
)

options = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True)
written = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from([*NAMES, "\ud800", "\x00", 2**63, -0.0, 1e308]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["other", "label", "start", "end", "x", "f"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@st.composite
def definitions(draw: st.DrawFn, kind: str | None = None, name: str = "f") -> dict[str, Any]:
    """Return a valid definition of `kind`; None: of any kind."""
    kind = kind or draw(st.sampled_from(KINDS))
    return {"name": name, "kind": kind, **draw(_OWN[kind])}


@st.composite
def _choice(draw: st.DrawFn) -> dict[str, Any]:
    own = {"options": draw(options)}
    return own | draw(st.sampled_from([{}, {"other": True}, {"ordered": True}]))


@st.composite
def _choices(draw: st.DrawFn) -> dict[str, Any]:
    own = {"options": draw(options), "other": draw(st.booleans())}
    most = len(own["options"]) + own["other"]
    high = draw(st.integers(1, most))
    limits = {"max_items": high, "min_items": draw(st.integers(0, high))}
    return own | limits | {"distance": draw(st.sampled_from(["jaccard", "masi"]))}


@st.composite
def _rating(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(-3, 3))
    return {"minimum": low, "maximum": low + draw(st.integers(1, 7))}


@st.composite
def _number(draw: st.DrawFn) -> dict[str, Any]:
    forms = [
        {},
        {"minimum": -2, "maximum": 3},
        {"minimum": 0, "maximum": 4, "scale": "ratio"},
        {"minimum": 0, "scale": "ratio"},
        {"minimum": -1, "maximum": 2, "step": 0.1},
        {"step": 0.25},
    ]
    tolerance = {"tolerance": draw(st.sampled_from([0, 0.1, 1]))}
    return draw(st.sampled_from(forms)) | tolerance


@st.composite
def _text(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(0, 3))
    own = {"min_length": low, "max_length": low + draw(st.integers(1, 9))}
    return own | {"ignore_case": draw(st.booleans())}


@st.composite
def _spans(draw: st.DrawFn) -> dict[str, Any]:
    own = {"overlapping": draw(st.booleans()), "max_items": draw(st.integers(1, 4))}
    return own | draw(st.just({}) | st.fixed_dictionaries({"options": options}))


@st.composite
def _boxes(draw: st.DrawFn) -> dict[str, Any]:
    own = {"max_items": draw(st.integers(1, 4))}
    return own | draw(st.just({}) | st.fixed_dictionaries({"options": options}))


@st.composite
def _ranking(draw: st.DrawFn) -> dict[str, Any]:
    own = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    high = draw(st.integers(1, len(own)))
    return {"options": own, "max_items": high, "min_items": draw(st.integers(1, high))}


@st.composite
def _pairwise(draw: st.DrawFn) -> dict[str, Any]:
    own = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True))
    return {"options": own, "tie": draw(st.booleans())}


_OWN = {
    "choice": _choice(),
    "choices": _choices(),
    "rating": _rating(),
    "number": _number(),
    "text": _text(),
    "spans": _spans(),
    "boxes": _boxes(),
    "ranking": _ranking(),
    "pairwise": _pairwise(),
}


def values(definition: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that the definition accepts for an item whose text is TEXT."""
    return _VALUES[definition["kind"]](definition)


def near(definition: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values of nearly the right shape: accepted or not."""
    others = definitions(definition["kind"]).flatmap(values)
    return values(definition) | others | json_values | st.lists(json_values, max_size=2)


others = written.filter(has_content).map(lambda text: {"other": text})


def _choice_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    plain = st.sampled_from(own["options"])
    return plain | others if own.get("other") else plain


def _choices_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = own["min_items"], own["max_items"]
    parts = st.lists(_choice_values(own), min_size=low, max_size=high, unique_by=repr)
    return parts.filter(lambda value: sum(isinstance(part, dict) for part in value) <= 1)


def _number_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = own.get("minimum", -5), own.get("maximum", 5)
    if "step" not in own:
        return st.floats(low, high) | st.integers(low, high) | st.just(float(high))
    steps = round(1 / own["step"])
    return st.integers(low * steps, high * steps).map(lambda count: count / steps)


def _text_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = own["min_length"], own["max_length"]
    alphabet = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
    text = st.text(alphabet, min_size=low, max_size=high) | st.text("aAbé ", min_size=low)
    return text.filter(lambda text: len(text) <= high and (low == 0 or has_content(text)))


def _labelled(own: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "options" not in own:
        return st.just({})
    return st.sampled_from(own["options"]).map(lambda name: {"label": name})


@st.composite
def _span(draw: st.DrawFn, own: dict[str, Any]) -> dict[str, Any]:
    start = draw(st.integers(0, len(TEXT) - 1))
    end = draw(st.integers(start + 1, min(len(TEXT), start + 8)))
    return {"start": start, "end": end, "quote": TEXT[start:end], **draw(_labelled(own))}


def _spans_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    spans = st.lists(_span(own), max_size=own["max_items"], unique_by=repr)
    return spans if own["overlapping"] else spans.map(_apart)


def _apart(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for span in sorted(spans, key=lambda span: span["start"]):
        if not kept or kept[-1]["end"] <= span["start"]:
            kept.append(span)
    return kept


@st.composite
def _box(draw: st.DrawFn, own: dict[str, Any]) -> dict[str, Any]:
    x, y = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    width, height = draw(st.integers(1, 10 - x)), draw(st.integers(1, 10 - y))
    nudge = draw(st.sampled_from([0, 0, 1e-3, 1e-9]))
    sides = {"x": x / 10, "y": y / 10, "width": width / 10 - nudge, "height": height / 10}
    return {**sides, **draw(_labelled(own))}


def _boxes_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.lists(_box(own), max_size=own["max_items"], unique_by=repr)


def _ranking_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    length = st.integers(own["min_items"], own["max_items"])
    orders = st.permutations(own["options"])
    return st.tuples(orders, length).map(lambda pair: list(pair[0][: pair[1]]))


def _pairwise_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([*own["options"], *(["tie"] if own["tie"] else [])])


def _rating_values(own: dict[str, Any]) -> st.SearchStrategy[Any]:
    levels = st.integers(own["minimum"], own["maximum"])
    return levels | levels.map(float)


_VALUES = {
    "choice": _choice_values,
    "choices": _choices_values,
    "rating": _rating_values,
    "number": _number_values,
    "text": _text_values,
    "spans": _spans_values,
    "boxes": _boxes_values,
    "ranking": _ranking_values,
    "pairwise": _pairwise_values,
}
