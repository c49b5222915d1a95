"""What an action may use: the rows, the clock, and look-ups that forgive how a planner names things.

The self-healing of `reference/tinyagent.md` §2 lives here: a recipient without `@` or without a digit is searched among
the contacts, a path that does not exist among the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from toolschool.tools.desk import invent, text
from toolschool.tools.desk.failure import NotDone
from toolschool.tools.desk.store import Row, Store

DEFAULT_FOLDER = "Notes"

_PEOPLE = r"[,;\n]"
_PATHS = r"\n|[,;]\s*(?=/)"  # a file's name may hold a comma
_PHONE = re.compile(r"\+?[\d\s().-]*\d[\d\s().-]*")


@dataclass(frozen=True)
class Context:
    """One desk as its actions see it. In an open world whatever is looked up exists (see `invent`)."""

    store: Store
    now: datetime
    open_world: bool = False

    @property
    def clock(self) -> datetime:
        """Now on the desk's one wall clock, in whole seconds: a time zone is dropped as in dates."""
        return self.now.replace(tzinfo=None, microsecond=0)

    def contact(self, name: str) -> Row:
        """The contact a name or an e-mail address stands for; NotDone where there is none."""
        rows = self.store.rows("contacts")
        for row in rows:
            if row["email"] and row["email"].casefold() == text.squeeze(name).casefold():
                return row
        return self._find("contact", name, rows, [row["name"] for row in rows], invent.contact)

    def file(self, name: str) -> Row:
        """The file at a path or with a name; NotDone where there is none."""
        rows = self.store.rows("files")
        for row in rows:
            if row["path"] == text.squeeze(name):
                return row
        return self._find("file", text.stem(name), rows, [text.stem(row["path"]) for row in rows], invent.file, name)

    def note(self, name: str, folder: str | None) -> Row:
        """The note with a name, in a folder if one is given; NotDone where there is none. Invented ones have no id."""
        wanted = text.key(folder or "")
        rows = [row for row in self.store.rows("notes") if not wanted or text.key(row["folder"]) == wanted]

        def invented(name: str) -> Row:
            return invent.note(name, text.squeeze(folder) or DEFAULT_FOLDER)

        return self._find("note", name, rows, [row["name"] for row in rows], invented)

    def selected_mail(self) -> Row:
        """The mail that is selected; NotDone where none is."""
        for row in self.store.rows("mails"):
            if row["selected"]:
                return row
        if self.open_world:
            return invent.selected_mail()
        raise NotDone("no mail is selected; ask the user to select one.")

    def emails(self, people: str | Sequence[str] | None) -> list[str]:
        """E-mail addresses of people given by address or name."""
        return list(dict.fromkeys(self.email(person) for person in text.as_list(people, _PEOPLE)))

    def email(self, person: str) -> str:
        if "@" in person:
            return parseaddr(person)[1] or person
        found = self.contact(person)
        if not found["email"]:
            raise NotDone(f"contact '{found['name']}' has no e-mail address.")
        return str(found["email"])

    def phones(self, people: str | Sequence[str] | None) -> list[str]:
        """Phone numbers of people given by number, name or e-mail address."""
        return list(dict.fromkeys(self.phone(person) for person in text.as_list(people, _PEOPLE)))

    def phone(self, person: str) -> str:
        if _PHONE.fullmatch(person):
            return person
        found = self.contact(person)
        if not found["phone"]:
            raise NotDone(f"contact '{found['name']}' has no phone number.")
        return str(found["phone"])

    def paths(self, files: str | Sequence[str] | None) -> list[str]:
        """Paths of files given by path or name."""
        return list(dict.fromkeys(self.file(file)["path"] for file in text.as_list(files, _PATHS)))

    def _find(
        self,
        kind: str,
        query: str,
        rows: list[Row],
        names: list[str],
        invented: Callable[[str], Row],
        full: str | None = None,
    ) -> Row:
        if not text.key(query):
            raise NotDone(f"no name of a {kind} was given.")
        index = text.best_match(query, names, loose=kind != "contact")
        # In an open world a near match would depend on what other steps have written so far.
        if index is not None and (not self.open_world or text.key(query) == text.key(names[index])):
            return rows[index]
        if self.open_world:
            return invented(text.squeeze(full or query))
        raise NotDone(f"no {kind} found for '{text.squeeze(full or query)}'.")
