"""Keys in a file: written by the command, read again while the gateway runs, and asked for before anybody else can reach it."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from jobs.serve import ServeConfig, check
from serving import auth, keys
from serving.gateway import create_app
from serving.keyring import KeyRing
from serving.logs import JsonFormatter
from serving.settings import GatewaySettings
from toolschool.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.txt"


def bearer(key):
    return {"authorization": f"Bearer {key}"}


class Clock:
    """Seconds that a test lets pass."""

    now = 0.0

    def __call__(self):
        return self.now


class TestFile:
    def test_only_names_digests_and_days_are_kept(self, path):
        key = keys.add(path, "alice")
        (entry,) = keys.read_file(path)
        assert entry.name == "alice"
        assert entry.digest == auth.digest(key)
        assert len(entry.made) == 10
        assert key not in path.read_text()
        assert len(key) > 40
        assert keys.add(path, "bob") != key

    def test_what_a_hand_wrote_stays(self, path):
        keys.add(path, "alice")
        path.write_text(f"# the team\n{path.read_text()}\ncarol {'0' * 64}  # for the robot")
        keys.add(path, "bob")
        keys.revoke(path, "alice")
        assert [entry.name for entry in keys.read_file(path)] == ["carol", "bob"]
        assert path.read_text().startswith("# the team\n")
        assert "# for the robot" in path.read_text()

    def test_permissions_and_links_stay(self, path, tmp_path):
        keys.add(path, "alice")
        path.chmod(0o640)
        link = tmp_path / "link"
        link.symlink_to(path)
        keys.revoke(link, "alice")
        assert link.is_symlink()
        assert path.stat().st_mode & 0o777 == 0o640
        assert keys.read_file(path) == []

    @pytest.mark.parametrize("line", ["alice", "alice ts-secret", f"a/b {'0' * 64}", f"a {'0' * 64} today or so"])
    def test_a_wrong_line_is_named_and_not_repeated(self, path, line):
        path.write_text(f"# first\n{line}\n")
        with pytest.raises(ConfigError, match="line 2") as caught:
            keys.read_file(path)
        assert "secret" not in str(caught.value)

    def test_names(self, path):
        keys.add(path, "alice")
        for name in ("alice", "", "a b", "#", "x" * 65, "-a"):
            with pytest.raises(ConfigError):
                keys.add(path, name)
        with pytest.raises(ConfigError, match="no key"):
            keys.revoke(path, "bob")
        path.write_text(path.read_text() * 2)
        with pytest.raises(ConfigError, match="second key"):
            keys.read_file(path)

    def test_the_command(self, path):
        def run(*given):
            command = [sys.executable, "-m", "serving.keys", *given, "--file", str(path)]
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

        made = run("add", "alice")
        assert made.returncode == 0
        assert auth.who({auth.digest(made.stdout.strip()): "alice"}, f"Bearer {made.stdout.strip()}") == "alice"
        assert run("list").stdout.startswith("alice\t")
        assert run("revoke", "alice").returncode == 0
        assert run("list").stdout.strip() == ""
        wrong = run("revoke", "alice")
        assert wrong.returncode == 2
        assert len(wrong.stderr.splitlines()) == 1


class TestRing:
    def test_added_and_revoked_while_it_is_in_use(self, path):
        alice = keys.add(path, "alice")
        clock = Clock()
        ring = KeyRing({auth.digest("fixed"): "env"}, str(path), clock)
        bob = keys.add(path, "bob")
        assert ring.who(f"Bearer {alice}") == "alice"
        assert ring.who(f"Bearer {bob}") is None  # it looks once a second
        clock.now = 1
        assert ring.who(f"Bearer {bob}") == "bob"
        keys.revoke(path, "alice")
        clock.now = 2
        assert ring.who(f"Bearer {alice}") is None
        assert ring.who("Bearer fixed") == "env"

    def test_a_broken_file_keeps_the_last_good_keys_and_is_logged_once(self, path, caplog):
        alice = keys.add(path, "alice")
        clock = Clock()
        ring = KeyRing({}, str(path), clock)
        good = path.read_text()
        for broken in (lambda: path.write_text("what is this"), path.unlink):
            broken()
            for _ in range(3):
                clock.now += 1
                assert ring.who(f"Bearer {alice}") == "alice"
        assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
        path.write_text(good.replace("alice", "anna"))
        clock.now += 1
        assert ring.who(f"Bearer {alice}") == "anna"

    def test_an_empty_file_lets_nobody_in(self, path):
        path.write_text("# nobody yet\n")
        ring = KeyRing({}, str(path))
        assert ring.needed
        assert ring.who("Bearer x") is None

    def test_a_missing_file_is_refused_at_the_start(self, path):
        with pytest.raises(ConfigError, match=r"serving\.keys add"):
            KeyRing({}, str(path))


class TestGateway:
    @pytest.fixture
    def settings(self, path, monkeypatch):
        monkeypatch.setattr("serving.keyring._LOOK_AGAIN_S", 0)
        self.key = keys.add(path, "alice")
        return GatewaySettings(key_file=str(path))

    async def test_a_revoked_key_is_refused_without_a_restart(self, client, path, ask):
        chat = {"json": ask(), "headers": bearer(self.key)}
        assert (await client.post("/v1/chat/completions", **chat)).status_code == 200
        keys.revoke(path, "alice")
        assert (await client.post("/v1/chat/completions", **chat)).status_code == 401
        chat["headers"] = bearer(keys.add(path, "bob"))
        assert (await client.post("/v1/chat/completions", **chat)).status_code == 200

    async def test_nothing_of_a_key_is_logged_wherever_it_stands(self, client, caplog, ask):
        sent = [self.key, "ts-wrong-key"]
        with caplog.at_level(logging.DEBUG):
            for key in sent:
                await client.post("/v1/chat/completions", json=ask(f"my key is {key}"), headers=bearer(key))
                await client.get("/v1/models", headers={"authorization": f"Basic {key}"})
                await client.get(f"/v1/{key}?api_key={key}", headers={"api-key": key, **bearer(self.key)})
        ours = [record for record in caplog.records if record.name == "toolschool.gateway"]
        lines = [json.loads(JsonFormatter().format(record)) for record in ours]
        assert [line["status"] for line in lines] == [200, 401, 404, 401, 401, 404]
        assert [line["key"] for line in lines] == ["alice", None, "alice", None, None, "alice"]
        assert [line["code"] for line in lines] == [
            None,
            "invalid_api_key",
            None,
            "invalid_api_key",
            "invalid_api_key",
            None,
        ]
        assert not [key for key in sent if key in json.dumps(lines)]


class TestExposure:
    """Without keys nobody but this machine is answered, and a job that would listen wider does not start."""

    @pytest.mark.parametrize(
        ("client", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 401), ("fe80::1", 401)]
    )
    async def test_other_machines_are_refused_without_keys(self, service, client, status):
        transport = httpx.ASGITransport(app=create_app(service, GatewaySettings()), client=(client, 123))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            assert (await http.get("/v1/tools")).status_code == status
            assert (await http.get("/")).status_code == status
            assert (await http.get("/health")).status_code == 200

    def test_a_job_beyond_loopback_needs_keys(self, path, monkeypatch):
        monkeypatch.delenv(auth.VARIABLE, raising=False)
        for host in ("0.0.0.0", "::", "192.168.1.4", "agent.example.com"):
            with pytest.raises(ConfigError, match=r"serving\.keys add"):
                check(ServeConfig(host=host))
        for host in ("127.0.0.1", "127.0.0.9", "::1", "localhost"):
            check(ServeConfig(host=host))
        with pytest.raises(ConfigError, match="no key file"):
            check(ServeConfig(host="0.0.0.0", app={"key_file": str(path)}))
        keys.add(path, "alice")
        check(ServeConfig(host="0.0.0.0", app={"key_file": str(path)}))
        monkeypatch.setenv(auth.VARIABLE, "alice:key")
        check(ServeConfig(host="0.0.0.0"))
