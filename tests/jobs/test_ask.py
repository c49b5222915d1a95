"""`jobs.ask`: two endpoints side by side, over sockets: what is measured, refused, tried again, paid once, and kept through a kill."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from jobs import ask
from pipelines import files

ROOT = Path(__file__).resolve().parents[2]
TASKS = 30


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch, chat_server: Any) -> Iterator[Any]:
    """`chat(every)`: a server."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with ExitStack() as stack:
        yield lambda every=1_000_000: stack.enter_context(chat_server.serving(every))


def words(folder: Path, *endpoints: dict[str, Any], tasks: int = TASKS, name: str = "x", **more: Any) -> list[str]:
    given = [{"model": "parrot", **endpoint} for endpoint in endpoints]
    return [
        f"endpoints={json.dumps(given)}",
        f"tasks={json.dumps({'arithmetic': tasks})}",
        f"output.storage={folder}",
        f"output.name={name}",
        *(f"{key}={value}" for key, value in more.items()),
    ]


def metrics(folder: Path, name: str = "x") -> dict[str, Any]:
    return dict(json.loads((folder / name / "metrics.json").read_text()))


def runs(folder: Path, name: str = "x") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name / "runs.jsonl").read_text().splitlines()]


PRICED = {"prompt_price": 10, "completion_price": 100}  # a request costs 100 x 10 + 10 x 100 = 0.002


def test_two_endpoints_side_by_side(
    chat: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAID_KEY", "sk-secret-0123456789")
    ours, paid = chat(3), chat()
    paid_one = {"name": "paid", "url": paid.url, "key_env": "PAID_KEY", "concurrency": 3, **PRICED}
    given = words(tmp_path, {"name": "ours", "url": ours.url}, paid_one)
    assert ask.main(given) == 0
    found = metrics(tmp_path)
    assert found["ours.arithmetic.right"] == pytest.approx(20 / TASKS)
    assert found["paid.arithmetic.right"] == 1
    assert found["paid.arithmetic.right.low"] == pytest.approx(0.886, abs=0.002)  # Wilson, 30 of 30
    assert found["paid.requests"] == 2 * TASKS
    assert found["paid.cost"] == pytest.approx(0.002 * 2 * TASKS)
    assert found["ours.cost"] == 0
    assert 0 < found["ours.seconds.p50"] <= found["ours.seconds.p95"] < 30
    assert found["ours.arithmetic.precision"] is None
    said = capsys.readouterr().out
    assert "paid less ours" in said
    assert "+33.3" in said
    assert paid.keys == {"Bearer sk-secret-0123456789": 2 * TASKS}
    assert set(ours.keys) == {"Bearer none"}  # no key of anybody's goes where none was named
    written = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any("sk-secret" in text for text in written)
    report = (tmp_path / "x" / "report.html").read_text()
    assert "data:image/png;base64" in report
    assert "Tasks done" in report
    assert {(row["endpoint"], row["right"], row["why"]) for row in runs(tmp_path)} == {
        ("ours", True, ""),
        ("ours", False, "another number"),
        ("paid", True, ""),
    }


def test_one_with_tools_of_its_own_is_asked_what_its_text_answers(
    chat: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, own = chat(), chat(4)
    given = words(tmp_path, {"name": "ours", "url": ours.url}, {"name": "own", "url": own.url, "calls": "own"})
    assert ask.main([*given, 'tasks={"desk": 3, "arithmetic": 12}']) == 0
    assert len(own.asked) == 12
    assert not any("tools" in body or "The answer is" in str(body["messages"]) for _, body in own.asked)
    found = metrics(tmp_path)
    assert (found["own.arithmetic.right"], found["own.arithmetic.right.n"]) == (0.75, 12)
    assert (found["own.desk.right"], found["own.desk.right.n"]) == (None, 0)
    assert (found["ours.desk.right"], found["ours.desk.right.n"]) == (0, 3)
    assert (found["own.requests"], found["own.readable"]) == (12, 1)
    made = json.loads((tmp_path / "x" / "manifest.json").read_text())
    assert made["counts"]["asked"] == made["counts"]["answered"] == {"ours": 15, "own": 12}
    said = "own has tools of its own and was asked the 12 of 15 tasks that are judged by a text. ours answered 15 of 15"
    assert said in (tmp_path / "x" / "report.html").read_text()
    shown = capsys.readouterr().out
    done = next(line for line in shown.split("Tasks done")[1].splitlines() if "desk" in line)
    assert done.rstrip(" │┃").endswith(" –")
    assert "desk" not in shown.split("own less ours")[1]
    assert {row["why"] for row in runs(tmp_path) if row["endpoint"] == "own"} == {"", "another number, or none"}


def test_without_a_task_in_common_nothing_is_compared(
    chat: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, own = chat(), chat()
    ours.refuse = lambda number, count: (403, {"error": {"message": "no"}}, {})
    one_by_one = {"name": "ours", "url": ours.url, "concurrency": 1}
    given = [
        *words(tmp_path, one_by_one, {"name": "own", "url": own.url, "calls": "own"}),
        "tasks={desk: 2, arithmetic: 2}",
    ]
    assert ask.main(given) == 2
    found = metrics(tmp_path)
    assert (found["ours.desk.right.n"], found["ours.arithmetic.right.n"], found["own.arithmetic.right.n"]) == (2, 0, 2)
    assert "own less ours" not in capsys.readouterr().out
    ours.refuse = lambda number, count: None
    assert ask.main(given) == 0
    assert "own less ours" in capsys.readouterr().out


def test_what_was_answered_is_not_asked_again(chat: Any, tmp_path: Path) -> None:
    server = chat(4)
    given = words(tmp_path, {"name": "ours", "url": server.url})
    assert ask.main(given) == 0
    first, asked = metrics(tmp_path), len(server.asked)
    assert ask.main(given) == 0
    assert (metrics(tmp_path), len(server.asked)) == (first, asked)
    assert ask.main(words(tmp_path, {"name": "ours", "url": server.url}, tasks=TASKS + 5)) == 0
    assert len(server.asked) <= asked + 2 * (TASKS + 5)  # the draw is another one where more are generated
    assert ask.main([*given, "temperature=0.5"]) == 0  # asked in another way: asked anew
    assert len(server.asked) >= 2 * asked


def test_refusals_of_now_are_tried_again_and_those_of_one_request_count(chat: Any, tmp_path: Path) -> None:
    server = chat()

    def refuse(number: int, count: int) -> Any:
        if number % 5 == 0:
            return 400, {"error": {"message": "this one is too long", "code": "context_length_exceeded"}}, {}
        if count == 1:
            return (429, {"error": {"message": "slow down"}}, {"Retry-After": "0.01"}) if number % 2 else (500, {}, {})
        return None

    server.refuse = refuse
    assert ask.main(words(tmp_path, {"name": "ours", "url": server.url})) == 0
    refused = [row for row in runs(tmp_path) if not row["right"]]
    assert refused
    assert all("this one is too long" in row["why"] for row in refused)
    assert metrics(tmp_path)["ours.refused"] == len(refused)
    assert metrics(tmp_path)["ours.arithmetic.right.n"] == TASKS
    assert metrics(tmp_path)["ours.readable"] == pytest.approx(1 - len(refused) / TASKS)


def test_the_money_ends_and_a_larger_purse_goes_on(
    chat: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = chat()
    endpoint = {"name": "paid", "url": server.url, "concurrency": 2, **PRICED}
    assert ask.main(words(tmp_path, {**endpoint, "max_cost": 0.06}, max_tokens=100)) == 2
    said = capsys.readouterr().err
    assert "paid: the budget is spent" in said
    assert "raise its max_cost and run again" in said
    found, asked = metrics(tmp_path), len(server.asked)
    assert 0 < found["paid.arithmetic.right.n"] < TASKS
    assert 0.002 * asked <= 0.06
    assert ask.main(words(tmp_path, {**endpoint, "max_cost": 1}, max_tokens=100)) == 0
    assert metrics(tmp_path)["paid.arithmetic.right.n"] == TASKS
    assert len(server.asked) == 2 * TASKS


def test_one_that_gives_up_leaves_the_other_be(chat: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = chat(), chat()
    bad.refuse = lambda number, count: (403, {"error": {"message": "no"}}, {}) if len(bad.asked) > 9 else None
    given = words(tmp_path, *({"name": n, "url": s.url, "concurrency": 4} for n, s in (("good", good), ("bad", bad))))
    assert ask.main(given) == 2
    assert "bad: " in capsys.readouterr().err
    found = metrics(tmp_path)
    assert found["good.arithmetic.right.n"] == TASKS
    assert found["bad.arithmetic.right.n"] < TASKS
    assert len(bad.asked) < 20
    bad.refuse = lambda number, count: None
    assert ask.main(given) == 0
    assert len(good.asked) == 2 * TASKS
    assert metrics(tmp_path)["bad.arithmetic.right"] == 1


def test_a_kill_loses_only_what_is_in_flight(chat: Any, tmp_path: Path, kill_when: Callable[..., None]) -> None:
    server = chat(4)
    given = words(tmp_path, {"name": "ours", "url": server.url, "concurrency": 3})
    server.slow = 0.1
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.ask", *given],
            cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    answers = tmp_path / "x" / "answers" / "ours.jsonl"
    kill_when(process, lambda: answers.exists() and answers.read_bytes().count(b"\n") > 12, tmp_path / "log")
    with answers.open("ab") as file:
        file.write(b'{"key": "torn')
    server.slow = 0.0
    assert ask.main(given) == 0
    assert 2 * TASKS <= len(server.asked) <= 2 * TASKS + 3
    assert not files.exists(str(tmp_path / "y"))
    assert ask.main([*given[:-1], "output.name=y"]) == 0
    rates = [{key: value for key, value in metrics(tmp_path, n).items() if "seconds" not in key} for n in "xy"]
    assert rates[0] == rates[1]


@pytest.mark.parametrize(
    ("endpoint", "more", "said"),
    [
        ({"name": "a/b"}, {}, "must be a plain file name"),
        ({"url": "127.0.0.1:8000"}, {}, "is no address"),
        ({"url": "http://me:secret@127.0.0.1/v1"}, {}, "may hold no secret"),
        ({"max_cost": 1}, {}, "max_cost needs prompt_price"),
        ({}, {"tasks": '{"nothing": 3}'}, "none are made of nothing"),
        ({}, {"tasks": '{"desk": 0}'}, "none are made of nothing"),
        ({}, {"output.storage": "s3://bucket/runs"}, "local or mounted folder"),
        ({"key_env": "NO_SUCH_KEY"}, {}, "names NO_SUCH_KEY, which is not set"),
        ({}, {}, "nobody answers at http://127.0.0.1:9/v1"),
    ],
)
def test_mistakes_are_said_before_anything_is_asked(
    endpoint: dict[str, Any], more: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = words(tmp_path, {"name": "ours", "url": "http://127.0.0.1:9/v1", **endpoint}, tasks=2)
    assert ask.main([*given, *(f"{key}={value}" for key, value in more.items())]) == 2
    assert said in capsys.readouterr().err
