"""The HTTP models of the ingest service."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.vocabulary import (
    INTEGRAL,
    Annotator,
    ExternalId,
    Id,
    Label,
    Name,
    NotBlank,
    Payload,
    Prelabel,
    Priority,
    ProjectName,
    Relabel,
    RuleId,
    Sha256,
    ShortText,
    Signal,
    SkillNeed,
    SpecDocument,
    SpecVersion,
    Strict,
    Text,
    Timestamp,
)

SIGNALS_MAX = 10_000

TaskState = Literal["open", "decided", "withdrawn"]
RepairState = Literal["open", "changed", "right"]
"""`changed`: the item has another payload by now. `right`: somebody says that nothing is wrong."""


class ProjectRequest(
    Strict, json_schema_extra={"examples": [{"name": "moods", "title": "Moods of songs"}]}
):
    """A project to be made."""

    name: ProjectName
    title: Annotated[Name, NotBlank]


class ProjectHead(Strict):
    """A project in a list."""

    name: ProjectName
    title: Name
    created_at: Timestamp


class Projects(Strict):
    """The projects that the caller may see, by name."""

    projects: list[ProjectHead]
    next: str | None = None
    """Pass it as `after` for what follows; None at the end."""


class ProjectView(ProjectHead):
    """A project and what it holds."""

    spec_version: SpecVersion | None
    """The newest; None before the first is published."""
    spec_hash: Sha256 | None
    items: int | None
    """None for annotators, as are the counts below: a changing count tells work from honeypots."""
    tasks: dict[TaskState, int] | None
    """Tasks that are work, by state. Every state is there."""
    gold: int | None
    """Items whose right label is known. Told only to those who may register gold."""
    rolling_out: int | None
    """Tasks that still wait to be made again under the newest spec version."""


class SpecRequest(
    SpecDocument,
    json_schema_extra={
        "examples": [
            {
                "task_type": "mood",
                "fields": [{"name": "mood", "kind": "choice", "options": ["calm", "angry"]}],
                "guidelines": [{"id": "R1", "text": "Judge the music, not its words."}],
                "policy": {"redundancy": 3},
            }
        ]
    },
):
    """A spec version to be published, and what becomes of the labels decided before it."""

    resolves: Annotated[list[Id], Field(max_length=100)] = []
    """The spec issues that it mends."""
    relabel: Relabel = "none"

    def document(self) -> SpecDocument:
        """What the version is made of: everything but `resolves` and `relabel`."""
        return SpecDocument(
            task_type=self.task_type,
            fields=self.fields,
            guidelines=self.guidelines,
            policy=self.policy,
        )


class SpecPublication(Strict):
    """The version that a spec document has, and its hash."""

    version: SpecVersion
    hash: Sha256


class SpecHead(SpecPublication):
    """A spec version in a list."""

    resolves: list[Id]
    relabel: Relabel
    published_at: Timestamp


class Specs(Strict):
    """The spec versions of a project, newest first."""

    specs: list[SpecHead]


class SpecView(SpecHead):
    """A spec version, whole. `hash` is the canonical digest of `document`."""

    project: ProjectName
    document: SpecDocument


class ItemRequest(
    Strict,
    json_schema_extra={
        "examples": [{"external_id": "song-17", "payload": {"text": "la la la"}, "priority": 7}]
    },
):
    """One thing to be labeled."""

    external_id: ExternalId | None = None
    """What the sender calls it. Without one, the item is known by its payload."""
    payload: Payload
    source: ShortText | None = None
    metadata: Payload = {}
    priority: Priority = 5
    """9 comes first."""
    due_at: Timestamp | None = None
    skills: Annotated[list[SkillNeed], Field(max_length=20)] = []
    signals: Annotated[list[Signal], Field(max_length=100)] = []
    prelabels: Annotated[list[Prelabel], Field(max_length=20)] = []
    redundancy: Annotated[int, Field(ge=1, le=1000), INTEGRAL] | None = None
    """How many people label this item, in place of what the policy says."""


class GoldRequest(
    ItemRequest,
    json_schema_extra={
        "examples": [
            {"external_id": "song-18", "payload": {"text": "hush"}, "label": {"mood": "calm"}}
        ]
    },
):
    """An item whose right label is known. It is shown unmarked among the work."""

    label: Label
    rules: Annotated[list[RuleId], Field(max_length=100)] = []


class ItemProblem(Strict):
    """What is wrong with one item: at which place in it (a JSON pointer), and why."""

    pointer: str
    keyword: str
    message: str


class Rejection(Strict):
    """An item that was not taken; the rest of the batch was."""

    index: int
    """Its place in the array, or its line, counted from 0."""
    problem: ItemProblem


class ImportVerdict(Strict):
    """What became of a batch. The same batch under the same Idempotency-Key hears the same."""

    created: int
    unchanged: int
    changed: int
    """Items with another payload, or another gold label."""
    updated: int = 0
    """Known items with the same payload of which something else is another now; left out if 0."""
    rejected: list[Rejection]
    warnings: list[Rejection] = []
    """What was not taken of items that were: a suggestion that the specification forbids, or (the
    keyword is `pending`) a field that the item has from now on but its present task has not. Left
    out if there is nothing to say."""


class SignalRequest(
    Signal,
    json_schema_extra={
        "examples": [{"kind": "low_confidence", "external_id": "song-17", "score": 0.41}]
    },
):
    """What production noticed about an item, named by `external_id` or by `item_id`."""

    external_id: ExternalId | None = None
    item_id: Id | None = None
    payload: Payload | None = None
    """Brings the item in if it is not there yet."""


class SignalVerdict(Strict):
    """What the signals did: raised an open task, re-opened a decided item, brought an item in."""

    raised: int
    reopened: int
    created: int
    rejected: list[Rejection]


class Repair(Strict):
    """An item whose data is bad, as annotators say who skipped it for that reason."""

    item_id: Id
    external_id: str | None
    revision: int
    """Which payload of the item they speak of: another one is another revision."""
    gold: bool
    """Whether the item has a gold label, and may be shown as a honeypot."""
    people: int
    """How many annotators say so, each counted once."""
    notes: list[str]
    """What they wrote, newest first, at most 20."""
    first_at: Timestamp
    last_at: Timestamp
    state: RepairState
    closed_at: Timestamp | None
    closed_by: Annotator | None
    closing_note: str | None


class Repairs(Strict):
    """The items of a project in need of repair, those that were noticed first before others."""

    repairs: list[Repair]
    next: str | None = None
    """Pass it as `after` for what follows; None at the end."""


class RepairClosing(
    Strict, json_schema_extra={"examples": [{"note": "The recording is quiet, and meant to be."}]}
):
    """The data is right after all, and why."""

    note: Text | None = None
