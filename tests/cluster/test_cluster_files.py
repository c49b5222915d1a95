"""Our cluster files pass their checks, and every typo in one of them is named together with what was meant."""

import contextlib
import copy
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cluster import validate
from cluster.checks import ClusterFileError, check_kubernetes, check_launcher, check_serve
from cluster.checks.fields import KINDS, METADATA
from cluster.checks.kubernetes import quantity
from cluster.checks.launcher import launcher_table
from cluster.checks.places import ANY, FREE, ROOT, Place, pinned, to_fill_in
from cluster.checks.serve import serve_table

OURS = [str(path.relative_to(ROOT)) for folder in validate.OURS for path in sorted((ROOT / folder).glob("*.yaml"))]
Keys = tuple[str | int, ...]


def load(name: str) -> dict[str, Any]:
    """A file's content; what YAML's anchors share is made separate."""
    return json.loads(json.dumps(yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))))


def table_of(document: dict[str, Any]) -> Any:
    if "cluster_name" in document:
        return launcher_table(document["provider"])
    if "applications" in document:
        return serve_table()
    spec = KINDS[document["apiVersion"], document["kind"]]
    return {"apiVersion": str, "kind": str, "metadata": METADATA, "spec": spec}


def known_keys(value: Any, table: Any, path: Keys = ()) -> Iterator[Keys]:
    """Every key of a file that is not the user's own to choose."""
    if isinstance(table, dict) and isinstance(value, dict):
        for key, item in value.items():
            if ANY not in table:
                yield (*path, key)
            yield from known_keys(item, table.get(key, table.get(ANY, FREE)), (*path, key))
    elif isinstance(table, list) and isinstance(value, list):
        for number, item in enumerate(value):
            yield from known_keys(item, table[0], (*path, number))


def renamed(document: dict[str, Any], path: Keys, name: str) -> dict[str, Any]:
    document = copy.deepcopy(document)
    inside: Any = document
    for part in path[:-1]:
        inside = inside[part]
    inside[name] = inside.pop(path[-1])
    return document


def without_middle(word: str) -> str:
    return word[: len(word) // 2] + word[len(word) // 2 + 1 :]


@pytest.mark.parametrize("name", OURS)
def test_ours_are_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    validate.check_file(name)


@pytest.mark.parametrize("name", OURS)
def test_a_typo_in_any_known_key_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    document, file = load(name), tmp_path / "file.yaml"
    paths = list(known_keys(document, table_of(document)))
    assert len(paths) > 5
    for path in paths:
        typo = without_middle(str(path[-1]))
        file.write_text(yaml.safe_dump(renamed(document, path, typo)))
        with pytest.raises(ClusterFileError) as caught:
            validate.check_file(str(file))
        key = ".".join(map(str, (*path[:-1], typo)))
        assert str(caught.value) == f"{file}: {key}: unknown key; did you mean '{path[-1]}'?"


def test_typos_in_the_serve_configuration_inside_a_manifest_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    manifest = load("cluster/kubernetes/rayservice.yaml")
    inside = yaml.safe_load(manifest["spec"]["serveConfigV2"])
    for path in known_keys(inside, serve_table()):
        typo = without_middle(str(path[-1]))
        manifest["spec"]["serveConfigV2"] = yaml.safe_dump(renamed(inside, path, typo))
        (tmp_path / "x.yaml").write_text(yaml.safe_dump(manifest))
        key = re.escape(".".join(map(str, ("spec.serveConfigV2", *path[:-1], typo))))
        with pytest.raises(ClusterFileError, match=f": {key}: unknown key; did you mean '{path[-1]}'"):
            check_kubernetes(tmp_path / "x.yaml")


def all_places(value: Any, path: Keys = ()) -> Iterator[Keys]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from all_places(item, (*path, key))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_stands_anywhere_is_valid_or_a_typed_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    monkeypatch.chdir(ROOT)
    document = load(data.draw(st.sampled_from(OURS)))
    *above, last = data.draw(st.sampled_from(list(all_places(document))))
    inside: Any = document
    for part in above:
        inside = inside[part]
    inside[last] = data.draw(st.sampled_from([None, [], {}, 3, -1.5, True, "", "x", [1], {"a": 1}, [None], [{}]]))
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(document))
    with contextlib.suppress(ClusterFileError):
        validate.check_file(str(tmp_path / "x.yaml"))


JOB, SERVICE, CLUSTER = (f"cluster/kubernetes/{name}.yaml" for name in ("rayjob", "rayservice", "raycluster"))
AWS, SERVE = "cluster/launch/aws.yaml", "serving/configs/tinyagent.yaml"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (CLUSTER, "kind: RayCluster", "kind: RayClutser", "kind: .*did you mean 'RayCluster'"),
        (CLUSTER, "ray.io/v1", "ray.io/v1alpha1", "apiVersion: a RayCluster has ray.io/v1"),
        (CLUSTER, "mode: token", "mode: disabled", "spec.authOptions.mode: must be token"),
        (CLUSTER, "mode: token", "mode: tokn", "did you mean 'token'"),
        (CLUSTER, "rayVersion: 2.60.0", "rayVersion: 2.61.0", "spec.rayVersion: must be '2.60.0'"),
        (CLUSTER, "toolschool:2.60.0-py311-gpu", "toolschool:2.6.0-py311-gpu", r"workerGroupSpecs.1.*image: the tag"),
        (CLUSTER, "toolschool:2.60.0-py311-gpu", "toolschool:2.60.01", r"workerGroupSpecs.1.*image: the tag"),
        (CLUSTER, "groupName: gpu", "groupName: cpu", "workerGroupSpecs.1.groupName: 'cpu' is taken"),
        (
            CLUSTER,
            'limits: {cpu: "8", memory: 32Gi',
            'limits: {cpu: "8", memory: 31Gi',
            "requests.memory: 32Gi is more",
        ),
        (CLUSTER, 'requests: {cpu: "7", memory: 32Gi', "requests: {cpu: 8001m, memory: 32Gi", "requests.cpu: 8001m is"),
        (CLUSTER, "memory: 24Gi", "memory: 24GiB", "'24GiB' is no quantity"),
        (CLUSTER, 'num-cpus: "0"', "num-cpus: 0", "num-cpus: must be a string"),
        (CLUSTER, "maxReplicas: 4", "maxReplicas: four", "maxReplicas: must be a whole number"),
        (CLUSTER, "maxReplicas: 4", "maxReplicas: 4\n      replicas: 5", "replicas: must lie between"),
        (CLUSTER, "enableInTreeAutoscaling: true", "enableInTreeAutoscaling: 1", "must be true or false"),
        (JOB, "submissionMode: K8sJobMode", "submissionMode: K8SJobMode", "did you mean 'K8sJobMode'"),
        (JOB, "env_vars:", "pip:", "spec.runtimeEnvYAML.pip: unknown key; known: env_vars, excludes, working_dir"),
        (JOB, '"1800"', "1800", "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S: must be a string"),
        (JOB, "shutdownAfterJobFinishes: true", "shutdownAfterJobFinishes: false", "ttlSecondsAfterFinished: has no"),
        (JOB, "rayClusterSpec:", "rayClusterSpec: null\n  metadata:", "spec.metadata"),
        (SERVICE, "type: NewCluster", "type: NewClutser", "did you mean 'NewCluster'"),
        (SERVICE, "port: 8000\n    app", "port: eighty\n    app", "serveConfigV2.http_options.port: Input should be"),
        (SERVICE, "    applications:", "    applications: [", "serveConfigV2: is not valid YAML"),
        (SERVE, "serving.app:build", "serving.ap:build", "import_path: cannot import.*did you mean 'serving.app'"),
        (SERVE, "serving.app:build", "serving.app:buidl", "import_path: 'serving.app' has no.*did you mean 'build'"),
        (SERVE, "planner_resources:", "planner_resource:", "args.planner_resource: .*'planner_resources'"),
        (SERVE, "max_in_flight: 8", "max_in_flight: 0", "applications.0.args.limits.max_in_flight: Input should be"),
        (SERVE, "route_prefix: /", "route_prefix: [/]", "applications.0.route_prefix"),
        (AWS, "type: aws", "type: awss", "provider.type: .*did you mean 'aws'"),
        (AWS, "head_node_type: head", "head_node_type: haed", "head_node_type"),
        (AWS, "max_workers: 8", "max_workers: eight", "available_node_types.cpu.max_workers"),
        (AWS, "--env RAY_AUTH_MODE=token, ", "", "docker.run_options: add '--env RAY_AUTH_MODE=token'"),
        (AWS, "/home/ray/.ray/auth_token: ", "/home/ray/token: ", "file_mounts: mount your token"),
        (AWS, "min_workers: 0\n    max_workers: 4", "min_workers: 5\n    max_workers: 4", "gpu.min_workers: is larger"),
        (AWS, "toolschool:2.60.0-py311-gpu", "toolschool:latest", "gpu.docker.worker_image: the tag"),
        (AWS, "  image: FILL", "  image: rayproject/ray # FILL", "docker.image: the tag"),
        (AWS, "MarketType: spot", "MarketType: sopt", "did you mean 'spot'"),
        (AWS, "cluster_name: toolschool", "cluster_name: [", "is not valid YAML"),
    ],
)
def test_what_a_cluster_would_stumble_over(
    name: str, old: str, new: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / name).read_text(encoding="utf-8")
    assert old in text, "the test is out of date"
    (tmp_path / "x.yaml").write_text(text.replace(old, new))
    check = {AWS: check_launcher, SERVE: check_serve}.get(name, check_kubernetes)
    with pytest.raises(ClusterFileError, match=said):
        check(tmp_path / "x.yaml")


def test_the_command_says_a_line_per_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "notes.yaml").write_text("hello: there")
    assert validate.main([CLUSTER]) == 0
    assert capsys.readouterr().out == f"{CLUSTER}: valid; fill in FILL_IN_REGISTRY\n"
    assert validate.main([CLUSTER, str(tmp_path / "notes.yaml"), str(tmp_path / "none.yaml")]) == 2
    said = capsys.readouterr()
    assert said.out.count("\n") == 1
    assert [line.split(": ")[1][:10] for line in said.err.splitlines()] == ["is neither", "cannot be "]


@pytest.mark.parametrize("name", OURS)
def test_headers_explain_what_to_fill_in(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    header = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    assert [word for word in to_fill_in(ROOT / name) if word not in header] == []


@pytest.mark.parametrize(
    ("text", "number"), [("500m", 0.5), (1, 1.0), ("2", 2.0), ("8Gi", 8 * 2**30), ("1.5G", 1.5e9), ("2k", 2000.0)]
)
def test_quantities(text: Any, number: float) -> None:
    assert quantity(text, Place("file")) == number


def test_the_image_has_the_pinned_ray() -> None:
    text = (ROOT / "cluster" / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^ARG RAY_VERSION=(.*)$", text, re.MULTILINE) == [pinned("ray")]
    assert {tag for _, tag in re.findall(r"(toolschool):(\S+?)-py311", text)} == {pinned("ray")}
    for source in re.findall(r"^COPY --chown=\S+ (.*) \./$", text, re.MULTILINE):
        assert all((ROOT / part).is_file() for part in source.split())


def test_kubernetes_serves_what_every_cluster_serves() -> None:
    """But for where it listens, the keys that this needs, and how many replicas there are."""
    inside = yaml.safe_load(load(SERVICE)["spec"]["serveConfigV2"])
    applications = [inside["applications"], load(SERVE)["applications"]]
    for (application,) in applications:
        for name in ("replicas", "autoscale"):
            application["args"]["planner_resources"].pop(name, None)
        for name in ("gateway", "key_file"):
            application["args"].pop(name, None)
    assert applications[0] == applications[1]


def test_the_job_of_the_manifest_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.cli import main

    monkeypatch.chdir(ROOT)
    command = load(JOB)["spec"]["entrypoint"].replace("/home/ray/toolschool", str(ROOT))
    python, dash, module, *words = shlex.split(command.replace("s3://FILL_IN_BUCKET", str(tmp_path)))
    assert (python, dash) == ("python", "-m")
    assert main([module.removeprefix("jobs."), *words, "--dry-run"]) == 0
