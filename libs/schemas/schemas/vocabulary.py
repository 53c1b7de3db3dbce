"""The types that events and HTTP models share."""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID, uuid5

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from schemas.canonical import canonical
from schemas.field_definitions import FieldDefinition

INT_MAX = 2**31 - 1
TEXT_MAX = 10_000
IDS_MAX = 500
"""The largest number of ids in one event; more are published as several events."""


def _integral(value: object) -> object:
    """Return 36 for 36.0, which are one number in JSON; everything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


INTEGRAL = BeforeValidator(_integral)
"""For integers of strict models; behind `Field`, or the JSON Schema loses the bounds."""

ProjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Annotator = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""The pseudonym of an annotator: only the identity provider knows the person."""
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=500)]
ShortText = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SKILL_NEED = r"^[^\s<>=]([^<>=]*[^\s<>=])?(>=[0-9]{1,2})?$"
SkillNeed = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=SKILL_NEED)]
"""A skill with the lowest sufficient level: `french` means `french>=1`."""
RuleId = Annotated[str, StringConstraints(pattern=r"^R[0-9]+(\.[0-9]+)*$")]
SpecVersion = Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL]
Priority = Annotated[int, Field(ge=0, le=9), INTEGRAL]
Share = Annotated[float, Field(ge=0, le=1)]
Timestamp = Annotated[AwareDatetime, Field(strict=False)]


def _no_number(value: object) -> object:
    if isinstance(value, int | float):
        raise PydanticCustomError("datetime_type", "Write a time as text: 2026-01-31T12:00:00Z.")
    return value


DueAt = Annotated[Timestamp, BeforeValidator(_no_number, json_schema_input_type=Timestamp)]
"""A time in a request. Numbers, which would be read as seconds since 1970, are refused."""
Id = Annotated[UUID, Field(strict=False)]
Ids = Annotated[list[Id], Field(max_length=IDS_MAX)]
Label: TypeAlias = dict[str, JsonValue]
Payload: TypeAlias = dict[str, JsonValue]
Presentation: TypeAlias = dict[str, list[str]]
"""By field: the order in which its options are shown."""

AnnotatorKind = Literal["human", "model", "function"]
Purpose = Literal["work", "honeypot"]
Stage = Literal["annotate", "review", "adjudicate"]
Standing = Literal["new", "good", "flagged", "suspended"]
SkipReason = Literal[
    "guideline_does_not_cover", "two_labels_fit", "bad_data", "not_my_skill", "other"
]
ConflictOrigin = Literal["votes", "skips", "review"]
Cause = Literal["spec_gap", "ambiguous_data", "perspective", "slip"]
Verdict = Literal["accept", "fix", "reject"]
Relabel = Literal["none", "evidence", "touched", "all"]
Overlap = Literal["random", "all", "none"]
"""The reason why several people label an item: it is in a random sample (`random`), all items are
labeled so (`all`), or several people do not label it (`none`). Agreement is measured on the first
two."""

_ITEMS = UUID("6c1f1f2e-6f0b-5f0e-9f43-2b0a3a1c7d10")


def _both_fit(labels: list[Label], info: ValidationInfo) -> list[Label]:
    """Return the labels of a skip; refuse equal ones, and any with a reason other than two fit."""
    if labels and info.data.get("reason", "two_labels_fit") != "two_labels_fit":
        raise PydanticCustomError("reason", "Only the reason two_labels_fit comes with labels.")
    if labels and len({canonical(label) for label in labels}) != 2:
        raise PydanticCustomError("two_labels", "Send two labels that differ: both fit.")
    return labels


TwoLabels = Annotated[list[Label], Field(min_length=2, max_length=2), AfterValidator(_both_fit)]
"""The two labels that both fit, in the opinion of the annotator who skips the task."""
NoneOrTwoLabels = Annotated[list[Label], Field(max_length=2), AfterValidator(_both_fit)]


def _not_blank(text: str) -> str:
    """Return `text`; refuse a text that `is_blank`."""
    if is_blank(text):
        raise PydanticCustomError("blank", "This is blank: write a sentence.")
    return text


def is_blank(text: str) -> bool:
    """Return True if `text` has only spaces, control and zero-width characters, or is empty."""
    return not any(char.isprintable() and not char.isspace() for char in text)


NotBlank = AfterValidator(_not_blank)
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX), NotBlank]
"""A text in which a person must have written something. Events use `Text`, which may be blank."""


class Strict(BaseModel):
    """The base of models for outside input: no type coercion, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def item_id(project: str, external_id: str | None, payload_sha256: str) -> UUID:
    """Return the id of an item: derived from its external id and project, else from its content."""
    own = f"id\x00{external_id}" if external_id is not None else f"sha256\x00{payload_sha256}"
    return uuid5(_ITEMS, f"{project}\x00{own}")


class PayloadBlob(Strict):
    """The address of a payload that is too large to be sent inline."""

    sha256: Sha256
    """The digest of the payload's canonical JSON (RFC 8785), which is the content at `url`."""
    size: int | None
    """Its size in bytes. None for items that were imported by releases without this field."""
    url: str
    """The address of the JSON, valid for 15 minutes without a token; range requests are supported.
    It is absolute, or a path of the service that answered."""


class SpecModel(Strict):
    """The base of the parts of a spec document; the text below a key is its description."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Rule(SpecModel):
    """One numbered clause of the guidelines, in Markdown, which annotations cite."""

    id: RuleId
    """The name that annotations cite: R and a number, such as R1 or R2.3."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]
    """The rule, in Markdown."""
    examples: Annotated[list[Text], Field(max_length=50)] = []
    """Items or passages to which the rule applies, each with the right answer."""
    counter_examples: Annotated[list[Text], Field(max_length=50)] = []
    """Items or passages to which the rule seems to apply, and does not."""


def _is_default(disputed: str) -> bool:
    return disputed == "decide"


class Decide(SpecModel):
    """The rule by which a field is decided, with the confidence that it needs.

    `subjective` keeps the distribution of answers: no single answer wins, nothing is adjudicated.
    """

    how: Literal["unanimous", "share", "posterior", "subjective"] = "unanimous"
    """`unanimous`: all annotations agree. `share`: the most frequent answer has a share of at least
    `threshold`. `posterior`: its probability, by models of the annotators, is at least `threshold`.
    `subjective`: the distribution of the answers is kept, and no answer wins."""
    threshold: Share = 0.9
    """The share or the probability that `share` and `posterior` need."""
    disputed: Annotated[Literal["decide", "adjudicate"], Field(exclude_if=_is_default)] = "decide"
    """With `posterior`: the outcome where other models of the annotators prefer another answer.

    Left out of documents at its default, so that hashes of older documents stay valid.
    """


class Honeypots(SpecModel):
    """The rates of honeypots: higher for the first tasks, when least is known of an annotator."""

    first: Annotated[int, Field(ge=0, le=1000), INTEGRAL] = 10
    """The number of an annotator's first tasks for which `first_rate` applies."""
    first_rate: Share = 0.5
    """The share of honeypots among these tasks."""
    rate: Share = 0.05
    """The share of honeypots among all later tasks."""
    exposure_max: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] = 1000
    """The number of people who may get one honeypot; more could recognize it."""


def _is_empty(value: object) -> bool:
    """Return True to leave a key out of documents, so that hashes of older documents stay valid."""
    return not value


AgreementMetric = Literal["nominal", "ordinal", "interval", "ratio", "distance"]


class Agreement(SpecModel):
    """The agreement that is measured, and the floor below which a spec issue is considered."""

    metric: AgreementMetric | None = None
    """The metric of all fields that are not in `metric_fields`. None: the metric of the field."""
    metric_fields: Annotated[dict[str, AgreementMetric], Field(exclude_if=_is_empty)] = {}
    """The metric of single fields, by name. Left out of documents if it is empty."""
    floor: Annotated[float, Field(ge=-1, le=1)] = 0.70
    """The agreement below which, with its whole interval, a spec issue is opened."""
    slices: Annotated[list[Name], Field(max_length=5)] = []
    """Metadata keys by whose values agreement is also measured and published."""
    items_min: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] = 20
    """The number of items with several annotations that a measurement needs."""

    def metric_of(self, field: str) -> AgreementMetric | None:
        """Return the metric that the policy sets for `field`; None: the metric of the field."""
        return self.metric_fields.get(field, self.metric)


class SecondLook(SpecModel):
    """The settings of a stage after the first: the people who get it, and the data they see."""

    votes: Literal["shown", "hidden"] = "shown"
    """`shown`: people see the annotations. `hidden`: they work blind."""
    experienced_first_seconds: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] = 60
    """The time for which only people with experience in such work get it, if there are any."""
    escalate_hours: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    """The time after which it comes first, for people with `escalate_skills`. None: never."""
    escalate_skills: Annotated[list[Name], Field(max_length=20)] = []
    """The skills of the people who get it after `escalate_hours`."""
    outside_batch: bool = False
    """True to exclude people who annotated in the item's batch (`batch` in its metadata)."""


class Review(SecondLook):
    """The share of decided labels that are reviewed, and the number of review stages."""

    rate: Share = 0.0
    """The share of decided labels that are reviewed, drawn at random."""
    votes: Literal["shown", "hidden"] = "hidden"
    """`hidden`: reviewers work blind. `shown`: they see the annotations."""
    stages: Annotated[int, Field(ge=1, le=5), INTEGRAL] = 1
    """The number of different people who must accept a label, one after the other."""


class Adjudication(SecondLook):
    """The settings of the stage in which conflicts are decided."""


class Quotas(SpecModel):
    """The limits on the tasks of a project that are leased. None: no limit."""

    per_annotator: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    """The number of tasks of the project that one annotator may hold or have annotated."""
    total: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    """The same limit for all annotators together."""


class Qualification(SpecModel):
    """The requirements on an annotator before the first lease under a new spec version."""

    acknowledge: bool = False
    """Not enforced yet: leave it out."""
    honeypots: Annotated[int, Field(ge=0, le=100), INTEGRAL] = 0
    """Not enforced yet: leave it out."""


class Policy(SpecModel):
    """The rules of a project for redundancy, decisions, honeypots, reviews, quotas and leases."""

    redundancy: Annotated[int, Field(ge=1, le=1000), INTEGRAL] = 3
    """The number of people who label an item at first."""
    redundancy_max: Annotated[int, Field(ge=1, le=1000), INTEGRAL] = 5
    """The most people who label an item; `share` and `posterior` ask one more until they decide."""
    overlap_share: Share = 1.0
    """The share of items that `redundancy` people label, drawn at random. One labels the others."""
    decide: Decide = Decide()
    """The rule by which fields are decided."""
    decide_fields: dict[str, Decide] = {}
    """The rules of single fields, by name, in place of `decide`."""
    votes_floor: Annotated[int, Field(ge=1, le=1000), INTEGRAL] = 3
    """With `posterior`: the annotations needed while one of the annotators is little known."""
    known_after: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] = 10
    """With `posterior`: the number of annotations from which on an annotator counts as known."""
    deciders: Annotated[list[AnnotatorKind], Field(min_length=1)] = ["human"]
    """The kinds of annotators whose annotations decide; those of others are stored and compared."""
    agreement: Agreement = Agreement()
    """The measurement of agreement."""
    honeypots: Honeypots = Honeypots()
    """The rates of honeypots: items with a known label, mixed into the work unmarked."""
    review: Review = Review()
    """The reviews of decided labels."""
    adjudication: Adjudication = Adjudication()
    """The decision of conflicts by a person."""
    quotas: Quotas = Quotas()
    """The limits on the work of annotators."""
    qualification: Qualification = Qualification()
    """The requirements before the first lease."""
    skills: list[Name] = []
    """The skills that annotators need, such as `french` or `french>=2`."""
    skips_max: Annotated[int, Field(ge=1, le=100), INTEGRAL] = 3
    """The number of annotators who skip an item that makes it a conflict."""
    reopen_on_late_vote: bool = False
    """True: an annotation that differs from a decided label makes a conflict."""
    lease_seconds: Annotated[int, Field(ge=5, le=86_400), INTEGRAL] = 900
    """The time that an annotator has for a task, unless the page extends it."""
    sla_hours: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    """The time until an undecided item is overdue. None: never."""
    blind_share: Share = 0.1
    """The share of annotations for which the pre-label is hidden, to measure its influence."""
    undo_seconds: Annotated[int, Field(ge=0, le=600), INTEGRAL] = 0
    """The time in which annotators can take an answer back. 0: not at all."""

    def decision(self, field: str) -> Decide:
        """Return the rule by which `field` is decided."""
        return self.decide_fields.get(field, self.decide)


class SpecDocument(SpecModel):
    """The content of a spec version, which its hash is computed from."""

    task_type: Name
    """The kind of work in one word; experience and skills are counted by it."""
    fields: Annotated[list[FieldDefinition], Field(min_length=1, max_length=100)]
    """The questions of a label, in the order in which they are asked."""
    guidelines: Annotated[list[Rule], Field(max_length=1000)] = []
    """The numbered rules that annotators read and cite."""
    policy: Policy = Policy()
    """The settings of redundancy, decisions, honeypots, reviews, quotas and leases."""


class Prelabel(Strict):
    """The label that a model suggests for an item."""

    model: Name
    value: Label
    score: Share | None = None


class Signal(Strict):
    """An observation from production that makes an item worth labeling."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    score: float | None = None
    reason: Text | None = None
    model: Name | None = None


class Skip(Strict):
    """A skip of a task, with its reason and without the annotator's identity."""

    reason: SkipReason
    note: str | None = None
    labels: NoneOrTwoLabels = []
    """The two labels that both fit, if that is the reason and the annotator named them."""


class Accuracy(Strict):
    """A share of `n` observations, with its 95 % interval."""

    value: Share | None
    low: Share | None
    high: Share | None
    n: Annotated[int, Field(ge=0), INTEGRAL]


class Measure(Strict):
    """One agreement figure with its interval. None if undefined; `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_annotators: int
    n_pairable: int
    reason: str | None = None


def document_of(value: object) -> SpecDocument:
    """Return the spec document in `value`, which is from an event or a row of a database.

    Unknown keys are ignored, since a newer release may have published the document.
    """
    return SpecDocument.model_validate(value, strict=False, extra="ignore")
