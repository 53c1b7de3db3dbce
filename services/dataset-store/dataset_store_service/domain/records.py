"""Records of a dataset version: one line of canonical JSON for each decided item."""

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
"""Shares are rounded to these digits: float noise of a computation must not change the hash."""

_LONG = re.compile(rb"[0-9]{16}")

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerItem:
    """An item with its state in the ledger after a given decision number."""

    item_id: UUID
    state: str
    decision: Row | None
    """The newest decision with the columns of its task; None unless the state is decided."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The annotations and adjudications that decisions name, by id."""

    annotations: Mapping[UUID, Row]
    adjudications: Mapping[UUID, Row]


def build_record(decision: Row, evidence: Evidence) -> dict[str, Any]:
    """Build the record of a decided item."""
    ids = sorted(set(decision["annotation_ids"]), key=str)
    record: dict[str, Any] = {
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
            _annotation(evidence.annotations[id_]) for id_ in ids if id_ in evidence.annotations
        ],
    }
    # The last by id: a decision names several adjudications only if a conflict was settled twice.
    for id_ in ids:
        if id_ in evidence.adjudications:
            record["adjudication"] = _adjudication(evidence.adjudications[id_])
    return record


def _annotation(row: Row) -> dict[str, Any]:
    annotation = {
        "annotation_id": str(row["annotation_id"]),
        "annotator": row["annotator"],
        "annotator_kind": row["annotator_kind"],
        "label": row["label"],
    }
    return annotation | {"rules": list(row["rules"])} if row["rules"] else annotation


def _adjudication(row: Row) -> dict[str, Any]:
    adjudication = {
        "adjudication_id": str(row["adjudication_id"]),
        "adjudicator": row["adjudicator"],
        "rationale": row["rationale"],
        "cause": row["cause"],
    }
    return adjudication | {"rules": list(row["rules"])} if row["rules"] else adjudication


def to_line(record: Row) -> bytes:
    """Return the canonical JSON of a record, without line end: a leaf of the Merkle tree."""
    return canonical(record)


def from_line(line: bytes) -> dict[str, Any]:
    """Parse a record line.

    Canonical JSON writes the float 1e16 as digits. Integers beyond 2**53 - 1 are not allowed in
    canonical JSON, so such digits are parsed as a float.
    """
    record: dict[str, Any] = (
        json.loads(line, parse_int=_number) if _LONG.search(line) else orjson.loads(line)
    )
    return record


def _number(digits: str) -> int | float:
    number = int(digits)
    return number if abs(number) <= INTEGER_MAX else float(number)


def version_content(
    project: str, specs: Mapping[int, tuple[str, list[Any]]], count: int, root: str
) -> dict[str, Any]:
    """Return the content that the hash of a version is computed from.

    It holds no time, no dataset name and no bytes of a file writer: the same labels have the same
    hash. `specs` maps a spec version to (hash, fields); `root` is the Merkle root of the records.
    """
    return {
        "format": FORMAT,
        "project": project,
        "specs": {str(version): spec_hash for version, (spec_hash, _) in specs.items()},
        "fields": {str(version): fields for version, (_, fields) in specs.items()},
        "records": {"count": count, "root": root},
    }


def version_hash(content: Row) -> str:
    """Return the hash of a version: the digest of its content."""
    return digest(content)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, DIGITS)
