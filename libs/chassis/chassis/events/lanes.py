"""Fair order for records that wait to be delivered: no flood delays what others do.

Records are read ahead of their delivery and sorted into lanes: one for each project, apart for what
people do and for what models and functions do. Each batch takes from all lanes of people, equally
many of each, and fills up with those of machines, to which a quarter is kept. Records of one key
never overtake each other.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from aiokafka import ConsumerRecord, TopicPartition

from schemas.lane import Lane

RECORDS_MAX, BYTES_MAX = 50_000, 64_000_000
"""How far is read ahead: a record beyond that waits until there is room."""
MACHINES_SHARE = 0.25


class Lanes:
    """Records that were read and not delivered yet."""

    def __init__(self) -> None:
        """None yet."""
        self._waiting: OrderedDict[Lane, deque[ConsumerRecord]] = OrderedDict()
        self._lane_of_key: dict[tuple[str, bytes | None], tuple[Lane, int]] = {}
        self._undelivered: dict[TopicPartition, OrderedDict[int, None]] = {}
        self._next: dict[TopicPartition, int] = {}
        self._records = self._bytes = 0

    def __len__(self) -> int:
        """How many records wait."""
        return self._records

    @property
    def has_room(self) -> bool:
        """Whether more may be read ahead."""
        return self._records < RECORDS_MAX and self._bytes < BYTES_MAX

    def add(self, read: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Let these records wait, in the order in which they were read."""
        for partition, records in read.items():
            undelivered = self._undelivered.setdefault(partition, OrderedDict())
            for record in records:
                undelivered[record.offset] = None
                self._append(record)
            if records:
                self._next[partition] = records[-1].offset + 1

    def take(self, count: int) -> list[ConsumerRecord]:
        """Up to `count` of the records that wait, fairly; they are undelivered still."""
        people = [lane for lane in self._waiting if not lane.is_machine]
        machines = [lane for lane in self._waiting if lane.is_machine]
        waiting = sum(len(self._waiting[lane]) for lane in machines)
        kept = min(waiting, int(count * MACHINES_SHARE))
        taken = self._take(people, count - kept)
        return taken + self._take(machines, count - len(taken))

    def delivered(self, records: Iterable[ConsumerRecord]) -> None:
        """These have had their effect."""
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            if (undelivered := self._undelivered.get(partition)) is not None:
                undelivered.pop(record.offset, None)

    def positions(self) -> dict[TopicPartition, int]:
        """The offset of each partition up to which all records were delivered."""
        return {
            partition: next(iter(undelivered), self._next[partition])
            for partition, undelivered in self._undelivered.items()
            if partition in self._next
        }

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget the records of partitions that another replica reads from now on."""
        gone = set(partitions)
        for partition in gone:
            self._undelivered.pop(partition, None)
            self._next.pop(partition, None)
        rest = [
            record
            for record in chain(*self._waiting.values())
            if TopicPartition(record.topic, record.partition) not in gone
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
        """Equally many of each lane; what short ones leave over goes to the longer ones."""
        taken: list[ConsumerRecord] = []
        by_length = sorted(lanes, key=lambda lane: len(self._waiting[lane]))
        for place, lane in enumerate(by_length):
            share = -(-(count - len(taken)) // (len(by_length) - place))
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
