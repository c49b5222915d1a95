"""A model behind a server that answers as vLLM does writes what the same model writes in this process, and what goes wrong is told."""

import importlib.util
import threading
import time
import traceback
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import ModelError
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.endpoint_engine import EndpointEngine, served_model
from toolschool.models.engines import TransformersEngine
from toolschool.tools.desk import desk_catalog

TESTS = Path(__file__).parents[2]
QUERIES = ("Text Sid that I am late", "Create a note called Groceries", "Remind me to call Mom tomorrow at 3pm")
PROMPTS = ["<tools> send_sms<query>late<plan>", "Create a note", "7"]
WORDS = 'start: WORD (" " WORD)* "."\nWORD: /[a-z]{1,5}/'


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(Path(path).stem, TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return load("serving/tiny_models.py").save_planner(tmp_path_factory.mktemp("planner"))


@pytest.fixture(scope="module")
def local(folder: Path) -> TransformersEngine:
    return TransformersEngine.load(folder)


@pytest.fixture
def fake(local: TransformersEngine) -> Any:
    return load("fake_vllm.py").FakeVLLM(local.model, local.tokenizer)


@pytest.fixture
def url(fake: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with load("serving/server.py").running(fake.app()) as url:
        yield f"{url}/v1"


def test_texts_are_those_of_this_process(local: TransformersEngine, folder: Path, fake: Any, url: str) -> None:
    engine = EndpointEngine.load(folder, url)
    assert engine.name == "tiny"
    for grammars in (None, [WORDS, 'start: "<" /[0-9]{3}/ ">"', WORDS]):
        here = local.generate(PROMPTS, max_new_tokens=40, grammars=grammars)
        there = engine.generate(PROMPTS, max_new_tokens=40, grammars=grammars)
        assert there == here
        for prompt, grammar, one in zip(PROMPTS, grammars or [None] * 3, here, strict=True):
            pieces = list(engine.stream(prompt, max_new_tokens=40, grammar=grammar))
            assert "".join(pieces) == one.text
    sent = fake.asked[-1]
    assert sent["prompt"] == local.tokenizer(PROMPTS[-1], add_special_tokens=False)["input_ids"]
    assert (sent["temperature"], sent["repetition_penalty"]) == (0.0, 1.0)
    assert sent["structured_outputs"] == {"grammar": WORDS}
    assert {one.truncated for one in here} == {True, False}, "both ends of a text should be seen"


def test_plans_are_those_of_this_process(folder: Path, url: str) -> None:
    catalog = desk_catalog()
    here = Planner.load(folder, catalog)
    there = Planner.load(folder, catalog, open_engine=partial(EndpointEngine.load, url=url, name="tiny"))
    here._limit = there._limit = 50
    tools = ("send_sms", "create_note", "create_reminder", "get_phone_number")
    requests = [PlanRequest(query, tools, datetime(2026, 3, 2, 9)) for query in QUERIES]
    assert there.plan_many(requests) == here.plan_many(requests)
    plans = ["".join(here.stream(request)) for request in requests]
    assert ["".join(there.stream(request)) for request in requests] == plans
    assert all(len(plan) > 40 for plan in plans), plans


def test_prompts_go_out_side_by_side(local: TransformersEngine, fake: Any, url: str) -> None:
    engine = EndpointEngine(url, "tiny", local.tokenizer)
    fake.pause_s = 0.2
    began = time.monotonic()
    engine.generate(["7"] * 12, max_new_tokens=5, grammars=["start: /[0-9]{20}/"] * 12)
    assert time.monotonic() - began < 12 * 5 * 0.2 / 2


def test_closing_the_stream_closes_the_connection(local: TransformersEngine, fake: Any, url: str) -> None:
    engine = EndpointEngine(url, "tiny", local.tokenizer)
    fake.pause_s = 0.02
    stream = engine.stream("7", max_new_tokens=5000, grammar="start: /[0-9]{9999}/")
    assert next(stream).isdigit()
    assert fake.left == 0
    stream.close()
    ends = time.monotonic() + 20
    while not fake.left:
        assert time.monotonic() < ends, "the server goes on writing"
        time.sleep(0.02)


def test_pieces_come_while_the_text_is_written(local: TransformersEngine, fake: Any, url: str) -> None:
    engine = EndpointEngine(url, "tiny", local.tokenizer)
    fake.pause_s = 0.1
    came = [time.monotonic() for _ in engine.stream("7", max_new_tokens=8, grammar="start: /[0-9]{20}/")]
    assert came[-1] - came[0] > 0.3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"knows_grammars": False}, "does not keep to the grammar.*--structured-outputs-config.backend guidance"),
        ({"refuses_grammars": True}, "takes no such grammar.*--structured-outputs-config.backend guidance"),
        ({"gives_ids": False}, "gives no token ids"),
        ({"names": ["a", "b"]}, "serves a, b; say which"),
        ({"names": []}, "lists no models"),
        ({"breaks_after": 3}, "does not answer as it should|broke off"),
        ({"key": "right"}, r"refuses the key \(401\); set OPENAI_API_KEY"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_told_when_it_is_opened(folder: Path, fake: Any, url: str, wrong: Any, said: str) -> None:
    vars(fake).update(wrong)
    with pytest.raises(ModelError, match=said) as error:
        EndpointEngine.load(folder, url)
    assert url in str(error.value)
    assert "\n" not in str(error.value)


def test_a_grammar_that_is_left_on_the_way_is_noticed(local: TransformersEngine, fake: Any, url: str) -> None:
    engine = EndpointEngine(url, "tiny", local.tokenizer)
    fake.knows_grammars = False
    with pytest.raises(ModelError, match="does not keep to the grammar"):
        list(engine.stream("7", max_new_tokens=10, grammar='start: "never this"'))
    with pytest.raises(ModelError, match="does not keep to the grammar"):
        engine.generate(PROMPTS, max_new_tokens=10, grammars=['start: "never this"'] * 3)
    engine.generate(PROMPTS, max_new_tokens=5)


def test_other_errors_are_one_line(local: TransformersEngine, fake: Any, url: str) -> None:
    for name, address, said in (("gone", url, "no model gone"), ("tiny", f"{url}/v1", "404")):
        with pytest.raises(ModelError, match=said):
            EndpointEngine(address, name, local.tokenizer).generate(["7"], max_new_tokens=1)
    with pytest.raises(ModelError, match="404"):
        served_model(url.removesuffix("/v1"))
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9/v1 does not answer"):
        served_model("http://127.0.0.1:9/v1")


def test_the_key_is_sent_and_never_told(
    local: TransformersEngine, fake: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.key = "sk-right"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
    assert served_model(url) == "tiny"
    fake.names = ["tiny sk-right", "b"]
    with pytest.raises(ModelError, match="no model"):
        EndpointEngine(url, "gone", local.tokenizer).generate(["7"], max_new_tokens=1)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    with pytest.raises(ModelError, match="refuses the key") as error:
        served_model(url)
    assert "sk-" not in "".join(traceback.format_exception(error.value)), "the server repeated it"


def test_a_server_that_says_nothing_is_given_up(
    local: TransformersEngine, fake: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolschool.models.endpoint_engine.SILENCE_S", 0.5)
    fake.pause_s = 5.0
    with pytest.raises(ModelError, match="says nothing"):
        list(EndpointEngine(url, "tiny", local.tokenizer).stream("7", max_new_tokens=3))


def test_threads_share_an_engine(local: TransformersEngine, url: str) -> None:
    engine = EndpointEngine(url, "tiny", local.tokenizer)
    (alone,) = local.generate(["7"], max_new_tokens=10)
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append("".join(engine.stream("7", max_new_tokens=10)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert texts == [alone.text] * 4
