"""The HTTP models of jobs, which every service with long work has."""

from schemas.vocabulary import Id, Strict


class JobAccepted(Strict):
    """A job that takes longer than its request; GET `url` to read its progress."""

    job_id: Id
    url: str
