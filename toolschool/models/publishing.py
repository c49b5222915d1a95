"""What of a model's folder is published, and its way to the hub.

    kept, left_out = choose(["config.json", "model.safetensors", "toolschool.json", "optimizer.pt"])    # ModelError: nothing to publish
    url = upload(Path("runs/mine/model"), kept, "me/mine", card=None, private=True)

Files go up in one commit, so that nobody ever loads half of a model; weights and settings of an earlier version, which would be
mixed up with the new ones, go with it. The token is HF_TOKEN (or that of `hf auth login`); it goes to the hub and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from toolschool.errors import ConfigError, ModelError
from toolschool.models.hub import CARD, SHARED

README = "README.md"
WEIGHTS = "*.safetensors"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt")
REPLACED = (WEIGHTS, "*.json")  # of an earlier version


def choose(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of a folder's files that are published, and those that are left out. ModelError where there is no model among them."""
    if CARD not in names:
        raise ModelError(f"there is no {CARD}: name the model/ folder of a finished training, or its run")
    kept = [name for name in names if any(fnmatch(name, pattern) for pattern in SHARED)]
    left_out = [name for name in names if name not in kept]
    if not any(fnmatch(name, WEIGHTS) for name in kept):
        pickles = [name for name in left_out if any(fnmatch(name, pattern) for pattern in PICKLES)]
        if pickles:
            raise ModelError(
                f"the weights are pickles ({pickles[0]}), which run code when opened: save them as safetensors"
            )
        raise ModelError(
            "there are no weights (*.safetensors): name the model/ folder of a finished training, or its run"
        )
    return sorted(kept), sorted(left_out)


def check_token() -> None:
    """ConfigError where there is no token to write with."""
    from huggingface_hub import get_token

    if not get_token():
        raise ConfigError(
            "publishing to the hub needs a token that may write: set HF_TOKEN, or give folder=PATH instead of hub"
        )


def address(repo: str) -> str:
    """Where a browser finds a repository."""
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/{repo}"


def upload(folder: Path, names: Sequence[str], repo: str, *, card: str | None, private: bool) -> str:
    """Publish these files of a folder, and `card` as README.md if given, in one commit; returns the commit.

    ConfigError when `private` is asked of a repository that everybody can read; ModelError when the hub refuses.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    added = [CommitOperationAdd(name, folder / name) for name in names]
    if card is not None:
        added.append(CommitOperationAdd(README, card.encode()))
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        there = api.model_info(repo)
        if private and not there.private:
            raise ConfigError(f"everybody can read {repo}: set private=false if that is meant, or take another name")
        stale = [
            found.rfilename
            for found in there.siblings or ()
            if found.rfilename not in names and _replaced(found.rfilename)
        ]
        deleted = [CommitOperationDelete(name) for name in stale]
        return str(api.create_commit(repo, [*added, *deleted], commit_message="Publish a model of Toolschool").oid)
    except (HfHubHTTPError, OSError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        raise ModelError(
            f"the hub refused {repo}: {said}; look at the owner's name and at what the token may do"
        ) from error


def _replaced(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in REPLACED)
