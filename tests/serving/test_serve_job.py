"""`python -m jobs.serve` as a user runs it: keys, a trace of a request, and an end by SIGTERM that waits."""

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path

import httpx
import pytest

from jobs.serve import main
from serving import keys, tracing
from toolschool.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector():
    """An OTLP collector: URL, and the spans that it got as (trace, span, parent, name)."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    spans, raw = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            raw.append(self.rfile.read(int(self.headers["content-length"])))
            for group in ExportTraceServiceRequest.FromString(raw[-1]).resource_spans:
                for scope in group.scope_spans:
                    found = [(s.trace_id.hex(), s.span_id.hex(), s.parent_span_id.hex(), s.name) for s in scope.spans]
                    spans.extend(found)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", spans, raw
    server.shutdown()
    server.server_close()


def test_what_is_wrong_with_a_collector(monkeypatch):
    for wrong in ("localhost:4318", "4318", "ftp://host"):
        with pytest.raises(ConfigError, match="no URL"):
            tracing.environment(wrong)

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(ConfigError, match="pip install"):
        tracing.environment("http://127.0.0.1:4318")


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_keys_traces_and_an_end_that_waits(caller_folder, collector, tmp_path, fixed):
    key = keys.add(tmp_path / "keys.txt", "alice")
    endpoint, spans, raw = collector
    command = [sys.executable, "-m", "jobs.serve", "port=0", f"app.caller={caller_folder}", "app.model_name=ste"]
    command += [f"app.key_file={tmp_path / 'keys.txt'}", f"traces={endpoint}"]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    log = tmp_path / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=environment, start_new_session=True)
    try:
        fixed.wait_for(lambda: "serving on" in log.read_text() or process.poll() is not None, "it serves", 300)
        url = log.read_text().partition("serving on ")[2].split()[0]
        chat = {"model": "ste", "messages": [{"role": "user", "content": "Convert 20 dollars to euros"}]}
        assert httpx.post(f"{url}/v1/chat/completions", json=chat, timeout=60).status_code == 401
        headers = {"authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        assert httpx.post(f"{url}/v1/chat/completions", json=chat, headers=headers, timeout=60).status_code == 200

        fixed.wait_for(lambda: are_one(ours(spans)), f"spans of the request, each behind another: {spans}")
        for secret in (key, "dollars"):
            assert not [one for one in raw if secret.encode() in one]

        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(120) == 0
        assert "finishing what is at work" in log.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        print(log.read_text())


def ours(spans):
    """The spans of the request that came with a trace."""
    time.sleep(0.2)
    return [span for span in spans if span[0] == TRACE]


def are_one(found):
    """Whether at least four spans are there, each behind another or behind the client's; processes send theirs when they like."""
    ids = {span for _, span, _, _ in found} | {"b7ad6b7169203331"}
    return len(found) >= 4 and all(parent in ids for _, _, parent, _ in found)


def test_what_is_not_there_is_told_before_anything_starts(tmp_path, capsys):
    for wrong, said in ((f"app.guests={tmp_path}", "app.guests"), (f"app.examples={tmp_path}", "bank/ folder")):
        assert main(["--config", "recipes/tinyagent/serve.yaml", "--dry-run", wrong]) == 2
        assert said in capsys.readouterr().err
