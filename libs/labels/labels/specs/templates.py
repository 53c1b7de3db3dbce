"""The templates to begin a specification with: YAML files beside this module."""

from functools import cache
from importlib.resources import files
from textwrap import dedent

from labels.specs.yaml_reader import read_yaml
from schemas.spec_checks import SpecTemplate

_FOLDER = files("labels.specs") / "templates"
_ENDING = ".yaml"


def template_names() -> list[str]:
    """Return the names of all templates, sorted."""
    names = (file.name for file in _FOLDER.iterdir())
    return sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING))


@cache
def templates() -> list[SpecTemplate]:
    """Return all templates, sorted by name."""
    contents = {name: read_yaml(_text(name)).value for name in template_names()}
    return [SpecTemplate.model_validate({"name": name, **contents[name]}) for name in contents]


def document_text(name: str) -> str:
    """Return the spec document of a template as YAML, below its description.

    Raises KeyError if there is no template of this name.
    """
    head, document = _text(name).split("document:\n", 1)
    content = read_yaml(head).value
    return f"# {content['title']}. {content['description']}\n{dedent(document)}"


def _text(name: str) -> str:
    if name not in template_names():
        raise KeyError(name)
    return (_FOLDER / (name + _ENDING)).read_text("utf-8")
