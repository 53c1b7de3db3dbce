from hypothesis import given
from hypothesis import strategies as st

from labelwright_client.upload import UploadResult, chunks, lines_of
from schemas.ingest import ImportVerdict, ItemProblem, ItemRequest, Rejection

LINES = st.lists(st.binary(max_size=30), max_size=40).map(lambda texts: list(enumerate(texts, 1)))


@given(LINES, st.integers(1, 60), st.integers(1, 10))
def test_chunks_lose_nothing_and_keep_the_order(
    lines: list[tuple[int, bytes]], bytes_max: int, items_max: int
) -> None:
    found = list(chunks(lines, bytes_max=bytes_max, items_max=items_max))

    assert [line for chunk in found for line in chunk] == lines
    assert all(found)


@given(LINES, st.integers(1, 60), st.integers(1, 10))
def test_a_chunk_is_never_too_large_unless_it_is_one_line(
    lines: list[tuple[int, bytes]], bytes_max: int, items_max: int
) -> None:
    for chunk in chunks(lines, bytes_max=bytes_max, items_max=items_max):
        assert len(chunk) <= items_max
        assert len(chunk) == 1 or sum(len(text) + 1 for _, text in chunk) <= bytes_max


def test_a_rejection_has_the_line_number_of_the_file() -> None:
    chunk = [(7, b"{}"), (9, b"{}")]
    problem = ItemProblem(pointer="/payload", keyword="missing", message="Field required")
    verdict = ImportVerdict(
        created=1, unchanged=0, changed=0, rejected=[Rejection(index=1, problem=problem)]
    )

    done = UploadResult()
    done.add(chunk, verdict)

    assert [(one.line, one.pointer) for one in done.rejected] == [(9, "/payload")]
    assert (done.created, done.items, done.bytes) == (1, 2, 4)


def test_lines_contain_only_the_fields_that_were_set() -> None:
    items = [ItemRequest(external_id="a", payload={"t": "ü"}, redundancy=2)]

    expected = '{"external_id":"a","payload":{"t":"ü"},"redundancy":2}'.encode()
    assert list(lines_of(items)) == [(1, expected)]
