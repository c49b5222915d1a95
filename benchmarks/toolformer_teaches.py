"""Does Toolformer teach? A model annotates texts, learns from those its own filter kept, and answers with and without tools.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.toolformer_teaches --out runs/toolformer-teaches

Every step is a job with the recipe a user runs, only sizes and folders are set here. nano has never seen bare sums, so some hundred
annotated ones teach a first model the annotation prompt (recipes/toolformer/prepare-bootstrap.yaml); that model annotates sums
and word problems of the train parts without ever seeing a gold call of theirs, and nano itself is fine-tuned on what is kept: an arm for each
amount. Questions are of the test parts. About half an hour on two cores; started again, finished arms are not repeated. One seed.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.steps import Steps
from pipelines import files
from pipelines.quiz import read_answers
from toolschool.datasets import registry
from toolschool.datasets.inline_calls import plain
from toolschool.datasets.solutions import solution
from toolschool.evaluation import plots
from toolschool.evaluation.inline import InlineScores, score_answers
from toolschool.evaluation.math_tasks import is_right
from toolschool.evaluation.tables import Table, percent, show, to_markdown
from toolschool.methods.toolformer.inference import Answer
from toolschool.methods.toolformer.markers import Markers

NANO = "assets/nano"
RECIPES = "recipes/toolformer"
SEED_TEXTS, SEED_OF_THEM = 400, 7
TEXTS = {"sums": 1000, "svamp": None, "gsm8k": 250}  # None: all of its train part
AMOUNTS = (100, 400, 10_000)  # kept texts to learn from; the last is all there are
EPOCHS = 6
QUESTIONS = {"sums": 650, "svamp": 280}
MODES = {"enabled": "with tools", "disabled": "tools disabled"}
Scores = dict[str, dict[str, InlineScores]]  # by source and mode


def write_texts(path: Path) -> int:
    """Texts to annotate, of the train parts, without calls and without those the first model learns from; their number."""
    rows = registry.load("sums", split="train", purpose="train", limit=SEED_TEXTS, seed=SEED_OF_THEM)
    seen = {plain("".join(solution("sums", row))) for row in rows}
    texts = [
        plain(text)
        for source, limit in TEXTS.items()
        for text in registry.texts(source, split="train", purpose="train", limit=limit, seed=0)
    ]
    left = list(dict.fromkeys(text for text in texts if text not in seen))
    random.Random(0).shuffle(left)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in left), encoding="utf-8")
    return len(left)


def fine_tune(steps: Steps, name: str, rows: Path, *settings: str) -> Path:
    """nano fine-tuned on rows; the model's folder."""
    trained = steps.job(
        name, "train", f"{RECIPES}/train.yaml", f"rows={rows / 'inline'}", f"train.epochs={EPOCHS}", *settings
    )
    return trained / "model"


def kept_texts(steps: Steps) -> Path:
    """Texts with the calls that nano, taught the annotation prompt, gave them and its filter kept."""
    rows = steps.job("bootstrap-rows", "prepare", f"{RECIPES}/prepare-bootstrap.yaml", f"data.limit={SEED_TEXTS}")
    annotator = fine_tune(steps, "bootstrap", rows, "objective_args.supervise_prompt=false")
    texts = steps.out / "texts.jsonl"
    print(f"{write_texts(texts)} texts to annotate", flush=True)
    found = steps.job(
        "annotate",
        "annotate",
        f"{RECIPES}/annotate.yaml",
        f"data.path={texts}",
        "data.limit=null",
        f"annotate.model={annotator}",
    )
    return found / "kept"


def quiz(steps: Steps, name: str, model: str | Path) -> Scores:
    """What a model scores on the questions of each source, by mode."""
    asked = [f"tasks.{source}={count}" for source, count in QUESTIONS.items()]
    run = steps.job(f"{name}-quiz", "quiz", f"{RECIPES}/quiz.yaml", *asked, "split=test", f"answering.model={model}")
    answers = read_answers(str(run))
    return {source: {mode: score(answers[mode], source) for mode in MODES} for source in QUESTIONS}


def score(answers: Sequence[tuple[str, str, Answer]], source: str) -> InlineScores:
    """One mode's scores on one source; of sums the tasks are the families."""
    mine = [each for each in answers if (each[0] if each[0] in QUESTIONS else "sums") == source]
    return score_answers(
        [answer for _, _, answer in mine],
        [(task, gold) for task, gold, _ in mine],
        correct=lambda text, gold: is_right(gold[0], text, gold[1]),
        markers=Markers(),
    )


def arms(steps: Steps) -> Iterator[tuple[int, Scores]]:
    """Number of texts learnt from, and the scores: nano as it is, then an arm for each amount."""
    yield 0, quiz(steps, "base", NANO)
    kept = kept_texts(steps)
    everything = sum(1 for _ in files.read_rows(str(kept)))
    for amount in dict.fromkeys(min(amount, everything) for amount in AMOUNTS):
        name = f"learns-{amount}"
        rows = steps.job(
            f"{name}-rows", "prepare", f"{RECIPES}/prepare.yaml", f"data.path={kept}", f"data.limit={amount}"
        )
        yield amount, quiz(steps, name, fine_tune(steps, name, rows))


def table(found: Mapping[int, Scores]) -> Table:
    rows = [
        (
            f"{amount:,}",
            source,
            *(percent(scores[source][mode].accuracy) for mode in MODES),
            *(percent(getattr(scores[source]["enabled"], each)) for each in ("called", "executed", "empty", "cut_off")),
        )
        for amount, scores in found.items()
        for source in QUESTIONS
    ]
    rates = ("calls", "calls that gave a result", "empty", "cut off")
    return Table("Toolformer teaches nano", ("texts learnt from", "questions", *MODES.values(), *rates), tuple(rows))


def plot(found: Mapping[int, Scores]) -> bytes:
    """Accuracy against texts learnt from, with 95 % intervals: a colour a source, dashed where tools are disabled."""
    figure, axes = plots.new_figure("Toolformer teaches nano", "kept texts learnt from", "questions answered right (%)")
    places = range(len(found))
    for k, source in enumerate(QUESTIONS):
        for mode, label in MODES.items():
            rates = [scores[source][mode].accuracy for scores in found.values()]
            axes.errorbar(
                places,
                [100 * each.value for each in rates],
                yerr=[[100 * (e.value - e.low) for e in rates], [100 * (e.high - e.value) for e in rates]],
                color=plots.colour_of(k),
                linestyle="-" if mode == "enabled" else "--",
                marker=plots.MARKERS[k],
                capsize=3,
                label=f"{source}, {label}",
            )
    axes.set_xticks(places, [f"{amount:,}" if amount else "nano as it is" for amount in found])
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return plots.to_png(figure)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="benchmarks.toolformer_teaches", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out.resolve()
    found: dict[int, Scores] = {}
    for amount, scores in arms(Steps(out)):
        found[amount] = scores
        show(table(found))
    (out / "teaches.md").write_text(to_markdown(table(found)), encoding="utf-8")
    (out / "teaches.png").write_bytes(plot(found))
    print(f"written: {out}/teaches.md, {out}/teaches.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
