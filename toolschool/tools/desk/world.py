"""What is on a desk before anybody works at it: contacts, files, notes, mails, places.

`default_world()` is the small office that demos, generated data and behavioural tests share. `synthetic_world()` makes
a world in which given names exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from toolschool.errors import DataError
from toolschool.tools.desk import invent
from toolschool.tools.desk.context import DEFAULT_FOLDER
from toolschool.tools.desk.store import Store


@dataclass(frozen=True)
class Contact:
    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class File:
    path: str
    text: str = ""


@dataclass(frozen=True)
class Note:
    name: str
    body: str = ""
    folder: str = DEFAULT_FOLDER


@dataclass(frozen=True)
class Mail:
    """A received mail."""

    sender: str
    subject: str
    body: str = ""
    recipients: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """`selected` is the index of the mail the user has selected, None for no mail; `places` maps names to addresses."""

    contacts: tuple[Contact, ...] = ()
    files: tuple[File, ...] = ()
    notes: tuple[Note, ...] = ()
    mails: tuple[Mail, ...] = ()
    selected: int | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.selected is not None and not 0 <= self.selected < len(self.mails):
            raise DataError(f"selected={self.selected}, but the world has {len(self.mails)} mails, counted from 0")


def fill(store: Store, world: World) -> None:
    """Add a world's rows to a store."""
    with store.transaction():
        for contact in world.contacts:
            store.insert("contacts", name=contact.name, email=contact.email, phone=contact.phone)
        for file in world.files:
            store.insert("files", path=file.path, text=file.text)
        for note in world.notes:
            store.insert("notes", name=note.name, folder=note.folder, body=note.body, appended=[])
        for name, address in world.places.items():
            store.insert("places", name=name, address=address)
        for index, mail in enumerate(world.mails):
            _receive(store, mail, selected=index == world.selected)


def _receive(store: Store, mail: Mail, selected: bool) -> None:
    store.insert(
        "mails",
        box="inbox",
        mode="received",
        sender=mail.sender,
        recipients=mail.recipients,
        cc=(),
        subject=mail.subject,
        body=mail.body,
        attachments=mail.attachments,
        about="",
        selected=selected,
    )


def synthetic_world(names: Iterable[str] = (), files: Iterable[str] = (), notes: Iterable[str] = ()) -> World:
    """A world that holds the given contacts, files and notes, invented from their names, and a selected mail."""
    mail = invent.selected_mail()
    people = (invent.contact(name) for name in dict.fromkeys(names))
    papers = (invent.file(name) for name in dict.fromkeys(files))
    sheets = (invent.note(name, DEFAULT_FOLDER) for name in dict.fromkeys(notes))
    return World(
        contacts=tuple(Contact(row["name"], row["email"], row["phone"]) for row in people),
        files=tuple(File(row["path"], row["text"]) for row in papers),
        notes=tuple(Note(row["name"], row["body"], row["folder"]) for row in sheets),
        mails=(Mail(mail["sender"], mail["subject"]),),
        selected=0,
    )


_PEOPLE = (
    ("Sid Sharma", "sid.sharma", "01"),
    ("Lutfi Karim", "lutfi.karim", "02"),
    ("Emma Larsen", "emma.larsen", "03"),
    ("John Doe", "john.doe", "04"),
    ("Sarah Whitfield", "sarah.whitfield", "05"),
    ("Alex Moreau", "alex.moreau", "06"),
    ("Maria Gonzalez", "maria.gonzalez", "07"),
    ("David Chen", "david.chen", "08"),
    ("Priya Nair", "priya.nair", "09"),
    ("Tom Becker", "tom.becker", "10"),
    ("Mom", "mom", "11"),
    ("Dad", "dad", "12"),
)

# One person without an address and one without a number: soft failures that happen in real address books.
_GAPS = (Contact("Nadia Haddad", phone="+15550100113"), Contact("Oscar Lind", email="oscar.lind@example.com"))

_FILES = (
    File(
        "/files/Budget 2026.pdf",
        "The budget for 2026 is 410,000 euros. Travel is cut by a tenth. Training grows by 12,000 euros. "
        "The board decides in March.",
    ),
    File(
        "/files/Project Proposal.pdf",
        "We propose a booking service for shared bicycles. A first version takes four months and three people. "
        "The main risk is the contract with the city. A decision is needed by the end of the quarter.",
    ),
    File(
        "/files/Quarterly Report.pdf",
        "Sales rose by 7 percent in the last quarter. Returns fell for the third time in a row. "
        "The new warehouse opens in May. Hiring stays on hold.",
    ),
    File(
        "/files/Travel Itinerary.pdf",
        "The flight leaves Lisbon at 07:40. The hotel is ten minutes from the station. The talk is on the second day.",
    ),
    File("/files/Team Photo.jpg"),
    File("/files/Presentation.pptx", "Where we stand. What we learned. What comes next."),
)

_NOTES = (
    Note("Meeting Notes", "Agreed: ship the beta on the 20th. Open: who writes the release notes.", "Work"),
    Note("Shopping List", "Milk, bread, olive oil, coffee."),
    Note("Ideas", "A map of quiet places to work. A reading group on Thursdays.", "Personal"),
    Note("Gift Ideas", "Mom: a fern. Dad: a good torch.", "Personal"),
)

_MAILS = (
    Mail(
        "emma.larsen@example.com",
        "Plan for the workshop",
        "Could you send me the agenda and say who is coming? Thanks, Emma",
        ("me@example.com",),
    ),
    Mail("office@example.com", "Lunch on Friday", "We go to the market at noon.", ("team@example.com",)),
)

_PLACES = {"Home": "12 Elm Street, Springfield", "Work": "400 Harbor Road, Springfield"}


def default_world() -> World:
    """Fourteen contacts, six files, four notes, two mails of which the first is selected, home and work."""
    people = tuple(Contact(name, f"{local}@example.com", f"+155501001{last}") for name, local, last in _PEOPLE)
    return World((*people, *_GAPS), _FILES, _NOTES, _MAILS, selected=0, places=_PLACES)
