"""The event about tokens, which the chassis of every service handles."""

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import Annotator, Timestamp


class TokenRevoked(Event):
    """A token, or all tokens of a person for a project, are not accepted any more."""

    topic = topics.TOKENS
    keyed_by = "subject"
    subject: Annotator
    """The pseudonym of the person."""
    jti: str | None = None
    """The id of the token (RFC 7519). None: all tokens of the person that were issued before this
    event are not valid for `project` any more."""
    expires_at: Timestamp | None = None
    """The expiry of the token, after which nothing needs to remember it. None: not known."""
