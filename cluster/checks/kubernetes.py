"""Kubernetes manifests: fields against the tables, and what the API server would take but not do as meant.

Ray's version and the images' tags must be the pinned ones, groups have names of their own, nothing requests more than
its limit, the token is asked for, and the YAML inside strings (a runtime environment, a Serve configuration) is checked like a
file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cluster.checks.fields import KINDS, METADATA
from cluster.checks.places import FREE, RUN_TIME_ENVIRONMENT, Place, check_image, compare, meant, parse, pinned, read
from cluster.checks.serve import check_deploy

_CLUSTERS = {"RayCluster": "", "RayJob": "rayClusterSpec", "RayService": "rayClusterConfig"}  # where the cluster stands
_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_UNITS |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def check_kubernetes(path: str | Path) -> None:
    """ClusterFileError at the first mistake of a manifest."""
    place, documents = read(path)
    for document in map(_without_nulls, documents):
        compare(document, {"apiVersion": str, "kind": str, "metadata": METADATA, "spec": FREE}, place)
        kind = _kind(document, place)
        spec = document.get("spec") or {}
        compare(spec, KINDS[kind], place / "spec")
        if kind[1] in _CLUSTERS:
            _check_ray(kind[1], spec, place / "spec")


def _without_nulls(value: Any) -> Any:
    """As the API server takes it: a null is as good as absent."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _kind(document: Mapping[str, Any], place: Place) -> tuple[str, str]:
    version, kind = str(document.get("apiVersion")), str(document.get("kind"))
    versions = {known: api for api, known in KINDS}
    if kind not in versions:
        raise (place / "kind").error(f"'{kind}' is none of the kinds checked here{meant(kind, versions)}")
    if version != versions[kind]:
        raise (place / "apiVersion").error(f"a {kind} has {versions[kind]}, not '{version}'")
    if not (document.get("metadata") or {}).get("name"):
        raise (place / "metadata" / "name").error("give it a name")
    return version, kind


def _check_ray(kind: str, spec: Mapping[str, Any], place: Place) -> None:
    key = _CLUSTERS[kind]
    if not key:
        _check_cluster(spec, place)
    elif spec.get(key):
        _check_cluster(spec[key], place / key)
    elif not spec.get("clusterSelector"):  # a RayJob may name a standing cluster instead
        raise (place / key).error("describe the cluster")
    if kind == "RayJob":
        _check_job(spec, place)
    if kind == "RayService":
        inside = place / "serveConfigV2"
        config = parse(spec.get("serveConfigV2", ""), inside)
        if not config:
            raise inside.error("say what is served")
        check_deploy(config, inside)


def _check_job(spec: Mapping[str, Any], place: Place) -> None:
    if not spec.get("entrypoint"):
        raise (place / "entrypoint").error("name the command to run")
    if spec.get("ttlSecondsAfterFinished") and not spec.get("shutdownAfterJobFinishes"):
        raise (place / "ttlSecondsAfterFinished").error("has no effect without shutdownAfterJobFinishes: true")
    inside = place / "runtimeEnvYAML"
    compare(parse(spec.get("runtimeEnvYAML", ""), inside), RUN_TIME_ENVIRONMENT, inside)


def _check_cluster(spec: Mapping[str, Any], place: Place) -> None:
    if spec.get("rayVersion") != pinned("ray"):
        raise (place / "rayVersion").error(f"must be '{pinned('ray')}', as constraints.txt pins Ray")
    if (spec.get("authOptions") or {}).get("mode") != "token":
        raise (place / "authOptions" / "mode").error("must be token, or everybody in reach may run code")
    names: set[str] = set()
    for number, group in enumerate(spec.get("workerGroupSpecs") or []):
        here, name = place / "workerGroupSpecs" / number, group.get("groupName")
        if not name or name in names:
            raise (here / "groupName").error(f"'{name}' is taken by another group" if name else "give the group a name")
        names.add(name)
        low, high = group.get("minReplicas", 0), group.get("maxReplicas", 2**31 - 1)
        if not low <= group.get("replicas", low) <= high:
            raise (here / "replicas").error(f"must lie between minReplicas {low} and maxReplicas {high}")
    for pod, here in _pods(spec, place):
        for number, container in enumerate(pod["containers"]):
            _check_container(container, here / "containers" / number, is_ray=number == 0)


def _pods(spec: Mapping[str, Any], place: Place) -> Iterator[tuple[Mapping[str, Any], Place]]:
    groups = [(spec.get("headGroupSpec"), place / "headGroupSpec")]
    groups += [(group, place / "workerGroupSpecs" / i) for i, group in enumerate(spec.get("workerGroupSpecs") or [])]
    for group, here in groups:
        pod = ((group or {}).get("template") or {}).get("spec") or {}
        if not pod.get("containers"):
            raise (here / "template").error("describe a pod with a container")
        yield pod, here / "template" / "spec"


def _check_container(container: Mapping[str, Any], place: Place, is_ray: bool) -> None:
    if is_ray:  # KubeRay starts Ray in a pod's first container
        check_image(container.get("image"), place / "image")
    resources = container.get("resources") or {}
    limits = resources.get("limits") or {}
    for name, value in (resources.get("requests") or {}).items():
        request, limit = place / "resources" / "requests" / name, place / "resources" / "limits" / name
        if quantity(value, request) > quantity(limits.get(name, value), limit):
            raise request.error(f"{value} is more than the limit, {limits[name]}")


def quantity(value: Any, place: Place) -> float:
    """A Kubernetes quantity as a number: 500m is 0.5, 8Gi is 8 * 2**30."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([a-zA-Z]*)", str(value))
    if not found or found[2] not in _UNITS:
        raise place.error(f"'{value}' is no quantity; write 500m, 4, or 16Gi")
    return float(found[1]) * _UNITS[found[2]]
