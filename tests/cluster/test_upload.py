"""What `ray job submit --working-dir .` uploads, as Ray itself packs it: code, recipes and assets, and nothing large."""

import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ray._private.runtime_env.packaging import create_package

    target = tmp_path_factory.mktemp("package") / "package.zip"
    create_package(str(ROOT), target, include_gitignore=True, excludes=[])
    return target


def tracked(*folders: str) -> set[str]:
    found = subprocess.run(["git", "-C", str(ROOT), "ls-files", *folders], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


def test_code_recipes_and_assets_are_there(package: Path) -> None:
    names = set(zipfile.ZipFile(package).namelist())
    needed = tracked("toolschool", "pipelines", "training", "tuning", "serving", "jobs", "cluster", "recipes", "assets")
    assert len(needed) > 300
    assert needed <= names


def test_nothing_else_is(package: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(package).namelist()}
    assert tops.isdisjoint({".git", ".venv", "runs", "build", "docs", "tests", "benchmarks", ".hypothesis"})
    assert not [name for name in zipfile.ZipFile(package).namelist() if "__pycache__" in name or "_cache" in name]


def test_it_is_small(package: Path) -> None:
    assert package.stat().st_size < 100 * 2**20  # what Ray's job API takes
