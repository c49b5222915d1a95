"""Who explores: a teacher answers requests, whatever stands behind it.

    reply = await teacher.reply(Request("query", messages, tool, seed=7, max_tokens=360, temperature=1.0))

`served` asks an OpenAI-compatible endpoint, `local` a model in this process, `embedded` needs neither hub nor key.
"""

from toolschool.methods.ste.teachers.protocol import Reply, Request, Teacher

__all__ = ["Reply", "Request", "Teacher"]
