"""Runs the examples in docs/labels.md, and compares its tables with the code."""

import doctest
from pathlib import Path

import labels

PAGE = Path(__file__).parents[3] / "docs" / "labels.md"


def test_every_example_gives_what_the_page_says() -> None:
    text = PAGE.read_text().replace("```python\n", "\n").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "labels.md", str(PAGE), 0)
    report: list[str] = []

    results = doctest.DocTestRunner(verbose=False).run(examples, out=report.append)

    assert results.attempted > 40
    assert results.failed == 0, "".join(report)


def test_every_kind_has_a_section() -> None:
    text = PAGE.read_text()

    assert [kind for kind in labels.KINDS if f"\n## `{kind}`\n" not in text] == []
