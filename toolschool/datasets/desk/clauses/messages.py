"""Clauses of send_sms, get_phone_number and get_email_address."""

from __future__ import annotations

from toolschool.datasets.desk import things
from toolschool.datasets.desk.build import Build
from toolschool.datasets.desk.clauses.mail import noun
from toolschool.datasets.desk.content import contact_words, passed_on, recipients
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.people import Person, named_person, person
from toolschool.datasets.desk.words import listed

SMS_KINDS = {"summary": 4.0, "directions": 3.0, "zoom": 3.0, "map": 2.5, "note": 1.5, "phone": 1.0, "email": 2.5}
HEADS = (
    "text {n}", "send a text to {n}", "send {n} a text[| message]", "send an SMS to {n}",
    "send a text message to {n}", "send {n} an SMS", "message {n}", "SMS {n}", "shoot {n} a text",
    "send a message to {n} [via SMS|by text|via text]", "drop {n} a text", "write a text to {n}",
    "send a quick [SMS|text] to {n}", "write an SMS to {n}",
)  # fmt: skip


def sms(draw: Draw, build: Build) -> str:
    """A text message: literal words, a topic, or the result of another call."""
    names, people = recipients(draw, build, "phone")
    numbers = build.phones(people)
    pronoun = people[0].pronoun if len(people) == 1 else "them"
    roll = draw.rng.random()
    reuse = build.fresh(*SMS_KINDS) is not None
    if roll < 0.2 or (reuse and roll < 0.55):
        text, message = _with_product(draw, build, names)
    elif roll < 0.75:
        text, message = _saying(draw, names, pronoun)
    else:
        message = noun(draw)
        text = draw.say(*HEADS, n=names) + draw.say(
            " about {x}", " about {x}", " regarding {x}", " with {x}", " reminding {pronoun} about {x}",
            " to remind {pronoun} about {x}", " informing them about {x}", x=message, pronoun=pronoun,
        )  # fmt: skip
    build.people = people
    build.call("send_sms", numbers, message)
    return text


def _with_product(draw: Draw, build: Build, names: str) -> tuple[str, str]:
    text, product = passed_on(draw, build, SMS_KINDS, 0.9)
    if text == "it":
        return draw.say("text it to {n}", "send it to {n} [by text|via SMS]", "SMS it to {n}", n=names), product.ref
    if draw.chance(0.55):
        whole = draw.say(
            "text {x} to {n}", "text {n} {x}", "send {x} to {n} [by text|via SMS|as a text message|by SMS]",
            "send {n} a text with {x}", "SMS {x} to {n}", "send a text with {x} to {n}",
            "send an SMS with {x} to {n}", "share {x} with {n} via SMS", x=text, n=names,
        )  # fmt: skip
        return whole, product.ref
    return draw.say(*HEADS, n=names) + draw.say(
        " with {x}", " containing {x}", " including {x}", " with {x} in it", x=text,
    ), product.ref  # fmt: skip


def _saying(draw: Draw, names: str, pronoun: str) -> tuple[str, str]:
    kind = draw.rng.random()
    if kind < 0.4:
        message = things.fill(draw, things.SAYINGS)
        if draw.chance(0.25):
            return draw.say(
                "let {n} know [|by text |via SMS ]that {s}", "tell {n} [by text|via SMS|in a text] that {s}",
                n=names, s=message,
            ), message  # fmt: skip
        return draw.say(*HEADS, n=names) + draw.say(
            " that {s}", " saying {s}", " saying that {s}", " to let {pronoun} know that {s}", " to say {s}",
            s=message, pronoun=pronoun,
        ), message  # fmt: skip
    if kind < 0.75:
        message = things.fill(draw, things.QUOTED_SAYINGS)
        tail = draw.say(
            " saying {s}", " with the message {s}", " that says {s}", ": {s}", " {s}", " with the text {s}",
            " with {s}", s=f'"{message}"',
        )  # fmt: skip
        return draw.say(*HEADS, n=names) + tail, message
    message = things.fill(draw, things.REQUESTS)
    if draw.chance(0.3):
        return draw.say(
            "ask {n} by text to {s}", "tell {n} via SMS to {s}", "remind {n} by text to {s}", n=names, s=message,
        ), message  # fmt: skip
    return draw.say(*HEADS, n=names) + draw.say(
        " asking {pronoun} to {s}", " to remind {pronoun} to {s}", " to ask {pronoun} to {s}", s=message, pronoun=pronoun,
    ), message  # fmt: skip


def phone_lookup(draw: Draw, build: Build) -> str:
    """'find Ann's phone number'."""
    p = person(draw)
    build.people = [p]
    what = draw.pick(("phone number", "phone number", "number", "cell number", "mobile number", "telephone number"))
    words = contact_words(p, draw, what)
    build.make("phone", build.phone(p), p.text)
    return _lookup(draw, words, p, "phone number")


def email_lookup(draw: Draw, build: Build) -> str:
    """'get Ann's email address'; sometimes of two people."""
    if draw.chance(0.12):
        people = [named_person(draw), named_person(draw)]
        build.emails(people)
        build.people = []
        names = listed(draw, [p.text for p in people])
        return draw.say(
            "find the email addresses of {n}", "get the email addresses for {n}",
            "look up the email addresses of {n}", n=names,
        )  # fmt: skip
    p = person(draw)
    build.people = [p]
    words = contact_words(p, draw, draw.pick((
        "email address", "email address", "email", "e-mail", "e-mail address",
    )))  # fmt: skip
    build.make("email", build.email(p), p.text)
    return _lookup(draw, words, p, "email address")


def _lookup(draw: Draw, words: str, p: Person, what: str) -> str:
    return draw.say(
        "find {w}", "get {w}", "look up {w}", "get me {w}", "give me {w}", "search for {w}",
        "find {w} in my contacts", "pull up {w}", "retrieve {w}", "check {w}", "find the {k} for {p}", "fetch {w}",
        "obtain {w}", "look in my contacts for {w}", "search my contacts for {w}", "show me {w}", "dig up {w}",
        w=words, k=what, p=p.text,
    )  # fmt: skip


def phone_question(draw: Draw, build: Build) -> str:
    p = person(draw)
    build.people = [p]
    build.make("phone", build.phone(p), p.text)
    words = contact_words(p, draw, draw.pick(("phone number", "number", "cell", "phone number", "mobile")))
    return draw.say(
        "what is {w}?", "what's {w}?", "do [I|we] have {w}?", "can you tell me {w}?",
        "how can I [reach|call] {p} by phone?", "do you know {w}?", "what number does {p} have?",
        w=words, p=p.text,
    )  # fmt: skip


def email_question(draw: Draw, build: Build) -> str:
    p = person(draw)
    build.people = [p]
    build.make("email", build.email(p), p.text)
    words = contact_words(p, draw, draw.pick(("email", "email address", "e-mail address", "email address")))
    return draw.say(
        "what is {w}?", "what's {w}?", "do [I|we] have {w}?", "can you tell me {w}?", "do you know {w}?",
        "where can I email {p}?", w=words, p=p.text,
    )  # fmt: skip
