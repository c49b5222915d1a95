"""Jobs of ours as steps of a longer benchmark: the commands a user types, each below one folder, none repeated that has ended.

steps = Steps(Path("runs/x"))
rows = steps.job("rows", "prepare", "recipes/toolken/prepare.yaml", "data.limit=100")     # the run's folder
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Steps:
    """`out` is where all runs lie."""

    out: Path

    def job(self, name: str, verb: str, recipe: str, *settings: str) -> Path:
        """Run a job unless it has ended here before; its folder. CalledProcessError when it fails."""
        folder = self.out / name
        ended = folder / "ended"
        if not ended.exists():
            command = [sys.executable, "-m", f"jobs.{verb}", "--config", recipe]
            subprocess.run([*command, f"output.storage={self.out}", f"output.name={name}", *settings], check=True)
            ended.touch()
        return folder
