"""Clauses of compose_new_email, reply_to_email and forward_email."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from toolschool.datasets.desk import things
from toolschool.datasets.desk.build import Build
from toolschool.datasets.desk.content import file_ref, inline_product, passed_on, recipients
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.people import distinct, named_person, several
from toolschool.datasets.desk.words import bare, listed, possessive, quoted
from toolschool.methods.tinyagent.compact import title_case

MAIL_KINDS = {"summary": 5.0, "map": 8.0, "directions": 5.0, "zoom": 6.0, "note": 3.0, "phone": 1.5, "email": 0.7}


@dataclass
class Parts:
    """The optional parts of a mail clause: their words in order, and their values."""

    words: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    subject: str = ""
    context: str = ""
    attachments: list[str] = field(default_factory=list)

    def text(self, draw: Draw) -> str:
        """The words after the head, joined as people join them."""
        out = ""
        for index, word in enumerate(self.words):
            comma = index and draw.chance(0.35) and not word.startswith("in ")
            out += ("," if comma else "") + " " + word
        return out


def noun(draw: Draw) -> str:
    """'the quarterly budget review', 'my vacation plan'."""
    kind = draw.rng.random()
    if kind < 0.45:
        return f"the {things.topic(draw)}"
    return f"{draw.pick(('the', 'the', 'the', 'my', 'our'))} {draw.own(things.KINDS)} {draw.own(things.PAPERS)}"


def subject_of(words: str) -> str:
    """A subject from the words that name what is sent: a file name stays as it is."""
    return words if re.search(r"\.\w+$", words) else title_case(words)


def add_cc(draw: Draw, build: Build, parts: Parts) -> None:
    people = (
        distinct([named_person(draw) for _ in range(draw.pick((1, 1, 2)))])
        if draw.chance(0.8)
        else several(draw, "email", 2)
    )
    names = listed(draw, [p.text for p in people])
    parts.cc = build.emails(people)
    parts.words.append(draw.say(
        "and cc {x}", "cc'ing {x}", "with {x} in cc", "cc {x}", "copying {x}", "and copy {x}", "with a cc to {x}",
        "with {x} cc'd", "with cc to {x}", "and include {x} in cc", "and put {x} in [copy|cc]", "with {x} on copy",
        x=names,
    ))  # fmt: skip


def add_attachments(draw: Draw, build: Build, parts: Parts) -> None:
    product = build.fresh("file")
    if product and draw.chance(0.45):
        text = ("it" if build.is_last(product) and draw.chance(0.4) else draw.pick((
            "the file", "that file", "the document", "the opened file",
        )))  # fmt: skip
        parts.attachments = [product.ref]
    else:
        files = [file_ref(draw) for _ in range(2 if draw.chance(0.13) else 1)]
        parts.attachments = list(dict.fromkeys(build.path(f.value) for f in files))
        text = listed(draw, [f.text for f in files])
        parts.subject = parts.subject or subject_of(files[0].subject)
    parts.words.append(draw.say(
        "with {f} attached", "and attach {f}", "attaching {f}", "with {f} as an attachment", "and attach {f} to it",
        "with {f} attached to it",
        "with the attachment {f}" if not text.startswith(("the ", "my ", "it")) else "with {f} attached",
        "including {f} as an attachment", "including {f} as attachment", f=text,
    ))  # fmt: skip


def add_saying(draw: Draw, parts: Parts, pronoun: str) -> None:
    """Literal text: after 'that', in quotes, or as a request."""
    kind = draw.rng.random()
    if kind < 0.5:
        parts.context = things.fill(draw, things.QUOTED_SAYINGS)
        words = draw.say(
            "saying {s}", "with the message {s}", "with {s}", "that says {s}", "with the text {s}", "and write {s}",
            "and say {s}", s=f'"{parts.context}"',
        )  # fmt: skip
    elif kind < 0.82:
        parts.context = things.fill(draw, things.SAYINGS)
        words = draw.say(
            "saying that {s}", "saying {s}", "to let {pronoun} know that {s}", "telling {pronoun} that {s}",
            "to say that {s}", "informing {pronoun} that {s}", s=parts.context, pronoun=pronoun,
        )  # fmt: skip
    else:
        parts.context = things.fill(draw, things.REQUESTS)
        words = draw.say(
            "asking {pronoun} to {s}", "and ask {pronoun} to {s}", "reminding {pronoun} to {s}",
            "to remind {pronoun} to {s}", s=parts.context, pronoun=pronoun,
        )  # fmt: skip
    parts.words.append(words)


def add_product(draw: Draw, build: Build, parts: Parts, reuse: float = 0.85) -> None:
    text, product = passed_on(draw, build, MAIL_KINDS, reuse)
    parts.context = product.ref
    parts.subject = parts.subject or subject_of(product.subject)
    if text == "it":
        parts.words.append(draw.say("and include it", "with it in the [email|body|message]", "with it"))
        return
    parts.words.append(draw.say(
        "with {x}", "with {x} [included|in it]", "including {x}", "and include {x}", "containing {x}",
        "with {x} in the [email|body|message]", "and include {x} in the email", "and add {x} to the [email|message]",
        "with {x} in the email context", "that includes {x}", x=text,
    ))  # fmt: skip


def add_subject(draw: Draw, parts: Parts) -> None:
    if draw.chance(0.5):
        parts.subject = title_case(f"{draw.own(things.KINDS)} {draw.own(things.PAPERS + things.GATHERINGS)}")
        parts.words.append(draw.say(
            "with the subject {s}", "with subject {s}", "with the subject line {s}", "titled {s}",
            "and the subject {s}", "with {s} as the subject", "under the subject {s}", "using the subject {s}",
            s=quoted(draw, parts.subject, 0.92),
        ))  # fmt: skip
        return
    about = noun(draw)
    parts.subject = title_case(bare(about))
    parts.words.append(draw.say("about {x}", "regarding {x}", "about {x}", "concerning {x}", "on {x}", x=about))


def compose(draw: Draw, build: Build) -> str:
    """An e-mail: who, then subject, text or result, attachments, cc."""
    names, people = recipients(draw, build, "email")
    to = build.emails(people)
    pronoun = people[0].pronoun if len(people) == 1 else "them"
    parts = Parts()
    if build.fresh(*MAIL_KINDS) and draw.chance(0.5):
        whole = _send_product(draw, build, names, parts)
    else:
        whole = ""
        _mail_parts(draw, build, parts, pronoun)
    build.people = people
    build.call("compose_new_email", to, parts.cc, parts.subject, parts.context, parts.attachments)
    if whole:
        return whole + parts.text(draw)
    head = draw.say(
        "[send|write|compose|draft] an email to {n}", "email {n}", "compose a new email to {n}",
        "[send|compose|draft] a new email to {n}", "write to {n} by email", "[send|write] {n} an email", "mail {n}",
        "shoot {n} an email", "send an e-mail to {n}", "drop {n} an email", "[start|prepare] an email to {n}",
        "e-mail {n}", "send out an email to {n}", "fire off an email to {n}", n=names,
    )  # fmt: skip
    return head + parts.text(draw)


def _send_product(draw: Draw, build: Build, names: str, parts: Parts) -> str:
    """'email the summary to Ann'."""
    text, product = passed_on(draw, build, MAIL_KINDS, 1.0)
    parts.context, parts.subject = product.ref, subject_of(product.subject)
    if draw.chance(0.15):
        add_cc(draw, build, parts)
    return draw.say(
        "email {x} to {n}", "send {x} to {n} [by|via] email", "[mail|e-mail] {x} to {n}",
        "send {x} in an email to {n}", "send an email with {x} to {n}", "compose an email to {n} with {x}",
        "share {x} with {n} [by|via] email", "send {n} an email with {x}", "include {x} in an email to {n}", x=text,
        n=names,
    )  # fmt: skip


def _mail_parts(draw: Draw, build: Build, parts: Parts, pronoun: str) -> None:
    if draw.chance(0.6):
        add_subject(draw, parts)
    roll = draw.rng.random()
    if roll < 0.38:
        add_product(draw, build, parts)
    elif roll < 0.68 or not parts.words:
        add_saying(draw, parts, pronoun)
    if draw.chance(0.36):
        add_attachments(draw, build, parts)
    if draw.chance(0.16):
        add_cc(draw, build, parts)


def which_mail(draw: Draw) -> str:
    """The mail replied to or forwarded; its sender is not looked up."""
    sender = (named_person(draw).text if draw.chance(0.8) else draw.pick((
        "Mom", "Dad", "my boss", "my manager", "the client", "HR",
    )))  # fmt: skip
    kind = draw.rng.random()
    if kind < 0.45:
        return draw.say(
            "the email", "this email", "the [latest|current|selected|last] email",
            "the [received|open|important|most recent] email", "my [latest|last] email", "that email",
            "the email thread", "the [message|mail]", "the email I [just got|have selected]",
        )  # fmt: skip
    if kind < 0.65:
        return draw.say(
            "the email from {s}", "{s} email", "the [latest|last|recent] email from {s}", "the email that {p} sent",
            s=sender, p=sender,
        ).replace(f"{sender} email", f"{possessive(sender)} email")  # fmt: skip
    about = noun(draw)
    if kind < 0.78:
        return f"the email from {sender} {draw.pick(('about', 'regarding'))} {about}"
    return draw.say(
        "the email [about|regarding] {x}", "the [latest|current] email [about|on] {x}", "the email concerning {x}",
        "the email with {x}", x=about,
    )  # fmt: skip


def reply(draw: Draw, build: Build) -> str:
    """A reply to the selected mail; nobody is looked up unless put in copy."""
    parts = Parts()
    roll = draw.rng.random()
    if roll < 0.44 or (build.fresh(*MAIL_KINDS) and roll < 0.6):
        add_product(draw, build, parts, 0.8)
    elif roll < 0.85:
        add_saying(draw, parts, "them")
    if draw.chance(0.45) or (not parts.words and draw.chance(0.7)):
        add_attachments(draw, build, parts)
    if draw.chance(0.2):
        add_cc(draw, build, parts)
    build.people = []
    build.call("reply_to_email", parts.cc, parts.context, parts.attachments)
    head = draw.say(
        "reply to {m}", "respond to {m}", "answer {m}", "write a reply to {m}", "send a reply to {m}",
        "reply to {m}", "write back to {m}", m=which_mail(draw),
    )  # fmt: skip
    return head + parts.text(draw)


def forward(draw: Draw, build: Build) -> str:
    """The selected mail to somebody."""
    names, people = recipients(draw, build, "email")
    to = build.emails(people)
    parts = Parts()
    roll = draw.rng.random()
    if roll < 0.16:
        text, product = (
            inline_product(draw, build, MAIL_KINDS) if draw.chance(0.5) else passed_on(draw, build, MAIL_KINDS, 1.0)
        )
        parts.context = product.ref
        parts.words.append(draw.say(
            "with {x}", "including {x}", "and include {x}", "along with {x}", "together with {x}", x=text,
        ))  # fmt: skip
    elif roll < 0.3:
        add_saying(draw, parts, "them")
    if draw.chance(0.36):
        add_attachments(draw, build, parts)
    if draw.chance(0.1):
        add_cc(draw, build, parts)
    build.people = people
    build.call("forward_email", to, parts.cc, parts.context, parts.attachments)
    head = draw.say(
        "forward {m} to {n}", "forward {m} to {n}", "forward {m} on to {n}", "pass {m} on to {n}",
        "send {m} on to {n}", "share {m} with {n} by forwarding it", "fwd {m} to {n}", m=which_mail(draw), n=names,
    )  # fmt: skip
    return head + parts.text(draw)
