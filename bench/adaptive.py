"""Compares adaptive with fixed redundancy on recorded crowds: votes per item, and accuracy.

The votes of each set are given to the policy in a random order: every item begins with two, and
gets one more while the policy needs more and a recorded vote is left. The annotator models are
fitted by the service's own code to the votes so far, again after each tenth more of votes. Nothing
is tuned to these sets.

    python bench/adaptive.py [--write]     # --write: also docs/adaptive.md and docs/adaptive.svg
"""

import csv
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np

from agreement import Votes, infer
from consensus_service.domain.policy import (
    Conflict,
    Decided,
    NeedsVotes,
    Redundancy,
    apply_policy,
)
from consensus_service.domain.posterior import FieldModel
from consensus_service.domain.votes import Vote
from labels import LabelSchema, compile_fields
from schemas.vocabulary import Policy

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
SETS = ("rte", "dog", "weather", "bluebirds")
SEEDS = (1, 2, 3)
GROWTH = 1.1
COLOURS = {"rte": "#1b6ca8", "dog": "#b5432a", "weather": "#2f7d4f", "bluebirds": "#7a4fa3"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a policy: votes per item, accuracy, share left to an adjudicator."""

    votes: float
    accuracy: float
    contested: float


def read(name: str) -> tuple[dict[str, list[tuple[str, str]]], dict[str, str]]:
    """Return the votes of each item, and the gold."""
    by_item: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with (DATA / name / "votes.csv").open() as file:
        for row in csv.DictReader(file):
            by_item[row["item_id"]].append((row["annotator_id"], row["label"]))
    with (DATA / name / "gold.csv").open() as file:
        gold = {row["item_id"]: row["label"] for row in csv.DictReader(file)}
    return by_item, gold


def fit(
    used: dict[str, list[tuple[str, str]]], answers: list[str]
) -> tuple[FieldModel, dict[str, str]]:
    """Fit the annotator models to the votes, and return them with the label of each item."""
    rows = [(item, annotator, label) for item, votes in used.items() for annotator, label in votes]
    items, annotators, labels = zip(*rows, strict=True)
    found = infer(Votes.of(items, annotators, labels, scale=answers))
    names = [str(name) for name in found.annotators]
    model = FieldModel(
        tuple(answers),
        tuple(found.prevalence.tolist()),
        tuple(map(tuple, found.confusion.mean(axis=0).tolist())),
        dict(zip(names, found.answers.tolist(), strict=True)),
        dict(zip(names, map(float, found.n_votes), strict=True)),
    )
    best = np.argmax(found.posterior, axis=1)
    return model, {
        str(i): str(found.label_names[k]) for i, k in zip(found.items, best, strict=True)
    }


class VoteSource:
    """Gives the recorded votes of one set to the policy."""

    def __init__(self, name: str, seed: int, policy: Policy) -> None:
        """Shuffle the items and their votes by `seed`."""
        chance = random.Random(seed)
        self.votes, self.gold = read(name)
        for votes in self.votes.values():
            chance.shuffle(votes)
        self.queue = chance.sample(sorted(self.votes), len(self.votes))
        self.answers = sorted({label for votes in self.votes.values() for _, label in votes})
        options = [f"o{answer}" for answer in self.answers]
        self.labels: LabelSchema = compile_fields(
            [{"name": "x", "kind": "choice", "options": options}]
        )
        self.policy = policy
        self.model = FieldModel.unknown(options)
        self.used: dict[str, list[tuple[str, str]]] = {}
        self.count = self.fitted = self.contested = 0

    def add_vote(self, item: str) -> bool:
        """Add one more vote to `item`; return False if none is left."""
        have = self.used.setdefault(item, [])
        if len(have) == len(self.votes[item]):
            return False
        annotator, label = self.votes[item][len(have)]
        have.append((annotator, f"o{label}"))
        self.count += 1
        if self.count > GROWTH * max(self.fitted, 200):
            self.model, _ = fit(self.used, [f"o{answer}" for answer in self.answers])
            self.fitted = self.count
        return True

    def decide(self, item: str) -> None:
        """Add votes to one item until the policy decides it, or raises a conflict."""
        for _ in range(self.policy.redundancy):
            self.add_vote(item)
        while True:
            votes = [
                Vote(UUID(int=n), annotator, {"x": label})
                for n, (annotator, label) in enumerate(self.used[item])
            ]
            redundancy = Redundancy(len(votes), self.policy.redundancy_max)
            outcome = apply_policy(votes, self.policy, self.labels, redundancy, {"x": self.model})
            if isinstance(outcome, Decided):
                return
            if isinstance(outcome, Conflict) or not self.add_vote(item):
                self.contested += 1
                return
            assert isinstance(outcome, NeedsVotes)


def adaptive(name: str, threshold: float) -> Outcome:
    """Return the mean result of the posterior policy with a threshold over the seeds."""
    policy = Policy.model_validate(
        {
            "redundancy": 2,
            "redundancy_max": 100,
            "decide": {"how": "posterior", "threshold": threshold},
        }
    )
    return mean(run(name, seed, policy) for seed in SEEDS)


def run(name: str, seed: int, policy: Policy) -> Outcome:
    """Run one seed; each item gets its most probable label under all votes used."""
    source = VoteSource(name, seed, policy)
    for item in source.queue:
        source.decide(item)
    return score(source.used, source, source.contested)


def fixed(name: str, redundancy: int | None) -> Outcome:
    """Return the mean result of truth inference on `redundancy` votes per item, or on all."""

    def once(seed: int) -> Outcome:
        source = VoteSource(name, seed, Policy())
        for item in source.queue:
            for _ in range(redundancy or len(source.votes[item])):
                source.add_vote(item)
        return score(source.used, source, 0)

    return mean(once(seed) for seed in (SEEDS if redundancy else SEEDS[:1]))


def score(used: dict[str, list[tuple[str, str]]], source: VoteSource, contested: int) -> Outcome:
    """Return the votes per item, and the share of correct labels."""
    _, labels = fit(used, [f"o{answer}" for answer in source.answers])
    right = [labels[item] == f"o{source.gold[item]}" for item in used if item in source.gold]
    votes = sum(map(len, used.values())) / len(used)
    return Outcome(votes, sum(right) / len(right), contested / len(used))


def mean(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the mean of each figure."""
    found = list(outcomes)
    rows = [(one.votes, one.accuracy, one.contested) for one in found]
    return Outcome(*(sum(column) / len(found) for column in zip(*rows, strict=True)))


def measure() -> dict[str, dict[str, Outcome]]:
    """Measure every policy on every set."""
    table: dict[str, dict[str, Outcome]] = {}
    for name in SETS:
        row = {"fixed 3": fixed(name, 3), "fixed 5": fixed(name, 5), "all": fixed(name, None)}
        row |= {f"adaptive {t}": adaptive(name, t) for t in (0.9, 0.95, 0.99)}
        table[name] = row
    return table


def as_markdown(table: dict[str, dict[str, Outcome]]) -> str:
    """Return the table for the docs: accuracy @ votes per item."""
    columns = list(next(iter(table.values())))
    lines = ["| set | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for name, row in table.items():
        cells = [f"{one.accuracy:.3f} @{one.votes:.2f}" for one in row.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def as_svg(table: dict[str, dict[str, Outcome]]) -> str:
    """Return a plot of accuracy over votes per item (log scale); filled dots are adaptive."""
    width, height, left, top = 640, 400, 60, 20

    def x(votes: float) -> float:
        return left + (width - left - 20) * np.log(votes / 2) / np.log(20)

    def y(accuracy: float) -> float:
        return top + (height - top - 50) * (0.96 - accuracy) / 0.36

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for votes in (2, 3, 5, 10, 20, 39):
        parts.append(
            f'<text x="{x(votes):.0f}" y="{height - 28}" text-anchor="middle">{votes}</text>'
        )
    for accuracy in (0.6, 0.7, 0.8, 0.9):
        parts.append(
            f'<text x="{left - 8}" y="{y(accuracy) + 4:.0f}" text-anchor="end">{accuracy}</text>'
        )
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{y(accuracy):.0f}" '
                     f'y2="{y(accuracy):.0f}" stroke="#ddd"/>')  # fmt: skip
    for place, (name, row) in enumerate(table.items()):
        colour, at = COLOURS[name], left + 20 + 110 * place
        for kind, fill in (("fixed", "none"), ("all", "none"), ("adaptive", colour)):
            chosen = [one for title, one in row.items() if title.startswith(kind)]
            parts += [f'<circle cx="{x(one.votes):.1f}" cy="{y(one.accuracy):.1f}" r="5" '
                      f'fill="{fill}" stroke="{colour}"/>' for one in chosen]  # fmt: skip
        parts.append(f'<text x="{at}" y="{height - 8}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """Measure, print, and with --write also update the docs."""
    if not DATA.is_dir():
        print(f"{DATA} with recorded crowds does not exist: nothing is measured.")
        return
    table = measure()
    text = as_markdown(table)
    print("\nadaptive redundancy: accuracy @ votes an item\n\n" + text)
    if "--write" in sys.argv:
        page = ROOT / "docs" / "adaptive.md"
        head = page.read_text().split("<!-- measured -->")[0]
        page.write_text(f"{head}<!-- measured -->\n\n{text}\n")
        (ROOT / "docs" / "adaptive.svg").write_text(as_svg(table))
    figures = {
        name: {title: [one.votes, one.accuracy, one.contested] for title, one in row.items()}
        for name, row in table.items()
    }
    print(json.dumps({"bench": "adaptive redundancy", **figures}))


if __name__ == "__main__":
    main()
