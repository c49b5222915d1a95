"""A model by its name: a local folder, or a repository of the Hugging Face hub, as OWNER/NAME or OWNER/NAME@REVISION.

    whole("runs/mine/train/model")                  # the folder itself
    whole("me/caller@v2")                           # fetched once, into the hub's own cache; HF_TOKEN opens private ones
    place("TinyLlama/TinyLlama-1.1B-Chat-v1.0")     # the name, as transformers fetches what it needs by itself
    lasting("assets/nano")                          # the name to write down, for other processes and later ones

A relative folder is looked up in the working directory, then in the project, which is where models that ship lie (`assets/`).
Fetched are `SHARED` files only: what would have to be unpickled never is. A revision is a branch, a tag or a commit; without one the
newest is taken whenever a process asks, so name one where several machines must agree.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from toolschool.errors import ModelError

ROOT = Path(__file__).resolve().parents[2]
CARD = "toolschool.json"
SHARED = ("*.json", "*.jsonl", "*.safetensors", "*.model", "*.txt", "*.jinja", "*.md", ".gitattributes")
_NAME = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>[\w./-]+))?")
_FOLDERS = ("/", ".", "..", "~", "runs", "assets")  # first parts of names that are folders' and nothing else


class Repository(NamedTuple):
    """A model repository of the hub, at a revision or at its newest."""

    repo: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{self.repo}@{self.revision}" if self.revision else self.repo


def parse(name: str) -> Repository | None:
    """`OWNER/NAME[@REVISION]` as such; None for what is not of this form."""
    found = _NAME.fullmatch(name)
    return Repository(found["repo"], found["revision"]) if found else None


def reads_like_folder(name: str) -> bool:
    """Whether a path begins as paths on this machine do."""
    first = Path(name).parts[0] if name else ""
    return first in _FOLDERS or Path(first).is_dir()


def find_folder(path: str | Path) -> Path:
    """A folder, absolute; a relative one is looked up in the working directory, then in the project."""
    given = Path(path).expanduser()
    here = given.absolute()
    return here if here.exists() or given.is_absolute() else ROOT / given


def lasting(name: str) -> str:
    """A model's name that means the same in every process and later: folders absolute, but what ships by its path in the project.

    A submitted job runs in a copy of the project, whose own path is gone with the job.
    """
    folder = find_folder(name)
    if not folder.exists():
        return name
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT / "assets") else str(folder)


def repository(name: str | Path) -> Repository | None:
    """What a model's name means on the hub; None where it is a folder that is there, or no name of this form.

    ModelError for one that reads like a folder's and is none: a hub must not be asked for it.
    """
    if find_folder(name).exists():
        return None
    if reads_like_folder(str(name)):
        raise ModelError(f"there is no model in {name}; train one, or name a folder of one")
    return parse(str(name))


def whole(name: str | Path, weights: bool = True) -> Path:
    """The folder of a model with all that lies beside its weights; fetched from the hub where it is not here. ModelError.

    Without `weights` these are not fetched, for whoever needs a tokenizer and a card alone.
    """
    known = repository(name)
    return _local(name) if known is None else _fetch(known, weights)


def place(name: str | Path) -> str:
    """What transformers opens. Hub ids of others stay as they are; ours, and any at a revision, become a folder. ModelError."""
    known = repository(name)
    if known is None:
        return str(_local(name))
    return str(_fetch(known)) if known.revision or _is_ours(known.repo) else str(name)


def _local(name: str | Path) -> Path:
    """The folder that is there; else the name as it is, for whoever opens it to say what is wrong."""
    folder = find_folder(name)
    return folder if folder.exists() else Path(name)


def _is_ours(repo: str) -> bool:
    """Whether the newest of a repository has our card; False, too, where that cannot be known: transformers then says why."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        hf_hub_download(repo, CARD)
    except (HfHubHTTPError, OSError, ValueError):
        return False
    return True


def _fetch(known: Repository, weights: bool = True) -> Path:
    from huggingface_hub import errors, snapshot_download

    left_out = None if weights else ["*.safetensors"]
    try:
        return Path(
            snapshot_download(
                known.repo, revision=known.revision, allow_patterns=list(SHARED), ignore_patterns=left_out
            )
        )
    except errors.LocalEntryNotFoundError as error:
        raise ModelError(
            f"{known} is not in this machine's cache, and the hub cannot be asked: fetch it where there is a network (hf download {known.repo}), "
            "leave out HF_HUB_OFFLINE, or name a local folder"
        ) from error
    except (errors.RepositoryNotFoundError, errors.GatedRepoError) as error:
        raise ModelError(
            f"the hub has no model {known.repo} that you may read: look at the name, and set HF_TOKEN for a private one"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"{known.repo} has no revision {known.revision}; name a branch, a tag or a commit") from error
    except (errors.HfHubHTTPError, OSError, ValueError) as error:
        raise ModelError(f"cannot fetch {known} from the hub: {' '.join(str(error).split())[:200]}") from error
