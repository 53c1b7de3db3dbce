"""The demo: ratings that people gave to words, as the package vaderSentiment ships them.

`vader_lexicon.txt` (MIT) holds ten human ratings from -4 to 4 for each word. They are read where
they are installed; nothing of them is copied. The ten columns are not proven to be ten persons,
so the demo calls nobody good or bad.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from labelwright_client.replay.plan import Plan, Wishes, make_plan
from labelwright_client.replay.recording import Recording, Vote
from labelwright_client.replay.scale import Scale
from labelwright_client.stack import Stack

PROJECT = "demo"
PACKAGE = "vaderSentiment"
LEXICON = "vader_lexicon.txt"
RATINGS = 10
GOLD_LEAST = 6
"""So many of the ten must give one sign before it counts as right."""
HONEYPOT_SHARE = 10
TITLE = "What does this word express?"
RULE = "Say whether the word by itself expresses something negative, neutral or positive."
ABOUT = (
    "The words and their ratings come from the lexicon of the package vaderSentiment (MIT). Its ten"
    " columns of ratings are not proven to be ten persons: who is flagged above would mean nothing,"
    " so it is not shown."
)

Line = tuple[int, str, list[int]]


class NoLexicon(Exception):
    """The lexicon that the demo plays is not there. The message says what to install."""


def plan(count: int) -> Plan:
    """`count` words from all over the lexicon, and a tenth as many honeypots. Raises NoLexicon."""
    lines = list(read_lexicon(lexicon()))
    with_gold = [line for line in lines if gold(line[2]) is not None]
    pots = spread(with_gold, max(1, count // HONEYPOT_SHARE))
    taken = {line[0] for line in pots}
    work = spread([line for line in lines if line[0] not in taken], count)
    wishes = Wishes(
        title=TITLE,
        rule=RULE,
        honeypot_items=[item_of(line) for line in pots],
    )
    return make_plan(recording([*work, *pots]), wishes)


def lexicon() -> Path:
    """Where the installed package keeps its lexicon."""
    found = find_spec(PACKAGE)
    folders = list(found.submodule_search_locations or []) if found is not None else []
    file = Path(folders[0]) / LEXICON if folders else None
    if file is None or not file.is_file():
        raise NoLexicon(
            f"The demo plays the ratings in the package {PACKAGE}, which is not installed:"
            " install labelwright-client[demo]."
        )
    return file


def read_lexicon(file: Path) -> Iterator[Line]:
    """Each line that holds a word and ten ratings, with its number: some words stand twice."""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        parts = line.split("\t")
        if len(parts) >= 4 and (ratings := _ratings(parts[3])):
            yield number, parts[0], ratings


def _ratings(text: str) -> list[int]:
    try:
        listed = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return []
    good = isinstance(listed, list) and all(isinstance(one, int) for one in listed)
    return listed if good and len(listed) == RATINGS else []


def spread(lines: list[Line], count: int) -> list[Line]:
    """`count` of the lines, evenly from the whole file: it is sorted by the alphabet."""
    step = max(1.0, len(lines) / count)
    return [lines[int(index * step)] for index in range(min(count, len(lines)))]


def sign(rating: int) -> str:
    """What a rating says."""
    if rating == 0:
        return "neutral"
    return "negative" if rating < 0 else "positive"


def gold(ratings: list[int]) -> str | None:
    """What at least six of the ten said, if there is such a thing."""
    label, count = Counter(map(sign, ratings)).most_common(1)[0]
    return label if count >= GOLD_LEAST else None


def item_of(line: Line) -> str:
    """The id of a line's item."""
    return f"line-{line[0]}"


def recording(lines: list[Line]) -> Recording:
    """The lines as a recording: column by column an annotator."""
    votes = [
        Vote(item_of(line), f"column-{column:02}", sign(rating))
        for line in lines
        for column, rating in enumerate(line[2], 1)
    ]
    known = {item_of(line): label for line in lines if (label := gold(line[2])) is not None}
    return Recording(
        scale=Scale("nominal", "the sign of each rating"),
        votes=votes,
        payloads={item_of(line): {"word": line[1]} for line in lines},
        gold=dict(known),
    )


def addresses(stack: Stack, project: str) -> dict[str, object]:
    """Where everything is, and tokens to look at it with."""
    roles = {"annotator": "ada", "adjudicator": "grace", "trainer": "tim"}
    tokens = {
        f"token for {name}, {role}": stack.sign(name, (role,), projects=(project,))
        for role, name in roles.items()
    }
    return {**{name: url for name, url in stack.urls.items()}, **tokens}
