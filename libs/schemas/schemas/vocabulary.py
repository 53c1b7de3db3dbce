"""The small types that events and HTTP models share."""

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
"""How many ids one event names at most; more become several events."""


def _integral(value: object) -> object:
    """Return 36 for 36.0, which are one number in JSON; everything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


INTEGRAL = BeforeValidator(_integral)
"""For integers of strict models; behind `Field`, or the JSON Schema loses the bounds."""

ProjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Annotator = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A pseudonym: who it is, only the identity provider knows."""
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=500)]
ShortText = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SKILL_NEED = r"^[^\s<>=]([^<>=]*[^\s<>=])?(>=[0-9]{1,2})?$"
SkillNeed = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=SKILL_NEED)]
"""A skill, and from which level on: `french` is `french>=1`."""
RuleId = Annotated[str, StringConstraints(pattern=r"^R[0-9]+(\.[0-9]+)*$")]
SpecVersion = Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL]
Priority = Annotated[int, Field(ge=0, le=9), INTEGRAL]
Share = Annotated[float, Field(ge=0, le=1)]
Timestamp = Annotated[AwareDatetime, Field(strict=False)]
Id = Annotated[UUID, Field(strict=False)]
Ids = Annotated[list[Id], Field(max_length=IDS_MAX)]
Label: TypeAlias = dict[str, JsonValue]
Payload: TypeAlias = dict[str, JsonValue]

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
"""Whether the item is one of a random sample that several people label (`random`), whether all
items are (`all`), or whether this one is not (`none`). Agreement is measured on the first two."""

_ITEMS = UUID("6c1f1f2e-6f0b-5f0e-9f43-2b0a3a1c7d10")


def _both_fit(labels: list[Label], told: ValidationInfo) -> list[Label]:
    """Labels of a skip: two that differ, with a reason that speaks of two; or none."""
    if labels and told.data.get("reason", "two_labels_fit") != "two_labels_fit":
        raise PydanticCustomError("reason", "Only the reason two_labels_fit comes with labels.")
    if labels and len({canonical(label) for label in labels}) != 2:
        raise PydanticCustomError("two_labels", "Send two labels that differ: both fit.")
    return labels


TwoLabels = Annotated[list[Label], Field(min_length=2, max_length=2), AfterValidator(_both_fit)]
"""The two labels that fit, as whoever skips for this reason says."""
NoneOrTwoLabels = Annotated[list[Label], Field(max_length=2), AfterValidator(_both_fit)]


def _not_blank(text: str) -> str:
    """Return `text`; refuse what shows nothing: spaces, control and zero-width characters."""
    if is_blank(text):
        raise PydanticCustomError("blank", "This is blank: write a sentence.")
    return text


def is_blank(text: str) -> bool:
    """Whether `text` shows nothing: spaces, control and zero-width characters at most."""
    return not any(char.isprintable() and not char.isspace() for char in text)


NotBlank = AfterValidator(_not_blank)
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX), NotBlank]
"""For what a person must have written something in. Events take `Text`: they tell what was said."""


class Strict(BaseModel):
    """What comes in from outside: types are meant, unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def item_id(project: str, external_id: str | None, payload_sha256: str) -> UUID:
    """The identity of an item: its external id within the project, else its content."""
    own = f"id\x00{external_id}" if external_id is not None else f"sha256\x00{payload_sha256}"
    return uuid5(_ITEMS, f"{project}\x00{own}")


class PayloadBlob(Strict):
    """Where a payload is that is too large to travel inline."""

    sha256: Sha256
    """The digest of the payload's canonical JSON (RFC 8785), which the address gives."""
    size: int | None
    """Its bytes. None for items that came in before this was known."""
    url: str
    """Gives the JSON, whole or in ranges and without a token, for 15 minutes. A path is one of the
    service that answered; else the address is whole."""


class Rule(Strict):
    """One numbered clause of the guidelines, in Markdown, which people cite."""

    id: RuleId
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]
    examples: Annotated[list[Text], Field(max_length=50)] = []
    counter_examples: Annotated[list[Text], Field(max_length=50)] = []


class Decide(Strict):
    """How a field is decided: when the answers say one thing, and how sure that must be.

    `subjective` keeps the distribution: no winner, no adjudication.
    """

    how: Literal["unanimous", "share", "posterior", "subjective"] = "unanimous"
    threshold: Share = 0.9


class Honeypots(Strict):
    """How often a honeypot is mixed in: more often in the first tasks, when it tells most."""

    first: Annotated[int, Field(ge=0, le=1000), INTEGRAL] = 10
    first_rate: Share = 0.5
    rate: Share = 0.05
    exposure_max: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] = 1000
    """How many people may get one honeypot, before too many know it."""


def _is_empty(value: object) -> bool:
    """Return True for a key that was added later and is at its default: no stored hash changes."""
    return not value


AgreementMetric = Literal["nominal", "ordinal", "interval", "ratio", "distance"]


class Agreement(Strict):
    """Which agreement is watched, and below which value the specification is asked."""

    metric: AgreementMetric | None = None
    """Of all fields that `metric_fields` does not name. None: each field's own."""
    metric_fields: Annotated[dict[str, AgreementMetric], Field(exclude_if=_is_empty)] = {}
    """The metric of single fields, by name. Left out of documents where it is empty."""
    floor: Annotated[float, Field(ge=-1, le=1)] = 0.70
    slices: Annotated[list[Name], Field(max_length=5)] = []
    """Metadata keys by whose values agreement is also measured and published."""
    items_min: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] = 20

    def metric_of(self, field: str) -> AgreementMetric | None:
        """Return the metric that the policy asks for on `field`; None: the field's own."""
        return self.metric_fields.get(field, self.metric)


class SecondLook(Strict):
    """Who is asked at a stage after the first, and what they are shown."""

    votes: Literal["shown", "hidden"] = "shown"
    """Whether what people answered is shown, or the look is a blind one."""
    experienced_first_seconds: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] = 60
    """For how long only those are asked who know this work; none where nobody does."""
    escalate_hours: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    """After how long it goes before everything else, to people with `escalate_skills`."""
    escalate_skills: Annotated[list[Name], Field(max_length=20)] = []
    outside_batch: bool = False
    """Whether people who labeled in the item's batch (its metadata's `batch`) may not look."""


class Review(SecondLook):
    """Which share of decided labels a second person looks at, and how many people in turn."""

    rate: Share = 0.0
    votes: Literal["shown", "hidden"] = "hidden"
    stages: Annotated[int, Field(ge=1, le=5), INTEGRAL] = 1
    """How many different people must accept a label, one after the other."""


class Adjudication(SecondLook):
    """Who settles conflicts."""


class Quotas(Strict):
    """How much of a project is given out. None: no bound."""

    per_annotator: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    """How many tasks of the project one annotator may hold or have answered."""
    total: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    """The same for all annotators together."""


class Qualification(Strict):
    """What an annotator does before leases go on under a new spec version."""

    acknowledge: bool = False
    honeypots: Annotated[int, Field(ge=0, le=100), INTEGRAL] = 0


class Policy(Strict):
    """How a project's labels come about. Every number has a default that one can begin with."""

    redundancy: Annotated[int, Field(ge=1, le=1000), INTEGRAL] = 3
    redundancy_max: Annotated[int, Field(ge=1, le=1000), INTEGRAL] = 5
    overlap_share: Share = 1.0
    decide: Decide = Decide()
    decide_fields: dict[str, Decide] = {}
    votes_floor: Annotated[int, Field(ge=1, le=1000), INTEGRAL] = 3
    """With `posterior`: how many votes there must be while one of the voters is little known."""
    known_after: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] = 10
    """From how many votes on is an annotator known."""
    deciders: Annotated[list[AnnotatorKind], Field(min_length=1)] = ["human"]
    agreement: Agreement = Agreement()
    honeypots: Honeypots = Honeypots()
    review: Review = Review()
    adjudication: Adjudication = Adjudication()
    quotas: Quotas = Quotas()
    qualification: Qualification = Qualification()
    skills: list[Name] = []
    skips_max: Annotated[int, Field(ge=1, le=100), INTEGRAL] = 3
    reopen_on_late_vote: bool = False
    lease_seconds: Annotated[int, Field(ge=5, le=86_400), INTEGRAL] = 900
    sla_hours: Annotated[int, Field(ge=1, le=INT_MAX), INTEGRAL] | None = None
    blind_share: Share = 0.1
    undo_seconds: Annotated[int, Field(ge=0, le=600), INTEGRAL] = 0

    def decision(self, field: str) -> Decide:
        """How `field` is decided."""
        return self.decide_fields.get(field, self.decide)


class SpecDocument(Strict):
    """The content of a spec version; its hash is the hash of exactly this."""

    task_type: Name
    fields: Annotated[list[FieldDefinition], Field(min_length=1, max_length=100)]
    guidelines: Annotated[list[Rule], Field(max_length=1000)] = []
    policy: Policy = Policy()


class Prelabel(Strict):
    """What a model suggests for an item before people see it."""

    model: Name
    value: Label
    score: Share | None = None


class Signal(Strict):
    """Why an item is worth a look: what production noticed about it."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    score: float | None = None
    reason: Text | None = None
    model: Name | None = None


class Skip(Strict):
    """Why somebody passed a task on. Who it was is not told."""

    reason: SkipReason
    note: str | None = None
    labels: NoneOrTwoLabels = []
    """The two labels that fit, if the reason says so and they were named."""


class Accuracy(Strict):
    """A share with its 95 % interval: `n` is what it was counted on."""

    value: Share | None
    low: Share | None
    high: Share | None
    n: Annotated[int, Field(ge=0), INTEGRAL]


class Measure(Strict):
    """One agreement figure with its interval. `None` where undefined; `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_annotators: int
    n_pairable: int
    reason: str | None = None


def document_of(value: object) -> SpecDocument:
    """The spec document in `value`, as an event or a row of a database carries it.

    Keys that are not known are passed over: a newer release may have published it.
    """
    return SpecDocument.model_validate(value, strict=False, extra="ignore")
