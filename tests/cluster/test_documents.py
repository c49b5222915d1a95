"""Every command of docs/cluster.md is one that works: files are there, jobs accept their words, names are the manifests'."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
LINES = [line.split(" # ")[0].strip() for block in BLOCKS for line in block.splitlines()]
MANIFESTS = [yaml.safe_load(path.read_text()) for path in (ROOT / "cluster" / "kubernetes").glob("*.yaml")]
NAMES = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in MANIFESTS}


def test_files_and_links_are_there() -> None:
    documents = (TEXT, (ROOT / "cluster" / "monitoring" / "README.md").read_text())
    for word in re.findall(r"\b(?:cluster|serving/configs)/[\w./-]+\.(?:yaml|json)", "\n".join(documents)):
        assert (ROOT / word).is_file(), word
    for target in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (ROOT / "docs" / target).exists(), target


@pytest.mark.parametrize("line", [line for line in LINES if "python -m jobs." in line])
def test_jobs_accept_their_words(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.cli import main

    monkeypatch.chdir(ROOT)
    command = line[line.index("python -m jobs.") :].replace("s3://BUCKET/runs", str(tmp_path))
    _, _, module, *words = shlex.split(command)
    assert main([module.removeprefix("jobs."), *words, "--dry-run"]) == 0


@pytest.mark.parametrize("line", [line for line in LINES if "cluster.validate" in line])
def test_validated_files_are_valid(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from cluster.validate import main

    monkeypatch.chdir(ROOT)
    assert main(shlex.split(line)[3:]) == 0


def test_services_and_secrets_have_the_names_that_kuberay_makes() -> None:
    assert {("RayCluster", "toolschool"), ("RayService", "toolschool")} <= NAMES
    assert set(re.findall(r"service/(\S+)", TEXT)) == {"toolschool-head-svc", "toolschool-serve-svc"}
    (service,) = (manifest for manifest in MANIFESTS if manifest["kind"] == "RayService")
    assert "toolschool-api-keys" in str(service)
    assert service["spec"]["serveConfigV2"].count("key_file: /etc/toolschool/keys.txt") == 1
    assert "kubectl create secret generic toolschool-api-keys --from-file=keys.txt" in TEXT


def test_every_command_is_known_to_these_tests() -> None:
    known = (
        "export RAY_AUTH_",
        "ray job submit ",
        "docker build -f cluster/Dockerfile ",
        "python -m cluster.validate ",
        "python -m serving.keys add ",
    )
    known += ("ray get-auth-token ", "ray up ", "ray dashboard ", "ray down ", "kubectl ")
    assert [line for line in LINES if line and not line.startswith(known)] == []
