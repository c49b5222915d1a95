"""Who asks: API keys by their digests. `TOOLSCHOOL_API_KEYS="alice:key1,bob:key2"` names some; `serving.keyring` those of a file.

Only SHA-256 digests leave `read_keys`; keys themselves are never stored, logged or sent to a replica. The names show up in
the logs. Without keys only this machine is answered.
"""

from __future__ import annotations

import hashlib
import ipaddress
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


def is_loopback(host: str) -> bool:
    """Whether an address, or `localhost`, is this machine's own; no name is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_exposure(host: str, key_file: str | None) -> None:
    """ConfigError when others could reach `host` and no key is asked for."""
    if not is_loopback(host) and key_file is None and not read_keys():
        raise ConfigError(
            f"{host} can be reached from other machines, and there are no API keys: make one with "
            "`python -m serving.keys add NAME --file keys.txt` and set app.key_file=keys.txt"
        )
