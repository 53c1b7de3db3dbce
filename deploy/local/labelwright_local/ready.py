"""The ready file: where everything is, for scripts. It is there while all is ready."""

import json
from collections.abc import Callable
from typing import Any

from labelwright_client import tokens
from labelwright_local import keys
from labelwright_local.plan import KAFKA, POSTGRES, Plan

Pid = Callable[[str], int | None]


def write(plan: Plan, pid: Pid) -> None:
    """Write it, whole or not at all. It holds secrets: nobody else may read it."""
    text = json.dumps(described(plan, pid), indent=2) + "\n"
    for file in plan.ready_files:
        keys.write(file, text, 0o600)


def remove(plan: Plan) -> None:
    """Nothing is ready any more, or not yet."""
    for file in plan.ready_files:
        file.unlink(missing_ok=True)


def described(plan: Plan, pid: Pid) -> dict[str, Any]:
    """What the file says of a running stack."""
    told: dict[str, Any] = {
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
    if POSTGRES in plan.parts:
        told[POSTGRES] = {"url": plan.postgres.admin_dsn, "pid": pid(POSTGRES)}
    if KAFKA in plan.parts:
        told[KAFKA] = {"bootstrap": plan.kafka.bootstrap, "pid": pid(KAFKA)}
    return told
