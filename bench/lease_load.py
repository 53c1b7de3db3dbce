"""Annotators who hold leases and do not annotate."""

from http_client import Connection, request, run
from stack import Stack

AT_ONCE = 20


def hold_leases(stack: Stack, project: str, leases: int) -> None:
    """Take `leases` leases through the API.

    The first half leases the most urgent tasks. The second half requests items from number
    `leases / 2` on, so that one or two of the three slots of their tasks stay open.
    """
    half = leases // 2
    annotators = half // AT_ONCE

    async def lease() -> None:
        connection = await Connection.open(stack.url("queue"))
        for n in range(annotators):
            headers = stack.bearer(f"holder-{n}", "annotator")
            await connection.call(_lease_request(headers, f'"projects":["{project}"]'))
        for n in range(annotators):
            headers = stack.bearer(f"picker-{n}", "annotator", "pipeline")
            first = half + (2 * n // 3) * AT_ONCE
            items = ",".join(f'"x{first + k}"' for k in range(AT_ONCE))
            await connection.call(
                _lease_request(headers, f'"projects":["{project}"],"items":[{items}]')
            )
        connection.close()

    run(lease())
    [row] = stack.query("SELECT count(*) AS n FROM leases WHERE ended IS NULL")
    if row["n"] != 2 * annotators * AT_ONCE:
        raise RuntimeError(f"{row['n']} leases are held instead of {leases}")


def _lease_request(headers: dict[str, str], filters: str) -> bytes:
    return request("POST", "/v1/leases", headers, f'{{"count":{AT_ONCE},{filters}}}'.encode())
