"""Every error Toolschool raises on purpose: typed, one line, and it says what to do next.

A command that meets one prints the line and exits with 2; anything else is a bug and keeps its traceback.
"""


class ToolschoolError(Exception):
    """Base class: something the user can put right."""


class ConfigError(ToolschoolError):
    """The configuration is wrong; raised before any Ray process starts."""


class DataError(ToolschoolError):
    """A data set is missing, malformed as a whole, or used against its split."""


class RowError(ToolschoolError):
    """One row is malformed; the stage quarantines it with this reason and goes on."""


class ToolError(ToolschoolError):
    """A tool call could not be carried out; the message becomes the observation."""


class PlanError(ToolschoolError):
    """A plan breaks the plan language; the message names the line and the rule."""


class PreflightError(ToolschoolError):
    """Encoded rows would train the wrong thing; nothing has been trained."""


class ModelError(ToolschoolError):
    """A model folder is missing, incomplete or does not fit its tokenizer."""


class StorageError(ToolschoolError):
    """A storage URI cannot be used by every node that needs it."""


class TrainError(ToolschoolError):
    """A training run cannot go on: the loss is not finite, or the workers failed for good."""


class EndpointError(ToolschoolError):
    """An endpoint gives no answer, or will give none to anybody who asks like this; what it answered so far is kept."""


class RequestRefused(EndpointError):
    """An endpoint does not take one request (too long, a schema it cannot read); it may take others."""


class TeacherError(ToolschoolError):
    """A teacher gives no answer, or its budget is spent; what was explored so far is kept."""


class BudgetError(TeacherError):
    """The budget of a teacher or an endpoint is spent; what was answered so far is kept, and a larger budget goes on from there."""
