"""manifest.json: what a run or a stage did, from what, with what. Written last, so its presence means "finished".

{"job": "prepare", "finished": "...", "config": {...}, "git": "3f4d166", "versions": {...}, "inputs": {uri: sha256},
 "counts": {...}, "metrics": {...}, "wall_s": 12.3, ...}
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from pipelines import files

LIBRARIES = ("ray", "torch", "transformers", "tokenizers", "peft", "deepspeed", "optuna", "pyarrow", "llguidance")
FILE = "manifest.json"


def fingerprint(value: Any) -> str:
    """Sixteen hex digits that change when anything in a JSON value changes."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def git_revision() -> str:
    """Short hash of the source tree, `+` appended when it has uncommitted changes; "unknown" outside a repository."""
    root = Path(__file__).resolve().parents[1]
    try:
        command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def versions() -> dict[str, str]:
    """Python and the libraries that shape results, as installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def write(
    folder: str,
    job: str,
    *,
    config: Mapping[str, Any],
    inputs: Mapping[str, str] | None = None,
    counts: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    wall_s: float = 0.0,
    **more: Any,
) -> dict[str, Any]:
    """Write `<folder>/manifest.json` atomically and return its content.

    `config` is the resolved configuration, `inputs` maps each input's URI to its sha256, `wall_s` is in seconds.
    """
    content = {
        "job": job,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": dict(config),
        "git": git_revision(),
        "versions": versions(),
        "inputs": dict(inputs or {}),
        "counts": dict(counts or {}),
        "metrics": dict(metrics or {}),
        "wall_s": round(wall_s, 2),
        **more,
    }
    files.write_text(files.join(folder, FILE), json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")
    return content


def read(folder: str) -> dict[str, Any] | None:
    """The manifest of a folder, None when it has none (nothing finished there)."""
    uri = files.join(folder, FILE)
    return json.loads(files.read_text(uri)) if files.exists(uri) else None
