"""Where the services are and who is calling: from a ready file, a home, or the environment."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from labelwright_client import tokens
from labelwright_client.call import SERVICES, Service
from labelwright_client.problems import NotConfigured

HOME = "LABELWRIGHT_HOME"
TOKEN = "LABELWRIGHT_TOKEN"
FOLDER = ".labelwright"
READY_FILE = "ready.json"

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stack:
    """The addresses of the services, a token, and (on a local stack) the home with its keys."""

    urls: Mapping[Service, str]
    token: str | None = field(default=None, repr=False)
    home: Path | None = None

    @classmethod
    def find(cls, home: Path | None = None, environ: Environment | None = None) -> "Stack":
        """The stack that is meant: `home` if given, else by the environment, else `.labelwright`.

        Single addresses in `LABELWRIGHT_INGEST_URL` … `LABELWRIGHT_DATASET_STORE_URL` and a token
        in `LABELWRIGHT_TOKEN` come before what the home says. Raises NotConfigured.
        """
        environ = os.environ if environ is None else environ
        folder = home or home_of(environ)
        named = {} if home is not None else _named_urls(environ)
        token = environ.get(TOKEN) or None
        if len(named) == len(SERVICES):
            return cls(MappingProxyType(named), token, folder if folder.exists() else None)
        local = cls.from_ready_file(folder / READY_FILE, home=folder)
        return cls(MappingProxyType({**local.urls, **named}), token or local.token, folder)

    @classmethod
    def from_ready_file(cls, file: Path, *, home: Path | None = None) -> "Stack":
        """What `labelwright up` wrote when everything was ready; its token is the admin's."""
        try:
            ready = json.loads(file.read_text("utf-8"))
            urls = {name: str(ready["services"][name]["url"]).rstrip("/") for name in SERVICES}
            token = ready.get("admin_token")
        except OSError as error:
            raise NotConfigured(
                f"No stack is known here: {file} does not exist. Start one with `labelwright up`,"
                f" or say where it is with --home, {HOME} or {_variable('ingest')} and its like."
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotConfigured(f"{file} is not a ready file.") from error
        return cls(MappingProxyType(urls), token, home or file.parent)

    def url(self, service: Service) -> str:
        """The address of a service. Raises NotConfigured."""
        try:
            return self.urls[service]
        except KeyError:
            raise NotConfigured(
                f"Where {service} is, is not known: set {_variable(service)}."
            ) from None

    def bearer(self) -> str:
        """The token that calls carry. Raises NotConfigured."""
        if self.token is None:
            raise NotConfigured(f"A token is needed: set {TOKEN}.")
        return self.token

    def with_token(self, token: str) -> "Stack":
        """The same services, called by another."""
        return replace(self, token=token)

    def sign(
        self,
        name: str,
        roles: Sequence[str],
        *,
        projects: Sequence[str] = ("*",),
        hours: float = 24,
    ) -> str:
        """A token for `name`, signed with the home's key. Raises NotConfigured."""
        if self.home is None:
            raise NotConfigured(
                "Tokens can be made on a local stack only: elsewhere the identity provider does."
            )
        try:
            return tokens.sign(self.home, name=name, roles=roles, projects=projects, hours=hours)
        except tokens.NoKey as error:
            raise NotConfigured(f"Tokens cannot be made here: {error}") from error


def home_of(environ: Environment) -> Path:
    """LABELWRIGHT_HOME, else `.labelwright` in the current directory."""
    return Path(environ.get(HOME) or FOLDER).expanduser().absolute()


def _variable(service: Service) -> str:
    return f"LABELWRIGHT_{service.upper().replace('-', '_')}_URL"


def _named_urls(environ: Environment) -> dict[Service, str]:
    found = {name: environ.get(_variable(name), "") for name in SERVICES}
    return {name: url.rstrip("/") for name, url in found.items() if url}
