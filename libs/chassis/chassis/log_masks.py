"""Masking of secrets in every line of the log.

Secret settings have the type SecretStr, which masks itself. The patterns here find secrets within
longer texts, such as an address with a password in the message of an exception.
"""

import re

MASK = "***"
_SECRETS = (
    (re.compile(r"(\w://[^\s:/@\"']*:)[^\s@\"']+(?=@)"), rf"\1{MASK}"),
    (re.compile(r"([?&](?:password|signature|x-amz-signature)=)[^&\s\"']+", re.I), rf"\1{MASK}"),
    (re.compile(r"(\bbearer\s+)[\w.~+/=-]+", re.I), rf"\1{MASK}"),
    (re.compile(r"\beyJ[\w-]+\.[\w.-]*"), MASK),
)
"""Passwords in URLs (before the host and in the query), bearer tokens, JSON Web Tokens."""


def mask(text: str) -> str:
    """Return `text` with `***` in place of each password, signature and token."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
