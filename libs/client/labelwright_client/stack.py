"""The addresses of the services and the token: from a ready file or the environment."""

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
    """The addresses of the services, a token, and the home with the keys of a local stack."""

    urls: Mapping[Service, str]
    token: str | None = field(default=None, repr=False)
    home: Path | None = None

    @classmethod
    def find(cls, home: Path | None = None, environ: Environment | None = None) -> "Stack":
        """Return the stack in `home`, else that of the environment, else that in `.labelwright`.

        Addresses in `LABELWRIGHT_INGEST_URL` … `LABELWRIGHT_DATASET_STORE_URL` (without `home`) and
        a token in `LABELWRIGHT_TOKEN` are used in place of those in the home's ready file. Raises
        NotConfigured.
        """
        environ = os.environ if environ is None else environ
        folder = home or home_of(environ)
        named = {} if home is not None else _environment_urls(environ)
        token = environ.get(TOKEN) or None
        if len(named) == len(SERVICES):
            return cls(MappingProxyType(named), token, folder if folder.exists() else None)
        local = cls.from_ready_file(folder / READY_FILE, home=folder)
        return cls(MappingProxyType({**local.urls, **named}), token or local.token, folder)

    @classmethod
    def from_ready_file(cls, file: Path, *, home: Path | None = None) -> "Stack":
        """Return the stack in the ready file of `labelwright up`, with its admin token.

        Raises NotConfigured.
        """
        try:
            ready = json.loads(file.read_text("utf-8"))
            urls = {name: str(ready["services"][name]["url"]).rstrip("/") for name in SERVICES}
            token = ready.get("admin_token")
        except OSError as error:
            raise NotConfigured(
                f"No stack was found: {file} does not exist. Start one with `labelwright up`, or"
                f" name one with --home, {HOME}, or {_variable('ingest')} and the other addresses."
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotConfigured(
                f"{file} is not a ready file of `labelwright up`: start the stack again."
            ) from error
        return cls(MappingProxyType(urls), token, home or file.parent)

    def url(self, service: Service) -> str:
        """Return the address of a service. Raises NotConfigured."""
        try:
            return self.urls[service]
        except KeyError:
            raise NotConfigured(
                f"The address of {service} is not known: set {_variable(service)}."
            ) from None

    def bearer(self) -> str:
        """Return the token that calls carry. Raises NotConfigured."""
        if self.token is None:
            raise NotConfigured(f"A token is needed: set {TOKEN}.")
        return self.token

    def with_token(self, token: str) -> "Stack":
        """Return the same stack with another token."""
        return replace(self, token=token)

    def sign(
        self,
        name: str,
        roles: Sequence[str],
        *,
        projects: Sequence[str] = ("*",),
        hours: float = 24,
    ) -> str:
        """Return a token for `name`, signed with the key of the home. Raises NotConfigured."""
        if self.home is None:
            raise NotConfigured(
                "Tokens can be signed on a local stack only; use a token of your identity provider."
            )
        try:
            return tokens.sign(self.home, name=name, roles=roles, projects=projects, hours=hours)
        except tokens.NoSigningKey as error:
            raise NotConfigured(f"Tokens cannot be signed: {error}") from error


def home_of(environ: Environment) -> Path:
    """Return LABELWRIGHT_HOME, else `.labelwright` in the current directory."""
    return Path(environ.get(HOME) or FOLDER).expanduser().absolute()


def _variable(service: Service) -> str:
    return f"LABELWRIGHT_{service.upper().replace('-', '_')}_URL"


def _environment_urls(environ: Environment) -> dict[Service, str]:
    found = {name: environ.get(_variable(name), "") for name in SERVICES}
    return {name: url.rstrip("/") for name, url in found.items() if url}
