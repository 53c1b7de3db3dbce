"""The words of the project `try-it`, chosen from the real lexicon."""

from labelwright_client.replay import demo, try_it


def test_words_conflicts_and_gold_are_different_words_and_the_same_each_time() -> None:
    lines = list(demo.read_lexicon(demo.lexicon()))

    words, conflicts, known = try_it.chosen(lines)

    assert [len(words), len(conflicts), len(known)] == [60, 5, 12]
    assert len({line[0] for line in (*words, *conflicts, *known)}) == 77
    assert (words, conflicts, known) == try_it.chosen(lines)


def test_each_conflict_has_ratings_of_both_signs_and_each_gold_word_a_clear_one() -> None:
    _, conflicts, known = try_it.chosen(list(demo.read_lexicon(demo.lexicon())))

    for _, _, ratings in conflicts:
        assert {"negative", "positive"} <= set(map(demo.sign, ratings))
    assert all(demo.gold(ratings) is not None for _, _, ratings in known)
