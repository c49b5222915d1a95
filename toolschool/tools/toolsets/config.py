"""Where tools come from, as a recipe says it: exactly one source in each entry of a list.

tools:
  - functions: my_tools.py                                  # or a module, my_package.tools
  - mcp: http://127.0.0.1:9000/mcp                          # or {command: python, args: [server.py]}
  - openapi: api.yaml
    headers: {Authorization: "Bearer ${SHOP_TOKEN}"}        # from the environment, when it is opened
  - builtin: [calculator, calendar]
  - desk: true
  - simulated: ste
    limit: 30
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from toolschool.config import Config

SOURCES = ("functions", "mcp", "openapi", "builtin", "desk", "simulated")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")  # of the environment
_SECRET = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)  # in the name of a header
_GOES_WITH: Mapping[str, tuple[str, ...]] = {
    "url": ("openapi",),
    "query": ("openapi",),
    "headers": ("openapi", "mcp"),
    "corpus": ("builtin",),
    "now": ("builtin", "desk"),
    "open_world": ("desk",),
    "path": ("simulated",),
    "faults": ("simulated",),
}


class FaultsConfig(Config):
    """Calls of simulated APIs that fail on purpose (`tools/simulated/faults.py`)."""

    client: float = Field(default=0.0, ge=0, le=1)
    """Share of calls that are refused (403, 404, 429)."""
    server: float = Field(default=0.0, ge=0, le=1)
    """Share of calls on which the server breaks (500, 502, 503)."""
    slow: float = Field(default=0.0, ge=0, le=1)
    """Share of calls that answer after `delay_s`."""
    delay_s: float = Field(default=1.0, ge=0)
    """Seconds before a slow answer."""
    first: int = Field(default=0, ge=0)
    """So many calls of each API fail before it works."""

    @model_validator(mode="after")
    def _shares(self) -> FaultsConfig:
        if self.client + self.server + self.slow > 1:
            raise ValueError("client, server and slow are shares of all calls; together they are at most 1")
        return self


class McpServer(Config):
    """An MCP server: one that runs at `url` (streamable HTTP), or one that is started by `command` (stdio)."""

    url: str | None = None
    """Its address, such as http://127.0.0.1:9000/mcp."""
    command: str | None = None
    """The program to start."""
    args: tuple[str, ...] = ()
    """Its arguments."""
    env: tuple[str, ...] = ()
    """Names of environment variables that it may see, besides PATH, HOME and the like."""

    @model_validator(mode="after")
    def _one_way(self) -> McpServer:
        if (self.url is None) == (self.command is None):
            raise ValueError("give exactly one of url and command")
        if self.url and (self.args or self.env):
            raise ValueError("args and env go with command")
        return self


class ToolSource(Config):
    """One place where tools come from: exactly one of functions, mcp, openapi, builtin, desk and simulated."""

    functions: str | None = None
    """A .py file of functions, or a module that can be imported."""
    mcp: McpServer | None = None
    """An MCP server; a text is its url."""
    openapi: str | None = None
    """An OpenAPI 3 document (.json, .yaml, or where it is served)."""
    builtin: tuple[Literal["calculator", "calendar", "search"], ...] | None = None
    """Tools that ship; search needs a corpus."""
    desk: bool = False
    """The 16 tools of the desk, over the small office of `tools/desk/world.py`."""
    simulated: Literal["ste", "toolbench", "sealtools", "practice"] | None = None
    """Documented APIs that answer without a network; those of `practice` ship."""
    names: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Only these tools of the source, by the names that the source gives them."""
    limit: int | None = Field(default=None, ge=1)
    """Only so many tools, the first ones."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Seconds that a call may take; default: the tool's own, mostly 20."""
    url: str | None = None
    """Base address of an openapi document's operations; default: its first server."""
    headers: Mapping[str, str] = Field(default_factory=dict)
    """Headers of every HTTP request, with ${NAME} for what is in the environment: never shown to a model, nor logged."""
    query: Mapping[str, str] = Field(default_factory=dict)
    """The same for query parameters, as some APIs take their keys."""
    corpus: str | None = None
    """Folder of texts for search."""
    now: datetime | None = None
    """The clock of calendar and desk; default: the real time."""
    open_world: bool = False
    """Whoever or whatever is looked up on the desk exists."""
    path: str | None = None
    """Folder of the simulated set; default: `$TOOLSCHOOL_DATA/<set>`."""
    faults: FaultsConfig = FaultsConfig()
    """Simulated calls that fail on purpose."""

    @field_validator("mcp", mode="before")
    @classmethod
    def _address(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("headers", "query")
    @classmethod
    def _no_secrets(cls, values: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in values.items():
            if _SECRET.search(name) and not VARIABLE.search(value):
                raise ValueError(f"write {name} with ${{NAME}}, and put the secret into that environment variable")
        return values

    @model_validator(mode="after")
    def _one_source(self) -> ToolSource:
        given = [name for name in SOURCES if getattr(self, name)]
        if len(given) != 1:
            found = f"; got {' and '.join(given)}" if given else ""
            raise ValueError(f"give exactly one of {', '.join(SOURCES)}{found}")
        for option, sources in _GOES_WITH.items():
            default = type(self).model_fields[option].get_default(call_default_factory=True)
            if getattr(self, option) != default and given[0] not in sources:
                raise ValueError(f"{option} goes with {' or '.join(sources)}, not with {given[0]}")
        if self.headers and self.mcp and self.mcp.url is None:
            raise ValueError("headers go with the url of an MCP server; a started one has env")
        if self.simulated == "practice" and self.path:
            raise ValueError("practice ships; it has no path")
        if ("search" in (self.builtin or ())) != (self.corpus is not None):
            raise ValueError("search needs a corpus (a folder of texts), and only search does")
        return self

    @property
    def kind(self) -> str:
        """Which of the sources it is."""
        return next(name for name in SOURCES if getattr(self, name))
