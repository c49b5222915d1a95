"""Launcher files: `ray up FILE`. Ray's own checks, and beneath them every key that Ray's schema leaves open.

Known keys come from the schema that Ray ships, those of a node's configuration from the cloud's own interface.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from cluster.checks.places import ANY, FREE, Place, check_image, compare, read

_FREE_MAP = {ANY: FREE}
NODE_CONFIGS = {  # what a node type's node_config may say
    "aws": {  # EC2 RunInstances, without what Ray fills in itself
        "BlockDeviceMappings": [{"DeviceName": str, "Ebs": _FREE_MAP, "NoDevice": str, "VirtualName": str}],
        "CapacityReservationSpecification": _FREE_MAP,
        "CpuOptions": _FREE_MAP,
        "EbsOptimized": bool,
        "IamInstanceProfile": {"Arn": str, "Name": str},
        "ImageId": str,
        "InstanceMarketOptions": {"MarketType": frozenset({"spot", "capacity-block"}), "SpotOptions": _FREE_MAP},
        "InstanceType": str,
        "KeyName": str,
        "LaunchTemplate": _FREE_MAP,
        "MetadataOptions": _FREE_MAP,
        "Monitoring": _FREE_MAP,
        "NetworkInterfaces": [_FREE_MAP],
        "Placement": _FREE_MAP,
        "SecurityGroupIds": [str],
        "SubnetIds": [str],
        "TagSpecifications": [_FREE_MAP],
        "UserData": str,
    },
    "gcp": {  # Compute Engine's instances.insert
        "canIpForward": bool,
        "description": str,
        "disks": [_FREE_MAP],
        "guestAccelerators": [{"acceleratorType": str, "acceleratorCount": int}],
        "labels": {ANY: str},
        "machineType": str,
        "metadata": {"items": [{"key": str, "value": str}]},
        "minCpuPlatform": str,
        "networkInterfaces": [_FREE_MAP],
        "reservationAffinity": _FREE_MAP,
        "scheduling": [{"preemptible": bool, "onHostMaintenance": str, "provisioningModel": str}],
        "serviceAccounts": [{"email": str, "scopes": [str]}],
        "shieldedInstanceConfig": _FREE_MAP,
        "sourceMachineImage": str,
        "tags": {"items": [str]},
    },
}


def check_launcher(path: str | Path) -> None:
    """ClusterFileError at the first mistake of a `ray up` file."""
    place, (document, *_) = read(path)
    compare(document, launcher_table(document.get("provider")), place)
    if not document.get("available_node_types"):
        raise (place / "available_node_types").error("describe a head and workers")
    _ask_ray(document, place)
    _check_images(document, place)
    _check_authentication(document, place)
    for name, node in document["available_node_types"].items():
        if node.get("min_workers", 0) > node.get("max_workers", document.get("max_workers", 0)):
            raise (place / "available_node_types" / name / "min_workers").error("is larger than max_workers")


def launcher_table(provider: Any) -> dict[str, Any]:
    """Known keys by Ray's schema, and by the interface of the cloud that `provider` names inside `node_config`."""
    import ray.autoscaler
    from ray.autoscaler._private.providers import _NODE_PROVIDERS

    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text(encoding="utf-8"))
    table = _table_of(schema)
    table["provider"]["type"] = frozenset(_NODE_PROVIDERS)
    cloud = provider.get("type") if isinstance(provider, dict) else None
    table["available_node_types"][ANY]["node_config"] = NODE_CONFIGS.get(str(cloud), FREE)
    return table


def _table_of(schema: dict[str, Any]) -> Any:
    if "properties" in schema:
        return {key: _table_of(each) for key, each in schema["properties"].items()}
    if "patternProperties" in schema:
        return {ANY: _table_of(next(iter(schema["patternProperties"].values())))}
    return FREE


def _ask_ray(document: dict[str, Any], place: Place) -> None:
    """What `ray up` checks before it does anything; the one place that knows these private functions."""
    import jsonschema
    from ray.autoscaler._private.util import prepare_config, validate_config

    try:
        validate_config(prepare_config(copy.deepcopy(document)))
    except jsonschema.ValidationError as error:
        raise place.at(error.absolute_path).error(error.message) from error
    except (ValueError, AssertionError, LookupError, TypeError, AttributeError, NotImplementedError) as error:
        raise place.error(" ".join(str(error).split())) from error


def _check_images(document: dict[str, Any], place: Place) -> None:
    docker = document.get("docker") or {}
    if not any(docker.get(key) for key in ("image", "head_image")):
        raise (place / "docker" / "image").error("name the image that cluster/Dockerfile builds")
    for key in ("image", "head_image", "worker_image"):
        if key in docker:
            check_image(docker[key], place / "docker" / key)
    for name, node in document["available_node_types"].items():
        if image := (node.get("docker") or {}).get("worker_image"):
            check_image(image, place / "available_node_types" / name / "docker" / "worker_image")


def _check_authentication(document: dict[str, Any], place: Place) -> None:
    """Ray before 2.61 starts clusters without a token unless told otherwise, and whoever reaches one runs code on it."""
    options = " ".join(map(str, document["docker"].get("run_options") or []))
    if "RAY_AUTH_MODE=token" not in options:
        raise (place / "docker" / "run_options").error("add '--env RAY_AUTH_MODE=token', or everybody may run code")
    if not any(str(target).endswith("/.ray/auth_token") for target in document.get("file_mounts") or {}):
        raise (place / "file_mounts").error("mount your token: /home/ray/.ray/auth_token: ~/.ray/auth_token")
