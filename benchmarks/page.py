"""docs/benchmarks.md from the store: every table and picture on it is made here, none by hand.

python -m benchmarks page
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import documents, promises, store
from benchmarks.fit import curves_plot, exponents_table
from benchmarks.results import Curve
from benchmarks.store import Record

DOCUMENT = Path("docs/benchmarks.md")
PICTURES = Path("docs/results")
HERE = Path(__file__).parent
MISSING = "Not measured yet."
BUSY = 0.2  # cores of others; above, times are poorer than the machine's


def write(names: Sequence[str], folder: Path = store.FOLDER, document: Path = DOCUMENT) -> None:
    """Put what the store has into the document, and its pictures beside it."""
    found = {name: store.load(folder, name) for name in names}
    records = {name: record for name, record in found.items() if record}
    curves = [curve for record in records.values() for curve in record.measured.curves]
    pictures = draw(curves, document.parent / PICTURES.name)
    parts = {
        "machine": machines(list(records.values())),
        "runs": runs(found),
        "claims": promises.table([claim for record in records.values() for claim in record.measured.claims]),
        "floor": records["floor"].measured.text if "floor" in records else MISSING,
        "growth": growth(curves, pictures),
        "tables": "\n\n".join(section(name, found[name]) for name in names if name not in ("floor", "growth")),
    }
    for name, content in parts.items():
        documents.write(document, name, content)


def machines(records: Sequence[Record]) -> str:
    """A line for each machine with its versions, and one for the peers."""
    lines: dict[str, list[str]] = {}
    for record in records:
        here, peers = record.machine, store.PEERS.get(record.name, ())
        what = f"{here['cpu']}, {here['cores']} cores ({here['instructions']}), {here['memory_gib']} GiB; GPU: {here['gpu'] or 'none'}"
        versions = (f"{name} {version}" for name, version in record.versions.items() if name not in peers)
        lines.setdefault(f"{what}. {', '.join(versions)}.", []).append(record.name)
    if not lines:
        return MISSING
    known = (
        next(iter(lines)) if len(lines) == 1 else "\n".join(f"- {', '.join(n)}: {line}" for line, n in lines.items())
    )
    beside = [f"{peer} {one.versions[peer]}" for one in records for peer in store.PEERS.get(one.name, ())]
    return f"{known}\n\nPeers: {', '.join(dict.fromkeys(beside))}." if beside else known


def runs(found: Mapping[str, Record | None]) -> str:
    """When and from which revision each was measured, and whether others worked on the machine."""
    lines = [
        "| benchmark | finished (UTC) | revision | minutes | busy cores of others | |",
        "|---|---|---|---:|---:|---|",
    ]
    for name, record in found.items():
        if record is None:
            lines.append(f"| {name} | | | | | not measured yet |")
            continue
        notes = [record.reason_to_repeat()] + (["beside other work"] if record.others > BUSY else [])
        cells = (record.finished[:16], record.git, f"{record.wall_s / 60:.1f}", f"{record.others:.1f}")
        lines.append(f"| {name} | {' | '.join(cells)} | {', '.join(filter(None, notes))} |")
    return "\n".join(lines)


def draw(curves: Sequence[Curve], folder: Path) -> dict[str, str]:
    """A picture for each size; its file's name by what the size is of."""
    made = {}
    for of in dict.fromkeys(curve.of for curve in curves):
        made[of] = f"growth-{of.replace(' ', '-')}.png"
        (folder / made[of]).write_bytes(
            curves_plot([curve for curve in curves if curve.of == of], f"Cost against {of}")
        )
    return made


def growth(curves: Sequence[Curve], pictures: Mapping[str, str]) -> str:
    """The exponents, and the pictures."""
    if not curves:
        return MISSING
    shown = [f"![Cost against {of}]({PICTURES.name}/{file})" for of, file in pictures.items()]
    return "\n\n".join([exponents_table(curves), *shown])


def section(name: str, record: Record | None) -> str:
    """A benchmark's own words and tables, one heading deeper than they are."""
    words = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8")))
    text = record.measured.text.replace("### ", "#### ") if record else MISSING
    return f"### {name}\n\n{words}\n\n{text}"
