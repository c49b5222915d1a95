"""What MkDocs does not know of this repository: pages that lie outside of docs/, the reference, and links to both.

    make docs        # mkdocs build --strict, into build/site; mkdocs.yml names this file (never with --quiet: it silences what strict counts)

Links in the documents are those of a repository browser (`../serving/runlog.py`). In the built pages one to a document leads to its page, one to a Python
module into the reference, and one to any other file of the repository stays as its text. What is not there is left for MkDocs to refuse.
"""

from __future__ import annotations

import ast
import posixpath
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from griffe import Extension, Module

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("toolschool", "pipelines", "training", "tuning", "serving", "jobs", "cluster")
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "cluster/monitoring/README.md": "monitoring.md",
    "assets/nano/README.md": "models/nano.md",
    "assets/tinyagent/toolrag/README.md": "models/toolrag.md",
    "assets/tinyagent/planner/README.md": "models/planner.md",
    "assets/ste/caller/README.md": "models/caller.md",
}
"""Documents of the repository that do not lie in docs/, and the pages that they become."""
SOURCES = {page: place for place, page in OUTSIDE.items()}
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_HEAD = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The reference stands in the navigation, a page for each folder of modules."""
    for entry in config.nav or []:
        if "Reference" in entry:
            entry["Reference"] = [{folder.replace("/", "."): f"reference/{folder}.md"} for folder, _ in folders()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Pages of documents outside of docs/, and of the reference."""
    from mkdocs.structure.files import File

    made = {page: _HEAD.sub("", (ROOT / place).read_text(encoding="utf-8")) for place, page in OUTSIDE.items()}
    made |= {f"reference/{folder}.md": reference(folder, modules) for folder, modules in folders()}
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as the built pages need them."""
    return linked(markdown, page.file.src_uri)


def folders() -> Iterator[tuple[str, list[str]]]:
    """Every folder of the packages that holds modules, with the dotted names of these."""
    for package in PACKAGES:
        for folder in sorted({path.parent for path in (ROOT / package).rglob("*.py")}):
            place = folder.relative_to(ROOT).as_posix()
            names = [path.stem for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
            dotted = place.replace("/", ".")
            own = [dotted] if (folder / "__init__.py").is_file() else []
            yield place, own + [f"{dotted}.{name}" for name in names]


def reference(folder: str, modules: list[str]) -> str:
    """The page of a folder: mkdocstrings puts the docstrings of each module there."""
    return "\n\n".join([f"# {folder}/", *(f"::: {module}" for module in modules)]) + "\n"


class Examples(Extension):
    """A paragraph of a module's docstring that is Python is shown as code.

    Where nothing but an example stands below the first line, ruff's formatter takes the example's indentation away.
    """

    def on_module_instance(self, *, mod: Module, **_: Any) -> None:
        if mod.docstring is not None:
            first, *rest = mod.docstring.value.split("\n\n")
            shown = (textwrap.indent(part, "    ") if is_python(part) else part for part in rest)
            mod.docstring.value = "\n\n".join([first, *shown])


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def linked(markdown: str, page: str) -> str:
    """The text of a page with its links led to pages of the site."""
    source = SOURCES.get(page, f"docs/{page}")

    def led(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        inside = OUTSIDE.get(place) or (place.removeprefix("docs/") if place.startswith("docs/") else None)
        if inside is not None:
            return f"[{text}]({posixpath.relpath(inside, posixpath.dirname(page) or '.')}{anchor})"
        if not (ROOT / place).exists():
            return found[0]
        package = place.split("/")[0] in PACKAGES
        return f"[{text}][{place[:-3].replace('/', '.')}]" if package and place.endswith(".py") else text

    return _LINK.sub(led, markdown)
