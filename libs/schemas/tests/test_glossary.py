"""Tests that docs/glossary.md lists every event, and defines no term twice."""

import re
from pathlib import Path

from schemas.events import EVENTS

GLOSSARY = (Path(__file__).parents[3] / "docs" / "glossary.md").read_text()
TERMS, EXCEPTIONS = GLOSSARY.split("\n## Exceptions\n")


def test_every_event_is_in_the_glossary_once() -> None:
    listed = re.findall(r"^\| `(\w+)` \| [\w-]+ \|", TERMS, re.MULTILINE)

    assert sorted(listed) == sorted(kind.__name__ for kind in EVENTS.values())


def test_no_term_is_defined_twice_and_groups_are_alphabetical() -> None:
    groups = [
        re.findall(r"^\| \*\*(.+?)\*\* \|", group, re.MULTILINE) for group in TERMS.split("## ")
    ]
    terms = [term for group in groups for term in group]

    assert len(set(terms)) == len(terms) > 80
    assert [sorted(group) for group in groups] == groups


def test_every_exception_says_where_it_is_found_and_what_it_stands_for() -> None:
    rows = [line for line in EXCEPTIONS.splitlines() if line.startswith("| `")]

    assert rows
    assert all(len(re.split(r" \| ", row.strip("| "))) == 3 for row in rows)
