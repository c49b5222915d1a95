"""`jobs.predict`: prediction files that `jobs.evaluate` scores, from a server and from this process, and that a kill does not lose."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request

from jobs import evaluate, predict
from pipelines import files
from toolschool.datasets import ste
from toolschool.errors import ModelError
from toolschool.methods.ste.template import SYSTEM, StePrompt
from toolschool.models.chat import ChatWriter

ROOT = Path(__file__).resolve().parents[2]
PREDICT = ["--config", str(ROOT / "recipes" / "ste" / "predict.yaml")]
SCORE = ["--config", str(ROOT / "recipes" / "ste" / "score.yaml")]
GOLD = {
    "add_date": [
        ("What is nine days from now?", {"days": 9}),
        ("And ten?", {"days": 10}),
        ("In a year?", {"days": 365}),
    ],
    "get_today_date": [("What day is it?", {}), ("Today's date, please", {})],
}
DOCUMENTATION = {
    "add_date": "API_name: add_date\nDescription: Adds days.",
    "get_today_date": "API_name: get_today_date\nDescription: Says the date.",
}


def items_file(folder: Path) -> Path:
    """Five items, one of them with flags of another model's output."""
    content = {
        api: [ste.item_row(query, api, arguments, DOCUMENTATION[api]) for query, arguments in calls]
        for api, calls in GOLD.items()
    }
    content["add_date"][0] |= {"model_output": "old", "err": 1, "args_correct": 0}
    file = folder / "items.json"
    file.write_text(json.dumps(content))
    return file


def answering(asked: list[dict[str, Any]]) -> FastAPI:
    """A server that knows the right calls, and runs on after them."""
    app, calls = FastAPI(), {query: (api, arguments) for api, known in GOLD.items() for query, arguments in known}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> dict[str, Any]:
        body = await request.json()
        asked.append(body)
        query = body["messages"][-1]["content"].strip().rpartition("User Query: ")[2]
        api, arguments = calls[query]
        said = f"Action: {api}\nAction Input: {json.dumps(arguments)}\nObservation: made up"
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
        return {"id": "x", "object": "chat.completion", "created": 0, "model": "knows", "choices": [choice]}

    return app


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    asked: list[dict[str, Any]] = []
    server = uvicorn.Server(uvicorn.Config(answering(asked), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1", asked
    server.should_exit = True
    thread.join()


def words(tmp_path: Path, *more: str) -> list[str]:
    return [*PREDICT, f"data.path={items_file(tmp_path)}", f"output.storage={tmp_path}", "output.name=mine", *more]


def predictions(tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    return json.loads((tmp_path / "mine" / "predictions.json").read_text())


@pytest.mark.parametrize("mode", ["trained", "documented", "demonstrated"])
def test_what_a_server_writes_is_scored(mode: str, served, tmp_path: Path) -> None:
    url, asked = served
    asked.clear()
    more = {
        "trained": ["template.wrapper=chat"],
        "documented": [],
        "demonstrated": [f"examples.pool={tmp_path / 'pool.json'}"],
    }[mode]
    pool = [ste.item_row(f"In {word} weeks?", "add_date", {"days": 7}, "") for word in ("two", "three")]
    (tmp_path / "pool.json").write_text(
        json.dumps({"add_date": [*pool, json.loads(items_file(tmp_path).read_text())["add_date"][1]]})
    )
    assert predict.main(words(tmp_path, f"url={url}", "model=knows", f"mode={mode}", *more)) == 0
    found = predictions(tmp_path)
    assert {api: [row["query"] for row in rows] for api, rows in found.items()} == {
        api: [query for query, _ in calls] for api, calls in GOLD.items()
    }
    first = found["add_date"][0]
    assert first == {
        **ste.item_row(first["query"], "add_date", {"days": 9}, DOCUMENTATION["add_date"]),
        "model_output": first["model_output"],
    }
    assert first["model_output"] == 'Action: add_date\nAction Input: {"days": 9}'
    turns = [body["messages"][-1]["content"] for body in asked]
    assert all(("API_name: add_date" in turn) is (mode != "trained") for turn in turns)
    assert all(("In two weeks?" in turn) is (mode == "demonstrated") for turn in turns)
    assert sum("And ten?" in turn for turn in turns) == 1, "what is asked is no example of another"
    assert {body["messages"][0]["role"] for body in asked} == {"system"}
    assert (asked[0]["messages"][0]["content"] == SYSTEM) is (mode == "trained")
    scores = ["output.name=scores", f"output.storage={tmp_path}", f"data.path={tmp_path / 'mine' / 'predictions.json'}"]
    assert evaluate.main([*SCORE, *scores]) == 0
    metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
    assert (metrics["strict.correct"], metrics["legacy.correct"], metrics["strict.items"]) == (100.0, 100.0, 5)


def test_a_run_that_was_killed_goes_on_where_it_stopped(tmp_path: Path, monkeypatch, capsys) -> None:
    written: list[str] = []

    def generate(self: ChatWriter, prompts: list[str], *, max_new_tokens: int, stop: tuple[str, ...]) -> list[Any]:
        if len(written) >= limit:
            raise ModelError("the server is gone")
        written.extend(prompts)
        return [type("Made", (), {"text": f"to {prompt}"}) for prompt in prompts]

    monkeypatch.setattr(ChatWriter, "generate", generate)
    asked = words(tmp_path, "url=http://127.0.0.1:1/v1", "model=x", "template.wrapper=chat", "batch_size=2")
    limit = 2
    assert predict.main(asked) == 2
    assert "the server is gone" in capsys.readouterr().err
    assert not (tmp_path / "mine" / "predictions.json").exists()
    limit = 99
    assert predict.main([*asked, "batch_size=1"]) == 0
    assert sorted(written) == sorted(query for calls in GOLD.values() for query, _ in calls), "each is asked once"
    assert all(row["model_output"] == f"to {row['query']}" for rows in predictions(tmp_path).values() for row in rows)
    assert predict.main(asked) == 0
    assert len(written) == 5, "nothing is missing"
    assert predict.main([*asked, "max_new_tokens=9"]) == 0
    assert len(written) == 10, "other settings begin anew"


def test_a_model_in_this_process_is_asked_as_it_was_trained(tmp_path: Path) -> None:
    from toolschool.models.engines import TransformersEngine

    assert (
        predict.main(
            words(tmp_path, "model=assets/nano", "template.wrapper=plain", "max_new_tokens=12", "batch_size=1")
        )
        == 0
    )
    engine, template = TransformersEngine.load("assets/nano"), StePrompt(wrapper="plain")
    for row in predictions(tmp_path)["add_date"]:
        (made,) = engine.generate(
            [template.prompt(row["query"], engine.tokenizer)], max_new_tokens=12, stop=predict.STOPS
        )
        assert row["model_output"] == made.text


def test_the_template_comes_with_the_model(tmp_path: Path, monkeypatch) -> None:
    from toolschool.methods.ste.inference import Inference, template_of

    card = {"method": "ste", "template": {"wrapper": "plain", "tools": "token", "system": "S"}}
    (tmp_path / "toolschool.json").write_text(json.dumps(card))
    assert template_of(Inference(), str(tmp_path)) == StePrompt(wrapper="plain", tools="token", system="S")
    assert template_of(Inference(template=StePrompt()), str(tmp_path)) == StePrompt()


def test_malformed_items_go_to_quarantine(served, tmp_path: Path) -> None:
    asked = words(tmp_path, f"url={served[0]}", "model=knows", "template.wrapper=chat", "data.limit=1")
    file = tmp_path / "items.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "add_date": ["no item", *content["add_date"]]}))
    assert predict.main(asked) == 0
    assert [len(rows) for rows in predictions(tmp_path).values()] == [1, 1]
    (row,) = files.read_rows(str(tmp_path / "mine" / "quarantine"))
    assert row["id"] == "add_date/0"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["data.path=/none.json"], "is no file"), (["model=assets/tinyagent/planner"], "is of another method"),
        (["model=assets/nano"], "does not say how its rows were rendered"), (["model=runs/none"], "no model in runs/none"),
        (["mode=documented", "model=runs/none"], "no model in runs/none"),
        (["mode=demonstrated", "examples.pool=/none"], "examples.pool: /none is no file"),
        (["mode=documented", "model=assets/nano", "max_new_tokens=1020"], "lower documents.count"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(more: list[str], said: str, tmp_path: Path, capsys) -> None:
    assert predict.main(words(tmp_path, *more)) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("python -m jobs.predict")]
    assert len(errors) == 1
    assert said in errors[0]


def test_settings_that_do_not_fit_the_mode_are_refused(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit):
        predict.main(words(tmp_path, "documents.count=3"))
    assert "mode=trained has neither documents nor examples" in capsys.readouterr().err
