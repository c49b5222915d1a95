"""A model is published to a folder or to a hub, and is loaded from there; what must not be published is refused in one line."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.publish import main

ROOT = Path(__file__).resolve().parents[2]


def hub_server():
    spec = importlib.util.spec_from_file_location("hub_server", Path(__file__).with_name("hub_server.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HUB = hub_server()
TOKEN = HUB.TOKEN
PLANNER = ROOT / "assets" / "tinyagent" / "planner"
LOAD = """
import sys
from toolschool.models.hub import place, whole
from toolschool.errors import ModelError
try:
    print({"whole": whole, "place": place}[sys.argv[1]](sys.argv[2]))
except ModelError as error:
    print(f"ModelError: {error}")
"""


@pytest.fixture
def server():
    with HUB.hub() as running:
        yield running


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A finished training with the smallest model that is one: no code of this test looks into the weights."""
    folder = tmp_path / "run"
    model = folder / "model"
    model.mkdir(parents=True)
    about = {"method": "ste", "parent": "assets/nano", "metrics": {"val_loss": 0.5}, "tools": ["convert"]}
    (model / "toolschool.json").write_text(json.dumps(about))
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"\0" * 64)
    (model / "trainer.bin").write_bytes(b"a pickle")
    train = {"lr": 1e-3, "epochs": 4}
    made = {
        "job": "train",
        "git": "abc",
        "config": {"rows": "runs/rows/ste", "train": train},
        "metrics": {"loss": 0.25},
    }
    (folder / "manifest.json").write_text(json.dumps(made))
    return folder


def run(*words: str, hub=None, home: Path, token: str | None = TOKEN, offline: bool = False):
    """A command in a process of its own: the hub's address is read once, when its client is imported."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING_FACE"))}
    env |= {
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": str(int(offline)),
        "HF_ENDPOINT": hub.url if hub else "http://127.0.0.1:9",
    }
    env["HF_HUB_DISABLE_XET"] = (
        "1"  # large files by git-lfs, which a test can answer; xet splits them over a store of its own
    )
    env |= {"HF_TOKEN": token} if token else {}
    command = [sys.executable, *words]
    found = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=280)
    assert TOKEN not in found.stdout + found.stderr
    return found


def publish(*words: str, **how):
    return run("-m", "jobs.publish", *words, **how)


def fetched(function: str, name: str, **how) -> str:
    found = run("-c", LOAD, function, name, **how)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip().splitlines()[-1]


def test_a_run_goes_to_the_hub_in_one_private_commit_and_comes_back(server, run_folder: Path, tmp_path: Path) -> None:
    here = {"hub": server, "home": tmp_path / "home"}
    said = publish(f"model={run_folder}", "hub=me/mine", "licence=mit", **here)
    assert said.returncode == 0, said.stderr
    repo = server.repos["me/mine"]
    assert repo.private
    assert len(repo.messages) == 1, "one commit: nobody loads half of a model"
    model = {path.name: path.read_bytes() for path in (run_folder / "model").iterdir()}
    sent = repo.versions[-1]
    assert {name: sent[name] for name in model if name != "trainer.bin"} | {"trainer.bin": b"a pickle"} == model
    assert "trainer.bin" not in sent
    assert "left out: trainer.bin" in said.stdout
    assert f"published: {server.url}/me/mine, this version: me/mine@{repo.commit()}" in said.stdout
    assert "app.caller=me/mine" in said.stdout
    writes = [given for command, path, given in server.asked if command == "POST" and "large" not in path]
    assert set(writes) == {f"Bearer {TOKEN}"}
    assert {given for command, _, given in server.asked if command == "PUT"} == {None}, (
        "storage is no business of the token"
    )

    folder = Path(fetched("whole", "me/mine", **here))
    assert (folder / "model.safetensors").read_bytes() == model["model.safetensors"]
    server.asked.clear()
    assert fetched("place", f"me/mine@{repo.commit()}", **here) == str(folder)
    assert not [path for command, path, _ in server.asked if command == "GET" and "/resolve/" in path], "nothing twice"
    assert fetched("whole", "me/mine", home=tmp_path / "home", offline=True) == str(folder), "what is here needs no hub"


def test_a_new_version_takes_the_place_of_weights_and_settings(server, run_folder: Path, tmp_path: Path) -> None:
    here, model = {"hub": server, "home": tmp_path / "home"}, run_folder / "model"
    words = (f"model={model}", "hub=me/mine", "licence=mit")
    (model / "adapter_config.json").write_text("{}")
    assert publish(*words, **here).returncode == 0
    (model / "adapter_config.json").unlink()
    (model / "model.safetensors").write_bytes(b"\1" * 64)
    assert publish(*words, **here).returncode == 0
    first, second = server.repos["me/mine"].versions[-2:]
    assert "adapter_config.json" in first
    assert "adapter_config.json" not in second, "it would be put over the new weights"
    assert second["model.safetensors"] == b"\1" * 64
    old = Path(fetched("whole", f"me/mine@{server.repos['me/mine'].commit(-2)}", **here))
    assert (old / "model.safetensors").read_bytes() == b"\0" * 64


def test_what_everybody_can_read_stays_untouched_unless_that_is_meant(server, run_folder: Path, tmp_path: Path) -> None:
    here, words = {"hub": server, "home": tmp_path / "home"}, (f"model={run_folder}", "hub=me/open", "licence=mit")
    assert publish(*words, "private=false", **here).returncode == 0
    said = publish(*words, **here)
    assert said.returncode == 2
    assert "everybody can read me/open: set private=false" in said.stderr
    assert len(server.repos["me/open"].messages) == 1


def test_a_hub_is_asked_only_for_what_is_not_here(server, tmp_path: Path) -> None:
    here = {"hub": server, "home": tmp_path / "home"}
    assert "no model me/none that you may read" in fetched("whole", "me/none", **here)
    assert fetched("place", "me/none", **here) == "me/none", "transformers says itself what it cannot open"
    server.asked.clear()
    assert fetched("whole", str(PLANNER), **here) == str(PLANNER)
    assert "there is no model in runs/none" in fetched("whole", "runs/none", **here)
    assert not server.asked
    assert "set HF_TOKEN" in fetched("whole", "me/none", **here)
    assert "is not in this machine's cache" in fetched("whole", "me/else", home=tmp_path / "home", offline=True)


def test_a_published_planner_plans(server, tmp_path: Path) -> None:
    """Through the whole way: the shipped planner, published, opened by its name on the hub by those who know nothing of hubs."""
    here = {"hub": server, "home": tmp_path / "home"}
    assert publish(f"model={PLANNER}", "hub=me/planner", **here).returncode == 0
    code = (
        "from toolschool.methods.tinyagent.planner import Planner; from toolschool.tools.desk import desk_catalog;"
        "from toolschool.models.backbone import ModelConfig, load_tokenizer;"
        "from toolschool.methods.tinyagent.request import PlanRequest; from datetime import datetime;"
        "planner = Planner.load('me/planner', desk_catalog());"
        "print(''.join(planner.stream(PlanRequest('Text Sid that I am late', planner.catalog.names, datetime(2026, 3, 2, 9)))));"
        "print(len(load_tokenizer(ModelConfig(name='me/planner'))))"
    )
    found = run("-c", code, **here)
    assert found.returncode == 0, found.stderr
    assert "send_sms(" in found.stdout
    assert server.repos["me/planner"].versions[-1]["README.md"] == (PLANNER / "README.md").read_bytes()


def test_a_folder_takes_a_model_once_and_it_is_whole(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "shelf" / "mine"
    words = [f"model={run_folder}", f"folder=file://{target}", "licence=mit"]
    assert main([*words, "--dry-run"]) == 0
    assert not target.exists()
    assert main(words) == 0
    assert f"app.caller={target} " in capsys.readouterr().out, "a path, which can be opened"
    assert sorted(path.name for path in target.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "toolschool.json",
    ]
    assert main(words) == 2
    assert "holds a model already" in capsys.readouterr().err


def test_the_card_says_what_is_known_and_nothing_else(run_folder: Path, tmp_path: Path) -> None:
    assert main([f"model={run_folder}", f"folder={tmp_path / 'mine'}", "licence=cc-by-4.0"]) == 0
    text = (tmp_path / "mine" / "README.md").read_text()
    assert text.startswith("---\nlicense: cc-by-4.0\nlibrary_name: transformers\n"), "assets/nano is no base on the hub"
    for said in (
        "# mine",
        "(STE)",
        "app.caller=",
        "runs/rows/ste",
        "| learning rate | 0.001 |",
        "| val_loss | 0.5 |",
        "convert",
    ):
        assert said in text
    assert "seed" not in text, "nobody said which"


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        ("none", (), "give licence=NAME"),
        ("none", ("licence=mit", "hub=me/mine@main", "folder=null"), "hub must read OWNER/NAME"),
        ("none", ("licence=mit", "hub=me/mine"), "exactly one of hub"),
        ("unfinished", ("licence=mit",), "has not finished (no manifest.json)"),
        ("empty", ("licence=mit",), "there is no model in"),
        ("cardless", ("licence=mit",), "made no model"),
        ("pickled", ("licence=mit",), "the weights are pickles (trainer.bin)"),
        ("weightless", ("licence=mit",), "there are no weights"),
        ("carded", ("licence=mit",), "has a README.md, which says the licence"),
    ],
)
def test_refusals_are_one_line(
    change, words, said, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = run_folder / "model"
    if change == "unfinished":
        (run_folder / "manifest.json").unlink()
    if change == "empty":
        shutil.rmtree(run_folder)
    if change == "cardless":
        (model / "toolschool.json").unlink()
    if change in ("pickled", "weightless"):
        (model / "model.safetensors").unlink()
    if change == "weightless":
        (model / "trainer.bin").unlink()
    if change == "carded":
        (model / "README.md").write_text("mine")
    try:
        code = main([f"model={run_folder}", f"folder={tmp_path / 'target'}", *words])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "target").exists()


def test_no_token_no_publishing(run_folder: Path, tmp_path: Path) -> None:
    said = publish(f"model={run_folder}", "hub=me/mine", "licence=mit", home=tmp_path / "home", token=None)
    assert said.returncode == 2
    assert "set HF_TOKEN" in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_caller_of_the_hub_does_not_say_which_programs_run_here(capsys: pytest.CaptureFixture[str]) -> None:
    from jobs.serve import main as serve

    assert serve(["app.caller=me/mine", "--dry-run"]) == 2
    assert "which tools run here is yours to say" in capsys.readouterr().err
    assert serve(["app.caller=me/mine", "app.tools=[{builtin: [calculator]}]", "--dry-run"]) == 0
    assert serve(["app.planner=me/planner@v2", "--dry-run"]) == 0, "and nothing is fetched"
