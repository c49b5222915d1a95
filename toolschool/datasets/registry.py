"""Data sets by name: raw rows of a split, examples with plans, texts plain or marked; and what may shape shipped weights.

    load("tinyagent", split="train")                            # raw rows, from $TOOLSCHOOL_DATA/tinyagent
    examples("desk", split="train", limit=10_000, seed=1)       # generated
    texts("gsm8k", split="train", purpose="train", shipped=True)
    marked_texts("funcqa", split="train", purpose="train")      # texts with the results of calls marked

A source is read from `path` (its folder), else from `$TOOLSCHOOL_DATA/<folder>`; `path="hub"` reads the public copy with
`datasets`, where there is one. Nothing is read or downloaded at import. Malformed rows go to `on_bad(raw, reason)`; without it
the first one raises RowError. Limits: whole files are read, sources are small.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolschool.datasets import (
    arithmetic,
    asdiv,
    bfcl,
    dateset,
    funcqa,
    gsm8k,
    gsm8k_xl,
    harvested,
    kamel,
    mawps,
    no_tool,
    operations,
    queries,
    sums,
    svamp,
    tinyagent,
    virtualhome,
    written,
)
from toolschool.datasets.desk import generate as generate_desk
from toolschool.datasets.marked import MarkedText
from toolschool.datasets.splits import SPLITS, guard, split_of
from toolschool.errors import DataError, RowError
from toolschool.records import Example

Row = dict[str, Any]
OnBad = Callable[[Row, str], None]
ROOT_VARIABLE = "TOOLSCHOOL_DATA"


@dataclass(frozen=True)
class Source:
    """A data set: how to read it, what its rows become, and what it may be used for.

    `read` takes the folder; `generate` (seed, count, split) makes rows instead. `hub` is (repository, configuration).
    """

    name: str
    licence: str
    where: str
    may_shape_shipped_weights: bool
    read: Callable[[Path], Iterator[Row]] | None = None
    generate: Callable[[int, int, str], Iterator[Row]] | None = None
    to_example: Callable[[Mapping[str, Any]], Example] | None = None
    to_text: Callable[[Mapping[str, Any]], str] | None = None
    to_marked: Callable[[Mapping[str, Any]], MarkedText] | None = None
    folder: str = ""
    hub: tuple[str, str] | None = None


def _rows(generate: Callable[[int, int, str], Iterator[Example]]) -> Callable[[int, int, str], Iterator[Row]]:
    """The examples of a generator as rows that know their split."""

    def rows(seed: int, count: int, split: str) -> Iterator[Row]:
        return ({**example.to_row(), "split": split} for example in generate(seed, count, split))

    return rows


def _file(reader: Callable[[Path], Iterator[Row]], name: str) -> Callable[[Path], Iterator[Row]]:
    return lambda folder: reader(folder / name)


SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source(
            "tinyagent", "Apache-2.0 (origin MIT)", "michaelneale/goose-perception", True,
            read=_file(tinyagent.raw_rows, "plans.jsonl"), to_example=tinyagent.to_example, to_text=lambda row: row["query"],
        ),
        Source(
            "tinyagent_official", "MIT", "squeeze-ai-lab/TinyAgent-dataset", False, folder="tinyagent_official",
            read=_file(tinyagent.official_rows, "training_data.json"), to_example=tinyagent.official_example,
        ),
        Source(
            "harvested", "yours", "runs of your own server (jobs.harvest)", False,
            read=_file(tinyagent.raw_rows, "plans.jsonl"), to_example=harvested.to_example, to_text=lambda row: row["query"],
        ),
        Source(
            "gsm8k", "MIT", "openai/grade-school-math", True,
            read=gsm8k.raw_rows, to_text=gsm8k.text, hub=("openai/gsm8k", "main"),
        ),
        Source("svamp", "MIT", "arkilpatel/SVAMP", True, read=svamp.raw_rows, to_text=svamp.text),
        Source("mawps", "MIT", "sroy9/mawps", False, read=mawps.raw_rows),
        Source("bfcl", "Apache-2.0", "ShishirPatil/gorilla", False, read=bfcl.raw_rows),
        Source("asdiv", "CC BY-NC 4.0", "chaochun/nlu-asdiv-dataset", False, read=asdiv.raw_rows),
        Source(
            "funcqa", "Apache-2.0", "stroopwafl/toolken (from Ber666/ToolkenGPT)", False,
            read=funcqa.raw_rows, to_marked=funcqa.marked,
        ),
        Source(
            "gsm8k_xl", "Apache-2.0 / MIT", "stroopwafl/toolken; training rows rebuilt from openai/grade-school-math", False,
            read=gsm8k_xl.raw_rows, to_marked=gsm8k_xl.marked,
        ),
        Source(
            "virtualhome", "Apache-2.0", "stroopwafl/toolken (from Ber666/ToolkenGPT)", False,
            read=virtualhome.raw_rows, to_marked=virtualhome.marked,
        ),
        Source(
            "kamel", "Apache-2.0", "stroopwafl/toolken (from Ber666/ToolkenGPT)", False,
            read=kamel.raw_rows, to_marked=kamel.marked,
        ),
        Source(
            "metatool", "MIT", "HowieHwong/MetaTool", True,
            read=queries.metatool, to_text=queries.text, to_marked=queries.marked,
        ),
        Source("toolbench", "Apache-2.0", "OpenBMB/ToolBench", True, read=queries.toolbench, to_text=queries.text),
        Source("sealtools", "Apache-2.0", "fairyshine/Seal-Tools", True, read=queries.sealtools, to_text=queries.text),
        Source("ste", "MIT", "microsoft/simulated-trial-and-error", True, read=queries.ste, to_text=queries.text),
        Source(
            "desk", "this project", "generated", True,
            generate=_rows(generate_desk), to_example=Example.from_row, to_text=lambda row: row["query"],
        ),
        Source(
            "written", "this project", "toolschool/datasets/requests", True,
            generate=_rows(written.generate), to_example=Example.from_row, to_text=lambda row: row["query"],
        ),
        Source(
            "own_documentation", "this project", "toolschool/datasets/documentation", True,
            generate=queries.own_documentation, to_text=queries.text,
        ),
        Source("arithmetic", "this project", "generated", True, generate=arithmetic.generate, to_text=lambda row: row["text"]),
        Source("sums", "this project", "generated", True, generate=sums.generate, to_text=sums.text),
        Source(
            "operations", "this project", "generated", False,
            generate=operations.generate, to_text=operations.text, to_marked=operations.marked,
        ),
        Source(
            "no_tool", "this project", "generated", True,
            generate=no_tool.generate, to_text=no_tool.text, to_marked=no_tool.marked,
        ),
        Source("dateset", "this project", "generated", True, generate=dateset.generate),
    )
}  # fmt: skip


def source_named(name: str) -> Source:
    """The source; DataError with the known names otherwise."""
    if name not in SOURCES:
        raise DataError(f"no data set '{name}'; known are {', '.join(SOURCES)}")
    return SOURCES[name]


def load(
    source: str,
    *,
    path: str | Path | None = None,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    purpose: str | None = None,
    shipped: bool = False,
    on_bad: OnBad | None = None,
) -> Iterator[Row]:
    """Raw rows of a source, `limit` at most; of one split, or of all when `split` is None.

    `purpose` ("train", "select", "test") raises DataError unless the split may serve it, and `shipped` unless the source may
    shape shipped weights. A generated source needs `split` and `limit`; `seed` picks its stream.
    """
    known = source_named(source)
    check_use(known, split, purpose, shipped)
    rows = _generated(known, split, limit, seed) if known.generate else _read(known, path)
    return _chosen(known.name, rows, split, limit, on_bad)


def sampled(rows: Iterable[Row], count: int, seed: int) -> list[Row]:
    """So many rows, at most, in their order: files are sorted by tool or difficulty, so that their first rows are no fair sample."""
    found = list(rows)
    return [found[i] for i in sorted(random.Random(seed).sample(range(len(found)), min(count, len(found))))]


def check_use(source: Source, split: str | None, purpose: str | None, shipped: bool) -> None:
    """DataError when rows of the split must not be used so."""
    if split is not None and split not in SPLITS:
        raise DataError(f"'{split}' is no split of {source.name}; use one of {', '.join(SPLITS)}")
    if shipped and not source.may_shape_shipped_weights:
        raise DataError(f"{source.name} must not shape shipped weights; train on {', '.join(shippable())}")
    if purpose is None and not shipped:
        return
    if split is None:
        raise DataError(f"say which split of {source.name} is meant; split=None has test rows too")
    guard(source.name, split, "train" if shipped and purpose is None else str(purpose))


def shippable() -> list[str]:
    """Names of the sources that may shape weights in `assets/`."""
    return [name for name, source in SOURCES.items() if source.may_shape_shipped_weights]


def _generated(source: Source, split: str | None, limit: int | None, seed: int) -> Iterator[Row]:
    if split is None or limit is None:
        raise DataError(f"{source.name} is generated: say split= and limit=")
    assert source.generate
    return source.generate(seed, limit, split)


def folder_of(source: Source, path: str | Path | None) -> Path:
    """The folder of a source; DataError when there is none."""
    if path is None:
        root = os.environ.get(ROOT_VARIABLE)
        if not root:
            raise DataError(f"where is {source.name}? pass path= or set {ROOT_VARIABLE} to the folder of the data sets")
        path = Path(root) / (source.folder or source.name)
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; {source.name} comes from {source.where}")
    return folder


def _read(source: Source, path: str | Path | None) -> Iterator[Row]:
    assert source.read
    if path == "hub":
        return _hub(source)
    return _from_folder(source, folder_of(source, path))


def _from_folder(source: Source, folder: Path) -> Iterator[Row]:
    assert source.read
    try:
        yield from source.read(folder)
    except OSError as error:
        raise DataError(f"cannot read {source.name} in {folder}: {error.strerror} ({error.filename})") from None
    except ValueError as error:
        raise DataError(f"{source.name} in {folder} is not what it should be: {error}") from None


def _hub(source: Source) -> Iterator[Row]:
    """Rows of the public copy; the source's own file (train or test) is kept as `file`."""
    if source.hub is None:
        raise DataError(f"{source.name} has no hub copy here; get it from {source.where} and pass path=FOLDER")
    import datasets

    for part, rows in datasets.load_dataset(*source.hub).items():
        for row in rows:
            yield {**row, "file": str(part)}


def _chosen(
    name: str, rows: Iterator[Row], split: str | None, limit: int | None, on_bad: OnBad | None
) -> Iterator[Row]:
    count = 0
    for row in rows:
        if limit is not None and count >= limit:
            return
        try:
            part = split_of(name, row)
        except (KeyError, TypeError, AttributeError) as error:
            _refuse(row, f"the row lacks what its split is made from: {type(error).__name__} {error}", on_bad)
            continue
        if split is None or part == split:
            count += 1
            yield row


def _refuse(row: Row, reason: str, on_bad: OnBad | None) -> None:
    if on_bad is None:
        raise RowError(reason)
    on_bad(row, reason)


def examples(source: str, *, on_bad: OnBad | None = None, **how: Any) -> list[Example]:
    """Examples with plans; the arguments are those of `load`. DataError for a source without plans."""
    known = source_named(source)
    if known.to_example is None:
        plans = ", ".join(name for name, other in SOURCES.items() if other.to_example)
        raise DataError(f"{source} has no plans; sources with plans are {plans}")
    return list(_converted(load(source, on_bad=on_bad, **how), known.to_example, on_bad))


def texts(source: str, *, on_bad: OnBad | None = None, **how: Any) -> Iterator[str]:
    """Rows as running text for pretraining; the arguments are those of `load`."""
    known = source_named(source)
    if known.to_text is None:
        raise DataError(f"{source} has no text form; use load or examples")
    return _converted(load(source, on_bad=on_bad, **how), known.to_text, on_bad)


def marked_texts(source: str, *, on_bad: OnBad | None = None, **how: Any) -> Iterator[MarkedText]:
    """Rows as texts whose calls' results are marked; the arguments are those of `load`. Test rows are questions: they are bad."""
    known = source_named(source)
    if known.to_marked is None:
        marked = ", ".join(name for name, other in SOURCES.items() if other.to_marked)
        raise DataError(f"{source} has no marked texts; sources with some are {marked}")
    return _converted(load(source, on_bad=on_bad, **how), known.to_marked, on_bad)


def _converted(rows: Iterator[Row], convert: Callable[[Row], Any], on_bad: OnBad | None) -> Iterator[Any]:
    for row in rows:
        try:
            yield convert(row)
        except RowError as error:
            _refuse(row, str(error), on_bad)
