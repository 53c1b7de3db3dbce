"""The HTTP models of the quality service."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from schemas.vocabulary import (
    INTEGRAL,
    Accuracy,
    Annotator,
    Cause,
    Id,
    Measure,
    Name,
    ProjectName,
    SkipReason,
    SpecVersion,
    Standing,
    Strict,
    Text,
    Timestamp,
)

PAGE_MAX = 500

IssueState = Literal["open", "diagnosed", "resolved"]
"""`diagnosed`: still open, and enough adjudicators have said why people disagreed."""
Verdict = Literal["spec", "people", "subjective", "too_few", "unclear", "fine"]
"""Whom a measured agreement points at, or why it points at nobody."""

SkillLevel = Annotated[int, Field(ge=0, le=100), INTEGRAL]
Skills = dict[Name, SkillLevel]


class AnnotatorStanding(Strict):
    """Whether an annotator may work in one project, and on what that rests.

    Annotators who ask for themselves get `accuracy`, `last_good_at` and `reason` as null: a figure
    that moves with an answer would tell which of their tasks had a known label.
    """

    project: ProjectName
    standing: Standing
    reason: str | None
    accuracy: Accuracy | None
    last_good_at: Timestamp | None
    skills: Skills


class AnnotatorView(Strict):
    """One annotator, in the projects that the caller may see."""

    annotator: Annotator
    standings: list[AnnotatorStanding]


class AnnotatorUpdate(
    Strict,
    json_schema_extra={
        "examples": [{"project": "moods", "standing": "good", "skills": {"french": 60}}]
    },
):
    """What a person decides about an annotator in one project; what is left out stays.

    `new`, `good` and `flagged` begin a new count: earlier honeypots are held neither for nor
    against the annotator. `suspended` holds until a person lifts it. A skill level of 0 takes the
    skill away.
    """

    project: ProjectName
    standing: Standing | None = None
    reason: Text | None = None
    skills: Annotated[Skills, Field(max_length=100)] | None = None


class ProjectAnnotator(Strict):
    """One annotator of a project, with what it did."""

    annotator: Annotator
    standing: Standing
    reason: str
    accuracy: Accuracy
    last_good_at: Timestamp | None
    annotations: int
    honeypots: int
    skips: int
    leases_expired: int


class ProjectAnnotators(Strict):
    """The annotators of a project; `next` asks for the next page."""

    annotators: list[ProjectAnnotator]
    next: str | None = None


class AgreementFinding(Strict):
    """The newest agreement on one field of one spec version, and whom it points at."""

    spec_version: SpecVersion
    field: str
    metric: str
    measured: Measure
    without_distrusted: Measure | None
    floor: float
    verdict: Verdict
    why: str


class SpecIssueView(Strict):
    """A specification that fails: since when, by how much, and what became of it."""

    issue_id: Id
    project: ProjectName
    spec_version: SpecVersion
    field: str
    state: IssueState
    metric: str
    value: float
    low: float
    high: float
    floor: float
    why: str
    opened_at: Timestamp
    cause: Cause | None
    causes: dict[Cause, int]
    items: int
    """How many items speak against the specification."""
    resolved_by: SpecVersion | None
    resolved_at: Timestamp | None
    after: Measure | None
    """Agreement on the field under the spec version that resolved the issue, once measured."""


class SkipFinding(Strict):
    """How often tasks of a spec version were skipped for one reason, and how many items that is.

    Many `guideline_does_not_cover` or `two_labels_fit` are a fault of the specification that
    agreement cannot show: who skips an item does not vote on it.
    """

    spec_version: SpecVersion
    reason: SkipReason
    skips: int
    items: int


class SpecIssues(Strict):
    """The spec issues of a project, newest first, and whom each measured agreement points at."""

    issues: list[SpecIssueView]
    findings: list[AgreementFinding]
    skips: list[SkipFinding] = []
    next: str | None = None


class EvidenceItem(Strict):
    """One item that speaks against the specification, and how it does."""

    item_id: Id
    sources: list[Literal["conflict", "adjudication", "skip"]]
    causes: list[Cause]


class Confusion(Strict):
    """Two answers that people give to the same items, or cannot choose between: canonical text."""

    first: str
    second: str
    items: int


class RationaleGroup(Strict):
    """What adjudicators wrote in the same words, in the spelling of one of them."""

    rationale: str
    count: int
    causes: dict[Cause, int]
    rules: list[str]
    item_ids: list[Id]


class GoldMissed(Strict):
    """A honeypot that most trusted annotators missed: ask whether its gold, or a rule, is right."""

    item_id: Id
    expected: JsonValue
    rules: list[str]
    missed: int
    answered: int
    given: dict[str, int]
    """How often each wrong answer came, by its canonical text."""


class Evidence(Strict):
    """What speaks against the specification. Lists are cut at 500; the counts are whole."""

    items: list[EvidenceItem]
    confusions: list[Confusion]
    skips: dict[str, int]
    """How often a task was skipped for each reason, honeypots among them."""
    rationales: list[RationaleGroup]
    gold_missed: list[GoldMissed]


class SpecIssueDetail(SpecIssueView):
    """A spec issue with its evidence."""

    evidence: Evidence


class Difference(Strict):
    """A difference of two shares with its 95 % interval."""

    value: float | None
    low: float | None
    high: float | None


class ModelView(Strict):
    """How people's answers compare with what a model suggested."""

    model: Name
    accepted: Accuracy
    """Of the answers that saw the suggestion, the share that equals it."""
    agreed_blind: Accuracy
    """Of the answers for which the suggestion was hidden, the share that equals it all the same."""
    anchoring: Difference
    """The former less the latter: what seeing the suggestion adds to agreeing with it."""


class Models(Strict):
    """The models whose suggestions people were given, by name."""

    models: list[ModelView]
