"""The project `try-it`: words to label in a browser, five conflicts to decide, and gold.

Its words come from the lexicon of the demo, and those to label have no annotations. Two of the
lexicon's ratings of opposite signs raise each conflict. Setting it up again adds nothing but what
is missing.
"""

from collections.abc import Iterable
from typing import Final

from labelwright_client import ingest, people, queue
from labelwright_client.replay.demo import Line, gold, item_of, lexicon, read_lexicon, sign, spread
from labelwright_client.transport import AsyncClient
from schemas.ingest import GoldRequest, ItemRequest, SpecRequest
from schemas.people import InvitedRole
from schemas.queue import Lease, LeaseRequest
from schemas.vocabulary import Label

PROJECT = "try-it"
TITLE = "What does this word express?"
WORDS, CONFLICTS, GOLD = 60, 5, 12
WAIT_SECONDS = 30.0
"""The longest time in which new items reach the queue."""
INVITED: Final[tuple[tuple[str, str, InvitedRole], ...]] = (
    ("annotate", "Ada", "annotator"),
    ("adjudicate", "Grace", "adjudicator"),
    ("see the lead's view", "Olga", "spec_owner"),
)
SPEC = SpecRequest.model_validate(
    {
        "task_type": "word",
        "fields": [
            {
                "name": "label",
                "title": TITLE,
                "kind": "choice",
                "options": ["negative", "neutral", "positive"],
                "help": "Judge the word by itself. See R1.",
            }
        ],
        "guidelines": [
            {"id": "R1", "text": "Judge the word **by itself**, not a sentence that you think of."},
            {
                "id": "R2",
                "text": "A word that is used for good and bad things alike is *neutral*.",
                "examples": ["“huge” is neutral."],
                "counter_examples": ["“excellent” is not neutral."],
            },
            {"id": "R3", "text": "Judge slang and emoticons by what they mean to their writers."},
        ],
        "policy": {
            "redundancy": 1,
            "honeypots": {"first": 5, "first_rate": 0.3, "rate": 0.1},
            "adjudication": {"experienced_first_seconds": 0},
        },
    }
)


async def set_up(client: AsyncClient) -> dict[str, str]:
    """Make the project unless it is there; return a new link for each kind of work.

    Raises LexiconMissing, LabelwrightError.
    """
    stack = client.stack
    lead = client.with_token(stack.sign("try-it", ("admin", "spec_owner", "pipeline")))
    await lead.send(ingest.create_project(PROJECT, "Try it: what does this word express?"))
    await lead.send(ingest.publish_spec(PROJECT, SPEC))
    words, conflicts, known = chosen(list(read_lexicon(lexicon())))
    await lead.send(ingest.register_gold(PROJECT, map(_gold_item, known)))
    await lead.send(ingest.import_items(PROJECT, map(_item, words)))
    disputed = [_item(line).model_copy(update={"redundancy": 2}) for line in conflicts]
    imported = await lead.send(ingest.import_items(PROJECT, disputed))
    wait = WAIT_SECONDS if imported.created else 0.0
    for label in ("negative", "positive"):
        token = stack.sign(f"try-it-{label}", ("annotator", "pipeline"), projects=(PROJECT,))
        await _annotate(client.with_token(token), map(item_of, conflicts), label, wait)
    links = [
        (title, (await lead.send(people.invite(PROJECT, name, role))).link)
        for title, name, role in INVITED
    ]
    return dict(links)


def chosen(lines: list[Line]) -> tuple[list[Line], list[Line], list[Line]]:
    """Return the lines of words to label, of conflicts and of gold, without a common one.

    The conflicts are the words whose ratings are most evenly negative and positive.
    """
    disputed = sorted(lines, key=lambda line: (-_balance(line), line[0]))[:CONFLICTS]
    taken = {line[0] for line in disputed}
    clear = [line for line in lines if gold(line[2]) is not None and line[0] not in taken]
    known = spread(clear, GOLD)
    taken |= {line[0] for line in known}
    return spread([line for line in lines if line[0] not in taken], WORDS), disputed, known


def _balance(line: Line) -> int:
    """Return the number of ratings of the rarer sign, of negative and positive."""
    signs = [sign(rating) for rating in line[2]]
    return min(signs.count("negative"), signs.count("positive"))


def _item(line: Line) -> ItemRequest:
    return ItemRequest(external_id=item_of(line), payload={"word": line[1]})


def _gold_item(line: Line) -> GoldRequest:
    label: Label = {"label": gold(line[2])}
    return GoldRequest(external_id=item_of(line), payload={"word": line[1]}, label=label)


async def _annotate(
    client: AsyncClient, items: Iterable[str], label: str, wait_seconds: float
) -> None:
    """Annotate those of `items` that the caller has not annotated yet."""
    missing = set(items)
    while missing:
        request = LeaseRequest(
            projects=[PROJECT], items=sorted(missing), count=len(missing), wait_seconds=wait_seconds
        )
        leases: list[Lease] = (await client.send(queue.lease(request))).leases
        if not leases:
            return
        for lease in leases:
            await client.send(queue.annotate(lease.lease_id, {"label": label}))
            missing.discard(lease.external_id or "")
