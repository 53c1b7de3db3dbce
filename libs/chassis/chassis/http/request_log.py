"""Log lines about requests: every refused and failed one, and a sample of the others.

They have the route and not the path, which can contain ids of tasks and names of projects. Bodies,
queries and headers are never logged.
"""

from starlette.types import Scope

from chassis import logs

HEALTH = "/health/"
PROBLEM, REASON = "chassis.http.problem", "chassis.reason"
"""Keys in the scope of a request: the type of its problem, and its reason if that may be logged."""


def route(scope: Scope) -> str:
    """Return the template of the route of a request, such as `/v1/projects/{project}`."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


class RequestLog:
    """Writes a line for a request when its response has begun."""

    def __init__(self, sample_every: int) -> None:
        """Log each `sample_every`-th of the successful requests; none if it is 0."""
        self._sample_every = sample_every
        self._answered = 0

    def add(self, scope: Scope, status: int, seconds: float) -> None:
        """Log the request of `scope`, unless it is a probe or a success that is not sampled."""
        if scope["path"].startswith(HEALTH):
            return
        fields = {
            "method": scope["method"],
            "route": route(scope),
            "status": status,
            "milliseconds": round(1000 * seconds, 1),
        }
        log = logs.get("http")
        if status >= 400:
            fields |= {"problem": scope.get(PROBLEM, "urn:problem:internal")}
            fields |= {"reason": scope[REASON]} if REASON in scope else {}
            if status < 500:
                log.info("a request was refused", **fields)
            else:
                log.warning("a request failed", **fields)
        elif self._is_next_sample():
            log.info("a request was answered", sampled=True, **fields)

    def _is_next_sample(self) -> bool:
        self._answered += 1
        return self._sample_every > 0 and self._answered % self._sample_every == 0
