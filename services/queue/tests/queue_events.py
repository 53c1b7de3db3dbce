"""Events of the other services, with defaults for every field."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from queue_model import Caller, Work

from schemas.canonical import digest
from schemas.envelope import Event
from schemas.events import (
    AnnotationSubmitted,
    AnnotatorStandingChanged,
    ConflictRaised,
    LabelDecided,
    RedundancyRaised,
    ReviewRequested,
    SkillChanged,
    SpecPublished,
    TaskCreated,
    TaskReprioritized,
    TaskWithdrawn,
)
from schemas.vocabulary import Accuracy, SpecDocument

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad", "odd"]}]
SKILL = "french"
UNKNOWN = Accuracy(value=None, low=None, high=None, n=0)


class OtherServices:
    """The other services. Ids are numbered, so that a run can be repeated."""

    def __init__(self) -> None:
        self._ids = 0
        self._votes: dict[UUID, list[UUID]] = defaultdict(list)

    def received(self, published: Sequence[Event]) -> None:
        """Record the annotations that the queue published."""
        for event in published:
            if isinstance(event, AnnotationSubmitted):
                self._votes[event.task_id].append(event.annotation_id)

    def _next(self) -> UUID:
        self._ids += 1
        return UUID(int=self._ids)

    def spec(self, project: str, version: int, **policy: Any) -> SpecPublished:
        content = {"task_type": "mood", "fields": FIELDS, "policy": policy}
        document = SpecDocument.model_validate(content).model_dump(mode="json")
        return SpecPublished(
            occurred_at=NOW,
            project=project,
            spec_version=version,
            spec_hash=digest({**document, "v": version, "project": project}),
            document=document,
        )

    def task(self, project: str, version: int, item: UUID | None = None, **more: Any) -> Any:
        item = item or self._next()
        facts: dict[str, Any] = {
            "task_id": self._next(),
            "item_id": item,
            "external_id": f"x{item.int}",
            "revision": 1,
            "spec_version": version,
            "task_type": "mood",
            "payload": {"text": f"text {item.int}"},
            "payload_sha256": "0" * 64,
            "priority": 5,
            "purpose": "work",
            "redundancy": 1,
            "redundancy_max": 5,
            "overlap": "all",
        }
        return TaskCreated(occurred_at=NOW, project=project, **{**facts, **more})

    def again(self, work: Work, version: int) -> TaskCreated:
        """Return the task of the same item under another spec version."""
        event: TaskCreated = self.task(
            work.project,
            version,
            work.item_id,
            purpose=work.purpose,
            redundancy=work.target,
            priority=work.priority,
            skills=sorted(work.skills),
        )
        return event

    def withdrawn(self, work: Work) -> TaskWithdrawn:
        return TaskWithdrawn(
            occurred_at=NOW, project=work.project, task_id=work.task_id, reason="superseded"
        )

    def reprioritized(self, work: Work, priority: int) -> TaskReprioritized:
        return TaskReprioritized(
            occurred_at=NOW, project=work.project, task_id=work.task_id, priority=priority
        )

    def raised(self, work: Work, target: int) -> RedundancyRaised:
        return RedundancyRaised(
            occurred_at=NOW, project=work.project, task_id=work.task_id, target=target, why="split"
        )

    def conflict(self, work: Work) -> ConflictRaised:
        return ConflictRaised(
            occurred_at=NOW,
            project=work.project,
            task_id=work.task_id,
            item_id=work.item_id,
            spec_version=work.version,
            fields=["mood"],
            reason="no share reaches the threshold",
            annotation_ids=self._votes[work.task_id],
        )

    def decided(self, work: Work) -> LabelDecided:
        return LabelDecided(
            occurred_at=NOW,
            project=work.project,
            decision_no=self._next().int,
            task_id=work.task_id,
            item_id=work.item_id,
            spec_version=work.version,
            label={"mood": "good"},
            confidence=1.0,
            how="unanimous",
            why="all agree",
            annotation_ids=self._votes[work.task_id],
        )

    def review(self, work: Work) -> ReviewRequested:
        return ReviewRequested(
            occurred_at=NOW,
            project=work.project,
            review_id=self._next(),
            task_id=work.task_id,
            item_id=work.item_id,
            spec_version=work.version,
            decision_no=1,
            label={"mood": "odd"},
            reason="a sample",
        )

    def standing(self, who: Caller, project: str, standing: Any) -> AnnotatorStandingChanged:
        return AnnotatorStandingChanged(
            occurred_at=NOW,
            project=project,
            annotator=who.pseudonym,
            standing=standing,
            reason="by hand",
            accuracy=UNKNOWN,
        )

    def skill(self, who: Caller, level: int, project: str = "p") -> SkillChanged:
        return SkillChanged(
            occurred_at=NOW, project=project, annotator=who.pseudonym, skill=SKILL, level=level
        )
