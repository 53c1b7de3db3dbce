import json
from pathlib import Path

import pytest

from labelwright_client.call import SERVICES
from labelwright_client.problems import NotConfigured
from labelwright_client.stack import Stack

URLS = {name: f"http://127.0.0.1:{8101 + place}" for place, name in enumerate(SERVICES)}


def write_ready(folder: Path) -> Path:
    services = {name: {"url": url, "pid": 1} for name, url in URLS.items()}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "ready.json"
    file.write_text(json.dumps({"services": services, "admin_token": "adm1n"}))
    return file


def test_a_home_gives_addresses_and_token(tmp_path: Path) -> None:
    write_ready(tmp_path / "home")

    stack = Stack.find(tmp_path / "home", {})

    assert stack.urls == URLS
    assert stack.bearer() == "adm1n"
    assert stack.home == tmp_path / "home"


def test_the_environment_names_the_home(tmp_path: Path) -> None:
    write_ready(tmp_path / "elsewhere")

    assert Stack.find(environ={"LABELWRIGHT_HOME": str(tmp_path / "elsewhere")}).urls == URLS


def test_addresses_and_token_of_the_environment_replace_those_of_the_home(tmp_path: Path) -> None:
    write_ready(tmp_path)
    environ = {
        "LABELWRIGHT_HOME": str(tmp_path),
        "LABELWRIGHT_DATASET_STORE_URL": "https://data.example/",
        "LABELWRIGHT_TOKEN": "mine",
    }

    stack = Stack.find(environ=environ)

    assert stack.url("dataset-store") == "https://data.example"
    assert stack.url("queue") == URLS["queue"]
    assert stack.bearer() == "mine"


def test_with_all_addresses_no_home_is_needed(tmp_path: Path) -> None:
    environ = {
        f"LABELWRIGHT_{name.upper().replace('-', '_')}_URL": f"https://{name}.example"
        for name in SERVICES
    }

    stack = Stack.find(environ={**environ, "LABELWRIGHT_HOME": str(tmp_path / "none")})

    assert stack.url("quality") == "https://quality.example"
    with pytest.raises(NotConfigured, match="LABELWRIGHT_TOKEN"):
        stack.bearer()
    with pytest.raises(NotConfigured, match="identity provider"):
        stack.sign("ada", ["annotator"])


def test_without_a_stack_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="labelwright up"):
        Stack.find(tmp_path, {})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"services": {"ingest": {}}}'])
def test_an_invalid_ready_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ready.json").write_text(text)

    with pytest.raises(NotConfigured, match="not a ready file"):
        Stack.find(tmp_path, {})


def test_the_token_is_not_in_the_repr_of_a_stack(tmp_path: Path) -> None:
    write_ready(tmp_path)

    assert "adm1n" not in repr(Stack.find(tmp_path, {}))
