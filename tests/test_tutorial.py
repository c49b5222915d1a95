"""docs/tutorial.md as a newcomer follows it: its files are written, its commands copied one by one, what it says comes out is there.

A block that begins with `# NAME.py` is a file, a bash block is commands, a text block behind it is what they print among other things; where the
page says Ctrl-C, the server is ended.
"""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import main

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
FOUND = re.findall(r"^```(\w+)\n(.*?)^```|(Ctrl-C)", TEXT, re.DOTALL | re.MULTILINE)
BLOCKS: list[tuple[str, str]] = [(kind or key, text) for kind, text, key in FOUND]
FILES = {text.split()[1]: text for kind, text in BLOCKS if kind == "python"}
COMMANDS = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]
INSTALLED = ("make install", ". .venv/bin/activate")
"""What the environment of these tests has behind it."""
ADDRESS = "127.0.0.1:8000"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder as after cloning, without data sets and runs."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("toolschool", "pipelines", "training", "tuning", "serving", "jobs", "cluster", "recipes", "assets"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def test_the_functions_on_the_page_are_tools(tmp_path: Path) -> None:
    from toolschool.tools.toolsets import ToolSource, describe_toolsets

    (tmp_path / "my_tools.py").write_text(FILES["my_tools.py"])
    tools = describe_toolsets([ToolSource(functions=str(tmp_path / "my_tools.py"))]).catalog
    assert tools.names == ("convert_currency", "order_pizza", "book_table")
    assert [tool.side_effects for tool in tools] == [False, True, True]
    assert all(part["description"] for tool in tools for part in tool.parameters["properties"].values())


def test_commands_are_known_and_bodies_are_json() -> None:
    known = (*INSTALLED, "python -m jobs.", "python -m json.tool ", "python ask.py ", "curl -s ")
    assert [line for line in COMMANDS if not line.startswith(known)] == []
    for line in COMMANDS:
        if line.startswith("curl "):
            assert json.loads(shlex.split(line)[-1])
    compile(FILES["ask.py"], "ask.py", "exec")


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("python -m jobs.")])
def test_jobs_accept_their_words(line: str, clone: Path, learnt_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    (clone / "my_tools.py").write_text(FILES["my_tools.py"])
    _, _, module, *words = shlex.split(line.replace("runs/mine/train/model", str(learnt_folder)))
    assert main([module.removeprefix("jobs."), *words, "--dry-run"]) == 0


class Newcomer:
    """Two terminals in a clone: one for servers, one for everything else."""

    def __init__(self, folder: Path, log: Path, wait: Any) -> None:
        self.folder, self.log, self.wait = folder, log, wait
        with socket.socket() as free:  # 8000 may be taken where the tests run
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        left_out = ("RAY_ADDRESS", "PYTHONPATH", "TOOLSCHOOL_DATA")
        self.environment = {name: value for name, value in os.environ.items() if name not in left_out}
        self.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.server: subprocess.Popen[bytes] | None = None

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text.replace(ADDRESS, f"127.0.0.1:{self.port}"))

    def run(self, line: str) -> str:
        """What a command prints; a server is left running."""
        if line.startswith("python -m jobs.serve ") and "--dry-run" not in line:
            return self.start(f"{line} port={self.port}")
        line = line.replace(ADDRESS, f"127.0.0.1:{self.port}")
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=2700
        )
        assert done.returncode == 0, f"{line}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout

    def start(self, line: str) -> str:
        assert self.server is None, "the page starts a server while another one is at its address"
        with self.log.open("wb") as out:
            self.server = subprocess.Popen(
                shlex.split(line), cwd=self.folder, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )
        self.wait(self.server, lambda: "serving on" in self.log.read_text(), self.log, 600, 0.5)
        return self.log.read_text()

    def end(self) -> None:
        """Ctrl-C."""
        assert self.server is not None, "no server runs where the page says Ctrl-C"
        self.server.send_signal(signal.SIGINT)
        assert self.server.wait(180) == 0, self.log.read_text()
        self.server = None


@pytest.fixture
def newcomer(clone: Path, tmp_path: Path, wait: Any) -> Iterator[Newcomer]:
    user = Newcomer(clone, tmp_path / "server.log", wait)
    yield user
    if user.server is not None and user.server.poll() is None:
        os.killpg(user.server.pid, signal.SIGKILL)
        user.server.wait()


@pytest.mark.verify
@pytest.mark.timeout(3600)
def test_the_whole_page_works_copied_command_by_command(newcomer: Newcomer) -> None:
    printed = ""
    for kind, text in BLOCKS:
        if kind == "python":
            newcomer.write(text.split()[1], text)
        elif kind == "bash":
            printed = "".join(newcomer.run(line) for line in text.splitlines() if line not in INSTALLED)
        elif kind == "text":
            assert [line for line in text.splitlines() if line not in printed] == [], printed
        elif kind == "Ctrl-C":
            newcomer.end()
    assert newcomer.server is None
    metrics = json.loads((newcomer.folder / "runs" / "mine" / "score" / "metrics.json").read_text())
    assert metrics["strict.correct"] > 60
    assert (newcomer.folder / "runs" / "mine-trials" / "report.html").is_file()
