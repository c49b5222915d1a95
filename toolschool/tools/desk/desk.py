"""One desk: a database, a clock, and the 16 tools bound to them.

    desk = Desk(now=datetime(2026, 3, 2, 9, 0), world=default_world())
    desk.call("create_note", {"name": "Ideas", "content": "…", "folder": ""})
    desk.changes()

Each call is one transaction: it happens wholly or not at all, also when it fails softly (`is_failure`). Calls run at
once on the caller's thread, in the order they are made: they take well under a millisecond in memory, and so the effect
of concurrent steps is always the same. A database file on a slow disk would hold up the event loop as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from toolschool.errors import ToolError
from toolschool.records import JsonValue, Tool, ToolFunction
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import agenda, documents, mail, maps, people
from toolschool.tools.desk.context import Context
from toolschool.tools.desk.failure import PREFIX, NotDone
from toolschool.tools.desk.specs import desk_catalog
from toolschool.tools.desk.store import TABLES, Row, Store, canonical, in_order
from toolschool.tools.desk.world import Contact, File, Mail, Note, World, fill

_ACTIONS: dict[str, Callable[..., str]] = {
    action.__name__: action
    for action in (
        agenda.create_calendar_event,
        people.get_phone_number,
        people.get_email_address,
        documents.open_and_get_file_path,
        documents.summarize_pdf,
        mail.compose_new_email,
        mail.reply_to_email,
        mail.forward_email,
        maps.maps_open_location,
        maps.maps_show_directions,
        documents.create_note,
        documents.open_note,
        documents.append_note_content,
        agenda.create_reminder,
        people.send_sms,
        agenda.get_zoom_meeting_link,
    )
}


class Desk:
    """`now` is the only clock, unless a catalogue or call brings its own. `world` fills a new database; one that has rows already is opened as it is.

    With `open_world` every look-up succeeds (see `invent`): for comparing plans, not for serving.
    """

    def __init__(
        self, now: datetime, path: str = ":memory:", *, world: World | None = None, open_world: bool = False
    ) -> None:
        self._store = Store(path)
        self._context = Context(self._store, now, open_world)
        self._closed = False
        if world is not None and self._store.is_empty():
            fill(self._store, world)
        self._before = self._snapshot()

    def catalog(self, now: datetime | None = None) -> Catalog:
        """The 16 tools, running on this desk; with `now` they go by that clock (a server's requests come over days)."""
        return Catalog(self._bound(tool, now) for tool in desk_catalog())

    def call(self, name: str, args: Mapping[str, JsonValue], now: datetime | None = None) -> str:
        """Run one tool with arguments that fit its schema; a soft failure is an answer. ToolError once closed."""
        if self._closed:
            raise ToolError("the desk is closed; open a new one")
        context = self._context if now is None else replace(self._context, now=now)
        try:
            with self._store.transaction():
                return _ACTIONS[name](context, **args)
        except NotDone as reason:
            return PREFIX + str(reason)

    def seed(self, world: World) -> None:
        """Add a world's rows; they count as having been there from the start."""
        fill(self._store, world)
        self._before = self._snapshot()

    def writers(self) -> frozenset[str]:
        """Names of the tools that can change rows."""
        return frozenset(tool.name for tool in desk_catalog() if tool.side_effects)

    def state(self) -> dict[str, list[Row]]:
        """All rows by table, without ids and in canonical order: equal states have equal effects behind them."""
        return {table: in_order(self._store.rows(table)) for table in TABLES}

    def changes(self) -> dict[str, dict[str, list[Row]]]:
        """What has happened since seeding: `{"added": {table: rows}, "changed": {table: rows}, "removed": …}`.

        A changed row is shown as it is now; tables without a change are left out.
        """
        after = self._snapshot()
        found: dict[str, dict[str, list[Row]]] = {"added": {}, "changed": {}, "removed": {}}
        for table in TABLES:
            old, new = self._before[table], after[table]
            groups = {
                "added": [row for key, row in new.items() if key not in old],
                "changed": [row for key, row in new.items() if key in old and canonical(row) != canonical(old[key])],
                "removed": [row for key, row in old.items() if key not in new],
            }
            for group, rows in groups.items():
                if rows:
                    found[group][table] = in_order(rows)
        return found

    def close(self) -> None:
        self._closed = True
        self._store.close()

    def _snapshot(self) -> dict[str, dict[int, Row]]:
        return {table: {row["id"]: row for row in self._store.rows(table)} for table in TABLES}

    def _bound(self, tool: Tool, now: datetime | None) -> Tool:
        async def run(**args: JsonValue) -> str:
            return self.call(tool.name, args, now)

        function: ToolFunction = run
        return replace(tool, run=function)


def seed(
    desk: Desk,
    *,
    contacts: Iterable[Contact] = (),
    files: Iterable[File] = (),
    notes: Iterable[Note] = (),
    mails: Iterable[Mail] = (),
    selected: int | None = None,
    places: Mapping[str, str] | None = None,
) -> None:
    """Add single things to a desk; `selected` counts among the given mails."""
    desk.seed(World(tuple(contacts), tuple(files), tuple(notes), tuple(mails), selected, dict(places or {})))
