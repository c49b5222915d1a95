"""What a model wrote in one turn: a call, a final answer, or something that is neither, with what to tell it.

    read_strict('Action: add_date\\nAction Input: {"days": 90}', names)      # WrittenCall("add_date", {"days": 90}, ...)
    read_published(text, names)                # by the published rules, as exploration upstream reads a reply
    read_published(text, names, ground=True)   # and as the published evaluation does: a wrong name becomes the nearest right one

A reply is `Thought: ..`, `Action: NAME`, `Action Input: {..}`, or `Final Answer: ..`. `read_strict` is for everything new. `read_published` is
bug-compatible with the source (arXiv 2403.04746, its code): braces are stripped from both ends of the arguments and one pair is put back,
so that arguments that end in a nested object are lost and doubled outer braces pass. No text raises; nothing is evaluated as code.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

THOUGHT, ACTION, INPUT, FINAL = "Thought:", "Action:", "Action Input:", "Final Answer:"
OBSERVATION = "Observation"  # the word that ends a reply; what is behind it was made up

SHOWN = 100  # characters of a wrong name that a message repeats

Kind = Literal[
    "no input", "several inputs", "no action", "several actions", "unknown name", "no object", "bad json", "text behind"
]


@dataclass(frozen=True)
class WrittenCall:
    """A call. `source` is the arguments as written; `grounded`: the name was none of the allowed ones and is the nearest now."""

    name: str
    arguments: dict[str, Any]
    source: str
    thought: str = ""
    grounded: bool = False


@dataclass(frozen=True)
class FinalAnswer:
    """The end of a trial: no call."""

    text: str
    thought: str = ""


@dataclass(frozen=True)
class Malformed:
    """Neither. `message` is for the model: what is wrong and what to write instead."""

    kind: Kind
    message: str


Written = WrittenCall | FinalAnswer | Malformed

_MESSAGES: dict[Kind, str] = {
    "no input": "There is no 'Action Input:' in your reply. Write one action and its input, or a final answer.",
    "several inputs": "There are several 'Action Input:' in your reply. Make one call at a time.",
    "no action": "There is no 'Action:' before your 'Action Input:'. Name the API to call.",
    "several actions": "There are several 'Action:' in your reply. Make one call at a time.",
    "unknown name": "There is no API named '{name}'. Use one of: {names}.",
    "no object": "The action input must be one JSON object: begin it with {{ and end it with }}.",
    "bad json": "The action input is not valid JSON: {why}.",
    "text behind": "There is text behind the action input. End your reply with the closing }}.",
}


class _Wrong(Exception):
    """Leaves a parser; never leaves this module."""

    def __init__(self, problem: Malformed) -> None:
        self.problem = problem


def read_strict(text: str, names: Sequence[str]) -> Written:
    """Exactly one call of an API in `names`, or a final answer.

    A name may be written as its added token (`<tool_NAME>`), else it must be exact. Arguments are one JSON object, nested as it likes, without
    repeated keys; behind them may only come turns that the model made up, beginning with `Observation`, `Thought:` or `Final Answer:`.
    """
    try:
        return _strict(text, names)
    except _Wrong as wrong:
        return wrong.problem


def read_published(text: str, names: Sequence[str], *, ground: bool = False) -> Written:
    """As the published code reads. `ground`: added tokens are cleaned up, and a wrong name becomes the nearest of `names`, in their order."""
    try:
        return _published(text, names, ground)
    except _Wrong as wrong:
        return wrong.problem


def token_of(name: str) -> str:
    """The added token of an API."""
    return f"<tool_{name}>"


def name_in(written: str) -> str:
    """A name without the token around it."""
    inside = written.removeprefix("<tool_")
    return inside.removesuffix(">") if inside != written and written.endswith(">") else written


def _strict(text: str, names: Sequence[str]) -> Written:
    left, has_input, right = text.partition(INPUT)
    before, final, answer = left.partition(FINAL)
    if not has_input or final:
        if not final or ACTION in before:
            _wrong("no input")
        return FinalAnswer((answer + has_input + right).strip(), _thought(before))
    thought, written = _halves_of_action(left)
    name = _exact(name_in(written.strip()), names)
    source = right.strip()
    if not source.startswith("{"):
        _wrong("no object")
    arguments, end = _decoded(source)
    _check_end(source[end:].strip())
    return WrittenCall(name, arguments, source[:end], _thought(thought))


def _check_end(rest: str) -> None:
    """Behind a call comes nothing, or what the model makes up of the turns to come; never a second call."""
    own = rest.partition(OBSERVATION)[0]
    if INPUT in own or ACTION in own:
        _wrong("several actions")
    stopped = OBSERVATION.startswith(rest)  # cut off within the word, or nothing at all
    if not stopped and not rest.startswith((OBSERVATION, THOUGHT, FINAL)):
        _wrong("text behind")


def _published(text: str, names: Sequence[str], ground: bool) -> Written:
    pieces = text.strip().split(FINAL)
    if len(pieces) > 1 and INPUT not in pieces[0]:
        return FinalAnswer(pieces[1].strip(), _thought(pieces[0]))
    left, right = map(_cleaned, _halves(pieces[0].strip() if len(pieces) > 1 else text.strip()))
    thought, written = _halves_of_action(left)
    name, grounded = _named(_cleaned(written), names, ground)
    begin, end = right.find("{"), right.rfind("}")
    if begin < 0 or end < begin:
        _wrong("no object")
    source = "{" + right[begin : end + 1].strip("{}") + "}"
    try:
        arguments = json.loads(source)
    except (ValueError, RecursionError) as error:
        _wrong("bad json", why=error)
    return WrittenCall(name, arguments, source, _thought(thought), grounded)


def _named(written: str, names: Sequence[str], ground: bool) -> tuple[str, bool]:
    name = written.replace("<tool_", "").strip("<>") if ground else written
    if name in names:
        return name, False
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.001) if ground else []
    if not near:  # an empty name, or one that shares no letter: upstream ends there with an IndexError
        return _exact(name, names), False
    return near[0], True


def _exact(name: str, names: Sequence[str]) -> str:
    if name not in names:
        _wrong("unknown name", name=name[:SHOWN], names=", ".join(names))
    return name


def _halves(text: str) -> tuple[str, str]:
    """Before and behind the one `Action Input:`."""
    parts = text.split(INPUT)
    if len(parts) != 2:
        _wrong("no input" if len(parts) < 2 else "several inputs")
    return parts[0], parts[1]


def _halves_of_action(text: str) -> tuple[str, str]:
    """Before and behind the one `Action:`."""
    parts = text.split(ACTION)
    if len(parts) != 2:
        _wrong("no action" if len(parts) < 2 else "several actions")
    return parts[0], parts[1]


def _cleaned(text: str) -> str:
    """Without spaces around it and the two characters backslash and n behind it, which models copy from the published prompt."""
    text = text.strip()
    while text.endswith("\\n"):
        text = text[:-2]
    return text.strip()


def _thought(text: str) -> str:
    return text.strip().removeprefix(THOUGHT).strip()


def _decoded(source: str) -> tuple[dict[str, Any], int]:
    """The JSON object that a text begins with, and where it ends."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key comes twice")
        return found

    def number(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON number")

    try:
        return json.JSONDecoder(object_pairs_hook=once, parse_constant=number).raw_decode(source)
    except (ValueError, RecursionError) as error:
        _wrong("bad json", why=error)


def _wrong(kind: Kind, **values: object) -> NoReturn:
    raise _Wrong(Malformed(kind, _MESSAGES[kind].format(**values)))
