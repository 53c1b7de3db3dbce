"""The ready file: addresses, process ids and a token, for scripts. It exists while all is ready."""

import json
from collections.abc import Callable
from typing import Any

from labelwright_client import tokens
from labelwright_local import keys
from labelwright_local.plan import KAFKA, POSTGRES, Plan

Pid = Callable[[str], int | None]


def write(plan: Plan, pid: Pid) -> None:
    """Write the ready files atomically, readable only for their owner, since they hold secrets."""
    text = json.dumps(described(plan, pid), indent=2) + "\n"
    for file in plan.ready_files:
        keys.write(file, text, 0o600)


def remove(plan: Plan) -> None:
    """Remove the ready files."""
    for file in plan.ready_files:
        file.unlink(missing_ok=True)


def described(plan: Plan, pid: Pid) -> dict[str, Any]:
    """Return the content of the ready file. `pid` gives the process id of a part."""
    content: dict[str, Any] = {
        "services": {
            one.name: {
                "url": plan.url(one),
                "metrics_url": plan.metrics_url(one),
                "pid": pid(one.name),
            }
            for one in plan.replicas
        },
        "admin_token": tokens.sign(plan.home.path, name="admin", roles=["admin"]),
    }
    if plan.listener is not None:
        content["public_url"] = plan.listener.public_url
    if POSTGRES in plan.parts:
        content[POSTGRES] = {"url": plan.postgres.admin_dsn, "pid": pid(POSTGRES)}
    if KAFKA in plan.parts:
        content[KAFKA] = {"bootstrap": plan.kafka.bootstrap, "pid": pid(KAFKA)}
    return content
