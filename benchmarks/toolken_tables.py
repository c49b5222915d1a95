"""Tables and pictures of finished runs of `benchmarks.toolken_tasks`; no step is run here but the choice of a tool behind a text, which is quick.

answers({"head": run_folder}); decisions(out, ("operations", "funcqa")); choices(out); pictures(out, {"nano": "assets/nano"})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolschool.evaluation.intervals import Interval, rate, wilson
from toolschool.evaluation.report import Figure
from toolschool.evaluation.tables import Table, percent

Scored = list[tuple[str, str, Interval]]  # task, what is right, how often
Simulator = Callable[
    [str, str], bool
]  # whether a plan can be carried out: the task's text, a line `[ACTION] <object>` each


def outcomes(run: Path) -> dict[str, list[tuple[bool, bool]]]:
    """By mode: whether each answer is right, and whether a call of it gave a result."""
    from pipelines.quiz import read_answers
    from toolschool.evaluation.math_tasks import is_right

    return {
        mode: [
            (is_right(task, answer.text, gold), any(call.result is not None for call in answer.calls))
            for task, gold, answer in rows
        ]
        for mode, rows in read_answers(str(run)).items()
    }


def answers(runs: Mapping[str, Path]) -> Table:
    """Questions answered in whole by each system, and once by the loop without tools."""
    rows = []
    for name, run in runs.items():
        found = outcomes(run)
        rows.append((name, found["enabled"]))
    rows.append(("the same loop without tools", found["disabled"]))
    lines = tuple(
        (name, percent(rate([right for right, _ in each])), percent(rate([ran for _, ran in each])), str(len(each)))
        for name, each in rows
    )
    columns = ("answers by", "right, %", "with a call that gave a result, %", "questions")
    return Table("Generated one-hop questions, test part", columns, lines)


def decisions(out: Path, names: Sequence[str]) -> list[Table]:
    """Calls of head alone and of head and reranker, as set up, and spurious ones at equal recall: a row per set of texts and system."""
    from jobs.decide import systems_of
    from pipelines.deciding import read_decisions
    from pipelines.manifest import read

    calls, equal = [], []
    for name in names:
        run = out / f"{name}-decisions"
        counts = (read(str(run)) or {})["counts"]
        systems = systems_of(list(read_decisions(str(run))), reranked=True)
        own = systems["head"].counts()
        recall = own["right"] / own["wanted"]
        for label, system in systems.items():
            found = system.counts()
            shares = (
                wilson(found["tool_right"], found["wanted"]),
                wilson(found["right"], found["calls"]),
                wilson(found["right"], found["wanted"]),
            )
            texts = str(counts["in"] - counts["quarantined"])
            calls.append((f"{name}, {label}", *map(percent, shares), str(found["spurious"]), str(found["idle"]), texts))
        at = [system.spurious_at(recall) for system in systems.values()]
        cells = ("–" if each is None else f"{each[0]} / {each[1]}" for each in at)
        equal.append((name, f"{100 * recall:.1f}", *cells))
    note = (
        "Operations and metatool: 500 test texts and 500 that need no tool. FuncQA and GSM8K-XL: held-back rows, by which epoch, bias "
        "and REJ offset were chosen."
    )
    columns = (
        "texts, by", "tool right where a call belongs, %", "precision, %", "recall, %", "spurious calls", "of these in texts without any", "texts",
    )  # fmt: skip
    return [
        Table("Calls in texts never trained on, teacher-forced over every position", columns, tuple(calls), note),
        Table(
            "Spurious calls at the head's recall",
            ("texts", "recall, %", "head", "head and reranker"),
            tuple(equal),
            "All / those in texts that need no tool; each moves its own threshold alone.",
        ),
    ]


def choices(out: Path, simulator: Simulator | None = None) -> Table:
    """Which tool, on test parts."""
    found = [*kamel(out), *metatool(out), *virtualhome(out, simulator)]
    rows = tuple((name, what, percent(value), str(value.n)) for name, what, value in found)
    return Table("Tool choice, test parts", ("task", "what is right", "share, %", "items"), rows)


def opened(out: Path, name: str) -> tuple[Any, Any, Any]:
    """Model, tokenizer and head of a run."""
    from toolschool.models.backbone import open_model
    from toolschool.models.tool_head import ToolHead

    head = ToolHead.from_pretrained(out / f"{name}-head" / "model")
    return (*open_model(head.card["base"]), head)


def kamel(out: Path, name: str = "kamel") -> Scored:
    """The relation behind "The answer is", of as many relations as there are test files for."""
    from toolschool.datasets import kamel, registry
    from toolschool.methods.toolken.choosing import Chooser

    model, tokenizer, head = opened(out, name)
    rows = list(registry.load("kamel", split="test", purpose="test"))
    found = []
    for file in dict.fromkeys(row["file"] for row in rows):
        count = int(file.removeprefix("test_first_"))
        mine = [row for row in rows if row["file"] == file]
        chooser = Chooser(model, tokenizer, head, allowed=head.tools[:count])
        chosen = chooser.after([kamel.prompt(kamel.question(row)) for row in mine])
        right = [choice.tool == kamel.relation(row) for choice, row in zip(chosen, mine, strict=True)]
        found.append((f"KAMEL, first {count} relations", "relation", rate(right)))
    return found


def metatool(out: Path) -> Scored:
    """Which plug-in, on all test requests of one; and whether any, on as many requests that need one as requests that need none."""
    from sklearn.metrics import f1_score

    from toolschool.datasets import queries, registry
    from toolschool.methods.toolken.choosing import Chooser

    model, tokenizer, head = opened(out, "metatool")
    rows = registry.load("metatool", split="test", purpose="test")
    asked = [row for row in rows if row["kind"] == "query" and len(row["tools"]) == 1]
    none = registry.marked_texts("no_tool", split="test", purpose="test", limit=len(asked), seed=0)
    chooser = Chooser(model, tokenizer, head)
    chosen = chooser.after([_before(queries.marked(row)) for row in asked])
    idle = chooser.after([_before(text) for text in none])
    gold, said = [row["tools"][0] for row in asked], [choice.tool for choice in chosen]
    macro = f1_score(gold, said, average="macro", zero_division=0)
    right = [a == b for a, b in zip(said, gold, strict=True)]
    return [
        (f"MetaTool, 199 plug-ins (macro-F1 {macro:.3f})", "plug-in", rate(right)),
        ("MetaTool, a plug-in is needed", "called", rate([choice.margin > 0 for choice in chosen])),
        ("No tool is needed", "not called", rate([choice.margin <= 0 for choice in idle])),
    ]


def _before(marked: Any) -> str:
    """A text up to where a tool or its absence is said."""
    return str(marked.text[: marked.spans[0].start if marked.spans else marked.start]).rstrip()


def virtualhome(out: Path, simulator: Simulator | None = None) -> Scored:
    """Whole plans written under the grammar, against the people's; a user's simulator says whether they can be carried out."""
    from statistics import mean

    from toolschool.datasets import registry, virtualhome
    from toolschool.evaluation.toolken_strict import is_legal, line_score, same_plan
    from toolschool.methods.toolken.choosing import write_plan

    model, tokenizer, head = opened(out, "virtualhome")
    actions = [name for name in head.tools if name.isupper() and name != virtualhome.END]
    scores, same, legal, executable = [], [], [], []
    for row in registry.load("virtualhome", split="test", purpose="test"):
        marked, task = virtualhome.marked(row), virtualhome.task(row)
        plan = "\n".join(write_plan(model, tokenizer, head, marked.text[: marked.start], task.objects, actions))
        gold = marked.text[marked.start :].replace("[END]", "").strip()
        scores.append(line_score(plan, gold))
        same.append(same_plan(plan, gold))
        legal.append(is_legal(plan, actions, task.objects))
        if simulator:
            executable.append(simulator(marked.text[: marked.start], plan))
    found = [
        (f"VirtualHome, plans (lines in place: {mean(scores):.3f})", "same plan", rate(same)),
        ("VirtualHome, plans", "legal by grammar and scene", rate(legal)),
    ]
    return [*found, ("VirtualHome, plans", "can be carried out", rate(executable))] if simulator else found


def oracle_table() -> Table:
    """Gold calls through our tools and our reader of answers."""
    from toolschool.datasets import registry
    from toolschool.evaluation.toolken_oracle import oracle

    return oracle(registry.load("funcqa"), registry.load("gsm8k_xl")).table


def pictures(out: Path, models: Mapping[str, str]) -> list[Figure]:
    """Learning rates, where right answers come from, and, with several models, quality against size."""
    found = [
        Figure("Settings of a tool head", (out / "sweep" / "trials.png").read_bytes(), "F1 of calls against the rate"),
        Figure("Where right answers come from", stacked(out), "Answers by outcome and system"),
        Figure(
            "Spurious calls",
            (out / "operations-decisions" / "spurious.png").read_bytes(),
            "Spurious calls against recall, operations and texts without a tool",
        ),
    ]
    return [*found, Figure("Size", size(out, models), "Rates against parameters")] if len(models) > 1 else found


def stacked(out: Path) -> bytes:
    """Answers to operations by outcome, a bar per system."""
    from toolschool.evaluation.toolken_plots import outcome, shares, stacked_plot

    head, both = outcomes(out / "operations-quiz"), outcomes(out / "operations-quiz-reranker")
    bars = {"head": head["enabled"], "head and reranker": both["enabled"], "without tools": head["disabled"]}
    found = {label: shares(outcome(right, ran) for right, ran in each) for label, each in bars.items()}
    return stacked_plot({"nano": found}, "Generated one-hop questions")


def size(out: Path, models: Mapping[str, str]) -> bytes:
    """FuncQA's held-back rows and KAMEL's test files, a point per model."""
    from jobs.decide import systems_of
    from pipelines.deciding import read_decisions
    from toolschool.evaluation.plots import curve_plot
    from toolschool.models.backbone import open_model

    curves: dict[str, list[tuple[float, Interval]]] = {}
    for name, folder in models.items():
        prefix = "" if name == "nano" else f"{name}-"
        parameters = sum(each.numel() for each in open_model(folder)[0].parameters())
        counts = systems_of(list(read_decisions(str(out / f"{prefix}funcqa-decisions"))), False)["head"].counts()
        found = {"FuncQA, tool right where a call belongs": wilson(counts["tool_right"], counts["wanted"])}
        found |= {task: value for task, _, value in kamel(out, f"{prefix}kamel")}
        for label, value in found.items():
            curves.setdefault(label, []).append((parameters, value))
    return curve_plot(curves, "parameters of the frozen model", "Tool heads on the nano family")


def write_report(out: Path, found: Sequence[Table], figures: Sequence[Figure]) -> None:
    """report.html, and the pictures as files beside it."""
    from toolschool.evaluation.report import Report
    from toolschool.evaluation.report import write_report as write

    for figure in figures:
        (out / f"{figure.title.lower().replace(' ', '-')}.png").write_bytes(figure.png)
    write(out / "report.html", Report("Toolken and Toolken+", tables=list(found), figures=list(figures)))
