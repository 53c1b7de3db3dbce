"""How probable each answer to a field is, given the votes and what is known of the voters.

The Dawid-Skene model (1979): a voter says `given` to a task whose right answer is `true` with a
probability of its own, which honeypots and the votes of others have taught us, and which for
somebody little known is near what the crowd has in common. Pure Python: a handful of numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

Matrix = Sequence[Sequence[float]]
"""Dirichlet parameters: a row for each right answer, a column for each given one."""

PRIOR_VOTES = 4.0
"""What is common to the crowd is worth so many votes when a voter is first met."""
PRIOR_ACCURACY = 0.7
"""Of an unknown crowd we expect seven right answers in ten."""


@dataclass(frozen=True, slots=True)
class FieldModel:
    """What is known of one field of a project: its answers, and who gives which."""

    answers: tuple[str, ...]
    """The canonical texts of the answers, as in `prevalence` and the matrices."""
    prevalence: tuple[float, ...]
    shared: Matrix
    """What the crowd has in common; rows sum to 1."""
    annotators: Mapping[str, Matrix]
    evidence: Mapping[str, float]
    """How many votes what is known of an annotator rests on."""
    temperature: float = 1.0
    """Fitted on gold: above 1, posteriors were too sure of themselves."""

    @classmethod
    def unknown(cls, answers: Sequence[str]) -> "FieldModel":
        """What is known before anybody voted."""
        k = len(answers)
        wrong = (1 - PRIOR_ACCURACY) / max(1, k - 1)
        right = PRIOR_ACCURACY if k > 1 else 1.0
        shared = tuple(tuple(right if r == c else wrong for c in range(k)) for r in range(k))
        return cls(tuple(answers), (1 / k,) * k, shared, {}, {})

    def with_answers(self, answers: Sequence[str]) -> "FieldModel":
        """Return the model extended by those of `answers` that it does not know.

        Nothing was learned about them, so they get what an unknown crowd is expected to do. One is
        the empty text, for an optional field that was left out; another an option of a newer spec.
        """
        new = [answer for answer in answers if answer not in self.answers]
        if not new:
            return self
        fresh = FieldModel.unknown([*self.answers, *new])
        k, size = len(self.answers), len(fresh.answers)
        wrong = fresh.shared[0][1]
        old = [
            tuple(share * (1 - wrong * len(new)) for share in row) + (wrong,) * len(new)
            for row in self.shared
        ]
        counts = {
            name: [[*row, *[0.0] * len(new)] for row in rows] + [[0.0] * size for _ in new]
            for name, rows in self.annotators.items()
        }
        return replace(
            self,
            answers=fresh.answers,
            prevalence=(*(share * k / size for share in self.prevalence), *(1 / size,) * len(new)),
            shared=(*old, *fresh.shared[k:]),
            annotators=counts,
        )

    def row(self, annotator: str, true: int) -> tuple[float, ...]:
        """The probability of each answer of `annotator` where `true` is right."""
        own = self.annotators.get(annotator)
        prior = [PRIOR_VOTES * share for share in self.shared[true]]
        counts = prior if own is None else [a + b for a, b in zip(prior, own[true], strict=True)]
        total = sum(counts)
        return tuple(count / total for count in counts)

    def is_little_known(self, annotators: Sequence[str], votes_min: float) -> bool:
        """Whether one of them was judged on fewer than `votes_min` votes."""
        return any(self.evidence.get(annotator, 0.0) < votes_min for annotator in annotators)


def posterior(model: FieldModel, votes: Sequence[tuple[str, str]]) -> dict[str, float]:
    """The probability of each answer, from `votes` of (annotator, answer).

    An answer that the model does not know tells nothing: the option is newer than the model.
    """
    logs = [math.log(max(share, 1e-9)) for share in model.prevalence]
    places = {answer: place for place, answer in enumerate(model.answers)}
    for annotator, answer in votes:
        given = places.get(answer)
        if given is not None:
            for true in range(len(logs)):
                logs[true] += math.log(max(model.row(annotator, true)[given], 1e-9))
    return dict(zip(model.answers, _softmax(logs, model.temperature), strict=True))


def _softmax(logs: Sequence[float], temperature: float) -> list[float]:
    highest = max(logs)
    weights = [math.exp((one - highest) / temperature) for one in logs]
    total = sum(weights)
    return [weight / total for weight in weights]


def with_scores(
    model: FieldModel, scores: Sequence[tuple[str, str, str]], sign: float = 1.0
) -> FieldModel:
    """The model after honeypots of (annotator, expected, given); `sign` -1 takes them back out."""
    places = {answer: place for place, answer in enumerate(model.answers)}
    annotators = {name: [list(row) for row in rows] for name, rows in model.annotators.items()}
    evidence = dict(model.evidence)
    k = len(model.answers)
    for annotator, expected, given in scores:
        if expected in places and given in places:
            own = annotators.setdefault(annotator, [[0.0] * k for _ in range(k)])
            cell = own[places[expected]][places[given]] + sign
            own[places[expected]][places[given]] = max(0.0, cell)
            evidence[annotator] = evidence.get(annotator, 0.0) + sign
    return FieldModel(
        model.answers, model.prevalence, model.shared, annotators, evidence, model.temperature
    )


def calibrated(
    model: FieldModel, gold: Sequence[tuple[str, Sequence[tuple[str, str]]]]
) -> FieldModel:
    """The model with the temperature under which `gold` is least surprising.

    `gold` is (right answer, votes) for each honeypot. Each is judged without what it taught about
    its voters. One number is fitted, with a prior that holds it near 1 while gold is scarce
    (a normal on its logarithm, of deviation 0.5): Guo et al. 2017, "On calibration".
    """
    usable = [(right, votes) for right, votes in gold if right in model.answers and votes]
    if not usable:
        return model
    left_out = [
        (with_scores(model, [(who, right, said) for who, said in votes], -1.0), right, votes)
        for right, votes in usable
    ]

    def surprise(temperature: float) -> float:
        told = 0.5 * (math.log(temperature) / 0.5) ** 2
        for without, right, votes in left_out:
            heated = _heated(without, temperature)
            told -= math.log(max(posterior(heated, votes)[right], 1e-9))
        return told

    candidates = [math.exp(step / 10) for step in range(-10, 16)]
    return _heated(model, min(candidates, key=surprise))


def _heated(model: FieldModel, temperature: float) -> FieldModel:
    return FieldModel(
        model.answers,
        model.prevalence,
        model.shared,
        model.annotators,
        model.evidence,
        temperature,
    )
