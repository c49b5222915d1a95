"""Real requests cut into clauses with the calls each clause stands for, so that clauses can be recombined.

    for unit in units(example): unit.text, unit.calls

A request is cut before an imperative verb that follows a comma, "and" or the end of a sentence. A call belongs to the clause
that names its arguments and its kind; clauses are merged when a call of one needs a result of the other, when a pronoun
or "the summary" points back, or when a clause has no call of its own. Precision comes before yield: a request with one call
that cannot be placed safely gives no units at all, and a unit whose words ask for a tool that it does not call is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from toolschool.plans.order import renumber
from toolschool.plans.references import dependencies, strings
from toolschool.records import Call, Example

LOOKUPS = frozenset({"get_email_address", "get_phone_number", "open_and_get_file_path"})
COPYING = LOOKUPS | {"maps_open_location", "maps_show_directions", "open_note"}  # every argument stands in the request
MAILING = frozenset({"compose_new_email", "reply_to_email", "forward_email", "send_sms"})
VERBS = (
    "add append arrange book check compose create draft email find fetch forward generate get give inform jot locate look make message notify obtain open "
    "organize plan provide pull put read remind reply respond retrieve schedule send set share show start summarize text update write access save search "
    "navigate text invite"
).split()
_JOINT = r"(?:[.!?]['\"”]?\s+(?=[A-Z])|;\s+|[,.]?['\"”]?\s*,?\s+(?:and|then|and then)\s+(?=VERB)|,['\"”]?\s+(?=VERB))".replace(
    "VERB",
    r"(?:(?:then|also|finally|lastly|next|please|after that|afterwards|additionally|subsequently),?\s+)*"
    rf"(?:{'|'.join(VERBS)})\b",
)
_CUT = re.compile(_JOINT, re.IGNORECASE)
_LINK_WORDS = (
    r"(?:and|then|also|next|finally|lastly|additionally|afterwards?|after that|subsequently|secondly|please|once (?:that's )?done|"
    r"in addition|furthermore|moreover|meanwhile|following that|first|firstly|later)"
)
_LEAD = re.compile(rf"^(?:{_LINK_WORDS}\b[, ]*)+", re.IGNORECASE)
_TAIL = re.compile(rf"(?:[.,;]*\s+{_LINK_WORDS})+[.,; ]*$", re.IGNORECASE)
# Words that point at another clause: a clause with one of them stays with the clause before.
_BACK = re.compile(
    r"\b(?:it|its|them|him|her|they|their|his|this|these|those|same|above|both|that (?:note|file|email|event|link|meeting)|"
    r"the (?:summary|summarized \w+|link|zoom link|meeting link|map link|attached|results?|original|obtained|created)|"
    r"the (?:directions|location|note|file|document|event|reminder|attachment|meeting|details|contents?|phone number|email address|route|path|pdf)"
    r"(?! (?:of|to|from|for|titled|named|called|about|regarding|with the|\"))|created|earlier|previous\w*|mentioned|obtained)\b",
    re.IGNORECASE,
)
CUES = {
    "create_calendar_event": r"calendar|event|schedul|invit|zoom|set up|organi[sz]e|arrange|\bbook|\bplan|meeting",
    "get_zoom_meeting_link": r"zoom|meeting link|video",
    "compose_new_email": r"e-?mail|compose|message|inform|notify|write",
    "reply_to_email": r"repl(?:y|ies)|respond|answer|response",
    "forward_email": r"forward|\bshare|\bsend",
    "send_sms": r"\bsms|\btext|message|inform|notify",
    "create_reminder": r"remind",
    "create_note": r"\bnote|jot|list|record|\bsave",
    "open_note": r"\bnote|open|review|access",
    "append_note_content": r"append|\badd|note|includ|updat|insert|\bput",
    "maps_open_location": r"\bmap|location|locat|where|open|venue|place|check",
    "maps_show_directions": r"direction|route|navigat|how to get|\bway\b|walk|drive|driving",
    "summarize_pdf": r"summar",
}
# Words that ask for one tool and hardly for another: without its call the unit is dropped.
STRONG = {
    "send_sms": r"\bsms\b|text message",
    "create_reminder": r"\breminder\b|\bremind me",
    "forward_email": r"^forward\b",
    "reply_to_email": r"^(?:reply|respond)\b",
    "maps_show_directions": r"\bdirections?\b",
    "get_zoom_meeting_link": r"\bzoom\b",
    "create_calendar_event": r"calendar event|^schedule\b",
    "summarize_pdf": r"\bsummari[sz]e\b",
    "append_note_content": r"^append\b",
    "create_note": r"^(?:create|make) a (?:new )?note",
    "open_note": r"^open the note",
    "compose_new_email": r"^(?:compose|send|draft) (?:a |an )?(?:new )?email",
}
_CUES = {tool: re.compile(cue, re.IGNORECASE) for tool, cue in CUES.items()}
_STRONG = {tool: re.compile(cue, re.IGNORECASE) for tool, cue in STRONG.items()}
_DERIVED = re.compile(r"\d{4}-\d{2}-\d{2}.*|\$\d+|[dwr]|", re.DOTALL)  # never words of the request


@dataclass(frozen=True)
class Unit:
    """A stretch of a request that stands alone, with its calls numbered from 1."""

    text: str
    calls: tuple[Call, ...]
    origin: str  # id of the example


def cut(query: str) -> list[tuple[int, int]]:
    """Where the clauses of a request begin and end, without the words that joined them."""
    spans, start = [], 0
    for match in _CUT.finditer(query):
        quote = match.group().find('"')
        if query[start : match.start()].count('"') % 2 and quote < 0:
            continue  # inside a quotation
        spans.append((start, match.start() + quote + 1))
        start = match.end()
    spans.append((start, len(query)))
    return [(first, last) for first, last in spans if query[first:last].strip()]


def tidy(text: str) -> str:
    """A clause without joining words before it and punctuation after it."""
    text = _TAIL.sub("", text.strip())
    text = re.sub(r"[.,;]+([\"'”]?)[.,;!\s]*$", r"\1", text)
    return _LEAD.sub("", text).strip()


def normal(text: str) -> str:
    """Lower-case words between single spaces, with a space at either end for whole-word search."""
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "


def named(call: Call) -> list[str]:
    """Normal forms of the argument texts that could stand in the request."""
    return [normal(t) for t in strings(list(call.args)) if not _DERIVED.fullmatch(t) and normal(t).strip()]


def units(example: Example) -> list[Unit]:
    """The units of an example; an empty list when any call cannot be placed."""
    spans = cut(example.query)
    clauses = [example.query[first:last] for first, last in spans]
    texts = [normal(clause) for clause in clauses]
    calls = {call.id: call for call in example.plan.calls}
    needs = {call.id: set(dependencies(call)) for call in example.plan.calls}
    used = set().union(*needs.values()) if needs else set()
    home: dict[int, int] = {}
    for call in example.plan.calls:
        if call.tool in LOOKUPS and call.id in used:
            continue
        place = _place(call, clauses, texts, [calls[d] for d in needs[call.id] if d in calls])
        if place is None:
            return []
        home[call.id] = place
    groups = _merge(clauses, texts, calls, needs, home)
    return [] if groups is None else _collect(example, spans, calls, needs, home, groups)


def _place(call: Call, clauses: Sequence[str], texts: Sequence[str], sources: Sequence[Call]) -> int | None:
    """The clause that names the call best, None unless one stands out and shows its kind."""
    names = [*named(call), *(name for source in sources for name in named(source))]
    said = [sum(1.0 + name.strip().count(" ") for name in names if name in text) for text in texts]
    must = call.tool in COPYING and bool(names)
    scores = []
    for clause, words in zip(clauses, said, strict=True):
        shown = call.tool not in _CUES or _CUES[call.tool].search(clause)
        strong = 2.0 if call.tool in _STRONG and _STRONG[call.tool].search(clause) else 0.0
        told = words or (
            call.tool in _CUES and not any(said) and not must
        )  # its kind alone counts only where no clause names it
        scores.append(words + strong + 1.0 if shown and told else 0.0)
    best = max(range(len(scores)), key=scores.__getitem__)
    others = [score for index, score in enumerate(scores) if index != best]
    if scores[best] <= 0 or (others and scores[best] - max(others) < 1.0):
        return None
    return best


def _merge(
    clauses: Sequence[str],
    texts: Sequence[str],
    calls: dict[int, Call],
    needs: dict[int, set[int]],
    home: dict[int, int],
) -> list[int] | None:
    """A group number per clause (groups are contiguous); None when a look-up's name stands nowhere before its use."""
    joined = [False] * len(clauses)  # joined[i]: clause i belongs to the group of clause i - 1

    def bridge(one: int, other: int) -> None:
        for index in range(min(one, other) + 1, max(one, other) + 1):
            joined[index] = True

    occupied = set(home.values())
    for index, clause in enumerate(clauses):
        if index and (index not in occupied or _BACK.search(re.sub(r"\"[^\"]*\"", '"', clause))):
            joined[index] = True
    if 0 not in occupied and len(clauses) > 1:
        joined[1] = True
    for step, place in home.items():
        for source in needs[step]:
            if source in home:
                bridge(home[source], place)
            elif source in calls and not all(name in texts[place] for name in named(calls[source])):
                before = [i for i in range(place) if all(name in texts[i] for name in named(calls[source]))]
                if not before:
                    return None
                bridge(before[-1], place)
    groups, number = [], 0
    for index in range(len(clauses)):
        number += bool(index) and not joined[index]
        groups.append(number)
    return groups


def _collect(
    example: Example,
    spans: Sequence[tuple[int, int]],
    calls: dict[int, Call],
    needs: dict[int, set[int]],
    home: dict[int, int],
    groups: Sequence[int],
) -> list[Unit]:
    found = []
    for group in sorted(set(groups)):
        members = [i for i, g in enumerate(groups) if g == group]
        steps = {step for step, place in home.items() if place in members}
        frontier = set(steps)
        while frontier:
            frontier = {d for step in frontier for d in needs[step] if d in calls} - steps
            steps |= frontier
        text = tidy(example.query[spans[members[0]][0] : spans[members[-1]][1]])
        unit_calls = tuple(calls[step] for step in sorted(steps))
        if _sound(text, unit_calls):
            found.append(Unit(text, renumber(unit_calls).calls, example.id))
    return found


def _sound(text: str, calls: Sequence[Call]) -> bool:
    """Whether the words ask for no tool that the calls lack, and every look-up is named."""
    tools = {call.tool for call in calls}
    if not calls or any(cue.search(text) and tool not in tools for tool, cue in _STRONG.items()):
        return False
    if re.search(r"\b(?:in|to) the (?:e-?mail|message)\b", text) and not tools & MAILING:
        return False
    words = normal(text)
    if any(call.tool == "append_note_content" and normal(str(call.args[0])) not in words for call in calls):
        return False  # the title stands in a clause that is not here
    return all(name in words for call in calls if call.tool in COPYING for name in named(call)) and len(text) > 8
