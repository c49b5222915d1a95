"""Which rows a request changed: every tool that can change some is watched while it runs.

    recorder = EffectRecorder(desk.state, desk.writers())
    catalog = recorder.watch(desk.catalog())     # run the plan with this one
    recorder.effects                             # {"added": {"notes": [row]}, "changed": {}, "removed": {}}

Desk tools run in one go, without giving the event loop away, so what differs before and after is this call's doing even
while other requests are at work. That is why tools of other sources are not watched: they pause, and would be credited with
a neighbour's rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from toolschool.records import JsonValue, Tool, ToolFunction
from toolschool.tools.catalog import Catalog

State = Mapping[str, Sequence[Mapping[str, JsonValue]]]
Changes = dict[str, dict[str, list[JsonValue]]]


def difference(before: State, after: State) -> Changes:
    """Rows of `after` that are new or changed, rows of `before` that are gone, by table.

    Rows carry no ids here, so as many of a table's new rows as old ones went away count as changed.
    """
    found: Changes = {"added": {}, "changed": {}, "removed": {}}
    for table in after:
        rows_by_key = {_key(row): dict(row) for row in (*before.get(table, ()), *after[table])}
        old, new = Counter(map(_key, before.get(table, ()))), Counter(map(_key, after[table]))
        gone, come = list((old - new).elements()), list((new - old).elements())
        same = min(len(gone), len(come))
        groups = {"changed": come[:same], "added": come[same:], "removed": gone[same:]}
        for kind, keys in groups.items():
            if keys:
                found[kind][table] = [rows_by_key[key] for key in keys]
    return found


def _key(row: Mapping[str, JsonValue]) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=False)


class EffectRecorder:
    """Collects the effects of one request. A row touched by two calls appears for both. `writers`: names of the tools to watch."""

    def __init__(self, state: Callable[[], State], writers: Collection[str]) -> None:
        self._state, self._writers = state, writers
        self.effects: Changes = {"added": {}, "changed": {}, "removed": {}}

    def watch(self, catalog: Catalog) -> Catalog:
        """The same tools, those that can change rows watched."""
        return Catalog(self._watched(tool) for tool in catalog)

    def _watched(self, tool: Tool) -> Tool:
        if tool.run is None or tool.name not in self._writers:
            return tool
        original: ToolFunction = tool.run

        async def run(**args: JsonValue) -> JsonValue:
            before = self._state()
            value = await original(**args)
            self._add(difference(before, self._state()))
            return value

        return replace(tool, run=run)

    def _add(self, changes: Changes) -> None:
        for kind, tables in changes.items():
            for table, rows in tables.items():
                self.effects[kind].setdefault(table, []).extend(rows)
