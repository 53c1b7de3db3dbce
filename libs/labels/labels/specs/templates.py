"""Templates to begin a specification with, and recipes for its policy: YAML files beside this."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from textwrap import dedent, indent

from labels.refusal import Json
from labels.specs.yaml_reader import read_yaml
from schemas.spec_checks import SpecTemplate

_FOLDER = files("labels.specs")
_ENDING = ".yaml"
_POLICY = "\npolicy:\n"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A policy for a common way to decide labels."""

    name: str
    title: str
    description: str
    policy: dict[str, Json]
    text: str
    """The policy as YAML, without its key."""


def template_names() -> list[str]:
    """Return the names of all templates, sorted."""
    return _names("templates")


@cache
def templates() -> list[SpecTemplate]:
    """Return all templates, sorted by name."""
    contents = {name: read_yaml(_text("templates", name)).value for name in template_names()}
    return [SpecTemplate.model_validate({"name": name, **contents[name]}) for name in contents]


def recipe_names() -> list[str]:
    """Return the names of all recipes, sorted."""
    return _names("recipes")


def recipe(name: str) -> Recipe:
    """Return a recipe. Raises KeyError if there is none of this name."""
    text = _text("recipes", name)
    content = read_yaml(text).value
    return Recipe(name, text=dedent(text.split(_POLICY, 1)[1]), **content)


def document_text(name: str, recipe_name: str | None = None) -> str:
    """Return the spec document of a template as YAML, below its description.

    A recipe replaces the whole policy of the template. Raises KeyError if there is no template or
    recipe of this name.
    """
    head, document = _text("templates", name).split("document:\n", 1)
    content = read_yaml(head).value
    text = f"# {content['title']}. {content['description']}\n{dedent(document)}"
    if recipe_name is None:
        return text
    found = recipe(recipe_name)
    above = text.split(_POLICY, 1)[0].rstrip()
    return f"{above}\n# {found.title}.{_POLICY}{indent(found.text, '  ')}"


def _names(folder: str) -> list[str]:
    names = (file.name for file in (_FOLDER / folder).iterdir())
    return sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING))


def _text(folder: str, name: str) -> str:
    if name not in _names(folder):
        raise KeyError(name)
    return (_FOLDER / folder / (name + _ENDING)).read_text("utf-8")
