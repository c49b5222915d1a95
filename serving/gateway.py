"""The agent's HTTP face: a FastAPI app that knows nothing of Ray Serve.

    app = create_app(service, GatewaySettings())        # any `AgentService`; run it with uvicorn, a TestClient or Serve

| route | what | file in `serving/routes` |
|---|---|---|
| `POST /v1/chat/completions` | run tools, or write calls for those of the client; whole or streamed | `chat.py` |
| `POST /v1/responses` | the same in the words of OpenAI's newer route; stateless | `responses.py` |
| `POST /v1/plan` | plan without running | `plan.py` |
| `GET /v1/tools`, `/v1/models`, `/v1/desk` | the catalogue, the models' names, rows that changed on the desk | `look.py` |
| `POST /v1/tools`, `/v1/tools/search`, `DELETE /v1/tools/{name}` | find, add and remove tools | `tools.py` |
| `/mcp` | the tools for MCP clients | `mcp.py` |
| `GET /v1/traces/{id}` | how one of the last answers came about | `look.py` |
| `GET /health`, `/ready` | this process lives; the models are loaded | `state.py` |
| `GET /` | a page to watch it work; its scripts and styles under `/page/` | `page.py` |
"""

from __future__ import annotations

from fastapi import FastAPI

from serving import errors
from serving.door import Door
from serving.idempotency import Answers
from serving.middleware import Doorman
from serving.routes import chat, look, mcp, page, plan, responses, state, tools
from serving.running import Runner
from serving.service import AgentService
from serving.settings import GatewaySettings
from serving.traces import Traces


def create_app(service: AgentService, settings: GatewaySettings, door: Door | None = None) -> FastAPI:
    """The app over a service. One app may be used from one event loop. ConfigError when the key file is missing or wrong."""
    # No /docs: its page loads scripts from elsewhere; /openapi.json stays.
    app = FastAPI(title="Toolschool", docs_url=None, redoc_url=None, redirect_slashes=False)
    errors.install(app)
    app.add_middleware(Doorman, settings=settings, door=door or Door(settings))
    kept = settings.limits.kept_answers
    traces, answers = Traces(kept), Answers(kept, settings.limits.kept_s)
    runner = Runner(service, settings, traces)
    app.include_router(chat.routes(runner, answers, settings))
    app.include_router(responses.routes(runner, answers, settings))
    app.include_router(plan.routes(service, runner, settings))
    app.include_router(look.routes(service, traces, settings))
    app.include_router(tools.routes(service, runner, settings))
    app.router.routes.extend(mcp.routes(service, runner, settings))
    app.include_router(state.routes(service))
    app.include_router(page.routes())
    return app
