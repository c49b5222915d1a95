"""Episodes that really happened: faults, mistakes, results passed on, and what is refused; then those of the real sources."""

import random
from collections import Counter
from typing import Any

import pytest

from toolschool.datasets import registry
from toolschool.datasets.catalogues import load_catalogue
from toolschool.errors import RowError
from toolschool.evaluation.state import run_on_desk, same_state
from toolschool.methods.toolgen import thoughts, trajectories
from toolschool.methods.toolgen.chains import chained_scenarios, links
from toolschool.methods.toolgen.episodes import Episode
from toolschool.methods.toolgen.scenarios import (
    desk_scenario,
    gold_scenario,
    made_up_scenarios,
    sealtools_scenario,
    unserved_scenario,
)
from toolschool.methods.toolgen.synthesis import companions
from toolschool.methods.toolgen.trajectories import Scenario, Wanted, mistaken, play, played
from toolschool.methods.toolgen.worlds import NO_CLOCK, SimulatedWorld
from toolschool.records import Example, Plan, Tool
from toolschool.tools.simulated import Faults, GoldCall, read_apis, unmet

BONN = GoldCall("forecast_for_sky", {"city": "Bonn"})
FAIR = GoldCall("createevent_for_hall", {"event_name": "Fair", "city": "Bonn"}, ("<event_id>", "<status>"))
CANCEL = GoldCall("cancelevent_for_hall", {"event_id": "<event_id>"})
QUERY = "Create the event Fair in Bonn, then cancel it by the event id."


@pytest.fixture(autouse=True)
def no_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectories, "MISTAKES", 0.0)


def gold(world: SimulatedWorld, *calls: GoldCall, query: str = QUERY, name: str = "s") -> Scenario:
    return gold_scenario(name, query, calls, world.apis)


async def test_a_result_is_passed_on(town: Any) -> None:
    episode = await play(gold(town.world, FAIR, CANCEL), town.world, 0)
    made, cancelled = episode.log
    assert cancelled.arguments == {"event_id": made.answer["event_id"]}
    assert episode.answer == "success: true", "the id that was needed on the way is not told"
    first, second = (step.thought for step in episode.steps)
    assert first.endswith("Create the event Fair in Bonn")
    assert any(first.startswith(form[:6]) for form in thoughts._NEEDED)
    assert any(second.startswith(form[:3]) for form in thoughts._NEXT)
    assert episode.gold == [GoldCall(each.api, each.arguments) for each in episode.log]


async def test_calls_that_fail_are_made_again_or_given_up(known: Any) -> None:
    kinds: Counter[str] = Counter()
    world = known(Faults(client=0.3, server=0.3)).world
    for number in range(60):
        episode = await play(gold(world, BONN, FAIR, name=f"s{number}"), world, 0)
        before = None
        for step in episode.steps:
            if before and not before.ok:
                assert step.thought in thoughts.AGAIN
                assert (before.api, before.arguments) == (step.exchange.api, step.exchange.arguments)
                kinds["again"] += 1
            before = step.exchange
        assert before
        assert all(step.taught for step in episode.steps)
        if episode.answer is None:
            assert not before.ok
            assert before.status in (403, 404) or [e.ok for e in episode.log[-3:]] == [False] * 3
            assert episode.thought in thoughts.HOPELESS
        else:
            assert not unmet([BONN, FAIR], episode.log, world.apis)
        kinds["given up" if episode.answer is None else "done"] += 1
    assert min(kinds.values()) > 5, kinds


async def test_mistakes_are_put_right_and_not_taught(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectories, "MISTAKES", 1.0)
    episode = await play(gold(town.world, BONN, FAIR), town.world, 0)
    assert [(step.taught, step.exchange.status) for step in episode.steps] == [(False, 400), (True, 200)] * 2
    assert episode.steps[1].thought in thoughts.CORRECTED
    assert episode.answer


def test_a_mistake_is_one_argument_less() -> None:
    two = Tool("a", "", {"type": "object", "properties": {"x": {}, "y": {}}, "required": ["x"]})
    assert mistaken(two, {"x": 1, "y": 2}, random.Random(0)) == {"y": 2}
    assert mistaken(two, {"y": 2}, random.Random(0)) is None


async def test_a_request_that_nothing_serves_is_given_up(town: Any) -> None:
    episode = await play(Scenario("n", "Sing me a song", ()), town.world, 0)
    assert (episode.steps, episode.answer) == ((), None)
    assert episode.thought in thoughts.NO_TOOL


async def test_what_could_not_be_seen_is_not_taught(town: Any) -> None:
    """The summary stands behind a long name of a city, so it is cut off."""
    forecast = town.key("forecast")
    first = Wanted(forecast, lambda done: {"city": "Bonn " * 40})
    second = Wanted(forecast, lambda done: {"city": done[0].answer["summary"]})
    with pytest.raises(RowError, match="too long to be shown"):
        await play(Scenario("s", "What is it like?", (first, second)), town.world, 0)


async def test_scenarios_that_do_not_hold_are_refused(town: Any) -> None:
    world = town.world
    with pytest.raises(RowError, match="a call is refused: forecast_for_sky: city"):
        await play(gold(world, GoldCall("forecast_for_sky", {"city": 3})), world, 0)
    with pytest.raises(RowError, match="nothing answers <event_id>"):
        await play(gold(world, CANCEL, FAIR), world, 0)
    with pytest.raises(RowError, match="no tool of this world"):
        await play(Scenario("s", QUERY, (Wanted(("", "", "send_sms"), lambda done: {}),)), world, 0)
    other = gold(world, FAIR)
    with pytest.raises(RowError, match="do not do what is asked"):
        await play(Scenario("s", QUERY, other.calls, gold=(BONN,)), world, 0)


def test_links_fit_by_name_and_type(town: Any) -> None:
    assert [
        (link.first.name, link.field, link.second.name, link.parameter) for link in links(town.world.apis.values())
    ] == [("createevent_for_hall", "event_id", "cancelevent_for_hall", "event_id")]
    bad: list[Any] = []
    (link,) = links(town.world.apis.values())
    train = chained_scenarios(link, town.world.apis, count=40, seed=0, split="train")
    episodes = list(played(train, town.world, 0, lambda *why: bad.append(why)))
    assert not bad
    assert len({episode.query for episode in episodes}) > 5
    for episode in episodes:
        assert episode.log[1].arguments["event_id"] == episode.log[0].answer["event_id"]
        assert str(episode.log[0].arguments["city"]) in episode.query


def made_up(world: SimulatedWorld, docs: Any, *, count: int, split: Any) -> list[Scenario]:
    """Of all APIs."""
    near = companions(docs)
    every = [
        made_up_scenarios(doc, some, world, count=count, seed=0, split=split)
        for doc, some in zip(docs, near, strict=True)
    ]
    return [scenario for some in every for scenario in some]


def test_made_up_requests_say_what_their_calls_need(town: Any) -> None:
    def made(split: Any) -> list[Episode]:
        bad: list[Any] = []
        scenarios = made_up(town.world, town.docs, count=30, split=split)
        found = list(played(scenarios, town.world, 0, lambda *why: bad.append(why)))
        assert not bad
        return found

    train, validation, test = made("train"), made("validation"), made("test")
    assert {len(episode.steps) for episode in train} >= {1, 2}
    asked = [{episode.query for episode in part} for part in (train, validation, test)]
    assert all(asked)
    assert len(set.union(*asked)) == sum(map(len, asked))
    assert train == made("train")
    for episode in train:
        for exchange in episode.log:
            assert all(str(value) in episode.query for value in exchange.arguments.values())


async def test_played_plans_have_the_effect_of_the_plan(desk: Any) -> None:
    bad: list[str] = []
    examples = registry.examples("desk", split="train", limit=60, seed=3) + registry.examples(
        "written", split="train", limit=40
    )
    for example in examples:
        try:
            episode = await play(desk_scenario(example), desk.world, 0)
        except RowError as error:
            bad.append(str(error))
            continue
        with desk.world.open(example.now) as place:
            for exchange in episode.log:
                await place.call(("", "", exchange.api), exchange.arguments)
            found = place.state()
        wanted, trace = await run_on_desk(example.plan, example.now or NO_CLOCK)
        assert trace.ok
        assert same_state(found, wanted)
        assert (episode.answer is None) == (not example.plan.calls)
    assert all("more than 4" in reason for reason in bad)
    assert len(bad) < 60


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ([{"api": "forecast_for_sky"}], "KeyError 'parameters'"),
        (7, "TypeError"),
        ([{"api": "forecast_for_sky", "parameters": "Bonn", "responses": []}], "parameters must be an object"),
        ([{"api": "other", "parameters": {}, "responses": []}], "other is no API of the source"),
        ([{"api": "forecast_for_sky", "parameters": {}, "responses": []}] * 5, "5 calls are more than 4"),
    ],
)
def test_gold_calls_of_seal_tools_that_are_none(town: Any, calls: Any, said: str) -> None:
    with pytest.raises(RowError, match=said):
        sealtools_scenario({"id": "1", "query": "q", "gold": {"calls": calls}}, town.world.apis)


def test_requests_for_another_world_are_given_up(town: Any) -> None:
    served = [example for example in registry.examples("desk", split="train", limit=30) if example.plan.calls]
    episodes = list(played(map(unserved_scenario, served), town.world, 0, lambda *why: None))
    assert [(episode.steps, episode.answer) for episode in episodes] == [((), None)] * len(served)
    with pytest.raises(RowError, match="with a desk or without"):
        unserved_scenario(Example("s", "Sing me a song", Plan(()), "desk"))


@pytest.mark.data
def test_seal_tools(data_root: Any) -> None:
    world = SimulatedWorld(read_apis("sealtools", data_root / "sealtools"))
    bad: list[str] = []
    found = {}
    for split in ("train", "test"):
        scenarios = []
        for row in registry.load("sealtools", path=data_root / "sealtools", split=split):
            try:
                scenarios += [sealtools_scenario(row, world.apis)] if row["kind"] == "query" else []
            except RowError as error:
                bad.append(str(error))
        found[split] = list(played(scenarios, world, 0, lambda *why: bad.append(why[1])))
    train, test = (
        {
            " ".join(row["query"].split())
            for row in registry.load("sealtools", path=data_root / "sealtools", split=split)
            if row["kind"] == "query"
        }
        for split in ("train", "test")
    )
    assert {" ".join(episode.query.split()) for episode in found["train"]} <= train - test
    assert len(found["train"]) > 480
    assert all(episode.answer for episode in found["train"])
    assert len(bad) < 80
    assert not [reason for reason in bad if "what is asked" in reason]


@pytest.mark.data
@pytest.mark.parametrize("source", ["toolbench", "sealtools"])
def test_documented_catalogues(data_root: Any, source: str, nano_tokenizer: Any) -> None:
    """Requests for real documentation; what the rows would teach as input is what the mask of inputs lets through, piece by piece."""
    import llguidance.numpy
    import numpy as np

    from toolschool.methods.toolgen.arguments import render_arguments
    from toolschool.models.decoding import Constrainer

    apis = read_apis(source, data_root / source)
    world = SimulatedWorld(apis, faults=Faults(server=0.1))
    docs = load_catalogue(source, data_root / source).docs
    bad: list[Any] = []
    scenarios = made_up(world, docs[::40], count=1, split="train")
    linked = [chained_scenarios(each, world.apis, count=1, seed=0, split="train") for each in links(apis)]
    scenarios += [scenario for some in linked for scenario in some][:60]
    episodes = list(played(scenarios, world, 0, lambda *why: bad.append(why)))
    assert len(episodes) > 70
    assert all("too long to be shown" in reason for _, reason in bad)
    assert len(bad) < len(episodes) / 4

    constrainer = Constrainer(nano_tokenizer, len(nano_tokenizer))
    mask = llguidance.numpy.allocate_token_bitmask(1, len(nano_tokenizer))
    for exchange in [exchange for episode in episodes for exchange in episode.log][:60]:
        schema = world.apis[exchange.api].parameters
        matcher = constrainer.json_matcher(schema)
        for token in nano_tokenizer(render_arguments(exchange.arguments, schema))["input_ids"]:
            llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
            assert np.unpackbits(mask.view(np.uint8), bitorder="little")[token], (
                exchange,
                nano_tokenizer.decode([token]),
            )
            assert matcher.consume_token(token)
        assert matcher.is_accepting()
