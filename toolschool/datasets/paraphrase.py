"""The same request in other words: turns of phrase that mean the same to every tool are exchanged.

    paraphrase(draw, "Append it to the note titled \\"Ideas\\".", calls)   # 'Add it to the note called "Ideas".'

Only words that no argument of the plan repeats are touched, and nothing inside quotation marks. Limits: phrases are exchanged
where they stand; the order of clauses and the grammar of a sentence stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from toolschool.datasets.desk.draw import Draw
from toolschool.plans.references import strings
from toolschool.records import Call

RATE = 0.4  # of places where a turn of phrase stands
# Lines of phrases that can stand for each other. A phrase takes the case of the one it replaces.
GROUPS = tuple(
    tuple(phrase.strip() for phrase in line.split("|"))
    for line in """
    create a reminder | set a reminder | make a reminder | add a reminder | set up a reminder
    create a calendar event | add a calendar event | schedule a calendar event | set up a calendar event | create an event in the calendar
    create a note | make a note | start a note | write a note | create a new note | add a note
    compose an email to | write an email to | draft an email to | send an email to | compose a new email to | email a message to | prepare an email to
    compose a new email with | write an email with | draft a new email with | send an email with | compose an email with
    send an sms to | send a text message to | send a text to | text | drop a text to
    reply to | respond to | answer | write back to
    forward the | pass on the | send on the
    the latest email | the most recent email | the last email | the current email | this email | the email
    titled | called | named | with the title
    append | add | attach
    show directions | get directions | find directions | show me directions | give me directions | look up directions
    your current location | my current location | the current location | where I am
    open the location of | show the location of | find the location of | bring up the location of | open a map of
    summarize | sum up | give a summary of | provide a summary of | make a summary of
    additionally, | also, | in addition, | furthermore, | besides,
    finally, | lastly, | at last, | to finish,
    then, | after that, | next, | afterwards, | following that,
    , then | , and then | , after that
    with the subject | with subject | using the subject | under the subject
    in the email context | in the body of the email | in the email body | in the email
    regarding | about | concerning
    the document | the file
    zoom meeting link | zoom link | link to the zoom meeting
    obtain | get | fetch
    including | containing | with
    inviting | and invite | with invitations to
    for next week | next week
    set up | arrange | organize
    upcoming | coming | planned
    to notify | to inform | to tell
    open the note | pull up the note | access the note | bring up the note
    open the file | pull up the file | access the file
    make sure to | remember to | don't forget to
    mailing | emailing
    in apple maps | on apple maps | in maps | on the map | using apple maps
    by public transit | by public transport | using public transportation | via public transit
    by walking | on foot | for walking | using walking mode
    by car | by driving | for driving
    """.strip().splitlines()
)
# Not everything holds in both directions: "answer" is also a noun, "attach" wants a file, "with" is everywhere.
ONLY_IN = frozenset({"text", "answer", "attach", "add", "get", "with", "about", "the file", "next week", "arrange"})
_OTHERS = {
    phrase.lower(): tuple(other for other in group if other != phrase)
    for group in GROUPS
    for phrase in group
    if phrase not in ONLY_IN
}
_PATTERN = re.compile(
    rf"(?<![\w-])(?:{'|'.join(re.escape(p) for p in sorted(_OTHERS, key=len, reverse=True))})(?![\w-])", re.IGNORECASE
)
_QUOTES = re.compile(r"[\"“][^\"”]*[\"”]|(?<!\w)'[^']*'(?!\w)")


def paraphrase(draw: Draw, query: str, calls: Sequence[Call]) -> str:
    """The request with some of its turns of phrase exchanged; what the plan copies stays as it is."""
    kept = list(_kept(query, calls))

    def change(match: re.Match[str]) -> str:
        inside = any(start < match.end() and match.start() < end for start, end in kept)
        if inside or not draw.chance(RATE):
            return match[0]
        new = draw.pick(_OTHERS[match[0].lower()])
        return new[:1].upper() + new[1:] if match[0][:1].isupper() else new

    return _PATTERN.sub(change, query)


def _kept(query: str, calls: Sequence[Call]) -> Iterator[tuple[int, int]]:
    """Stretches that must not change: quotations, and whatever an argument repeats."""
    for quotation in _QUOTES.finditer(query):
        yield quotation.span()
    lowered = query.lower()
    for call in calls:
        for text in (text for text in strings(list(call.args)) if len(text) > 1):
            at = lowered.find(text.lower())
            while at >= 0:
                yield at, at + len(text)
                at = lowered.find(text.lower(), at + 1)
