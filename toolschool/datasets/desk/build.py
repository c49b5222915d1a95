"""The plan under construction, and what later clauses can refer back to.

Calls are numbered in the order made; a look-up or an opened file is made once and then reused. A clause is built on a
copy and dropped when the plan would grow past its limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from toolschool.datasets.desk.people import Person
from toolschool.records import Call, JsonValue


@dataclass(frozen=True)
class Product:
    """Something a call returned that can be passed on.

    `kind` is one of summary, map, directions, zoom, note, file, phone, email; `ref` the reference `$k`; `subject` the
    words of the query that name it (a file, a place, a title, a person).
    """

    kind: str
    ref: str
    subject: str
    age: int = 0  # index of the clause that made it


@dataclass
class Build:
    """A plan being built, with its memory."""

    calls: list[Call] = field(default_factory=list)
    known: dict[tuple[str, str], str] = field(default_factory=dict)  # (tool, argument) -> reference
    products: list[Product] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)  # named in the clause before
    notes: list[tuple[str, str]] = field(default_factory=list)  # (title, folder) created or opened
    place: str = ""  # the place named last
    clause: int = 0

    def copy(self) -> Build:
        return Build(
            list(self.calls),
            dict(self.known),
            list(self.products),
            list(self.people),
            list(self.notes),
            self.place,
            self.clause,
        )

    def call(self, tool: str, *args: JsonValue) -> str:
        """Append a call and return the reference to its result."""
        self.calls.append(Call(len(self.calls) + 1, tool, tuple(args)))
        return f"${len(self.calls)}"

    def once(self, tool: str, argument: str) -> str:
        """A look-up with one argument, made only once per plan."""
        key = (tool, argument.lower())
        if key not in self.known:
            self.known[key] = self.call(tool, argument)
        return self.known[key]

    def email(self, person: Person) -> str:
        return person.name if person.given else self.once("get_email_address", person.name)

    def phone(self, person: Person) -> str:
        return person.name if person.given else self.once("get_phone_number", person.name)

    def emails(self, people: list[Person]) -> list[str]:
        return [self.email(p) for p in people]

    def phones(self, people: list[Person]) -> list[str]:
        return [self.phone(p) for p in people]

    def path(self, name: str) -> str:
        return self.once("open_and_get_file_path", name)

    def summary(self, name: str) -> str:
        return self.once("summarize_pdf", self.path(name))

    def make(self, kind: str, ref: str, subject: str) -> Product:
        """Remember a product under the current clause."""
        product = Product(kind, ref, subject, self.clause)
        self.products.append(product)
        return product

    def fresh(self, *kinds: str) -> Product | None:
        """The latest product of one of the kinds (any, when none is given) of an earlier clause."""
        for product in reversed(self.products):
            if product.age < self.clause and (not kinds or product.kind in kinds):
                return product
        return None

    def is_last(self, product: Product) -> bool:
        """Whether 'it' can mean the product: the clause before made it, and it only."""
        made = [p for p in self.products if p.age == self.clause - 1]
        return product in made and len(made) == 1
