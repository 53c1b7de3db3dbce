"""A minimal identity provider: it signs tokens and publishes its public keys."""

import json
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from chassis.issuers import ALGORITHMS


def make_key(algorithm: str, kid: str) -> Key:
    named: Any = {"kid": kid, "use": "sig"}
    if algorithm in {"RS256", "PS256"}:
        return RSAKey.generate_key(2048, parameters=named)
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters=named)
    return OKPKey.generate_key("Ed25519", parameters=named)


RSA = make_key("RS256", "one")
RSA_LATER = make_key("RS256", "two")


class Provider:
    """Signs by any of its keys; publishes those in `published`, over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.published: list[Any] = []
        self.requests = 0
        self.status = 200
        self.answers = threading.Event()
        self.answers.set()

    def publish(self, *keys: Key) -> None:
        self.published = [key.as_dict(private=False) for key in keys]

    def settings(self, *algorithms: str, **more: Any) -> dict[str, Any]:
        return {"issuer": self.url, "jwks_url": self.url, "algorithms": algorithms, **more}

    def sign(self, key: Key, algorithm: str, **claims: Any) -> str:
        body = {"iss": self.url, "aud": "labelwright", "sub": "ada", "exp": int(time.time()) + 600}
        header = {"alg": algorithm, "kid": key.kid}
        registry = JWSRegistry(algorithms=list({*ALGORITHMS, algorithm}))
        with warnings.catch_warnings(action="ignore"):  # joserfc's, of EdDSA and of none.
            return jwt.encode(header, {**body, **claims}, key, registry=registry)


@contextmanager
def running_provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.requests += 1
            provider.answers.wait(10)
            body = json.dumps({"keys": provider.published}).encode()
            self.send_response(provider.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}/keys")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        provider.answers.set()
        server.shutdown()
        thread.join()
        server.server_close()
