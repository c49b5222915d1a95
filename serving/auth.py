"""Optional API keys: `TOOLSCHOOL_API_KEYS="alice:key1,key2"` (a name before the colon shows up in the logs).

Only SHA-256 digests leave `read_keys`; keys themselves are never stored, logged or sent to a replica.
No keys, no check: bind to 127.0.0.1 then.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping

from toolschool.errors import ConfigError

VARIABLE = "TOOLSCHOOL_API_KEYS"


def digest(key: str) -> str:
    """What is kept of a key. Keys are long random strings, so a plain digest is enough."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def read_keys(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Digest -> name of every key in the environment; empty where none is set. ConfigError on an empty key."""
    text = (os.environ if environ is None else environ).get(VARIABLE, "").strip()
    keys: dict[str, str] = {}
    for at, item in enumerate(text.split(",") if text else [], start=1):
        name, colon, key = item.strip().partition(":")
        name, key = (name, key) if colon else (f"key{at}", name)
        if not key or not name:
            raise ConfigError(f"entry {at} of {VARIABLE} is empty; write NAME:KEY,NAME:KEY")
        keys[digest(key)] = name
    return keys


def who(keys: Mapping[str, str], authorization: str | None) -> str | None:
    """Name of the key in an `Authorization: Bearer ...` header, None where it is missing or unknown."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    given = digest(token.strip())
    found = None
    for known, name in keys.items():  # no early end: the time must not tell which key came close
        if secrets.compare_digest(known, given):
            found = name
    return found
