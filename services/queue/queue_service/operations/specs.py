"""Spec versions, compiled once. They never change, so what a hash names may be remembered."""

from collections.abc import Sequence

from chassis.db.database import Transaction, as_json
from chassis.http.auth import UnknownProject
from chassis.http.problem import Fault, Invalid
from labels.compiled_spec import CompiledSpec, SpecCache
from queue_service.domain import refusals
from queue_service.domain.leases import Work
from queue_service.operations.blob_checks import BlobCheck, BlobChecks
from queue_service.operations.news import announce_work
from queue_service.store import intake, views
from schemas.queue import SpecView
from schemas.vocabulary import Label, Policy, document_of

LABEL_BYTES_MAX = 100_000
"""Of a label as JSON: an event carries several, and Kafka takes a megabyte."""


class Compiled(CompiledSpec):
    """A spec version that checks what annotators send."""

    __slots__ = ()

    def check_rules(self, rules: Sequence[str], at: str = "/rules") -> None:
        """Raise Invalid if one of the cited `rules` is not in the guidelines of the version."""
        known = {rule.id for rule in self.document.guidelines}
        faults = [
            Fault(f"{at}/{place}", "unknown", f"The guidelines have no rule {rule}.")
            for place, rule in enumerate(rules)
            if rule not in known
        ]
        if faults:
            raise Invalid(faults)

    def is_same(self, one: Label, other: Label) -> bool:
        """Return True if two labels say the same in every field."""
        return one.keys() == other.keys() and all(
            field.key(one[field.name]) == field.key(other[field.name])
            for field in self.labels.fields
            if field.name in one
        )

    def check(self, label: Label, work: Work, checks: BlobChecks, at: str = "/label") -> None:
        """Raise Invalid unless `label`, sent in the place `at`, is one that the version allows.

        Raises ChecksNeeded if it quotes a payload that lies in the blob store.
        """
        faults = self.labels.check(label, work.payload)
        if not faults and work.blob is not None and self.labels.quotes_payload(label):
            faults = checks.faults(BlobCheck(work.blob, work.spec_hash, self.labels, label))
        if faults:
            raise Invalid(Fault(at + one.pointer, one.keyword, one.message) for one in faults)
        size = len(as_json(label).encode())
        if size > LABEL_BYTES_MAX:
            message = f"A label has {LABEL_BYTES_MAX:,} bytes at most as JSON; this has {size:,}."
            raise Invalid([Fault(at, "size", message)])


_CACHE = SpecCache(Compiled)


async def compiled(
    transaction: Transaction, project: str, version: int, spec_hash: str
) -> Compiled:
    """Return the spec version with this hash. Raises UnknownSpec."""

    async def read() -> object:
        found = await views.spec(transaction, project, version)
        if found is None:
            raise refusals.UnknownSpec(f"The project '{project}' has no spec version {version}.")
        return found[1]

    return await _CACHE.get(spec_hash, read)


async def policy_of(transaction: Transaction, project: str, version: int) -> Policy | None:
    """The policy of a spec version, None while that is not known."""
    found = await views.spec(transaction, project, version)
    return None if found is None else document_of(found[1]).policy


async def show_spec(transaction: Transaction, project: str, version: int) -> SpecView:
    """A spec version as a labeling page needs it."""
    found = await views.spec(transaction, project, version)
    if found is None:
        raise refusals.UnknownSpec(f"The project '{project}' has no spec version {version}.")
    spec = await compiled(transaction, project, version, found[0])
    return SpecView(
        project=project,
        version=version,
        hash=found[0],
        document=spec.document,
        label_schema=spec.labels.json_schema,
    )


async def pause(transaction: Transaction, project: str, *, paused: bool) -> None:
    """Give no more work of a project out, or go on."""
    if not await intake.pause(transaction, project, paused=paused):
        raise UnknownProject(project)
    if not paused:
        announce_work(transaction)
