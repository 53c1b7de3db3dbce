"""The order in which a person sees the options of a field where that order can sway the answer.

People prefer what stands first or to the left. Each lease therefore has an order of its own, which
is kept beside the answer, so that the preference can be measured and averages out.
"""

from hashlib import blake2b
from uuid import UUID

from labels.field import Field
from labels.schema import LabelSchema


def presentation(schema: LabelSchema, lease_id: UUID) -> dict[str, list[str]]:
    """Return the order of the options by field, for the fields whose `order_matters`.

    Every order is equally likely over leases. A lease has the same one each time it is asked for.
    """
    return {field.name: _order(field, lease_id) for field in schema.fields if field.order_matters}


def _order(field: Field, lease_id: UUID) -> list[str]:
    def place(option: str) -> bytes:
        seed = f"{field.name}\x00{option}".encode()
        return blake2b(seed, key=lease_id.bytes, digest_size=16, person=b"presentation").digest()

    return sorted((option.value for option in field.options), key=place)
