"""The hash of a specification."""

from typing import Any

from ingest_service.domain.specs import spec_hash
from schemas.vocabulary import SpecDocument

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
STARS = {"name": "stars", "kind": "rating"}


def document(*fields: dict[str, Any], **agreement: Any) -> SpecDocument:
    policy = {"agreement": agreement}
    facts = {"task_type": "mood", "fields": list(fields), "policy": policy}
    return SpecDocument.model_validate(facts)


def test_the_hash_of_a_version_never_changes() -> None:
    """The hash was computed by the release before metrics of single fields."""
    expected = "8f5d19c7fd1e7e4ec2dffc4a6c182f3791088dd27779b7f997f9664dfe0a2b62"

    assert spec_hash(document(MOOD, STARS)) == expected
    assert spec_hash(document(MOOD, STARS, metric_fields={})) == expected
    assert spec_hash(document(MOOD, STARS, metric_fields={"mood": "nominal"})) != expected


def test_a_rule_for_disputed_items_changes_the_hash_only_where_it_is_set() -> None:
    def hash_of(**decide: str) -> str:
        facts = {"task_type": "mood", "fields": [MOOD], "policy": {"decide": decide}}
        return spec_hash(SpecDocument.model_validate(facts))

    assert hash_of(how="posterior") == hash_of(how="posterior", disputed="decide")
    assert hash_of(how="posterior") != hash_of(how="posterior", disputed="adjudicate")
