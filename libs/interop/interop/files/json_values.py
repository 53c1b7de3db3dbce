"""JSON values of what tables hold: dates, times, decimals, bytes and missing numbers."""

import datetime
import decimal
import math
from typing import Any


class NotJson(ValueError):
    """Raised for a value that JSON cannot hold; the message is a sentence."""


def to_json(value: Any) -> Any:  # noqa: ANN401 (any value of a table)
    """Return `value` as a JSON value. Raises NotJson.

    Dates and times become ISO 8601 text, NaN becomes null, bytes that are UTF-8 become text.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): to_json(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(member) for member in value]
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | datetime.timedelta):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise NotJson("It holds bytes that are not text; only text can be imported.") from error
    raise NotJson(f"It holds a {type(value).__name__}, which JSON does not have.")
