"""One clause family per tool: words of a request and the calls they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from toolschool.datasets.desk.build import Build
from toolschool.datasets.desk.clauses import calendar, mail, messages, notes, places
from toolschool.datasets.desk.draw import Draw

Clause = Callable[[Draw, Build], str]

# Imperative clauses with their weight in long requests (what the real rows show) and in short ones (everyday use).
CLAUSES: Mapping[str, tuple[Clause, tuple[float, float]]] = {
    "event": (calendar.event, (27, 10)),
    "zoom": (calendar.zoom, (12, 4)),
    "reminder": (calendar.reminder, (25, 14)),
    "compose": (mail.compose, (26, 12)),
    "reply": (mail.reply, (24, 6)),
    "forward": (mail.forward, (23, 7)),
    "sms": (messages.sms, (24, 14)),
    "phone_lookup": (messages.phone_lookup, (3, 6)),
    "email_lookup": (messages.email_lookup, (5, 6)),
    "create_note": (notes.create, (26, 10)),
    "open_note": (notes.open_, (23, 6)),
    "append_note": (notes.append, (26, 7)),
    "open_map": (places.open_map, (20, 6)),
    "directions": (places.directions, (20, 9)),
    "open_file": (places.open_file, (9, 5)),
    "summarize": (places.summarize, (15, 8)),
}
# Whole sentences that ask; they open a request or stand alone.
QUESTIONS: Mapping[str, tuple[Clause, float]] = {
    "phone_lookup": (messages.phone_question, 5),
    "email_lookup": (messages.email_question, 5),
    "open_map": (places.map_question, 3),
    "directions": (places.route_question, 5),
    "summarize": (places.summary_question, 2),
}
