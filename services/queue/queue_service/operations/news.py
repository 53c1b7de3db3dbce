"""What is told at once, in every replica: that there is work, a spec version, a standing.

Announced in a transaction, it is told once that has committed, and never if it does not. Of news
nothing is stored: whoever may have missed some reads what holds now.
"""

from functools import partial
from typing import Any

from chassis.db.database import Transaction
from queue_service.notify.notifier import Notifier
from schemas.vocabulary import Standing

notifier = Notifier()
work = notifier.bell("work")
"""Rung when work was made available; who polls for long waits for it."""


def announce_work(transaction: Transaction) -> None:
    """Wake who waits for work."""
    transaction.after_commit(work.notify)


def announce_spec(transaction: Transaction, project: str, version: int) -> None:
    """Tell everyone in `project` of a spec version."""
    _tell(transaction, {"event": "spec", "project": project, "version": version})


def announce_standing(
    transaction: Transaction, annotator: str, project: str, standing: Standing
) -> None:
    """Tell an annotator, and nobody else, of its standing."""
    told = {"event": "standing", "project": project, "standing": standing}
    _tell(transaction, {**told, "annotator": annotator})


def _tell(transaction: Transaction, news: dict[str, Any]) -> None:
    transaction.after_commit(partial(notifier.tell, news))


def is_for(annotator: str, news: dict[str, Any]) -> bool:
    """Whether `news` are for everyone, or for `annotator`."""
    return bool(news.get("annotator", annotator) == annotator)
