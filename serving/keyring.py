"""The keys a gateway goes by: fixed ones, and those of a file that changes while it runs.

ring = KeyRing(auth.read_keys(), "keys.txt")  # the file is made by `python -m serving.keys`
ring.who("Bearer ts-...")                     # "alice", or None
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from serving import auth
from serving.keys import read_file
from toolschool.errors import ConfigError

LOG = logging.getLogger("toolschool.gateway")
_LOOK_AGAIN_S = 1.0


class KeyRing:
    """Fixed keys, and those of a file that is read again within a second of its change.

    Each replica looks for itself, so that a key is added or revoked everywhere without a restart. A file that cannot be
    read keeps the last good keys in force, and the log says so: one slip of an editor must not lock everybody out. An empty
    file is a file without keys: nobody comes in. ConfigError when the file is missing or wrong at the start.
    """

    def __init__(
        self, fixed: Mapping[str, str], path: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.needed = bool(fixed) or path is not None
        self._fixed, self._path, self._clock = dict(fixed), path, clock
        self._keys, self._seen, self._next_look = self._fixed, _state(path), clock() + _LOOK_AGAIN_S
        if path is not None:
            self._keys = self._fixed | _file_keys(path)

    def who(self, authorization: str | None) -> str | None:
        """See `auth.who`; by the keys as they are now."""
        if self._path is not None and self._clock() >= self._next_look:
            self._next_look = self._clock() + _LOOK_AGAIN_S
            self._look(self._path)
        return auth.who(self._keys, authorization)

    def _look(self, path: str) -> None:
        state = _state(path)
        if state == self._seen:
            return
        self._seen = state
        try:
            self._keys = self._fixed | _file_keys(path)
        except ConfigError as error:
            LOG.error("API keys stay as they were", extra={"fields": {"reason": str(error)}})
        else:
            LOG.info("API keys read again", extra={"fields": {"keys": len(self._keys)}})


def _file_keys(path: str) -> dict[str, str]:
    return {entry.digest: entry.name for entry in read_file(Path(path))}


def _state(path: str | None) -> tuple[int, ...] | None:
    """What changes with the file; a Secret of Kubernetes is another file behind the same name."""
    try:
        found = os.stat(path) if path is not None else None
    except OSError:
        return None
    return found and (found.st_ino, found.st_mtime_ns, found.st_size)
