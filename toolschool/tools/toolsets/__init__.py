"""Where tools come from: functions, MCP servers, OpenAPI documents, what ships, simulated APIs.

    async with open_toolsets([ToolSource(functions="my_tools.py"), ToolSource(desk=True)], seed=7) as toolset:
        await run_tool(toolset.catalog["forecast"], {"city": "Bonn"})

`config` is what a recipe says, `toolset` the tools of all sources together, `origins` opens one source with the help of `functions`,
`mcp_client`, `openapi` and `http_tools`; `json_schemas` makes their schemas the project's. Documentation and
requests to learn from, of tools that need not run, are a `CatalogueSource` (`datasets/tool_sources.py`).
"""

from toolschool.tools.toolsets.config import FaultsConfig, McpServer, ToolSource
from toolschool.tools.toolsets.toolset import Toolset, describe_toolsets, document, open_toolsets

__all__ = [
    "FaultsConfig",
    "McpServer",
    "ToolSource",
    "Toolset",
    "describe_toolsets",
    "document",
    "open_toolsets",
]
