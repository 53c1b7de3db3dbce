"""Which work goes to whom, for many who ask at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from chassis.db.database import Transaction
from chassis.db.locks import lock_names
from queue_service.domain.choice import (
    Ask,
    Candidate,
    Draw,
    Horizons,
    Key,
    Look,
    Offer,
    Person,
    Shard,
    deal,
    full,
    given,
    reach,
)
from queue_service.operations.specs import compiled
from queue_service.store import choosing, leasing
from queue_service.store.leasing import Scene
from schemas.vocabulary import Quotas

SPARE = 2
"""How many tasks more than it wants are tried for each: others may be about to take some."""
ATTEMPTS_MAX = 20
REACHES_MAX = 1000
LOOKS_MAX = 2
"""How many times one transaction looks for work that nobody else holds locked."""


@dataclass(slots=True)
class Desk:
    """What a process remembers between two choices. Nothing is lost with it."""

    key: bytes
    open_leases_max: int
    horizons: Horizons = field(default_factory=Horizons)
    shards: dict[int, Shard] = field(default_factory=dict)
    reaches: dict[object, tuple[Shard, ...]] = field(default_factory=dict)

    async def learn_shards(self, transaction: Transaction, newest: int) -> None:
        """Know every shard there is. They never change, and come in the order of their numbers."""
        known = max(self.shards, default=0)
        if newest > known:
            self.shards |= {one.shard: one for one in await leasing.shards(transaction, known)}
            self.reaches.clear()

    def reach(self, ask: Ask, person: Person, paused: frozenset[str]) -> tuple[Shard, ...]:
        """The shards from which work may come, remembered: they rarely differ from call to call."""
        key = (ask.asks_for, person.may, paused)
        found = self.reaches.get(key)
        if found is None:
            if len(self.reaches) >= REACHES_MAX:
                self.reaches.clear()
            found = tuple(reach(ask, person, self.shards.values(), paused))
            self.reaches[key] = found
        return found


@dataclass(slots=True)
class Choice:
    """The choice of work in one transaction, for many who ask.

    Locks are taken in one order by everybody: work by its number, then honeypots. Work that others
    hold locked is therefore waited for only while this transaction holds no work itself: in its
    first look, and only for those who found nothing else before. The others try again in a later
    transaction, so that nobody hears that there is no work while there is.
    """

    transaction: Transaction
    desk: Desk
    scene: Scene
    draws: list[Draw]
    tried: set[int] = field(default_factory=set)
    """What others hold locked; not looked at again in this transaction."""
    holds_work: bool = False

    @classmethod
    async def begin(cls, transaction: Transaction, desk: Desk, asks: Sequence[Ask]) -> "Choice":
        """Lock the annotators and read what the choice must know about them."""
        annotators = [ask.worker.annotator for ask in asks]
        await lock_names(transaction, annotators)
        scene = await leasing.scene(transaction, annotators)
        await desk.learn_shards(transaction, scene.newest_shard)
        people = scene.people
        draws = [_draw(desk, n, a, people[a.worker.annotator]) for n, a in enumerate(asks)]
        return cls(transaction, desk, scene, draws)

    async def look(self) -> None:
        """Choose the best work for each who has none yet, and lock it."""
        for _ in range(LOOKS_MAX):
            for group in _groups([draw for draw in self.draws if draw.wants > 0]):
                waits = not self.holds_work and any(draw.ask.attempts for draw in group)
                await Round(self, group, waits=waits).play()
                self.holds_work = True

    @property
    def undecided(self) -> set[int]:
        """The numbers of those who have nothing, while others hold work that may be theirs."""
        return {draw.n for draw in self.draws if draw.wants > 0 and not draw.chosen}


async def peek(transaction: Transaction, desk: Desk, scene: Scene, ask: Ask) -> Candidate | None:
    """What would be given, were nobody else to ask."""
    draw = Draw(0, ask, scene.people[ask.worker.annotator], ask.count)
    choice = Choice(transaction, desk, scene, [draw])
    best = await Round(choice, [draw], waits=False).candidates()
    return next((one for one in best if not one.is_end), None)


def _draw(desk: Desk, n: int, ask: Ask, person: Person) -> Draw:
    return Draw(n, ask, person, min(ask.count, desk.open_leases_max - person.held))


def _groups(draws: Sequence[Draw]) -> list[list[Draw]]:
    """Those who are asked for together: people, whoever takes no slot, and each who picks."""
    groups: dict[object, list[Draw]] = {}
    for draw in draws:
        key = draw.n if draw.ask.items is not None else draw.ask.worker.takes_slots
        groups.setdefault((key, draw.ask.items is None), []).append(draw)
    return list(groups.values())


@dataclass(slots=True)
class Round:
    """One look for some of those who ask, and the lock on what was found."""

    choice: Choice
    draws: list[Draw]
    waits: bool

    async def play(self) -> None:
        """Give each draw what can be had; whoever finds nothing at all is done."""
        taken, found = given(self.choice.draws), await self.candidates()
        dealt = deal(self.draws, found, taken, 0 if self.waits else SPARE)
        offers = await self._locked({work_id for mine in dealt.values() for work_id in mine})
        await self._lock_quotas(offers.values())
        left = {one.work_id: (one.slots or 0) - taken[one.work_id] for one in offers.values()}
        for draw in self.draws:
            for work_id in dealt[draw.n]:
                if work_id in offers and (left[work_id] > 0 or not draw.ask.worker.takes_slots):
                    left[work_id] -= await self._give(draw, offers[work_id])
            # What is wanted beyond the first is convenience: nobody waits for it.
            more = self.choice.tried or any(one.n == draw.n and one.is_end for one in found)
            draw.is_done = bool(draw.chosen) or not (dealt[draw.n] or more)

    async def _locked(self, wanted: set[int]) -> dict[int, Offer]:
        if not wanted:
            return {}
        takes_slots = self.draws[0].ask.worker.takes_slots
        offers = await choosing.lock(
            self.choice.transaction, sorted(wanted), takes_slots=takes_slots, waits=self.waits
        )
        locked = {offer.work_id: offer for offer in offers}
        if not self.waits:
            self.choice.tried |= wanted - locked.keys()
        return locked

    async def _lock_quotas(self, offers: Iterable[Offer]) -> None:
        """Let one transaction at a time count what is taken in projects that bound the total."""
        bounded = set()
        for offer in offers:
            if (await self._quotas(offer)).total is not None:
                bounded.add(f"quota of {offer.project}")
        if bounded:
            await lock_names(self.choice.transaction, bounded)

    async def _quotas(self, offer: Offer) -> Quotas:
        known = (offer.project, offer.spec_version, offer.spec_hash)
        return (await compiled(self.choice.transaction, *known)).policy.quotas

    def _reach(self, draw: Draw) -> list[Shard]:
        shards = self.choice.desk.reach(draw.ask, draw.person, self.choice.scene.paused)
        return [shard for shard in shards if shard.project not in draw.closed]

    def _look(self, draw: Draw, shard: Shard) -> Look:
        who = draw.ask.worker
        return Look(
            draw.n,
            who.annotator,
            who.takes_slots,
            draw.ask.stages.index(shard.stage),
            shard.shard,
            shard.stage,
            shard.project,
            self.choice.desk.horizons.of(who.annotator, shard.shard),
        )

    async def candidates(self) -> list[Candidate]:
        """The best for each draw, not locked."""
        reached = {draw.n: self._reach(draw) for draw in self.draws}
        ask, size = self.draws[0].ask, sum(map(len, reached.values()))
        if not size:
            return []
        count = sum(draw.wants for draw in self.draws) + SPARE
        takes_slots = ask.worker.takes_slots
        tried = self.choice.tried
        passed = tried | full(self.choice.draws) if takes_slots else tried
        if takes_slots and ask.items is None and size > count * len(self.draws):
            return await self._of_many_shards(reached, passed, count)
        looks = [self._look(draw, shard) for draw in self.draws for shard in reached[draw.n]]
        if ask.items is not None:
            return await choosing.picked(self.choice.transaction, looks, passed, count, ask.items)
        return await self._found(looks, passed, count)

    async def _of_many_shards(
        self, reached: Mapping[int, Sequence[Shard]], passed: Collection[int], count: int
    ) -> list[Candidate]:
        """The same, looking only into the shards from which it can come.

        The best `count` tasks come from the `count` shards whose heads are best, unless those
        heads were seen; then also from shards whose head comes before the last that was found.
        """
        numbers = {shard.shard for mine in reached.values() for shard in mine}
        heads = await choosing.heads(self.choice.transaction, numbers)
        ordered = {draw.n: _by_head(draw, reached[draw.n], heads) for draw in self.draws}
        looks = [
            self._look(draw, shard) for draw in self.draws for _, shard in ordered[draw.n][:count]
        ]
        if not looks:
            return []
        found = await self._found(looks, passed, count)
        ends = _ends(found, count)
        more = [
            self._look(draw, shard)
            for draw in self.draws
            for head, shard in ordered[draw.n][count:]
            if draw.n not in ends or head < ends[draw.n]
        ]
        return await self._found(looks + more, passed, count) if more else found

    async def _found(
        self, looks: list[Look], passed: Collection[int], count: int
    ) -> list[Candidate]:
        horizons = self.choice.desk.horizons
        stale = [look for look in looks if horizons.is_stale(look.annotator, look.shard)]
        looks = await self._learn(looks, stale, passed)
        found = await choosing.best(self.choice.transaction, looks, passed, count)
        learned: set[tuple[int, int]] = set()
        while ended := _ended_early(looks, found, learned):
            looks = await self._learn(looks, ended, passed)
            learned |= {(look.n, look.shard) for look in ended}
            found = await choosing.best(self.choice.transaction, looks, passed, count)
        return found

    async def _learn(
        self, looks: list[Look], of: Sequence[Look], passed: Collection[int]
    ) -> list[Look]:
        """Find out how far those who look have seen everything, and look from there.

        What is `passed` by for now is not: then nothing is remembered.
        """
        if not of:
            return looks
        learned = {}
        for look, horizon in await choosing.horizons(self.choice.transaction, of, passed):
            if not passed:
                self.choice.desk.horizons.learn(look.annotator, look.shard, horizon)
            learned[look.n, look.shard] = horizon
        return [look.at(learned.get((look.n, look.shard), look.horizon)) for look in looks]

    async def _give(self, draw: Draw, offer: Offer) -> bool:
        """Choose `offer` for `draw`, unless it has enough, its item already, or its quota."""
        if draw.wants <= 0 or offer.project in draw.closed or draw.has_item(offer.item_id):
            return False
        if not await self._within_quotas(draw, offer):
            draw.closed.add(offer.project)
            return False
        draw.chosen.append(offer)
        return True

    async def _within_quotas(self, draw: Draw, offer: Offer) -> bool:
        quotas = await self._quotas(offer)
        mine = draw.there(offer.project).taken
        if quotas.per_annotator is not None and mine >= quotas.per_annotator:
            return False
        if quotas.total is None:
            return True
        chosen = [one for draw in self.choice.draws for one in draw.chosen]
        now = sum(one.project == offer.project for one in chosen)
        return await leasing.taken_in(self.choice.transaction, offer.project) + now < quotas.total


def _by_head(
    draw: Draw, shards: Sequence[Shard], heads: Mapping[int, Key]
) -> list[tuple[tuple[int, Key], Shard]]:
    """The shards that have work, the one whose head is best first."""
    place = draw.ask.stages.index
    found = [((place(one.stage), heads[one.shard]), one) for one in shards if one.shard in heads]
    return sorted(found, key=itemgetter(0))


def _ends(found: Sequence[Candidate], count: int) -> dict[int, tuple[int, Key]]:
    """Where the last candidate stands of each who has found `count`."""
    mine: dict[int, list[Candidate]] = {}
    for one in found:
        if not one.is_end:
            mine.setdefault(one.n, []).append(one)
    full = {n: some[count - 1] for n, some in mine.items() if len(some) >= count}
    return {n: (one.place, one.key) for n, one in full.items()}


def _ended_early(
    looks: Sequence[Look], found: Sequence[Candidate], learned: Collection[tuple[int, int]]
) -> list[Look]:
    """The looks that stopped after a window of seen tasks, before they found one that is not."""
    ends: set[tuple[int, int]] = set()
    fed: set[int] = set()
    for one in found:
        if not one.is_end:
            fed.add(one.n)
        elif one.n not in fed:
            ends.add((one.n, one.shard))
    return [look for look in looks if (look.n, look.shard) in ends.difference(learned)]
