from pathlib import Path

import pytest

from labelwright_client.replay import demo

pytest.importorskip("vaderSentiment", exc_type=ImportError)


def test_the_lexicon_of_the_installed_package_is_read() -> None:
    lines = list(demo.read_lexicon(demo.lexicon()))

    assert len(lines) > 7000
    assert all(len(ratings) == 10 and min(ratings) >= -4 for _, _, ratings in lines)
    assert len({number for number, _, _ in lines}) == len(lines)


def test_the_plan_has_300_items_and_30_honeypots_for_ten_annotators() -> None:
    plan = demo.plan(300)

    assert (len(plan.work), len(plan.honeypots), len(plan.annotators)) == (300, 30, 10)
    assert {item.redundancy for item in plan.work} == {3}
    assert plan.spec.fields[0]["options"] == ["negative", "neutral", "positive"]
    assert 200 < len(plan.gold) < 300


def test_six_of_ten_equal_signs_are_gold() -> None:
    assert demo.gold([1, 2, 3, 1, 1, 4, 0, 0, -1, 0]) == "positive"
    assert demo.gold([1, 2, 3, 1, 1, 0, 0, 0, -1, 0]) is None
    assert demo.gold([-1] * 6 + [1] * 4) == "negative"


def test_lines_without_ten_ratings_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "lexicon.txt"
    good = "ok\t1\t1\t[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"
    file.write_text(f"{good}\n\nbad\nbad\t1\t1\t[1, 2]\nbad\t1\t1\tnope\n{good}\n")

    assert [(number, word) for number, word, _ in demo.read_lexicon(file)] == [(1, "ok"), (6, "ok")]
