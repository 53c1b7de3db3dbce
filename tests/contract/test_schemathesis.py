"""Each service follows its OpenAPI document, for valid and invalid requests of every form."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from chassis import migrations, testing
from queue_service.operations import notifications

sys.path.insert(0, str(Path(__file__).parent))

from service_apps import SERVICES, app_of

HOOKS = Path(__file__).parent / "schemathesis_hooks.py"
CONFIG = Path(__file__).parent / "schemathesis.toml"
REPLACED_CHECKS = "positive_data_acceptance,negative_data_rejection"
"""The hooks have these two checks with exceptions for rules that no schema can express."""
SEED, EXAMPLES = 7, 12
ROLES = (
    "pipeline", "annotator", "reviewer", "adjudicator", "spec_owner", "trainer", "sre", "admin",
)  # fmt: skip


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Run `app` in a real server; yield its address."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
        task = asyncio.create_task(server.serve([own]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{own.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@pytest.mark.timeout(900)
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_keeps_to_its_document(
    service: str,
    fresh_database: Any,
    tokens: testing.Tokens,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = fresh_database()
    await asyncio.to_thread(migrations.upgrade, f"{service}_service", url)
    app = app_of(service, tokens, url, state_dir=tmp_path)
    if service == "queue":  # As while it stops: streams and long polls end at once.
        monkeypatch.setattr(notifications.notifier, "is_closing", True)
    bearer = tokens.bearer("ada", *ROLES)["authorization"]

    async with testing.serving(app), listening(app) as address:
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG,
            "run", f"{address}/openapi.json",
            "--checks", "all", "--exclude-checks", REPLACED_CHECKS,
            "--phases", "examples,coverage,fuzzing",
            "--seed", str(SEED), "--max-examples", str(EXAMPLES),
            "--generation-database", "none", "--continue-on-failure", "--no-color",
            "--header", f"Authorization: {bearer}",
        ]  # fmt: skip
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
