"""What flows through the house: tools, calls, plans, examples, and their Arrow schemas.

Plain frozen dataclasses, free of Ray and torch. Free-form values (arguments, schemas) cross Parquet as JSON strings,
because Arrow structs pad foreign keys with nulls and refuse mixed types.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from toolschool.errors import RowError

if TYPE_CHECKING:
    import pyarrow as pa

JsonValue = Any  # str | int | float | bool | None | list | dict
ToolFunction = Callable[..., Awaitable[JsonValue]]


@dataclass(frozen=True)
class Tool:
    """Something a model can call.

    `parameters` is a JSON Schema of type object; the order of its `properties` is the positional order of the
    arguments in a plan. `run` takes them by keyword and returns a JSON value; None means the tool can only be planned.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    rules: tuple[str, ...] = ()  # what a planner must know, one line each
    side_effects: bool = False  # asks for confirmation where a hook is given
    idempotent: bool = False  # may be retried
    timeout_s: float = 20.0
    run: ToolFunction | None = field(default=None, compare=False, repr=False)

    @property
    def argument_names(self) -> tuple[str, ...]:
        return tuple(self.parameters.get("properties", {}))

    @property
    def required(self) -> tuple[str, ...]:
        """Arguments that no call may leave out: all of them, unless the schema says which."""
        return tuple(self.parameters.get("required", self.argument_names))

    def named(self, args: tuple[JsonValue, ...]) -> dict[str, JsonValue]:
        """Positional arguments by name; raises RowError when there are too many."""
        names = self.argument_names
        if len(args) > len(names):
            raise RowError(f"{self.name} takes {len(names)} arguments ({', '.join(names)}), got {len(args)}")
        return dict(zip(names, args, strict=False))

    def ordered(self, args: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Arguments by name in the order of the schema, those that it does not know last."""
        known = [name for name in self.argument_names if name in args]
        return {name: args[name] for name in [*known, *(name for name in args if name not in known)]}

    def positional(self, args: Mapping[str, JsonValue]) -> tuple[JsonValue, ...]:
        """Arguments as a plan has them: None where one is left out before the last one given. RowError for one that it does not take."""
        names = self.argument_names
        if extra := [name for name in args if name not in names]:
            raise RowError(f"{self.name} has no argument {extra[0]}; it takes {', '.join(names) or 'none'}")
        last = max((names.index(name) for name in args), default=-1)
        return tuple(args.get(name) for name in names[: last + 1])


@dataclass(frozen=True)
class Call:
    """One step of a plan: `id. tool(args)`. Arguments are JSON values in positional order, references as `"$k"`."""

    id: int
    tool: str
    args: tuple[JsonValue, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Calls in the order written; the final join is implied."""

    calls: tuple[Call, ...]
    thought: str = ""

    @property
    def tools(self) -> tuple[str, ...]:
        """Distinct tool names, sorted."""
        return tuple(sorted({call.tool for call in self.calls}))

    def to_json(self) -> str:
        calls = [{"id": c.id, "tool": c.tool, "args": list(c.args)} for c in self.calls]
        return json.dumps({"calls": calls, "thought": self.thought}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        value = json.loads(text)
        calls = tuple(Call(c["id"], c["tool"], tuple(c["args"])) for c in value["calls"])
        return cls(calls, value.get("thought", ""))


@dataclass(frozen=True)
class Example:
    """A query with its gold plan. `now` is the clock that dates in the query refer to, None where nobody knows."""

    id: str
    query: str
    plan: Plan
    source: str
    raw_plan: str = ""  # the plan as its source wrote it, for metrics that are defined on text
    now: datetime | None = None
    flags: tuple[str, ...] = ()

    @property
    def tools(self) -> tuple[str, ...]:
        return self.plan.tools

    @property
    def damage(self) -> str:
        """The flag by which the source says that a call lacks arguments; "" for a sound plan."""
        return next((flag for flag in self.flags if flag.startswith("arity:")), "")

    def to_row(self) -> dict[str, JsonValue]:
        """A flat row that fits `example_schema()`."""
        return {
            "id": self.id,
            "query": self.query,
            "plan": self.plan.to_json(),
            "tools": list(self.tools),
            "source": self.source,
            "raw_plan": self.raw_plan,
            "now": self.now.isoformat() if self.now else None,
            "flags": list(self.flags),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, JsonValue]) -> Example:
        return cls(
            id=row["id"],
            query=row["query"],
            plan=Plan.from_json(row["plan"]),
            source=row["source"],
            raw_plan=row["raw_plan"],
            now=datetime.fromisoformat(row["now"]) if row["now"] else None,
            flags=tuple(row["flags"]),
        )


def example_schema() -> pa.Schema:
    """Arrow schema of `Example.to_row()`."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [
            pa.field("id", text, nullable=False),
            pa.field("query", text, nullable=False),
            pa.field("plan", text, nullable=False),
            pa.field("tools", pa.list_(text), nullable=False),
            pa.field("source", text, nullable=False),
            pa.field("raw_plan", text, nullable=False),
            pa.field("now", text),
            pa.field("flags", pa.list_(text), nullable=False),
        ]
    )


def token_schema() -> pa.Schema:
    """Encoded rows of objective `causal_lm`: labels are -100 where nothing is supervised."""
    import pyarrow as pa

    ids = pa.list_(pa.int32())
    return pa.schema([("id", pa.string()), ("input_ids", ids), ("labels", ids)])


def label_schema() -> pa.Schema:
    """Encoded rows of objective `tool_classifier`: labels are 0/1, one per tool of the catalogue, in its order."""
    import pyarrow as pa

    return pa.schema([("id", pa.string()), ("input_ids", pa.list_(pa.int32())), ("labels", pa.list_(pa.float32()))])


def feature_schema() -> pa.Schema:
    """Rows of objectives over a frozen model (`tool_head`, `reranker`): what it says of each, flat; each objective has its layout."""
    import pyarrow as pa

    ids = pa.list_(pa.int32())
    return pa.schema([("id", pa.string()), ("input_ids", ids), ("labels", ids), ("features", pa.list_(pa.float32()))])


def quarantine_schema() -> pa.Schema:
    """A row that a stage refused: where it stood, why, and its raw text so that nothing is lost."""
    import pyarrow as pa

    return pa.schema([("id", pa.string()), ("reason", pa.string()), ("raw", pa.string())])
