"""The demo: human ratings of words from the package vaderSentiment.

Its file `vader_lexicon.txt` (MIT) holds ten human ratings from -4 to 4 for each word. The file is
read from the installed package; nothing is copied. It is not proven that each of the ten columns is
one person, so the demo does not show which annotators are flagged.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from labelwright_client.replay.plan import Plan, ReplayOptions, make_plan
from labelwright_client.replay.recording import Recording, Vote
from labelwright_client.replay.scale import Scale
from labelwright_client.stack import Stack

PROJECT = "demo"
PACKAGE = "vaderSentiment"
LEXICON = "vader_lexicon.txt"
RATINGS = 10
GOLD_MIN = 6
"""Number of the ten ratings that must have the same sign for it to be gold."""
HONEYPOT_SHARE = 10
TITLE = "What does this word express?"
RULE = "Say whether the word by itself expresses something negative, neutral or positive."
ABOUT = (
    "The words and their ratings come from the lexicon of the package vaderSentiment (MIT). It is"
    " not proven that each of its ten columns is one person, so flagged annotators are not shown."
)

Line = tuple[int, str, list[int]]


class LexiconMissing(Exception):
    """Raised when the lexicon is not installed. The message says what to install."""


def plan(count: int) -> Plan:
    """Return a plan of `count` words from the whole lexicon, and a tenth as many honeypots.

    Raises LexiconMissing.
    """
    lines = list(read_lexicon(lexicon()))
    with_gold = [line for line in lines if gold(line[2]) is not None]
    honeypots = spread(with_gold, max(1, count // HONEYPOT_SHARE))
    taken = {line[0] for line in honeypots}
    work = spread([line for line in lines if line[0] not in taken], count)
    options = ReplayOptions(
        title=TITLE,
        rule=RULE,
        honeypot_items=[item_of(line) for line in honeypots],
    )
    return make_plan(recording([*work, *honeypots]), options)


def lexicon() -> Path:
    """Return the lexicon of the installed package. Raises LexiconMissing."""
    found = find_spec(PACKAGE)
    folders = list(found.submodule_search_locations or []) if found is not None else []
    file = Path(folders[0]) / LEXICON if folders else None
    if file is None or not file.is_file():
        raise LexiconMissing(
            f"The demo needs the package {PACKAGE}, which is not installed. Install it with:"
            " pip install 'labelwright-client[demo]'"
        )
    return file


def read_lexicon(file: Path) -> Iterator[Line]:
    """Yield each line with a word and ten ratings, and its number, since some words occur twice."""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        parts = line.split("\t")
        if len(parts) >= 4 and (ratings := _ratings(parts[3])):
            yield number, parts[0], ratings


def _ratings(text: str) -> list[int]:
    try:
        listed = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return []
    is_good = isinstance(listed, list) and all(isinstance(rating, int) for rating in listed)
    return listed if is_good and len(listed) == RATINGS else []


def spread(lines: list[Line], count: int) -> list[Line]:
    """Return `count` lines evenly spread over the file, which is in alphabetical order."""
    step = max(1.0, len(lines) / count)
    return [lines[int(index * step)] for index in range(min(count, len(lines)))]


def sign(rating: int) -> str:
    """Return the label of a rating: its sign."""
    if rating == 0:
        return "neutral"
    return "negative" if rating < 0 else "positive"


def gold(ratings: list[int]) -> str | None:
    """Return the label that at least six of the ten ratings have; None if there is none."""
    label, count = Counter(map(sign, ratings)).most_common(1)[0]
    return label if count >= GOLD_MIN else None


def item_of(line: Line) -> str:
    """Return the id of a line's item."""
    return f"line-{line[0]}"


def recording(lines: list[Line]) -> Recording:
    """Return the lines as a recording in which each column is an annotator."""
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
    """Return the addresses of the services, and tokens of three people in `project`."""
    roles = {"annotator": "ada", "adjudicator": "grace", "trainer": "tim"}
    tokens = {
        f"token for {name}, {role}": stack.sign(name, (role,), projects=(project,))
        for role, name in roles.items()
    }
    return {**{name: url for name, url in stack.urls.items()}, **tokens}
