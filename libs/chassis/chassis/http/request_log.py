"""Lines about requests: every refused and failed one, and a sample of all others.

They name the route, not the path: no id of a task, no name of a project is in them. The body, the
query and the headers are never logged.
"""

from starlette.types import Scope

from chassis import logs

HEALTH = "/health/"
PROBLEM, REASON = "chassis.http.problem", "chassis.reason"
"""Keys in a request's scope: the type of the problem it was answered with, and why, if the log may
tell that."""


def route(scope: Scope) -> str:
    """The template of the route that a request has met, as `/v1/projects/{project}`."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


class RequestLog:
    """Writes a line for a request once its answer has begun."""

    def __init__(self, sample_every: int) -> None:
        """Of the requests that are not refused each `sample_every`-th is logged; with 0 none."""
        self._sample_every = sample_every
        self._answered = 0

    def add(self, scope: Scope, status: int, seconds: float) -> None:
        """Log the request of `scope` if it is one to log. Probes have lines of their own."""
        if scope["path"].startswith(HEALTH):
            return
        told = {
            "method": scope["method"],
            "route": route(scope),
            "status": status,
            "milliseconds": round(1000 * seconds, 1),
        }
        log = logs.get("http")
        if status >= 400:
            told |= {"problem": scope.get(PROBLEM, "urn:problem:internal")}
            told |= {"reason": scope[REASON]} if REASON in scope else {}
            if status < 500:
                log.info("a request was refused", **told)
            else:
                log.warning("a request failed", **told)
        elif self._is_next_sample():
            log.info("a request was answered", sampled=True, **told)

    def _is_next_sample(self) -> bool:
        self._answered += 1
        return self._sample_every > 0 and self._answered % self._sample_every == 0
