"""Decides whether a call is sent again, and after which wait.

Pure: random numbers and responses are arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass

from labelwright_client.call import Response

RETRYABLE_STATUSES = frozenset({429, 500, 502, 503, 504})
SERVER_ERRORS_MAX = 8
"""Number of retries of a 500, which both a restarting database and a bug cause."""
RETRY_AFTER_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """The retry policy of a client, in seconds.

    Waits grow from `first` to `longest`, until their sum would exceed `total`. The default outlives
    a restart of any service.
    """

    first: float = 0.1
    longest: float = 5.0
    total: float = 60.0

    def wait(self, attempt: int, chance: float, retry_after: float | None = None) -> float:
        """Return the seconds to wait after `attempt` retries.

        `chance` is a random number in [0, 1), so that clients do not retry all at the same time.
        `retry_after` is the wait that the service asks for; it is used instead, up to a maximum.
        """
        if retry_after is not None:
            return min(retry_after, RETRY_AFTER_MAX) + self.first * chance
        full = min(self.longest, self.first * 2.0 ** min(attempt, 32))
        return full * (0.5 + 0.5 * chance)


NEVER = Retry(total=0)
"""The policy of callers that handle every failure themselves."""


class RetryState:
    """The attempts and waits of one call so far."""

    def __init__(self, retry: Retry, chance: Callable[[], float]) -> None:
        """Start before the first attempt. `chance` returns random numbers in [0, 1)."""
        self._retry = retry
        self._chance = chance
        self._waited = 0.0
        self._server_errors = 0
        self.attempts = 0

    def next_wait(self, response: Response | None) -> float | None:
        """Return the seconds to wait before the next attempt; None if there is none.

        `response` is that of the last attempt, None if the connection failed.
        """
        if response is not None and not self._is_retryable(response.status):
            return None
        seconds = self._retry.wait(self.attempts, self._chance(), _retry_after(response))
        self.attempts += 1
        if self._waited + seconds > self._retry.total:
            return None
        self._waited += seconds
        return seconds

    def _is_retryable(self, status: int) -> bool:
        if status == 500:
            self._server_errors += 1
        return status in RETRYABLE_STATUSES and self._server_errors <= SERVER_ERRORS_MAX


def _retry_after(response: Response | None) -> float | None:
    """Return the Retry-After header in seconds. A date is ignored, since clocks differ."""
    text = response.headers.get("retry-after", "") if response is not None else ""
    return float(text) if text.isdecimal() else None
