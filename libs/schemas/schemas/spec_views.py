"""The two views of a spec version: with the honeypot policy, and without it for annotators."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from schemas.roles import LABEL_READERS


def spec_view(view: BaseModel, digest: str, roles: Iterable[str]) -> tuple[dict[str, Any], str]:
    """Return `view` as JSON for a caller with `roles`, and the ETag of that view.

    Annotators do not see how often honeypots are mixed in, since that helps to recognize them.
    The document's own hash, `digest`, is the same in both views; their ETags differ.
    """
    if not set(LABEL_READERS).isdisjoint(roles):
        return view.model_dump(mode="json"), f'"{digest}"'
    hidden = {"document": {"policy": {"honeypots"}}}
    return view.model_dump(mode="json", exclude=hidden), f'"{digest}.annotator"'
