"""Numbers are numbers: 36.0 is an integer, and true is none."""

import pytest
from pydantic import ValidationError

from schemas.queue import LeaseRequest
from schemas.vocabulary import Decide, Policy, Signal


def test_an_integer_may_be_written_with_a_point() -> None:
    request = LeaseRequest.model_validate_json('{"count": 2.0}')

    assert (request.count, type(request.count)) == (2, int)


@pytest.mark.parametrize("other", ["2.5", "true", '"2"', "21.0", "1e400"])
def test_what_is_no_integer_in_bounds_is_refused(other: str) -> None:
    with pytest.raises(ValidationError):
        LeaseRequest.model_validate_json(f'{{"count": {other}}}')


def test_the_schema_keeps_the_bounds() -> None:
    count = LeaseRequest.model_json_schema()["properties"]["count"]

    assert (count["type"], count["minimum"], count["maximum"]) == ("integer", 1, 20)


@pytest.mark.parametrize("other", ["true", "false", '"0.5"'])
def test_true_and_text_are_no_numbers(other: str) -> None:
    for model, text in (
        (Policy, '{"blind_share": %s}'),
        (Decide, '{"threshold": %s}'),
        (Signal, '{"kind": "k", "score": %s}'),
        (LeaseRequest, '{"wait_seconds": %s}'),
    ):
        with pytest.raises(ValidationError):
            model.model_validate_json(text % other)
