"""Exploration on a real Ray: the set of trials whatever the workers, what goes on, what is refused, who is to blame when workers die."""

import importlib.util
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pipelines import files
from pipelines.collect import write_quarantine
from pipelines.ste import begin, open_sources, refused_rows, tool_marks
from pipelines.ste_queue import DEATHS, ToolQueue
from pipelines.ste_trials import TrialStore, folder_name
from pipelines.ste_workers import Ended
from toolschool.errors import ConfigError, DataError
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.trials import Message, Step, Trial
from toolschool.tools.toolsets import ToolSource

ROOT = Path(__file__).resolve().parents[2]


def _load_example():
    """By path, since tests are no package; workers get its classes by value."""
    from ray import cloudpickle

    spec = importlib.util.spec_from_file_location("ste_example", Path(__file__).with_name("ste_example.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    cloudpickle.register_pickle_by_value(module)
    return module


example = _load_example()


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A file of four tools."""
    example.write_tools(tmp_path / "tools.py", 4)
    return tmp_path / "tools.py"


def on_disk(folder: Path, tools: Path) -> dict[str, Trial]:
    store = TrialStore(str(folder))
    return {trial.id: trial for name in example.names_in(tools) for trial in store.read(name)}


def tables(folder: Path) -> dict[str, Trial]:
    return {row["key"]: Trial.from_json(row["raw"]) for row in files.read_rows(str(folder / "explored"))}


# The queue.


def queue_of(tools: Iterable[str], workers: int, at_once: int) -> ToolQueue:
    queue = ToolQueue(tools, at_once)
    for worker in range(workers):
        queue.joined(worker)
    return queue


def placed(queue: ToolQueue) -> list[tuple[int, str]]:
    found = []
    while place := queue.place():
        found.append(place)
    return found


def test_tools_go_to_the_least_busy_worker_in_their_order() -> None:
    queue = queue_of("abcdef", workers=2, at_once=2)
    assert placed(queue) == [(0, "a"), (1, "b"), (0, "c"), (1, "d")]
    queue.ended(1, "b")
    assert placed(queue) == [(1, "e")]


def test_after_a_death_each_of_its_tools_is_explored_alone_and_only_the_culprit_is_given_up() -> None:
    queue = queue_of(["bad", "good", "other"], workers=1, at_once=3)
    assert len(placed(queue)) == 3
    assert queue.died(0) == []
    assert placed(queue) == [], "nobody is there"
    given_up = []
    order = []
    queue.joined(0)
    while now := placed(queue):
        assert len(now) == 1, "alone"
        tool = now[0][1]
        order.append(tool)
        if tool == "bad":
            given_up += queue.died(0)
            queue.joined(0)
        else:
            queue.ended(0, tool)
    assert order == ["bad", "good", "other", "bad"]
    assert given_up == ["bad"]
    assert queue.deaths["bad"] == DEATHS
    assert queue.deaths["good"] == 1


def test_a_tool_to_be_explored_alone_does_not_hold_up_the_other_workers() -> None:
    queue = queue_of("abcde", workers=2, at_once=1)
    assert placed(queue) == [(0, "a"), (1, "b")]
    queue.died(0)
    queue.joined(0)
    assert placed(queue) == [(0, "c")]
    queue.ended(1, "b")
    assert placed(queue) == [(1, "d")]


# Trials on disk.


def trial(tool: str = "f", episode: int = 1, number: int = 1, **more: object) -> Trial:
    steps = (Step("Action: f", "f", {"x": [1, {"y": None}]}, "1\u20282", True), Step("?", observation="Error: no"))
    given = {"query": "what\n?", "steps": steps, "answer": None, "solved": True, "reflection": "Yes"}
    return Trial(tool=tool, episode=episode, number=number, messages=(Message("user", "é"),), **(given | more))


@pytest.mark.parametrize("as_uri", [False, True])
def test_trials_come_back_in_order_and_whole(tmp_path: Path, as_uri: bool) -> None:
    store = TrialStore(tmp_path.as_uri() if as_uri else str(tmp_path))
    written = [trial(episode=episode, number=number) for episode, number in ((10, 1), (2, 2), (2, 1))]
    for each in written:
        store.write(each)
    assert store.read("f") == written[::-1]
    assert store.read("g") == []
    (tmp_path / "trials" / "f" / "3-1.json.1234.draft").write_text("{")
    assert store.compacted("f") == 0
    assert store.compact("f") == 3 == store.compacted("f")
    assert tables(tmp_path) == {each.id: each for each in written}
    assert [row["steps"] for row in store.rows("f")] == [2, 2, 2]
    assert store.compact("g") == 0
    assert list(store.rows("g")) == []


def test_a_file_that_is_no_trial_is_named(tmp_path: Path) -> None:
    store = TrialStore(str(tmp_path))
    store.write(trial())
    (tmp_path / "trials" / "f" / "1-2.json").write_text('{"tool": "f"}')
    with pytest.raises(DataError, match=r"1-2\.json holds no trial .*; remove it"):
        store.read("f")


def test_any_name_makes_a_folder_of_its_own() -> None:
    names = [
        "get_weather",
        "Tool%%end point",
        "Tool%%end/point",
        "../x",
        "..",
        "ä",
        "ü",
        "n" * 200,
        "n" * 201,
        ".a",
        "_a",
        "a",
    ]
    folders = [folder_name(name) for name in names]
    assert len(set(folders)) == len(names)
    assert folders[0] == "get_weather"
    assert all(name.isascii() and "/" not in name and "%" not in name and name[0] not in "._-" for name in folders)
    assert max(map(len, folders)) <= 100


# What trials depend on.


def test_a_run_is_not_mixed_with_another(tmp_path: Path, tools: Path) -> None:
    _, toolset, _ = open_sources([ToolSource(functions=str(tools))])
    marks, teacher = tool_marks(toolset), {"model": "a"}
    begin(str(tmp_path), ExploreSettings(), teacher, marks)
    begin(str(tmp_path), ExploreSettings(), teacher, {**marks, "new": "1"})
    begin(str(tmp_path), ExploreSettings(), teacher, {"times_2": marks["times_2"]})
    assert json.loads((tmp_path / "explore.json").read_text())["tools"] == {**marks, "new": "1"}
    with pytest.raises(ConfigError, match=r'explore.seed was 0, now 1; teacher.model was "a", now "b"; put them back'):
        begin(str(tmp_path), ExploreSettings(seed=1), {"model": "b"}, marks)
    with pytest.raises(ConfigError, match="the documentation of times_3 has changed"):
        begin(str(tmp_path), ExploreSettings(), teacher, {**marks, "times_3": "other"})


def test_a_source_that_does_not_open_is_told_and_the_others_are_explored(tmp_path: Path, tools: Path) -> None:
    sources = [ToolSource(functions=str(tmp_path / "none.py")), ToolSource(functions=str(tools))]
    good, toolset, refused = open_sources(sources)
    assert good == sources[1:]
    assert list(toolset.catalog.names) == example.names_in(tools)
    write_quarantine(str(tmp_path), "explore", refused_rows(refused))
    (row,) = files.read_rows(str(tmp_path / "quarantine"))
    assert row["id"] == "tools.0"
    assert "none.py" in row["reason"]
    write_quarantine(str(tmp_path), "explore", [])
    assert list(files.read_rows(str(tmp_path / "quarantine"))) == []
    with pytest.raises(DataError, match="no source of tools opens"):
        open_sources(sources[:1])


# On Ray.


@pytest.mark.cluster
def test_any_number_of_workers_finds_the_same_trials_and_a_second_run_asks_nobody(
    tmp_path: Path, tools: Path, ray_cluster: None
) -> None:
    expected = example.undisturbed(tools)
    assert {each.solved for each in expected.values()} == {True, False}
    for workers in (1, 3):
        outcome = example.run(tmp_path / str(workers), tools, example.SeededTeacher(), workers)
        assert on_disk(tmp_path / str(workers), tools) == tables(tmp_path / str(workers)) == expected
        assert {said.how for said in outcome.ended.values()} == {"done"}
    crowded = example.run(tmp_path / "crowded", tools, example.SeededTeacher(), 3, cpus=4.0)
    assert len(crowded.trials) == len(expected), "two of the three workers find no room"
    again = example.run(tmp_path / "1", tools, example.BrokeTeacher(0))
    assert len(again.trials) == len(expected)
    assert not any(found.new for found in again.trials.values())


@pytest.mark.cluster
def test_troubles_end_one_tool_alone_and_the_next_run_goes_on(tmp_path: Path, tools: Path, ray_cluster: None) -> None:
    folder, expected = tmp_path / "run", example.undisturbed(tools)
    outcome = example.run(folder, tools, example.MuteTeacher("times_3"))
    assert outcome.refused == {"times_3": Ended("times_3", "refused", "no answer in 8 tries")}
    assert tables(folder) == {id: each for id, each in expected.items() if each.tool != "times_3"}
    broke = example.run(folder, tools, example.BrokeTeacher(9))
    assert [each.tool for each in broke.unpaid] == ["times_3"]
    assert 0 < len(on_disk(folder, tools)) - 18 < 6
    deaths = tmp_path / "deaths"
    saved = example.run(folder, tools, example.DeadlyTeacher("times_3", deaths, DEATHS - 1))
    assert deaths.read_text() == "x" * (DEATHS - 1)
    assert not saved.refused
    assert on_disk(folder, tools) == tables(folder) == expected


@pytest.mark.cluster
def test_a_tool_that_kills_its_workers_is_given_up_and_no_other(tmp_path: Path, tools: Path, ray_cluster: None) -> None:
    outcome = example.run(tmp_path / "run", tools, example.DeadlyTeacher("times_2", tmp_path / "deaths", 99), 1, 4)
    assert list(outcome.refused) == ["times_2"]
    assert "workers died" in outcome.refused["times_2"].reason
    expected = {id: each for id, each in example.undisturbed(tools).items() if each.tool != "times_2"}
    assert on_disk(tmp_path / "run", tools) == expected


def killed(kill_when: Callable[..., None], folder: Path, tools: Path, after: int, pause_s: float = 0.0) -> int:
    """SIGKILL of a whole exploration, Ray and all, once so many trials are on disk; how many were there then."""
    program = "import ste_example; ste_example.main()"
    command = [sys.executable, "-c", program, str(folder), str(tools), "2", "0.05"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests/pipelines"}
    log = folder.with_suffix(".log")
    with log.open("a") as output:
        process = subprocess.Popen(command, env=environment, start_new_session=True, stderr=output, stdout=output)

    def there() -> int:
        return len(files.list_files(str(folder / "trials"), ".json"))

    kill_when(process, lambda: there() >= after, log, every_s=0.01, pause_s=pause_s)
    return there()


@pytest.mark.cluster
def test_killed_half_way_then_run_again(
    tmp_path: Path, tools: Path, ray_cluster: None, kill_when: Callable[..., None]
) -> None:
    expected = example.undisturbed(tools)
    there = killed(kill_when, tmp_path / "run", tools, after=5)
    assert 5 <= there < len(expected)
    outcome = example.run(tmp_path / "run", tools, example.SeededTeacher())
    assert sum(not found.new for found in outcome.trials.values()) >= there
    assert on_disk(tmp_path / "run", tools) == tables(tmp_path / "run") == expected


@pytest.mark.verify
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(5))
def test_killed_at_random_moments_then_run_again(
    seed: int, tmp_path: Path, tools: Path, ray_cluster: None, kill_when: Callable[..., None]
) -> None:
    """Twice, the second time while it goes on."""
    draw, expected = random.Random(seed), example.undisturbed(tools)
    first = killed(kill_when, tmp_path / "run", tools, after=draw.randrange(12), pause_s=draw.random() * 0.2)
    second = killed(
        kill_when, tmp_path / "run", tools, after=draw.randrange(first, first + 4), pause_s=draw.random() * 0.2
    )
    assert first <= second < len(expected)
    assert on_disk(tmp_path / "run", tools).items() <= expected.items()
    example.run(tmp_path / "run", tools, example.SeededTeacher())
    assert on_disk(tmp_path / "run", tools) == tables(tmp_path / "run") == expected
