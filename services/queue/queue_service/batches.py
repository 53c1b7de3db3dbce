"""Leases and answers of one process: what comes in at the same time is done at once."""

from collections.abc import Sequence

from chassis.clock import utc_now
from chassis.db.database import Transaction
from queue_service.batcher import Batcher
from queue_service.domain.choice import Ask
from queue_service.operations import answering, leasing
from queue_service.operations.answering import Submission, Taken
from queue_service.operations.choosing import Desk
from queue_service.operations.leasing import Outcome
from queue_service.settings import Settings


class Batches:
    """The two hot operations of the queue. One call at a time leases for an annotator."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is under way."""
        self.desk = Desk(
            settings.pseudonym_key.get_secret_value().encode(), settings.open_leases_max
        )
        self.leases = Batcher(self._lease, key=lambda ask: ask.worker.annotator)
        self.answers = Batcher(self._submit, key=lambda one: one.lease_id)

    async def _lease(self, transaction: Transaction, asks: Sequence[Ask]) -> list[Outcome]:
        return await leasing.lease_work(transaction, self.desk, asks, utc_now())

    async def _submit(
        self, transaction: Transaction, submissions: Sequence[Submission]
    ) -> list[Taken | Exception]:
        return await answering.submit_annotations(transaction, submissions, utc_now())
