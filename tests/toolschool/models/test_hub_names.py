"""Names of models that are written down: what ships by its path in the project, other folders absolute, hub ids as they are."""

from pathlib import Path

import pytest

from toolschool.models.hub import ROOT, find_folder, lasting, place, whole


def test_what_ships_is_named_alike_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("assets/nano", str(ROOT / "assets" / "nano")):
        assert lasting(name) == "assets/nano"
        assert place(name) == str(ROOT / "assets" / "nano")
        assert whole(name) == ROOT / "assets" / "nano"


def test_folders_of_a_user_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("runs/mine", "assets/nano"):
        (tmp_path / name).mkdir(parents=True)
        assert lasting(name) == str(tmp_path / name), "the user's own comes first, also where ours has that name"
        assert find_folder(name) == tmp_path / name


@pytest.mark.parametrize("name", ["Qwen/Qwen2.5-7B", "me/caller@v2", "gpt2"])
def test_names_of_a_hub_stay(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lasting(name) == name


def test_weights_may_stay_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.utils import filter_repo_objects

    there = ["toolschool.json", "tokenizer.json", "model-00001-of-00002.safetensors", "pytorch_model.bin"]
    fetched: list[list[str]] = []

    def download(repo: str, revision: str | None, **patterns: list[str] | None) -> str:
        fetched.append(list(filter_repo_objects(there, **patterns)))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert whole("me/planner@v2", weights=False) == whole("me/planner@v2") == tmp_path
    assert fetched == [there[:2], there[:3]]
