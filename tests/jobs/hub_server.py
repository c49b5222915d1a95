"""A model hub in memory on 127.0.0.1: the part of the hub's HTTP interface that publishing and fetching use.

    with hub() as server: server.url, server.repos["me/mine"].versions[-1]["config.json"], server.asked

Every request is written down with its Authorization header. Private repositories answer only to `TOKEN`, as the real one does: as if they
were not there.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_a_secret_of_the_tests"
MODEL = r"/api/models/(?P<repo>[^/]+/[^/]+)"


@dataclass
class Repo:
    """Versions of a repository: files by path. A version's commit is a hash of its number."""

    private: bool
    versions: list[dict[str, bytes]] = field(default_factory=lambda: [{".gitattributes": b""}])
    messages: list[str] = field(default_factory=list)

    def commit(self, number: int = -1) -> str:
        return hashlib.sha1(str(number % len(self.versions)).encode()).hexdigest()

    def at(self, revision: str) -> int | None:
        commits = [self.commit(number) for number in range(len(self.versions))]
        return len(commits) - 1 if revision == "main" else commits.index(revision) if revision in commits else None


@dataclass
class Hub:
    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.route()

    do_HEAD = do_POST = do_PUT = do_GET

    def route(self):
        self.path = unquote(urlsplit(self.path).path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = self.headers.get("Authorization")
        self.hub.asked.append((self.command, self.path, given))
        self.allowed = given == f"Bearer {TOKEN}"
        for command, pattern, answer in ROUTES:
            found = re.fullmatch(pattern, self.path)
            if found and self.command in command:
                return answer(self, **found.groupdict())
        return self.reply(404, {"error": f"no route {self.path}"})

    def reply(self, status, content=b"", headers=()):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def refuse(self, status, code):
        self.reply(status, {"error": code}, {"X-Error-Code": code, "X-Error-Message": code})

    def opened(self, repo, revision="main"):
        """The repository and the number of a version; None after a refusal."""
        known = self.hub.repos.get(repo)
        if known is None or (known.private and not self.allowed):
            return self.refuse(401 if not self.allowed else 404, "RepoNotFound")
        number = known.at(revision)
        if number is None:
            return self.refuse(404, "RevisionNotFound")
        return known, number

    def create(self):
        wanted = json.loads(self.body)
        name = f"{wanted['organization']}/{wanted['name']}"
        if not self.allowed:
            return self.refuse(401, "Unauthorized")
        if name in self.hub.repos:
            return self.reply(409, {"error": "You already created this model repo", "url": f"{self.hub.url}/{name}"})
        self.hub.repos[name] = Repo(private=wanted.get("visibility") == "private")
        return self.reply(200, {"url": f"{self.hub.url}/{name}"})

    def info(self, repo, revision="main"):
        if found := self.opened(repo, revision):
            known, number = found
            siblings = [{"rfilename": name} for name in known.versions[number]]
            about = {
                "id": repo,
                "sha": known.commit(number),
                "private": known.private,
                "siblings": siblings,
                "tags": [],
            }
            self.reply(200, about)

    def tree(self, repo, revision):
        if found := self.opened(repo, revision):
            known, number = found
            entries = known.versions[number].items()
            self.reply(200, [{"type": "file", "path": n, "size": len(c), "oid": etag(c)} for n, c in entries])

    def preupload(self, repo):
        asked = json.loads(self.body)["files"]
        modes = [("lfs" if each["path"].endswith(".safetensors") else "regular", each["path"]) for each in asked]
        self.reply(200, {"files": [{"path": path, "uploadMode": mode, "shouldIgnore": False} for mode, path in modes]})

    def batch(self, repo):
        wanted = json.loads(self.body)["objects"]
        put = [{**each, "actions": {"upload": {"href": f"{self.hub.url}/large/{each['oid']}"}}} for each in wanted]
        self.reply(200, {"transfer": "basic", "objects": put}, {"Content-Type": "application/vnd.git-lfs+json"})

    def store(self, oid):
        assert hashlib.sha256(self.body).hexdigest() == oid
        self.hub.large[oid] = self.body
        self.reply(200)

    def commit(self, repo):
        if not self.allowed:
            return self.refuse(403, "Forbidden")
        known = self.hub.repos[repo]
        version = dict(known.versions[-1])
        for line in map(json.loads, self.body.splitlines()):
            value = line["value"]
            match line["key"]:
                case "header":
                    known.messages.append(value["summary"])
                case "file":
                    version[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    version[value["path"]] = self.hub.large[value["oid"]]
                case "deletedFile":
                    del version[value["path"]]
        known.versions.append(version)
        made = known.commit()
        return self.reply(200, {"commitUrl": f"{self.hub.url}/{repo}/commit/{made}", "commitOid": made})

    def resolve(self, repo, revision, name):
        if found := self.opened(repo, revision):
            known, number = found
            content, headers = known.versions[number].get(name), {"X-Repo-Commit": known.commit(number)}
            if content is None:
                return self.reply(404, b"", {**headers, "X-Error-Code": "EntryNotFound"})
            self.reply(200, content, {**headers, "ETag": f'"{etag(content)}"'})


ROUTES = (
    (("POST",), r"/api/repos/create", Handler.create),
    (("POST",), r"/api/validate-yaml", lambda handler: handler.reply(200, {"errors": [], "warnings": []})),
    (("POST",), MODEL + r"/preupload/main", Handler.preupload),
    (("POST",), r"/(?P<repo>[^/]+/[^/]+)\.git/info/lfs/objects/batch", Handler.batch),
    (("PUT",), r"/large/(?P<oid>\w+)", Handler.store),
    (("POST",), MODEL + r"/commit/main", Handler.commit),
    (("GET",), MODEL + r"/tree/(?P<revision>[^/]+)", Handler.tree),
    (
        ("GET",),
        MODEL + r"(?:/revision/(?P<revision>[^/]+))?",
        lambda h, repo, revision: h.info(repo, revision or "main"),
    ),
    (("GET", "HEAD"), r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)", Handler.resolve),
)


def etag(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def hub() -> Iterator[Hub]:
    """Running until the block ends."""
    found = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OneHub", (Handler,), {"hub": found}))
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
