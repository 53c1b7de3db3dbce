import socket

import pytest

from labelwright_local import ports
from labelwright_local.ports import Ports
from labelwright_local.refusal import CannotStart


def test_the_default_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABELWRIGHT_PORT_BASE", raising=False)

    found = Ports.from_environment()

    assert {name: found.of(name) for name in ports.STEPS} == {
        "ingest": 8101,
        "queue": 8102,
        "consensus": 8103,
        "quality": 8104,
        "dataset-store": 8105,
        "postgres": 8106,
        "kafka": 8107,
        "kafka-controller": 8108,
    }


def test_no_two_ports_are_equal() -> None:
    services = ("ingest", "queue", "consensus", "quality", "dataset-store")
    further = [f"{name}-{n}" for name in services for n in range(2, ports.REPLICAS_MAX + 1)]

    found = [Ports(8100).of(name) for name in [*ports.STEPS, *further]]
    metrics = [Ports(8100).metrics_of(name) for name in [*services, *further]]
    reserved = [8100 + step for step in ports.RESERVED.values()]
    every = [*found, *metrics, *reserved]

    assert Ports(8100).of("dataset-store-3") == 8125
    assert Ports(8100).metrics_of("dataset-store-3") == 8225
    assert len(set(every)) == len(every)
    assert max(every) < 8100 + ports.SPAN


def test_the_highest_base_leaves_room_for_every_port() -> None:
    highest = ports.HIGHEST_BASE + ports.RESERVED_SECOND_STEP + max(ports.RESERVED.values())

    assert ports.RESERVED == {
        "prometheus": 91,
        "alertmanager": 92,
        "login": 93,
        "s3-1": 94,
        "s3-2": 95,
        "s3-3": 96,
        "s3-4": 97,
        "s3-5": 98,
    }
    assert ports.HIGHEST_BASE + ports.SPAN <= highest == 65535


@pytest.mark.parametrize("named", ["", "many", "-1", "80", "65530"])
def test_an_invalid_base_is_refused(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELWRIGHT_PORT_BASE", named)

    with pytest.raises(CannotStart, match="LABELWRIGHT_PORT_BASE is"):
        Ports.from_environment()


def test_a_port_in_use_is_reported_with_its_part() -> None:
    with socket.create_server(("127.0.0.1", ports.some_free(1)[0])) as other:
        port = other.getsockname()[1]

        with pytest.raises(CannotStart, match=rf"Port {port}, which queue needs, is in use"):
            Ports().check_free({"queue": port})


def test_a_port_in_time_wait_is_free() -> None:
    port = ports.some_free(1)[0]
    with (
        socket.create_server(("127.0.0.1", port)) as server,
        socket.create_connection(("127.0.0.1", port)),
    ):
        server.accept()[0].close()  # This side closes first and so keeps the port in TIME_WAIT.

    assert ports.is_free(port)
