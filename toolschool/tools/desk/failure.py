"""Soft failures: what a desk tool answers when it understood the call but could not carry it out.

They are ordinary observations (a planner's next step may react to them), recognisable by one prefix. A tool that fails
softly has changed nothing.
"""

PREFIX = "Not done: "


class NotDone(Exception):
    """Raised inside an action; the desk rolls back and answers with the prefix and this reason."""


def is_failure(observation: object) -> bool:
    """Whether an observation is a soft failure of the desk."""
    return isinstance(observation, str) and observation.startswith(PREFIX)
