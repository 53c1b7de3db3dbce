"""When a call is sent again, and after how long. Pure: chance and answers are arguments."""

from collections.abc import Callable
from dataclasses import dataclass

from labelwright_client.call import Answer

AGAIN = frozenset({429, 500, 502, 503, 504})
FAULTS_MAX = 8
"""How often a 500 is asked again: a database that restarts shows so, and a bug does as well."""
RETRY_AFTER_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """How patient a client is: waits grow from `first` to `longest` seconds, until `total` is over.

    The default outlives a restart of any service.
    """

    first: float = 0.1
    longest: float = 5.0
    total: float = 60.0

    def wait(self, attempt: int, chance: float, retry_after: float | None = None) -> float:
        """Seconds before attempt number `attempt` + 1; `chance` in [0, 1) spreads the clients.

        A service that says how long to wait is believed.
        """
        if retry_after is not None:
            return min(retry_after, RETRY_AFTER_MAX) + self.first * chance
        full = min(self.longest, self.first * 2.0 ** min(attempt, 32))
        return full * (0.5 + 0.5 * chance)


NEVER = Retry(total=0)
"""For callers that would rather know at once."""


class Course:
    """One call on its way: counts attempts and seconds, and says whether to try again."""

    def __init__(self, retry: Retry, chance: Callable[[], float]) -> None:
        """Nothing was sent yet."""
        self._retry = retry
        self._chance = chance
        self._waited = 0.0
        self._faults = 0
        self.attempts = 0

    def pause(self, answer: Answer | None) -> float | None:
        """Seconds to wait before sending again; None if `answer` stands. No answer: None came."""
        if answer is not None and not self._may_pass(answer.status):
            return None
        seconds = self._retry.wait(self.attempts, self._chance(), _retry_after(answer))
        self.attempts += 1
        if self._waited + seconds > self._retry.total:
            return None
        self._waited += seconds
        return seconds

    def _may_pass(self, status: int) -> bool:
        if status == 500:
            self._faults += 1
        return status in AGAIN and self._faults <= FAULTS_MAX


def _retry_after(answer: Answer | None) -> float | None:
    """The seconds that the answer asks for. A date is as good as nothing: clocks differ."""
    told = answer.headers.get("retry-after", "") if answer is not None else ""
    return float(told) if told.isdecimal() else None
