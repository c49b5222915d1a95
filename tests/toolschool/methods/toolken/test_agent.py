"""The two modes on a model that follows a script: splicing, fallback, digits, the baseline, many biases; on a real one, the plain model again."""

import copy
import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ModelError, ToolError
from toolschool.methods.toolken.agent import HeadCall, ToolkenAgent
from toolschool.methods.toolken.calibration import replies_over
from toolschool.methods.toolken.prompts import Prompts
from toolschool.models.tool_head import ToolHead

ALPHABET = [chr(code) for code in range(32, 127)] + ["\n", "</s>"]
TOOLS = ["add", "divide", "remainder"]
PROMPTS = Prompts(context="C: ", tools={"add": "D add: "})
Script = Callable[[str], tuple[str, dict[str, float]]]  # text so far -> next character, tools' logits


@functools.cache
def characters() -> Any:
    """A tokenizer of single characters."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({sign: number for number, sign in enumerate(ALPHABET)}, unk_token="x"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="</s>")


class Scripted:
    """A causal LM whose next character and hidden state follow a script; its cache is the text so far."""

    device = torch.device("cpu")
    config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(hidden_size=len(TOOLS)))

    def __init__(self, script: Script) -> None:
        self.script = script

    def eval(self) -> "Scripted":
        return self

    def __call__(self, input_ids: Any, past_key_values: Any = None, **_: Any) -> Any:
        text = copy.deepcopy(past_key_values or []) + [ALPHABET[i] for i in input_ids[0].tolist()]
        said, tools = self.script("".join(text))
        logits = torch.zeros(1, 1, len(ALPHABET))
        logits[0, 0, ALPHABET.index(said)] = 5.0
        logits[0, 0, ALPHABET.index("x")] = 1.0  # the second best word
        state = torch.tensor([[[tools.get(name, -9.0) for name in TOOLS]]])
        return SimpleNamespace(past_key_values=text, logits=logits, hidden_states=[state])


def agent(script: Script, run: dict[str, Callable[[str], str]] | None = None, **how: Any) -> ToolkenAgent:
    head = ToolHead(TOOLS, len(TOOLS))
    with torch.no_grad():
        head.weight.copy_(torch.eye(len(TOOLS)))
    tools: dict[str, Callable[[str], str]] = {name: (lambda written, name=name: f"{name}!") for name in TOOLS}
    return ToolkenAgent(Scripted(script), characters(), head, {**tools, **(run or {})}, PROMPTS, **how)


def sums(tools: dict[str, float]) -> Script:
    """Writes `=`, where tools score as given, then a blank, `ok` and a new line; in tool mode `2, 3)`."""

    def script(text: str) -> tuple[str, dict[str, float]]:
        if "<" in text.rpartition("A:")[2] and "(" in text.rpartition("<")[2] and ")" not in text.rpartition("<")[2]:
            return "2, 3)"[len(text.rpartition("(")[2])], {}
        said = text.rpartition("A:")[2]
        if said == "":
            return "=", {}
        if said == "=":
            return "7", tools
        return {"k": "\n", "o": "k"}.get(said[-1], "o"), {}

    return script


def test_a_call_is_spliced_and_never_read() -> None:
    seen: list[str] = []

    def add(written: str) -> str:
        seen.append(written)
        return "5"

    reply = agent(sums({"add": 9.0}), {"add": add}).answer("2+3?")
    assert seen == ["2, 3"]
    assert reply.text == "=5ok"
    assert reply.calls == (HeadCall("add", "2, 3", "5", None),)
    assert reply.finished


def test_without_tools_the_same_loop_writes_words() -> None:
    reply = agent(sums({"add": 9.0})).answer("2+3?", disabled=True)
    assert (reply.text, reply.calls, reply.proposals) == ("=7ok", (), ())


def test_a_tool_less_likely_than_a_word_is_not_called() -> None:
    assert agent(sums({"add": 4.9})).answer("2+3?").calls == ()


def test_a_call_that_fails_gives_way_to_the_next_best_tool_and_then_to_the_word() -> None:
    def refuse(written: str) -> str:
        raise ToolError("no")

    reply = agent(sums({"add": 9.0, "divide": 8.0}), {"add": refuse}).answer("2+3?")
    assert [(call.tool, call.result, call.error) for call in reply.calls] == [
        ("add", None, "no"),
        ("divide", "divide!", None),
    ]
    assert reply.text == "=divide!ok"
    alone = agent(sums({"add": 9.0}), {"add": refuse}).answer("2+3?")
    assert alone.text == "=7ok"


def test_no_digit_follows_a_result_at_once() -> None:
    def script(text: str) -> tuple[str, dict[str, float]]:
        said, tools = sums({"add": 9.0})(text)
        return ("4", tools) if text.endswith("=5") else (said, tools)

    assert agent(script, {"add": lambda written: "5"}).answer("?").text == "=5xok"


def test_a_call_that_never_closes_is_a_failure_of_bounded_length() -> None:
    def script(text: str) -> tuple[str, dict[str, float]]:
        return ("1", {}) if "<add>(" in text else sums({"add": 9.0})(text)

    reply = agent(script, max_argument_tokens=6).answer("?")
    assert [(call.argument, call.error) for call in reply.calls] == [("111111", "the call never closes")]
    assert reply.text == "=7ok"


def test_calls_are_bounded_and_the_length_too() -> None:
    def script(text: str) -> tuple[str, dict[str, float]]:
        said, _ = sums({})(text)
        return (said, {}) if "<add>(" in text.rpartition("\n")[2] and said in "2, 3)" else ("-", {"add": 9.0})

    reply = agent(script, max_calls=2, max_new_tokens=30).answer("?")
    assert sum(call.result is not None for call in reply.calls) <= 2
    assert not reply.finished


def test_a_reranker_may_choose_another_tool_or_none() -> None:
    asked: list[Any] = []

    def rerank(candidates: Any, text: str) -> str | None:
        asked.append((list(candidates), text))
        return "divide" if "other" in text else None

    mine = agent(sums({"add": 9.0, "divide": 2.0}), rerank=rerank)
    assert mine.answer("none").text == "=7ok"
    assert mine.answer("other").text == "=divide!ok"
    assert asked[0] == (["add", "divide", "remainder"], "C: Q: none\nA:=")
    assert [proposal.chosen for proposal in mine.answer("other").proposals] == ["divide"]


def test_a_reranker_is_asked_where_a_tool_is_near_and_never_twice_about_one_that_failed() -> None:
    asked: list[list[str]] = []

    def rerank(candidates: Any, text: str) -> str | None:
        asked.append(list(candidates))
        return str(candidates[0])

    def refuse(written: str) -> str:
        raise ToolError("no")

    near = sums({"add": 4.0, "divide": 3.5, "remainder": 2.0})  # the word has 5
    assert agent(near, {"add": refuse}, rerank=rerank, slack=2.0).answer("q").text == "=divide!ok"
    assert asked == [["add", "divide", "remainder"], ["divide", "remainder"]]
    assert agent(near, rerank=rerank).answer("q").text == "=7ok"


def test_earlier_calls_are_written_out_in_tool_mode() -> None:
    read: list[str] = []

    def script(text: str) -> tuple[str, dict[str, float]]:
        read.append(text)
        said, tools = sums({"add": 9.0})(text)
        if text.endswith("A:=5"):
            return "+", {}
        return ("9", {"divide": 9.0}) if text.endswith("A:=5+") else (said, tools)

    agent(script, {"add": lambda written: "5"}).answer("q")
    assert any(text.endswith("C: Q: q\nA:=<add>(2, 3)=5+<divide>(") for text in read)
    assert any(text.startswith("D add: Q: q\nA:=<add>(") for text in read)


def test_no_solved_examples_are_needed() -> None:
    mine = agent(sums({"add": 9.0}), {"add": lambda written: "5"})
    mine.prompts = Prompts()
    assert mine.answer("q").text == "=5ok"


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ModelError, match="add, which is no tool here"):
        ToolkenAgent(Scripted(sums({})), characters(), ToolHead(TOOLS, 3), {}, PROMPTS)
    with pytest.raises(ModelError, match="use its own model"):
        ToolkenAgent(Scripted(sums({})), characters(), ToolHead(TOOLS, 7), dict.fromkeys(TOOLS, str), PROMPTS)


@pytest.mark.parametrize("disabled", [True, False])
def test_nothing_but_the_plain_model_is_left_without_tools_or_with_a_silent_head(disabled: bool) -> None:
    from toolschool.models.backbone import open_model

    model, tokenizer = open_model("assets/nano")
    head = ToolHead(TOOLS, model.config.hidden_size)
    with torch.no_grad():
        head.weight.zero_()
        head.bias.fill_(-1e4)
    mine = ToolkenAgent(model, tokenizer, head, dict.fromkeys(TOOLS, str), Prompts(end="$^"), max_new_tokens=24)
    ids = tokenizer(mine.prompts.before("Tom has 3 apples and buys 4. How many?"), return_tensors="pt")["input_ids"]
    plain = model.generate(ids, max_new_tokens=24, do_sample=False, pad_token_id=0)[0, ids.shape[1] :]
    reply = mine.answer("Tom has 3 apples and buys 4. How many?", disabled=disabled)
    assert reply.text == tokenizer.decode(plain, skip_special_tokens=True)


BIASES = [-6.0, -4.5, -1.0, 0.0, 0.5, 3.0, 7.0]


@given(st.lists(st.integers(-48, 96), min_size=3, max_size=3, unique=True), st.booleans())
def test_replies_are_those_of_answering_anew(eighths: list[int], reranked: bool) -> None:
    """Scores are eighths, which are exact whatever the bias."""
    scores = [each / 8 for each in eighths]

    def first(candidates: Any, text: str) -> str | None:
        return str(candidates[-1])

    how: dict[str, Any] = {"rerank": first, "slack": 1.5} if reranked else {}
    script = sums(dict(zip(["add", "divide", "remainder"], scores, strict=True)))
    mine = agent(script, **how)
    for bias, reply in replies_over(mine, "q", BIASES):
        fresh = agent(script, **how)
        fresh.head.bias.fill_(bias)
        wanted = fresh.answer("q")
        assert (reply.text, reply.calls, reply.proposals) == (wanted.text, wanted.calls, wanted.proposals)


def test_a_bias_that_changes_nothing_is_not_decoded() -> None:
    asked = []

    def answer(question: str) -> Any:
        asked.append(float(made.head.bias))
        return SimpleNamespace(more=2.0 if len(asked) == 1 else float("inf"))

    made: Any = SimpleNamespace(head=SimpleNamespace(bias=torch.zeros(())), answer=answer)
    assert [bias for bias, _ in replies_over(made, "q", [3.0, -1.0, 1.0, 2.0])] == [-1.0, 1.0, 2.0, 3.0]
    assert asked == [-1.0, 2.0]


def test_a_reply_knows_how_much_bias_it_bears() -> None:
    """The word has 5; at the call's position a tool has 4, everywhere else -9."""
    assert agent(sums({"add": 4.0})).answer("q").more == pytest.approx(1.0)
    assert agent(sums({"add": 9.0})).answer("q").more == pytest.approx(14.0)


def test_what_is_written_is_told_with_its_calls() -> None:
    told: list[str] = []
    agent(sums({"add": 9.0}), {"add": lambda written: "5"}).answer("2+3?", on_text=told.append)
    assert told == ["=", "=<add>(2, 3)=5", "=<add>(2, 3)=5o", "=<add>(2, 3)=5ok", "=<add>(2, 3)=5ok\n"]
