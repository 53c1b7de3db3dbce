"""Which identity providers' tokens a service accepts: the settings of each."""

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
"""Signatures by a private key that only the issuer has. The HS family signs with a shared secret,
and `none` not at all: neither can be configured."""
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)


def _claim_path(value: object) -> object:
    """Split `realm_access.roles` at its dots; a name with `://`, as of Auth0, is one name."""
    if isinstance(value, str):
        return (value,) if "://" in value else tuple(value.split("."))
    return value


ClaimPath = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(min_length=1),
    BeforeValidator(_claim_path),
]
"""The names that lead to a claim, from the outermost in. In the settings a list of names, or a text
whose dots separate them."""


class Issuer(BaseModel):
    """One identity provider: who it is, where its keys are, and how its tokens are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    """What its tokens have as `iss`, to the letter."""
    jwks_url: HttpUrl | None = None
    jwks_file: FilePath | None = None
    """Where its public keys are, as a JSON Web Key Set (RFC 7517). Set one of the two."""
    audience: str = Field("labelwright", min_length=1)
    """What its tokens must have as `aud`, or in the list there."""
    algorithms: list[Algorithm] = Field(min_length=1)
    """The signatures that are accepted from it."""
    roles_claim: ClaimPath = ("roles",)
    projects_claim: ClaimPath = ("projects",)

    keys_min_age_seconds: float = Field(10.0, ge=0)
    """An unknown key id makes the keys be read again, but not while they are younger than this."""
    keys_max_age_seconds: float = Field(300.0, gt=0)
    """The keys are read again after this time: so long a withdrawn key stays good."""

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
    for name, count in Counter(one.issuer for one in issuers).items():
        if count > 1:
            raise ValueError(f"issuer '{name}' is set {count} times: tokens tell issuers by name")
