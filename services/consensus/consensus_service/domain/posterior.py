"""Truth inference for one field: the probability of each answer, given votes and annotator models.

The model of Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using
the EM algorithm": each annotator gives each answer with a probability that depends on the correct
answer. These probabilities are estimated from honeypots and from the votes of others, with the mean
of the crowd as prior. Pure Python, because the matrices are small.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

Matrix = Sequence[Sequence[float]]
"""Dirichlet parameters: a row for each correct answer, a column for each answer."""

PRIOR_VOTES = 4.0
"""Weight of the crowd's confusion matrix in that of each annotator, in votes."""
PRIOR_ACCURACY = 0.7
"""Expected share of correct answers of a crowd without any votes."""


@dataclass(frozen=True, slots=True)
class FieldModel:
    """The annotator models of one field of a project."""

    answers: tuple[str, ...]
    """The canonical texts of the answers, as in `prevalence` and the matrices."""
    prevalence: tuple[float, ...]
    """The share of each answer among the correct ones; sums to 1."""
    shared: Matrix
    """The mean confusion matrix of the crowd, (answers, answers); rows sum to 1."""
    annotators: Mapping[str, Matrix]
    """The counted answers of each annotator, (answers, answers), without the prior."""
    evidence: Mapping[str, float]
    """The number of votes that each annotator's counts are based on."""
    temperature: float = 1.0
    """Divisor of log posteriors, fitted on gold; above 1 if they were overconfident."""

    @classmethod
    def unknown(cls, answers: Sequence[str]) -> "FieldModel":
        """Return the model for these answers before any vote."""
        k = len(answers)
        wrong = (1 - PRIOR_ACCURACY) / max(1, k - 1)
        right = PRIOR_ACCURACY if k > 1 else 1.0
        shared = tuple(tuple(right if r == c else wrong for c in range(k)) for r in range(k))
        return cls(tuple(answers), (1 / k,) * k, shared, {}, {})

    def with_answers(self, answers: Sequence[str]) -> "FieldModel":
        """Return the model extended by those of `answers` that it does not have.

        They get the prior of a crowd without votes. Such an answer is the empty text, for an
        optional field that was left out, or an option of a newer spec version.
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
        """Return the probability of each answer of `annotator` if answer `true` is correct."""
        own = self.annotators.get(annotator)
        prior = [PRIOR_VOTES * share for share in self.shared[true]]
        counts = prior if own is None else [a + b for a, b in zip(prior, own[true], strict=True)]
        total = sum(counts)
        return tuple(count / total for count in counts)

    def is_little_known(self, annotators: Sequence[str], votes_min: float) -> bool:
        """Return True if one of these annotators has evidence of fewer than `votes_min` votes."""
        return any(self.evidence.get(annotator, 0.0) < votes_min for annotator in annotators)


def posterior(model: FieldModel, votes: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return the probability of each answer, given `votes` of (annotator, answer).

    An answer that the model does not have is ignored: the option is newer than the model.
    """
    logs = [math.log(max(share, 1e-9)) for share in model.prevalence]
    places = {answer: place for place, answer in enumerate(model.answers)}
    for annotator, answer in votes:
        place = places.get(answer)
        if place is not None:
            for true in range(len(logs)):
                logs[true] += math.log(max(model.row(annotator, true)[place], 1e-9))
    return dict(zip(model.answers, _softmax(logs, model.temperature), strict=True))


def _softmax(logs: Sequence[float], temperature: float) -> list[float]:
    highest = max(logs)
    weights = [math.exp((log - highest) / temperature) for log in logs]
    total = sum(weights)
    return [weight / total for weight in weights]


def with_scores(
    model: FieldModel, scores: Sequence[tuple[str, str, str]], sign: float = 1.0
) -> FieldModel:
    """Return the model with honeypot scores of (annotator, gold, answer) added.

    With a `sign` of -1 the scores are removed.
    """
    places = {answer: place for place, answer in enumerate(model.answers)}
    annotators = {name: [list(row) for row in rows] for name, rows in model.annotators.items()}
    evidence = dict(model.evidence)
    k = len(model.answers)
    for annotator, gold, answer in scores:
        if gold in places and answer in places:
            own = annotators.setdefault(annotator, [[0.0] * k for _ in range(k)])
            cell = own[places[gold]][places[answer]] + sign
            own[places[gold]][places[answer]] = max(0.0, cell)
            evidence[annotator] = evidence.get(annotator, 0.0) + sign
    return replace(model, annotators=annotators, evidence=evidence)


def calibrated(
    model: FieldModel, gold: Sequence[tuple[str, Sequence[tuple[str, str]]]]
) -> FieldModel:
    """Return the model with the temperature that maximizes the likelihood of `gold`.

    `gold` holds (correct answer, votes) of each honeypot. The votes on a honeypot are judged by a
    model without its own scores. The logarithm of the temperature has a normal prior with mean 0
    and deviation 0.5, which keeps it near 1 while gold is scarce. Guo et al. (2017), "On
    calibration of modern neural networks".
    """
    usable = [(correct, votes) for correct, votes in gold if correct in model.answers and votes]
    if not usable:
        return model
    held_out = [
        (
            with_scores(model, [(name, correct, answer) for name, answer in votes], -1.0),
            correct,
            votes,
        )
        for correct, votes in usable
    ]

    def loss(temperature: float) -> float:
        total = 0.5 * (math.log(temperature) / 0.5) ** 2
        for without, correct, votes in held_out:
            probable = posterior(with_temperature(without, temperature), votes)
            total -= math.log(max(probable[correct], 1e-9))
        return total

    candidates = [math.exp(step / 10) for step in range(-10, 16)]
    return with_temperature(model, min(candidates, key=loss))


def is_disputed(model: FieldModel, votes: Sequence[tuple[str, str]]) -> bool:
    """Return True if a simpler model of the annotators prefers another answer than `model`.

    Votes alone cannot say which model is right; gold can, or an adjudicator.
    """
    best = _most_probable(model, votes)
    return any(_most_probable(rival, votes) != best for rival in (_pooled(model), _one_coin(model)))


def _most_probable(model: FieldModel, votes: Sequence[tuple[str, str]]) -> str:
    probable = posterior(model, votes)
    return max(probable, key=probable.__getitem__)


def _pooled(model: FieldModel) -> FieldModel:
    """Return the model in which all annotators share one confusion matrix."""
    matrices = list(model.annotators.values())
    shared = []
    for true, prior in enumerate(model.shared):
        counts = [
            PRIOR_VOTES * share + sum(matrix[true][answer] for matrix in matrices)
            for answer, share in enumerate(prior)
        ]
        shared.append([count / sum(counts) for count in counts])
    return replace(model, shared=shared, annotators={})


def _one_coin(model: FieldModel) -> FieldModel:
    """Return the model in which each annotator has one accuracy, and errs evenly."""
    k = len(model.answers)
    accuracy = sum(model.prevalence[n] * model.shared[n][n] for n in range(k))
    annotators = {}
    for name, rows in model.annotators.items():
        right = sum(rows[n][n] for n in range(k))
        wrong = sum(map(sum, rows)) - right
        annotators[name] = _evenly(right, wrong, k)
    return replace(model, shared=_evenly(accuracy, 1 - accuracy, k), annotators=annotators)


def _evenly(right: float, wrong: float, k: int) -> Matrix:
    """Return (k, k): `right` on the diagonal, `wrong` spread evenly over the rest of each row."""
    each = wrong / max(1, k - 1)
    return [[right if row == column else each for column in range(k)] for row in range(k)]


def with_temperature(model: FieldModel, temperature: float) -> FieldModel:
    """Return the model with another temperature."""
    return replace(model, temperature=temperature)
