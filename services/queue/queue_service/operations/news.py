"""What is told at once, in every replica: that there is work, a spec version, a standing.

Announced in a transaction, it is told once that has committed, and never if it does not. Of news
nothing is stored: whoever may have missed some reads what holds now.
"""

from functools import partial
from typing import Any

from chassis.bells import Bells
from chassis.database import Session, after_commit
from schemas.vocabulary import Standing

bells = Bells()
work = bells.bell("work")
"""Rung when work was made available; who polls for long waits for it."""


def announce_work(session: Session) -> None:
    """Wake who waits for work."""
    after_commit(session, work.ring)


def announce_spec(session: Session, project: str, version: int) -> None:
    """Tell everyone in `project` of a spec version."""
    _tell(session, {"event": "spec", "project": project, "version": version})


def announce_standing(session: Session, annotator: str, project: str, standing: Standing) -> None:
    """Tell an annotator, and nobody else, of its standing."""
    told = {"event": "standing", "project": project, "standing": standing}
    _tell(session, {**told, "annotator": annotator})


def _tell(session: Session, news: dict[str, Any]) -> None:
    after_commit(session, partial(bells.tell, news))


def is_for(annotator: str, news: dict[str, Any]) -> bool:
    """Whether `news` are for everyone, or for `annotator`."""
    return bool(news.get("annotator", annotator) == annotator)
