"""Compiled spec versions and their cache."""

import pytest

from labels import InvalidFields
from labels.compiled_spec import CompiledSpec, SpecCache

DOCUMENT = {"task_type": "mood", "fields": [{"name": "calm", "kind": "rating", "maximum": 5}]}


def test_a_compiled_spec_checks_labels_and_has_its_policy() -> None:
    spec = CompiledSpec.of({**DOCUMENT, "policy": {"redundancy": 5}, "of_a_newer_release": 1})

    assert spec.policy.redundancy == 5
    assert spec.labels.check({"calm": 3}) == []
    assert spec.labels.check({"calm": 6}) != []


def test_a_document_that_was_never_published_is_refused() -> None:
    with pytest.raises(InvalidFields):
        CompiledSpec.of({"task_type": "mood", "fields": [{"name": "calm", "kind": "nonsense"}]})


async def test_a_document_is_read_once_until_its_spec_is_dropped_for_others() -> None:
    cache, reads = SpecCache(CompiledSpec, size_max=2), []

    async def get(spec_hash: str) -> None:
        async def read() -> object:
            reads.append(spec_hash)
            return DOCUMENT

        await cache.get(spec_hash, read)

    for spec_hash in ("a", "b", "a", "c", "a", "b"):
        await get(spec_hash)

    assert reads == ["a", "b", "c", "b"]
