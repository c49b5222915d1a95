"""What the teacher is told: the texts of exploration, of the judge and of the paraphraser.

    prompts = read_prompts()                                      # our own words
    prompts = read_prompts(explore="prompt_explore.txt")          # the published ones, from a copy of yours
    prompts.ask_for_query(tool, first=True, memory=known)

The structure is that of the published code (reference 3): four parts, divided by a line of nine `=`: a first query, how to act on it,
another query, and act again. What was tried before stands at the end of the request for a query, so that conversations share all that
comes before it. The words are ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from toolschool.errors import ConfigError
from toolschool.methods.ste.memory import LongTermMemory
from toolschool.records import Tool

SYSTEM = "You are a helpful assistant."
QUERY = "User Query:"
"""Ends every request for a query, and begins none of the answers."""
OBSERVATION = "Observation:"
"""Begins what a call returned."""
STOP_QUERY = ("Thought:",)
STOP_ACT = (OBSERVATION,)

_DIVIDER = re.compile(r"^={9}[ \t]*$", re.MULTILINE)

_FIRST_QUERY = """You help people by calling tools. These are the tools you have:

{api_descriptions}

First get to know them. Make up something that a user could ask for, and that one call can settle; later you will try to settle it yourself.
Let it sound like a person who has never seen the tools: do not repeat their names or descriptions, but be concrete, and say every value that
the call needs. Write only what the user says, and do not act on it yet.

User Query:"""

_FIRST_ACT = """Now act on it with the tools.

To call a tool, write its name after "Action:" and its arguments as one JSON object after "Action Input:". One call at a time. What the tool
returns is shown to you after "Observation:"; never write that line yourself.

Names that may follow "Action:": {api_names}
How arguments are written:

Action Input:
{{
    "name": "value",
    ...
}}

Keep to this form:

Thought: what to do next, and why
Action: the name of a tool
Action Input: its arguments as JSON
Observation: what it returned
... (as often as needed)
Thought: I know the answer now
Final Answer: the answer to the user

As soon as you know enough, give the Final Answer. Begin!

User Query (the one you made up): {query}"""

_NEXT_QUERY = """You know the tools a little better now. Make up another request of a user that tries out more of them, with what you have seen
in mind. Again write only what the user says, and do not act on it yet.

User Query:"""

_NEXT_ACT = """Now act on it with the tools, in the same form as before: Thought, Action, Action Input, and at the end Final Answer."""

_REFLECT = """Look back: was the user's request fulfilled? Answer "Yes" or "No"."""

_JUDGE = """An assistant that can call tools has answered a user. Its tools:

{api_descriptions}

Say how well it did, in three respects:

1) Is the answer informative? A user who is told that it did not work has got no answer: "No".
2) Is it faithful to what the call returned? Everything it states must come from there.
3) Was the call the right one for the request, with the right arguments?

For each write Yes or No and a reason, in this form:

1) Yes/No. <reason>
2) Yes/No. <reason>
3) Yes/No. <reason>

The user's request: "{query}"

The call and what it returned:

{chains}

The assistant's answer:
----
{final_ans}
----

Your judgement in that form:"""

_PARAPHRASE = """Say this request of a user in other words. It must mean the same: keep every name, number, date and quoted text exactly as it is. Write only
the request.

Request: {query}"""

_AGAIN = """Once more, in words that are not too close to those before. Write only the request."""


@dataclass(frozen=True)
class Prompts:
    """Texts with places to fill in: `{api_descriptions}`, `{api_names}`, `{query}`, `{chains}`, `{final_ans}`; literal braces are doubled in those."""

    first_query: str = _FIRST_QUERY
    first_act: str = _FIRST_ACT
    next_query: str = _NEXT_QUERY
    next_act: str = _NEXT_ACT
    judge: str = _JUDGE

    def ask_for_query(self, tools: Sequence[Tool], first: bool) -> str:
        """Of the first trial of a conversation, or of a later one, without what was tried before."""
        return self.first_query.format(api_descriptions=documentation(tools)) if first else self.next_query

    def ask_to_act(self, tools: Sequence[Tool], query: str, first: bool) -> str:
        """The same for acting; a later one does not repeat the query, which was said right before."""
        names = ", ".join(tool.name for tool in tools)
        return self.first_act.format(api_names=names, query=query) if first else self.next_act

    def ask_to_judge(self, tools: Sequence[Tool], query: str, call: str, answer: str) -> str:
        """`call` with its result, as `call_text` writes it."""
        texts = {"query": query, "chains": call, "final_ans": answer}
        return self.judge.format(api_descriptions=documentation(tools), **texts)


def ask_to_reflect() -> str:
    return _REFLECT


def ask_to_paraphrase(query: str, first: bool) -> str:
    """The first paraphrase of a query, or one more in the same conversation."""
    return _PARAPHRASE.format(query=query) if first else _AGAIN


def with_memory(question: str, memory: LongTermMemory) -> str:
    """A request for a query with what was tried before, right before its last line; unchanged where nothing was."""
    if not memory.tried:
        return question
    head = question.removesuffix(QUERY).rstrip()
    return f"{head}\n\n{memory.text()}\n\n{QUERY}"


def documentation(tools: Sequence[Tool]) -> str:
    """Name, description, rules and the arguments as compact JSON, a block for each tool."""
    return "\n\n".join(map(_documented, tools))


def call_text(tool: str, arguments: Mapping[str, object], observation: str) -> str:
    """A call and its result, as the judge reads them."""
    written = json.dumps(arguments, ensure_ascii=False)
    return f"Action: {tool}\nAction Input: {written}\nObservation: {observation}"


def plain_query(reply: str) -> str:
    """A query without what models write around it: the words "User Query:" and quotation marks about the whole."""
    text = reply.strip().removeprefix(QUERY).strip()
    inside = text[1:-1]
    return inside.strip() if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in inside else text


def read_prompts(explore: str | None = None, judge: str | None = None) -> Prompts:
    """Our texts, or those of files in the published form. ConfigError: unreadable, not four parts, or places that nobody fills."""
    prompts = Prompts()
    if explore is not None:
        parts = [part.strip() for part in _DIVIDER.split(_read(explore))]
        if len(parts) != 4:
            raise ConfigError(f"{explore} has {len(parts)} parts; divide it into four by lines of nine =")
        prompts = replace(
            prompts, **dict(zip(("first_query", "first_act", "next_query", "next_act"), parts, strict=True))
        )
    if judge is not None:
        prompts = replace(prompts, judge=_read(judge).strip())
    _check(prompts, explore, judge)
    return prompts


def _check(prompts: Prompts, explore: str | None, judge: str | None) -> None:
    """ConfigError where a text cannot be filled in."""
    for file, fill in (
        (explore, lambda: prompts.ask_for_query((), first=True)),
        (explore, lambda: prompts.ask_to_act((), "", first=True)),
        (judge, lambda: prompts.ask_to_judge((), "", "", "")),
    ):
        try:
            fill()
        except (KeyError, IndexError, ValueError) as error:
            raise ConfigError(f"{file}: cannot fill in {error}; double the braces that are meant as they are") from None


def _documented(tool: Tool) -> str:
    description = " ".join([tool.description, *tool.rules]).strip()
    schema = json.dumps(tool.parameters, ensure_ascii=False, separators=(",", ":"))
    return f"API_name: {tool.name}\nDescription: {description}\nArguments: {schema}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read the prompt file {path}: {error.strerror or error}") from error
