"""Fixtures of the serving tests: the gateway over a fake service, in process."""

import importlib.util
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from serving.gateway import create_app
from serving.settings import GatewaySettings
from toolschool.tools.desk import Desk


def load(name: str) -> Any:
    """A module that lies beside this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def service() -> Any:
    return load("fake_service").FakeService()


@pytest.fixture(scope="session")
def scripted() -> Any:
    """Models that give what a test says: `scripted(plan, ...)`."""
    return load("scripted_models").ScriptedModels


@pytest.fixture
def desk_of_now() -> Iterator[Desk]:
    """An empty desk."""
    desk = Desk(datetime(2026, 3, 2, 9))
    yield desk
    desk.close()


@pytest.fixture
def serve() -> Iterator[Any]:
    """Puts an app behind a real server on a free port: `serve(app)` gives its URL."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(load("server").running(app))


@pytest.fixture
def reader() -> Any:
    return load("fake_reader").FakeReader()


@pytest.fixture(scope="session")
def shop() -> Iterator[Any]:
    """`shop.url` of a running shop that wants `shop.key`, and `shop.running` to run any app."""
    module = load("shop_api")
    with module.running(module.app()) as url:
        yield SimpleNamespace(url=url, key=module.KEY, running=module.running)


@pytest.fixture
def settings() -> GatewaySettings:
    return GatewaySettings()


@pytest.fixture
async def client(service: Any, settings: GatewaySettings) -> AsyncIterator[httpx.AsyncClient]:
    """An httpx client on the app, without a socket."""
    transport = httpx.ASGITransport(app=create_app(service, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def ask() -> Any:
    """Body of a chat request."""

    def make(query: str = "text Sid", **more: Any) -> dict[str, Any]:
        return {"model": "tinyagent", "messages": [{"role": "user", "content": query}], **more}

    return make


@pytest.fixture(scope="session")
def caller_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of STE that knows its few calls by heart, with its file of functions beside it."""
    folder = tmp_path_factory.mktemp("ste")
    functions = shutil.copy(Path(__file__).with_name("my_tools.py"), folder / "my_tools.py")
    return load("tiny_models").save_caller(folder / "model", Path(functions))


@pytest.fixture(scope="session")
def tiny() -> Any:
    """Models that learn a few texts by heart (tiny_models.py)."""
    return load("tiny_models")


@pytest.fixture(scope="session")
def folders_beside(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny models of the other methods, by their names."""
    folder = tmp_path_factory.mktemp("beside")
    made = {"toolformer": tiny.save_inline, "toolken": tiny.save_head, "toolgen": tiny.save_acting}
    return {name: save(folder / name) for name, save in made.items()}


@pytest.fixture(scope="session")
def fixed() -> Any:
    """Applications over models of a fixed latency (fixed_app.py)."""
    return load("fixed_app")
