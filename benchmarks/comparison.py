"""docs/comparison.md from a run of `jobs.compare`: its tables between the marks, its pictures beside the results.

python -m jobs.compare --config recipes/compare/nano.yaml && python -m benchmarks.comparison     # make compare
python -m benchmarks.comparison --run runs/compare
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import documents
from jobs.compare import PAGE
from pipelines import manifest

DOCUMENT, PICTURES = Path("docs/comparison.md"), Path("docs/results")


def about(made: Mapping[str, Any]) -> str:
    """A line on where the figures are from."""
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items() if name in ("torch", "ray"))
    counts = made["counts"]
    return f"{counts['steps']} steps, the last one ended {made['finished'][:10]}; revision {made['git']}; {versions}."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=Path("runs/compare"), help="folder of the run")
    run = parser.parse_args().run
    made = manifest.read(str(run))
    if made is None or made["job"] != "compare":
        parser.error(f"{run} is no run of jobs.compare that has ended")
    page = (run / PAGE).read_text(encoding="utf-8")
    for picture in sorted(run.glob("comparison-*.png")):
        shutil.copy(picture, PICTURES)
        page = page.replace(f"]({picture.name})", f"]({PICTURES.name}/{picture.name})")
    documents.write(DOCUMENT, "comparison", f"{about(made)}\n\n{page}")
    print(f"written to {DOCUMENT}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
