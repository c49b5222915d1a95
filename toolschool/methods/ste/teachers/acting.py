"""How the embedded teacher acts on a request: a call read from its words, mended after an error, and an answer from the result.

    act(tool, request, turns, rng, clumsiness)     # "Thought: ...\\nAction: ...\\nAction Input: {...}"

Its calls come from `reading.py` alone: it keeps nothing of the request's making. Of first calls a share is clumsy (`flaws`): a value of the
wrong type, an argument forgotten or misnamed, JSON cut off. What the tool says to that is how it finds out.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence

from toolschool.methods.ste.teachers.conversation import Turn, called, failed
from toolschool.methods.ste.teachers.invention.leaves import Leaf, read_leaves
from toolschool.methods.ste.teachers.invention.reading import read_request
from toolschool.methods.ste.teachers.invention.values import completed
from toolschool.records import JsonValue, Tool
from toolschool.tools.simulated.api import words

MAX_ANSWER = 240  # characters of a result in an answer
MOST_LEAVES = 4  # values of a result in an answer
SAME_AGAIN = 2  # times that one call is made: an error may pass
_FIRST = (
    "I call {tool} with what the request says.",
    "{tool} can do this.",
    "The request has all that {tool} needs.",
    "I use {tool}.",
)
_MENDED = (
    "That was not accepted ({why}). I read the request again.",
    "{why}: I put it right.",
    "An error: {why}. Again, as it is documented.",
)
_AGAIN = ("It failed ({why}); it may work now.", "{why}. I try the same once more.")
_TOLD = ("{}", "Here is what came back: {}", "The result: {}", "This is what I found: {}")
_DONE = ("Done.", "It is done.", "That is settled.")
_SORRY = "Sorry, this did not work: {}"


def act(tool: Tool, request: str, turns: Sequence[Turn], rng: random.Random, clumsiness: float) -> str:
    """The next reply of a trial."""
    if turns and not failed(turns[-1].observation):
        return _final("I know the answer now.", answer_from(turns[-1].observation, rng))
    leaves = read_leaves(tool)
    said = read_request(leaves, request)
    right = completed(leaves, said)
    if not turns:
        flawed = list(flaws(leaves, said, right, rng)) if rng.random() < clumsiness else []
        text = rng.choice(flawed) if flawed else _written(right)
        return _call(tool, rng.choice(_FIRST).format(tool=tool.name), text)
    why = _shortly(turns[-1].observation)
    calls = [called(turn.reply, tool.name) for turn in turns]
    made = sum(call is not None and call.arguments == right for call in calls)
    if made == 0:
        return _call(tool, rng.choice(_MENDED).format(why=why), _written(right))
    if made < SAME_AGAIN and not _refused(turns[-1].observation):
        return _call(tool, rng.choice(_AGAIN).format(why=why), _written(right))
    return _final("I cannot get this done.", _SORRY.format(why))


def flaws(
    leaves: Sequence[Leaf], said: Mapping[str, JsonValue], right: Mapping[str, JsonValue], rng: random.Random
) -> Iterator[str]:
    """Ways to get the arguments wrong that a tool with a schema finds out."""
    needed = [leaf for leaf in leaves if leaf.needed and leaf.name in said]
    if needed:
        missing = rng.choice(needed).name
        yield _written({name: value for name, value in right.items() if name != missing})
        renamed = rng.choice(needed).name
        yield _written(
            {("_".join(["the", *words(name)]) if name == renamed else name): value for name, value in right.items()}
        )
    typed = [leaf.name for leaf in leaves if leaf.name in said and (leaf.many or leaf.kind in ("number", "flag"))]
    if typed:
        wrong = rng.choice(typed)
        yield _written({name: str(value) if name == wrong else value for name, value in right.items()})
    if right:
        yield _written(right)[:-1]
    else:
        yield _written({"query": "all"})


def answer_from(observation: str, rng: random.Random) -> str:
    """What a result says, in a sentence; nothing that does not stand in it."""
    told = told_from(observation)
    return rng.choice(_TOLD).format(told) if told else rng.choice(_DONE)


def told_from(observation: str) -> str:
    """The plain values of a JSON result with the names of their fields, a text as it is; cut."""
    try:
        value = json.loads(observation)
    except ValueError:
        return _cut(observation)
    if not isinstance(value, dict | list):
        return _cut("" if value is None else str(value))
    pairs = []
    for name, leaf in _leaves(value, ""):
        shown = leaf if isinstance(leaf, str) else json.dumps(leaf)
        if shown.strip():
            pairs.append(f"{' '.join(words(name))}: {shown}" if name else shown)
        if len(pairs) == MOST_LEAVES:
            break
    return _cut(", ".join(pairs))


def _leaves(value: JsonValue, name: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for inner, part in value.items():
            yield from _leaves(part, str(inner))
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, name)
    elif value is not None:
        yield name, value


def _refused(observation: str) -> bool:
    """Whether the tool's schema, not its state, is in the way: the same again would be refused again."""
    return (
        re.search(r"has no argument| needs |is not of type|is not one of|does not match|Action Input", observation)
        is not None
    )


def _call(tool: Tool, thought: str, arguments: str) -> str:
    return f"Thought: {thought}\nAction: {tool.name}\nAction Input: {arguments}"


def _final(thought: str, answer: str) -> str:
    return f"Thought: {thought}\nFinal Answer: {answer}"


def _written(arguments: Mapping[str, JsonValue]) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def _shortly(observation: str) -> str:
    return _cut(observation.removeprefix("Error:").strip(), 100).rstrip(".")


def _cut(text: str, limit: int = MAX_ANSWER) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0]
