"""What all tests share: no hub, no telemetry, a quiet Ray on 127.0.0.1, and where the real data sets are."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Before ray or transformers are imported: tests never touch the network or the user's home.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")
os.environ.setdefault("DS_ACCELERATOR", "cpu")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH", "serving.proxy:middlewares")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # models are tiny, and tests run side by side

import pytest
from hypothesis import settings

# A busy machine makes a slow example, not a wrong one. CI repeats the same examples, so that red means a change; every
# other run looks for new ones.
settings.register_profile("toolschool", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("toolschool")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_root() -> Path:
    """Folder of the real data sets; the test is skipped where there is none."""
    folder = os.environ.get("TOOLSCHOOL_DATA")
    if not folder and os.environ.get("CI"):
        pytest.fail("CI must have the real data sets: set TOOLSCHOOL_DATA")
    if not folder:
        pytest.skip("TOOLSCHOOL_DATA is not set: this test reads real data sets")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"TOOLSCHOOL_DATA={folder} is not a folder")
    return path


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """One local Ray for the whole session; the dashboard stays on because Train's clean-up needs it."""
    import ray

    path = os.environ.get("PYTHONPATH", "")
    ray.init(
        address="local",
        num_cpus=6,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": f"{ROOT}{os.pathsep}{path}".rstrip(os.pathsep)}},
    )
    yield
    ray.shutdown()


def wait_until(
    process: subprocess.Popen[bytes], reached: Callable[[], bool], log: Path | None, within_s: float, every_s: float
) -> None:
    """Until `reached()` while the process runs; AssertionError, with the end of the log, when it ends or lasts too long."""
    deadline = time.monotonic() + within_s
    while not reached():
        said = log.read_text()[-4000:] if log else ""
        assert process.poll() is None, f"it ended before it came to that: {said}"
        assert time.monotonic() < deadline, said
        time.sleep(every_s)


@pytest.fixture(scope="session")
def wait() -> Callable[..., None]:
    """`wait(process, reached, log, within_s, every_s)`, for tests that start a process by themselves."""
    return wait_until


@pytest.fixture(scope="session")
def kill_when() -> Callable[..., None]:
    """`kill_when(process, reached, log)`: SIGKILL of a process and all its children, started as a session of their own, once `reached()`."""

    def kill(
        process: subprocess.Popen[bytes],
        reached: Callable[[], bool],
        log: Path | None = None,
        within_s: float = 300,
        every_s: float = 0.02,
        pause_s: float = 0.0,
    ) -> None:
        try:
            wait_until(process, reached, log, within_s, every_s)
            time.sleep(pause_s)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    return kill


def command_of(process: Any) -> str:
    """What a process was started with; nothing where it has ended meanwhile."""
    import psutil

    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie is one, too
        return ""


@dataclass
class Nodes:
    """A cluster of several nodes on this machine."""

    cluster: Any
    workers: list[Any]

    @property
    def address(self) -> str:
        return f"http://{self.cluster.webui_url}"

    def submit(self, log: Path, verb: str, *given: str) -> subprocess.Popen[bytes]:
        """`ray job submit` as a user does it: the working tree goes to the cluster, without what the job does not need."""
        kept_back = {"excludes": [".git", ".venv", "/tests", "/docs", "/runs", "/build", "/shared"]}
        command = [str(Path(sys.executable).with_name("ray")), "job", "submit", "--address", self.address]
        command += ["--working-dir", ".", "--runtime-env-json", json.dumps(kept_back), "--"]
        command += [sys.executable, "-m", f"jobs.{verb}", *given]
        elsewhere = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
        with log.open("ab") as output:
            return subprocess.Popen(
                command, cwd=ROOT, env=elsewhere, stdout=output, stderr=output, start_new_session=True
            )

    def run(
        self, log: Path, verb: str, *given: str, lose_when: Callable[[], bool] | None = None, holding: str = ""
    ) -> str:
        """A submitted job to its good end; what it said. Once `lose_when()`, a node goes on which such a worker process runs."""
        process = self.submit(log, verb, *given)
        try:
            if lose_when:
                wait_until(process, lose_when, log, within_s=600, every_s=0.02)
                # Between two trials nobody is at work for a moment.
                wait_until(process, lambda: self.lose(holding) > 0, log, within_s=120, every_s=0.1)
            assert process.wait(timeout=900) == 0, log.read_text()[-4000:]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return log.read_text()

    def lose(self, holding: str) -> int:
        """SIGKILL a node on which such a worker process runs, with all of its processes; how many of such it had."""
        import psutil

        for node in self.workers:
            raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
            found = [one for one in raylet.children(recursive=True) if holding in command_of(one)]
            if found:
                self.workers.remove(node)
                self.cluster.remove_node(node, allow_graceful=False)
                return len(found)
        return 0


@pytest.fixture
def chat_server(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module chat_server.py; waits between tries are short."""
    import importlib.util

    monkeypatch.setattr("toolschool.models.limits.FIRST_WAIT_S", 0.01)
    spec = importlib.util.spec_from_file_location("chat_server", Path(__file__).with_name("chat_server.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def three_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nodes]:
    """A head without CPUs, so that no row is handled where a job's driver runs, and two nodes with four each.

    Each has a folder of its own, as machines have: Ray unpacks the working tree anew for every node, and would take it away from
    under a driver that shares the folder.
    """
    from ray.cluster_utils import Cluster

    # Elsewhere Ray takes 127.0.0.1 for this machine's outer address, under which such a cluster does not answer.
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    here = {"node_ip_address": "127.0.0.1", "dashboard_agent_listen_port": 0}
    head = {"num_cpus": 0, "include_dashboard": True, "dashboard_host": "127.0.0.1", "dashboard_port": 0}
    with ExitStack() as stack:
        short = [TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) for _ in range(2)]  # sockets lie there
        folders = [stack.enter_context(folder) for folder in short]
        cluster = Cluster(initialize_head=True, head_node_args=here | head)
        try:
            yield Nodes(cluster, [cluster.add_node(num_cpus=4, temp_dir=folder, **here) for folder in folders])
        finally:
            cluster.shutdown()


@pytest.fixture
def learnt_folder(tmp_path: Path) -> Path:
    """A folder that says what a caller learnt, without weights: enough for whoever looks before serving it."""
    from toolschool.methods.ste.learnt import METHOD, SOURCES_FILE, TOOLS_FILE
    from toolschool.tools.calculator import calculator_tool
    from toolschool.tools.described import tools_to_json
    from toolschool.tools.toolsets import ToolSource
    from toolschool.tools.toolsets.places import sources_to_json

    folder = tmp_path / "caller"
    folder.mkdir()
    (folder / "toolschool.json").write_text(f'{{"method": "{METHOD}", "template": {{}}}}')
    (folder / TOOLS_FILE).write_text(tools_to_json([calculator_tool()]))
    (folder / SOURCES_FILE).write_text(sources_to_json([ToolSource(builtin=("calculator",))]))
    return folder
