"""Answers with calls, by the token: a scripted model says what it must be fed and when."""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from toolschool.errors import ModelError, ToolError
from toolschool.methods.toolformer.calling import Caller, CallRecord
from toolschool.methods.toolformer.inference import Answer, InlineAgent
from toolschool.methods.toolformer.kit.calculator import tool as calculator
from toolschool.methods.toolformer.kit.calendar import tool as calendar
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import InlineTool
from toolschool.methods.toolformer.writing import Spelling
from toolschool.records import Tool

PROMPT = "Three| and| four| are"
CALL = f"{PROMPT}|| [|Calculator|(|3|+|4|)|->|7|]| 7|.|</s>"
LATE = 25  # steps that no short answer takes
DONE = CallRecord("Calculator", "3+4", "7", None)


class Pieces:
    """A tokenizer whose vocabulary is what the scripts are cut into; a text is cut into the longest pieces."""

    eos_token_id = 0
    all_special_tokens = ("</s>",)

    def __init__(self, scripts: Sequence[str], before: str = "") -> None:
        cut = {piece for script in scripts for piece in re.split(r"\|+", script)}
        self.pieces = ["</s>", *sorted({"[", "]", "->", "-", ">", *cut} - {"</s>"})]
        self.pieces += [f" {letter}" for letter in "abcdefghijkl"]  # enough to fill the likeliest ten
        self._longest = re.compile("|".join(map(re.escape, sorted(self.pieces, key=len, reverse=True))))
        self.before = before

    def __len__(self) -> int:
        return len(self.pieces)

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [self.pieces.index(piece) for piece in self._longest.findall(self.before + text)]}

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        return "".join(self.pieces[i] for i in ids)

    def batch_decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        return [self.decode(row) for row in rows]


class Seen:
    """What a scripted model remembers of its rows: token ids and their positions."""

    def __init__(self, ids: torch.Tensor, positions: torch.Tensor) -> None:
        self.ids, self.positions = ids, positions

    def batch_select_indices(self, rows: torch.Tensor) -> None:
        self.ids, self.positions = self.ids[rows], self.positions[rows]


class Scripted:
    """Writes what its scripts, likeliest first, have behind what it sees; another text, or a wrong position, is an error."""

    device = torch.device("cpu")

    def __init__(self, tokenizer: Pieces, scripts: Sequence[str]) -> None:
        self.tokenizer, self.steps, self.late = tokenizer, 0, asyncio.Event()
        self.scripts = [[tokenizer.pieces.index(p) for p in re.split(r"\|+", script)] for script in scripts]
        self.starts = Spelling(tokenizer, Markers()).starts

    def eval(self) -> "Scripted":
        return self

    def __call__(
        self, input_ids: Any, attention_mask: Any, position_ids: Any, past_key_values: Seen | None, **_: Any
    ) -> Any:
        self.steps += 1
        if self.steps == LATE:
            self.late.set()
        seen = past_key_values or Seen(input_ids[:, :0], position_ids[:, :0])
        seen.ids = torch.cat([seen.ids, input_ids], 1)
        seen.positions = torch.cat([seen.positions, position_ids], 1)
        logits = torch.full((len(input_ids), 1, len(self.tokenizer)), -100.0)
        logits[:, :, list(self.starts)] = -1000.0
        for ids, positions, mask, row in zip(seen.ids, seen.positions, attention_mask.bool(), logits, strict=True):
            assert positions[mask].tolist() == list(range(int(mask.sum())))
            text = ids[mask].tolist()
            going_on = list(dict.fromkeys(s[len(text)] for s in self.scripts if s[: len(text)] == text != s))
            # A row that waits for its tool sees what it saw before.
            assert going_on, self.tokenizer.decode(text)
            for rank, token in enumerate(going_on):
                row[0, token] = -float(rank)
        return SimpleNamespace(logits=logits, past_key_values=seen)


def inline(name: str, run: Callable[..., Any], timeout_s: float = 20.0) -> InlineTool:
    schema = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
    return InlineTool(name, Tool(name.lower(), "", schema, run=run, timeout_s=timeout_s), prompt="{text}")


def agent(scripts: Sequence[str], *tools: InlineTool, **settings: int) -> InlineAgent:
    tokenizer = Pieces(scripts)
    return InlineAgent(Scripted(tokenizer, scripts), tokenizer, tools or [calculator()], Markers(), **settings)


def prompt(script: str) -> str:
    return script.partition("||")[0].replace("|", "")


def text(script: str) -> str:
    return script.partition("||")[2].replace("|", "").removesuffix("</s>")


@pytest.mark.parametrize("arrow", ["->", "-|>", ")->", ")-|>"])
def test_a_result_is_put_behind_the_arrow_however_it_is_cut(arrow: str) -> None:
    script = CALL.replace("|)|->|", f"|{arrow if ')' in arrow else f')|{arrow}'}|")
    assert agent([script]).answer([prompt(script)]) == [Answer(text(CALL), (DONE,), True)]


@pytest.mark.parametrize("longer", ["|->(", "|-|>-"])
def test_what_a_token_says_behind_the_arrow_gives_way_to_the_result(longer: str) -> None:
    written = CALL.replace("|->", "|-|>") if longer == "|-|>-" else CALL
    scripts = [CALL.partition("|->")[0] + longer, written]
    assert agent(scripts).answer([prompt(CALL)]) == [Answer(text(CALL), (DONE,), True)]


def test_a_dated_tool_is_told_what_day_it_is() -> None:
    today = "Today is Sunday, March 5, 2000."
    script = f"It| is|| [|Calendar|()|->|{today}|]| Sunday|</s>"
    (answer,) = agent([script], calendar()).answer([prompt(script)], dates=[datetime(2000, 3, 5)])
    assert answer == Answer(text(script), (CallRecord("Calendar", "", today, None),), True)


async def _bad(x: str) -> str:
    raise ToolError("out of order")


async def _bracket(x: str) -> str:
    return f"{x}]"


async def _special(x: str) -> str:
    return f"{x}</s>"


FAILURES = {
    "Is| it||[|Bad|(|3|)|->|]| no|</s>": CallRecord("Bad", "3", None, "out of order"),
    "It| is||[|Bracket|(|3|)|->|]| no|</s>": CallRecord("Bracket", "3", None, "bracket"),
    "Oh||[|Special|(|3|)|->|]|</s>": CallRecord("Special", "3", None, "a marker in the result"),
    "So| is| it||[|Fax|(|3|)|->|]|</s>": CallRecord("Fax", "3", None, "no such tool"),
    "And||[|Fax|->|]|</s>": CallRecord("", "Fax", None, "no call"),
    "Or||[|Bad|([|3|)|->|]|</s>": CallRecord("", "Bad([3)", None, "a marker inside"),
    "But||[|Bad|(|3|)|]|,|</s>": CallRecord("", "Bad(3)", None, "closed without a result"),
    f"If||[|{'9' * 600}|{'8' * 600}|->|]| no|</s>": CallRecord("", "9" * 600 + "8" * 400, None, "too long"),
    "Let||[|Bad|</s>": CallRecord("", "Bad", None, "never closed"),
}


def test_failures_are_noted_and_the_text_goes_on() -> None:
    scripts = [*FAILURES, CALL]
    some = agent(scripts, calculator(), inline("Bad", _bad), inline("Bracket", _bracket), inline("Special", _special))
    answers = some.answer([prompt(script) for script in scripts])
    assert answers[-1].calls == (DONE,)
    for script, answer, expected in zip(FAILURES, answers, FAILURES.values(), strict=False):
        (call,) = answer.calls
        assert (answer.text, answer.finished) == (text(script), True)
        assert (call.tool, call.argument, call.result) == (expected.tool, expected.argument, None)
        assert str(expected.error) in str(call.error)
        assert some.answer([prompt(script)]) == [answer]  # alone as in the batch


def test_a_call_needs_its_marker_among_the_likeliest() -> None:
    plain = f"{PROMPT}|| 7|.|</s>"
    for k, expected in ((1, plain), (2, CALL), (10, CALL)):
        assert agent([plain, CALL], top_k=k).answer([prompt(CALL)])[0].text == text(expected)
    for k, expected in ((0, plain), (1, CALL)):
        assert agent([CALL, plain], top_k=k).answer([prompt(CALL)])[0].text == text(expected)


def test_disabled_nothing_with_a_marker_is_written() -> None:
    scripts = [f"{PROMPT}||([|</s>", f"{PROMPT}||[]|</s>", CALL, f"{PROMPT}|| 7|.|</s>"]
    some = agent(scripts)
    assert some.answer([prompt(CALL)], disabled=True) == [Answer(" 7.", (), True)]
    assert some.answer([prompt(CALL)]) == [Answer(text(CALL), (DONE,), True)]


def test_as_many_calls_as_are_allowed_and_words_between_them() -> None:
    once = f"{CALL.removesuffix('|.|</s>')}| and"
    twice, plain = f"{once}|[|Calculator|(|4|)|->|4|]|.|</s>", f"{once}|.|</s>"
    for allowed, expected in ((1, plain), (2, twice)):
        (answer,) = agent([twice, plain], max_calls=allowed).answer([prompt(CALL)])
        assert (answer.text, len(answer.calls)) == (text(expected), allowed)
    called = CALL.removesuffix("| 7|.|</s>")
    (answer,) = agent([f"{called}| |[|</s>", f"{called}| |.|</s>"], max_calls=2).answer([prompt(CALL)])
    assert answer == Answer(" [Calculator(3+4)->7] .", (DONE,), True)


def test_the_limit_counts_every_token() -> None:
    answers = [agent([CALL], max_new_tokens=n).answer([prompt(CALL)])[0] for n in (3, 8, 9, 20)]
    assert [answer.finished for answer in answers] == [False, False, False, True]
    assert [answer.text[-6:] for answer in answers] == ["lator(", "3+4)->", "+4)->7", ">7] 7."]
    assert [answer.calls[0].error for answer in answers] == ["never closed", "never closed", None, None]


def test_tools_run_together_and_other_rows_go_on_meanwhile() -> None:
    slow = [f"{start}||[|Slow|(|3|)|->|3|]|</s>" for start in ("Is", "Is| it", "So| is| it")]
    busy = "Or||" + "| or" * 30 + "|</s>"
    scripts = [*slow, busy.replace("||| ", "|| ")]
    events = []

    async def run(x: str) -> str:
        events.append("begin")
        await some.model.late.wait()
        events.append("end")
        return x

    some = agent(scripts, inline("Slow", run, timeout_s=60))
    answers = some.answer([prompt(script) for script in scripts])
    assert [answer.text for answer in answers] == [text(script) for script in scripts]
    assert events == ["begin"] * 3 + ["end"] * 3


def test_where_every_row_waits_a_tools_time_limit_ends_it() -> None:
    async def run(x: str) -> str:
        await asyncio.sleep(60)
        return x

    some = agent([f"{PROMPT}||[|Slow|(|3|)|->|]|</s>"], inline("Slow", run, timeout_s=0.05))
    (answer,) = some.answer([prompt(CALL)])
    assert "no answer within 0.05 s" in str(answer.calls[0].error)
    assert some.model.steps == 8  # none while nobody had anything to write


@pytest.mark.parametrize(
    "written",
    [
        "(9**9**9",
        "(__import__('os').system('true')",
        "(" + "9" * 10_000_000,
        "(" * 900,
        "([[[[1]]]]",
        "(1)) + ((2)",
        "",
    ],
)
def test_hostile_calls_cost_milliseconds(written: str) -> None:
    begin = time.perf_counter()
    record = asyncio.run(Caller([calculator()], Markers()).call(f"[Calculator{written})"))
    assert time.perf_counter() - begin < 1
    assert record.result is None
    assert record.error
    assert len(record.argument) <= 1000


def test_a_tokenizer_that_puts_a_space_before_every_text() -> None:
    spelling = Spelling(Pieces(["->|7| 7| ->|]"], before=" "), Markers())
    assert spelling.text(spelling.ids("7]")) == " 7]"
    assert spelling.text(spelling.behind_arrow("7]")) == "7]"


def test_what_cannot_be_answered_is_refused() -> None:
    with pytest.raises(ModelError, match="a prompt is empty"):
        agent([CALL]).answer(["Three", ""])
    with pytest.raises(ModelError, match="eos token"):
        InlineAgent(None, SimpleNamespace(eos_token_id=None), [], Markers())
    assert agent([CALL]).answer([]) == []


def test_one_prompt_tells_what_it_writes_and_nothing_of_it_is_taken_back() -> None:
    some, told = agent([CALL]), []
    answer = asyncio.run(some.reply(prompt(CALL), some.rules, None, told.append))
    assert answer == some.answer([prompt(CALL)])[0]
    assert told[-1] == answer.text
    assert all(later.startswith(earlier) for earlier, later in pairwise(told))
    assert not any("[" in text and "->" not in text for text in told)
    cut = asyncio.run(some.reply(prompt(CALL), some.rules._replace(max_new_tokens=1), None, told.append))
    assert (cut.text, cut.finished, told[-1]) == (" [", False, "")
