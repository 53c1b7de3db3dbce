"""Fixtures of the consensus service."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

# Test folders are not packages; this makes their helper modules importable.
sys.path.insert(0, str(Path(__file__).parent))

from consensus_harness import Consensus

from chassis import migrations, testing
from consensus_service.app import create_app
from consensus_service.settings import Settings


@pytest.fixture
async def consensus(fresh_database: Any, tokens: testing.Tokens) -> AsyncIterator[Consensus]:
    url = fresh_database()
    await asyncio.to_thread(migrations.upgrade, "consensus_service", url)
    app = create_app(testing.settings(Settings, tokens, url))
    async with testing.serving(app) as http:
        yield Consensus(app, http, tokens)
