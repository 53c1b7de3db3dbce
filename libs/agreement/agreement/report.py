"""The agreement report: one HTML page with plots, without scripts or external files."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from agreement.arrays import Floats
from agreement.estimate import Estimate
from agreement.summary import Calibration

# With more labels the plot is unreadable; the most frequent are shown.
LABELS_SHOWN = 25

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
body,svg text{color:#1d2433;fill:#1d2433}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d7dce5}
td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{max-width:100%;height:auto}
svg text{font:12px system-ui,sans-serif}
.note{color:#4a5468}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The content of a page; `sentences` come before the figures. Empty plots are left out."""

    title: str
    sentences: Sequence[str]
    figures: Mapping[str, Estimate]
    labels: Sequence[Hashable]
    coincidences: Floats
    by_label: Mapping[Hashable, Estimate]
    calibration: Sequence[Calibration]

    def html(self) -> str:
        """Return the page."""
        parts = [
            f"<h1>{escape(self.title)}</h1>",
            *(f"<p>{escape(sentence)}</p>" for sentence in self.sentences),
            "<h2>Agreement</h2>",
            _table(self.figures),
            "<h2>Labels on the same items</h2>",
            "<p class=note>Votes of one label (row) and the labels other annotators gave to the "
            "same item (column), as shares of the row.</p>",
            _confusion(self.labels, self.coincidences),
        ]
        if self.by_label:
            parts += ["<h2>Agreement on each label</h2>", _bars(self.by_label)]
        if self.calibration:
            parts += ["<h2>Confidence and gold</h2>", _calibration(self.calibration)]
        head = f'<meta charset="utf-8"><title>{escape(self.title)}</title><style>{_STYLE}</style>'
        body = "".join(parts)
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def shown(estimate: Estimate) -> tuple[str, str]:
    """Return an estimate's value and interval as text; the reason if there is none."""
    if estimate.value is None:
        return "undefined", estimate.reason or ""
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}", estimate.reason or ""
    return f"{estimate.value:.3f}", f"{estimate.low:.3f} to {estimate.high:.3f}"


def _table(figures: Mapping[str, Estimate]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td class=n>{value}</td><td>{escape(interval)}</td>"
        f"<td class=n>{estimate.n_items}</td><td class=n>{estimate.n_pairable}</td></tr>"
        for name, estimate in figures.items()
        for value, interval in [shown(estimate)]
    )
    head = "<th>figure<th>value<th>95 % interval<th>items<th>pairable votes"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _confusion(labels: Sequence[Hashable], table: Floats) -> str:
    order = sorted(range(len(labels)), key=lambda code: -table[code].sum())[:LABELS_SHOWN]
    order.sort()
    cell, left, top = 34, 130, 90
    parts = []
    for y, row in enumerate(order):
        total = table[row].sum() or 1.0
        parts.append(_text(left - 8, top + y * cell + 21, labels[row], "end"))
        for x, column in enumerate(order):
            share = table[row, column] / total
            place = f'x="{left + x * cell}" y="{top + y * cell}" width="{cell}" height="{cell}"'
            tip = f"{labels[row]} / {labels[column]}: {share:.1%}"
            parts.append(
                f'<rect {place} fill="#2457a6" fill-opacity="{share:.3f}" stroke="#d7dce5">'
                f"<title>{escape(tip)}</title></rect>"
            )
            ink = ' style="fill:#fff"' if share > 0.55 else ""
            middle = f'x="{left + x * cell + cell / 2}" y="{top + y * cell + 21}"'
            parts.append(f'<text {middle} text-anchor="middle"{ink}>{share * 100:.0f}</text>')
    for x, column in enumerate(order):
        spot = f"translate({left + x * cell + cell / 2 + 4},{top - 8}) rotate(-45)"
        parts.append(f'<g transform="{spot}">{_text(0, 0, labels[column], "start")}</g>')
    size = (left + len(order) * cell + 60, top + len(order) * cell + 10)
    return _svg(size, "Labels on the same items, in percent of the row", parts)


def _bars(by_label: Mapping[Hashable, Estimate]) -> str:
    left, width, line = 150, 400, 26
    parts = [f'<line x1="{left}" x2="{left}" y1="0" y2="{line * len(by_label)}" stroke="#4a5468"/>']
    for y, (label, estimate) in enumerate(by_label.items()):
        value, interval = shown(estimate)
        middle = y * line + 13
        parts.append(_text(left - 8, middle + 4, label, "end"))
        parts.append(_text(left + width + 12, middle + 4, f"{value}  {interval}", "start"))
        if estimate.value is None:
            continue
        length = max(estimate.value, 0.0) * width
        parts.append(
            f'<rect x="{left}" y="{middle - 8}" width="{length:.1f}" height="16" fill="#6f9ad9"/>'
        )
        if estimate.low is not None and estimate.high is not None:
            ends = [left + max(end, 0.0) * width for end in (estimate.low, estimate.high)]
            parts.append(
                f'<line x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{middle}" y2="{middle}" '
                'stroke="#1d2433" stroke-width="2"/>'
            )
    size = (left + width + 260, line * len(by_label))
    return _svg(size, "Krippendorff's alpha of each label against the others", parts)


def _calibration(bins: Sequence[Calibration]) -> str:
    side, edge = 300, 45
    parts = [
        f'<rect x="{edge}" y="10" width="{side}" height="{side}" fill="none" stroke="#4a5468"/>',
        f'<line x1="{edge}" y1="{10 + side}" x2="{edge + side}" y2="10" stroke="#d7dce5"/>',
        _text(edge + side / 2, side + 40, "confidence of the inferred label", "middle"),
        _text(edge - 6, 20, "1", "end"),
        _text(edge - 6, side + 12, "0", "end"),
        f'<g transform="translate(16,{10 + side / 2}) rotate(-90)">'
        f"{_text(0, 0, 'share right', 'middle')}</g>",
    ]
    most = max(point.n_items for point in bins)
    for point in bins:
        x, y = edge + point.confidence * side, 10 + (1 - point.accuracy) * side
        radius = 3 + 9 * (point.n_items / most) ** 0.5
        tip = (
            f"{point.n_items} items, confidence {point.confidence:.2f}, right {point.accuracy:.2f}"
        )
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#2457a6" fill-opacity="0.7">'
            f"<title>{escape(tip)}</title></circle>"
        )
    return _svg(
        (side + 80, side + 55), "Share of inferred labels that equal gold, by confidence", parts
    )


def _text(x: float, y: float, text: Hashable, anchor: str) -> str:
    shortened = str(text) if len(str(text)) <= 18 else f"{str(text)[:17]}…"
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(shortened)}</text>'


def _svg(size: tuple[int, int], name: str, parts: Sequence[str]) -> str:
    box = f'viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" height="{size[1]}"'
    return f'<svg {box} role="img" aria-label="{escape(name)}">{"".join(parts)}</svg>'
