"""People who hold work and do not answer it."""

from calling import Connection, request, run
from scene import Scene

AT_ONCE = 20


def hold(scene: Scene, project: str, leases: int) -> None:
    """Lease so much, through the API. The first half of it takes whatever stands first.

    The other half picks among the items from number `leases / 2` on: of three people two share
    their tasks, so that of three slots one or two stay free.
    """
    half = leases // 2
    people = half // AT_ONCE

    async def ask() -> None:
        connection = await Connection.to(scene.url("queue"))
        for n in range(people):
            who = scene.bearer(f"holder-{n}", "annotator")
            await connection.call(_wanted(who, f'"projects":["{project}"]'))
        for n in range(people):
            who = scene.bearer(f"picker-{n}", "annotator", "pipeline")
            first = half + (2 * n // 3) * AT_ONCE
            items = ",".join(f'"x{first + k}"' for k in range(AT_ONCE))
            await connection.call(_wanted(who, f'"projects":["{project}"],"items":[{items}]'))
        connection.close()

    run(ask())
    [row] = scene.asked("SELECT count(*) AS n FROM leases WHERE ended IS NULL")
    if row["n"] != 2 * people * AT_ONCE:
        raise RuntimeError(f"{row['n']} leases are held instead of {leases}")


def _wanted(who: dict[str, str], what: str) -> bytes:
    return request("POST", "/v1/leases", who, f'{{"count":{AT_ONCE},{what}}}'.encode())
