"""Actions on files and notes. What is opened is remembered as a row, so that opening counts as an effect."""

from __future__ import annotations

from toolschool.tools.desk.context import DEFAULT_FOLDER, Context
from toolschool.tools.desk.failure import NotDone
from toolschool.tools.desk.store import Row
from toolschool.tools.desk.text import key, squeeze, summary


def mark_opened(desk: Context, kind: str, target: str, detail: str = "") -> None:
    """Remember that the user sees something now; opening it twice is opening it once."""
    row = {"kind": kind, "target": target, "detail": detail}
    if not any({**row, "id": seen["id"]} == seen for seen in desk.store.rows("opened")):
        desk.store.insert("opened", **row)


def open_and_get_file_path(desk: Context, file_name: str) -> str:
    """The path alone, so that a later step can use it as it is."""
    path = str(desk.file(file_name)["path"])
    mark_opened(desk, "file", path)
    return path


def summarize_pdf(desk: Context, pdf_path: str) -> str:
    """The first sentences of the file's text."""
    file = desk.file(pdf_path)
    if not squeeze(file["text"]):
        raise NotDone(f"'{file['path']}' holds no text to summarize.")
    return summary(file["text"])


def create_note(desk: Context, name: str, content: str | None, folder: str | None) -> str:
    """A second note of the same name is a second note."""
    if not key(name):
        raise NotDone("a note needs a name.")
    place = squeeze(folder) or DEFAULT_FOLDER
    desk.store.insert("notes", name=squeeze(name), folder=place, body=content or "", appended=[])
    return f"Note '{squeeze(name)}' created in folder '{place}'."


def open_note(desk: Context, name: str, folder: str | None) -> str:
    """The note's text alone."""
    note = desk.note(name, folder)
    mark_opened(desk, "note", note["name"], note["folder"])
    return note_text(note)


def append_note_content(desk: Context, name: str, content: str | None, folder: str | None) -> str:
    if not squeeze(content):
        raise NotDone("there is nothing to add to the note.")
    note = desk.note(name, folder)
    appended = [*note["appended"], content]
    if "id" in note:
        desk.store.update("notes", note["id"], appended=appended)
    else:
        desk.store.insert("notes", **{**note, "appended": appended})
    return f"Content added to note '{note['name']}'."


def note_text(note: Row) -> str:
    """Body and additions in the order they were made."""
    return "\n".join(part for part in (note["body"], *note["appended"]) if part)
