"""Fair order of the records that wait for delivery: many records of one project delay no other.

Records are read ahead of their delivery and sorted into lanes. Each project has one lane for
records caused by people and one for those of models and functions. A batch takes equally many
records from each lane of people and fills up with those of machines, for which a quarter is
reserved. Records with the same key keep their order.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from aiokafka import ConsumerRecord, TopicPartition

from schemas.lane import Lane

RECORDS_MAX, BYTES_MAX = 50_000, 64_000_000
"""The limits of reading ahead: further records are read when there is room."""
MACHINES_SHARE = 0.25


class Lanes:
    """Records that were read and not delivered yet."""

    def __init__(self) -> None:
        """Start without records."""
        self._waiting: OrderedDict[Lane, deque[ConsumerRecord]] = OrderedDict()
        self._lane_of_key: dict[tuple[str, bytes | None], tuple[Lane, int]] = {}
        self._undelivered: dict[TopicPartition, OrderedDict[int, None]] = {}
        self._next: dict[TopicPartition, int] = {}
        self._records = self._bytes = 0

    def __len__(self) -> int:
        """Return the number of waiting records."""
        return self._records

    @property
    def has_room(self) -> bool:
        """True if more records may be read ahead."""
        return self._records < RECORDS_MAX and self._bytes < BYTES_MAX

    def add(self, read: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Append records to their lanes, in the order in which they were read."""
        for partition, records in read.items():
            undelivered = self._undelivered.setdefault(partition, OrderedDict())
            for record in records:
                undelivered[record.offset] = None
                self._append(record)
            if records:
                self._next[partition] = records[-1].offset + 1

    def take(self, count: int) -> list[ConsumerRecord]:
        """Remove up to `count` records fairly and return them; they count as undelivered."""
        people = [lane for lane in self._waiting if not lane.is_machine]
        machines = [lane for lane in self._waiting if lane.is_machine]
        waiting = sum(len(self._waiting[lane]) for lane in machines)
        reserved = min(waiting, int(count * MACHINES_SHARE))
        taken = self._take(people, count - reserved)
        return taken + self._take(machines, count - len(taken))

    def delivered(self, records: Iterable[ConsumerRecord]) -> None:
        """Mark records as delivered."""
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            if (undelivered := self._undelivered.get(partition)) is not None:
                undelivered.pop(record.offset, None)

    def positions(self) -> dict[TopicPartition, int]:
        """Return for each partition the offset up to which all records were delivered."""
        return {
            partition: next(iter(undelivered), self._next[partition])
            for partition, undelivered in self._undelivered.items()
            if partition in self._next
        }

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Drop the records of partitions that another replica reads from now on."""
        dropped = set(partitions)
        for partition in dropped:
            self._undelivered.pop(partition, None)
            self._next.pop(partition, None)
        rest = [
            record
            for record in chain(*self._waiting.values())
            if TopicPartition(record.topic, record.partition) not in dropped
        ]
        self._waiting.clear()
        self._lane_of_key.clear()
        self._records = self._bytes = 0
        for record in rest:
            self._append(record)

    def _append(self, record: ConsumerRecord) -> None:
        key = (record.topic, record.key)
        lane, count = self._lane_of_key.get(key) or (Lane.of(record.value or b""), 0)
        self._lane_of_key[key] = (lane, count + 1)
        self._waiting.setdefault(lane, deque()).append(record)
        self._records += 1
        self._bytes += len(record.value or b"")

    def _take(self, lanes: Sequence[Lane], count: int) -> list[ConsumerRecord]:
        """Take equally many of each lane; longer lanes get what short ones do not use."""
        taken: list[ConsumerRecord] = []
        by_length = sorted(lanes, key=lambda lane: len(self._waiting[lane]))
        for index, lane in enumerate(by_length):
            share = -(-(count - len(taken)) // (len(by_length) - index))
            taken += self._take_lane(lane, share)
        return taken

    def _take_lane(self, lane: Lane, count: int) -> list[ConsumerRecord]:
        queue = self._waiting[lane]
        taken = [queue.popleft() for _ in range(min(count, len(queue)))]
        if not queue:
            del self._waiting[lane]
        for record in taken:
            self._forget_key((record.topic, record.key))
            self._records -= 1
            self._bytes -= len(record.value or b"")
        return taken

    def _forget_key(self, key: tuple[str, bytes | None]) -> None:
        lane, count = self._lane_of_key.pop(key)
        if count > 1:
            self._lane_of_key[key] = (lane, count - 1)
