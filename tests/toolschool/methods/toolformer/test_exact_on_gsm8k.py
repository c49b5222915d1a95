"""Toolformer's filter on GSM8K: the losses and decisions of three whole forwards a call, and the calls people wrote.

    python -m pytest tests/toolschool/methods/toolformer/test_exact_on_gsm8k.py -m verify -s     # 200 documents

Reads train rows; nano has seen train rows of GSM8K with their calls, so the last test says that the parts fit, not how well nano generalises.
"""

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.annotate import AnnotateConfig
from pipelines.annotate import Annotate, Filter
from toolschool.config import build, read_yaml
from toolschool.datasets import gsm8k, registry
from toolschool.methods.toolformer.documents import encode
from toolschool.methods.toolformer.marker_tokens import line_ends, marker_tokens
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import ToolUse
from toolschool.models.likelihood import open_lm
from toolschool.tools.calculator import calculate

pytestmark = [pytest.mark.data, pytest.mark.timeout(5400)]  # ten minutes on two quiet cores
CLOSE = 1e-4  # nats
FEW: dict[str, Any] = {"k": 5, "m": 3}


def _reference() -> Any:
    spec = importlib.util.spec_from_file_location("plain_reference", Path(__file__).with_name("plain_reference.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _reference()


@pytest.fixture(scope="module")
def lm() -> Any:
    return open_lm("assets/nano")


def config(screen: float | None = None, **preset: Any) -> dict[str, Any]:
    """The recipe's, without its screen, with other settings for the calculator."""
    made = build(AnnotateConfig, read_yaml("recipes/toolformer/annotate.yaml")).annotate.model_dump(mode="json")
    made["tools"][0]["preset"], made["screen"] = preset, screen
    return made


def problems(data_root: Path, limit: int) -> list[dict[str, Any]]:
    path = data_root / "gsm8k"
    return list(registry.load("gsm8k", path=path, split="train", purpose="train", limit=limit))


def texts(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"key": f"{i}", "raw": json.dumps({"text": gsm8k.text(row)})} for i, row in enumerate(rows)]


def true_losses(lm: Any, row: dict[str, Any], batch: int) -> list[Any]:
    """The reference's losses of a row's calls; None for a call without a result."""
    ids = encode(lm.tokenizer, row["text"]).ids
    found = iter(reference.three_losses(lm.model, ids, reference.calls_of(lm.tokenizer, row), lm.begin, batch))
    return [None if result["result"] is None else next(found) for result in row["results"]]


def annotated(rows: Sequence[dict[str, Any]], **preset: Any) -> list[dict[str, Any]]:
    """Documents with few places and samples."""
    found: list[dict[str, Any]] = reference.step(Annotate(config(**FEW, **preset)), rows, "annotated")
    return found


def check(row: dict[str, Any], true: Sequence[Any], tau: float) -> None:
    """Every loss is the reference's, every decision too, but those too close to the threshold to tell."""
    for call, losses, expected in zip(row["calls"], row["losses"], true, strict=True):
        if expected is None:
            assert not losses
            continue
        for name in ("plain", "empty", "done"):
            assert losses[name] is None or losses[name] == pytest.approx(getattr(expected, name), abs=CLOSE)
        if losses["kept"] != (expected.gain >= tau):
            print(f"\ntoo close to tell: {call}, {losses}, {expected}")
            assert expected.gain == pytest.approx(tau, abs=CLOSE)


@pytest.fixture(scope="module")
def sampled(lm: Any, data_root: Path) -> Any:
    """Four documents, nothing pruned, and their true losses."""
    rows = reference.executed(texts(problems(data_root, 4)), config(**FEW, tau_f=-100.0))
    return rows, [true_losses(lm, row, 1) for row in rows]


@pytest.mark.parametrize("tau", [0.1, 1.0])
def test_losses_and_decisions_with_pruning_are_those_of_whole_forwards(sampled: Any, tau: float) -> None:
    rows, true = sampled
    scored = reference.step(Filter(config(**FEW, tau_f=tau)), rows, "scored")
    for row, expected in zip(scored, true, strict=True):
        check(row, expected, tau)
    losses = [each for row in scored for each in row["losses"] if each]
    assert any(each["kept"] for each in losses)
    assert any(each["done"] is None for each in losses)


def test_no_call_that_could_be_kept_stands_at_a_pruned_place(sampled: Any) -> None:
    rows, true = sampled
    pruned = 0
    for row, again, expected in zip(rows, annotated(rows, tau_f=1.0), true, strict=True):
        places = [place["place"] for place in again["places"]]
        assert places == [place["place"] for place in row["places"]]
        lost = {place["place"] for place in again["places"] if place["pruned"]}
        calls = zip(row["calls"], expected, strict=True)
        assert not lost & {call["place"] for call, three in calls if three and three.gain >= 1.0}
        pruned += len(lost)
    assert pruned


def test_the_reference_gives_the_same_in_batches(lm: Any, sampled: Any) -> None:
    rows, true = sampled
    together = true_losses(lm, rows[0], 7)
    assert [list(three) for three in together if three] == [
        pytest.approx(list(three), abs=CLOSE) for three in true[0] if three
    ]


def test_places_and_almost_cold_samples_are_those_of_generate(lm: Any, data_root: Path) -> None:
    tool = build(ToolUse, config()["tools"][0]).load()
    text = gsm8k.text(problems(data_root, 1)[0])
    tokens, markers = encode(lm.tokenizer, text), marker_tokens(lm.tokenizer, Markers())
    prompt = lm.tokenizer(tool.prompt.replace("{text}", text))["input_ids"]
    places = [len(tokens.ids) // 2, len(tokens.ids) - 3]
    start, stops = markers.starts[:1], markers.ends | line_ends(lm.tokenizer)
    before = [[*prompt, *tokens.ids[:i]] for i in places]
    expected = reference.continued(lm.model, before, start, stops, 2, 28, temperature=1e-4)
    reading = lm.reader(prompt).read([], tokens.ids)
    found = reading.sample(dict.fromkeys(places, 2), start, stops, set(), 28, 0, temperature=1e-4)
    assert [list(found[i].elements()) for i in places] == expected


def gold(row: dict[str, Any]) -> list[list[str]]:
    """The values of the annotations in every line of a text."""
    lines = gsm8k.text(row, calls=True).split("\n")
    return [[calculate(match[3]) for match in Markers().pattern.finditer(line)] for line in lines]


def kept_values(row: dict[str, Any]) -> list[tuple[int, str]]:
    """Line and result of every call that is written into a text."""
    lines = row["text"].split("\n")
    return [(number, match[3]) for number, line in enumerate(lines) for match in Markers().pattern.finditer(line)]


@pytest.fixture(scope="module")
def many(data_root: Path) -> Any:
    """Two hundred problems, and their rows before and behind the filter."""
    rows = problems(data_root, 200)
    executed = reference.executed(texts(rows), config())
    filtered = Filter(config())(executed)
    return rows, executed, [row for outputs in filtered for row in outputs["scored"]], filtered


@pytest.mark.verify
def test_losses_and_decisions_of_two_hundred_documents_are_those_of_whole_forwards(lm: Any, many: Any) -> None:
    _, _, scored, _ = many
    for row in scored:
        check(row, true_losses(lm, row, 8), 0.5)


@pytest.mark.verify
def test_the_screen_only_loses_calls(many: Any) -> None:
    _, executed, scored, _ = many
    screened = reference.step(Filter(config(screen=0.1)), executed, "scored")
    both = zip(scored, screened, strict=True)
    pairs = [(a, b) for one, two in both for a, b in zip(one["losses"], two["losses"], strict=True) if a]
    kept = [(a, b) for a, b in pairs if a["kept"] or b["kept"]]
    assert all(a["kept"] for a, _ in kept)
    print(f"\n{len(scored)} documents, {len(pairs)} calls with a result, {len(kept)} kept", end="; ")
    print(f"the screen loses {sum(not b['kept'] for _, b in kept)} of these")


@pytest.mark.verify
def test_kept_calls_give_the_numbers_that_people_annotated(many: Any) -> None:
    rows, _, scored, filtered = many
    texts = {row["id"]: row for outputs in filtered for row in outputs.get("kept", [])}
    kept = good = annotations = found = 0
    for row in scored:
        values, right = kept_values(texts.get(row["key"], {"text": ""})), gold(rows[int(row["key"])])
        kept, good = kept + len(values), good + sum(value in right[line] for line, value in values)
        wanted = [(line, value) for line, some in enumerate(right) for value in some]
        annotations, found = annotations + len(wanted), found + sum(each in values for each in wanted)
    print(
        f"\n{good} of {kept} written calls have the value of an annotation in their line: {good / kept:.3f}", end="; "
    )
    print(f"{found} of {annotations} annotations have a written call with their value: {found / annotations:.3f}")
    assert good / kept >= 0.9
