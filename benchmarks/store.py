"""The store of what was measured: runs/benchmarks/NAME.json, one file a benchmark, so that a run goes on where the last one ended.

    save(FOLDER, Record.of("executor", measured, wall_s=12.0, others=0.1))
    load(FOLDER, "executor").reason_to_repeat()      # "" or why it has to be measured again

A record is used again if it is of this machine, of the same versions of Python and the libraries, and of the same code: the benchmark's module with all
modules of this repository that it imports, those inside functions and those that they import, too, and the configurations of the models that ship.
Limit: what is started by name alone (a job in a process of its own) is not followed.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.results import Measured
from pipelines import manifest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "runs" / "benchmarks"
PEERS = {
    "training": ("trl",),
    "toolformer": ("toolformer-pytorch",),
    "planner": ("llama_cpp_python",),
    "serving": ("llama_cpp_python",),
}


@dataclass(frozen=True)
class Record:
    """A benchmark's result and what it depends on. `others`: cores that other processes kept busy just before and after."""

    name: str
    finished: str
    wall_s: float
    others: float
    git: str
    machine: dict[str, Any]
    versions: dict[str, str]
    code: str
    measured: Measured

    @classmethod
    def of(cls, name: str, measured: Measured, wall_s: float, others: float) -> Record:
        """As of now and here."""
        finished = datetime.now(UTC).isoformat(timespec="minutes")
        git, here = manifest.git_revision(), machine()
        return cls(
            name, finished, round(wall_s, 1), round(others, 2), git, here, versions(name), digest(name), measured
        )

    def reason_to_repeat(self) -> str:
        """Why this does not hold here and now; empty where it does."""
        for what, then, now in (
            ("machine", self.machine, machine()),
            ("versions", self.versions, versions(self.name)),
            ("code", self.code, digest(self.name)),
        ):
            if then != now:
                return f"other {what}"
        return ""


def save(folder: Path, record: Record) -> Path:
    """Written whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.name}.json"
    content = {**vars(record), "measured": record.measured.to_json()}
    begun = path.with_suffix(".part")
    begun.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    begun.replace(path)
    return path


def load(folder: Path, name: str) -> Record | None:
    """None where it was not measured."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    return Record(**{**said, "measured": Measured.from_json(said["measured"])})


def machine() -> dict[str, Any]:
    """What decides how fast this machine is."""
    import torch

    cpu = re.search(r"model name\s*:\s*(.*)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    return {
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "memory_gib": round(int(memory[1]) / 2**20) if memory else None,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:  # not on this system
        return ""


def versions(name: str) -> dict[str, str]:
    """Of Python, our libraries and the benchmark's peers; "absent" where one is not installed."""
    found = manifest.versions()
    for peer in PEERS.get(name, ()):
        try:
            found[peer] = metadata.version(peer)
        except metadata.PackageNotFoundError:
            found[peer] = "absent"
    return found


def digest(name: str) -> str:
    """Sixteen hex digits of the code that the benchmark runs."""
    found = hashlib.sha256()
    for path in sorted({*sources(f"benchmarks.{name}"), *ROOT.glob("assets/**/config.json")}):
        found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def sources(module: str) -> set[Path]:
    """Files of a module and of all that it imports from this repository."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _file(waiting.pop())
        if path is not None and path not in found:
            found.add(path)
            waiting += _imports(ast.parse(path.read_text(encoding="utf-8")))
    return found


def _file(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _imports(tree: ast.AST) -> Iterator[str]:
    """Names of modules; `from a import b` gives a and a.b, for b may be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
