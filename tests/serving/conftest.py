"""Fixtures of the serving tests: the gateway over a fake service, in process."""

import importlib.util
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.gateway import create_app
from serving.settings import GatewaySettings

_spec = importlib.util.spec_from_file_location("fake_service", Path(__file__).with_name("fake_service.py"))
assert _spec is not None
assert _spec.loader is not None
_fake = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fake)


@pytest.fixture
def service() -> Any:
    return _fake.FakeService()


@pytest.fixture
def settings() -> GatewaySettings:
    return GatewaySettings()


@pytest.fixture
async def client(service: Any, settings: GatewaySettings) -> AsyncIterator[httpx.AsyncClient]:
    """An httpx client on the app, without a socket."""
    transport = httpx.ASGITransport(app=create_app(service, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://agent") as client:
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
    spec = importlib.util.spec_from_file_location("tiny_models", Path(__file__).with_name("tiny_models.py"))
    assert spec is not None
    assert spec.loader is not None
    tiny = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    folder = tmp_path_factory.mktemp("ste")
    functions = shutil.copy(Path(__file__).with_name("my_tools.py"), folder / "my_tools.py")
    return tiny.save_caller(folder / "model", Path(functions))
