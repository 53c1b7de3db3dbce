"""Topics for one test, under a prefix of their own."""

import uuid
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import TOKENS


async def create_topics(kafka_server: Any, *names: str, partitions: int = 1) -> str:
    """Create these topics, and the one that every service reads; return their prefix."""
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server.bootstrap)
    await admin.start()
    topics = [NewTopic(prefix + name, partitions, 1) for name in (TOKENS.name, *names)]
    await admin.create_topics(topics)
    await admin.close()
    return prefix
