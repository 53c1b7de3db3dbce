"""Notifications of new work, spec versions and standings, sent to all replicas after a commit.

Nothing is stored: a subscriber that may have missed a notification reads the current state.
"""

from functools import partial
from typing import Any

from chassis.db.database import Transaction
from queue_service.notify.notifier import Notifier
from schemas.vocabulary import Standing

notifier = Notifier()
work_available = notifier.event("work")
"""Notified when work becomes available; long polls wait for it."""


def notify_work(transaction: Transaction) -> None:
    """Wake the calls that wait for work, after the commit."""
    transaction.after_commit(work_available.notify)


def notify_spec(transaction: Transaction, project: str, version: int) -> None:
    """Notify all annotators in `project` of a spec version, after the commit."""
    _publish(transaction, {"event": "spec", "project": project, "version": version})


def notify_standing(
    transaction: Transaction, annotator: str, project: str, standing: Standing
) -> None:
    """Notify one annotator of its standing, after the commit."""
    notification = {"event": "standing", "project": project, "standing": standing}
    _publish(transaction, {**notification, "annotator": annotator})


def _publish(transaction: Transaction, notification: dict[str, Any]) -> None:
    transaction.after_commit(partial(notifier.publish, notification))


def is_for(annotator: str, notification: dict[str, Any]) -> bool:
    """Return True if the notification is for everyone or for `annotator`."""
    return bool(notification.get("annotator", annotator) == annotator)
