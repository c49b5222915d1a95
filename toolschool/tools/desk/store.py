"""The rows of a desk in SQLite: nine tables of things and one of what has been opened.

Table and column names come only from `TABLES`; every value is bound as a parameter. One connection, one lock: a
transaction has the store to itself, so threads and asyncio tasks may share it. Made for short transactions on one
machine; it is not a server.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from toolschool.errors import StorageError
from toolschool.records import JsonValue

Row = dict[str, JsonValue]

TABLES: dict[str, tuple[str, ...]] = {
    "contacts": ("name", "email", "phone"),
    "events": ("title", "start", "end", "location", "invitees", "notes", "calendar"),
    "files": ("path", "text"),
    "mails": ("box", "mode", "sender", "recipients", "cc", "subject", "body", "attachments", "about", "selected"),
    "meetings": ("link", "topic", "start", "duration", "invitees"),
    "messages": ("recipients", "body"),
    "notes": ("name", "folder", "body", "appended"),
    "opened": ("kind", "target", "detail"),
    "places": ("name", "address"),
    "reminders": ("name", "due", "all_day", "notes", "list", "priority"),
}

# Kept as JSON text. Their order carries no meaning, so `canonical` sorts them; the pieces appended to a note are among
# them because steps of a plan that do not depend on each other have no order either.
LISTS = frozenset({"recipients", "cc", "attachments", "invitees", "appended"})
FLAGS = frozenset({"all_day", "selected"})


class Store:
    """Rows as dicts with their `id`; lists and flags come back as lists and bools.

    Raises StorageError if the path is no database and none can be made there.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            for table, columns in TABLES.items():
                names = ", ".join(f'"{column}"' for column in columns)
                self._db.execute(f'CREATE TABLE IF NOT EXISTS "{table}" (id INTEGER PRIMARY KEY, {names})')
        except sqlite3.Error as error:
            raise StorageError(f"cannot open {path} as a desk's database ({error}); give another path") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block's changes or, if it raises, none."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def insert(self, table: str, **row: JsonValue) -> int:
        """Add one row; every column must be given. Returns its id."""
        columns = TABLES[table]
        if set(row) != set(columns):
            raise ValueError(f"a row of {table} has {', '.join(columns)}; got {', '.join(row)}")
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" for _ in columns)
        values = [_encode(column, row[column]) for column in columns]
        with self._lock:
            cursor = self._db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)
        return int(cursor.lastrowid or 0)

    def update(self, table: str, row_id: int, **values: JsonValue) -> None:
        """Change some columns of one row."""
        unknown = set(values) - set(TABLES[table])
        if unknown:
            raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
        sets = ", ".join(f'"{column}" = ?' for column in values)
        encoded = [_encode(column, value) for column, value in values.items()]
        with self._lock:
            self._db.execute(f'UPDATE "{table}" SET {sets} WHERE id = ?', [*encoded, row_id])

    def rows(self, table: str) -> list[Row]:
        """All rows of a table in order of insertion."""
        if table not in TABLES:
            raise ValueError(f"no table {table}; known: {', '.join(TABLES)}")
        with self._lock:
            found = self._db.execute(f'SELECT * FROM "{table}" ORDER BY id').fetchall()
        return [{column: _decode(column, row[column]) for column in row.keys()} for row in found]  # noqa: SIM118

    def is_empty(self) -> bool:
        with self._lock:
            return not any(self._db.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() for table in TABLES)

    def close(self) -> None:
        with self._lock:
            self._db.close()


def canonical(row: Row) -> Row:
    """A row that can be compared between stores: without its id, lists sorted."""
    return {column: sorted(value) if column in LISTS else value for column, value in row.items() if column != "id"}


def in_order(rows: list[Row]) -> list[Row]:
    """Canonical rows in an order that depends on nothing but their content."""
    return sorted((canonical(row) for row in rows), key=lambda row: json.dumps(row, sort_keys=True))


def _encode(column: str, value: JsonValue) -> JsonValue:
    if column in LISTS:
        return json.dumps(list(value), ensure_ascii=False)
    return int(value) if column in FLAGS else value


def _decode(column: str, value: JsonValue) -> JsonValue:
    if column in LISTS:
        return json.loads(value)
    return bool(value) if column in FLAGS else value
