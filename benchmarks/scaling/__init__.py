"""Throughput of annotating and training from 1 to 256 GPUs, foretold: a formula, a simulation, and what slows each size down.

Nothing is measured on GPUs: figures.py says of every number where it is from. Writes the tables of docs/scaling.md and its pictures.
"""

from __future__ import annotations

from pathlib import Path

DOCUMENT = Path("docs/scaling.md")
PICTURES = Path("docs/results")


def report() -> str:
    from benchmarks import documents
    from benchmarks.scaling.tables import pictures, tables

    made = tables()
    for name, table in made.items():
        documents.write(DOCUMENT, name, table)
    for file, png in pictures().items():
        (PICTURES / file).write_bytes(png)
    return "\n\n".join(f"### {name}\n\n{table}" for name, table in made.items())
