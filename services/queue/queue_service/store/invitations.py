"""Statements about invitations. A secret is found by its SHA-256; it is not stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction

_COLUMNS = "invitation_id, project, name, role, created_at, expires_at, used_at, revoked_at"
_ADD = """
INSERT INTO invitations (invitation_id, project, name, role, created_at, expires_at, secret_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
# Of several requests with one secret, the first changes the row; the others wait for its commit and
# then find no row that is open.
_USE = f"""
UPDATE invitations SET used_at = $2
WHERE secret_sha256 = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2
RETURNING {_COLUMNS}
"""
_BY_SECRET = f"SELECT {_COLUMNS} FROM invitations WHERE secret_sha256 = $1"
_REVOKE = f"""
UPDATE invitations SET revoked_at = coalesce(revoked_at, $3)
WHERE project = $1 AND invitation_id = $2 RETURNING {_COLUMNS}
"""
_REVOKE_ALL = """
UPDATE invitations SET revoked_at = $3
WHERE project = $1 AND name = $2 AND revoked_at IS NULL AND expires_at > $3
"""
_LIST = f"""
SELECT {_COLUMNS} FROM invitations
WHERE project = $1 AND ($2::uuid IS NULL OR (created_at, invitation_id) < (
    SELECT last.created_at, last.invitation_id FROM invitations last
    WHERE last.project = $1 AND last.invitation_id = $2))
ORDER BY created_at DESC, invitation_id DESC LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation of the person `name` to a project. Used until `expires_at`, like its token."""

    invitation_id: UUID
    project: str
    name: str
    role: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


async def add_invitation(
    transaction: Transaction, invitation: Invitation, secret_sha256: bytes
) -> None:
    """Store an invitation that is not used yet."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD,
        invitation.invitation_id,
        invitation.project,
        invitation.name,
        invitation.role,
        invitation.created_at,
        invitation.expires_at,
        secret_sha256,
    )


async def use_invitation(
    transaction: Transaction, secret_sha256: bytes, now: datetime
) -> Invitation | None:
    """Mark the invitation with this secret as used and return it; None if it is not open."""
    connection = await transaction.connection()
    return _invitation(await connection.fetchrow(_USE, secret_sha256, now))


async def find_invitation(transaction: Transaction, secret_sha256: bytes) -> Invitation | None:
    """Return the invitation with this secret, whatever its state; None if there is none."""
    connection = await transaction.connection()
    return _invitation(await connection.fetchrow(_BY_SECRET, secret_sha256))


async def revoke_invitation(
    transaction: Transaction, project: str, invitation_id: UUID, now: datetime
) -> Invitation | None:
    """Revoke an invitation and return it; None if the project has no such invitation."""
    connection = await transaction.connection()
    return _invitation(await connection.fetchrow(_REVOKE, project, invitation_id, now))


async def revoke_invitations(
    transaction: Transaction, project: str, name: str, now: datetime
) -> None:
    """Revoke all invitations of a person that have not expired."""
    connection = await transaction.connection()
    await connection.execute(_REVOKE_ALL, project, name, now)


async def list_invitations(
    transaction: Transaction, project: str, after: UUID | None, limit: int
) -> Sequence[Invitation]:
    """Return the invitations of a project, newest first, beginning behind the one `after`."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LIST, project, after, limit)
    return [Invitation(**row) for row in rows]


def _invitation(row: Any) -> Invitation | None:  # noqa: ANN401 - asyncpg has no types
    return None if row is None else Invitation(**row)
