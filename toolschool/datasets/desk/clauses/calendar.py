"""Clauses of create_calendar_event, get_zoom_meeting_link and create_reminder."""

from __future__ import annotations

from datetime import timedelta

from toolschool.datasets.desk import things
from toolschool.datasets.desk.build import Build
from toolschool.datasets.desk.content import Fragment, contact_words, passed_on, place, recipients
from toolschool.datasets.desk.dates import When, day_only, duration, moment_phrase, span_phrase, stamp
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.people import person
from toolschool.datasets.desk.words import capital, quoted
from toolschool.methods.tinyagent.compact import title_case

EVENT_KINDS = {"summary": 2.0, "map": 1.0, "directions": 1.0, "phone": 0.7, "note": 0.7}
PRIORITY = {"high": 1, "medium": 5, "low": 9}


def a(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeio' else 'a'} {noun}"


def event_when(draw: Draw) -> tuple[When, str]:
    """The time of a meeting with its words; `minutes` or `end` when given, 'for' before some phrases."""
    kind = draw.rng.random()
    if kind < 0.05:
        when = When("", draw.now.date(), draw.now.time())
        return when, ""
    if kind < 0.17:
        when = day_only(draw)
    elif kind < 0.38:
        when = span_phrase(draw)
    else:
        when = moment_phrase(draw)
    text = when.text
    if draw.chance(0.12) and text.startswith(("next ", "tomorrow", "this ")):
        text = "for " + text
    if kind >= 0.38 and draw.chance(0.15):
        words, _, minutes = duration(draw)
        when = When(when.text, when.day, when.clock, minutes=minutes)
        text += draw.pick((" for ", " for ", " lasting ")) + words
    return when, " " + text


def end_of(when: When) -> str:
    """The end as named, else start plus the duration, else an hour later."""
    return stamp(when.end or when.start + timedelta(minutes=when.minutes or 60))


def named(draw: Draw, noun: str) -> tuple[str, str]:
    """How a meeting is introduced ('a team lunch', 'a calendar event titled "Team Lunch"') and its title."""
    title = title_case(noun)
    text = draw.say(
        "a [calendar event|calendar event|new calendar event] [titled|called|named] {q}",
        "an event [titled|called|named] {q}", "a calendar event for {the}", "a calendar event for {a}", "{a}", "{a}",
        "{a} event", "{a} in my calendar", "an event for {the}", "{a} on the calendar",
        "a meeting [titled|called] {q}", "the event {q}", "a calendar entry [for {the}|called {q}]",
        q=quoted(draw, title, 0.85), a=a(noun), the=f"{draw.pick(('the', 'the', 'our'))} {noun}",
    )  # fmt: skip
    if text == f"{a(noun)} event":
        title = f"{title} Event"
    return text, title


def event(draw: Draw, build: Build) -> str:
    """A calendar event: title, time, place, invitees, notes."""
    noun = things.topic(draw)
    text, title = named(draw, noun)
    when, when_text = event_when(draw)
    where = _where(draw, build)
    who, invitees = _who(draw, build, 0.36)
    notes = _notes(draw, build, title, when, invitees)
    head = draw.say(
        "[create|add|schedule|set up|make|create] {x}", "schedule {x}", "[create|add] {x}", "book {x}", "plan {x}",
        "put {x} down" if " calendar" in text else "organize {x}", "set {x} up", "arrange {x}", x=text,
    )  # fmt: skip
    parts = [when_text, where.text] if draw.chance(0.75) else [where.text, when_text]
    if who:
        parts.insert(draw.pick((0, 1, 2, 2, 2)) if not who.startswith((" and", ",")) else 2, who)
    if when_text == "" and where.text == "" and not who and text == a(noun):
        head += " on my calendar"
    build.call(
        "create_calendar_event", title, stamp(when.start), end_of(when), where.value, invitees, notes.value, None
    )
    return head + "".join(parts) + notes.text


def _where(draw: Draw, build: Build) -> Fragment:
    roll_ = draw.rng.random()
    if roll_ < 0.62:
        return Fragment("", "")
    if build.place and build.place[0].isupper() and roll_ < 0.7:
        return draw.pick((Fragment(f" at {build.place}", build.place), Fragment(" there", build.place)))
    if roll_ < 0.84:
        room = draw.pick(things.ROOMS)
        quote = quoted(draw, room, 0.4) if room[0].isupper() else room
        return Fragment(draw.pick((" in ", " in ", " at ")) + quote, room)
    found = place(draw, quote=0.5)
    form = (draw.pick((
        " at {p}", " at {p}", " at {p}", " at the location {p}", ", location {p}", " with the location {p}",
        " and set the location to {p}",
    )) if found.text.startswith('"') else " at {p}")  # fmt: skip
    return Fragment(form.replace("{p}", found.text), found.value)


def _who(draw: Draw, build: Build, nobody: float) -> tuple[str, list[str]]:
    """Words and addresses of the invitees; nobody at that rate."""
    if draw.chance(nobody):
        build.people = []
        return "", []
    names, people = recipients(draw, build, "email", most=4)
    invitees = build.emails(people)
    build.people = people
    return draw.say(
        " with {n}", " with {n}", " and invite {n}", " inviting {n}", " with {n} invited", " with {n} as invitees",
        " with attendees {n}", ", invite {n}", " with {n} as attendees", " with participants {n}",
        " and send invites to {n}", " and add {n} as invitees", ", inviting {n}", " with invitees {n}", n=names,
    ), invitees  # fmt: skip


def _notes(draw: Draw, build: Build, title: str, when: When, invitees: list[str]) -> Fragment:
    roll_ = draw.rng.random()
    zoom = build.fresh("zoom")
    if zoom and roll_ < 0.75:
        return Fragment(draw.say(
            " with the Zoom link in the notes", " and add the [Zoom|meeting] link to [the|its] notes",
            " with the Zoom link", " and include the Zoom link in the event notes", " with the link in the notes",
        ), zoom.ref)  # fmt: skip
    if roll_ < 0.05:
        ref = build.call(
            "get_zoom_meeting_link", title, stamp(when.start), when.minutes or _span_minutes(when), invitees
        )
        build.make("zoom", ref, title)
        return Fragment(draw.say(
            " with a Zoom link", " including a Zoom link in the notes", " and add a Zoom link to the notes",
            " with a Zoom link in the notes", " and include the Zoom link",
        ), ref,)  # fmt: skip
    if roll_ < 0.1 or (build.fresh(*EVENT_KINDS) and roll_ < 0.17):
        text, product = passed_on(draw, build, EVENT_KINDS, 0.85)
        if text == "it":
            text = "this"
        return Fragment(draw.say(
            " with {x} in the notes", " with {x} as notes", " and add {x} to the [|event ]notes",
            " including {x} in the notes", x=text,
        ), product.ref,)  # fmt: skip
    if roll_ < 0.22:
        words = things.fill(draw, things.REQUESTS) if draw.chance(0.5) else things.fill(draw, things.QUOTED_SAYINGS)
        if draw.chance(0.6):
            return Fragment(draw.say(
                " with the note {x}", " with notes {x}", " and add the note {x}", " with {x} in the notes",
                x=f'"{words}"',
            ), words,)  # fmt: skip
        words = things.fill(draw, things.REQUESTS)
        return Fragment(draw.say(
            " with a note to {x}", " and add a note to {x}", " with a note saying to {x}", x=words,
        ), words)  # fmt: skip
    return Fragment("", "")


def _span_minutes(when: When) -> int:
    return int((when.end - when.start).total_seconds() // 60) if when.end else 60


def zoom(draw: Draw, build: Build) -> str:
    """A Zoom meeting: 'a link' gives the link only; 'a meeting' is also put in the calendar with the link in its notes."""
    noun = things.topic(draw)
    title = title_case(noun)
    when = moment_phrase(draw) if draw.chance(0.75) else span_phrase(draw) if draw.chance(0.5) else day_only(draw)
    minutes, length, adjective = _span_minutes(when), "", ""
    if when.end is None and draw.chance(0.35):
        words, kind, minutes = duration(draw)
        length, adjective = (f" for {words}", "") if draw.chance(0.7) else ("", f"{kind} ")
    who, invitees = _who(draw, build, 0.25)
    if who.startswith((",", " and")):
        who = who.replace(", invite", " and invite")
    link_only = draw.chance(0.5)
    slots = {
        "a": a(noun),
        "n": noun,
        "q": quoted(draw, title, 0.85),
        "w": when.text,
        "l": length,
        "who": who,
        "adj": adjective,
    }
    if link_only:
        text = draw.say(
            "[create|get|generate|set up|obtain|make] a Zoom [meeting |]link for the {adj}{n} {w}{l}{who}",
            "get [the|a] Zoom [meeting |]link for the {adj}{n} {w}{l}{who}",
            "[create|get] a {adj}Zoom meeting link [titled|for|called] {q} {w}{l}{who}",
            "get me a Zoom link for the {adj}{n} {w}{l}{who}",
            "[start|prepare] a Zoom link for the {adj}{n} {w}{l}{who}",
            "fetch the Zoom meeting link for the {adj}{n} {w}{l}{who}", **slots,
        )  # fmt: skip
    else:
        text = draw.say(
            "[schedule|set up|create|start|arrange] a {adj}Zoom [meeting|call] for the {n} {w}{l}{who}",
            "[schedule|create|set up] a {adj}Zoom {n} {w}{l}{who}",
            "[schedule|set up|create] a {adj}Zoom meeting [titled|called|about] {q} {w}{l}{who}",
            "[plan|organize|book] a {adj}Zoom [meeting|session] for the {n} {w}{l}{who}",
            "schedule the {adj}{n} on Zoom {w}{l}{who}", "[hold|set up] a {adj}Zoom {n} {w}{l}{who}", **slots,
        )  # fmt: skip
    ref = build.call("get_zoom_meeting_link", title, stamp(when.start), minutes, invitees)
    build.make("zoom", ref, title)
    added = link_only and draw.chance(0.4)
    if added:
        text += draw.say(
            " and add [it|the link] to [the calendar|my calendar|a calendar event]",
            " and create a calendar event with the link", " and put [it|the link] in the calendar event notes",
            " and attach [it|the link] to the calendar event",
            ", then add [it|the link] to the event notes in my calendar",
        )  # fmt: skip
    if added or not link_only:
        end = stamp(when.end or when.start + timedelta(minutes=minutes))
        build.call("create_calendar_event", title, stamp(when.start), end, "", invitees, ref, None)
    return text


def reminder(draw: Draw, build: Build) -> str:
    """A reminder: with a clock time, a day only (all day), or neither (today, all day)."""
    task, number = _task(draw, build)
    kind = draw.rng.random()
    when = When("", draw.now.date(), None) if kind < 0.2 else day_only(draw) if kind < 0.56 else moment_phrase(draw)
    days = when.text.removeprefix("on ")
    time_text = f" {when.text}" if when.text else ""
    if when.text and not when.text.startswith(("in ", "at ", "for ")):
        time_text = draw.pick((
            time_text, time_text, f" by {days}", f" due {days}", f" for {days}", f" before {days}",
        ))  # fmt: skip
    text, name, list_name = _reminder_head(draw, task, time_text, titled=not build.people)
    priority, notes = 0, number.value
    if draw.chance(0.1):
        level = draw.pick(tuple(PRIORITY))
        priority = PRIORITY[level]
        text += draw.pick((
            f" with {level} priority", f" with a {level} priority", f" with the priority set to {level}",
            f" as {level} priority", f" and set the priority to {level}",
        ))  # fmt: skip
    if number.text:
        text += draw.pick((f" with {number.text} in the notes", f" and include {number.text}"))
    elif not notes and draw.chance(0.09):
        notes = things.fill(draw, things.REQUESTS)
        text += draw.pick((
            f" with a note to {notes}", f' with the note "{notes}"', f" and add a note to {notes}",
            f' and add "{notes}" in the notes',
        ))  # fmt: skip
    all_day = when.clock is None
    if all_day and when.text and draw.chance(0.08):
        text += draw.pick((" as an all-day reminder", " (all day)", " as an all-day task"))
    due = when.day.isoformat() if all_day else stamp(when.start)
    build.call("create_reminder", name, due, notes, list_name, priority, all_day)
    return text


def _task(draw: Draw, build: Build) -> tuple[str, Fragment]:
    """What to be reminded of, and a phone number for the notes (its words where the request has to say them)."""
    found = build.fresh("phone")
    if found and build.is_last(found) and len(build.people) == 1 and draw.chance(0.6):
        # "find Ann's number and remind me to call her": calling is what the number is for
        who = draw.pick((build.people[0].pronoun, build.people[0].pronoun, build.people[0].text))
        return f"{draw.pick(('call', 'phone', 'ring', 'call', 'text'))} {who}", Fragment("", found.ref)
    if not draw.chance(0.2):
        build.people = []
        return things.fill(draw, things.TODO), Fragment("", "")
    p = person(draw)
    build.people = [p]
    task = draw.pick((
        f"call {p.text}", f"email {p.text}", f"meet {p.text}", f"buy {p.text} a gift",
        f"ask {p.text} about the {draw.own(things.KINDS)} {draw.own(things.PAPERS)}",
    ))  # fmt: skip
    if draw.chance(0.12):
        return task, Fragment(contact_words(p, draw, "phone number"), build.phone(p))
    return task, Fragment("", "")


def _reminder_head(draw: Draw, task: str, when: str, titled: bool) -> tuple[str, str, str]:
    """(words, name of the reminder, list); `titled` allows Title Case in quotes, which would spoil a person's name."""
    name, list_text, list_name = title_case(task) if titled else capital(task), "", ""
    if draw.chance(0.06):
        list_name = draw.pick(("Groceries", "Errands", "Work", "Family", "Shopping", "Home", "School", "Today"))
        list_text = draw.pick((
            f' in my "{list_name}" list', f" on the {list_name} list", f' to the "{list_name}" list',
            f" in the {list_name} list",
        ))  # fmt: skip
    if draw.chance(0.2):
        quote = title_case(task) if titled and draw.chance(0.5) else capital(task)
        verb = draw.say(
            '[create|set|add|make] a reminder [titled|called|for|to|named] "{t}"{w}',
            '[create|set] a reminder: "{t}"{w}', 'add "{t}" to my reminders{w}', 'remind me to "{t}"{w}',
            'set a reminder with the title "{t}"{w}', t=quote, w=list_text + when,
        )  # fmt: skip
        return verb, quote, list_name
    words = draw.say(
        "remind me to {t}{w}", "remind me{w} to {t}" if not list_text else "remind me to {t}{w}",
        "[create|set|add|make] a reminder to {t}{w}", "set a reminder{w} to {t}", "create a reminder to {t}{w}",
        "[set|add] a reminder for me to {t}{w}", "set up a reminder to {t}{w}", "add a reminder{w} to {t}",
        "don't let me forget to {t}{w}", "make sure I remember to {t}{w}", "schedule a reminder to {t}{w}",
        "put a reminder to {t}{w}" if list_text else "give me a reminder to {t}{w}", "ping me{w} to {t}", t=task,
        w=list_text + when,
    )  # fmt: skip
    return words, name, list_name
