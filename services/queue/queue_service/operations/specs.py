"""Spec versions, compiled and cached by their hash. They never change."""

from collections.abc import Sequence

from chassis.db.database import Transaction, as_json
from chassis.http.auth import UnknownProject
from chassis.http.problem import Fault, Invalid
from labels.compiled_spec import CompiledSpec, SpecCache
from queue_service.domain import refusals
from queue_service.domain.dispatch import Offer
from queue_service.domain.leases import Work
from queue_service.operations.blob_checks import BlobCheck, BlobChecks
from queue_service.operations.notifications import notify_work
from queue_service.store import intake, views
from schemas.queue import SpecView
from schemas.vocabulary import Label, Policy, document_of

LABEL_BYTES_MAX = 100_000
"""The largest label as JSON. An event can carry several, and a Kafka record is at most 1 MB."""


class Compiled(CompiledSpec):
    """A spec version that checks what annotators send."""

    __slots__ = ()

    def check_rules(self, rules: Sequence[str], at: str = "/rules") -> None:
        """Raise Invalid if one of the cited `rules` is not in the guidelines of the version."""
        known = {rule.id for rule in self.document.guidelines}
        faults = [
            Fault(f"{at}/{index}", "unknown", f"The guidelines have no rule {rule}.")
            for index, rule in enumerate(rules)
            if rule not in known
        ]
        if faults:
            raise Invalid(faults)

    def is_same(self, first: Label, second: Label) -> bool:
        """Return True if two labels are equal in every field."""
        return first.keys() == second.keys() and all(
            field.key(first[field.name]) == field.key(second[field.name])
            for field in self.labels.fields
            if field.name in first
        )

    def check(self, label: Label, work: Work, checks: BlobChecks, at: str = "/label") -> None:
        """Raise Invalid unless the version allows `label`; `at` is its JSON pointer in the request.

        Raises ChecksNeeded if the label quotes a payload that is in the blob store.
        """
        faults = self.labels.check(label, work.payload)
        if not faults and work.blob is not None and self.labels.quotes_payload(label):
            faults = checks.faults(BlobCheck(work.blob, work.spec_hash, self.labels, label))
        if faults:
            raise Invalid(
                Fault(at + fault.pointer, fault.keyword, fault.message) for fault in faults
            )
        size = len(as_json(label).encode())
        if size > LABEL_BYTES_MAX:
            message = (
                f"A label has at most {LABEL_BYTES_MAX:,} bytes as JSON; this one has {size:,}."
            )
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


async def compiled_for(transaction: Transaction, work: Work | Offer) -> Compiled:
    """Return the spec version of some work. Raises UnknownSpec."""
    return await compiled(transaction, work.project, work.spec_version, work.spec_hash)


async def policy_of(transaction: Transaction, project: str, version: int) -> Policy | None:
    """Return the policy of a spec version; None if the version is not known."""
    found = await views.spec(transaction, project, version)
    return None if found is None else document_of(found[1]).policy


async def show_spec(transaction: Transaction, project: str, version: int) -> SpecView:
    """Return a spec version with its label schema. Raises UnknownSpec."""
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
    """Pause a project or resume it. Raises UnknownProject."""
    if not await intake.pause(transaction, project, paused=paused):
        raise UnknownProject(project)
    if not paused:
        notify_work(transaction)
