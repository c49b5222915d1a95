"""Actions on mail: new, reply, forward. All three leave a draft; nothing is sent.

The body is the context as the planner gave it. A model that writes prose from it can sit in front of the tool; here
the effect stays comparable.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolschool.tools.desk.context import Context

People = str | Sequence[str] | None


def compose_new_email(
    desk: Context, recipients: People, cc: People, subject: str, context: str | None, attachments: People
) -> str:
    return _draft(desk, "new", desk.emails(recipients), cc, subject, context, attachments, about="")


def reply_to_email(desk: Context, cc: People, context: str | None, attachments: People) -> str:
    original = desk.selected_mail()
    subject = _prefixed("Re: ", original["subject"])
    about = original["subject"]
    return _draft(desk, "reply", [desk.email(original["sender"])], cc, subject, context, attachments, about)


def forward_email(desk: Context, recipients: People, cc: People, context: str | None, attachments: People) -> str:
    original = desk.selected_mail()
    subject = _prefixed("Fwd: ", original["subject"])
    about = original["subject"]
    return _draft(desk, "forward", desk.emails(recipients), cc, subject, context, attachments, about)


def _draft(
    desk: Context,
    mode: str,
    recipients: list[str],
    cc: People,
    subject: str,
    context: str | None,
    attachments: People,
    about: str,
) -> str:
    desk.store.insert(
        "mails",
        box="drafts",
        mode=mode,
        sender="",
        recipients=recipients,
        cc=desk.emails(cc),
        subject=subject,
        body=context or "",
        attachments=desk.paths(attachments),
        about=about,
        selected=False,
    )
    to = f" to {', '.join(recipients)}" if recipients else ""
    return f"E-mail draft '{subject}' composed{to}."


def _prefixed(prefix: str, subject: str) -> str:
    return subject if subject.casefold().startswith(prefix.strip().casefold()) else prefix + subject
