"""Records: one line of canonical JSON for every item that has its label."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from schemas.canonical import canonical, digest
from schemas.dataset_store import FORMAT
from schemas.json_values import INTEGER_MAX

DIGITS = 6
"""Shares are rounded, so that the last bits of a computation don't make another version."""

_LONG = re.compile(rb"[0-9]{16}")

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeled:
    """An item as the ledger has it at a cut."""

    item_id: UUID
    state: str
    decision: Row | None
    """Its newest decision, with what the task says about the item; only if it is decided."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What decisions name, by id."""

    annotations: Mapping[UUID, Row]
    adjudications: Mapping[UUID, Row]


def record(decision: Row, evidence: Evidence) -> dict[str, Any]:
    """The record of a decided item."""
    named = sorted(set(decision["annotation_ids"]), key=str)
    made: dict[str, Any] = {
        "item_id": str(decision["item_id"]),
        "external_id": decision["external_id"],
        "payload": decision["payload"],
        "payload_sha256": decision["payload_sha256"],
        "metadata": decision["metadata"],
        "source": decision["source"],
        "label": decision["label"],
        "how": decision["how"],
        "why": decision["why"],
        "confidence": _rounded(decision["confidence"]),
        "distribution": {
            field: {answer: _rounded(share) for answer, share in shares.items()}
            for field, shares in decision["distribution"].items()
        },
        "spec_version": decision["spec_version"],
        "decision_no": decision["decision_no"],
        "annotations": [
            _annotation(evidence.annotations[one]) for one in named if one in evidence.annotations
        ],
    }
    # The last by id: a decision names more than one only if a conflict was settled twice.
    for one in named:
        if one in evidence.adjudications:
            made["adjudication"] = _adjudication(evidence.adjudications[one])
    return made


def _annotation(row: Row) -> dict[str, Any]:
    made = {
        "annotation_id": str(row["annotation_id"]),
        "annotator": row["annotator"],
        "annotator_kind": row["annotator_kind"],
        "label": row["label"],
    }
    return made | {"rules": list(row["rules"])} if row["rules"] else made


def _adjudication(row: Row) -> dict[str, Any]:
    made = {
        "adjudication_id": str(row["adjudication_id"]),
        "adjudicator": row["adjudicator"],
        "rationale": row["rationale"],
        "cause": row["cause"],
    }
    return made | {"rules": list(row["rules"])} if row["rules"] else made


def line(made: Row) -> bytes:
    """The leaf of the Merkle tree: the canonical JSON of a record, without its line end."""
    return canonical(made)


def read(text: bytes) -> dict[str, Any]:
    """The record in a line.

    Canonical JSON writes 1e16 as digits. Read as an integer it would be one that no canonical
    JSON may hold, so it becomes the float again that it was.
    """
    made: dict[str, Any] = (
        json.loads(text, parse_int=_number) if _LONG.search(text) else orjson.loads(text)
    )
    return made


def _number(digits: str) -> int | float:
    number = int(digits)
    return number if abs(number) <= INTEGER_MAX else float(number)


def core(
    project: str, specs: Mapping[int, tuple[str, list[Any]]], count: int, root: str
) -> dict[str, Any]:
    """What a dataset version is, and nothing else: no clock, no name, no bytes of a writer."""
    return {
        "format": FORMAT,
        "project": project,
        "specs": {str(version): spec_hash for version, (spec_hash, _) in specs.items()},
        "fields": {str(version): fields for version, (_, fields) in specs.items()},
        "records": {"count": count, "root": root},
    }


def version_hash(made: Row) -> str:
    """The name of a dataset version."""
    return digest(made)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, DIGITS)
