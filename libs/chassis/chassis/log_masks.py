"""Secrets are masked in every line of the log, whoever wrote it and wherever in the line they are.

Settings that are secrets have the type SecretStr, which masks itself. What is left are secrets
within longer texts, such as an address with a password in the message of an exception.
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
    """`text` with `***` in place of each password, signature and token."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
