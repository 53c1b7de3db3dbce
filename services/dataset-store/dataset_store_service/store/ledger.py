"""Append facts to the ledger, in any order. Each has a natural key, so repeats have no effect."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.database import Transaction
from schemas.envelope import Event
from schemas.events import (
    AdjudicationDecided,
    AnnotationCorrected,
    AnnotationSubmitted,
    ConflictRaised,
    ItemsRestored,
    ItemsWithdrawn,
    LabelDecided,
    ReviewDecided,
    ReviewRequested,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
    TaskWithdrawn,
)

_SPECS = """
INSERT INTO specs (project, version, hash, fields)
SELECT project, spec_version, spec_hash, document->'fields'
FROM json_to_recordset($1::json) AS s (
    project text, spec_version int, spec_hash text, document json)
ON CONFLICT DO NOTHING
"""
_ITEMS = """
INSERT INTO items (item_id, project)
SELECT DISTINCT ON (item_id) item_id, project
FROM unnest($1::uuid[], $2::text[]) AS i (item_id, project) ORDER BY item_id
ON CONFLICT DO NOTHING RETURNING item_id
"""
_LOCK = "SELECT item_id FROM items WHERE item_id = ANY($1) ORDER BY item_id FOR UPDATE"
_TASKS = """
WITH input AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS t (
        task_id uuid, project text, item_id uuid, external_id text, revision int, spec_version int,
        payload_sha256 text, payload json, blob text, source text, metadata json, supersedes uuid,
        reopens uuid)
), new_payloads AS (
    INSERT INTO payloads (sha256, payload)
    SELECT DISTINCT ON (payload_sha256) payload_sha256, payload FROM input
    WHERE payload IS NOT NULL ORDER BY payload_sha256
    ON CONFLICT DO NOTHING
), new_blobs AS (
    INSERT INTO blobs (project, sha256)
    SELECT DISTINCT project, blob FROM input WHERE blob IS NOT NULL ORDER BY project, blob
    ON CONFLICT DO NOTHING
)
INSERT INTO tasks (task_id, project, item_id, external_id, revision, spec_version, payload_sha256,
    source, metadata, supersedes, reopens)
SELECT task_id, project, item_id, external_id, revision, spec_version, payload_sha256, source,
    metadata, supersedes, reopens FROM input
ON CONFLICT DO NOTHING
"""
_WITHDRAWALS = """
INSERT INTO withdrawals (task_id, reason)
SELECT * FROM json_to_recordset($1::json) AS w (task_id uuid, reason text) ON CONFLICT DO NOTHING
"""
_ITEM_WITHDRAWALS = """
INSERT INTO item_withdrawals (item_id, project, number, is_withdrawn)
SELECT item_id, $2, $3, $4 FROM unnest($1::uuid[]) AS i (item_id) ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE
    SET number = excluded.number, is_withdrawn = excluded.is_withdrawn
    WHERE item_withdrawals.number < excluded.number
"""
_ANNOTATIONS = """
INSERT INTO {table} (annotation_id, task_id, item_id, project, spec_version, annotator,
    annotator_kind, standing, label, rules, note, prelabel, prelabel_given, leased_at, submitted_at,
    active_ms, presentation, corrects)
SELECT * FROM json_to_recordset($1::json) AS a (
    annotation_id uuid, task_id uuid, item_id uuid, project text, spec_version int, annotator text,
    annotator_kind text, standing text, label json, rules text[], note text, prelabel text,
    prelabel_given json, leased_at timestamptz, submitted_at timestamptz, active_ms int,
    presentation json, corrects uuid)
ON CONFLICT DO NOTHING
"""
_SKIPS = """
INSERT INTO skips (event_id, task_id, purpose, stage, annotator, reason, note)
SELECT * FROM json_to_recordset($1::json) AS s (
    event_id uuid, task_id uuid, purpose text, stage text, annotator text, reason text, note text)
ON CONFLICT DO NOTHING
"""
_ADJUDICATIONS = """
INSERT INTO adjudications (adjudication_id, task_id, item_id, project, adjudicator, label,
    rationale, cause, rules)
SELECT * FROM json_to_recordset($1::json) AS a (
    adjudication_id uuid, task_id uuid, item_id uuid, project text, adjudicator text, label json,
    rationale text, cause text, rules text[])
ON CONFLICT DO NOTHING
"""
_REVIEWS_REQUESTED = """
INSERT INTO reviews_requested (review_id, project, task_id, item_id, decision_no, reason)
SELECT * FROM json_to_recordset($1::json) AS r (
    review_id uuid, project text, task_id uuid, item_id uuid, decision_no int, reason text)
ON CONFLICT DO NOTHING
"""
_REVIEWS_DECIDED = """
INSERT INTO reviews_decided (review_id, task_id, reviewer, verdict, label, comment)
SELECT * FROM json_to_recordset($1::json) AS r (
    review_id uuid, task_id uuid, reviewer text, verdict text, label json, comment text)
ON CONFLICT DO NOTHING
"""
_CONFLICTS = """
INSERT INTO conflicts (event_id, project, task_id, item_id, spec_version, fields, reason,
    annotation_ids, scores, decision_no)
SELECT * FROM json_to_recordset($1::json) AS c (
    event_id uuid, project text, task_id uuid, item_id uuid, spec_version int, fields text[],
    reason text, annotation_ids uuid[], scores json, decision_no int)
ON CONFLICT DO NOTHING
"""
# Only a new decision resolves conflicts: a repeated one may be older than a later conflict.
_DECISIONS = """
WITH added AS (
    INSERT INTO decisions (project, decision_no, task_id, item_id, spec_version, label,
        distribution, confidence, how, why, annotation_ids, supersedes)
    SELECT * FROM json_to_recordset($1::json) AS d (
        project text, decision_no int, task_id uuid, item_id uuid, spec_version int, label json,
        distribution json, confidence float8, how text, why text, annotation_ids uuid[],
        supersedes int)
    ON CONFLICT DO NOTHING
    RETURNING task_id, decision_no
), firsts AS (SELECT task_id, min(decision_no) AS decision_no FROM added GROUP BY task_id)
UPDATE conflicts SET resolved_by = firsts.decision_no FROM firsts
WHERE conflicts.task_id = firsts.task_id AND conflicts.resolved_by IS NULL
"""
_RELEASE = """
UPDATE decisions d SET released = true
WHERE d.item_id = ANY($1) AND NOT d.released
    AND EXISTS (SELECT 1 FROM tasks t WHERE t.task_id = d.task_id)
    AND NOT EXISTS (
        SELECT 1 FROM unnest(d.annotation_ids) AS named (id)
        WHERE NOT EXISTS (SELECT 1 FROM annotations a WHERE a.annotation_id = named.id)
            AND NOT EXISTS (SELECT 1 FROM adjudications j WHERE j.adjudication_id = named.id))
RETURNING d.how, (SELECT max(a.submitted_at) FROM annotations a
    WHERE a.annotation_id = ANY(d.annotation_ids)) AS last_submitted_at
"""


@dataclass(frozen=True, slots=True)
class Released:
    """A decision that has just become complete, with the time of its last annotation."""

    how: str
    last_submitted_at: datetime | None


async def lock_items(transaction: Transaction, items: Iterable[tuple[UUID, str]]) -> set[UUID]:
    """Lock items, given as (item, project); return those that this transaction is not the first of.

    The row of a first item is created, and its creation excludes other transactions like a lock.
    """
    pairs = list(items)
    ids, projects = [item_id for item_id, _ in pairs], [project for _, project in pairs]
    connection = await transaction.connection()
    created = {row["item_id"] for row in await connection.fetch(_ITEMS, ids, projects)}
    known = set(ids) - created
    if known:
        await connection.execute(_LOCK, list(known))
    return known


async def release(transaction: Transaction, item_ids: Collection[UUID]) -> list[Released]:
    """Release the decisions about these items that are now complete. Needs the items' locks."""
    connection = await transaction.connection()
    return [Released(*row) for row in await connection.fetch(_RELEASE, list(item_ids))]


async def add_specs(transaction: Transaction, events: Sequence[SpecPublished]) -> None:
    """Store spec versions."""
    await _add(transaction, _SPECS, events)


async def add_tasks(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Store tasks with their payloads or the references to these."""
    await _add(transaction, _TASKS, events)


async def add_withdrawals(transaction: Transaction, events: Sequence[TaskWithdrawn]) -> None:
    """Store withdrawals of tasks."""
    await _add(transaction, _WITHDRAWALS, events)


async def set_withdrawn(
    transaction: Transaction, event: ItemsWithdrawn | ItemsRestored, *, is_withdrawn: bool
) -> None:
    """Store that items are withdrawn, or count again, unless a later event said otherwise."""
    connection = await transaction.connection()
    ids = list(event.item_ids)
    await connection.execute(_ITEM_WITHDRAWALS, ids, event.project, event.number, is_withdrawn)


Annotation = AnnotationSubmitted | AnnotationCorrected


async def add_annotations(transaction: Transaction, events: Sequence[Annotation]) -> None:
    """Store annotations of work, and corrections of such."""
    await _add(transaction, _ANNOTATIONS.format(table="annotations"), events)


async def add_honeypot_annotations(transaction: Transaction, events: Sequence[Annotation]) -> None:
    """Store annotations of honeypots, and corrections of such, in a table of their own."""
    await _add(transaction, _ANNOTATIONS.format(table="honeypot_annotations"), events)


async def add_skips(transaction: Transaction, events: Sequence[TaskSkipped]) -> None:
    """Store skips."""
    await _add(transaction, _SKIPS, events)


async def add_adjudications(
    transaction: Transaction, events: Sequence[AdjudicationDecided]
) -> None:
    """Store adjudications."""
    await _add(transaction, _ADJUDICATIONS, events)


async def add_review_requests(transaction: Transaction, events: Sequence[ReviewRequested]) -> None:
    """Store requests for reviews."""
    await _add(transaction, _REVIEWS_REQUESTED, events)


async def add_reviews(transaction: Transaction, events: Sequence[ReviewDecided]) -> None:
    """Store the verdicts of reviewers."""
    await _add(transaction, _REVIEWS_DECIDED, events)


async def add_conflicts(transaction: Transaction, events: Sequence[ConflictRaised]) -> None:
    """Store conflicts; the next decision about its task resolves each."""
    await _add(transaction, _CONFLICTS, events)


async def add_decisions(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Store decisions; each resolves the earlier conflicts about its task."""
    await _add(transaction, _DECISIONS, events)


async def _add(transaction: Transaction, statement: str, events: Sequence[Event]) -> None:
    """Run the statement with the events as one JSON array."""
    if events:
        connection = await transaction.connection()
        rows = f"[{','.join(event.model_dump_json() for event in events)}]"
        await connection.execute(statement, rows)
