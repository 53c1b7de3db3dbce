"""The directory of the people of a project, and the end of their access."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.db.locks import lock_names
from chassis.events import outbox
from chassis.http import revocations
from chassis.http.auth import Caller, pseudonym
from chassis.http.problem import Fault, Invalid
from chassis.http.signer import TokenSigner
from queue_service.domain import invitations as rules
from queue_service.domain import refusals
from queue_service.store import invitations, people
from queue_service.store.people import Identity
from schemas.events import TokenRevoked
from schemas.people import Me, PersonRequest, ProjectPeople, ProjectPerson


@dataclass(frozen=True, slots=True)
class Directory:
    """The issuers of the people's tokens, and the key of their pseudonyms."""

    pseudonym_key: str
    signer: TokenSigner | None
    """None if this installation signs no tokens itself."""
    issuers: tuple[str, ...]
    """All issuers whose tokens are accepted."""

    def own_signer(self) -> TokenSigner:
        """Return the signer of tokens. Raises SignsInElsewhere."""
        if self.signer is None:
            raise refusals.SignsInElsewhere(
                f"Give people access at {' or '.join(self.issuers)}, with a role and the project;"
                " then add their names with `labelwright people add`."
            )
        return self.signer

    def identity(self, project: str, request: PersonRequest) -> Identity:
        """Return the identity of a person. Raises Invalid, SignsInElsewhere."""
        if request.login is None:
            issuer, subject = self.own_signer().issuer, rules.subject(project, request.name)
        else:
            issuer, subject = self._issuer(request.login.issuer), request.login.subject
        return Identity(pseudonym(self.pseudonym_key, issuer, subject), issuer, subject)

    def _issuer(self, named: str | None) -> str:
        own = None if self.signer is None else self.signer.issuer
        providers = [issuer for issuer in self.issuers if issuer != own]
        if named is None and len(providers) == 1:
            return providers[0]
        if named not in self.issuers:
            listed = ", ".join(self.issuers)
            raise Invalid(
                [Fault("/login/issuer", "unknown", f"Name one of these issuers: {listed}.")]
            )
        return named


async def add_person(
    transaction: Transaction,
    directory: Directory,
    project: str,
    request: PersonRequest,
    now: datetime,
) -> str:
    """Add a person to the directory, or roles to a known one; return the pseudonym.

    Raises Invalid, SignsInElsewhere, NameTaken.
    """
    identity = directory.identity(project, request)
    await lock_names(transaction, [f"people {project}"])
    known = await people.name_of(transaction, [project], identity.pseudonym)
    if known is not None and known != request.name:
        raise refusals.NameTaken(f"This person is known as '{known}' in the project.")
    stored = await people.add_person(
        transaction, project, request.name, identity, request.roles, now
    )
    if stored != identity:
        raise refusals.NameTaken(
            f"'{request.name}' is a person whose tokens are of {stored.issuer}: use another name."
        )
    return identity.pseudonym


async def revoke_person(transaction: Transaction, project: str, annotator: str) -> None:
    """Refuse all tokens of a person for the project, and its open invitations, from now on.

    The time is read after the invitations are locked: a token that is being issued is revoked too.
    Raises UnknownPerson.
    """
    name = await people.name_of(transaction, [project], annotator)
    if name is None:
        raise refusals.UnknownPerson(
            "Only people with a name can be revoked: add the person with `labelwright people add`."
        )
    await invitations.revoke_invitations(transaction, project, name, utc_now())
    now = utc_now()
    await people.revoke_person(transaction, project, annotator, now)
    await revoke_token(
        transaction, TokenRevoked(occurred_at=now, project=project, subject=annotator)
    )


async def revoke_token(transaction: Transaction, event: TokenRevoked) -> None:
    """Publish a revocation, and store it here at once: the broker may be away."""
    await revocations.add(transaction, event)
    await outbox.add(transaction, event)


async def list_people(
    transaction: Transaction, project: str, after: str, limit: int, now: datetime
) -> ProjectPeople:
    """Return one page of the people of a project."""
    rows = await people.list_people(transaction, project, after, limit + 1, now)
    page = [ProjectPerson.model_validate(asdict(row)) for row in rows[:limit]]
    return ProjectPeople(people=page, next=page[-1].pseudonym if len(rows) > limit else None)


async def describe_caller(transaction: Transaction, caller: Caller, now: datetime) -> Me:
    """Return the caller's own name, roles and projects, and how much the caller has done."""
    projects: Sequence[str] | None = None if "*" in caller.projects else sorted(caller.projects)
    done, today = await people.done(transaction, caller.pseudonym, projects, now.date())
    name = caller.name
    if name is None and projects:
        name = await people.name_of(transaction, projects, caller.pseudonym)
    return Me(
        pseudonym=caller.pseudonym,
        name=name,
        roles=sorted(caller.roles),
        projects=["*"] if projects is None else list(projects),
        done=done,
        done_today=today,
    )
