"""Settings of the identity providers whose tokens a service accepts."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FilePath,
    HttpUrl,
    field_serializer,
    model_validator,
)

from chassis.log_masks import mask

Algorithm = Literal["Ed25519", "EdDSA", "ES256", "RS256", "PS256"]
"""The signature algorithms that can be configured: those with a private key that only the issuer
has. `HS256` and its relatives use a shared secret and `none` is no signature, so both are missing.
"""
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)


def _claim_path(value: object) -> object:
    """Split `realm_access.roles` at its dots; do not split a name with `://`, as Auth0 uses."""
    if isinstance(value, str):
        return (value,) if "://" in value else tuple(value.split("."))
    return value


ClaimPath = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(min_length=1),
    BeforeValidator(_claim_path),
]
"""The path of a claim: the names of nested objects, the outermost first, and of the claim. In the
settings it is a list of names, or a text in which dots separate the names."""


class Issuer(BaseModel):
    """One identity provider: its name, the location of its keys and the claims of its tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    """The exact value of `iss` in its tokens."""
    jwks_url: HttpUrl | None = None
    jwks_file: FilePath | None = None
    """The location of its public keys, a JSON Web Key Set (RFC 7517). Set one of the two."""
    audience: str = Field("labelwright", min_length=1)
    """The required value of `aud` in its tokens, or of one element if `aud` is a list."""
    algorithms: list[Algorithm] = Field(min_length=1)
    """The accepted signature algorithms."""
    roles_claim: ClaimPath = ("roles",)
    projects_claim: ClaimPath = ("projects",)

    keys_min_age_seconds: float = Field(10.0, ge=0)
    """A token with an unknown key id makes the service read the keys again if they are at least
    this old."""
    keys_max_age_seconds: float = Field(300.0, gt=0)
    """The service reads the keys again after this time; until then a withdrawn key is accepted."""

    @model_validator(mode="after")
    def _has_one_source_of_keys(self) -> Self:
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ValueError(f"issuer '{self.issuer}': set either jwks_url or jwks_file")
        return self

    @field_serializer("jwks_url")
    def _without_password(self, url: HttpUrl | None) -> str | None:
        return None if url is None else mask(str(url))


def check_distinct(issuers: Sequence[Issuer]) -> None:
    """Raise ValueError if there is no issuer, or if two have the same name."""
    if not issuers:
        raise ValueError("no token could be accepted: set jwks_url, jwks_file or issuers")
    for name, count in Counter(issuer.issuer for issuer in issuers).items():
        if count > 1:
            raise ValueError(f"issuer '{name}' is set {count} times: set each issuer once")
