"""The words that names and docstrings must not use: see docs/glossary.md for the terms to use."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("libs/*", "services/*", "deploy", "bench", "tests/*")

# A docstring states what the thing does or returns; a question word promises and does not state.
OPENINGS = (
    "What", "Who", "Whose", "Whoever", "Whether", "How", "Which", "Where", "When", "So many",
    "So much", "As much", "As many", "Nothing", "Nobody", "Somebody", "Something", "Here", "There",
)  # fmt: skip
PHRASES = (
    "whoever", "is told", "are told", "was told", "be told", "has its turn", "as it lies",
    "so many", "so much as", "in one go", "nobody", "somebody", "looked anew", "look anew",
    "each its own", "at it", "the same again", "goes on without", "ring", "rings", "rung", "bell",
    "bells",
)  # fmt: skip
# Words that are banned as a part of a name, between underscores.
PARTS = (
    "told", "tell", "bell", "bells", "desk", "scene", "circle", "hearing", "heard", "hear", "hears",
    "letter", "anew", "beat", "reach", "hindrance", "shaken", "heated", "whoever", "nobody",
    "everybody", "somebody", "there", "meet", "moves",
)  # fmt: skip
# Words that are banned as a whole name, in any case.
WHOLE = (
    "There", "Desk", "Scene", "Look", "Ask", "Person", "Told", "Heard", "Given", "Making", "Moves",
    "Basis", "Unfit", "Bar", "Closer", "Ballot", "Asked", "Draw", "Horizon", "Horizons", "Worker",
    "Seat", "Short", "Course", "Labeled",
)  # fmt: skip
# `draw` is the argument of hypothesis's composite strategies, `given` its decorator. `given` and
# `circle` are fields of public JSON.
ALLOWED = {"draw", "given", "circle"}

OPENING = re.compile(rf"({'|'.join(OPENINGS)})\b")
PHRASE = re.compile(rf"\b({'|'.join(PHRASES)})\b", re.IGNORECASE)
NAME = re.compile(rf"(^|_)({'|'.join(PARTS)})(_|$)|^({'|'.join(WHOLE)})$", re.IGNORECASE)
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def folders() -> list[str]:
    found = (path for pattern in FOLDERS for path in sorted(ROOT.glob(pattern)) if path.is_dir())
    return [str(path.relative_to(ROOT)) for path in found]


def sources(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not {"versions", "node_modules", ".venv"} & set(path.parts):
            yield path.relative_to(ROOT)


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each name that a module defines, except those of tests, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            if not node.name.startswith("test_"):
                yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each docstring, and each text below a constant or a field, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str):
                yield node.lineno, text.strip()


def findings(path: Path, text: str) -> Iterator[str]:
    tree = ast.parse(text)
    if NAME.search(path.stem) and not path.stem.startswith("test_"):
        yield f"{path}: the module's name"
    for line, name in names(tree):
        if NAME.search(name) and name not in ALLOWED:
            yield f"{path}:{line}: the name {name}"
    for line, docstring in docstrings(tree):
        if OPENING.match(docstring):
            yield f"{path}:{line}: the docstring begins with {docstring.split()[0]!r}"
        elif found := PHRASE.search(docstring):
            yield f"{path}:{line}: the docstring has {found[0]!r}"


@pytest.mark.parametrize("folder", folders())
def test_names_and_docstrings_use_the_terms_of_the_glossary(folder: str) -> None:
    found = [
        finding for path in sources(folder) for finding in findings(path, (ROOT / path).read_text())
    ]

    assert "\n".join(found) == ""


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("desk", ""),
        ("module", '"""What a module does."""'),
        ("module", '"""Wake all.\n\nThe bell rings."""'),
        ("module", 'LIMIT = 1\n"""How many there are."""'),
        ("module", "told = 1"),
        ("module", "class Desk: ..."),
        ("module", "async def hear_event(): ..."),
        ("module", "def function(nobody): ..."),
        ("module", "def function(self):\n    self.letter = 1"),
    ],
)
def test_an_old_word_is_found(module: str, text: str) -> None:
    assert len(list(findings(Path(f"{module}.py"), text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        '"""Return the items that annotators told us of."""',
        "@composite\ndef rows(draw): ...",
        "given: str",
        "def test_nobody_gets_a_task_twice(): ...",
        "storyteller = restrained = 1",
    ],
)
def test_other_words_are_not_found(text: str) -> None:
    assert list(findings(Path("module.py"), text)) == []
