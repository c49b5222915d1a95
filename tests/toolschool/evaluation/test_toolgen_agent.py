"""A model that repeats the gold episodes is right in everything; one with a single fault is wrong in just that; one that learnt them, too."""

import dataclasses
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from toolschool.datasets import registry
from toolschool.evaluation.intervals import bootstrap_mean
from toolschool.evaluation.toolgen_agent import (
    ROWS,
    ForcedStep,
    Run,
    agent_plot,
    agent_scores,
    agent_table,
    answers,
    run_tasks,
    teacher_forced,
)
from toolschool.methods.toolgen import trajectories
from toolschool.methods.toolgen.agent import ToolGenAgent
from toolschool.methods.toolgen.episodes import Episode
from toolschool.methods.toolgen.protocol import encode
from toolschool.methods.toolgen.scenarios import desk_scenario, gold_scenario
from toolschool.methods.toolgen.trajectories import Scenario, play
from toolschool.tools.simulated import Faults, GoldCall

BONN, PORTO = (GoldCall("forecast_for_sky", {"city": city}) for city in ("Bonn", "Porto"))
FAIR = GoldCall("createevent_for_hall", {"event_name": "Fair", "city": "Bonn"}, ("<event_id>", "<status>"))
CANCEL = GoldCall("cancelevent_for_hall", {"event_id": "<event_id>"})


def _town() -> ModuleType:
    """The agent's own tests have a town and a model that repeats."""
    place = Path(__file__).parents[1] / "methods" / "toolgen" / "conftest.py"
    spec = importlib.util.spec_from_file_location("toolgen_town", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


here = _town()


@pytest.fixture(scope="module")
def town(nano_tokenizer: Any) -> Any:
    return here.Known(here.simulated(), here.DOCS, nano_tokenizer)


@pytest.fixture(autouse=True)
def no_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectories, "MISTAKES", 0.0)


async def episodes_of(known: Any) -> list[Episode]:
    asked = {
        "Is it warm in Bonn?": [BONN],
        "Bonn or Porto, where is it warm?": [BONN, PORTO],
        "Fair in Bonn, no, cancel it": [FAIR, CANCEL],
    }
    made = [
        await play(gold_scenario(query, query, calls, known.world.apis), known.world, 0)
        for query, calls in asked.items()
    ]
    return [*made, await play(Scenario("sing", "Sing me a song", ()), known.world, 0)]


def repeating(known: Any, episode: Episode, **how: Any) -> ToolGenAgent:
    row = encode(known.spelling, known.protocol, episode, 100_000)["input_ids"]
    return ToolGenAgent(here.Playback(row, len(known.tokenizer)), known.tokenizer, known.protocol, **how)


async def measured(known: Any, gold: Episode, said: Episode, **how: Any) -> tuple[Run, list[ForcedStep]]:
    """A model that writes `said` where `gold` is wanted."""
    agent = repeating(known, said, **how)
    return (await run_tasks(agent, known.world, [gold]))[0], teacher_forced(agent, known.world, [said])


async def test_gold_episodes_are_right_in_everything(town: Any) -> None:
    golds = await episodes_of(town)
    found = [await measured(town, gold, gold) for gold in golds]
    runs, steps = [run for run, _ in found], [step for _, some in found for step in some]
    scores = agent_scores(runs, steps)
    values = {name: scores.rates[name].value for name in ROWS}
    assert values == {**dict.fromkeys(ROWS, 1.0), "hallucinated": 0.0, "answered": 0.75}
    assert scores.ended == {"answer": 3, "gave up": 1}
    assert scores.calls.value == 5 / 4
    assert {name: scores.rates[name].n for name in ("completed", "gave_up", "selected", "arguments")} == {
        "completed": 3, "gave_up": 1, "selected": 9, "arguments": 5,
    }  # fmt: skip
    queries, said = answers(runs)
    assert len(queries) == len(said) == 3


def with_call(episode: Episode, place: int, **arguments: Any) -> Episode:
    """The episode with other arguments in one call."""
    steps = list(episode.steps)
    exchange = dataclasses.replace(steps[place].exchange, arguments=arguments)
    steps[place] = dataclasses.replace(steps[place], exchange=exchange)
    return dataclasses.replace(episode, steps=tuple(steps))


async def test_each_fault_costs_what_it_should(town: Any) -> None:
    one, two, chain, none = await episodes_of(town)
    other = with_call(one, 0, city="Porto")
    run, steps = await measured(town, one, other)
    assert not run.completed
    assert run.right_tools
    assert run.same_state, "a forecast changes nothing"
    lost = dataclasses.replace(two, steps=two.steps[:1])
    assert not (await measured(town, two, lost))[0].completed
    more = dataclasses.replace(one, steps=two.steps)
    assert (await measured(town, one, more))[0].completed, "a call that was not wanted is no harm"
    open_ = dataclasses.replace(chain, steps=chain.steps[:1])
    run, _ = await measured(town, chain, open_)
    assert not run.completed
    assert not run.same_state, "the event is still there"
    assert not run.right_tools
    gave_up = dataclasses.replace(one, answer=None)
    assert not (await measured(town, one, gave_up))[0].completed
    sung = dataclasses.replace(none, answer="la la")
    scores = agent_scores([(await measured(town, none, sung))[0]], steps)
    assert scores.rates["gave_up"].value == 0.0
    assert np.isnan(scores.rates["completed"].value)


async def test_a_failure_left_standing_is_not_done(town: Any) -> None:
    known = here.Known(here.simulated(Faults(first=1)), here.DOCS, town.tokenizer)
    gold = await play(gold_scenario("s", "Is it warm in Bonn?", [BONN], known.world.apis), known.world, 0)
    assert [step.exchange.ok for step in gold.steps] == [False, True]
    run, _ = await measured(known, gold, gold)
    assert run.completed
    run, _ = await measured(known, gold, dataclasses.replace(gold, steps=gold.steps[:1]))
    assert not run.completed


async def test_other_arguments_than_the_gold_ones_are_wrong_and_defaults_are_not(town: Any) -> None:
    one = (await episodes_of(town))[0]
    agent = repeating(town, with_call(one, 0, city="Bonn", days=3))
    assert [step.arguments for step in teacher_forced(agent, town.world, [one])][:1] == [True], (
        "3 is what is documented"
    )
    agent = repeating(town, with_call(one, 0, city="Bern"))
    assert [step.arguments for step in teacher_forced(agent, town.world, [one])][:1] == [False]


async def test_what_a_model_cannot_read_is_wrong(town: Any) -> None:
    two = (await episodes_of(town))[1]
    steps = teacher_forced(repeating(town, two, max_tokens=250), town.world, [two])
    assert [step.chosen == step.gold for step in steps] == [True, False, False]
    assert [step.arguments for step in steps] == [True, False, None]
    assert agent_scores([], steps).rates["hallucinated"].value == pytest.approx(2 / 3)


async def test_the_desk_is_compared_by_its_rows(nano_tokenizer: Any) -> None:
    world = here.DeskWorld()
    known = here.Known(world, here.desk_docs(world), nano_tokenizer)
    examples = registry.examples("written", split="validation", limit=30, seed=0)
    golds = [
        await play(desk_scenario(each), world, 0)
        for each in examples
        if "create_reminder" in each.tools and len(each.plan.calls) <= 4
    ][:3]
    assert golds
    for gold in golds:
        run, _ = await measured(known, gold, gold)
        assert run.completed
        assert run.same_state
        place = next(n for n, step in enumerate(gold.steps) if step.exchange.api == "create_reminder")
        arguments = dict(gold.steps[place].exchange.arguments)
        louder = with_call(gold, place, **{**arguments, "name": arguments["name"].upper()})
        run, _ = await measured(known, gold, louder)
        assert (run.completed, run.same_state) == (False, True), "the same reminder in capitals"


async def test_the_table_names_what_relevance_is(town: Any) -> None:
    found = [await measured(town, gold, gold) for gold in await episodes_of(town)]
    scores = agent_scores([run for run, _ in found], [step for _, some in found for step in some])
    table = agent_table(
        {"repeats": scores}, {"repeats": bootstrap_mean([0.5, 0.7])}, "answer-request similarity (MiniLM)"
    )
    lines = dict(table.rows)
    assert lines["task completion (all gold calls, exact)"].startswith("100.0 [43.")
    assert lines["answer-request similarity (MiniLM)"].startswith("0.60 [")
    assert lines["tasks"] == "4"
    silent = agent_table({"silent": agent_scores([], [])}, {"silent": bootstrap_mean([])}, "votes of a judge")
    assert {cell for _, cell in silent.rows[:-1]} == {"–"}
    assert agent_plot({"repeats": scores, "silent": agent_scores([], [])}).startswith(b"\x89PNG"), (
        "what was not measured"
    )
    row = found[0][0].to_row()
    assert (row["ended"], row["completed"]) == ("answer", True)
    assert Episode.from_json(row["gold"]) == found[0][0].gold
    assert json.loads(row["turns"])[1][0] == "thought"


async def test_what_was_learnt_is_done(town: Any) -> None:
    """A small model that learns two rows serves these requests by itself, under constraints and without."""
    _, _, chain, none = await episodes_of(town)
    golds = [chain, none]
    model = town.llama(hidden_size=64, num_hidden_layers=2, initializer_range=0.05)
    teach(model, [encode(town.spelling, town.protocol, gold, 1024) for gold in golds])
    for constrained in (True, False):
        agent = ToolGenAgent(model, town.tokenizer, town.protocol, constrained=constrained)
        scores = agent_scores(await run_tasks(agent, town.world, golds), teacher_forced(agent, town.world, golds))
        values = {name: scores.rates[name].value for name in ROWS}
        assert values == {**dict.fromkeys(ROWS, 1.0), "hallucinated": 0.0, "answered": 0.5}


def teach(model: Any, rows: list[dict[str, list[int]]]) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    model.train()
    for _ in range(300):
        loss = torch.zeros(())
        for row in rows:
            ids, labels = (torch.tensor([row[name]]) for name in ("input_ids", "labels"))
            loss = loss + model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if float(loss.detach()) < 0.02:
            break
    model.eval()
