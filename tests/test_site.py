"""`make docs`: the documents become pages, links to the repository stay right, and what is broken ends the build."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("mkdocs")
pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[1]
OFFLINE = r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//|<link\b[^>]*\bhref=[\"']?(?:https?:)?//"


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(*words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build("--site-dir", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_reference_has_every_package(site: Path, hooks: ModuleType) -> None:
    for package in hooks.PACKAGES:
        assert f'id="{package}"' in (site / "reference" / f"{package}.html").read_text()
    assert 'id="serving.runlog.RunLog.write"' in (site / "reference" / "serving.html").read_text()
    assert 'id="toolschool.config.build"' in (site / "reference" / "toolschool.html").read_text()


def test_links_lead_to_pages_and_into_the_reference(site: Path) -> None:
    assert 'href="serving.html#the-loop"' in (site / "index.html").read_text()
    assert 'href="index.html#the-jobs"' in (site / "cluster.html").read_text()
    assert 'href="../models/caller.html"' in (site / "results" / "ste.html").read_text()
    assert 'href="reference/serving.html#serving.runlog"' in (site / "serving.html").read_text()


def test_pages_fetch_nothing_from_anywhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 60
    assert [page.name for page in pages if re.search(OFFLINE, page.read_text())] == []
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", styles)


def test_a_broken_link_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(
        "# Page\n\n[gone](nowhere.md), [moved](#nothing), [left](../serving/nowhere.py)\n"
    )
    settings = {
        "INHERIT": ROOT / "mkdocs.yml",
        "docs_dir": tmp_path / "docs",
        "site_dir": tmp_path / "site",
        "hooks": f"[{ROOT}/docs/hooks.py]",
        "plugins": "[search]",
        "nav": "[page.md]",
    }
    (tmp_path / "mkdocs.yml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
    done = build("--config-file", str(tmp_path / "mkdocs.yml"))
    assert done.returncode != 0
    for broken in ("'nowhere.md'", "'#nothing'", "'../serving/nowhere.py'"):
        assert any(broken in line and "'page.md'" in line for line in done.stderr.splitlines()), done.stderr


@pytest.mark.parametrize(
    ("page", "given", "led"),
    [
        ("index.md", "[a](docs/serving.md#keys)", "[a](serving.md#keys)"),
        ("ste.md", "[a](tools.md)", "[a](tools.md)"),
        ("results/ste.md", "[a](../../README.md)", "[a](../index.md)"),
        ("results/ste.md", "![a](plot.png)", "![a](plot.png)"),
        ("serving.md", "[`a`](../serving/runlog.py)", "[`a`][serving.runlog]"),
        ("cluster.md", "[`a`](../cluster/kubernetes) b", "`a` b"),
        ("cluster.md", "[a](../nowhere.yaml)", "[a](../nowhere.yaml)"),
        ("ste.md", "[a](https://arxiv.org/abs/2403.04746)", "[a](https://arxiv.org/abs/2403.04746)"),
    ],
)
def test_where_a_link_leads(hooks: ModuleType, page: str, given: str, led: str) -> None:
    assert hooks.linked(given, page) == led
