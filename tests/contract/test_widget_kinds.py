"""Every kind of field has a widget in the page, and every widget is of a kind."""

import importlib
import pkgutil
from pathlib import Path

from labels import kinds
from labels.field import Field

WIDGETS = Path(__file__).parents[2] / "web" / "src" / "widgets"


def kinds_of_fields() -> set[str]:
    """The kinds that modules of `labels.kinds` define."""
    modules = [
        importlib.import_module(f"{kinds.__name__}.{module.name}")
        for module in pkgutil.iter_modules(kinds.__path__)
    ]
    fields = {
        value.kind
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Field) and value is not Field
    }
    assert len(fields) > 1
    return fields


def test_every_kind_of_field_has_a_widget_with_its_name() -> None:
    folders = {path.name for path in WIDGETS.iterdir() if path.is_dir()}

    assert folders == kinds_of_fields()


def test_every_widget_is_loaded_from_its_folder() -> None:
    registry = (WIDGETS / "registry.ts").read_text()
    line = '  {kind}: async () => (await import("./{kind}/{kind}")).{kind},'
    missing = [kind for kind in kinds_of_fields() if line.format(kind=kind) not in registry]

    assert missing == []
    assert [
        kind for kind in kinds_of_fields() if not (WIDGETS / kind / f"{kind}.tsx").is_file()
    ] == []
