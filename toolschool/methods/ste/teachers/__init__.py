"""Who explores: a teacher answers requests, whatever stands behind it.

    async with open_teacher(TeacherConfig()) as teacher:
        reply = await teacher.reply(Request("query", messages, tool, seed=7, max_tokens=360, temperature=1.0))

`served` asks an OpenAI-compatible endpoint, `local` a model in this process, `embedded` needs neither hub nor key; `transcripts` records
all of them and answers in their place. `opening` has the configuration and what a driver does with it.
"""

from toolschool.methods.ste.teachers.opening import (
    TeacherConfig,
    check_teacher,
    open_teacher,
    ping_teacher,
    tool_allowances,
)
from toolschool.methods.ste.teachers.protocol import Reply, Request, Teacher

__all__ = [
    "Reply",
    "Request",
    "Teacher",
    "TeacherConfig",
    "check_teacher",
    "open_teacher",
    "ping_teacher",
    "tool_allowances",
]
