"""The templates of specifications: each can be published as it is, and says what it is for."""

import pytest

import labels
from labels.specs.check import check_spec
from labels.specs.templates import (
    document_text,
    recipe,
    recipe_names,
    template_names,
    templates,
)
from labels.specs.yaml_reader import read_yaml
from schemas.spec_checks import SpecTemplate
from schemas.vocabulary import SpecDocument

ADVICE = {"needs_adjudicator"}
"""A template with the default policy says that conflicts wait for an adjudicator."""


@pytest.mark.parametrize("template", templates(), ids=template_names())
def test_a_template_can_be_published_and_only_asks_for_an_adjudicator(
    template: SpecTemplate,
) -> None:
    document = template.document
    found = check_spec(document)

    assert found.problems == []
    assert {warning.keyword for warning in found.warnings} <= ADVICE
    assert SpecDocument.model_validate(document)


@pytest.mark.parametrize("template", templates(), ids=template_names())
def test_every_rule_of_a_template_has_an_example_and_a_counter_example(
    template: SpecTemplate,
) -> None:
    document = SpecDocument.model_validate(template.document)

    assert len(document.guidelines) >= 3
    assert [r.id for r in document.guidelines if not r.examples or not r.counter_examples] == []


def test_the_templates_show_every_kind_of_field() -> None:
    kinds = {field["kind"] for template in templates() for field in template.document["fields"]}

    assert kinds == set(labels.KINDS)


@pytest.mark.parametrize("template", templates(), ids=template_names())
def test_the_text_of_a_template_is_its_document_below_its_description(
    template: SpecTemplate,
) -> None:
    text = document_text(template.name)

    assert read_yaml(text).value == template.document
    assert text.startswith(f"# {template.title}")


@pytest.mark.parametrize("recipe_name", recipe_names())
@pytest.mark.parametrize("name", ["sentiment", "ner"])
def test_a_recipe_replaces_the_policy_of_a_template(name: str, recipe_name: str) -> None:
    document = read_yaml(document_text(name, recipe_name)).value
    template = next(template for template in templates() if template.name == name)
    found = check_spec(document)

    assert found.problems == []
    assert {warning.keyword for warning in found.warnings} <= ADVICE
    assert document == {**template.document, "policy": recipe(recipe_name).policy}


def test_an_unknown_template_or_recipe_is_refused() -> None:
    with pytest.raises(KeyError):
        document_text("mood")
    with pytest.raises(KeyError):
        recipe("mood")
