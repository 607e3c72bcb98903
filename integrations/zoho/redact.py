"""Takes secrets out of any text before it reaches a log, an exception or a screen."""

from __future__ import annotations

import re

HIDDEN = "***"

_KEYS = (
    r"client_secret|access_token|refresh_token|id_token|code_verifier|code_challenge"
    r"|password|token|state|code"
)
_RULES = (
    # Authorization headers (Zoho Projects API V3 takes both prefixes)
    (re.compile(r"(?i)\b(Zoho-oauthtoken|Bearer|Basic)(\s+|%20|\+)[^\s'\",;}&]+"), rf"\1 {HIDDEN}"),
    # "refresh_token": "…", 'code': '…'
    (re.compile(rf"(?i)(['\"](?:{_KEYS})['\"]\s*:\s*)(\"[^\"]*\"?|'[^']*'?)"), rf"\1'{HIDDEN}'"),
    # refresh_token=…&, code: 1000.… ; also percent-encoded inside another address
    (
        re.compile(rf"(?i)(?:(?<![A-Za-z_])|(?<=%3F)|(?<=%26))((?:{_KEYS})(?:=|%3D))[^\s&'\",;)}}\]]+"),
        rf"\1{HIDDEN}",
    ),
    # bare tokens and codes: version.hex.hex
    (re.compile(r"(?<![0-9.])\d{4}\.[0-9A-Za-z]{3,}\.[0-9A-Za-z]{3,}"), f"1000.{HIDDEN}"),
)


def mask(text: object) -> str:
    """Return `text` with tokens, codes, secrets and states replaced by asterisks.

    Knows Zoho's token form (`1000.….…`), Authorization headers, and the parameter names of its accounts
    server in query, form and JSON spelling. Masks too much rather than too little.
    """
    result = text if isinstance(text, str) else str(text)
    for pattern, replacement in _RULES:
        result = pattern.sub(replacement, result)
    return result
