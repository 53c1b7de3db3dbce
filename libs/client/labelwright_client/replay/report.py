"""The report of a replay: a JSON object for scripts, and a table for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from labelwright_client.replay.plan import Plan
from labelwright_client.replay.scoring import Accuracy, Score
from schemas.consensus import AgreementView
from schemas.dataset_store import How, LabelsSummary, Published

BY_EXPERT: tuple[How, ...] = ("adjudicated", "review")


@dataclass(frozen=True, slots=True)
class Report:
    """The results of one replay."""

    project: str
    plan: Plan
    summary: LabelsSummary
    annotations: int
    honeypot_annotations: int
    late: int
    agreement: AgreementView | None
    accuracy: Accuracy
    flagged: Sequence[str]
    """The annotators that quality flagged or suspended, by their ids in the file."""
    version: Published | None
    """None if no item has a label, so that nothing can be published."""
    seconds: float
    shows_flagged: bool = True
    """False if the report must not show which annotators are flagged."""

    @property
    def decided(self) -> int:
        """The number of items with a label that needed no expert."""
        decided = self.summary.decided.items()
        return sum(count for how, count in decided if how not in BY_EXPERT)

    @property
    def adjudicated(self) -> int:
        """The number of items with a label from the expert."""
        return sum(self.summary.decided.get(how, 0) for how in BY_EXPERT)

    @property
    def open(self) -> int:
        """The number of items that lack annotations which no annotator has."""
        waiting = self.summary.pending + self.summary.review_pending
        return waiting + self.summary.unreleased

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        return {
            "items": len(self.plan.work),
            "annotations": self.annotations,
            "decided": self.decided,
            "adjudicated": self.adjudicated,
            "contested": self.summary.contested,
            "agreement": self._agreement(),
            "accuracy": {name: score.value for name, score in self._scores().items()},
            "flagged": len(self.flagged),
            "version": self.version.hash if self.version else None,
            "seconds": round(self.seconds, 3),
            **self._extras(),
        }

    def _agreement(self) -> dict[str, Any]:
        if self.agreement is None:
            return {"metric": None, "value": None, "low": None, "high": None}
        measured = self.agreement.measured
        return {
            "metric": self.agreement.metric,
            "value": measured.value,
            "low": measured.low,
            "high": measured.high,
        }

    def _scores(self) -> dict[str, Score]:
        names = ("undisputed", "with_expert", "majority", "single")
        return {name: getattr(self.accuracy, name) for name in names}

    def _extras(self) -> dict[str, Any]:
        return {
            "open": self.open,
            "honeypots": len(self.plan.honeypots),
            "honeypot_annotations": self.honeypot_annotations,
            "annotators": len(self.plan.annotators),
            "accuracy_items": {name: score.n for name, score in self._scores().items()},
            "flagged_annotators": list(self.flagged),
            "late": self.late,
            "type": self.plan.scale,
            "tolerance": self.plan.tolerance if self.plan.scale == "interval" else None,
            "redundancy": self.plan.redundancy,
            "records": self.version.records if self.version else 0,
            "project": self.project,
            "dataset": self.version.dataset if self.version else None,
            "notes": list(self.plan.sentences),
        }

    def as_table(self) -> Table:
        """Return the report as a table."""
        table = Table(show_header=False, title=f"Replay in the project {self.project}")
        table.add_column(style="bold")
        table.add_column(justify="right")
        table.add_column(style="dim")
        for name, value, remark in (*self._counts(), *self._figures(), *self._end()):
            table.add_row(name, value, remark)
        return table

    def _counts(self) -> list[tuple[str, str, str]]:
        split = f"{self.annotations:,} of items, {self.honeypot_annotations:,} of honeypots"
        disputed = "no gold for the expert" if self.summary.contested else ""
        rows = [
            (
                "items",
                f"{len(self.plan.work):,}",
                f"without {len(self.plan.honeypots)} honeypots",
            ),
            ("annotations", f"{self.annotations:,}", split),
            ("decided at once", f"{self.decided:,}", self._share(self.decided)),
            ("adjudicated", f"{self.adjudicated:,}", self._share(self.adjudicated)),
            ("still contested", f"{self.summary.contested:,}", disputed),
        ]
        if self.open:
            rows.append(("open", f"{self.open:,}", "no annotator left for them"))
        return rows

    def _share(self, count: int) -> str:
        return f"{count / len(self.plan.work):.0%} of the items"

    def _figures(self) -> list[tuple[str, str, str]]:
        rows = [self._agreement_row()]
        remarks = {
            "undisputed": "labels that the annotators agreed on",
            "with_expert": "all labels; the expert is simulated by gold",
            "majority": "most frequent of the same votes",
            "single": "one vote per item (“spreadsheet”), same votes",
        }
        if self.plan.scale == "interval":
            remarks["majority"] = "median of the same votes"
        for name, score in self._scores().items():
            remark = f"{remarks[name]}, {score.n} items" if score.n else "no gold"
            rows.append((f"accuracy: {name.replace('_', ' ')}", _figure(score.value), remark))
        return rows

    def _agreement_row(self) -> tuple[str, str, str]:
        if self.agreement is None:
            return ("agreement", "-", "not measured")
        measured = self.agreement.measured
        between = f"{_figure(measured.low)} to {_figure(measured.high)}"
        remark = f"{self.agreement.metric}, {between}"
        return ("agreement", _figure(measured.value), measured.reason or remark)

    def _end(self) -> list[tuple[str, str, str]]:
        flagged = ("annotators flagged", f"{len(self.flagged)}", f"of {len(self.plan.annotators)}")
        version = ("dataset version", "-", "no item has a label yet")
        if self.version is not None:
            version = ("dataset version", self.version.hash[:12], self.version.hash)
        seconds = ("seconds", f"{self.seconds:.1f}", "")
        return [flagged, version, seconds] if self.shows_flagged else [version, seconds]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
