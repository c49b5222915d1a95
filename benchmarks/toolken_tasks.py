"""Toolken and Toolken+ on every task there is data for: tables, pictures and report of docs/results/toolken.md from one command.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.toolken_tasks --out runs/toolken-tasks
    python -m benchmarks.toolken_tasks --out runs/toolken-tasks --model narrow=runs/nano-study/narrow_0/run/model     # sizes side by side
    # a simulator of yours says which VirtualHome plans can be carried out: --simulator my_house:runs, runs(task, plan) -> bool

The frozen model is nano; for questions that are answered in whole (operations), nano that was first taught how answers and arguments look
(recipes/toolken/prepare-base.yaml), because it learns nothing from examples in its prompt. Heads, mining and rerankers follow the
recipes. Test parts are asked once; what is chosen (best epoch, bias, REJ offset) is chosen on validation rows, and where a set has marked
texts in no other part, these rows are what is reported. Started again, finished steps are not repeated. One seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from pkgutil import resolve_name

from benchmarks import toolken_tables as tables
from benchmarks.steps import Steps
from toolschool.evaluation.tables import show, to_markdown

NANO = "assets/nano"
RECIPES = "recipes/toolken"
QUESTIONS = 650
# Texts, and settings beyond the recipes': of features, of heads (some tools of these have no train text), and what decisions are reported on.
FEATURES = {
    "operations": ("data.limit=4000",),
    "funcqa": ("data.limit=null",),
    "gsm8k_xl": ("data.limit=2500", "toolken.word_share=0.2"),
    "metatool": ("data.limit=4000", "toolken.word_share=0.2", "extra=[{source: no_tool, limit: 2000}]"),
    "kamel": ("data.limit=null", "toolken.word_share=0.3"),
    "virtualhome": ("data.limit=null",),
}
HEADS = {
    "virtualhome": ("objective_args.only_tools=true", "objective_args.init=names", "train.metric=val_tool_accuracy"),
    "kamel": ("objective_args.init=descriptions",),
    "metatool": ("objective_args.init=descriptions",),
}
DECISIONS = {
    "operations": ("data.limit=500", "extra=[{source: no_tool, limit: 500}]"),
    "funcqa": ("data.limit=null", "extra=[]", "split=validation"),
    "gsm8k_xl": ("data.limit=null", "extra=[]", "split=validation"),
    "metatool": ("data.limit=500", "extra=[{source: no_tool, limit: 500}]"),
}


def head(steps: Steps, name: str, base: str, source: str) -> Path:
    """Features of a source, and the head on them; the model's folder."""
    given = [f"data.source={source}", f"toolken.model.name={base}", *FEATURES[source]]
    rows = steps.job(f"{name}-rows", "prepare", f"{RECIPES}/prepare.yaml", *given)
    how = [f"rows={rows}/features", f"model.name={base}", *HEADS.get(source, ())]
    return steps.job(f"{name}-head", "train", f"{RECIPES}/train.yaml", *how) / "model"


def reranker(steps: Steps, name: str, base: str) -> Path:
    """The reranker of a head's texts; the model's folder."""
    given = [f"rows={steps.out}/{name}-rows", *HEADS.get(name, ())]
    mined = steps.job(f"{name}-mine", "mine", f"{RECIPES}/mine.yaml", *given)
    how = [f"rows={mined}/reranker", f"model.name={base}"]
    return steps.job(f"{name}-reranker", "train", f"{RECIPES}/reranker.yaml", *how) / "model"


def decisions(steps: Steps, name: str, source: str, first: Path, second: Path | None) -> Path:
    """What both call in texts they never saw."""
    given = [f"head={first}", f"reranker={second or 'null'}", f"data.source={source}", *DECISIONS[source]]
    return steps.job(f"{name}-decisions", "decide", f"{RECIPES}/decide.yaml", *given)


def taught(steps: Steps) -> str:
    """nano that knows how answers and arguments look, without any tool."""
    rows = steps.job("base-rows", "prepare", f"{RECIPES}/prepare-base.yaml")
    how = [f"rows={rows}/inline", "objective_args.supervise_prompt=false", "train.epochs=3"]
    return str(steps.job("base", "train", "recipes/toolformer/train.yaml", *how) / "model")


def answered(steps: Steps, name: str, first: Path, *more: str) -> Path:
    """Questions answered in whole, and by the same loop without tools."""
    given = [f"tasks={{operations: {QUESTIONS}}}", f"head.head={first}", *more]
    return steps.job(name, "quiz", f"{RECIPES}/quiz.yaml", *given)


def whole_answers(steps: Steps) -> tables.Table:
    """nano with a head, with head and reranker, and the sweep of the head's settings."""
    base = taught(steps)
    first = head(steps, "operations", base, "operations")
    second = reranker(steps, "operations", base)
    decisions(steps, "operations", "operations", first, second)
    runs = {
        "head": answered(steps, "operations-quiz", first),
        "head and reranker": answered(steps, "operations-quiz-reranker", first, f"head.reranker={second}"),
    }
    rows = f"trial.rows={steps.out}/operations-rows/features"
    steps.job("sweep", "tune", f"{RECIPES}/tune.yaml", rows, f"trial.model.name={base}", "trial.train.epochs=5")
    return tables.answers(runs)


def sizes(steps: Steps, models: dict[str, str]) -> None:
    """Every further model through the same steps as nano: FuncQA's calls and KAMEL's relations."""
    for name, model in models.items():
        decisions(steps, f"{name}-funcqa", "funcqa", head(steps, f"{name}-funcqa", model, "funcqa"), None)
        head(steps, f"{name}-kamel", model, "kamel")


def named(text: str) -> tuple[str, str]:
    name, equals, folder = text.partition("=")
    if not equals or not Path(folder, "config.json").is_file():
        raise argparse.ArgumentTypeError(f"'{text}' should be NAME=FOLDER, a folder of a saved model")
    return name, str(Path(folder).resolve())


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="benchmarks.toolken_tasks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=named, action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--simulator", type=resolve_name, metavar="MODULE:FUNCTION", help="f(task, plan) -> bool")
    options = parser.parse_args()
    steps, more = Steps(options.out.resolve()), dict(options.model)
    found = [whole_answers(steps)]
    for source in ("funcqa", "gsm8k_xl", "metatool"):
        first = head(steps, source, NANO, source)
        decisions(steps, source, source, first, reranker(steps, source, NANO))
    for source in ("kamel", "virtualhome"):
        head(steps, source, NANO, source)
    sizes(steps, more)
    found += [
        *tables.decisions(steps.out, tuple(DECISIONS)),
        tables.choices(steps.out, options.simulator),
        tables.oracle_table(),
    ]
    for table in found:
        show(table)
    (steps.out / "toolken.md").write_text("\n\n".join(map(to_markdown, found)), encoding="utf-8")
    tables.write_report(steps.out, found, tables.pictures(steps.out, {"nano": NANO, **more}))
    print(f"written: {steps.out}/toolken.md, {steps.out}/report.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
