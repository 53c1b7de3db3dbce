"""Rules of the repository that no tool has. The name of a test is the rule."""

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.events import EVENTS

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "queue", "consensus", "quality", "dataset-store")
LINES_MAX, FUNCTION_LINES_MAX, CHASSIS_LINES_MAX = 400, 50, 200

# Events that no service subscribes to, each with the reason.
UNSUBSCRIBED = {
    "DatasetVersionPublished": "for trainers and pipelines outside",
    "TagMoved": "for trainers and pipelines outside",
    "VersionUsed": "for trainers and pipelines outside",
    "SpecIssueOpened": "for the spec owners' tools outside",
    "SpecIssueDiagnosed": "for the spec owners' tools outside",
    "SpecIssueResolved": "for the spec owners' tools outside",
    "TokenRevoked": "the chassis of every service handles it",
}

# The nouns of the business, which the chassis must not use.
NOUNS = {
    "item", "annotation", "label", "annotator", "reviewer", "adjudicator", "lease", "gold",
    "honeypot", "agreement", "consensus", "adjudication", "dataset", "manifest", "lineage",
    "redundancy", "guideline",
}  # fmt: skip
# Labels of Prometheus and items of mappings are something else.
OTHERWISE = {"labels", "label", "items", "item"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    return [path for path in tracked("*.py") if "migrations" not in path.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def package(service: str) -> str:
    return service.replace("-", "_") + "_service"


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = {p.name: n for p in modules() if (n := len(p.read_text().splitlines())) > LINES_MAX}

    assert {name for name in long if not name.startswith("test_")} == set()


def test_a_function_fits_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{one.name}"
        for path in modules()
        for one in functions(path)
        if (one.end_lineno or 0) - one.lineno >= FUNCTION_LINES_MAX
    ]

    assert long == []


def test_operations_never_commit() -> None:
    commits = [
        path for path in modules()
        if "services" in path.parts and "tests" not in path.parts and ".commit(" in path.read_text()
    ]  # fmt: skip

    assert commits == []


def test_a_service_folder_is_no_package() -> None:
    """A package `queue` would hide the module of the standard library."""
    assert [s for s in SERVICES if (ROOT / "services" / s / "__init__.py").exists()] == []


def test_every_event_has_a_golden_file() -> None:
    golden = {path.name for path in (ROOT / "libs/schemas/tests/golden").glob("*.json")}

    assert {f"{kind.__name__}.v{kind.version}.json" for kind in EVENTS.values()} <= golden


def subscribed(service: str) -> set[str]:
    found = importlib.import_module(f"{package(service)}.events").SUBSCRIPTIONS
    return {one.kind.__name__ for one in found}


def test_every_event_has_a_subscriber_or_a_reason() -> None:
    handled = set().union(*(subscribed(service) for service in SERVICES))
    names = {kind.__name__ for kind in EVENTS.values()}

    assert names - handled - set(UNSUBSCRIBED) == set()
    assert set(UNSUBSCRIBED) & handled == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_readme_names_exactly_the_events_that_its_service_consumes(service: str) -> None:
    text = (ROOT / "services" / service / "README.md").read_text()
    section = re.search(r"## Consumes\n(.*?)(?=\n## )", text, flags=re.DOTALL)
    assert section is not None, "the README needs a section '## Consumes'"
    names = {kind.__name__ for kind in EVENTS.values()}

    named = {word for word in re.findall(r"`([A-Z]\w+)`", section.group(1)) if word in names}

    assert named == subscribed(service)


def test_the_chassis_knows_no_noun_of_the_business() -> None:
    known = []
    for path in (ROOT / "libs/chassis/chassis").rglob("*.py"):
        words = set(re.findall(r"[a-z]+", path.read_text().lower()))
        found = {w for w in words if w in NOUNS or w.removesuffix("s") in NOUNS} - OTHERWISE
        known += [f"{path.name}: {', '.join(sorted(found))}"] if found else []

    assert known == []


def test_a_file_of_the_chassis_stays_small() -> None:
    sizes = {
        p.name: len(p.read_text().splitlines())
        for p in (ROOT / "libs/chassis/chassis").rglob("*.py")
    }

    assert {name: n for name, n in sizes.items() if n > CHASSIS_LINES_MAX} == {}


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^[A-Za-z0-9_.-]+==", lock, flags=re.MULTILINE)

    assert "://" not in lock
    assert len(pinned) > 50
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_no_package_registry_is_named_anywhere() -> None:
    hosts = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "maven" + ".org",
             "maven" + ".apache.org/maven2", "crates" + ".io")  # fmt: skip
    named = [
        path.relative_to(ROOT) for path in tracked()
        if path.suffix not in {".checkpoint"}
        and any(host in path.read_text(errors="replace") for host in hosts)
    ]  # fmt: skip

    assert named == []


def test_every_metric_says_what_to_do_and_bears_the_name_of_its_service() -> None:
    for service in SERVICES:
        text = (ROOT / "services" / service / package(service) / "metrics.py").read_text()
        names = re.findall(r'"(labelwright_\w+)"', text)
        prefix = f"labelwright_{service.replace('-', '_')}_"
        assert names
        assert [name for name in names if not name.startswith(prefix)] == []


def test_a_dashboard_names_only_metrics_that_exist() -> None:
    declared = {
        name
        for path in tracked("*metrics.py")
        for name in re.findall(r'"(labelwright_\w+)"', path.read_text())
    }
    for path in tracked("deploy/grafana/*", "deploy/prometheus/*"):
        named = set(re.findall(r"labelwright_[a-z_]+", path.read_text()))
        bases = {re.sub(r"_(bucket|count|sum)$", "", name) for name in named}
        assert bases <= declared, path


def test_a_link_in_a_page_of_the_documentation_leads_to_a_file() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    dead = [
        f"{name}: {target}"
        for name in listed.stdout.splitlines()
        for target in re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text())
        if "://" not in target and not (ROOT / name).parent.joinpath(target).exists()
    ]

    assert dead == []
