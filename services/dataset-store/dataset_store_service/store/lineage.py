"""The history of an item in the ledger."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction

_ITEM = "SELECT project FROM items WHERE item_id = $1"
_TASKS = """
SELECT f.task_id, t.revision, f.spec_version, s.hash AS spec_hash, t.payload_sha256, t.external_id,
    t.supersedes, t.reopens, w.reason AS withdrawn
FROM (
    SELECT task_id, max(project) AS project, max(spec_version) AS spec_version FROM (
        SELECT task_id, project, spec_version FROM tasks WHERE item_id = $1
        UNION ALL SELECT task_id, project, spec_version FROM annotations WHERE item_id = $1
        UNION ALL SELECT task_id, project, spec_version FROM conflicts WHERE item_id = $1
        UNION ALL SELECT task_id, project, spec_version FROM decisions WHERE item_id = $1
    ) facts GROUP BY task_id
) f LEFT JOIN tasks t ON t.task_id = f.task_id LEFT JOIN withdrawals w ON w.task_id = f.task_id
    LEFT JOIN specs s ON s.project = f.project AND s.version = f.spec_version
ORDER BY t.revision NULLS LAST, f.spec_version, t.reopens IS NOT NULL, f.task_id
"""
_FACTS = {
    "annotations": """
SELECT task_id, annotation_id, annotator, annotator_kind, label, rules, note, submitted_at,
    presentation, corrects
FROM annotations WHERE task_id = ANY($1) ORDER BY annotation_id
""",
    "skips": """
SELECT task_id, annotator, reason, note FROM skips
WHERE task_id = ANY($1) AND purpose = 'work' ORDER BY event_id
""",
    "conflicts": """
SELECT task_id, fields, reason, annotation_ids FROM conflicts
WHERE task_id = ANY($1) ORDER BY resolved_by NULLS LAST, event_id
""",
    "adjudications": """
SELECT task_id, adjudication_id, adjudicator, rationale, cause, rules FROM adjudications
WHERE task_id = ANY($1) ORDER BY adjudication_id
""",
    "decisions": """
SELECT d.task_id, d.decision_no, d.label, d.how, d.why, d.confidence, d.annotation_ids,
    d.supersedes, d.released,
    EXISTS (SELECT 1 FROM conflicts c WHERE c.task_id = d.task_id
        AND (c.resolved_by IS NULL OR c.resolved_by > d.decision_no)) AS contested
FROM decisions d WHERE d.task_id = ANY($1) ORDER BY d.decision_no
""",
    "reviews": """
SELECT coalesce(r.task_id, v.task_id) AS task_id, review_id,
    r.decision_no, v.verdict, v.reviewer, v.label, v.comment
FROM (
    SELECT review_id FROM reviews_requested WHERE task_id = ANY($1)
    UNION SELECT review_id FROM reviews_decided WHERE task_id = ANY($1)
) b LEFT JOIN reviews_requested r USING (review_id) LEFT JOIN reviews_decided v USING (review_id)
ORDER BY r.decision_no, review_id
""",
}


async def project_of_item(transaction: Transaction, item_id: UUID) -> str | None:
    """Return the project of a work item; None if the item is not known."""
    connection = await transaction.connection()
    project: str | None = await connection.fetchval(_ITEM, item_id)
    return project


async def tasks_of_item(transaction: Transaction, item_id: UUID) -> list[dict[str, Any]]:
    """Return the tasks of an item, oldest first, each with the facts about it by kind."""
    connection = await transaction.connection()
    tasks = [dict(row) for row in await connection.fetch(_TASKS, item_id)]
    ids = [task["task_id"] for task in tasks]
    for name, statement in _FACTS.items():
        by_task: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for row in await connection.fetch(statement, ids):
            fact = dict(row)
            by_task[fact.pop("task_id")].append(fact)
        for task in tasks:
            task[name] = by_task[task["task_id"]]
    return tasks
