"""The tests of the domain rooms against small mistakes in the code, made one at a time.

Mutation testing (DeMillo, Lipton and Sayward 1978, "Hints on test data selection"): a sample of
the mutants that Cosmic Ray makes, the same every time. Each is made in a copy, so that an
interrupted run leaves nothing behind, and is killed if a test of `TESTS` fails.

Mutants that mean the same as the code, or that no test is needed for, are left out:

- `|` in another operator: it stands in types, but for two unions of dictionaries;
- decorators, such as `@dataclass(slots=True)`;
- f-strings, which are messages for people;
- the bare `*` before parameters that are named in calls;
- a comparison in `is`: Python itself warns of it.

Cosmic Ray leaves docstrings and all other text as they are.
"""

import multiprocessing
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from difflib import unified_diff
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.work_item import MutationSpec

HERE = Path(__file__).parent
SAMPLE = int(os.environ.get("MUTANTS", "60"))
"""The number of mutants of each service that are tried."""
SEED = 20_261_128
SECONDS = 60.0
"""After which a test run has failed: the mutant does not end."""
KILLED_MIN = 0.9
OPERATORS_LEFT_OUT = re.compile(
    "core/(RemoveDecorator|Variable.*|ReplaceBinaryOperator_BitOr_.*"
    "|ReplaceComparisonOperator_(?!Is).*_Is(Not)?)"
)
TESTS = {
    "ingest": (
        "test_domain.py",
        "test_domain_intake.py",
        "test_domain_specs.py",
        "test_domain_tasks.py",
    ),
    "consensus": ("test_domain.py", "test_domain_posterior.py", "test_domain_votes.py"),
    "quality": ("test_domain.py", "test_domain_bounds.py"),
    "queue": ("test_domain.py",),
    "dataset-store": ("test_domain.py", "test_domain_records.py"),
}
Run = Callable[[Path, str], None]
PROCESSES = multiprocessing.get_context("forkserver")
PRELOADED = ["hypothesis.strategies", "labels", "pytest", "schemas.events"]
"""Imported once, since each run forks from them. None imports the package of a service."""


def copy_of(service: str, folder: Path) -> Path:
    """Copy the package and the domain tests of a service into `folder`; return the package."""
    source = HERE.parents[1] / "services" / service
    package = folder / f"{service.replace('-', '_')}_service"
    shutil.copytree(source / package.name, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in TESTS[service]:
        shutil.copy(source / "tests" / name, folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return package


def is_left_out(node: Any) -> bool:
    """Return True if nothing below this node of the syntax tree is mutated."""
    is_bare_star = node.type == "operator" and node.parent.type == "parameters"
    return is_bare_star or node.type in ("decorator", "fstring")


def mutants(module: Path) -> Iterator[MutationSpec]:
    """Yield the mutations of a module that a test should see."""
    nodes = list(ast_nodes(get_ast_from_path(module)))
    left_out = [(node.start_pos, node.end_pos) for node in nodes if is_left_out(node)]
    for name in sorted(operator_names()):
        if OPERATORS_LEFT_OUT.fullmatch(name):
            continue
        operator = get_operator(name)()
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(places):
            if not any(first <= start < last for first, last in left_out):
                yield MutationSpec(module, name, occurrence, start, end)


def passes(run: Run, package: Path) -> bool:
    """Return True if the tests beside `package` pass, in a process that imports it afresh."""
    process = PROCESSES.Process(target=run, args=(package.parent, package.name))
    process.start()
    process.join(SECONDS)
    process.kill()
    process.join()
    return process.exitcode == 0


def survivor(run: Run, package: Path, mutant: MutationSpec) -> str | None:
    """The lines that a mutant changes, if no test sees it; None if one does."""
    operator = get_operator(mutant.operator_name)()
    with use_mutation(mutant.module_path, operator, mutant.occurrence) as (before, after):
        if not passes(run, package):
            return None
    name = f"{mutant.module_path.name} {mutant.operator_name}"
    changed = unified_diff(before.splitlines(), after.splitlines(), name, n=0, lineterm="")
    return "\n".join(changed)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("service", TESTS)
def test_the_tests_of_the_domain_see_nine_of_ten_mistakes(
    service: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(HERE)
    runner = import_module("mutant_tests")
    PROCESSES.set_forkserver_preload(PRELOADED)
    package = copy_of(service, tmp_path)
    output = tmp_path / runner.OUTPUT
    assert passes(runner.run, package), f"Without a mistake, too:\n{output.read_text()}"

    every = [one for module in sorted((package / "domain").glob("*.py")) for one in mutants(module)]
    chosen = random.Random(SEED).sample(every, min(SAMPLE, len(every)))
    survivors = [found for one in chosen if (found := survivor(runner.run, package, one))]

    killed = len(chosen) - len(survivors)
    with capsys.disabled():
        print("", *survivors, sep="\n")  # noqa: T201
        print(f"{service}: {killed} of {len(chosen)} mutants killed, of {len(every)} in all")  # noqa: T201
    assert killed >= KILLED_MIN * len(chosen)
