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
"""The source of disagreement that a measured agreement indicates, or the reason for none."""

SkillLevel = Annotated[int, Field(ge=0, le=100), INTEGRAL]
Skills = dict[Name, SkillLevel]


class AnnotatorStanding(Strict):
    """The standing of an annotator in one project, with its reasons.

    Annotators who read their own standing get `accuracy`, `last_good_at` and `reason` as null: a
    figure that changes with an annotation would reveal which tasks were honeypots.
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
    """A decision of a person about an annotator in one project; omitted fields do not change.

    `new`, `good` and `flagged` begin a new count, without earlier honeypots. `suspended` lasts
    until a person changes it. A skill level of 0 removes the skill.
    """

    project: ProjectName
    standing: Standing | None = None
    reason: Text | None = None
    skills: Annotated[Skills, Field(max_length=100)] | None = None


class ProjectAnnotator(Strict):
    """One annotator of a project, with counts of the annotator's work."""

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
    """The annotators of a project. Pass `next` as `after` to get the next page."""

    annotators: list[ProjectAnnotator]
    next: str | None = None


class AgreementFinding(Strict):
    """The newest agreement on one field of one spec version, with its verdict."""

    spec_version: SpecVersion
    field: str
    metric: str
    measured: Measure
    without_distrusted: Measure | None
    floor: float
    verdict: Verdict
    why: str


class SpecIssueView(Strict):
    """A spec issue: the figures that opened it, its state and its resolution."""

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
    """The number of items with evidence against the specification."""
    resolved_by: SpecVersion | None
    resolved_at: Timestamp | None
    after: Measure | None
    """Agreement on the field under the spec version that resolved the issue, once measured."""


class SkipFinding(Strict):
    """The number of skips of a spec version for one reason, and of the items concerned.

    Many skips for `guideline_does_not_cover` or `two_labels_fit` indicate a fault of the
    specification that agreement cannot show, since a skip is not an annotation.
    """

    spec_version: SpecVersion
    reason: SkipReason
    skips: int
    items: int


class SpecIssues(Strict):
    """The spec issues of a project, newest first, with the verdicts on agreement and skips."""

    issues: list[SpecIssueView]
    findings: list[AgreementFinding]
    skips: list[SkipFinding] = []
    next: str | None = None


class EvidenceItem(Strict):
    """One item with evidence against the specification, with the sources of the evidence."""

    item_id: Id
    sources: list[Literal["conflict", "adjudication", "skip"]]
    causes: list[Cause]


class Confusion(Strict):
    """Two answers, as canonical texts, that people give to the same items or hesitate between."""

    first: str
    second: str
    items: int


class RationaleGroup(Strict):
    """A rationale that adjudicators gave in the same words, in the spelling of one of them."""

    rationale: str
    count: int
    causes: dict[Cause, int]
    rules: list[str]
    item_ids: list[Id]


class GoldMissed(Strict):
    """A honeypot that most trusted annotators got wrong: its gold or a rule may be at fault."""

    item_id: Id
    expected: JsonValue
    rules: list[str]
    missed: int
    answered: int
    given: dict[str, int]
    """The number of times each wrong answer was given, by its canonical text."""


class Evidence(Strict):
    """The evidence against a specification. Lists have at most 500 entries; counts are complete."""

    items: list[EvidenceItem]
    confusions: list[Confusion]
    skips: dict[str, int]
    """The number of skips for each reason, including those of honeypots."""
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
    """A comparison of people's annotations with the pre-labels of a model."""

    model: Name
    accepted: Accuracy
    """The share of annotations made with the pre-label shown that equal it."""
    agreed_blind: Accuracy
    """The share of annotations made with the pre-label hidden that equal it."""
    anchoring: Difference
    """`accepted` less `agreed_blind`: the effect of showing the pre-label."""


class Models(Strict):
    """The models whose pre-labels were shown to people, sorted by name."""

    models: list[ModelView]
