"""Toolken and Toolken+ on every task there is data for: tables and plots of docs/results/toolken.md from one command.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.toolken_tasks --out runs/toolken-tasks

The frozen model is nano; for questions that are answered in whole (operations), nano that was first taught how answers and arguments look
(recipes/toolken/prepare-base.yaml), because it learns nothing from examples in its prompt. Heads, mining and rerankers follow the recipes. Test
parts are asked once; what is chosen (best epoch, bias, REJ offset) is chosen on validation rows. Started again, finished steps are not repeated. One seed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.steps import Steps
from toolschool.evaluation.intervals import Interval, rate
from toolschool.evaluation.tables import Table, percent, show, to_markdown

NANO = "assets/nano"
RECIPES = "recipes/toolken"
OPERATIONS = 4000  # generated questions for the head; the base learns from 6,000 others
QUESTIONS = 650
SETS = ("funcqa", "gsm8k_xl", "kamel", "metatool", "virtualhome")
# Settings of a set's features and head beyond the recipes'.
FEATURES = {
    "gsm8k_xl": ("toolken.word_share=0.2",),
    "kamel": ("toolken.word_share=0.3",),
    "metatool": ("toolken.word_share=0.2", "extra=[{source: no_tool, limit: 4000}]"),
}
HEADS = {  # some tools of both have no train text
    "virtualhome": ("objective_args.only_tools=true", "objective_args.init=names", "train.metric=val_tool_accuracy"),
    "kamel": ("objective_args.init=descriptions",),
}


def trained(steps: Steps, name: str, base: str, source: str, *settings: str) -> tuple[Path, Path]:
    """Features of a source, and the head on them: two folders of runs."""
    model = f"toolken.model.name={base}"
    given = [f"data.source={source}", model, *FEATURES.get(source, ()), *settings]
    rows = steps.job(f"{name}-rows", "prepare", f"{RECIPES}/prepare.yaml", *given)
    how = [f"rows={rows}/features", f"model.name={base}", *HEADS.get(source, ())]
    return rows, steps.job(f"{name}-head", "train", f"{RECIPES}/train.yaml", *how)


def reranked(steps: Steps, name: str, base: str, rows: Path) -> Path:
    """The reranker of a run's features; its folder."""
    mined = steps.job(f"{name}-mine", "mine", f"{RECIPES}/mine.yaml", f"rows={rows}")
    how = [f"rows={mined}/reranker", f"model.name={base}"]
    return steps.job(f"{name}-reranker", "train", f"{RECIPES}/reranker.yaml", *how)


def base_model(steps: Steps) -> str:
    """nano that knows how answers and arguments look, without any tool."""
    rows = steps.job("base-rows", "prepare", f"{RECIPES}/prepare-base.yaml")
    given = [f"rows={rows}/inline", "objective_args.supervise_prompt=false", "train.epochs=3"]
    return str(steps.job("base", "train", "recipes/toolformer/train.yaml", *given) / "model")


def metrics_of(run: Path) -> dict[str, float]:
    """What training measured on validation rows."""
    found: dict[str, float] = json.loads((run / "model" / "toolschool.json").read_text())["metrics"]
    return found


def decisions(steps: Steps, name: str) -> list[dict[str, Any]]:
    """Mined decisions of validation rows, each with what the reranker makes of it."""
    import numpy as np
    import torch

    from pipelines import files
    from toolschool.models.reranker import Reranker
    from training.rows import read_folder

    reranker = Reranker.from_pretrained(steps.out / f"{name}-reranker" / "model")
    rows = {row.id: row for row in read_folder(str(steps.out / f"{name}-mine" / "reranker" / "validation"))}
    found = []
    for each in files.read_rows(str(steps.out / f"{name}-mine" / "mined")):
        if each["part"] != "validation":
            continue
        chosen: int | None = None
        if each["id"] in rows:
            row = rows[each["id"]]
            with torch.no_grad():
                scores = reranker(
                    torch.from_numpy(np.array(row.features))[None],
                    torch.from_numpy(np.array(row.input_ids, dtype=np.int64))[None],
                )
            chosen = int(scores.argmax())
        found.append({**each, "chosen": chosen, "tools": reranker.tools})
    return found


def reranker_table(steps: Steps, names: Sequence[str]) -> Table:
    """Head alone against head and reranker, where the head proposes a tool: validation texts, teacher-forced."""
    rows = []
    for name in names:
        found = decisions(steps, name)
        k = len(found[0]["candidates"])
        gold = [each for each in found if each["gold"]]
        proposed = [each for each in found if each["margin"] > 0]
        spurious = [each for each in proposed if not each["gold"]]
        accepted = [each for each in proposed if each["chosen"] is not None and each["chosen"] < k]
        right = [each for each in gold if each["place"] == 0]
        right_after = [each for each in gold if each["chosen"] is not None and each["chosen"] == each["place"]]
        helped = sum(each["place"] != 0 and each["chosen"] == each["place"] for each in gold)
        hurt = sum(each["place"] == 0 and each["chosen"] != 0 for each in gold)
        still = [each for each in spurious if each["chosen"] is not None and each["chosen"] < k]
        rows.append(
            (
                name,
                _share(right, gold),
                _share(right_after, gold),
                _share(accepted, proposed),
                f"{helped} / {hurt}",
                f"{len(spurious)} → {len(still)}",
                _share([each for each in right if each["margin"] > 0], gold),
                _share([each for each in right_after if each["margin"] > 0], gold),
            )
        )
    columns = (
        "texts", "tool right, head", "with reranker", "proposals accepted", "flips that helped / hurt", "spurious calls", "recall, head", "with reranker ",
    )  # fmt: skip
    return Table("Toolken+: the reranker on validation texts", columns, tuple(rows))


def _share(some: Sequence[object], of: Sequence[object]) -> str:
    return percent(rate([True] * len(some) + [False] * (len(of) - len(some)))) if of else "-"


def heads_table(steps: Steps, names: Sequence[str]) -> Table:
    rows = []
    for name in names:
        scores = metrics_of(steps.out / f"{name}-head")
        cells = (f"{100 * scores[f'val_{each}']:.1f}" for each in ("tool_accuracy", "precision", "recall", "f1"))
        rows.append((name, *cells, f"{scores['val_bias']:.2f}"))
    columns = ("texts", "tool right where a call belongs", "call precision", "call recall", "F1", "bias")
    return Table("Tool heads on validation texts, teacher-forced over every position", columns, tuple(rows))


def opened(steps: Steps, name: str) -> tuple[Any, Any, Any]:
    """Model, tokenizer and head of a run."""
    from toolschool.models.backbone import open_model
    from toolschool.models.tool_head import ToolHead

    head = ToolHead.from_pretrained(steps.out / f"{name}-head" / "model")
    return (*open_model(head.card["base"]), head)


def kamel(steps: Steps) -> list[tuple[str, str, Interval]]:
    """The relation behind "The answer is", of the first 30 and 100."""
    from toolschool.datasets import kamel, registry
    from toolschool.methods.toolken.choosing import Chooser

    model, tokenizer, head = opened(steps, "kamel")
    rows = list(registry.load("kamel", split="test", purpose="test"))
    found = []
    for count in (30, 100):
        mine = [row for row in rows if row["file"] == f"test_first_{count}"]
        chooser = Chooser(model, tokenizer, head, allowed=head.tools[:count])
        choices = chooser.after([f"Question: {kamel.question(row)}\nAnswer: The answer is" for row in mine])
        right = [choice.tool == kamel.relation(row) for choice, row in zip(choices, mine, strict=True)]
        found.append((f"KAMEL, first {count} relations", "relation", rate(right)))
    return found


def metatool(steps: Steps) -> list[tuple[str, str, Interval]]:
    """Which plug-in, on test requests; and whether any, on as many requests that need one as requests that need none."""
    from sklearn.metrics import f1_score

    from toolschool.datasets import queries, registry
    from toolschool.methods.toolken.choosing import Chooser

    model, tokenizer, head = opened(steps, "metatool")
    rows = [
        row
        for row in registry.load("metatool", split="test", purpose="test")
        if row["kind"] == "query" and len(row["tools"]) == 1
    ]
    none = registry.marked_texts("no_tool", split="test", purpose="test", limit=len(rows), seed=0)
    chooser = Chooser(model, tokenizer, head)
    choices = chooser.after([_before(queries.marked(row)) for row in rows])
    idle = chooser.after([_before(text) for text in none])
    gold = [row["tools"][0] for row in rows]
    said = [choice.tool for choice in choices]
    macro = f1_score(gold, said, average="macro", zero_division=0)
    needed = [choice.margin > 0 for choice in choices]
    left = [choice.margin <= 0 for choice in idle]
    return [
        (
            f"MetaTool, 199 plug-ins (macro-F1 {macro:.3f})",
            "plug-in",
            rate([a == b for a, b in zip(said, gold, strict=True)]),
        ),
        ("MetaTool, a plug-in is needed", "called", rate(needed)),
        ("No tool is needed", "not called", rate(left)),
    ]


def _before(marked: Any) -> str:
    """A text up to where a tool or its absence is said."""
    return str(marked.text[: marked.spans[0].start if marked.spans else marked.start]).rstrip()


def virtualhome(steps: Steps) -> list[tuple[str, str, Interval]]:
    """Whole plans written under the grammar, against the people's."""
    from statistics import mean

    from toolschool.datasets import registry, virtualhome
    from toolschool.evaluation.toolken_strict import line_score, same_plan
    from toolschool.methods.toolken.choosing import write_plan

    model, tokenizer, head = opened(steps, "virtualhome")
    actions = [name for name in head.tools if name.isupper() and name != virtualhome.END]
    scores, same = [], []
    for row in registry.load("virtualhome", split="test", purpose="test"):
        marked, task = virtualhome.marked(row), virtualhome.task(row)
        plan = "\n".join(write_plan(model, tokenizer, head, marked.text[: marked.start], task.objects, actions))
        gold = marked.text[marked.start :].replace("[END]", "").strip()
        scores.append(line_score(plan, gold))
        same.append(same_plan(plan, gold))
    return [(f"VirtualHome, plans (lines in place: {mean(scores):.3f}; all are legal)", "same plan", rate(same))]


def operations(steps: Steps) -> Table:
    """Questions answered in whole: head, head and reranker, and the same loop without tools."""
    from pipelines.quiz import read_answers
    from toolschool.evaluation.math_tasks import is_right

    rows = []
    for name, more in (("head", ()), ("head and reranker", (f"head.reranker={steps.out}/operations-reranker/model",))):
        run = steps.job(
            f"operations-quiz-{len(more)}",
            "quiz",
            f"{RECIPES}/quiz.yaml",
            f"tasks={{operations: {QUESTIONS}}}",
            f"head.head={steps.out}/operations-head/model",
            *more,
        )
        answers = read_answers(str(run))
        for mode, label in (("enabled", name), ("disabled", "the same loop without tools")):
            mine = answers[mode]
            right = rate([is_right(task, answer.text, gold) for task, gold, answer in mine])
            calls = [call for _, _, answer in mine for call in answer.calls]
            worked = rate([call.result is not None for call in calls])
            line = (
                label,
                percent(right),
                f"{len(calls) / len(mine):.2f}",
                percent(worked) if calls else "-",
                str(len(mine)),
            )
            if line not in rows:
                rows.append(line)
    columns = ("answers by", "right", "calls per question", "calls that gave a result", "questions")
    return Table("Generated one-hop questions, test part", columns, tuple(rows))


def selection_table(steps: Steps) -> Table:
    tasks: Sequence[Callable[[Steps], list[tuple[str, str, Interval]]]] = (kamel, metatool, virtualhome)
    rows = tuple((name, what, percent(value), str(value.n)) for task in tasks for name, what, value in task(steps))
    return Table("Tool choice, test parts", ("task", "what is right", "share", "items"), rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.toolken_tasks", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    steps = Steps(parser.parse_args().out.resolve())
    base = base_model(steps)
    rows, _ = trained(steps, "operations", base, "operations", f"data.limit={OPERATIONS}")
    reranked(steps, "operations", base, rows)
    for source in SETS:
        rows, _ = trained(steps, source, NANO, source, "data.limit=null")
        if source in ("funcqa", "gsm8k_xl"):
            reranked(steps, source, NANO, rows)
    tables = [
        heads_table(steps, ("operations", *SETS)),
        reranker_table(steps, ("operations", "funcqa", "gsm8k_xl")),
        operations(steps),
        selection_table(steps),
    ]
    for table in tables:
        show(table)
    (steps.out / "toolken.md").write_text("\n\n".join(map(to_markdown, tables)), encoding="utf-8")
    print(f"written: {steps.out}/toolken.md")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
