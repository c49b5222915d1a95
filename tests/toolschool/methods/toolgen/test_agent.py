"""The loop on a model that repeats trajectories byte by byte, on one that misbehaves, and on one that knows nothing."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import jsonschema
import pytest
import torch

from toolschool.datasets import registry
from toolschool.methods.toolgen import trajectories
from toolschool.methods.toolgen.agent import ToolGenAgent, Transcript
from toolschool.methods.toolgen.episodes import Episode, Step
from toolschool.methods.toolgen.indexing import FINISH
from toolschool.methods.toolgen.protocol import ASKED_FOR_INPUT, ASKED_TO_ACT, FINISH_TOOL, encode
from toolschool.methods.toolgen.scenarios import desk_scenario
from toolschool.methods.toolgen.trajectories import Scenario, Wanted, play, played
from toolschool.tools.simulated import Faults

NOW = datetime(2026, 3, 2, 9)


def scenario(known: Any, *calls: tuple[str, dict[str, Any]], name: str = "s") -> Scenario:
    wanted = tuple(Wanted(known.key(api), lambda done, said=said: said) for api, said in calls)
    return Scenario(name, "Is it warm in Bonn, and where is bread?", wanted)


BOTH = (("forecast", {"city": "Bonn"}), ("find shops", {"city": "Bonn", "kind": "bread"}))


async def repeat(known: Any, playback: Any, episode: Episode, **how: Any) -> tuple[Transcript, list[int], Any]:
    """A model that writes what the episode's row says, the row, and the model."""
    row = encode(known.spelling, known.protocol, episode, 100_000)["input_ids"]
    model = playback(row, len(known.tokenizer))
    agent = ToolGenAgent(model, known.tokenizer, known.protocol, **how)
    with known.world.open(episode.now) as place:
        return await agent.run(episode.query, place.call, episode.now, episode.id), row, model


@pytest.mark.parametrize("kind", ["atomic", "semantic", "numeric"])
@pytest.mark.parametrize("constrained", [True, False])
async def test_what_the_agent_reads_is_what_it_was_trained_on(
    known: Any, playback: Any, kind: str, constrained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trajectories, "MISTAKES", 0.0 if constrained else 0.5)  # constraints do not let them happen
    here = known(Faults(client=0.1, server=0.3), kind)
    for number in range(12):
        made = await play(scenario(here, *BOTH, name=f"s{number}"), here.world, seed=number)
        again, row, model = await repeat(here, playback, made, constrained=constrained)
        assert list(again.ids) == row
        assert model.read == row[: len(model.read)], "nothing is fed twice, and nothing else"
        assert again.episode.log == made.log
        assert (again.episode.thought, again.episode.answer) == (made.thought, made.answer)
        assert again.ended == ("gave up" if made.answer is None else "answer")


async def test_trajectories_on_the_desk_come_back_byte_by_byte(
    desk: Any, playback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trajectories, "MISTAKES", 0.0)
    examples = registry.examples("desk", split="train", limit=16, seed=5)
    for example in [each for each in examples if len(each.plan.calls) <= 4]:
        made = await play(desk_scenario(example), desk.world, seed=0)
        again, row, _ = await repeat(desk, playback, made)
        assert list(again.ids) == row
        assert again.episode.log == made.log


async def test_a_tool_of_one_token_takes_no_forward_of_its_own(town: Any, playback: Any) -> None:
    made = await play(scenario(town, *BOTH[:1]), town.world, seed=0)
    row = encode(town.spelling, town.protocol, made, 1024)["input_ids"]
    forwards = 0

    class Counting(playback):  # type: ignore[misc]
        def __call__(self, **how: Any) -> Any:
            nonlocal forwards
            forwards += 1
            return super().__call__(**how)

    agent = ToolGenAgent(Counting(row, len(town.tokenizer)), town.tokenizer, town.protocol)
    with town.world.open(None) as place:
        transcript = await agent.run(made.query, place.call)
    free = [turn for turn in transcript.turns if turn.kind in ("thought", "input")]
    assert forwards == sum(turn.tokens for turn in free) + transcript.actions
    assert transcript.written == sum(turn.tokens for turn in free) + 2 * transcript.actions


def test_the_transcript_has_every_turn(town: Any, playback: Any) -> None:
    made = asyncio.run(play(scenario(town, *BOTH), town.world, seed=0))
    again, row, _ = asyncio.run(repeat(town, playback, made))
    assert [turn.kind for turn in again.turns] == ["given", "thought", "given", "action", "given", "input"] * 3
    assert sum(turn.tokens for turn in again.turns) == len(row)
    assert [turn.text for turn in again.turns] == [turn.text for turn in town.protocol.turns(made)]
    assert again.turns[2].text == ASKED_TO_ACT
    assert (again.actions, again.unknown) == (3, 0)


class Speaking:
    """Texts that a Playback writes as the model's turns, in their order; what is given is filled in as it comes."""

    def __init__(self, known: Any, playback: Any, said: Sequence[str], **how: Any) -> None:
        self.agent = ToolGenAgent(playback([], len(known.tokenizer)), known.tokenizer, known.protocol, **how)
        self.known, self.said = known, list(said)

    async def run(self, query: str = "q") -> Transcript:
        from toolschool.methods.toolgen import drafting

        turns, end = iter(self.said), self.known.tokenizer.eos_token_id
        logits = drafting.Draft.logits
        wanted: dict[int, int] = {}  # tokens by their place
        last = -1

        def scripted(draft: drafting.Draft) -> Any:
            nonlocal last
            place = len(draft.ids)
            if place not in (last, last + 1):  # behind what was given: the next turn begins
                ids = [*self.known.tokenizer(next(turns, "…"), add_special_tokens=False)["input_ids"], end]
                wanted.clear()
                wanted.update(enumerate(ids, start=place))
            last = place
            found = torch.zeros_like(logits(draft))
            found[wanted.get(place, end)] = 5.0
            return found

        with pytest.MonkeyPatch.context() as patch, self.known.world.open(None) as place:
            patch.setattr(drafting.Draft, "logits", scripted)
            return await self.agent.run(query, place.call)


CALL = ("Now", "<<Sky&&forecast>>", '{"city": "Bonn"}')
ANSWER = ("Done", "<<Finish>>", '{"return_type": "give_answer", "final_answer": "warm"}')


async def test_without_constraints_mistakes_are_read_and_may_be_put_right(town: Any, playback: Any) -> None:
    said = ("a", "<<Sea>>", "b", "<<Sky&&forecast>>", '{"city"', "c", "<<Sky&&forecast>>", '{"town": 1}', *CALL)
    wrong_end = ("d", "<<Finish>>", '["x"]', "e", "<<Finish>>", '{"return_type": "stop"}')
    transcript = await Speaking(town, playback, (*said, *wrong_end, *ANSWER), constrained=False).run()
    assert [exchange.status for exchange in transcript.episode.log] == [404, 400, 400, 200, 400, 400]
    errors = [exchange.error or "" for exchange in transcript.episode.log]
    assert errors[0] == "there is no action <<Sea>>; write one of your tools"
    assert "must be a JSON object" in errors[1]
    assert "has no argument town" in errors[2]
    assert (transcript.ended, transcript.episode.answer) == ("answer", "warm")
    assert (transcript.unknown, transcript.actions) == (1, 7)
    assert transcript.episode.tools == {town.key("forecast"), FINISH.key}


async def test_under_constraints_there_is_no_such_action(town: Any, playback: Any) -> None:
    """The same words lead to tools: what the model would rather say is not to be had."""
    transcript = await Speaking(town, playback, ("a", "<<Sea>>"), max_calls=1).run()
    assert transcript.unknown == 0
    assert all(turn.text in town.index.texts.values() for turn in transcript.turns if turn.kind == "action")


async def test_runs_are_bounded(town: Any, playback: Any) -> None:
    calls = await Speaking(town, playback, (CALL[0], CALL[1], '{"city": "Bonn"}') * 9, max_calls=2).run()
    assert (calls.ended, len(calls.episode.steps), calls.episode.answer) == ("calls", 2, None)
    repeats = await Speaking(town, playback, CALL * 9, max_repeats=3).run()
    assert (repeats.ended, len(repeats.episode.steps)) == ("repeats", 3)
    unknown = await Speaking(town, playback, ("a", "<<Sea>>") * 9, constrained=False, max_calls=3).run()
    assert (unknown.ended, unknown.unknown) == ("calls", 3)
    for most in range(60, 200, 7):
        short = await Speaking(town, playback, CALL * 9, max_tokens=most).run()
        assert short.ended == "tokens"
        assert len(short.ids) <= most
        assert sum(turn.tokens for turn in short.turns) == len(short.ids), "also what was begun is in the transcript"


async def test_the_last_action_may_still_finish(town: Any, playback: Any) -> None:
    other = ("Next", "<<Sky&&forecast>>", '{"city": "Porto"}')
    transcript = await Speaking(town, playback, (*CALL, *other, *ANSWER), max_calls=2).run()
    assert (transcript.ended, len(transcript.episode.steps)) == ("answer", 2)


async def test_a_long_thought_is_cut_and_the_conversation_goes_on(town: Any, playback: Any) -> None:
    transcript = await Speaking(town, playback, ("word " * 50, "", *ANSWER[1:]), max_thought=5).run()
    assert transcript.turns[1].tokens == 6
    assert transcript.turns[2].text == ASKED_TO_ACT


@pytest.mark.parametrize("seed", range(3))
async def test_a_model_that_knows_nothing_still_acts_validly(town: Any, desk: Any, seed: int) -> None:
    for known in (town, desk):
        agent = ToolGenAgent(
            known.llama(seed), known.tokenizer, known.protocol, max_calls=4, max_tokens=2048, max_thought=8
        )
        with known.world.open(NOW) as place:
            transcript = await agent.run("Text Sid, and what is the weather?", place.call, NOW)
        actions = [turn.text for turn in transcript.turns if turn.kind == "action"]
        assert actions
        assert all(known.index.key(text) for text in actions)
        for place_, turn in enumerate(transcript.turns):
            if turn.kind == "input" and transcript.turns[place_ + 1 :]:
                key = known.index.key(next(t.text for t in transcript.turns[place_::-1] if t.kind == "action"))
                tool = FINISH_TOOL if key == FINISH.key else known.world.tools[key]
                jsonschema.validate(json.loads(turn.text), tool.parameters)
        refusals = [exchange.text for exchange in transcript.episode.log if exchange.status in (400, 404)]
        assert all("inf is no JSON number" in text for text in refusals), "1e999 is JSON, all else has its form"
        with known.world.open(NOW) as place:
            assert await agent.run("Text Sid, and what is the weather?", place.call, NOW) == transcript


async def test_requests_side_by_side_do_not_meet(town: Any) -> None:
    agent = ToolGenAgent(town.llama(1), town.tokenizer, town.protocol, max_calls=2, max_thought=8)
    queries = ["What is the weather in Bonn?", "Where is bread?", "Cancel the fair."]

    async def serve(query: str) -> Transcript:
        with town.world.open(None) as place:
            return await agent.run(query, place.call)

    assert await asyncio.gather(*map(serve, queries)) == [await serve(query) for query in queries]


async def test_left_to_itself_a_model_that_knows_nothing_names_no_tool(town: Any) -> None:
    agent = ToolGenAgent(town.llama(), town.tokenizer, town.protocol, constrained=False, max_calls=2, max_thought=8)
    with town.world.open(None) as place:
        transcript = await agent.run("What is the weather?", place.call)
    assert transcript.unknown == transcript.actions - (transcript.ended == "calls") > 0


def test_episodes_of_a_stream(town: Any) -> None:
    found: list[str] = []
    episodes = list(
        played(
            [scenario(town, *BOTH), scenario(town, ("forecast", {"city": 7}))],
            town.world,
            0,
            lambda *bad: found.append(bad[1]),
        )
    )
    assert len(episodes) == 1
    assert found == ["a call is refused: forecast_for_sky: city: 7 is not of type 'string'"]
    assert isinstance(episodes[0].steps[0], Step)
    assert ASKED_FOR_INPUT


@pytest.mark.parametrize("most", [0, 1, 5, 20])
async def test_what_the_model_writes_is_bounded_by_itself(town: Any, playback: Any, most: int) -> None:
    whole = await Speaking(town, playback, (*CALL, *ANSWER)).run()
    short = await Speaking(town, playback, (*CALL, *ANSWER), max_written=most).run()
    assert (short.ended, short.written) == ("tokens", most)
    assert short.ids == whole.ids[: len(short.ids)]
    enough = await Speaking(town, playback, (*CALL, *ANSWER), max_written=whole.written).run()
    assert enough == whole


async def test_every_turn_is_told_when_it_is_written(town: Any, playback: Any) -> None:
    made = await play(scenario(town, *BOTH), town.world, seed=0)
    row = encode(town.spelling, town.protocol, made, 1024)["input_ids"]
    agent, told = ToolGenAgent(playback(row, len(town.tokenizer)), town.tokenizer, town.protocol), []
    with town.world.open(None) as place:
        transcript = await agent.run(made.query, place.call, on_turn=told.append)
    assert told == [turn for turn in transcript.turns if turn.kind != "given"]
