"""The desk: the 16 tools of TinyAgent over SQLite. They really run: a plan's effect is rows in a database.

    desk = Desk(now=datetime(2026, 3, 2, 9, 0), world=default_world())
    await run_tool(desk.catalog()["get_email_address"], {"name": "Sid"})

`specs` describes the tools, `store` keeps the rows, `world` fills them, `desk` ties the actions (`people`, `mail`,
`agenda`, `documents`, `maps`) to one database. Nothing leaves the process: mails and messages stay drafts.
"""

from toolschool.tools.desk.desk import Desk, seed
from toolschool.tools.desk.failure import is_failure
from toolschool.tools.desk.specs import DESK_TOOLS, desk_catalog
from toolschool.tools.desk.world import Contact, File, Mail, Note, World, default_world, synthetic_world

__all__ = [
    "DESK_TOOLS",
    "Contact",
    "Desk",
    "File",
    "Mail",
    "Note",
    "World",
    "default_world",
    "desk_catalog",
    "is_failure",
    "seed",
    "synthetic_world",
]
