"""A process that consumes and prints each value: `group_member.py BOOTSTRAP PREFIX INSTANCE`."""

import asyncio
import sys
from typing import Any, ClassVar

from chassis.events.consumer import Consumer
from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the member."""

    service: ClassVar[str] = "member"


class Printer:
    """Replaces BatchDelivery: prints the records."""

    topics: ClassVar[set[str]] = {"noted"}

    async def decode(self, records: list[Any]) -> list[Any]:
        """Return the records unchanged."""
        return records

    async def deliver(self, records: list[Any]) -> None:
        """Print the values of the records."""
        for record in records:
            print(record.value.decode(), flush=True)  # noqa: T201


if __name__ == "__main__":
    settings = Settings(
        database_url="",
        pseudonym_key="",
        kafka_bootstrap=sys.argv[1],
        topic_prefix=sys.argv[2],
        consumer_instance=sys.argv[3],
    )

    async def main() -> None:
        """Consume until killed."""
        print("started", flush=True)  # noqa: T201
        await Consumer(settings, Printer()).run()  # type: ignore[arg-type]

    asyncio.run(main())
