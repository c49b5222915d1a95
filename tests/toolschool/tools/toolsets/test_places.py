"""Sources keep their files when the working directory changes; everything else stays as it was."""

from pathlib import Path

import pytest

from toolschool.tools.toolsets import McpServer, ToolSource, describe_toolsets
from toolschool.tools.toolsets.places import located


def test_files_are_found_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tools.py").write_text(
        'def shout(text: str) -> str:\n    """Shouts."""\n    return text.upper()\n'
    )
    monkeypatch.chdir(tmp_path / "mine")
    source = located(ToolSource(functions="tools.py", timeout_s=3))
    monkeypatch.chdir(tmp_path)
    assert source.timeout_s == 3
    assert describe_toolsets([source]).catalog.names == ("shout",)


@pytest.mark.parametrize(
    "source",
    [
        ToolSource(functions="my_package.tools"),
        ToolSource(openapi="https://shop.example/api.json"),
        ToolSource(mcp=McpServer(url="http://127.0.0.1:9000/mcp")),
        ToolSource(builtin=("calculator",)),
        ToolSource(desk=True),
        ToolSource(simulated="ste"),
    ],
    ids=lambda source: source.kind,
)
def test_what_is_no_file_stays(source: ToolSource) -> None:
    assert located(source) == source


def test_paths_of_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server.py").write_text("")
    server = located(ToolSource(mcp=McpServer(command="python", args=("server.py", "--port", "9")))).mcp
    assert server is not None
    assert server.args == (str(tmp_path / "server.py"), "--port", "9")
    assert located(ToolSource(openapi="api.yaml")).openapi == str(tmp_path / "api.yaml")
    assert located(ToolSource(builtin=("search",), corpus="texts")).corpus == str(tmp_path / "texts")
    assert located(ToolSource(simulated="ste", path="data")).path == str(tmp_path / "data")
