"""`jobs.ask` with an agent that it serves itself: what is refused, what is kept, that it is taken away; once with the shipped one on Ray."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from jobs import agents, ask, chain
from jobs.asking import Endpoint, placed
from serving.settings import AppArgs
from toolschool.errors import EndpointError


def words(folder: Path, *endpoints: dict[str, Any], **more: Any) -> list[str]:
    given = {"endpoints": json.dumps(endpoints), "agent": "{}", "tasks": "{arithmetic: 4}", **more}
    return [f"output.storage={folder}", "output.name=x", *(f"{key}={value}" for key, value in given.items())]


def metrics(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "x" / "metrics.json").read_text()))


OURS = {"name": "ours", "model": "tinyagent"}
ELSEWHERE = {"name": "other", "model": "m", "url": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize(
    ("endpoint", "more", "said"),
    [
        (OURS, {"agent": "null"}, "endpoints.ours has no url; give it one, or an agent"),
        (ELSEWHERE, {}, "every endpoint has a url, so nobody would ask it"),
        ({**OURS, "model": "gpt"}, {}, "the agent does not answer as gpt; use tinyagent"),
        ({**OURS, "model": "gpt"}, {"agent.model_name": "mine"}, "use mine"),
        (OURS, {"agent.planner": "/no/where"}, "agent.planner: there is no model in /no/where"),
        (OURS, {"agent.models": "{sums: {model: /no/where}}"}, "models.sums: there is no model in /no/where"),
        (OURS, {"agent.key_file": "/no/keys.txt"}, "there is no key file"),
        (OURS, {"cluster.profile": "none"}, "no profile 'none'"),
        ({**OURS, "calls": "own"}, {"tasks": "{desk: 4}"}, "add tasks of gsm8k, svamp, arithmetic"),
        (
            {"name": "sums", "model": "sums"},
            {"agent.models": "{sums: {model: /no/where}}"},
            "sums knows its own tools alone; set calls=own",
        ),
        ({"name": "ste", "model": "tinyagent"}, {"agent.caller": "/no/where"}, "set calls=own"),
    ],
)
def test_mistakes_are_said_before_anything_starts(
    endpoint: dict[str, Any], more: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask.main([*words(tmp_path, endpoint, **more), "--dry-run"]) == 2
    assert said in capsys.readouterr().err


def test_an_agent_and_its_models_are_names_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main([*words(tmp_path, OURS, ELSEWHERE), "--dry-run"]) == 0
    assert "nothing was started" in capsys.readouterr().out


def test_an_agent_gets_no_more_at_a_time_than_it_takes() -> None:
    here = [Endpoint(name=name, model="m", concurrency=n) for name, n in (("a", 32), ("b", 2))]
    there = Endpoint(name="c", model="m", url="http://c/v1")
    found = placed([*here, there], "http://here/v1", most=8)
    assert [(one.url, one.concurrency) for one in found] == [
        ("http://here/v1", 4),
        ("http://here/v1", 2),
        (there.url, 32),
    ]


@pytest.fixture
def serve_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[str]]:
    """`serve_by(server)`: the agent is a chat server of the tests; what became of it."""

    def by(server: Any) -> list[str]:
        seen: list[str] = []

        @contextmanager
        def served(*_: Any) -> Iterator[str]:
            seen.append("up")
            try:
                yield server.url.removesuffix("/v1")
            finally:
                seen.append("down")

        monkeypatch.setattr(ask, "served", served)
        return seen

    return by


def test_answers_are_kept_by_what_the_agent_is_and_not_by_its_address(
    chat_server: Any, serve_by: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server.serving() as first, chat_server.serving() as second:
        given = words(tmp_path, OURS)
        seen = serve_by(first)
        assert ask.main(given) == 0
        assert (seen, len(first.asked)) == (["up", "down"], 8)
        serve_by(second)
        assert ask.main(given) == 0
        assert not second.asked
        monkeypatch.setattr(ask, "weights", lambda args: {"planner": "trained anew"})
        assert ask.main(given) == 0
        assert len(second.asked) == 8
    assert metrics(tmp_path)["ours.arithmetic.right.n"] == 4
    assert json.loads((tmp_path / "x" / "manifest.json").read_text())["inputs"] == {"planner": "trained anew"}


def test_weights_tell_agents_apart(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "toolschool.json").write_text("{}")
        (tmp_path / name / "weights").write_text(name)
    found = agents.weights(AppArgs(planner=str(tmp_path / "one"), adapters={"mine": str(tmp_path / "other")}))
    assert {Path(place).name for place in found} == {"toolrag", "caller", "one", "other"}
    (tmp_path / "one" / "weights").write_text("trained anew")
    again = agents.weights(AppArgs(planner=str(tmp_path / "one"), adapters={"mine": str(tmp_path / "other")}))
    assert {Path(place).name for place in found if found[place] != again[place]} == {"one"}
    assert {Path(place).name for place in agents.weights(AppArgs(caller=str(tmp_path / "one")))} == {"one"}


@pytest.mark.parametrize("where", ["while it comes up", "while it is asked"])
def test_the_agent_is_taken_away_whatever_happens(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import serving.app

    taken: list[str] = []
    started: list[str] = []

    def start(application: Any, host: str, port: int, name: str, route_prefix: str) -> Any:
        started.append(name)
        assert (application, host, port, route_prefix) == ("built", "127.0.0.1", 0, f"/{name}")
        if where == "while it comes up":
            raise EndpointError("broken")
        return serving.app.RunningApp("http://127.0.0.1:1/x", name)

    monkeypatch.setattr(serving.app, "build", lambda args: "built")
    monkeypatch.setattr(serving.app, "start", start)
    monkeypatch.setattr(serving.app.RunningApp, "shutdown", lambda app: taken.append(app.name))
    monkeypatch.setattr(agents, "session", lambda cluster, output: nullcontext())
    config = ask.AskConfig(
        endpoints=(Endpoint(**OURS),), agent=AppArgs(), output={"storage": str(tmp_path), "name": "x"}
    )
    with pytest.raises(EndpointError), agents.served(AppArgs(), config.cluster, config.output):
        raise EndpointError("broken, too")
    assert taken == started
    assert len(taken) == 1


def test_a_step_that_was_stopped_is_asked_again(
    chat_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A chain's `ask`: after a stop it goes on, and when all is answered it is not done again."""
    monkeypatch.setattr(chain, "session", lambda cluster, output: nullcontext())
    with chat_server.serving() as server:
        endpoint = {"name": "ours", "model": "m", "url": server.url, "concurrency": 1}
        step = {"verb": "ask", "set": {"endpoints": [endpoint], "tasks": {"arithmetic": 4}}}
        whole = {"steps": {"asked": step}, "output": {"storage": str(tmp_path), "name": "run"}}
        given = [f"{key}={json.dumps(value)}" for key, value in whole.items()]
        server.refuse = lambda number, count: (403, {}, {}) if len(server.asked) > 4 else None
        assert chain.main(given) == 2
        assert "step asked: not everything was asked" in capsys.readouterr().err
        server.refuse = lambda number, count: None
        assert chain.main(given) == 0
        assert len(server.asked) == 9
        assert chain.main(given) == 0
        assert "asked: ask, finished before" in capsys.readouterr().out
        assert len(server.asked) == 9
    made = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert made["metrics"]["asked.ours.arithmetic.right"] == 1
    assert made["metrics"]["asked.ours.arithmetic.right.n"] == 4


@pytest.mark.cluster
def test_the_shipped_agent_is_asked_where_it_is_served(
    ray_cluster: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ray import serve

    given = words(tmp_path, OURS, {**OURS, "name": "own", "calls": "own"}, tasks="{desk: 2, arithmetic: 1}", turns=4)
    assert ask.main(given) == 0, capsys.readouterr().err
    found = metrics(tmp_path)
    assert (found["ours.desk.right.n"], found["ours.arithmetic.right.n"], found["own.arithmetic.right.n"]) == (2, 1, 1)
    assert found["ours.refused"] == found["own.refused"] == 0
    assert 0 <= found["ours.desk.right.low"] <= found["ours.desk.right"] <= found["ours.desk.right.high"] <= 1
    assert found["ours.requests"] >= 3
    assert found["ours.prompt_tokens"] > 0
    assert found["ours.completion_tokens"] > 0
    assert 0 < found["ours.seconds.p50"] < 60
    assert not serve.status().applications, "nothing is left running"
