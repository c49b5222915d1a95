"""What doctor looks at, a file each. A check returns findings and does not raise for what it finds; no Ray."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, how it stands, and in words what is wrong and what to do about it."""

    name: str
    verdict: Literal["ok", "warning", "error"]
    text: str
