"""The address of a part of a JSON value, and the integers that every JSON reader keeps exact."""

INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (I-JSON, RFC 7493 §2.2)."""


def json_pointer(*path: object) -> str:
    """Return the JSON pointer (RFC 6901) of `path`, each part of which is a key or an index."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
