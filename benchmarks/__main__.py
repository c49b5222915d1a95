"""`make bench`: every claim that needs no training, as Markdown on the screen and in runs/benchmarks.md.

    python -m benchmarks            # all
    python -m benchmarks executor   # one
    python -m benchmarks gpu        # real sizes on one GPU, into docs/measurements.md; only by name
    python -m benchmarks scaling    # docs/scaling.md from its figures; only by name
    python -m benchmarks any_tools  # tools that ToolRAG was not trained with; needs data sets; only by name

Comparisons that train for many minutes have their own command: `python -m benchmarks.toolrag_study --help`.
"""

from __future__ import annotations

import importlib
import platform
import sys
from pathlib import Path

NAMES = ("executor", "planner", "toolformer", "toolken", "toolgen", "ste", "training", "serving")
BY_NAME = ("gpu", "scaling", "any_tools")


def main(names: list[str]) -> int:
    known = (*NAMES, *BY_NAME)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {unknown[0]}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    lines = [f"# Benchmarks\n\n{platform.machine()}, Python {platform.python_version()}\n"]
    for name in names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"running {name} ...", flush=True)
        lines.append(f"## {name}\n\n{module.__doc__}\n{module.report()}\n")
        print(lines[-1], flush=True)
    path = Path("runs/benchmarks.md")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
