"""Spec versions ready for use: fields compiled to check labels, beside guidelines and policy.

A spec version never changes, so a compiled one is kept under the hash of its document.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from labels.schema import LabelSchema, compile_fields
from schemas.vocabulary import Policy, SpecDocument, document_of


@dataclass(frozen=True, slots=True)
class CompiledSpec:
    """A spec document and the schema of its labels."""

    document: SpecDocument
    labels: LabelSchema

    @property
    def policy(self) -> Policy:
        """The policy of the version."""
        return self.document.policy

    @classmethod
    def of(cls, document: object) -> Self:
        """Compile a spec document from an event or a database; unknown keys are ignored.

        Raises pydantic.ValidationError and labels.InvalidFields for one that no release published.
        """
        read = document_of(document)
        return cls(read, compile_fields(read.fields, ignore_unknown=True))


Spec = TypeVar("Spec", bound=CompiledSpec)


class SpecCache(Generic[Spec]):
    """The compiled specs used last, by hash."""

    def __init__(self, kind: type[Spec], size_max: int = 1000) -> None:
        """Compile with `kind.of`; keep at most `size_max` specs."""
        self._kind = kind
        self._size_max = size_max
        self._by_hash: OrderedDict[str, Spec] = OrderedDict()

    async def get(self, spec_hash: str, read: Callable[[], Awaitable[object]]) -> Spec:
        """Return the compiled spec with this hash; `read` returns its document if it is needed."""
        spec = self._by_hash.get(spec_hash)
        if spec is None:
            spec = self._kind.of(await read())
            self._by_hash[spec_hash] = spec
            if len(self._by_hash) > self._size_max:
                self._by_hash.popitem(last=False)
        else:
            self._by_hash.move_to_end(spec_hash)
        return spec
