"""Tasks of a catalogue by configuration: what is asked where, parts that keep apart, and a playground that survives its files."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build
from toolschool.datasets import registry
from toolschool.datasets.api_docs import from_tool
from toolschool.errors import ConfigError, DataError, ModelError
from toolschool.methods.toolgen.episodes import Episode
from toolschool.methods.toolgen.playground import FAULTS, Playground
from toolschool.methods.toolgen.tasks import CHAINED, MADE_UP, Task, Tasks, list_tasks, play_task, world_of
from toolschool.tools.desk import desk_catalog


@pytest.fixture(scope="module")
def ground(town: Any) -> Playground:
    """The town's APIs and the desk."""
    return Playground([*town.docs, *map(from_tool, desk_catalog())], town.world.apis.values())


def bad(*why: Any) -> None:
    raise AssertionError(why)


def every(ground: Playground, tasks: Tasks, split: Any) -> list[Episode]:
    found = list_tasks(tasks, ground, split, bad)
    return [episode for task in found for episode in play_task(task, ground, lambda *why: None)]


def test_the_same_tools_and_worlds_come_back_from_files(ground: Playground, town: Any, tmp_path: Path) -> None:
    ground.save(tmp_path)
    again = Playground.load(tmp_path)
    assert again.docs == ground.docs
    assert again.desk is not None
    assert [*again.tools] == [*ground.tools]
    assert {name: (api.key, api.parameters, api.answer) for name, api in again.simulated.apis.items()} == {
        name: (api.key, api.parameters, api.answer) for name, api in ground.simulated.apis.items()
    }
    tasks = Tasks(each=3, asked={"desk": 5})
    assert every(again, tasks, "train") == every(ground, tasks, "train")
    with pytest.raises(ModelError, match="knows no tools to call"):
        Playground.load(tmp_path / "elsewhere")


def test_a_desk_is_there_if_the_catalogue_has_all_of_it(town: Any) -> None:
    docs = [*map(from_tool, desk_catalog())]
    assert Playground(town.docs, town.world.apis.values()).desk is None
    assert Playground(docs[:-1], ()).desk is None
    alone = Playground(docs, ())
    assert alone.desk is not None
    assert len(alone.tools) == 16
    assert not list(list_tasks(Tasks(each=4, asked={}), alone, "train", bad)), "the desk has requests of its own"


def test_what_is_asked(ground: Playground) -> None:
    tasks = list(list_tasks(Tasks(each=4, asked={"desk": 6, "written": 3}, seed=2), ground, "train", bad))
    assert Counter(task.kind for task in tasks) == {"desk": 6, "written": 3, MADE_UP: 4, CHAINED: 1}
    assert all(task.seed == 2 for task in tasks)
    again = [Task(**json.loads(task.to_json())) for task in tasks]
    for one, other in zip(tasks, again, strict=True):
        told: list[Any] = []
        episodes = play_task(one, ground, lambda *why, told=told: told.append(why))
        assert play_task(other, ground, lambda *why: None) == episodes
        assert len(episodes) <= one.count
        assert all("calls are more than 4" in reason for _, reason in told)
        world = world_of(one.kind, ground)
        assert world is (ground.desk if one.kind in ("desk", "written") else ground.simulated)
        assert all(key in world.tools for episode in episodes for key in episode.tools)


def test_parts_keep_apart(ground: Playground) -> None:
    tasks = Tasks(each=40, asked={"desk": 30})
    parts = {split: every(ground, tasks, split) for split in ("train", "validation", "test")}
    queries = {split: {episode.query for episode in found} for split, found in parts.items()}
    assert all(queries.values())
    assert len(set.union(*queries.values())) == sum(map(len, queries.values()))
    other = {episode.query for episode in every(ground, tasks.model_copy(update={"seed": 1}), "test")}
    assert other != queries["test"]


def test_some_calls_fail_and_are_put_right(ground: Playground) -> None:
    episodes = every(ground, Tasks(each=60, asked={}), "train")
    log = [exchange for episode in episodes for exchange in episode.log]
    failed = sum(not exchange.ok for exchange in log) / len(log)
    assert 0.5 * (FAULTS.client + FAULTS.server) < failed < 2 * (FAULTS.client + FAULTS.server)
    assert sum(episode.answer is None for episode in episodes) < 0.1 * len(episodes)


def test_without_a_desk_its_requests_are_given_up(town: Any) -> None:
    ground = Playground(town.docs, town.world.apis.values())
    told: list[str] = []
    tasks = list_tasks(Tasks(each=0, asked={"desk": 60}), ground, "train", bad)
    episodes = [e for task in tasks for e in play_task(task, ground, lambda name, reason: told.append(reason))]
    assert {(episode.steps, episode.answer) for episode in episodes} == {((), None)}
    assert len(episodes) + len(told) == 60
    assert all("nothing serves this request" in reason for reason in told)


def test_mistakes_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    Tasks(asked={"desk": 3, "written": 3}).check()
    with pytest.raises(DataError, match="where is tinyagent"):
        Tasks(asked={"tinyagent": 3}).check()
    with pytest.raises(ConfigError, match="asked"):
        build(Tasks, {"asked": {"gsm8k": 3}})


@pytest.mark.data
def test_requests_of_files_are_a_fair_sample(data_root: Path, monkeypatch: pytest.MonkeyPatch, town: Any) -> None:
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(data_root))
    ground = Playground(town.docs, town.world.apis.values())
    for kind in ("tinyagent", "sealtools"):
        rows = [
            row["id"] for row in registry.load(kind, split="validation", purpose="select") if row.get("kind") != "tool"
        ]
        listed = list(list_tasks(Tasks(each=0, asked={kind: 20}), ground, "validation", bad))
        drawn = [task.about["id"] for task in listed]
        assert len(set(drawn)) == 20
        assert set(drawn) <= set(rows)
        assert drawn != rows[:20]


async def test_one_run_may_call_tools_of_both_worlds(ground: Playground) -> None:
    weather = next(key for key in ground.simulated.tools if key[2] == "createEvent")
    note = next(key for key in ground.tools if key[2] == "create_note")
    with ground.open(datetime(2026, 3, 2, 9)) as place:
        before = place.state()
        made = await place.call(weather, {"event_name": "Fair", "city": "Bonn"})
        written = await place.call(note, {"name": "Fair", "content": "in Bonn", "folder": ""})
        assert (made.ok or made.status == 503, written.ok) == (True, True)
        assert place.state()["notes"] != before["notes"]
    with ground.open(datetime(2026, 3, 2, 9)) as place:
        assert place.state() == before
