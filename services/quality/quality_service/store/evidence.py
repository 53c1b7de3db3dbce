"""The evidence against a spec version: conflicts, adjudications, skips, missed gold.

Items that are withdrawn are no evidence.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from quality_service.domain.issues import Issue, is_gold_disputed
from quality_service.domain.rationales import Rationale
from schemas.events import AdjudicationDecided, ConflictRaised, TaskSkipped
from schemas.quality import EvidenceItem, GoldMissed
from schemas.vocabulary import Label

LIST_MAX = 500
"""The most entries of each kind that are listed."""
READ_MAX = 20_000
"""The most rows that are read to be counted or grouped."""

_ADD_CONFLICTS = """
INSERT INTO conflicts (task_id, project, item_id, spec_version, fields, scores)
SELECT task_id, project, item_id, spec_version,
    ARRAY(SELECT jsonb_array_elements_text(fields::jsonb)), scores::jsonb
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::text[])
    AS input (task_id, project, item_id, spec_version, fields, scores)
ON CONFLICT (task_id) DO UPDATE SET scores = conflicts.scores || excluded.scores,
    fields = CASE WHEN conflicts.fields = '{}' OR excluded.fields = '{}' THEN '{}'
        ELSE ARRAY(
            SELECT DISTINCT field FROM unnest(conflicts.fields || excluded.fields) AS field
            ORDER BY field
        ) END
"""
_ADD_ADJUDICATIONS = """
INSERT INTO adjudications (adjudication_id, task_id, rationale, cause, rules)
SELECT adjudication_id, task_id, rationale, cause,
    ARRAY(SELECT jsonb_array_elements_text(rules::jsonb))
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
    AS input (adjudication_id, task_id, rationale, cause, rules)
ON CONFLICT DO NOTHING
"""
_ADD_SKIPS = """
INSERT INTO skips (task_id, annotator, stage, project, item_id, spec_version, purpose, reason,
    labels, fields)
SELECT task_id, annotator, stage, project, item_id, spec_version, purpose, reason, labels::jsonb,
    CASE WHEN fields IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(fields::jsonb)) END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::int[], $7::text[],
    $8::text[], $9::text[], $10::text[])
    AS input (task_id, annotator, stage, project, item_id, spec_version, purpose, reason, labels,
        fields)
ON CONFLICT DO NOTHING
"""
_COUNTS = """NOT EXISTS (
    SELECT 1 FROM item_withdrawals w WHERE w.item_id = {0}.item_id AND w.is_withdrawn)"""
_CONFLICTS_OF = f"""
SELECT * FROM conflicts
WHERE project = $1 AND spec_version = $2 AND (fields = '{{}}' OR $3 = ANY(fields))
    AND {_COUNTS.format("conflicts")}
"""
_SKIPS_OF = f"""
SELECT * FROM skips WHERE project = $1 AND spec_version = $2 AND purpose = 'work'
    AND (fields = '{{}}' OR $3 = ANY(fields)) AND {_COUNTS.format("skips")}
"""
_ITEMS = f"""
WITH conflict AS ({_CONFLICTS_OF}), skip AS ({_SKIPS_OF}), evidence AS (
    SELECT item_id, 'conflict' AS source, NULL AS cause FROM conflict
    UNION ALL SELECT item_id, 'adjudication', cause FROM conflict JOIN adjudications USING (task_id)
    UNION ALL SELECT item_id, 'skip', NULL FROM skip
)
SELECT item_id, array_agg(DISTINCT source ORDER BY source) AS sources,
    coalesce(array_agg(DISTINCT cause ORDER BY cause) FILTER (WHERE cause IS NOT NULL), '{{}}')
        AS causes
FROM evidence GROUP BY item_id
ORDER BY cardinality(array_agg(DISTINCT source)) DESC, item_id LIMIT $4
"""
_CONFLICT_ANSWERS = f"""
WITH conflict AS ({_CONFLICTS_OF})
SELECT item_id, ARRAY(
    SELECT answer FROM jsonb_each_text(scores -> $3) AS input (answer, score) WHERE score <> '0'
) AS answers
FROM conflict WHERE jsonb_typeof(scores -> $3) = 'object' ORDER BY task_id LIMIT $4
"""
_AMBIGUOUS_LABELS = f"""
SELECT item_id, labels FROM ({_SKIPS_OF}) AS skip WHERE labels <> '[]'
ORDER BY task_id, annotator, stage LIMIT $4
"""
_RATIONALES = f"""
WITH conflict AS ({_CONFLICTS_OF})
SELECT item_id, rationale, cause, rules FROM conflict JOIN adjudications USING (task_id)
ORDER BY adjudication_id LIMIT $4
"""
_SKIPS = """
SELECT reason, count(*) AS count FROM skips WHERE project = $1 AND spec_version = $2
GROUP BY reason ORDER BY reason
"""
_GOLD_MISSED = f"""
SELECT g.item_id, g.label -> $3 AS expected, g.rules, s.given, s.is_correct, count(*) AS count
FROM gold g JOIN answers a USING (task_id) JOIN scores s USING (annotation_id)
    JOIN standings p ON p.project = a.project AND p.annotator = a.annotator
WHERE g.project = $1 AND g.spec_version = $2 AND s.field = $3
    AND p.standing NOT IN ('flagged', 'suspended') AND {_COUNTS.format("g")}
GROUP BY g.task_id, s.given, s.is_correct ORDER BY g.item_id, s.given::text
"""


async def add_conflicts(transaction: Transaction, events: Sequence[ConflictRaised]) -> None:
    """Store conflicts. Fields of a later conflict about a task are added to the earlier ones."""
    connection = await transaction.connection()
    for run in _of_different_tasks(events):
        columns: list[list[Any]] = [
            [event.task_id for event in run],
            [event.project for event in run],
            [event.item_id for event in run],
            [event.spec_version for event in run],
            [as_json(sorted(event.fields)) for event in run],
            [as_json(event.scores) for event in run],
        ]
        await connection.execute(_ADD_CONFLICTS, *columns)


def _of_different_tasks(events: Sequence[ConflictRaised]) -> Iterator[list[ConflictRaised]]:
    """Yield runs of events without a repeated task: one statement cannot update a row twice."""
    run: dict[UUID, ConflictRaised] = {}
    for event in events:
        if event.task_id in run:
            yield list(run.values())
            run = {}
        run[event.task_id] = event
    yield list(run.values())


async def add_adjudications(
    transaction: Transaction, events: Sequence[AdjudicationDecided]
) -> None:
    """Store the outcomes of adjudications with the causes of the conflicts."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_ADJUDICATIONS,
        [event.adjudication_id for event in events],
        [event.task_id for event in events],
        [event.rationale for event in events],
        [event.cause for event in events],
        [as_json(event.rules) for event in events],
    )


async def add_skips(
    transaction: Transaction, skips_with_fields: Sequence[tuple[TaskSkipped, list[str] | None]]
) -> None:
    """Store skips, each with the fields that it disputes (see `disputed_fields`)."""
    events = [event for event, _ in skips_with_fields]
    connection = await transaction.connection()
    await connection.execute(
        _ADD_SKIPS,
        [event.task_id for event in events],
        [event.annotator for event in events],
        [event.stage for event in events],
        [event.project for event in events],
        [event.item_id for event in events],
        [event.spec_version for event in events],
        [event.purpose for event in events],
        [event.reason for event in events],
        [as_json(event.labels) for event in events],
        [None if fields is None else as_json(fields) for _, fields in skips_with_fields],
    )


async def items(transaction: Transaction, issue: Issue) -> list[EvidenceItem]:
    """Return the items that are evidence for the issue, those with most kinds of evidence first."""
    connection = await transaction.connection()
    rows = await connection.fetch(_ITEMS, *_key(issue), LIST_MAX)
    return [EvidenceItem(**dict(row)) for row in rows]


async def conflict_answers(transaction: Transaction, issue: Issue) -> list[tuple[UUID, list[str]]]:
    """Return each conflict's item with the different answers to the issue's field."""
    connection = await transaction.connection()
    rows = await connection.fetch(_CONFLICT_ANSWERS, *_key(issue), READ_MAX)
    return [(row["item_id"], row["answers"]) for row in rows]


async def ambiguous_labels(
    transaction: Transaction, issue: Issue
) -> list[tuple[UUID, list[Label]]]:
    """Return each item skipped because two labels fit, with the two; they differ in the field."""
    connection = await transaction.connection()
    rows = await connection.fetch(_AMBIGUOUS_LABELS, *_key(issue), READ_MAX)
    return [(row["item_id"], row["labels"]) for row in rows]


async def rationales(transaction: Transaction, issue: Issue) -> list[Rationale]:
    """Return the rationales of the adjudications of the issue's conflicts."""
    connection = await transaction.connection()
    return [
        Rationale(row["item_id"], row["rationale"], row["cause"], tuple(row["rules"]))
        for row in await connection.fetch(_RATIONALES, *_key(issue), READ_MAX)
    ]


async def skips(transaction: Transaction, issue: Issue) -> dict[str, int]:
    """Return the number of skips under the issue's spec version by reason."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SKIPS, issue.project, issue.spec_version)
    return {row["reason"]: row["count"] for row in rows}


async def gold_missed(transaction: Transaction, issue: Issue) -> list[GoldMissed]:
    """Return the disputed golds: those that most trusted annotators miss, most missed first."""
    connection = await transaction.connection()
    rows_by_item: dict[UUID, list[Any]] = {}
    for row in await connection.fetch(_GOLD_MISSED, *_key(issue)):
        rows_by_item.setdefault(row["item_id"], []).append(row)
    golds = [_missed(rows) for rows in rows_by_item.values()]
    disputed = [gold for gold in golds if is_gold_disputed(gold.missed, gold.answered)]
    return sorted(disputed, key=lambda gold: (-gold.missed, gold.item_id))[:LIST_MAX]


def _missed(rows: Sequence[Any]) -> GoldMissed:
    wrong = [row for row in rows if not row["is_correct"]]
    return GoldMissed(
        item_id=rows[0]["item_id"],
        expected=rows[0]["expected"],
        rules=rows[0]["rules"],
        missed=sum(row["count"] for row in wrong),
        answered=sum(row["count"] for row in rows),
        given={_answer_text(row["given"]): row["count"] for row in wrong},
    )


def _answer_text(answer: object) -> str:
    """Return a text as it is, and any other answer as JSON."""
    return answer if isinstance(answer, str) else as_json(answer)


def _key(issue: Issue) -> tuple[str, int, str]:
    return issue.project, issue.spec_version, issue.field
