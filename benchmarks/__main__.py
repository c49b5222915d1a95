"""`make bench`: every claim of speed beside its peers, into the store (runs/benchmarks) and from there into docs/benchmarks.md.

    python -m benchmarks                  # all that is not in the store yet, then the page
    python -m benchmarks executor floor   # these, then the page
    python -m benchmarks --anew executor  # measured again, whatever the store has
    python -m benchmarks page             # the page alone
    python -m benchmarks gpu              # real sizes on one GPU, into docs/measurements.md; only by name
    python -m benchmarks scaling          # docs/scaling.md from its figures; only by name

What the store has from this machine, these versions and this code is not measured again (benchmarks/store.py). A benchmark that fails is told, the
others go on. Comparisons that train for many minutes have their own command: `python -m benchmarks.toolrag_study --help`.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

from benchmarks import page, store

NAMES = (
    "floor",
    "growth",
    "executor",
    "planner",
    "toolgen",
    "toolken",
    "any_tools",
    "toolformer",
    "ste",
    "training",
    "serving",
)
BY_NAME = ("gpu", "scaling")  # they write their own documents and are not stored
DATA = {"any_tools", "toolformer"}  # these read data sets


def main(words: list[str]) -> int:
    anew, names = "--anew" in words, [word for word in words if word != "--anew"]
    known = (*NAMES, *BY_NAME, "page")
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {unknown[0]}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = [name for name in names or NAMES if name != "page" and not done(name, anew)]
    page.write(NAMES)
    print(f"{page.DOCUMENT} says what the store has", flush=True)
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def done(name: str, anew: bool) -> bool:
    """Whether the benchmark's result is there, measured now or before."""
    if name in BY_NAME:
        print(importlib.import_module(f"benchmarks.{name}").report(), flush=True)
        return True
    record = None if anew else store.load(store.FOLDER, name)
    reason = record.reason_to_repeat() if record else "not in the store"
    if not reason:
        print(f"{name}: as measured {record.finished if record else ''}", flush=True)
        return True
    if name in DATA and "TOOLSCHOOL_DATA" not in os.environ:
        print(f"{name}: reads data sets; TOOLSCHOOL_DATA names their folder", file=sys.stderr)
        return False
    print(f"{name}: measuring ({reason}) ...", flush=True)
    return measure(name)


def measure(name: str) -> bool:
    """In a process of its own; whether it came to its end."""
    return subprocess.run([sys.executable, "-m", "benchmarks.measure", name], check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
