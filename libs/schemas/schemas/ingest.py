"""The HTTP models of the ingest service."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.vocabulary import (
    INT_MAX,
    INTEGRAL,
    Annotator,
    DueAt,
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
ItemState = Literal["open", "decided", "waiting", "gold", "withdrawn"]
"""`waiting`: without a task, since no spec version is published. `gold`: only gold, no work."""
RepairState = Literal["open", "changed", "right"]
"""`changed`: the item got another payload. `right`: a person confirmed that its data is right."""


class ProjectRequest(
    Strict, json_schema_extra={"examples": [{"name": "moods", "title": "Moods of songs"}]}
):
    """A project to be created."""

    name: ProjectName
    title: Annotated[Name, NotBlank]


class ProjectHead(Strict):
    """A project in a list."""

    name: ProjectName
    title: Name
    created_at: Timestamp


class Projects(Strict):
    """The projects that the caller may see, sorted by name."""

    projects: list[ProjectHead]
    next: str | None = None
    """Pass it as `after` to get the next page; None on the last page."""


class ProjectView(ProjectHead):
    """A project with its current spec version and the counts of its contents."""

    spec_version: SpecVersion | None
    """The newest version; None before the first is published."""
    spec_hash: Sha256 | None
    items: int | None
    """None for annotators, like the counts below: a changing count would reveal honeypots."""
    tasks: dict[TaskState, int] | None
    """The number of tasks that are work in each state. Every state is present."""
    gold: int | None
    """The number of gold items. None for callers who may not register gold."""
    rolling_out: int | None
    """The number of tasks that are not yet replaced under the newest spec version."""


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
    """A spec version to be published, and the rule for labels decided before it."""

    resolves: Annotated[list[Id], Field(max_length=100)] = []
    """The spec issues that it resolves."""
    relabel: Relabel = "none"
    """The decided labels that are made again: `none`; `evidence`, those of the items of resolved
    issues; `touched`, those that it refuses or that cite a changed rule; `all`."""
    expected_version: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] | None = None
    """The version that must be the newest, or it is not published; 0: no version must exist.

    None: it is published after whichever version is the newest.
    """

    def document(self) -> SpecDocument:
        """Return the document of the version: the keys that its hash is computed from."""
        return SpecDocument(
            task_type=self.task_type,
            fields=self.fields,
            guidelines=self.guidelines,
            policy=self.policy,
        )


class SpecPublication(Strict):
    """The version number of a spec document, and its hash."""

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
    """A spec version with its document. `hash` is the canonical digest of `document`."""

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
    """The sender's id of the item. Without one, its payload identifies the item."""
    payload: Payload
    source: ShortText | None = None
    metadata: Payload = {}
    priority: Priority = 5
    """The priority; 9 is the most urgent."""
    due_at: DueAt | None = None
    skills: Annotated[list[SkillNeed], Field(max_length=20)] = []
    signals: Annotated[list[Signal], Field(max_length=100)] = []
    prelabels: Annotated[list[Prelabel], Field(max_length=20)] = []
    redundancy: Annotated[int, Field(ge=1, le=1000), INTEGRAL] | None = None
    """The redundancy of this item, in place of the policy's."""


class ItemContent(Strict):
    """An item at its newest revision, with its payload."""

    item_id: Id
    external_id: ExternalId | None
    revision: int
    payload: Payload | None
    """None for a large payload: get it as a blob by `payload_sha256`."""
    payload_sha256: Sha256
    source: ShortText | None
    metadata: Payload
    gold: bool
    """True if the item has a right label, so that it is among the honeypots."""


class GoldRequest(
    ItemRequest,
    json_schema_extra={
        "examples": [
            {"external_id": "song-18", "payload": {"text": "hush"}, "label": {"mood": "calm"}}
        ]
    },
):
    """An item whose correct label is known. Honeypots are made of such items."""

    label: Label
    rules: Annotated[list[RuleId], Field(max_length=100)] = []


class ItemProblem(Strict):
    """The reason why an item is refused, with the JSON pointer of the part at fault."""

    pointer: str
    keyword: str
    message: str


class Rejection(Strict):
    """A refused item of a batch; the rest of the batch was accepted."""

    index: int
    """Its position in the array, or its line, counted from 0."""
    line: int | None = None
    """The same, counted from 1, as files are numbered."""
    external_id: str | None = None
    """The external id of the item, if it has one."""
    problem: ItemProblem


class ImportVerdict(Strict):
    """The result of an import. The same batch and Idempotency-Key give the same result again."""

    created: int
    unchanged: int
    changed: int
    """Items with another payload, or another gold label."""
    updated: int = 0
    """Known items with the same payload whose other properties changed; left out if 0."""
    restored: int = 0
    """Items that were withdrawn and count again; left out if 0."""
    rejected: list[Rejection]
    warnings: list[Rejection] = []
    """Parts of accepted items that were not accepted: a pre-label that the specification forbids,
    or (the keyword is `pending`) a property that applies to the item but not to its current task.
    Left out if empty."""


class ItemsQuery(BaseModel):
    """The part of a list of items that is asked for."""

    external_id: Annotated[ExternalId, StringConstraints(pattern=r"^[^\x00]*$")] | None = None
    state: ItemState | None = None
    cursor: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 200


class ItemUpdate(
    Strict, json_schema_extra={"examples": [{"priority": 9, "metadata": {"language": "de"}}]}
):
    """New properties of a known item; those that are left out stay as they are."""

    metadata: Payload | None = None
    priority: Priority | None = None
    due_at: DueAt | None = None


class ItemUpdated(Strict):
    """The properties of an item after an update."""

    item_id: Id
    metadata: Payload
    priority: Priority
    due_at: Timestamp | None
    pending: list[str]
    """The changed properties that the current task of the item does not get, but the next."""


class ItemView(Strict):
    """An item in a list."""

    item_id: Id
    external_id: str | None
    revision: int
    state: ItemState
    task_id: Id | None
    """The newest task of work on it; None if it has none."""
    spec_version: int | None
    """The spec version of that task."""
    gold: bool
    """True if the correct label is known."""
    source: str | None
    metadata: Payload
    priority: int
    due_at: Timestamp | None
    import_id: Id | None
    """The import that created it, if that had an id and the item has no later revision."""


class Items(Strict):
    """A page of the items of a project, in the order in which they came."""

    items: list[ItemView]
    next: str | None = None
    """Pass it as `cursor` to get the next page; None on the last page."""


class ItemSelection(Strict):
    """Items, named in one of three ways."""

    external_ids: Annotated[list[ExternalId], Field(max_length=10_000)] = []
    item_ids: Annotated[list[Id], Field(max_length=10_000)] = []
    import_id: Id | None = None
    """The items that this import created and that have no later revision."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.external_ids) + bool(self.item_ids) + (self.import_id is not None) != 1:
            raise PydanticCustomError(
                "one_of", "Name the items by external_ids, item_ids or import_id: one of them."
            )
        return self


class WithdrawalRequest(
    ItemSelection,
    json_schema_extra={"examples": [{"external_ids": ["song-17"], "reason": "sent twice"}]},
):
    """Items to be withdrawn."""

    reason: Annotated[ShortText, NotBlank]


class RestorationRequest(
    ItemSelection, json_schema_extra={"examples": [{"external_ids": ["song-17"]}]}
):
    """Items to be restored."""


class SelectionVerdict(Strict):
    """The result of withdrawing or restoring items."""

    items: int
    """The number of the named items that are now as it was asked, also those that were before."""
    unknown: list[str]
    """The first of the ids that no item has, at most 100."""
    unknown_count: int


class SignalRequest(
    Signal,
    json_schema_extra={
        "examples": [{"kind": "low_confidence", "external_id": "song-17", "score": 0.41}]
    },
):
    """An observation about an item, which is named by `external_id` or by `item_id`."""

    external_id: ExternalId | None = None
    item_id: Id | None = None
    payload: Payload | None = None
    """The payload with which the item is created if it does not exist."""


class SignalVerdict(Strict):
    """The effects of signals: tasks raised in priority, items re-opened, items created."""

    raised: int
    reopened: int
    created: int
    rejected: list[Rejection]


class Repair(Strict):
    """An item whose data is bad according to annotators who skipped it for that reason."""

    item_id: Id
    external_id: str | None
    revision: int
    """The revision of the item's payload that was skipped."""
    gold: bool
    """True if the item has a gold label, and may be used as a honeypot."""
    people: int
    """The number of these annotators, each counted once."""
    notes: list[str]
    """Their notes, newest first, at most 20."""
    first_at: Timestamp
    last_at: Timestamp
    state: RepairState
    closed_at: Timestamp | None
    closed_by: Annotator | None
    closing_note: str | None


class Repairs(Strict):
    """The items of a project in need of repair, the first reported ones first."""

    repairs: list[Repair]
    next: str | None = None
    """Pass it as `after` to get the next page; None on the last page."""


class RepairClosing(
    Strict, json_schema_extra={"examples": [{"note": "The recording is quiet, and meant to be."}]}
):
    """A confirmation that the data is right, with a note."""

    note: Text | None = None
