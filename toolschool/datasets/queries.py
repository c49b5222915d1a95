"""Requests and tool descriptions of MetaTool, ToolBench, Seal-Tools, STE and our own, as one kind of row.

A row is `{kind: "query" | "tool", source, id, query | description, tools}`: a request with the names of its tools, or the
description of a tool. For pretraining text and retrieval; gold arguments stay in the source's own fields under `gold`. Where a
source is a catalogue (`toolschool/datasets/catalogues.py`) a tool has its documentation under `entry` and a request its `group`.
Limits: only what this project uses of each source is read; trajectories and cached predictions are not.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from toolschool.datasets.json_rows import object_in
from toolschool.datasets.marked import MarkedText, Span
from toolschool.errors import DataError, RowError

Row = dict[str, Any]
OWN = Path(__file__).with_name("documentation")
MAX_ASKED = 16  # words of a description that a request repeats
_LEAD = re.compile(
    r"^(?:this (?:api |endpoint |tool |function |method |will |is |can be )*)?(?:used to |allows? (?:you|users?) to |lets? you |helps? (?:you )?to )?",
    re.IGNORECASE,
)
# What a description does and how a request says it.
_VERBS = {
    **dict.fromkeys(("retrieve", "return", "provide", "display", "fetch", "list", "query"), "show me"),
    **{
        verb: verb
        for verb in (
            "get", "calculate", "create", "check", "search", "update", "analyze", "generate", "add", "send", "delete", "translate",
            "find", "convert", "estimate", "track", "optimize", "remove", "start", "schedule", "evaluate", "validate", "book", "verify",
            "detect", "cancel", "record", "predict", "determine", "identify", "download", "register", "simulate", "compare", "measure",
        )
    },
}  # fmt: skip
_ASKS = (
    ("can you ", "?"), ("please ", "."), ("I need you to ", "."), ("could you ", " for me?"), ("", "."), ("", " for me please"),
    ("I'd like you to ", "."), ("help me: ", "."), ("would you ", "?"), ("I want you to ", " now."),
)  # fmt: skip


def _lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = object_in(line)
            yield {"raw": line.rstrip("\n")} if row is None else row


def _query(source: str, key: str, query: object, tools: list[str], **gold: object) -> Row:
    return {"kind": "query", "source": source, "id": key, "query": query, "tools": tools, "gold": gold}


def _tool(source: str, name: str, description: str) -> Row:
    return {"kind": "tool", "source": source, "id": f"tool-{name}", "description": description, "tools": [name]}


def request_rows(path: Path, source: str) -> Iterator[Row]:
    """Requests of a file as ToolBench's: `{query_id, query, split, relevant: [[category, tool, api], ...]}` a line.

    ToolBench has a query_id in several splits, so both make the id; a line without one has its number.
    """
    for number, row in enumerate(_lines(path)):
        relevant = row.get("relevant")
        listed = relevant if isinstance(relevant, list) else []
        tools = [" / ".join(map(str, tool)) for tool in listed if isinstance(tool, list)]
        key = "-".join(str(part) for part in (row.get("split"), row.get("query_id", number)) if part is not None)
        yield {**_query(source, key, row.get("query"), tools, relevant=listed), "group": row.get("split")}


def api_rows(path: Path, source: str) -> Iterator[Row]:
    """Documentation in a file as ToolBench's: `{category, tool, api, description, required, optional}` a line."""
    for row in _lines(path):
        name = f"{row.get('tool')} / {row.get('api')}"
        yield {**_tool(source, name, f"{name}: {row.get('description') or row.get('category')}"), "entry": row}


def marked(row: Mapping[str, Any]) -> MarkedText:
    """A request and the one tool it wants, whose name is the marked item; RowError for several tools or none."""
    if row.get("kind") != "query" or len(row.get("tools", ())) != 1:
        raise RowError("a request with one tool is wanted here")
    head = f"User Query: {str(row['query']).strip()}\nTool: "
    tool = row["tools"][0]
    return MarkedText(head + tool, (Span(tool, len(head), len(head) + len(tool)),), str(row["id"]))


def metatool(folder: Path) -> Iterator[Row]:
    """`queries.csv` (one tool each), `multi_tool.json` (two tools), `tools.json` (descriptions)."""
    with (folder / "queries.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            query = _query("metatool", f"single-{number}", row.get("Query"), [row.get("Tool") or ""])
            yield {**query, "group": "single"}
    for number, row in enumerate(json.loads((folder / "multi_tool.json").read_text(encoding="utf-8"))):
        query = _query("metatool", f"multi-{number}", row.get("query"), list(row.get("tool", [])))
        yield {**query, "group": "two-tool"}
    for name, description in json.loads((folder / "tools.json").read_text(encoding="utf-8")).items():
        yield {**_tool("metatool", name, description), "entry": {"api": name, "description": description}}


def toolbench(folder: Path) -> Iterator[Row]:
    """`queries.jsonl` (the published test queries) and `apis.jsonl` (documentation)."""
    yield from request_rows(folder / "queries.jsonl", "toolbench")
    yield from api_rows(folder / "apis.jsonl", "toolbench")


def sealtools(folder: Path) -> Iterator[Row]:
    """`dev.jsonl` (requests with gold calls) and `tools.jsonl`."""
    for row in _lines(folder / "dev.jsonl"):
        calls = row.get("calling", [])
        query = _query(
            "sealtools", str(row.get("id")), row.get("query"), [str(c.get("api")) for c in calls], calls=calls
        )
        yield {**query, "group": "dev"}
    for row in _lines(folder / "tools.jsonl"):
        name = str(row.get("api_name"))
        yield {**_tool("sealtools", name, f"{name}: {row.get('api_description')}"), "entry": row}


def ste(folder: Path) -> Iterator[Row]:
    """`tool_test.json` (the source's test) and the API descriptions."""
    for name, items in json.loads((folder / "tool_test.json").read_text(encoding="utf-8")).items():
        for number, item in enumerate(items):
            gold = {"action": item.get("action"), "action_input": item.get("action_input")}
            yield _query("ste", f"{name}-{number}", item.get("query"), [name], **gold)
    described = json.loads((folder / "tool_metadata" / "API_descriptions.json").read_text(encoding="utf-8"))
    for name, text in described.items():
        yield {**_tool("ste", name, f"{name}: {_ste_description(text)}"), "entry": {"api": name, "documentation": text}}


def _ste_description(text: str) -> str:
    """What an endpoint does, or its service where it does not say; ten hand-made tools have plain text."""
    if not text.startswith("{"):
        return text
    document = json.loads(text)
    return str(document["description"].strip() or document["parent_tool_description"].strip())


def own(folder: Path = OWN) -> Iterator[Row]:
    """Tools described and asked for in this project: a block is `name: description` and its requests, one a line.

    Raises DataError for a block without a description or a request.
    """
    for file in sorted(folder.glob("*.txt")):
        for block in file.read_text(encoding="utf-8").strip().split("\n\n"):
            head, *asked_for = block.strip().splitlines()
            name, _, description = head.partition(": ")
            if not description or not asked_for:
                raise DataError(f"{file.name}: '{head[:60]}' needs `name: description` and a request below it")
            yield _tool("own", name, head)
            yield from (_query("own", f"{name}-{n}", request, [name]) for n, request in enumerate(asked_for))


def own_documentation(seed: int, count: int, split: str) -> Iterator[Row]:
    """`count` rows of `own` at most, always the same; they are all for training."""
    del seed
    return ({**row, "split": split} for row in islice(own() if split == "train" else (), count))


def documentation(name: str, description: str) -> str:
    """A tool as STE's prompts show it (reference 3)."""
    return f"API_name: {name}\nDescription: {description}"


def documented(rows: Iterable[Row]) -> Iterator[tuple[str, str, str]]:
    """(tool, description, request) of every request with one tool whose description is among the rows."""
    found = list(rows)
    descriptions = {row["tools"][0]: said for row in found if row.get("kind") == "tool" and (said := _said(row))}
    for row in found:
        if row.get("kind") == "query" and len(set(row["tools"])) == 1 and isinstance(row["query"], str):
            name = row["tools"][0]
            if name in descriptions:
                yield name, descriptions[name], row["query"].strip()


def _said(tool: Row) -> str:
    """A tool's description without its name before it; "" where there is none."""
    said = tool["description"]
    return said.removeprefix(f"{tool['tools'][0]}: ") if isinstance(said, str) else ""


def described(rows: Iterable[Row], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """(tool, description, request) of every tool whose description begins with what it does; the request is made of that."""
    for row in rows:
        if row.get("kind") == "tool" and (request := asked(row["description"], rng)):
            yield row["tools"][0], _said(row), request


def imagined(rows: Iterable[Row], count: int, rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """`count` (tool, description, request) of tools that nobody has: what one does to the first half of what another does it to.

    What they do can only be read in their description, never remembered.
    """
    deeds = [deed for row in rows if row.get("kind") == "tool" and (deed := _deed(row["description"]))]
    for _ in range(count if deeds else 0):
        (verb, first), (_, second) = rng.choice(deeds), rng.choice(deeds)
        words = first.split()[: rng.randint(1, 4)] + second.split()[-rng.randint(1, 4) :]
        name = verb + "".join(word[:1].upper() + word[1:] for word in words if word.isalpha() and len(word) > 3)
        yield name, f"{verb[:1].upper()}{verb[1:]} {' '.join(words)}", _ask(verb, " ".join(words), rng)


def asked(description: str, rng: random.Random) -> str:
    """A request in the words of a description ("Returns all stations of a line" -> "Can you show me all stations ..."); "" if it has no verb.

    Plain and much alike: they teach which tool is meant, not how people speak.
    """
    deed = _deed(description)
    return _ask(*deed, rng) if deed else ""


def _deed(description: str) -> tuple[str, str] | None:
    """What a tool does and to what: ("returns", "all stations of a line"); None where the description does not begin with it."""
    words = _LEAD.sub("", description.rpartition(": ")[2].split("\n")[0]).strip().split(" ")
    verb, rest = words[0].lower(), re.split(r"[.;(]\s|\.$", " ".join(words[1:]))[0].strip()
    return (verb, rest) if _request_verb(verb) and 2 <= len(rest.split()) <= MAX_ASKED else None


def _ask(verb: str, rest: str, rng: random.Random) -> str:
    lead, end = rng.choice(_ASKS)
    request = f"{lead}{_request_verb(verb)} {rest}{end}"
    return request[:1].upper() + request[1:]


def _request_verb(verb: str) -> str:
    """How a request says what a description says it does ("returns" -> "show me"); "" for other words."""
    return _VERBS.get(verb) or _VERBS.get(verb.removesuffix("s")) or ""


def text(row: Mapping[str, Any]) -> str:
    """A request with its tools, or a tool's description, as pretraining text; RowError when it is empty."""
    words = row.get("query") if row.get("kind") == "query" else row.get("description")
    if not isinstance(words, str) or not words.strip():
        raise RowError("the row has neither a request nor a description")
    return f"{words.strip()}\nTools: {', '.join(row['tools'])}" if row["kind"] == "query" else words.strip()
