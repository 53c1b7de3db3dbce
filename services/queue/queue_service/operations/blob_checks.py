"""Checks of labels against payloads that are in the blob store.

A transaction must not wait for an object store. So an operation that needs such a check raises
ChecksNeeded, and its transaction is rolled back; the payload is read outside of any transaction,
the label is checked, and the operation runs again with the result. The payload of a digest never
changes, so the result stays valid.

Payloads are not cached: many annotators get the same honeypot, so a cache would make answers about
honeypots faster than those about work, and reveal them.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson

from blobs import BlobStore, BlobStoreUnavailable, CorruptBlob, MissingBlob
from chassis import logs
from labels import LabelSchema, Refusal
from queue_service.domain.refusals import PayloadUnavailable

READS_MAX = 4
"""The number of payloads, of up to 20 MB each, that one process reads at the same time."""

Result = TypeVar("Result")


class BlobCheck(NamedTuple):
    """A label, its schema, and the digest of the payload that it is about."""

    sha256: str
    spec_hash: str
    fields: LabelSchema
    label: dict[str, Any]

    @property
    def key(self) -> tuple[str, str, bytes]:
        """The identity of the check; checks with equal keys have equal results."""
        text = orjson.dumps(self.label, option=orjson.OPT_SORT_KEYS)
        return self.sha256, self.spec_hash, text


class ChecksNeeded(Exception):
    """An operation needs the results of `checks`."""

    def __init__(self, checks: Sequence[BlobCheck]) -> None:
        """Store the checks."""
        super().__init__(f"{len(checks)} labels must be checked against stored payloads")
        self.checks = checks


class PayloadReader:
    """Reads payloads from the blob store, at most `READS_MAX` at a time."""

    def __init__(self, store: BlobStore) -> None:
        """Read from `store`."""
        self._store = store
        self._free = asyncio.Semaphore(READS_MAX)

    async def check(self, sha256: str, checks: Sequence[BlobCheck]) -> list[list[Refusal]]:
        """Return the faults of each label about the payload. Raises PayloadUnavailable."""
        async with self._free:
            try:
                content = await self._store.get(sha256)
            except (MissingBlob, CorruptBlob, BlobStoreUnavailable, OSError) as error:
                logs.get("payloads").error("a payload could not be read", error=str(error))
                raise PayloadUnavailable("Send it again in a few seconds.") from error
            return await asyncio.to_thread(_checked, content, checks)


def _checked(content: bytes, checks: Sequence[BlobCheck]) -> list[list[Refusal]]:
    payload = orjson.loads(content)
    return [check.fields.check(check.label, payload) for check in checks]


class BlobChecks:
    """The results of the checks that one request needed so far."""

    def __init__(self, reader: PayloadReader) -> None:
        """Create it without results."""
        self._reader = reader
        self._found: dict[tuple[str, str, bytes], list[Refusal] | PayloadUnavailable] = {}

    def faults(self, check: BlobCheck) -> list[Refusal]:
        """Return the faults of a label. Raises ChecksNeeded or PayloadUnavailable."""
        found = self._found.get(check.key)
        if found is None:
            raise ChecksNeeded([check])
        if isinstance(found, PayloadUnavailable):
            raise found
        return found

    async def complete(self, operation: Callable[[], Awaitable[Result]]) -> Result:
        """Run `operation`, repeat it after the checks that it needs, and return its result."""
        while True:
            try:
                return await operation()
            except ChecksNeeded as needed:
                await self._run(needed.checks)

    async def _run(self, checks: Sequence[BlobCheck]) -> None:
        by_payload: dict[str, list[BlobCheck]] = defaultdict(list)
        for check in checks:
            by_payload[check.sha256].append(check)
        async with asyncio.TaskGroup() as group:
            for sha256, own in by_payload.items():
                group.create_task(self._run_on(sha256, own))

    async def _run_on(self, sha256: str, checks: Sequence[BlobCheck]) -> None:
        found: Sequence[list[Refusal] | PayloadUnavailable]
        try:
            found = await self._reader.check(sha256, checks)
        except PayloadUnavailable as error:
            found = [error] * len(checks)
        self._found.update((check.key, result) for check, result in zip(checks, found, strict=True))
