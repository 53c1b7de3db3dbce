"""Compute the hash of a specification, and its effects on labels of an older one."""

import labels
from schemas.canonical import digest
from schemas.spec_previews import FieldProof
from schemas.vocabulary import SpecDocument


def spec_hash(document: SpecDocument) -> str:
    """Return the hash of a spec version: the digest of its document with all default values."""
    return digest(document.model_dump(mode="json"))


def field_proofs(old: SpecDocument, new: SpecDocument) -> list[FieldProof]:
    """Return the proof, for each field of `old` and each new one that labels lack, or its absence.

    A field that only `new` has, and that labels need not answer, has none.
    """
    found = labels.compatibility(old.fields, new.fields)
    names = [str(field["name"]) for field in old.fields]
    return [
        FieldProof(
            field=name, stays_valid=name not in found.touched, refused=found.refused.get(name)
        )
        for name in dict.fromkeys([*names, *found.touched])
    ]
