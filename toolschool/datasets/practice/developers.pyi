"""Practice tools: repositories, servers, texts and codes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Issue:
    number: int
    url: str
    status: Literal["open", "closed"]

@dataclass
class Deployment:
    deployment_id: str
    status: Literal["queued", "running", "done"]
    url: str

@dataclass
class Check:
    up: bool
    status_code: int
    latency_ms: float

def open_issue(
    repository: str, title: str, body: str = "", labels: list[str] | None = None, assignee: str | None = None
) -> Issue:
    """Open an issue in a repository.

    Args:
        repository: Owner and name (e.g. acme/billing, nordlicht/shop, tinyhats/landing).
        title: What is wrong, in a line.
        body: The whole story.
        labels: Labels of the issue (e.g. bug, docs, good-first-issue, regression).
        assignee: Username of who works on it.
    """

def close_issue(repository: str, number: int, reason: Literal["fixed", "duplicate", "wontfix"] = "fixed") -> Issue:
    """Close an issue.

    Args:
        repository: Owner and name (e.g. acme/billing, rivermaps/api, orbit/cli).
        number: Number of the issue.
        reason: Why it is closed.
    """

def mergePullRequest(repo: str, pullNumber: int, method: Literal["merge", "squash", "rebase"] = "merge") -> None:
    """Merge a pull request.

    Args:
        repo: Owner and name (e.g. acme/billing, quietbird/player, orbit/cli).
        pullNumber: Number of the pull request.
        method: How it is merged.
    """

def create_branch(repo: str, branch: str, base: str = "main") -> None:
    """Create a branch in a repository.

    Args:
        repo: Owner and name (e.g. nordlicht/shop, lumen/editor).
        branch: Name of the new branch (e.g. fix-login, feature/export, release-2.4, cleanup).
        base: Branch from which it starts.
    """

def deploy(
    service: str,
    version: Annotated[str, Field(pattern="^v[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{1,2}$")],
    environment: Literal["staging", "production"] = "staging",
) -> Deployment:
    """Deploy a version of a service.

    Args:
        service: Name of the service (e.g. storefront, auth, mailer, proxy, ledger).
        version: Such as v2.14.0.
        environment: Where it goes.
    """

def resetService(service: str) -> Deployment:
    """Reset a service to the version before.

    Args:
        service: Name of the service (e.g. gateway, indexer, billing-worker, thumbnailer).
    """

def show_logs(
    service: str,
    lines: int = 100,
    level: Literal["debug", "info", "warning", "error"] | None = None,
    since: datetime | None = None,
) -> list[str]:
    """Show the last log lines of a service.

    Args:
        service: Name of the service (e.g. storefront, auth, scheduler, uploads).
        lines: How many lines.
        level: Only this level.
        since: Only younger lines.
    """

def measure_page_speed(url: str, timeout_seconds: float = 5) -> Check:
    """Measure the response time of a web page.

    Args:
        url: Address of the page.
        timeout_seconds: How long to wait.
    """

def dns_lookup(domain: str, record_type: Literal["A", "AAAA", "MX", "TXT", "NS"] = "A") -> list[str]:
    """Look up the DNS records of a domain."""

def ip_location(ip: str) -> str:
    """Location of an IP address."""

def hash_text(text: str, algorithm: Literal["md5", "sha1", "sha256", "sha512"]) -> str:
    """Hash a text."""

def encodeBase64(text: str, urlSafe: bool = False) -> str:
    """Encode a text as base64.

    Args:
        text: What to encode.
        urlSafe: Without plus and slash.
    """

def generate_uuids(count: Annotated[int, Field(ge=1, le=50)] = 1) -> list[str]:
    """Generate random UUIDs."""

def translate_cron(schedule: str) -> str:
    """Translate a cron schedule into words.

    Args:
        schedule: Five fields (e.g. 0 5 * * 1, 30 8 * * 1-5, 0 12 * 6 0, 15 22 * * 6).
    """

def set_replicas(
    service: str, replicas: Annotated[int, Field(ge=0, le=30)], memory_mb: int | None = None
) -> Deployment:
    """Set the number of copies of a service.

    Args:
        service: Name of the service (e.g. mailer, thumbnailer, ledger, web).
        replicas: Number of copies.
        memory_mb: Memory of each copy in megabytes.
    """

def generate_api_key(client_id: str, expires_on: date) -> str:
    """Generate a new API key for a client.

    Args:
        client_id: Identifier of the client (e.g. cl_48fa2, cl_90be7).
        expires_on: Last day of the new key.
    """

def packageVersion(package: str, registry: Literal["pypi", "npm", "crates", "maven"]) -> str:
    """Newest version of a software package.

    Args:
        package: Name of the package (e.g. left-grid, fastpath, tinytable, pixelkit).
        registry: Where it is published.
    """

def convert_hex_color(hex: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]) -> list[int]:
    """Convert a hex colour into RGB values."""
